"""Serve the files of reports: a signed link is all that a client needs (FOXY-DOWNLOAD-GET)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.foxy.archive import Content, write_archive
from mockserver.foxy.book import View
from mockserver.foxy.dates import instant_wall
from mockserver.foxy.links import LinkError
from mockserver.foxy.world import Foxy
from mockserver.simulation.worlds import World


async def download(exchange: Exchange, folder: str, file: str) -> Answer:
    """Send a report's file, written anew from what its period holds; a link that is no good is 403."""
    world = exchange.world
    try:
        view = _open(world, folder, file, dict(exchange.query))
    except LinkError as error:
        raise Rule("FOXY-DOWNLOAD-EXPIRED", explain=str(error)) from error
    content = _content(world, view)
    body = await run_in_threadpool(write_archive, view.report.name, content)
    headers = [
        ("Content-Disposition", f'attachment; filename="{file}"'),
        ("Cache-Control", "private, no-store"),
    ]
    return Answer(body=body, media_type="application/zip", headers=headers)


def _open(world: World, folder: str, file: str, fields: dict[str, str]) -> View:
    """Return the report that a link leads to.

    :raises LinkError: the link is no good, or its report is gone with a reset of the world.
    """
    foxy = world.part(Foxy)
    id = foxy.signer.check(folder, file, fields, world.clock.ticks())
    report = foxy.reports.find(id)
    view = foxy.reports.look(report) if report else None
    if view is None or not view.ready or (view.folder, view.file) != (folder, file):
        raise LinkError("The report of this link is not in this world any more.")
    return view


def _content(world: World, view: View) -> Content:
    foxy, report = world.part(Foxy), view.report
    store = foxy.directory.stores[report.store]
    history = foxy.directory.history(world.seed, store)
    return Content(history, store.zone, report.start, report.end, instant_wall(report.created, store.zone))
