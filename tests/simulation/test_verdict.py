"""Jobs that learn only when their work is done whether it came to anything."""

from __future__ import annotations

import pytest

from mockserver.simulation.clock import SECOND
from mockserver.simulation.job import Job, Verdict
from mockserver.simulation.jobs import JobBook
from mockserver.simulation.profiles import PROFILES
from mockserver.simulation.timeline import State


def start(verdict: Verdict, profile: str = "steady", total: int = 100) -> Job:
    return JobBook().start("build", "1", total, PROFILES[profile], 0, verdict=verdict)


def test_a_job_whose_work_came_to_nothing_ends_in_error_with_the_reason() -> None:
    job = start(lambda: "line 2: division by zero")
    assert job.look(1 * SECOND).state is State.RUNNING
    seen = job.look(2 * SECOND)
    assert (seen.state, seen.last_error, seen.ended_at) == (
        State.ERROR,
        "line 2: division by zero",
        2 * SECOND,
    )


def test_an_empty_verdict_lets_the_job_finish() -> None:
    assert start(lambda: "").look(2 * SECOND).state is State.FINISHED


def test_the_verdict_is_asked_for_once_and_not_before_the_end() -> None:
    asked: list[str] = []

    def verdict() -> str:
        asked.append("")
        return "no"

    job = start(verdict)
    job.look(SECOND)
    assert job.ends_at() == 2 * SECOND
    assert job.has_ended(2 * SECOND)
    assert not asked
    for _ in range(3):
        assert job.look(5 * SECOND).state is State.ERROR
    assert len(asked) == 1


def test_a_job_that_is_canceled_never_asks_for_its_verdict() -> None:
    def verdict() -> str:
        raise AssertionError

    job = start(verdict)
    job.cancel(SECOND)
    assert job.look(9 * SECOND).state is State.CANCELED


@pytest.mark.parametrize("profile", ["immediate", "polls"])
def test_every_way_to_the_end_meets_the_verdict(profile: str) -> None:
    job = start(lambda: "no", profile)
    for _ in range(3):
        job.poll(0)
    assert job.look(0).state is State.ERROR


def test_a_job_over_nothing_meets_the_verdict_too() -> None:
    assert start(lambda: "no", total=0).look(0).state is State.ERROR


def test_completing_a_job_does_not_overrule_the_verdict() -> None:
    assert start(lambda: "no").complete(SECOND).state is State.ERROR


def test_the_way_to_an_end_knows_the_verdict() -> None:
    job = start(lambda: "no")
    assert job.when(State.ERROR, 0) == 2 * SECOND
    assert job.when(State.FINISHED, 0) is None
