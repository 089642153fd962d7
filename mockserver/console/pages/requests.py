"""requests."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("requests", __name__, url_prefix="/requests")


@blueprint.get("")
def index() -> str:
    """Show."""
    return render_template("base.html")


@blueprint.get("/<id>")
def read(id: str) -> str:
    """Show."""
    return render_template("base.html")
