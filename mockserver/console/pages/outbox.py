"""outbox."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")


@blueprint.get("")
def index() -> str:
    """Show."""
    return render_template("base.html")
