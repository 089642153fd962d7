"""Requests: what the world's clients have called, what they got, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for

from mockserver.console.answering import desk, done
from mockserver.console.desk import Refused, step

blueprint = Blueprint("requests", __name__, url_prefix="/requests")

FILTERS = ("operation", "status", "rule", "method", "path", "principal")
"""What requests can be looked for by."""

SIZE = 50
"""Requests on a page."""

BY_FETCH = frozenset(
    ("host", "content-length", "connection", "accept-encoding", "user-agent", "origin", "cookie")
)
"""Headers that a browser sends as it needs them."""


@blueprint.get("")
def index() -> Any:
    """List requests, the newest first: the last ones, or those before or after one."""
    wanted = {name: request.args.get(name, "").strip() for name in FILTERS}
    place = {name: request.args[name] for name in ("before", "after") if request.args.get(name)}
    shown, page, problem = _found(wanted, place)
    return render_template(
        "requests.html",
        requests=shown,
        page=page,
        wanted=wanted,
        filtered=any(wanted.values()),
        problem=problem,
        exports={name: _export(name, wanted, shown) for name in ("har", "curl")},
        with_place=lambda **place: url_for(
            ".index", **{name: value for name, value in {**wanted, **place}.items() if value}
        ),
    )


@blueprint.get("/<id>")
def read(id: str) -> str:
    """Show a request with its answer, and why it was answered so."""
    call = desk.get(f"/requests/{step(id)}")
    faults = [value for name, value in _pairs(call["answer"] or {}) if name == "x-mock-fault"]
    return render_template(
        "request.html",
        call=call,
        faults=faults[0].split(", ") if faults else [],
        fetch=_fetch(call["request"]),
        newer=_neighbour(after=id),
        older=_neighbour(before=id),
    )


@blueprint.post("/<id>/replay")
def replay(id: str) -> Any:
    """Make a request once more, and go to what came of it."""
    new = desk.post(f"/requests/{step(id)}/replay")
    got = f"answered with {new['status']}" if new["status"] else "not answered"
    flash(f"Request {id} was made again, as request {new['id']}. It was {got}.", "done")
    return redirect(url_for(".read", id=new["id"]), 303)


@blueprint.post("/clear")
def clear() -> Any:
    """Forget all requests."""
    desk.delete("/requests")
    return done("The journal is empty.")


def _found(
    wanted: dict[str, str], place: dict[str, str]
) -> tuple[list[Any], dict[str, Any], Mapping[str, Any] | None]:
    """Return the requests of a page and what is beside it, or what is wrong with what was asked for."""
    try:
        return *_look(wanted, place), None
    except Refused as refused:
        if refused.status != 400:
            raise
        return [], {"evicted": 0, "older": False, "newer": False}, refused.problem


def _look(wanted: dict[str, str], place: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """Return the requests of a page, and which pages there are beside it; one more is asked for than is shown."""
    found = desk.get("/requests", limit=SIZE + 1, count=False, **wanted, **place)
    if "after" in place and len(found["requests"]) <= SIZE:
        place.clear()  # so few are the newest ones, whose page is full and live
        found = desk.get("/requests", limit=SIZE + 1, count=False, **wanted)
    more = len(found["requests"]) > SIZE
    shown = found["requests"][:SIZE] if "after" in place else found["requests"][-SIZE:]
    page = {"evicted": found["evicted"], "older": more or "after" in place, "newer": bool(place)}
    return shown[::-1], page


def _export(format: str, wanted: dict[str, str], shown: list[Any]) -> str:
    """Return where exactly these requests are in another format."""
    query = {name: value for name, value in wanted.items() if value} | {"format": format}
    if shown:
        span = {"after": int(shown[-1]["id"]) - 1, "before": int(shown[0]["id"]) + 1}
        query |= {name: str(value) for name, value in span.items()}
    return f"{request.script_root.removesuffix('/ui')}/requests?{urlencode(query)}"


def _neighbour(**place: str) -> str:
    """Return the id of the request beside another one; empty when there is none."""
    found = desk.get("/requests", limit=1, count=False, **place)["requests"]
    return found[0]["id"] if found else ""


def _pairs(message: Any) -> list[tuple[str, str]]:
    return [(pair["name"].lower(), pair["value"]) for pair in message.get("headers", ())]


def _fetch(sent: Any) -> str:
    """Write the request for a web page's script."""
    headers = {name: value for name, value in _pairs(sent) if name not in BY_FETCH}
    options: dict[str, Any] = {"method": sent["method"]} | ({"headers": headers} if headers else {})
    if sent["body"] and sent["body"]["text"]:
        options["body"] = sent["body"]["text"]
    text = f"const answer = await fetch({json.dumps(sent['url'])}, {json.dumps(options, indent=2)});"
    if "[redacted]" in text:
        text = f"// [redacted] stands for secrets, which the journal does not keep\n{text}"
    return text
