"""Write ``docs/fidelity.md``: which rule of the documents is proved by which tests, and what is our own choice.

``make fidelity`` runs it; ``tests/test_fidelity.py`` fails when the page is out of date or a rule has no test.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.app import SPECIFICATIONS
from mockserver.contract.catalogue import Catalogue, RuleEntry
from mockserver.contract.specification import load_specification, read_yaml
from mockserver.resources import shipped

PAGE = Path(__file__).parent.parent / "docs" / "fidelity.md"
INTRODUCTION = """\
# Fidelity

What this server does is written in the vendors' documents, or follows from them, or is a choice of ours where
they are silent. This page is generated (`make fidelity`) from the rule catalogue, the specifications and the tests.

* **documented**: a vendor document says so.
* **inferred**: it follows from what the documents say or show.
* **convention**: the documents are silent; we chose, and a later finding may change it.

Sources: S0, S1 report API; S2 import API; S3 data feeds; S4 Foxy's report resource; mock: this server itself.
G-1, G-2 and so on are gaps in Foxy's documents, numbered; the rule says how the gap was filled.
"""


def load_catalogue() -> Catalogue:
    """Return the rule catalogue."""
    return Catalogue(read_yaml(shipped("openapi") / "rules.yaml")["rules"])


class _Collector:
    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        gather(items, self.tests)


def gather(items: list[pytest.Item], tests: dict[str, set[str]]) -> None:
    """Add the tests by the rules that they are marked with."""
    for item in items:
        for mark in item.iter_markers("rule"):
            for rule_id in mark.args:
                tests[rule_id].add(item.nodeid.partition("[")[0])


def collect() -> dict[str, set[str]]:
    """Return the names of the tests by rule, without running any."""
    collector = _Collector()
    arguments = [
        "--collect-only",
        "-qq",
        "-p",
        "no:warnings",
        "-W",
        "ignore",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "tests",
    ]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = pytest.main(arguments, plugins=[collector])
    if code:
        raise SystemExit(output.getvalue())
    return collector.tests


def conventions(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield place and description of everything that a document marks as our own choice."""
    if isinstance(node, dict):
        if node.get("x-evidence") == "convention":
            text = str(node.get("description") or node.get("summary") or "").split("\n\n")[0]
            yield path, " ".join(text.split())
        for key, value in node.items():
            if key not in ("components", "examples") or not path:
                yield from conventions(value, f"{path} › {key}" if path else str(key))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            name = item.get("name") if isinstance(item, dict) else None
            yield from conventions(item, f"{path} › {name or number}")


def page(catalogue: Catalogue, tests: dict[str, set[str]]) -> str:
    """Return the page's text."""
    lines = [INTRODUCTION, "## Rules", ""]
    by_api: dict[str, list[RuleEntry]] = defaultdict(list)
    for entry in catalogue.values():
        by_api[entry.api].append(entry)
    for api, entries in by_api.items():
        lines += [
            f"### {api}",
            "",
            "| rule | operation | status | says | evidence | source | proved in |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_row(entry, tests.get(entry.id, set())) for entry in entries]
        lines.append("")
    lines += ["## Choices of ours in the specifications", ""]
    for name in (*SPECIFICATIONS, "records"):
        if name == "mock-control":
            continue
        lines += [f"### {name}", "", "| place | choice |", "|---|---|"]
        document = load_specification(shipped("openapi"), name).document
        lines += [f"| {_cell(place)} | {_cell(text)} |" for place, text in conventions(document)]
        lines.append("")
    return "\n".join(lines)


def _row(entry: RuleEntry, tests: set[str]) -> str:
    says = entry.reason or entry.summary
    if entry.type:
        says = f"`{entry.type}`: {says}"
    cells = (
        f"`{entry.id}`",
        entry.operation,
        entry.status or "",
        says,
        entry.evidence,
        entry.source,
        _proof(tests),
    )
    return "| " + " | ".join(_cell(str(cell)) for cell in cells) + " |"


def _proof(tests: set[str]) -> str:
    """Name the files that hold the tests."""
    return ", ".join(sorted({name.partition("::")[0].removeprefix("tests/") for name in tests}))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def problems(catalogue: Catalogue, tests: dict[str, set[str]]) -> list[str]:
    """Return what is wrong: rules without a test, tests of unknown rules, a page that is out of date."""
    found = [f"{rule_id} has no test." for rule_id in catalogue if not tests.get(rule_id)]
    found += [
        f"{rule_id} is no rule, but {min(names)} is marked with it."
        for rule_id, names in tests.items()
        if rule_id not in catalogue
    ]
    if not found and PAGE.read_text(encoding="utf-8") != page(catalogue, tests):
        found.append(f"{PAGE.name} is out of date: run make fidelity.")
    return found


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` say what is wrong with it."""
    catalogue, tests = load_catalogue(), collect()
    if arguments != ["--check"]:
        PAGE.write_text(page(catalogue, tests), encoding="utf-8")
        return 0
    found = problems(catalogue, tests)
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
