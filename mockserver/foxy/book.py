"""The reports of a world: what was ordered, and how far each is.

A report that was ordered is a job of the shared engine; what it shows is computed when somebody looks.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple

from mockserver.foxy.ordering import Order
from mockserver.simulation.clock import format_job_time, parse_time
from mockserver.simulation.errors import RefusedValue, StateError
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.worlds import World

API = "foxy"

Status = Literal["queued", "error", "ready"]


@dataclass(slots=True)
class Report:
    """A report that somebody has ordered.

    :ivar start: wall time in the store's zone; so is ``end``.
    :ivar created: calendar time of the order, in nanoseconds since 1970.
    :ivar job: the work on it; ``None`` for a report of the fixtures, which is ``fixed``.
    :ivar fixed: status and ``date_modified`` of a report without a job.
    :ivar ended: calendar time at which the job ended, once it has; setting the clock back does not change it.
    """

    id: int
    store: int
    user: int
    name: str
    version: str
    start: datetime
    end: datetime
    created: int
    job: Job | None = None
    fixed: tuple[Status, int] = ("queued", 0)
    ended: int | None = None


class View(NamedTuple):
    """A report as it is at one moment; ``modified`` is calendar time in nanoseconds."""

    report: Report
    status: Status
    modified: int

    @property
    def ready(self) -> bool:
        """Whether the file can be downloaded (FOXY-REP-DL-READY)."""
        return self.status == "ready"

    @property
    def folder(self) -> str:
        """The folder of the file: ``store_1``."""
        return f"store_{self.report.store}"

    @property
    def file(self) -> str:
        """The file's name, with ``date_modified`` in it: ``complete_report.1647049118670.zip``."""
        return f"{self.report.name}_report.{self.modified // 1_000_000}.zip"


class ReportBook:
    """All reports of a world, by id, in the order of their creation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._reports: dict[int, Report] = {}
        self._last = 0

    def add(self, report: Report) -> None:
        """Put a report into the book."""
        self._reports[report.id] = report
        self._last = max(self._last, report.id)

    def order(self, store: int, user: int, order: Order, days: int, profile: Profile) -> Report:
        """Order a report; it is queued now and ready, or in error, later (FOXY-LC-ASYNC, FOXY-INIT-QUEUED).

        :param days: how many days there are to work through; nothing at all still takes its time.
        """
        now = self._world.clock.ticks()
        report = Report(
            id=self._last + 1,
            store=store,
            user=user,
            name=order.name,
            version=order.version,
            start=order.start,
            end=order.end,
            created=self._world.clock.calendar(now),
        )
        report.job = self._world.jobs.start(
            API, str(store), max(days, 1), profile, now, payload=report.id, replace=False
        )
        self._world.on_end(report.job, partial(self._end, report))
        self.add(report)
        return report

    def dump(self) -> list[dict[str, Any]]:
        """Describe the reports that were ordered; those of the fixtures are always there."""
        return [
            {
                "id": report.id,
                "job": report.job.id,
                "store": report.store,
                "user": report.user,
                "name": report.name,
                "version": report.version,
                "start": report.start.isoformat(),
                "end": report.end.isoformat(),
                "created": format_job_time(report.created),
                "ended": None if report.ended is None else format_job_time(report.ended),
            }
            for report in self._reports.values()
            if report.job is not None
        ]

    def load(self, state: Sequence[Mapping[str, Any]], stores: Container[int], users: Container[int]) -> None:
        """Put the reports that were described into the book."""
        for place, row in enumerate(state):
            try:
                self._load(row, stores, users)
            except RefusedValue as error:
                raise StateError(f"[{place}].{error.field}", error.value, error.accepted) from error

    def _load(self, row: Mapping[str, Any], stores: Container[int], users: Container[int]) -> None:
        job = next((job for job in self._world.jobs.of(API) if job.id == row["job"]), None)
        if job is None or job.target != str(row["store"]):
            raise StateError("job", row["job"], f"the id of a job of foxy {row['store']} in this document")
        if row["store"] not in stores or row["user"] not in users:
            raise StateError("store", row["store"], "a store and a user of the fixtures")
        if row["id"] in self._reports:
            raise StateError(
                "id", row["id"], "ids that differ, from each other and from those of the fixtures"
            )
        report = Report(
            id=row["id"],
            store=row["store"],
            user=row["user"],
            name=row["name"],
            version=row["version"],
            start=_wall(row, "start"),
            end=_wall(row, "end"),
            created=parse_time(row["created"], "created"),
            job=job,
            ended=None if row["ended"] is None else parse_time(row["ended"], "ended"),
        )
        job.revive(report.id)
        if report.ended is None:
            self._world.on_end(job, partial(self._end, report))
        self.add(report)

    def _end(self, report: Report, job: Job, seen: Progress) -> None:
        report.ended = self._world.clock.calendar(seen.ended_at)

    def find(self, id: int) -> Report | None:
        """Return the report with this id."""
        return self._reports.get(id)

    def of_store(self, store: int) -> Iterator[Report]:
        """Yield the store's reports in the order of their creation."""
        return (report for report in self._reports.values() if report.store == store)

    def look(self, report: Report, *, asked: bool = False) -> View:
        """Return how the report is now.

        :param asked: whether a client asks for its status, which moves jobs of the profile ``polls``.
        """
        clock, job = self._world.clock, report.job
        if job is None:
            return View(report, *report.fixed)
        now = clock.ticks()
        seen = job.poll(now) if asked else job.look(now)
        if not seen.state.ended or seen.ended_at is None:
            return View(report, "queued", report.created)
        status: Status = "ready" if seen.state is State.FINISHED else "error"
        return View(report, status, clock.calendar(seen.ended_at) if report.ended is None else report.ended)


def _wall(row: Mapping[str, Any], key: str) -> datetime:
    """Read a wall time."""
    try:
        read = datetime.fromisoformat(row[key])
    except ValueError:
        read = None
    if read is None or read.tzinfo is not None:
        raise StateError(key, row[key], "a wall time such as 2022-01-31T23:59:59")
    return read
