"""Change worlds, bring one back to its start, drop one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, redirect, request

from mockserver.console.answering import desk, done, own
from mockserver.console.desk import step

blueprint = Blueprint("worlds", __name__, url_prefix="/worlds")


@blueprint.get("/switch")
def switch() -> Any:
    """Go to the same page of another world, which is made when nobody has used it yet."""
    name = request.args.get("name", "") or "default"
    prefix = "" if name == "default" else f"/w/{quote(name, safe='')}"
    return redirect(own(f"{prefix}/_mock/ui", request.args.get("back", "")), 303)


@blueprint.post("/reset")
def reset() -> Any:
    """Bring the world back to its start."""
    desk.post("/reset")
    return done(f"The world {desk.world} is as it was at its start.")


@blueprint.post("/delete")
def delete() -> Any:
    """Drop the world."""
    desk.delete(f"/worlds/{step(desk.world)}")
    return done(f"The world {desk.world} was dropped, and made anew.")
