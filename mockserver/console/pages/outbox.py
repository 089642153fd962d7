"""What the vendor would have sent: mails, webhooks, and files delivered to other systems."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, render_template, request

from mockserver.console.answering import desk, done, page_of

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")

KINDS = {"": "All", "mail": "Mails", "webhook": "Webhooks", "delivery": "Deliveries"}
"""What the list can be narrowed to."""

OUTCOMES = {
    "recorded": "waiting",
    "pending": "going",
    "delivered": "good",
    "refused": "held",
    "failed": "bad",
}
"""The look of what became of a webhook."""

SIZE = 50
"""Entries on a page."""


@blueprint.get("")
def index() -> str:
    """List the entries, the youngest first."""
    entries = desk.get("/outbox")["entries"][::-1]
    kind = request.args.get("kind", "")
    found = [entry for entry in entries if kind in ("", entry["kind"])]
    page = page_of(len(found), SIZE)
    shown = found[page["first"] :][:SIZE]
    return render_template(
        "outbox.html",
        entries=shown,
        moving=any(entry["facts"].get("delivery", {}).get("state") == "pending" for entry in shown),
        counts={"": len(entries), **Counter(entry["kind"] for entry in entries)},
        page=page,
        kind=kind,
        kinds=KINDS,
        outcomes=OUTCOMES,
    )


@blueprint.post("/clear")
def clear() -> Any:
    """Forget all entries."""
    desk.delete("/outbox")
    return done("The outbox is empty.")
