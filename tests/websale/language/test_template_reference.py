"""Prove what docs/reference/template-language.md says."""

import json
import re
from pathlib import Path

import pytest

from mockserver.websale.language import DEFAULT_LIMITS, FUNCTIONS, Module, compile_template

PAGE = (Path(__file__).parents[3] / "docs/reference/template-language.md").read_text(encoding="utf-8")
DATA = re.search(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FENCES = re.findall(r"^```\n(.*?)\n?^```$", PAGE.replace(DATA[0], ""), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("template", "output"), [*zip(FENCES[::2], FENCES[1::2], strict=True)])
def test_the_examples_give_what_stands_below_them(template, output):
    data = json.loads(DATA[1])
    data["wsConfig"] = Module(variables=data["wsConfig"])
    assert "".join(compile_template(template, data).render(data)) == output


def test_there_are_examples():
    assert len(FENCES) >= 12


def test_every_function_is_described_with_its_signature():
    for name, function in FUNCTIONS.items():
        signature = function.signature
        parameters = [
            parameter if place < signature.required else f"{parameter}={_written(signature.default(place))}"
            for place, parameter in enumerate(signature.parameters)
        ]
        assert f"`{name}({', '.join(parameters)})`" in PAGE


def _written(value):
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


def test_the_limits_are_those_of_the_page():
    limits = re.findall(r"\| ([\d,]+) ?[a-z|]", PAGE[PAGE.index("| limit |") :])
    numbers = [int(number.replace(",", "")) for number in limits]
    assert numbers == [
        DEFAULT_LIMITS.iterations,
        DEFAULT_LIMITS.nesting,
        DEFAULT_LIMITS.output_bytes,
        DEFAULT_LIMITS.seconds,
        DEFAULT_LIMITS.value_size,
        DEFAULT_LIMITS.held_size,
    ]
