"""Look at what the vendor would have sent."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange
from mockserver.simulation.outbox import Outbox


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List mails, webhooks and file deliveries, the oldest first."""
    clock = exchange.world.clock
    entries = exchange.world.part(Outbox).list()
    return {
        "entries": [
            {"id": entry.id, "kind": entry.kind, "time": clock.job_time(entry.tick), "facts": entry.facts}
            for entry in entries
        ]
    }


async def clear(exchange: Exchange) -> Answer:
    """Forget what was sent so far."""
    exchange.world.part(Outbox).clear()
    return Answer(status=204, body=b"")
