"""The forms that set and advance the world's clock; they stand at the top of every page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from mockserver.console.answering import as_number, desk, done

blueprint = Blueprint("clock", __name__, url_prefix="/clock")


@blueprint.post("")
def write() -> Any:
    """Set mode, speed or time."""
    wanted: dict[str, Any] = {name: request.form[name] for name in ("mode", "now") if name in request.form}
    if "speed" in request.form:
        wanted["speed"] = as_number(request.form["speed"])
    clock = desk.put("/clock", wanted)
    return done(f"The clock is {clock['mode']} at {clock['now'][:19]}Z, speed {clock['speed']:g}.")


@blueprint.post("/advance")
def advance() -> Any:
    """Let time pass."""
    if "until" in request.form:
        wanted: dict[str, Any] = {"until": request.form["until"]}
    else:
        wanted = {"seconds": as_number(request.form.get("seconds", ""))}
    clock = desk.post("/clock/advance", wanted)
    return done(f"It is {clock['now'][:19]}Z now.")
