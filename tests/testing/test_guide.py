"""The files of the guide to pytest are run as they stand there."""

from __future__ import annotations

import re

import pytest

from tests.e2e.snippets import CHECKOUT

GUIDE = (CHECKOUT / "docs" / "guides" / "pytest.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^```(?P<language>python|text) (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
BLOCKS = list(BLOCK.finditer(GUIDE))
FILES = {block["name"]: block["text"] for block in BLOCKS if block["language"] == "python"}
OUTPUTS = {block["name"]: block["text"].splitlines() for block in BLOCKS if block["language"] == "text"}


@pytest.mark.parametrize("name", [name for name in FILES if name != "conftest.py"])
def test_a_file_of_the_guide_does_what_the_guide_says(shared: pytest.Pytester, name: str) -> None:
    shared.makeconftest(FILES["conftest.py"])
    shared.makepyfile(**{name.removesuffix(".py"): FILES[name]})
    result = shared.runpytest_inprocess(name)
    outcomes = result.parseoutcomes()
    assert set(outcomes) == ({"failed"} if name in OUTPUTS else {"passed"}), result.stdout.str()
    if name in OUTPUTS:
        result.stdout.fnmatch_lines(OUTPUTS[name])


def test_the_guide_has_no_snippet_that_is_not_run() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```\S", GUIDE, re.MULTILINE))
    assert OUTPUTS.keys() <= FILES.keys()
