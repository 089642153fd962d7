"""Scenarios, snapshots, and the world as a document: states that a world can be brought into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request

from mockserver.console.answering import as_number, desk, done, world_url
from mockserver.console.desk import step

blueprint = Blueprint("scenarios", __name__, url_prefix="/scenarios")

FIELD = "param."
"""What the names of form fields that are parameters begin with."""


@blueprint.get("")
def index() -> str:
    """List the scenarios and the snapshots."""
    return render_template(
        "scenarios.html",
        scenarios=desk.get("/scenarios")["scenarios"],
        snapshots=desk.get("/snapshots")["snapshots"],
        field=FIELD,
        base_url=world_url(),
    )


@blueprint.post("/<name>/apply")
def apply(name: str) -> Any:
    """Bring the world into the state of a scenario."""
    known = {scenario["name"]: scenario for scenario in desk.get("/scenarios")["scenarios"]}
    if name not in known:
        abort(404, f"There is no scenario {name}.")
    reset = "reset" in request.form
    params = _params(known[name].get("parameters", {}), request.form)
    desk.post(f"/scenarios/{step(name)}", {"reset": reset, "params": params})
    given = ", ".join(f"{key} {value}" for key, value in params.items())
    anew = "made anew and brought" if reset else "brought"
    return done(f"The world {desk.world} was {anew} into {name}{f' ({given})' if given else ''}.")


@blueprint.post("/snapshots")
def take() -> Any:
    """Keep a copy of the world."""
    snapshot = desk.put(f"/snapshots/{step(request.form.get('name', '').strip() or ' ')}")
    return done(f"Snapshot {snapshot['name']} is taken.")


@blueprint.post("/snapshots/<name>/restore")
def restore(name: str) -> Any:
    """Go back to a copy of the world."""
    desk.post(f"/snapshots/{step(name)}/restore")
    return done(f"The world {desk.world} is as it was when the snapshot {name} was taken.")


@blueprint.post("/snapshots/<name>/delete")
def forget(name: str) -> Any:
    """Forget a copy of the world."""
    desk.delete(f"/snapshots/{step(name)}")
    return done(f"Snapshot {name} is forgotten.")


def _params(defaults: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Read the parameters that are not what they are by default; each is of the default's type."""
    given = {key: _like(value, form[FIELD + key]) for key, value in defaults.items() if FIELD + key in form}
    return {key: value for key, value in given.items() if value != defaults[key]}


def _like(default: Any, text: str) -> Any:
    if isinstance(default, bool):
        return text == "true"
    return text if isinstance(default, str) else as_number(text)
