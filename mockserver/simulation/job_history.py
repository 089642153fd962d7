"""Tell what a job has been through, and what will become of it by itself.

What time has done is computed, as everything about a job is; what somebody has done is what the job has noted.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from .clock import Clock
from .job import Job
from .timeline import Cause, Event, State

_AFTER: dict[Cause, State] = {"pause": State.PAUSED, "resume": State.RUNNING}


class Step(NamedTuple):
    """Be one moment of a job: what brought it about, and the state and share done from then on.

    A stall is a step of its own, though the state stays what it is. ``expected``: it is still to come.
    """

    tick: int
    state: State
    cause: Cause
    percentage: int
    expected: bool = False


class StepJson(TypedDict):
    """Show a step as the control plane does."""

    state: str
    cause: Cause
    time: str
    percentage: int
    expected: bool


def describe_history(job: Job, tick: int, clock: Clock) -> list[StepJson]:
    """Show as JSON what a job has been through up to ``tick``, and what is to come."""
    return [
        {
            "state": step.state.label,
            "cause": step.cause,
            "time": clock.job_time(step.tick),
            "percentage": step.percentage,
            "expected": step.expected,
        }
        for step in history(job, tick)
    ]


def history(job: Job, tick: int) -> list[Step]:
    """Give the steps of a job in their order, up to ``tick`` and then those that come if nothing else happens."""
    now = max(tick, job._last)
    course = job._course
    if course.at_once:
        seen = job.look(now)
        return [Step(job.started_at, seen.state, "start", seen.percentage)]
    begun = job.started_at + course.starting
    at_first = 0 if job.profile.kind == "polls" else job._progress(State.RUNNING, 0, None).percentage
    if course.starting:
        steps = [Step(job.started_at, State.STARTING, "start", 0)]
        if not job._events or job._events[0].tick >= begun:
            steps.append(Step(begun, State.RUNNING, "time", at_first, begun > now))
    else:
        steps = [Step(begun, State.RUNNING, "start", at_first)]
    steps += _pushed(job, steps[-1].state)
    end = None if job._final is not None else job._end()
    if end is not None:
        steps.append(_ended(job, end, now))
        before = steps[-2]
        if before.tick == end and before.cause in ("start", "time"):  # it has never been in that state
            steps[-2:] = [steps[-1]._replace(cause=before.cause)]
    return steps


def _pushed(job: Job, state: State) -> list[Step]:
    """Give the steps that somebody brought about."""
    steps = []
    for event in job._events:
        if event.cause != "stall":
            state = _AFTER.get(event.cause) or (job._final.state if job._final else state)
        steps.append(Step(event.tick, state, event.cause, event.percentage))
    return steps


def _ended(job: Job, end: int, now: int) -> Step:
    """Give the end by itself. Whether the work comes to nothing is not asked before it is due."""
    if end <= now:
        seen = job.look(end)
    else:
        state = State.ERROR if job._failure else job._course.outcome
        seen = job._progress(state, job._course.end or 0, end)
    return Step(end, seen.state, "time", seen.percentage, end > now)


def recall(job: Job) -> tuple[Event, ...]:
    """Give what is known to have happened to a job whose description does not say: the last of it."""
    last, final = job._last, job._final
    if final is not None:
        causes: dict[State, Cause] = {State.CANCELED: "cancel", State.ERROR: "fail"}
        ended_at = last if final.ended_at is None else final.ended_at
        event = Event(ended_at, causes.get(final.state, "complete"), final.percentage)
        return () if job._course.at_once else (event,)
    events = []
    share = job.look(last).percentage
    if job._paused:
        events.append(Event(last, "pause", share))
    elif job._since is not None and job._since != job.started_at + job._course.starting:
        events.append(Event(job._since, "resume", job._progress(State.RUNNING, job._ran, None).percentage))
    if job._stalled is not None:
        events.append(Event(last, "stall", share))
    return tuple(events)
