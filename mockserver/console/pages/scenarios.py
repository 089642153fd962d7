"""scenarios."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("scenarios", __name__, url_prefix="/scenarios")


@blueprint.get("")
def index() -> str:
    """Show."""
    return render_template("base.html")
