"""coverage."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")


@blueprint.get("")
def show() -> str:
    """Show."""
    return render_template("base.html")
