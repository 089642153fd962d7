"""Tell those who listen to a world what happens in it: to its jobs, its clock, its faults, and what is called.

Nobody listening costs nothing. A job's end by itself happens at its time, and is told of once the world catches up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .faults import Fault, FaultChange
from .job import Job
from .job_view import describe
from .timeline import Progress

if TYPE_CHECKING:
    from .worlds import World

Topic: TypeAlias = Literal["request", "job", "clock", "fault", "reset", "end"]

Tell: TypeAlias = Callable[[Topic, Any], object]
"""Gets ``("request", call)``, ``("end", None)`` when the world is no more, and everything else as JSON."""


class Announcer:
    """Hold the listeners of one world.

    :ivar listeners: who is told; whoever announces much looks first whether there is anybody.
    """

    __slots__ = ("_told", "_watched", "_world", "listeners")

    def __init__(self, world: World) -> None:
        self._world = world
        self._watched: set[str] = set()
        self._told: set[str] = set()
        self.listeners: tuple[Tell, ...] = ()

    def listen(self, tell: Tell) -> None:
        """Have ``tell`` called with everything that happens from now on."""
        world = self._world
        with world.lock:
            if not self.listeners:
                now = world.catch_up()
                world.jobs.listener = self._happened
                world.faults.listener = self._fault_changed
                for job in world.jobs.active(now):
                    self._watch(job)
            self.listeners = (*self.listeners, tell)

    def unlisten(self, tell: Tell) -> None:
        """Take a listener off."""
        with self._world.lock:
            self.listeners = tuple(one for one in self.listeners if one != tell)
            if not self.listeners:
                self._stop_listening()

    def announce(self, topic: Topic, what: Any) -> None:
        """Tell all listeners."""
        for tell in self.listeners:
            tell(topic, what)

    def clock_changed(self) -> None:
        """Tell that somebody has set, frozen, run or advanced the clock."""
        if self.listeners:
            self.announce("clock", dict(self._world.clock.describe()))

    def close(self) -> None:
        """Tell all listeners that the world is no more."""
        self.announce("reset", {"world": self._world.name})
        self.announce("end", None)
        self.listeners = ()
        self._stop_listening()

    def _stop_listening(self) -> None:
        self._world.jobs.listener = None
        self._world.faults.listener = None

    def _fault_changed(self, fault: Fault, change: FaultChange) -> None:
        shown = fault.to_json(self._world.clock.calendar())
        self.announce("fault", {"change": change, "fault": shown})

    def _happened(self, job: Job, tick: int) -> None:
        if not job.has_ended(tick):
            self._watch(job)
        elif not job.decided:  # told of when it is
            self._watch(job)
            return
        elif job.id in self._watched:
            self._told.add(job.id)
        self._tell_of(job, tick)

    def _watch(self, job: Job) -> None:
        if job.id not in self._watched:
            self._watched.add(job.id)
            self._world.on_end(job, self._ended)

    def _ended(self, job: Job, progress: Progress) -> None:
        self._watched.discard(job.id)
        if job.id in self._told:
            self._told.discard(job.id)
        else:
            self._tell_of(job, progress.ended_at or 0)

    def _tell_of(self, job: Job, tick: int) -> None:
        """Announce the job as it is now: when a listener gets to read of it, it may be different."""
        if self.listeners:
            self.announce("job", describe(job, tick, self._world.clock))
