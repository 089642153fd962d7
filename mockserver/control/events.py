"""Tell listeners what happens in a world while it happens: server-sent events."""

from __future__ import annotations

from mockserver.contract import Answer, Exchange
from mockserver.contract.events import follow


async def listen(exchange: Exchange) -> Answer:
    """Send new calls and what happens to jobs, clock and faults, until the client, the world or the server ends."""
    return Answer(
        chunks=follow(exchange),
        media_type="text/event-stream; charset=utf-8",
        headers=[("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")],
    )
