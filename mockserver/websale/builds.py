"""Generate the files of data feeds: ``datafeeds/build`` (S3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.waiting import decided
from mockserver.records import Record, Snapshot
from mockserver.simulation.files import File, Files
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.websale.building import API, Builds
from mockserver.websale.datafeeds import find_feed
from mockserver.websale.feeds import SERVICE, TEMPLATES, file_path, stored_name
from mockserver.websale.listing import SCAN_IN_THREAD
from mockserver.websale.rendering import begin
from mockserver.websale.shop import Shop
from mockserver.websale.steering import explained

STARTED = {"success": True}

Choose = Callable[[Record], bool]


async def status(exchange: Exchange, id: int) -> Answer:
    """Show the state of the feed's files, one a subshop (DFB-STATUS-200)."""
    world = exchange.world
    feed = find_feed(exchange, id, "DFB-STATUS-404")
    builds = world.part(Builds)
    if world.part(Shop).records.find(TEMPLATES, feed["templateId"]) is None:
        explain = f"The feed's templateId is {feed['templateId']}; there is no such template."
        raise Rule("DFB-STATUS-400-template", explain=explain)
    reason, build = "", builds.latest(id)
    if build is not None:
        if build.job.profile.kind == "polls":  # this request may be the last
            await decided(build.job)
        reason = build.job.poll(world.clock.ticks()).last_error
    rows = [_row(exchange, *row) for row in builds.rows(feed)]
    return Answer(payload=rows, headers=explained(reason))


async def build_one(exchange: Exchange, id: int, subshop_id: list[str] | None = None) -> dict[str, bool]:
    """Build a feed, for all of its subshops or for some (DFB-ID-200, DFB-ID-subshopId)."""
    feed = find_feed(exchange, id, "DFB-ID-404")
    known = exchange.world.part(Builds).storefront.subshops
    for subshop in subshop_id or ():
        if subshop not in known:
            explain = f"The shop has no subshop {subshop!r}; it has {', '.join(known)}."
            raise Rule("DFB-ID-400-subshopId", field="subshopId", explain=explain)
    return await _start(exchange, [feed], subshop_id)


async def build_all(exchange: Exchange) -> dict[str, bool]:
    """Build every feed that has a template, active or not (DFB-ALL-200)."""
    return await _start(exchange, await _select(exchange, lambda feed: feed["templateId"] > 0))


async def build_hour(exchange: Exchange, hour: int) -> dict[str, bool]:
    """Build the feeds whose plan has the hour (DFB-HOUR-200)."""
    return await _start(
        exchange, await _select(exchange, lambda feed: hour in feed["exportPlanOptions"]["exportPlan"])
    )


async def build_import(exchange: Exchange) -> dict[str, bool]:
    """Build the feeds that are to be exported after an import (DFB-IMPORT-200)."""
    return await _start(
        exchange, await _select(exchange, lambda feed: bool(feed["exportPlanOptions"]["exportAfterImport"]))
    )


async def hour_missing() -> None:
    """Refuse ``build/hour`` without an hour (DFB-HOUR-404)."""
    raise Rule("DFB-HOUR-404", explain="The path ends before the hour, a whole number from 0 to 23.")


async def download(exchange: Exchange, feed: str, subshop: str, file: str) -> Answer:
    """Stream the file of a public feed; it needs no token (convention)."""
    found = exchange.world.part(Files).get(feed, subshop)
    if found is None or found.name != file or not found.public:
        explain = f"No build of this world has published {file} for the feed {feed} and {subshop}."
        raise Rule("MOCK-404-file", explain=explain)
    return serve(found)


def serve(file: File) -> Answer:
    """Return the answer that streams a file."""
    return Answer(
        chunks=file.open(),
        media_type=file.media_type,
        headers=[
            ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"),
            ("Content-Length", str(file.size)),
            ("ETag", f'"{file.sha256}"'),
        ],
    )


async def _select(exchange: Exchange, chosen: Choose) -> list[Record]:
    """Return the feeds that are wanted, in the order of their ids."""
    feeds: Snapshot = (await exchange.world.part(Shop).settled()).snapshot(SERVICE)

    def select() -> list[Record]:
        return sorted(filter(chosen, feeds), key=lambda feed: int(feed["id"]))

    return await run_in_threadpool(select) if len(feeds) >= SCAN_IN_THREAD else select()


async def _start(
    exchange: Exchange, feeds: Sequence[Record], subshops: Sequence[str] | None = None
) -> dict[str, bool]:
    """Start the builds and confirm it; they are rendered in worker threads."""
    builds = exchange.world.part(Builds).start(feeds, _profiles(exchange), subshops or None)
    begin(build.rendering for build in builds)
    return STARTED


def _profiles(exchange: Exchange) -> Callable[[str], Profile]:
    """Return how builds unfold: all as the request prefers, else each as its feed's do."""
    if exchange.preference is not None and exchange.preference.profile is not None:
        chosen = exchange.choose_profile(API, "*")
        return lambda _target: chosen
    return lambda target: exchange.world.profiles.get(API, target)


def _row(exchange: Exchange, feed: Record, subshop: str, state: str) -> Record:
    row = {"filePath": file_path(feed, subshop), "status": state}
    if feed["saveTarget"] == "contentData":
        row["url"] = _url(exchange, "/content/feeds", str(feed["id"]), subshop, stored_name(feed))
    return row


def files_of(exchange: Exchange, job: Job) -> list[dict[str, str]]:
    """Return name and URL of the files of a finished build, as far as no later build has replaced them."""
    files = exchange.world.part(Builds).files_of(job)
    return [
        {
            "name": file.path,
            "url": _url(
                exchange,
                "/content/feeds" if file.public else "/_mock/files",
                file.owner,
                file.place,
                file.name,
            ),
        }
        for file in files
    ]


def _url(exchange: Exchange, folder: str, *steps: str) -> str:
    return "/".join((exchange.content_url + folder, *(quote(step, safe="") for step in steps)))
