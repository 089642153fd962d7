"""Place faults: calls that fail, come late or break off on purpose."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.faults import place_fault
from mockserver.simulation.errors import NoSuchFault
from mockserver.simulation.faults import Fault


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the world's faults with what became of them, the oldest first."""
    now = exchange.world.clock.calendar()
    return {"faults": [fault.to_json(now) for fault in exchange.world.faults.list()]}


async def create(exchange: Exchange, body: dict[str, Any]) -> Answer:
    """Place a fault; the next call that it meets may be hit."""
    fault = place_fault(exchange.server.contract, exchange.world, body)
    location = f"{exchange.api_url}/_mock/faults/{fault.id}"
    return Answer(201, fault.to_json(exchange.world.clock.calendar()), headers=[("Location", location)])


async def read(exchange: Exchange, id: str) -> dict[str, Any]:
    """Show one fault with what became of it."""
    return _find(exchange, id).to_json(exchange.world.clock.calendar())


async def delete(exchange: Exchange, id: str) -> Answer:
    """Take one fault away."""
    exchange.world.faults.remove(_find(exchange, id).id)
    return Answer(status=204, body=b"")


async def clear(exchange: Exchange) -> Answer:
    """Take all faults of the world away."""
    exchange.world.faults.clear()
    return Answer(status=204, body=b"")


def _find(exchange: Exchange, id: str) -> Fault:
    try:
        return exchange.world.faults.get(id)
    except NoSuchFault as error:
        raise Rule("MOCK-404-fault", explain=f"The world {exchange.world.name} has no fault {id}.") from error
