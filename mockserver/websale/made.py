"""Look at what exports and builds have made, for the control plane: apart from faults, and not in the journal."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.simulation.errors import NoSuchJob
from mockserver.websale.building import Builds
from mockserver.websale.feeds import SERVICE, file_path
from mockserver.websale.report import open_file
from mockserver.websale.shop import Shop


async def read_export(exchange: Exchange, id: str) -> Answer:
    """Stream the file of a finished export."""
    try:
        job = exchange.world.jobs.get(id)
    except NoSuchJob as error:
        raise Rule("MOCK-404-job", explain=f"This world has no job {id}.") from error
    return Answer(
        chunks=open_file(exchange, job).encode(),
        media_type="application/octet-stream",
        headers=[("Content-Disposition", f'attachment; filename="{job.file}"')],
    )


async def read_builds(exchange: Exchange, feed: str) -> dict[str, Any]:
    """Show the state of a feed's files, one a subshop, and why its last build has failed."""
    world = exchange.world
    builds, found = world.part(Builds), world.part(Shop).records.find(SERVICE, int(feed))
    if found is None:
        raise Rule("MOCK-404-file", explain=f"This world has no data feed {feed}.")
    latest = builds.latest(found["id"])
    rows = [
        {"subshop": subshop, "filePath": file_path(built, subshop), "status": status}
        for built, subshop, status in builds.rows(found)
    ]
    last_error = "" if latest is None else latest.job.look(world.clock.ticks()).last_error
    return {"feed": feed, "lastError": last_error, "subshops": rows}
