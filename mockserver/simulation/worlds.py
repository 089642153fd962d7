"""Keep isolated worlds: each with its own clock, randomness, jobs, profiles, agenda and domain parts.

Worlds are made on first use and bounded in number, so parallel test workers can share one server. All start
alike: the same seed, so that the same calls give the same bytes in every world.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from .agenda import Agenda, Entry
from .announcements import Announcer
from .clock import HOUR, Clock, Mode
from .coverage import Coverage
from .errors import NoSuchPart, Undecided, WorldNameError
from .faults import LIMIT, FaultBook
from .job import Job
from .jobs import JobBook
from .journal import CALLS, ROOM, Journal
from .profiles import Profile, ProfileBook, named
from .randomness import Randomness
from .snapshots import Shelf
from .timeline import Progress

#: The world of requests that name none. It is never evicted.
DEFAULT = "default"

#: Full hours that are run one by one when a clock jumps; the older ones of a longer jump are left out.
MAX_HOURS = 10_000

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NAME_ACCEPTED = "1 to 64 of A-Z a-z 0-9 . _ -, but not . or .."

Part = TypeVar("Part")


def _steady(_api: str, _target: str) -> Profile:
    return named("steady")


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Say how every new world starts.

    ``start`` is the calendar at tick 0 in nanoseconds since 1970 (None: the time now).
    """

    seed: int = 42
    mode: Mode = "running"
    speed: float = 1.0
    start: int | None = None
    source: Callable[[], int] = time.time_ns
    default_profile: Callable[[str, str], Profile] = _steady
    max_faults: int = LIMIT
    journal: int = CALLS
    journal_room: int = ROOM


class World:
    """Be one world. ``lock`` is held while its agenda runs.

    Whoever changes several things at once from a thread takes it too.
    """

    __slots__ = (
        "__weakref__",
        "_factories",
        "_from_the_start",
        "_hurried",
        "_parts",
        "agenda",
        "announcer",
        "clock",
        "coverage",
        "faults",
        "jobs",
        "journal",
        "lock",
        "name",
        "profiles",
        "random",
        "seed",
        "shelf",
    )

    def __init__(
        self,
        name: str,
        settings: WorldSettings,
        factories: Mapping[type[Any], Callable[[World], Any]],
        from_the_start: Sequence[type[Any]] = (),
    ) -> None:
        self.name = name
        self.seed = settings.seed
        self.clock = Clock(settings.start, mode=settings.mode, speed=settings.speed, source=settings.source)
        self.random = Randomness(settings.seed)
        self.jobs = JobBook()
        self.profiles = ProfileBook(settings.default_profile)
        self.faults = FaultBook(settings.seed, settings.max_faults)
        self.agenda = Agenda()
        self.lock = threading.RLock()
        self.journal = Journal(settings.journal, settings.journal_room)
        self.coverage = Coverage()
        self.announcer = Announcer(self)
        self.shelf = Shelf()
        self._factories = factories
        self._from_the_start = from_the_start
        self._hurried = False
        self._parts: dict[type[Any], Any] = {}

    def __repr__(self) -> str:
        return f"<World {self.name}>"

    def begin(self) -> None:
        """Make the parts that act by themselves. Whatever moves the clock or starts jobs comes after this."""
        for kind in self._from_the_start:
            self.part(kind)

    def part(self, kind: type[Part]) -> Part:
        """Give this world's own ``kind``, made by its factory when first asked for."""
        part = self._parts.get(kind)
        if part is None:
            with self.lock:
                part = self._parts.get(kind)
                if part is None:
                    factory = self._factories.get(kind)
                    if factory is None:
                        raise NoSuchPart(kind.__name__)
                    part = self._parts[kind] = factory(self)
        return part  # type: ignore[no-any-return]

    def hex(self, digits: int) -> str:
        """Draw a string of hexadecimal digits from the world's randomness."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}" if digits else ""

    def catch_up(self) -> int:
        """Run what the agenda holds up to now; give the present tick. Every request starts with this."""
        now = self.clock.ticks()
        due = self.agenda.next_tick()
        if due is not None and due <= now:
            with self.lock:
                self.agenda.run_until(now)
        return now

    def present(self) -> int | None:
        """Give the present tick, None when there is something to catch up with."""
        now = self.clock.ticks()
        due = self.agenda.next_tick()
        return None if due is not None and due <= now else now

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Stop with ``Undecided`` before the end of a job whose verdict is still to come, instead of waiting for it.

        What came before has happened then; who tries again goes on from there.
        """
        with self.lock:
            before, self._hurried = self._hurried, True
            try:
                yield
            finally:
                self._hurried = before

    def must_be_decided(self, job: Job) -> None:
        """Raise ``Undecided`` where nobody wants to wait for a job's verdict."""
        if self._hurried and not job.decided:
            raise Undecided(job)

    def on_end(self, job: Job, callback: Callable[[Job, Progress], object]) -> None:
        """Have ``callback(job, progress)`` called once the job has ended, by time or by somebody.

        It runs from the agenda, at the instant of the end (``progress.ended_at``), as soon as the world
        catches up. Of jobs that end at one instant the one started first comes first.
        """
        _EndWatch(self, job, callback)

    def each_hour(self, callback: Callable[[int], object]) -> None:
        """Have ``callback(tick)`` called at every full hour (UTC) of the calendar, relabelled or not."""
        _HourWatch(self, callback)

    def close(self) -> None:
        """Close the parts that have a ``close`` method; the registry does this when it drops a world."""
        self.announcer.close()
        for part in self._parts.values():
            close = getattr(part, "close", None)
            if callable(close):
                close()


