"""start."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("start", __name__, url_prefix="/start")


@blueprint.get("")
def show() -> str:
    """Show."""
    return render_template("base.html")
