"""The shop of a world: its services and their records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.records import Records, Service
from mockserver.records.staging import Staging
from mockserver.simulation.job import Job
from mockserver.simulation.timeline import Progress
from mockserver.simulation.worlds import World

AT_ONCE = 5_000
"""So many imported rows are applied while the event loop waits; more in a worker thread."""

ImportHook = Callable[[Job, Progress], object]
ReadHook = Callable[[Records], object]
RecordCheck = Callable[[Mapping[str, Any]], Iterable[str]]
"""Yields the fields of a record, good by its schema, that are not good."""


@dataclass(eq=False, slots=True)
class _Inflow:
    """The rows of one import, which take effect as its job proceeds."""

    job: Job
    staging: Staging
    closed: bool = False

    def backlog(self, tick: int) -> int:
        """Return how many rows have been processed, or are left over, and still are in the staging table."""
        seen = self.job.look(tick)
        return (seen.total if seen.state.ended else seen.processed) - self.staging.applied

    def settle(self, tick: int) -> bool:
        """Apply what has been processed; tell whether nobody needs the rest any more."""
        seen = self.job.look(tick)
        self.staging.apply(seen.processed)
        return seen.state.ended and self.closed


class Shop:
    """What the WEBSALE resources of one world work on.

    :ivar services: the sixteen services by name.
    :ivar record_checks: by service, what its schema cannot say of an imported record.
    :ivar import_errors: how many faulty records an import's status lists (``--import-errors``).
    """

    def __init__(
        self, world: World, services: Mapping[str, Service], records: Records, import_errors: int = 1000
    ) -> None:
        self.services = services
        self.import_errors = import_errors
        self._world = world
        self._records = records
        self._inflows: list[_Inflow] = []
        self._hooks: list[ImportHook] = []
        self._read_hooks: list[ReadHook] = []
        self.record_checks: dict[str, RecordCheck] = {}
        self._settling: asyncio.Future[None] | None = None

    @property
    def records(self) -> Records:
        """The world's view of all records, with what running imports have processed by now.

        After a large import this may take a second; a handler that can wait awaits :meth:`settled`.
        """
        self.settle()
        for hook in self._read_hooks:
            hook(self._records)
        return self._records

    def records_of(self, *services: str) -> Records:
        """Return the records, up to date in these services alone, and as :meth:`before_reading` has not changed them.

        So what happens by itself does not wait for a large import of something else.
        """
        self.settle(services)
        return self._records

    async def settled(self) -> Records:
        """Return the records like :attr:`records`, and leave the event loop free where that takes long."""
        if self.backlog() > AT_ONCE:
            await run_in_threadpool(self.settle)
        return self.records

    def settle_soon(self) -> None:
        """Begin to apply a large backlog in a worker thread, so that nobody has to wait for it later."""
        busy = self._settling is not None and not self._settling.done()
        if not busy and self.backlog() > AT_ONCE:
            self._settling = asyncio.get_running_loop().run_in_executor(None, self.settle)

    def backlog(self) -> int:
        """Return how many rows of imports wait to be applied, or to be forgotten."""
        if not self._inflows:
            return 0
        tick = self._world.clock.ticks()
        return sum(inflow.backlog(tick) for inflow in self._inflows)

    def settle(self, services: Collection[str] | None = None) -> None:
        """Apply the rows that imports have processed by now, in the order in which the imports were started.

        :param services: whose rows; all, unless they are named.
        """
        if not self._inflows:
            return
        tick = self._world.clock.ticks()
        for inflow in tuple(self._inflows):
            if (services is None or inflow.job.target in services) and inflow.settle(tick):
                with suppress(ValueError):  # another thread was faster
                    self._inflows.remove(inflow)
                    inflow.staging.drop()

    def admit(self, job: Job, staging: Staging) -> None:
        """Let the rows take effect as the job proceeds."""
        self._inflows.append(_Inflow(job, staging))

    def before_reading(self, hook: ReadHook) -> None:
        """Have ``hook(records)`` called before anybody gets the records: it writes what time has changed.

        The state of a data feed's last export comes into the records by it.
        """
        self._read_hooks.append(hook)

    def after_import(self, hook: ImportHook) -> None:
        """Have ``hook(job, progress)`` called whenever an import has ended, in whatever state.

        The data feeds with ``exportAfterImport`` are built by it.
        """
        self._hooks.append(hook)

    def import_ended(self, job: Job, progress: Progress) -> None:
        """Tell everybody who wants to know that an import has ended."""
        for inflow in self._inflows:
            inflow.closed = inflow.closed or inflow.job is job
        for hook in self._hooks:
            hook(job, progress)

    def close(self) -> None:
        """Let go of what the world wrote; called when the world is dropped."""
        self._inflows.clear()
        self._records.close()
