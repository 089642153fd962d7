"""Faults: what goes wrong on purpose, the rules whose answers can be had, and how the next jobs unfold."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from mockserver.console.answering import as_number, desk, done, fields
from mockserver.console.desk import Refused, step

blueprint = Blueprint("faults", __name__, url_prefix="/faults")

APIS = {"websale": "WEBSALE", "foxy": "Foxy", "mock": "This server"}
"""Whose rules there are, in the order of the page."""

FOUND_BY = ("id", "operation", "status", "type", "reason", "summary", "evidence", "source")
"""What of a rule a search looks at; what the page's script looks at, too."""

JOBS = {
    "report": "exports",
    "import": "imports",
    "build": "builds of data feeds",
    "foxy": "reports of Foxy",
}
"""The APIs that have jobs."""

MEASURES = {
    "steady": ("startingSeconds", "recordsPerSecond", "durationSeconds"),
    "immediate": (),
    "slow-start": ("startingSeconds", "recordsPerSecond", "durationSeconds"),
    "stuck": ("startingSeconds", "recordsPerSecond", "durationSeconds", "stopAtPercent"),
    "failing": (
        *("startingSeconds", "recordsPerSecond", "durationSeconds"),
        *("failAtPercent", "lastError", "globalError"),
    ),
    "polls": ("polls",),
}
"""What can be said about a job's profile, by its kind."""


@blueprint.get("")
def index() -> str:
    """Show the faults that there are, and the rules."""
    return _page()


@blueprint.post("")
def place() -> Any:
    """Place a fault: by one click on a rule, or with the form for others."""
    form = request.form
    if rule := form.get("next"):
        desk.post("/faults", {"rule": rule, "times": 1})
        return done(f"The next call that can be answered with {rule} will be.")
    if rule := form.get("all"):
        desk.post("/faults", {"rule": rule})
        return done(f"All calls that can be answered with {rule} will be, until the fault is removed.")
    try:
        fault = desk.post("/faults", plan_of(form))
    except Refused as refused:
        if refused.status not in (400, 409):
            raise
        return _page(refused)
    return done(f"Fault {fault['id']} is placed.")


@blueprint.post("/<id>/remove")
def remove(id: str) -> Any:
    """Take a fault away."""
    desk.delete(f"/faults/{step(id)}")
    return done(f"Fault {id} is gone.")


@blueprint.post("/clear")
def clear() -> Any:
    """Take all faults away."""
    desk.delete("/faults")
    return done("All faults are gone.")


@blueprint.get("/profiles")
def profiles() -> str:
    """Show how the next jobs unfold."""
    return _profiles()


@blueprint.post("/profiles")
def choose() -> Any:
    """Choose how the next jobs of an API and a target unfold."""
    form = request.form
    kind, api, target = form.get("kind", ""), form.get("api", ""), form.get("target", "").strip() or "*"
    profile = {"kind": kind, **fields(form, texts=("lastError",), numbers=MEASURES.get(kind, ()))}
    try:
        desk.put(f"/profiles/{step(api)}/{step(target)}", profile)
    except Refused as refused:
        if refused.status not in (400, 404):
            raise
        return _profiles(refused)
    return done(f"The next jobs of {api} ({target}) are {kind}.")


@blueprint.post("/profiles/<api>/<target>/forget")
def forget(api: str, target: str) -> Any:
    """Go back to the profile of the fixtures."""
    desk.delete(f"/profiles/{step(api)}/{step(target)}")
    return done(f"The next jobs of {api} ({target}) unfold as the fixtures say.")


def plan_of(form: Any) -> dict[str, Any]:
    """Read a fault as the control API takes it; what is left empty is left out."""
    plan = fields(
        form,
        texts=("rule", "operation", "kind", "until"),
        numbers=("status", "after", "times", "probability", "bodySeconds", "retryAfterSeconds"),
    )
    if answer := form.get("answer", "").strip():
        plan["status" if answer.isdecimal() else "rule"] = as_number(answer) if answer.isdecimal() else answer
    if target := form.get("target", "").strip():
        pairs = [part.partition("=") for part in target.split(",")]
        plan["target"] = {name.strip(): value.strip() for name, _, value in pairs}
    latency = fields(form, numbers=("seconds", "most", "sigma"))
    if "most" in latency:
        least = latency.get("seconds", 0)
        plan["latencySeconds"] = {"distribution": "uniform", "min": least, "max": latency["most"]}
    elif "sigma" in latency:
        median = latency.get("seconds", 0)
        plan["latencySeconds"] = {"distribution": "lognormal", "median": median, "sigma": latency["sigma"]}
    elif "seconds" in latency:
        plan["latencySeconds"] = latency["seconds"]
    if form.get("waits") == "virtual":
        plan["virtual"] = True
    return plan


def _page(refused: Refused | None = None) -> str:
    """Draw the page; the script asks for what has changed, which is never the catalogue."""
    search = request.args.get("search", "").strip()
    rules = [] if "X-Refresh" in request.headers else _rules(search.casefold().split())
    faults = desk.get("/faults")["faults"]
    return render_template(
        "faults.html",
        faults=faults,
        armed={fault["rule"] for fault in faults if fault["active"]},
        apis=APIS,
        groups=_groups(rules),
        found=sum(rule["found"] for rule in rules),
        total=len(rules),
        search=search,
        operations=list(dict.fromkeys(title for rule in rules for title in rule["answeredBy"])),
        problem=refused and refused.problem,
        form=request.form,
    )


def _rules(words: list[str]) -> list[dict[str, Any]]:
    """Return the catalogue; ``found`` are the rules that have all of the words."""
    return [
        {**rule, "found": all(word in _text(rule) for word in words), "why": _why_not(rule)}
        for rule in desk.get("/rules")["rules"]
    ]


def _text(rule: dict[str, Any]) -> str:
    return " ".join(str(rule[name] or "") for name in FOUND_BY).casefold()


def _groups(rules: list[dict[str, Any]]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the rules by API and operation, those first that can be had."""
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {api: {} for api in APIS}
    for rule in sorted(rules, key=lambda rule: bool(rule["why"])):
        groups[rule["api"]].setdefault(rule["operation"], []).append(rule)
    return groups


def _why_not(rule: dict[str, Any]) -> str:
    """Say why no call can be made to answer as a rule says; nothing when one can."""
    if rule["answeredBy"]:
        return ""
    if rule["status"] is None:
        return "Not about an answer."
    if rule["status"] < 400:
        return "No error: calls are answered so by themselves."
    return "An error of the control API, which no fault ever hits."


def _profiles(refused: Refused | None = None) -> str:
    found = desk.get("/profiles")
    return render_template(
        "profiles.html",
        chosen=found["chosen"],
        named=found["named"],
        services=[service["name"] for service in desk.get("/records")["services"]],
        apis=JOBS,
        measures=MEASURES,
        problem=refused and refused.problem,
        form=request.form,
    )
