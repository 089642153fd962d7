"""What clients have met of the vendors' contract, and what not: operations against statuses and rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from mockserver.console.answering import desk, done

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")

ALL = "*"
"""Stands for all worlds, those that are no more included."""

EVIDENCE = {
    "documented": "what the vendors document",
    "inferred": "that, and what follows from it",
    "convention": "everything, this server's choices too",
}
"""What can count, and how it is said."""

FORMATS = {
    "junit": ("JUnit XML", "coverage.xml"),
    "markdown": ("Markdown", "coverage.md"),
    "text": ("Text", "coverage.txt"),
    "json": ("JSON", "coverage.json"),
}
"""What the report can be written as, and the name of the file."""


@blueprint.get("")
def show() -> str:
    """Show the shares of every API, and below them its operations."""
    apis = {
        one["name"]: one["title"]
        for one in desk.get("/openapi")["specifications"]
        if not one["name"].startswith("mock-")
    }
    wanted = _wanted()
    asked = {name: value for name, value in wanted.items() if value and name != "missing"}
    return render_template(
        "coverage.html",
        whole=desk.get("/coverage", **asked),
        groups=_groups(apis, asked, only_missing=bool(wanted["missing"])),
        apis=apis,
        wanted=wanted,
        evidence=EVIDENCE,
        exports=[(label, _export(asked, format), file) for format, (label, file) in FORMATS.items()],
        command=_command(asked),
    )


@blueprint.post("/clear")
def clear() -> Any:
    """Begin anew: in the page's world, or in all of them."""
    everywhere = request.form.get("world") == ALL
    desk.delete("/coverage", world=ALL if everywhere else None)
    return done("Counting begins anew" + (" in all worlds." if everywhere else "."))


def _wanted() -> dict[str, str]:
    """Read from the page's address what is to be counted and shown."""
    return {
        "world": ALL if request.args.get("world") == ALL else "",
        "specification": request.args.get("specification", ""),
        "evidence": request.args.get("evidence") or "documented",
        "used": "true" if request.args.get("used") else "",
        "missing": "true" if request.args.get("missing") else "",
    }


def _groups(apis: Mapping[str, str], asked: Mapping[str, str], *, only_missing: bool) -> list[dict[str, Any]]:
    """Lay out the API that is asked for, or all of them, as far as there is something to count."""
    chosen = [asked["specification"]] if "specification" in asked else list(apis)
    reports = {name: desk.get("/coverage", **{**asked, "specification": name}) for name in chosen}
    return [
        _group(name, apis.get(name, name), report, only_missing=only_missing)
        for name, report in reports.items()
        if report["total"]
    ]


def _group(name: str, title: str, report: Mapping[str, Any], *, only_missing: bool) -> dict[str, Any]:
    """Lay out what one API has: a column for each status that its operations have."""
    rows = [_row(operation, only_missing=only_missing) for operation in report["operations"]]
    return {
        "name": name,
        "title": title,
        "shares": report["shares"],
        "statuses": sorted({status["status"] for row in rows for status in row["statuses"]}),
        "rows": [row for row in rows if not (only_missing and row["complete"])],
        "rules": [rule for rule in report["rules"] if not (only_missing and rule["count"])],
        "shared": {"met": sum(rule["count"] > 0 for rule in report["rules"]), "total": len(report["rules"])},
    }


def _row(operation: Mapping[str, Any], *, only_missing: bool) -> dict[str, Any]:
    """Lay out an operation: a cell for each status, with the rules that have this status."""
    rules = operation["rules"]
    cells = {
        status["status"]: {
            "count": status["count"],
            "met": sum(rule["status"] == status["status"] and rule["count"] > 0 for rule in rules),
            "total": sum(rule["status"] == status["status"] for rule in rules),
        }
        for status in operation["statuses"]
    }
    met = [
        operation["calls"] > 0,
        *(parameter["met"] for parameter in operation["parameters"]),
        *(thing["count"] > 0 for thing in (*operation["statuses"], *rules)),
    ]
    return {
        **operation,
        "cells": cells,
        "complete": all(met),
        "met": sum(rule["count"] > 0 for rule in rules),
        "shown": [one for one in operation["parameters"] if not (only_missing and one["met"])],
    }


def _export(asked: Mapping[str, str], format: str) -> str:
    return f"{request.script_root.removesuffix('/ui')}/coverage?{urlencode({**asked, 'format': format})}"


def _command(asked: Mapping[str, str]) -> str:
    """Return the command that makes a demand of this report, for a pipeline."""
    options = [f"--url {g.url}"]
    if asked.get("world") != ALL:
        options.append(f"--world {desk.world}")
    if "specification" in asked:
        options.append(f"--specification {asked['specification']}")
    if asked["evidence"] != "documented":
        options.append(f"--evidence {asked['evidence']}")
    if "used" in asked:
        options.append("--used")
    return f"mockserver coverage {' '.join(options)} --min rules=80 --format junit --output coverage.xml"
