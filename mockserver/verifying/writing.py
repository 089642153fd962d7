"""Write a report: for people, for programs, for CI servers."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from mockserver.verifying.report import Drift, Report


def as_json(report: Report) -> str:
    """Write the report as JSON."""
    return json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"


def as_text(report: Report) -> str:
    """Write the report for people."""
    lines = [
        f"{report.target} against {', '.join(report.specifications)}",
        f"{_count(len(report.operations), 'operation')}, {_count(len(report.rules), 'rule')} called for, "
        f"{_count(report.requests, 'call')}" + ("" if report.allow_writes else ", none of them writes"),
    ]
    for drift in report.drifts:
        lines += ["", *_drift_lines(drift)]
    if report.never_succeeded:
        lines += ["", "Never seen to succeed, so that little is known of them:"]
        lines += [f"  {name}  {_statuses(report, name)}" for name in report.never_succeeded]
    if report.errors:
        lines += ["", "Could not be checked:", *(f"  {error}" for error in report.errors)]
    lines += ["", _verdict(report)]
    return "\n".join(lines) + "\n"


def as_junit(report: Report) -> str:
    """Write the report as JUnit XML: one test case an operation, and one for each rule that was called for."""
    drifts = report.drifts
    failed = {drift.operation for drift in drifts}
    suite = ElementTree.Element(
        "testsuite",
        name="mockserver verify",
        tests=str(len(report.operations)),
        failures=str(len(failed)),
        errors=str(len(report.errors)),
        hostname=report.target,
    )
    for operation in report.operations:
        case = ElementTree.SubElement(suite, "testcase", classname="mockserver.verify", name=operation)
        for drift in drifts:
            if drift.operation == operation:
                failure = ElementTree.SubElement(case, "failure", type=drift.kind, message=_title(drift))
                failure.text = "\n".join(_drift_lines(drift))
    for error in report.errors:
        case = ElementTree.SubElement(suite, "testcase", classname="mockserver.verify", name="run")
        ElementTree.SubElement(case, "error", message=error)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _title(drift: Drift) -> str:
    named = [*drift.rules[:3], *(["…"] if len(drift.rules) > 3 else [])]
    return " ".join(part for part in (drift.kind, drift.schema, ", ".join(named)) if part)


def _drift_lines(drift: Drift) -> list[str]:
    times = f" ({drift.times} calls)" if drift.times > 1 else ""
    evidence = f" [{drift.evidence}]" if drift.evidence else ""
    return [
        f"DRIFT  {drift.operation}  {drift.status}{times}",
        f"  {_title(drift)}{evidence}",
        f"  expected  {drift.expected}",
        f"  found     {drift.found}",
        f"  {drift.curl}",
    ]


def _statuses(report: Report, operation: str) -> str:
    met = report.operations[operation]
    return ", ".join(f"{status} ({count})" for status, count in sorted(met.items())) or "not called"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verdict(report: Report) -> str:
    count = len(report.drifts)
    if count:
        return f"{_count(count, 'drift')}."
    return "Not everything could be checked." if report.errors else "No drift."
