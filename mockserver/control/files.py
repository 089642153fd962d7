"""Look at the files that data feeds have written, those too that the public cannot reach."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.simulation.clock import Clock
from mockserver.simulation.files import File, Files


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the files."""
    world = exchange.world
    return {"files": [_show(file, world.clock) for file in world.part(Files).list()]}


async def read(exchange: Exchange, feed: str, subshop: str, file: str) -> Answer:
    """Stream a file."""
    found = exchange.world.part(Files).get(feed, subshop)
    if found is None or found.name != file:
        raise Rule(
            "MOCK-404-file", explain=f"This world has no file {file} of the feed {feed} for {subshop}."
        )
    return Answer(
        chunks=found.open(),
        media_type="application/octet-stream",
        headers=[("Content-Length", str(found.size)), ("ETag", f'"{found.sha256}"')],
    )


def _show(file: File, clock: Clock) -> dict[str, Any]:
    return {
        "feed": file.owner,
        "subshop": file.place,
        "name": file.name,
        "filePath": file.path,
        "public": file.public,
        "mediaType": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "time": clock.job_time(file.tick),
    }
