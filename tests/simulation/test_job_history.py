"""A job tells what it has been through, and what is to come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import StateError
from mockserver.simulation.job import EVENTS, Job
from mockserver.simulation.job_history import history
from mockserver.simulation.job_state import dump_job, load_job
from mockserver.simulation.profiles import PROFILES

SLOW = replace(PROFILES["steady"], starting_seconds=2, duration_seconds=10)


def told(job: Job, seconds: float) -> list[tuple[float, str, str, int, str]]:
    """Return what a job tells so many seconds after its start."""
    return [
        (
            step.tick / SECOND,
            step.state.label,
            step.cause,
            step.percentage,
            "expected" if step.expected else "",
        )
        for step in history(job, round(seconds * SECOND))
    ]


def make(profile: Any = SLOW, total: int = 100, **more: Any) -> Job:
    return Job("1", "report", "order", total, profile, 0, file="orders.json", **more)


def test_time_alone_takes_a_job_from_start_to_end() -> None:
    job = make()
    assert told(job, 1) == [
        (0, "starting", "start", 0, ""),
        (2, "running", "time", 0, "expected"),
        (12, "finished", "time", 100, "expected"),
    ]
    assert [row[4] for row in told(job, 5)] == ["", "", "expected"]
    assert [row[4] for row in told(job, 12)] == ["", "", ""]


def test_pauses_push_the_end_away() -> None:
    job = make()
    job.pause(6 * SECOND)
    assert told(job, 9)[2:] == [(6, "paused", "pause", 40, "")]
    job.resume(20 * SECOND)
    assert told(job, 21)[2:] == [
        (6, "paused", "pause", 40, ""),
        (20, "running", "resume", 40, ""),
        (26, "finished", "time", 100, "expected"),
    ]


@pytest.mark.parametrize(
    ("push", "state", "share"),
    [("complete", "finished", 100), ("fail", "error", 30), ("cancel", "canceled", 30)],
)
def test_the_end_that_somebody_makes_says_so(push: str, state: str, share: int) -> None:
    job = make()
    getattr(job, push)(5 * SECOND)
    assert told(job, 60) == [
        (0, "starting", "start", 0, ""),
        (2, "running", "time", 0, ""),
        (5, state, push, share, ""),
    ]


def test_what_ends_before_it_has_begun_has_never_run() -> None:
    job = make()
    job.cancel(SECOND)
    assert told(job, 60) == [(0, "starting", "start", 0, ""), (1, "canceled", "cancel", 0, "")]


@pytest.mark.parametrize(("seconds", "state", "share"), [(1, "starting", 0), (7, "running", 50)])
def test_a_stall_is_told_of_once_and_leaves_the_state(seconds: int, state: str, share: int) -> None:
    job = make()
    job.stall(seconds * SECOND)
    job.stall((seconds + 1) * SECOND)
    assert told(job, 600)[-1] == (seconds, state, "stall", share, "")
    job.complete(700 * SECOND)
    assert told(job, 700)[-1] == (700, "finished", "complete", 100, "")
    assert sum(row[2] == "stall" for row in told(job, 700)) == 1


def test_a_job_over_nothing_is_at_its_end_at_once() -> None:
    assert told(make(total=0), 0) == [(0, "finished", "start", 100, "")]
    assert told(make(PROFILES["immediate"]), 0) == [(0, "finished", "start", 100, "")]
    assert told(make(PROFILES["immediate"], verdict=lambda: "no file"), 0) == [(0, "error", "start", 100, "")]


def test_a_job_that_fails_at_once_has_never_run() -> None:
    profile = PROFILES["failing"].failing_at(0, "broken")
    assert told(make(replace(profile, starting_seconds=2)), 5) == [
        (0, "starting", "start", 0, ""),
        (2, "error", "time", 0, ""),
    ]
    assert [row[1:3] for row in told(make(replace(profile, starting_seconds=0)), 5)] == [("error", "start")]


def test_a_failure_by_profile_is_expected() -> None:
    profile = replace(SLOW, kind="failing", fail_at_percent=40, stop_at_percent=None)
    assert told(make(profile), 3)[-1] == (6, "error", "time", 40, "expected")


def test_what_the_work_comes_to_is_not_asked_before_it_is_due() -> None:
    asked: list[int] = []

    def verdict() -> str:
        asked.append(1)
        return "The template is broken."

    job = make(verdict=verdict)
    assert told(job, 5)[-1] == (12, "finished", "time", 100, "expected")
    assert asked == []
    assert told(job, 12)[-1] == (12, "error", "time", 100, "")


def test_polls_are_no_steps_but_the_last_one() -> None:
    job = make(replace(PROFILES["polls"], starting_seconds=0, polls=3))
    for second in (1, 2, 3):
        job.poll(second * SECOND)
    assert told(job, 9) == [(0, "running", "start", 0, ""), (3, "finished", "poll", 100, "")]


def test_a_job_that_is_stuck_expects_nothing() -> None:
    assert [row[1] for row in told(make(PROFILES["stuck"]), 600)] == ["starting", "running"]


def test_only_the_last_of_very_many_pushes_are_told_of() -> None:
    job = make()
    for second in range(EVENTS):
        job.pause((3 + 2 * second) * SECOND // 1000 + 3 * SECOND)
        job.resume((4 + 2 * second) * SECOND // 1000 + 3 * SECOND)
    steps = history(job, 9 * SECOND)
    assert len(steps) == 2 + EVENTS + 1
    assert [step.cause for step in steps[:4]] == ["start", "time", "pause", "resume"]
    assert steps[-2].cause == "resume"


def loaded(job: Job, seconds: float, **changes: Any) -> Job:
    """Return the job as a document would make it again."""
    described = dump_job(job) | changes
    described = {key: value for key, value in described.items() if value is not ...}
    return load_job(described, lambda *_: None, round(seconds * SECOND))


def pushed(*pushes: str) -> Job:
    job = make()
    for place, push in enumerate(pushes, 3):
        getattr(job, push)(place * SECOND)
    return job


PUSHES = [
    (),
    ("pause",),
    ("pause", "resume"),
    ("pause", "stall"),
    ("stall",),
    ("stall", "complete"),
    ("complete",),
    ("fail",),
    ("pause", "cancel"),
]


@pytest.mark.parametrize("pushes", PUSHES)
def test_a_document_keeps_all_of_it(pushes: tuple[str, ...]) -> None:
    job = pushed(*pushes)
    assert history(loaded(job, 8), 8 * SECOND) == history(job, 8 * SECOND)


@pytest.mark.parametrize("pushes", PUSHES)
def test_a_document_without_it_says_how_it_came_to_the_state(pushes: tuple[str, ...]) -> None:
    job = pushed(*pushes)
    steps, known = history(loaded(job, 8, events=...), 8 * SECOND), history(job, 8 * SECOND)
    assert steps[:2] == known[:2]
    assert steps[-1][:4] == known[-1][:4]


@pytest.mark.parametrize("kind", ["immediate", "polls", "stuck"])
def test_a_document_without_it_can_be_of_any_profile(kind: str) -> None:
    job = make(PROFILES[kind])
    assert history(loaded(job, 8, events=...), 8 * SECOND) == history(job, 8 * SECOND)


def event(at: str, cause: str) -> dict[str, Any]:
    return {"at": at, "cause": cause, "percentage": 10}


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([event("3s", "pause"), event("2s", "pause")], "events[1].at"),
        ([event("9s", "pause")], "events[0].at"),
        ([event("3s", "resume")], "events"),
        ([], "events"),
    ],
)
def test_a_document_that_tells_of_something_else_is_refused(events: Any, place: str) -> None:
    with pytest.raises(StateError) as refused:
        loaded(pushed("pause"), 9, lastEventAt="8s", events=events)
    assert refused.value.field == place
