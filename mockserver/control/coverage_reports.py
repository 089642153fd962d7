"""Write what was met of the contract: as JSON, as text, in Markdown, and as JUnit writes test results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mockserver.contract.catalogue import RuleEntry
from mockserver.simulation.coverage import KINDS, Goal, Kind, Report, Result, Share

PLURALS: dict[Kind, str] = {
    "operation": "operations",
    "parameter": "parameters",
    "status": "statuses",
    "rule": "rules",
}
SHARED = "Rules of several operations"


class Described:
    """A report with what it is about."""

    def __init__(
        self, report: Report, world: str, evidence: str, used: bool, catalogue: Mapping[str, RuleEntry]
    ) -> None:
        self.report = report
        self.world = world
        self.evidence = evidence
        self.used = used
        self.catalogue = catalogue

    def heading(self) -> str:
        """Say whose coverage it is, of what."""
        who = "all worlds" if self.world == "*" else f"the world {self.world}"
        known = {
            "documented": "what the vendors document",
            "inferred": "what the vendors document, and what follows from it",
            "convention": "everything that the specifications have",
        }[self.evidence]
        used = ", in the operations that were called" if self.used else ""
        return f"The clients of {who} have met {show(self.report.whole)} of {known}{used}."

    def groups(self) -> dict[tuple[str, str], list[Result]]:
        """Return the results by operation: its id and its title; those of no single operation come last."""
        found: dict[tuple[str, str], list[Result]] = {}
        for result in self.report.results:
            found.setdefault((result.goal.operation, result.goal.title), []).append(result)
        return found

    def says(self, rule: str) -> str:
        """Return what a rule says."""
        entry = self.catalogue[rule]
        return entry.reason or entry.summary

    def to_json(self) -> dict[str, Any]:
        """Return the report as the control plane shows it."""
        groups = self.groups()
        shared = groups.pop(("", ""), [])
        return {
            "world": self.world,
            "evidence": self.evidence,
            "used": self.used,
            **_share_json(self.report.whole),
            "shares": {PLURALS[kind]: _share_json(self.report.shares[kind]) for kind in KINDS},
            "operations": [
                {
                    "operation": title,
                    "operationId": operation,
                    "specification": results[0].goal.specifications[0],
                    "calls": self.report.calls.get(operation, 0),
                    "parameters": [
                        {"name": one.goal.name, "evidence": one.goal.evidence, "met": one.count > 0}
                        for one in results
                        if one.goal.kind == "parameter"
                    ],
                    "statuses": [
                        {"status": int(one.goal.name), "evidence": one.goal.evidence, "count": one.count}
                        for one in results
                        if one.goal.kind == "status"
                    ],
                    "rules": self._rules(results),
                }
                for (operation, title), results in groups.items()
            ],
            "rules": self._rules(shared),
        }

    def _rules(self, results: Sequence[Result]) -> list[dict[str, Any]]:
        return [
            {
                "id": one.goal.name,
                "status": self.catalogue[one.goal.name].status,
                "says": self.says(one.goal.name),
                "evidence": one.goal.evidence,
                "count": one.count,
            }
            for one in results
            if one.goal.kind == "rule"
        ]


def show(share: Share) -> str:
    """Write a share: ``12.5 % (5 of 40)``."""
    return f"{share.percent:g} % ({share.met} of {share.total})"


def _share_json(share: Share) -> dict[str, Any]:
    return {"met": share.met, "total": share.total, "percent": share.percent}


def _missing(results: Sequence[Result]) -> list[Goal]:
    return [one.goal for one in results if not one.count]


def write_text(described: Described) -> str:
    """Return the shares, and below them what is missing, for a terminal."""
    lines = [described.heading(), ""]
    lines += [f"{PLURALS[kind]:<11} {show(described.report.shares[kind])}" for kind in KINDS]
    for (_, title), results in described.groups().items():
        missing = _missing(results)
        if not missing:
            continue
        if missing[0].kind == "operation":
            lines += ["", f"{title}: never called"]
            missing = [goal for goal in missing if goal.kind == "rule"]
        else:
            lines += ["", title or SHARED]
        for kind in ("parameter", "status"):
            names = [goal.name for goal in missing if goal.kind == kind]
            if names:
                lines.append(f"  {PLURALS[kind]} not met: {', '.join(names)}")
        rules = [goal.name for goal in missing if goal.kind == "rule"]
        lines += [f"  {rule}: {described.says(rule)}" for rule in rules]
    return "\n".join(lines) + "\n"


def write_markdown(described: Described) -> str:
    """Return the same as tables, for a page or a comment."""
    lines = ["# Contract coverage", "", described.heading(), "", "| | met | of | % |", "|---|---:|---:|---:|"]
    for kind in KINDS:
        share = described.report.shares[kind]
        lines.append(f"| {PLURALS[kind]} | {share.met} | {share.total} | {share.percent:g} |")
    lines += ["", "| operation | calls | parameters not met | statuses not met | rules not met |"]
    lines.append("|---|---:|---|---|---|")
    for (operation, title), results in described.groups().items():
        calls = described.report.calls.get(operation, 0) if operation else ""
        missing = _missing(results)
        cells = (", ".join(goal.name for goal in missing if goal.kind == kind) for kind in KINDS[1:])
        lines.append(f"| {title or SHARED} | {calls} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_junit(described: Described) -> str:
    """Return a test case for every thing that can be met; one that was not met is skipped."""
    whole = described.report.whole
    root = Element(
        "testsuites",
        name=described.heading(),
        tests=str(whole.total),
        failures="0",
        skipped=str(whole.total - whole.met),
    )
    suites: dict[str, list[Result]] = {}
    for result in described.report.results:
        suites.setdefault(result.goal.specifications[0], []).append(result)
    for name, results in suites.items():
        skipped = len(_missing(results))
        attributes = {"name": name, "tests": str(len(results)), "failures": "0", "skipped": str(skipped)}
        suite = SubElement(root, "testsuite", attributes)
        for result in results:
            goal = result.goal
            case = SubElement(
                suite, "testcase", classname=f"{name}.{goal.title or SHARED}", name=f"{goal.kind} {goal.name}"
            )
            if not result.count:
                says = described.says(goal.name) if goal.kind == "rule" else ""
                SubElement(case, "skipped", message=f"Not met. {says}".strip())
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


WRITERS: dict[str, tuple[str, Callable[[Described], str]]] = {
    "text": ("text/plain; charset=utf-8", write_text),
    "markdown": ("text/markdown; charset=utf-8", write_markdown),
    "junit": ("application/xml; charset=utf-8", write_junit),
}
