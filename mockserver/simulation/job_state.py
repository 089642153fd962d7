"""Write a job down, and make it again so that it goes on exactly where it was.

A job is what happened to it, folded into a few numbers; these are what a world's document holds. What a job works
on is its API's to describe: the part of the world that started the job revives it (``Job.revive``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ProfileError, StateError
from .job import Job, Notify
from .job_history import history, recall
from .profiles import Profile
from .spans import read_optional, read_span, write_optional, write_span
from .timeline import ENDED, Event, Progress, State

#: The kinds of job that know the name of their file from the start.
FILED = ("report",)


def dump_job(job: Job) -> dict[str, Any]:
    """Describe a job; all but ``end`` and ``profile`` are plain values."""
    return {
        "id": job.id,
        "api": job.api,
        "target": job.target,
        "total": job.total,
        "file": job.file,
        "profile": dict(job.profile.to_json()),
        "startedAt": write_span(job.started_at),
        "lastEventAt": write_span(job._last),
        "runningSince": write_optional(job._since),
        "ranBefore": write_span(job._ran),
        "paused": job._paused,
        "polled": job._polled,
        "stalledAfter": write_optional(job._stalled),
        "end": None if job._final is None else _dump_end(job._final),
        **({"failure": job._failure} if job._failure else {}),
        **({"events": [_dump_event(event) for event in job._events]} if job._events else {}),
    }


def load_job(state: Mapping[str, Any], notify: Notify, now: int) -> Job:
    """Make a job again; a description of what no job can be is a ``StateError`` with the place in it."""
    try:
        profile = Profile.from_json(state["profile"])
    except ProfileError as error:
        raise StateError(f"profile.{error.field}", error.value, error.accepted) from error
    started = _past(state, "startedAt", now)
    job = Job(
        state["id"],
        state["api"],
        state["target"],
        state["total"],
        profile,
        started,
        file=state["file"],
        notify=notify,
    )
    job._last = _past(state, "lastEventAt", now)
    job._since = read_optional(state["runningSince"], "runningSince")
    job._ran = read_span(state["ranBefore"], "ranBefore")
    job._paused = state["paused"]
    job._polled = state["polled"]
    job._stalled = read_optional(state["stalledAfter"], "stalledAfter")
    job._failure = state.get("failure", "")
    job._final = None if state["end"] is None else _load_end(state["end"], job, now)
    _check(job)
    job._events = _load_events(state["events"], job) if "events" in state else recall(job)
    if [step for step in history(job, now) if not step.expected][-1].state is not job.look(now).state:
        raise StateError("events", None, f"events after which the job is {job.look(now).state.label}")
    return job


def _check(job: Job) -> None:
    """Refuse what no course of events leads to."""
    if job.api in FILED and job.file is None:
        raise StateError("file", None, "the name of the file that the job makes")
    if job._last < job.started_at:
        raise StateError("lastEventAt", write_span(job._last), f"{write_span(job.started_at)} or later")
    if job._final is None:
        if job._paused and job._since is not None:
            raise StateError("runningSince", write_span(job._since), "null, since the job is paused")
        if job._since is None and not job._paused and job._stalled is None:
            raise StateError("runningSince", None, "a span, since the job is neither paused nor stalled")
    if job._polled > (job.profile.polls or 0):
        raise StateError("polled", job._polled, f"0 to {job.profile.polls or 0}")


def _dump_event(event: Event) -> dict[str, Any]:
    return {"at": write_span(event.tick), "cause": event.cause, "percentage": event.percentage}


def _load_events(state: Sequence[Mapping[str, Any]], job: Job) -> tuple[Event, ...]:
    events: list[Event] = []
    for place, row in enumerate(state):
        tick = read_span(row["at"], f"events[{place}].at")
        if not (events[-1].tick if events else job.started_at) <= tick <= job._last:
            accepted = "instants in their order, from startedAt to lastEventAt"
            raise StateError(f"events[{place}].at", row["at"], accepted)
        events.append(Event(tick, row["cause"], row["percentage"]))
    return tuple(events)


def _dump_end(end: Progress) -> dict[str, Any]:
    return {
        "state": end.state.label,
        "at": write_optional(end.ended_at),
        "processed": end.processed,
        "percentage": end.percentage,
        "duration": end.duration,
        "lastError": end.last_error,
        "globalError": end.global_error,
    }


def _load_end(state: Mapping[str, Any], job: Job, now: int) -> Progress:
    kind = State.of(state["state"])
    if kind not in ENDED or kind is None:
        raise StateError("end.state", state["state"], "canceled, finished, error")
    if state["processed"] > job.total:
        raise StateError("end.processed", state["processed"], f"0 to {job.total}")
    return Progress(
        kind,
        job.total,
        state["processed"],
        state["percentage"],
        False,
        state["duration"],
        job.started_at,
        _past(state, "at", now, "end.at"),
        state["lastError"],
        state["globalError"],
    )


def _past(state: Mapping[str, Any], key: str, now: int, place: str = "") -> int:
    tick = read_span(state[key], place or key)
    if tick > now:
        raise StateError(place or key, state[key], f"at most {write_span(now)}, the age of the world")
    return tick
