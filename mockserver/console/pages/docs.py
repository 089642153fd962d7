"""docs."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("docs", __name__, url_prefix="/docs")


@blueprint.get("")
def show() -> str:
    """Show."""
    return render_template("base.html")