class Worlds:
    """Hold the worlds by name, at most ``limit``; the least recently used goes first.

    Parts are made when they are first asked for; those that act by themselves are named in ``from_the_start``.
    ``at_making``, when set, is called with every new world that nobody fills otherwise. ``departed`` is what the
    clients of worlds that are no more had met of the contract.
    """

    def __init__(
        self,
        settings: WorldSettings | None = None,
        *,
        factories: Mapping[type[Any], Callable[[World], Any]] | None = None,
        from_the_start: Sequence[type[Any]] = (),
        limit: int = 1000,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit is {limit}; accepted: 1 or more")
        self.settings = settings or WorldSettings()
        self.limit = limit
        self._factories = dict(factories or {})
        self._from_the_start = tuple(from_the_start)
        self._worlds: OrderedDict[str, World] = OrderedDict()
        self._lock = threading.RLock()
        self.at_making: Callable[[World], object] | None = None
        self.departed = Coverage()

    def __len__(self) -> int:
        return len(self._worlds)

    def __contains__(self, name: object) -> bool:
        return name in self._worlds

    def get(self, name: str = DEFAULT) -> World:
        """Give a world, made when it is not there; ``WorldNameError`` when no world can have that name."""
        with self._lock:
            world = self._worlds.get(name)
            if world is not None:
                self._worlds.move_to_end(name)
                return world
            world = self._make(name, self.at_making)
            self._worlds[name] = world
            self._evict(name)
            return world

    def peek(self, name: str) -> World | None:
        """Give a world only if it is there, without counting that as a use."""
        return self._worlds.get(name)

    def delete(self, name: str) -> bool:
        """Drop a world; False when it was not there. The next use makes it anew."""
        with self._lock:
            world = self._worlds.pop(name, None)
        if world is None:
            return False
        self.departed.merge(world.coverage)
        world.close()
        return True

    def reset(self, name: str = DEFAULT) -> World:
        """Make a world anew: start-up clock, seed, no jobs, no overlay. It is done when this returns."""
        return self.replace(name, self.at_making)

    def replace(self, name: str, fill: Callable[[World], object] | None = None) -> World:
        """Put a new world, brought by ``fill`` into the state that it is to have, in the place of another.

        The other's snapshots stay. When ``fill`` raises, nothing has changed.
        """
        world = self._make(name, fill)
        with self._lock:
            before = self._worlds.get(name)
            if before is not None:
                world.shelf = before.shelf
                self.departed.merge(before.coverage)
                before.close()
            self._worlds[name] = world
            self._worlds.move_to_end(name)
            self._evict(name)
            return world

    def names(self) -> list[str]:
        """Give the names of the worlds there are, sorted."""
        with self._lock:
            return sorted(self._worlds)

    def rehearse(self, fill: Callable[[World], object]) -> None:
        """Find out whether ``fill`` raises for a new world that nobody sees."""
        self._make(DEFAULT, fill).close()

    def _make(self, name: str, fill: Callable[[World], object] | None) -> World:
        world = World(check_name(name), self.settings, self._factories, self._from_the_start)
        try:
            if fill is not None:
                fill(world)
            world.begin()
        except BaseException:
            world.close()
            raise
        return world

    def _evict(self, made: str) -> None:
        # The default world and the one just made stay, so a limit of 1 still lets both live.
        for name in list(self._worlds):
            if len(self._worlds) <= self.limit:
                return
            if name not in (DEFAULT, made):
                self.delete(name)


def check_name(name: str) -> str:
    """Give the name back if a world can have it, else raise ``WorldNameError``."""
    if _NAME.fullmatch(name) is None or name in (".", ".."):
        raise WorldNameError("world", name, _NAME_ACCEPTED)
    return name


class _EndWatch:
    """Keep an agenda entry at a job's end, wherever pauses and pushes move it."""

    __slots__ = ("_callback", "_entry", "_job", "_world")

    def __init__(self, world: World, job: Job, callback: Callable[[Job, Progress], object]) -> None:
        self._world = world
        self._job = job
        self._callback = callback
        self._entry: Entry | None = None
        world.jobs.watch(job, self.plan)
        self.plan(job)

    def plan(self, job: Job, tick: int = 0) -> None:
        agenda = self._world.agenda
        if self._entry is not None:
            agenda.cancel(self._entry)
        end = job.ends_at()
        self._entry = None if end is None else agenda.add(end, self.fire, int(self._job.id), self.ready)

    def ready(self) -> None:
        self._world.must_be_decided(self._job)

    def fire(self, tick: int) -> None:
        self._world.jobs.unwatch(self._job, self.plan)
        self._callback(self._job, self._job.look(tick))


class _HourWatch:
    """Keep an agenda entry at the next full hour of the calendar."""

    __slots__ = ("_callback", "_entry", "_world")

    def __init__(self, world: World, callback: Callable[[int], object]) -> None:
        self._world = world
        self._callback = callback
        self._entry: Entry | None = None
        world.clock.on_relabel(self.relabelled)
        self.plan(world.clock.ticks())

    def relabelled(self, tick: int) -> None:
        if self._entry is not None:
            self._world.agenda.cancel(self._entry)
        self.plan(tick)

    def plan(self, tick: int) -> None:
        clock, agenda = self._world.clock, self._world.agenda
        due = tick + HOUR - clock.calendar(tick) % HOUR
        goal = agenda.goal
        if goal is not None and goal - due > MAX_HOURS * HOUR:
            due += (goal - due) // HOUR * HOUR - MAX_HOURS * HOUR
        self._entry = agenda.add(due, self.fire)

    def fire(self, tick: int) -> None:
        self.plan(tick)
        self._callback(tick)
