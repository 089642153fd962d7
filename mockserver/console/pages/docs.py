"""The API documentation: Swagger UI in the console's frame, with the fixture tokens filled in."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from mockserver.console.answering import desk
from mockserver.console.tokens import tokens_of

blueprint = Blueprint("docs", __name__, url_prefix="/docs")

FIRST = "websale-report"
"""The specification that is shown to who names none."""


@blueprint.get("")
def show() -> str:
    """Show one specification, to be read and tried out."""
    specifications = {one["name"]: one for one in desk.get("/openapi")["specifications"]}
    name = request.args.get("api", FIRST)
    if name not in specifications:
        abort(404, f"There is no specification {name}.")
    schemes = desk.get(f"/openapi/{name}.json")["components"].get("securitySchemes")
    return render_template(
        "docs.html",
        titles={name: one["title"] for name, one in specifications.items()},
        name=name,
        tokens=tokens_of(name.partition("-")[0]) if schemes else [],
        chosen=request.args.get("as", ""),
        root=request.script_root.removesuffix("/_mock/ui"),
    )
