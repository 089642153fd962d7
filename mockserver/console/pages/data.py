"""data."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("data", __name__, url_prefix="/data")


@blueprint.get("")
def index() -> str:
    """Show."""
    return render_template("base.html")
