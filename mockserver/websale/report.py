"""Export the records of a service to a file: ``report/{service}/…`` (S0, S1).

An export is a job of the shared engine. Its file is not kept anywhere: the job remembers what was selected, and the
file is written again, the same, whenever somebody downloads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.records import Service, Snapshot
from mockserver.records.codecs import MEDIA_TYPES, encode
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.worlds import World
from mockserver.websale.listing import FilterRules, Predicate, parse_filters
from mockserver.websale.shop import Shop
from mockserver.websale.steering import check_begun, check_format, move

API = "report"

FILTER_RULES = FilterRules(
    field="REP-START-400-filter-field",
    operator="REP-START-400-filter-op",
    value="REP-START-400-filter-value",
)
SCAN_IN_THREAD = 2_000
"""From so many records on, counting what a filter selects leaves the event loop free."""

READY: dict[str, Any] = {
    "duration": 0,
    "end": "",
    "fileName": "",
    "fileUrl": "",
    "hasProgress": False,
    "lastError": "",
    "percentage": 0,
    "processed": 0,
    "start": "",
    "status": 0,
    "total": 0,
}
"""The status before any start (REP-ST-0)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What an export holds: the records as they were at its start, as far as its filters select them.

    :ivar query: the parameters that the filters were read from.
    """

    service: Service
    format: str
    records: Snapshot
    filters: tuple[Predicate, ...]
    query: tuple[tuple[str, str], ...] = ()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the selected records."""
        for record in self.records.iterate():
            if all(accepts(record) for accepts in self.filters):
                yield record

    def count(self) -> int:
        """Return the number of selected records."""
        return sum(1 for _ in self) if self.filters else len(self.records)

    def encode(self) -> Iterator[bytes]:
        """Yield the file in chunks."""
        return encode(self.service, self.format, self)


async def status(exchange: Exchange, service: str) -> dict[str, Any]:
    """Show the service's export (REP-STATUS-200)."""
    world = exchange.world
    job = world.jobs.current(API, service)
    seen = None if job is None else job.poll(world.clock.ticks())
    return _show(exchange, job, seen)


def check_query(exchange: Exchange) -> None:
    """Refuse a format that is none at all as one that the service does not have, which says those that it has."""
    service = exchange.world.part(Shop).services[exchange.path_values["service"]]
    asked = dict(exchange.query).get("format", service.formats[0])
    check_format(API, service, asked, "REP-START-400-format")


async def start(exchange: Exchange, service: str, format: str) -> dict[str, Any]:
    """Start an export, canceling the one that runs (REP-START-200, REP-START-restart)."""
    world = exchange.world
    shop = world.part(Shop)
    described = shop.services[service]
    check_format(API, described, format, "REP-START-400-format")
    records = await shop.settled()
    selection = select(described, format, records.snapshot(service), exchange.query)
    profile = exchange.choose_profile(API, service)
    job = begin(world, selection, await _count(selection), profile)
    check_begun(API, profile, "REP-START-503-10s")
    return _show(exchange, job)


def select(service: Service, format: str, records: Snapshot, query: Sequence[tuple[str, str]]) -> Selection:
    """Return what an export with this query holds; ``Rule`` for a bad filter."""
    filters = parse_filters(query, service.filters, FILTER_RULES)
    kept = tuple((name, value) for name, value in query if name.startswith("filter"))
    return Selection(service, format, records, tuple(filters), kept)


def begin(world: World, selection: Selection, total: int, profile: Profile) -> Job:
    """Start the job of an export."""
    service = selection.service
    name = f"{service.plural}_{world.hex(20)}.{selection.format}"
    return world.jobs.start(
        API, service.name, total, profile, world.clock.ticks(), payload=selection, file=name
    )


async def pause(exchange: Exchange, service: str) -> dict[str, Any]:
    """Pause a running export (REP-PAUSE-200)."""
    return _show(exchange, move(exchange, API, service, "pause", "REP-PAUSE-404"))


async def resume(exchange: Exchange, service: str) -> dict[str, Any]:
    """Resume a paused export (REP-RESUME-200)."""
    return _show(exchange, move(exchange, API, service, "resume", "REP-RESUME-404"))


async def cancel(exchange: Exchange, service: str) -> dict[str, Any]:
    """Cancel an export that is starting, running or paused (REP-CANCEL-200)."""
    return _show(exchange, move(exchange, API, service, "cancel", "REP-CANCEL-404"))


async def download(exchange: Exchange, file_name: str) -> Answer:
    """Stream the file of a finished export; it needs no token."""
    job = _job_of_file(exchange.world, file_name)
    if job is None:
        raise Rule("MOCK-404-file", explain=f"No export of this world has the file {file_name}.")
    selection = open_file(exchange, job)
    return Answer(
        chunks=selection.encode(),
        media_type=MEDIA_TYPES[selection.format],
        headers=[("Content-Disposition", f'attachment; filename="{file_name}"')],
    )


def open_file(exchange: Exchange, job: Job) -> Selection:
    """Return what the file of an export holds, or raise the rule that says that there is none."""
    if not isinstance(job.payload, Selection):
        raise Rule("MOCK-404-file", explain=f"Job {job.id} ({job.api} {job.target}) is no export of records.")
    state = job.look(exchange.world.clock.ticks()).state
    if state is not State.FINISHED:
        raise Rule("MOCK-404-file", explain=f"The export of {job.file} is {state.label}, not finished.")
    return job.payload


def _show(exchange: Exchange, job: Job | None, seen: Progress | None = None) -> dict[str, Any]:
    """Return the eleven fields of the status (REP-FIELD-*)."""
    if job is None:
        return READY
    clock = exchange.world.clock
    seen = seen or job.look(clock.ticks())
    return {
        "duration": seen.duration,
        "end": clock.job_time(seen.ended_at),
        "fileName": job.file,
        "fileUrl": _file_url(exchange, job),
        "hasProgress": seen.has_progress,
        "lastError": seen.last_error,
        "percentage": seen.percentage,
        "processed": seen.processed,
        "start": clock.job_time(job.started_at),
        "status": int(seen.state),
        "total": seen.total,
    }


def files_of(exchange: Exchange, job: Job) -> list[dict[str, str]]:
    """Return name and URL of the file of a finished export."""
    return [{"name": job.file or "", "url": _file_url(exchange, job)}]


def _file_url(exchange: Exchange, job: Job) -> str:
    return f"{exchange.content_url}/content/report/{job.file}"


async def _count(selection: Selection) -> int:
    if selection.filters and len(selection.records) >= SCAN_IN_THREAD:
        return await run_in_threadpool(selection.count)
    return selection.count()


def _job_of_file(world: World, name: str) -> Job | None:
    return next((job for job in world.jobs.list() if job.file == name), None)
