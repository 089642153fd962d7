"""Keep named copies of a world, and go back to them."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.control.state import encode_world, fill_world
from mockserver.control.worlds import show_world
from mockserver.simulation.clock import format_job_time
from mockserver.simulation.errors import NoSuchSnapshot, ShelfFull
from mockserver.simulation.snapshots import Snapshot


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the world's snapshots."""
    return {"snapshots": [_show(snapshot) for snapshot in exchange.world.shelf.list()]}


async def take(exchange: Exchange, name: str) -> Answer:
    """Keep a copy of the world as it is now."""
    world = exchange.world
    time = world.clock.calendar()
    snapshot = Snapshot(name, time, await encode_world(exchange))
    try:
        new = world.shelf.put(snapshot)
    except ShelfFull as error:
        raise Rule("MOCK-409-snapshot", explain=f"{error}; delete one.".capitalize()) from error
    return Answer(201 if new else 200, _show(snapshot))


async def restore(exchange: Exchange, name: str) -> dict[str, Any]:
    """Go back to how the world was; it is done when the answer comes."""
    document = orjson.loads(_find(exchange, name).document)
    exchange.world = await run_in_threadpool(fill_world, exchange, document)
    return show_world(exchange.world)


async def delete(exchange: Exchange, name: str) -> Answer:
    """Forget a copy."""
    _find(exchange, name)
    exchange.world.shelf.delete(name)
    return Answer(status=204, body=b"")


def _find(exchange: Exchange, name: str) -> Snapshot:
    try:
        return exchange.world.shelf.get(name)
    except NoSuchSnapshot as error:
        known = [snapshot.name for snapshot in exchange.world.shelf.list()]
        explain = f"This world has no snapshot {name}."
        raise Rule("MOCK-404-snapshot", explain=explain, accepted=known) from error


def _show(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "time": format_job_time(snapshot.time),
        "bytes": len(snapshot.document),
    }
