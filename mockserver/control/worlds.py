"""List, drop and reset worlds."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.simulation.worlds import World


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the worlds that exist."""
    worlds = exchange.server.worlds
    found = [world for name in worlds.names() if (world := worlds.peek(name)) is not None]
    return {"worlds": [show_world(world) for world in found]}


async def delete(exchange: Exchange, name: str) -> Answer:
    """Drop a world; its next use makes it anew."""
    if not exchange.server.worlds.delete(name):
        raise Rule("MOCK-404-world", explain=f"There is no world {name}.")
    return Answer(status=204, body=b"")


async def reset(exchange: Exchange) -> dict[str, Any]:
    """Bring the world back to its start: clock, seed and fixtures. It is done when the answer comes."""
    exchange.world = exchange.server.worlds.reset(exchange.world.name)
    return show_world(exchange.world)


def show_world(world: World) -> dict[str, Any]:
    """Return a world as the control plane shows it."""
    return {
        "name": world.name,
        "seed": world.seed,
        "clock": dict(world.clock.describe()),
        "jobs": len(world.jobs),
    }
