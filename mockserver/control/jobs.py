"""Look at a world's jobs."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Exchange
from mockserver.simulation.job import describe


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the jobs of all APIs, the oldest first."""
    clock = exchange.world.clock
    now = clock.ticks()
    return {"jobs": [dict(describe(job, now, clock)) for job in exchange.world.jobs.list()]}
