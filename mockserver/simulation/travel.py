"""Let a world's time pass on purpose, running its agenda in order on the way.

Every call computes from the timelines where to go before anything moves, and moves in leaps from one agenda
entry to the next, never in steps. A journey that cannot succeed as things stand raises ``NeverHappens`` and
leaves clock and world untouched. Only when an agenda callback gets in the way during the journey (say, the
end of an import starts a build that is stuck) does the clock stay where that became known, since ticks
never go back; ``NeverHappens.moved`` is then True.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .clock import Mode, nanoseconds
from .errors import NeverHappens
from .job import Job
from .timeline import State
from .worlds import World

#: Times that jobs may start further jobs without a break before a journey until idle is given up.
MAX_LEGS = 10_000


def advance(world: World, seconds: float) -> int:
    """Let ``seconds`` pass; give the new tick.

    ``ClockError`` (and nothing moved) when the calendar cannot show it.
    """
    return advance_to(world, later(world, seconds))


def later(world: World, seconds: float) -> int:
    """Give the tick in so many ``seconds``; ``ClockError`` for what is no span of time."""
    return world.clock.ticks() + nanoseconds(seconds)


def advance_to(world: World, tick: int) -> int:
    """Let time pass until ``tick`` (nothing happens when it is gone already); give the present tick.

    ``ClockError`` (and nothing moved) when the calendar cannot show it.
    """
    with _moving(world):
        world.catch_up()
        return _go(world, tick)


def change_clock(
    world: World, *, calendar: int | None = None, speed: float | None = None, mode: Mode | None = None
) -> None:
    """Set what is given: first the time, as ``set_calendar`` does, then speed and mode."""
    with _moving(world):
        if calendar is not None:
            _set_calendar(world, calendar)
        if speed is not None:
            world.clock.set_speed(speed)
        if mode == "frozen":
            world.clock.freeze()
        elif mode == "running":
            world.clock.run()


def set_calendar(world: World, calendar: int) -> int:
    """Show ``calendar`` from now on: forward lets time pass, back only changes the label.

    Give the present tick.
    """
    with _moving(world):
        return _set_calendar(world, calendar)


def until_idle(world: World) -> int:
    """Let time pass until no job is active, jobs that others start on the way included; give the new tick."""
    with _moving(world):
        origin = now = world.catch_up()
        for _ in range(MAX_LEGS):
            active = world.jobs.active(now)
            if not active:
                return now
            end = max(_end(job, now, moved=now > origin) for job in active)
            now = _leap(world, end)
        active = world.jobs.active(now)
        if not active:
            return now
        raise _never(active[0], now, "finished", "endless", moved=True)


def until_job(world: World, id: str, state: State) -> int:
    """Let time pass until job ``id`` is in ``state``; give the new tick. ``NoSuchJob`` when there is none."""
    with _moving(world):
        job = world.jobs.get(id)
        origin = now = world.catch_up()
        for _ in range(MAX_LEGS):
            there = job.when(state, now)
            if there is None:
                raise _never(job, now, state.label, _because(job, state, now), moved=now > origin)
            if there <= now:
                return now
            now = _leap(world, there)
        raise _never(job, now, state.label, "endless", moved=True)


@contextmanager
def _moving(world: World) -> Iterator[None]:
    """Keep others from the world, and tell its listeners afterwards what its clock shows."""
    with world.lock:
        try:
            yield
        finally:
            world.announcer.clock_changed()


def _set_calendar(world: World, calendar: int) -> int:
    now = world.catch_up()
    step = calendar - world.clock.calendar(now)
    return _go(world, now + step) if step >= 0 else world.clock.set(calendar)


def _go(world: World, tick: int) -> int:
    world.clock.check(tick)
    world.agenda.run_until(tick, world.clock.advance_to)
    world.clock.advance_to(tick)
    return world.catch_up()


def _leap(world: World, tick: int) -> int:
    """Go to ``tick``, or only as far as the agenda entry at which something happened to the jobs.

    In the latter case all is to be computed anew.
    """
    world.clock.check(tick)
    before = world.jobs.changes
    while (due := world.agenda.next_tick()) is not None and due <= tick:
        world.agenda.run_until(due, world.clock.advance_to)
        if world.jobs.changes != before:
            return world.catch_up()
    world.clock.advance_to(tick)
    return world.catch_up()


def _end(job: Job, now: int, *, moved: bool) -> int:
    end = job.ends_at()
    if end is None:
        raise _never(job, now, "finished", job.standstill() or "", moved=moved)
    return end


def _because(job: Job, state: State, now: int) -> str:
    seen = job.look(now).state
    if seen.ended:
        return "ended"
    still = job.standstill()
    if still is not None:
        return still
    return "other-end" if state.ended else "passed-over"


def _never(job: Job, now: int, wanted: str, because: str, *, moved: bool) -> NeverHappens:
    state = job.look(now).state.label
    return NeverHappens(job.id, job.api, job.target, state, wanted, because, moved=moved)
