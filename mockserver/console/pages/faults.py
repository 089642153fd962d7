"""faults."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("faults", __name__, url_prefix="/faults")


@blueprint.get("")
def index() -> str:
    """Show."""
    return render_template("base.html")
