from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.clock import SECOND, Clock, parse_time
from mockserver.simulation.errors import NoSuchJob, TransitionError
from mockserver.simulation.job import Job
from mockserver.simulation.job_view import describe
from mockserver.simulation.jobs import JobBook
from mockserver.simulation.profiles import KINDS, PROFILES, Profile, named
from mockserver.simulation.timeline import State

STEADY = named("steady")  # one second of starting, 100 records a second
ACTIONS = ("pause", "resume", "cancel", "complete", "fail", "stall")


def job(profile: Profile = STEADY, total: int = 400, tick: int = 0) -> Job:
    return Job("1", "report", "product", total, profile, tick)


def state(subject: Job, seconds: float) -> State:
    return subject.look(round(seconds * SECOND)).state


def in_state(wanted: State) -> tuple[Job, int]:
    """Give a job in a state, and the tick at which it is."""
    subject, tick = job(), 2 * SECOND
    if wanted is State.STARTING:
        tick = SECOND // 2
    elif wanted is State.PAUSED:
        subject.pause(tick)
    elif wanted is State.CANCELED:
        subject.cancel(tick)
    elif wanted is State.FINISHED:
        tick = 5 * SECOND
    elif wanted is State.ERROR:
        subject.fail(tick, "broken", 3)
    assert subject.look(tick).state is wanted
    return subject, tick


@pytest.mark.rule("COM-STATUSENUM")
def test_states_have_the_documented_numbers_and_names() -> None:
    assert [(int(state), state.label) for state in State] == [
        (0, "ready"),
        (1, "starting"),
        (2, "running"),
        (3, "paused"),
        (4, "canceled"),
        (5, "finished"),
        (6, "error"),
    ]
    assert all(State.of(state.label) is state for state in State)
    assert State.of("done") is None


@pytest.mark.rule("REP-ST-0")
def test_before_any_start_there_is_no_job() -> None:
    assert JobBook().current("report", "order") is None


@pytest.mark.rule("REP-ST-1")
def test_a_job_is_starting_for_as_long_as_its_profile_says() -> None:
    seen = job().look(SECOND - 1)
    assert (seen.state, seen.processed, seen.duration, seen.has_progress) == (State.STARTING, 0, 0, False)
    assert seen.started_at == 0


@pytest.mark.rule("REP-ST-2")
def test_a_running_job_makes_progress_at_its_pace() -> None:
    seen = job().look(3 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.duration) == (State.RUNNING, 200, 50, 2)
    assert seen.has_progress
    assert seen.ended_at is None


@pytest.mark.rule("REP-ST-3")
def test_paused_time_never_counts() -> None:
    subject = job()
    subject.pause(3 * SECOND)
    paused = subject.look(1000 * SECOND)
    assert (paused.state, paused.processed, paused.duration) == (State.PAUSED, 200, 2)
    assert paused.has_progress
    subject.resume(1000 * SECOND)
    assert subject.look(1001 * SECOND).processed == 300
    assert subject.ends_at() == 1002 * SECOND
    assert subject.look(1002 * SECOND).duration == 4


@pytest.mark.rule("REP-ST-3")
def test_the_work_between_several_pauses_adds_up() -> None:
    subject = job()
    for second in (2, 4, 6):
        subject.pause(second * SECOND)
        subject.resume((second + 1) * SECOND)
    assert subject.look(7 * SECOND).processed == 300
    assert subject.ends_at() == 8 * SECOND


@pytest.mark.rule("REP-ST-4")
def test_a_canceled_job_keeps_what_it_had_and_has_an_end() -> None:
    subject = job()
    seen = subject.cancel(3 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.ended_at) == (
        State.CANCELED,
        200,
        50,
        3 * SECOND,
    )
    assert not seen.has_progress
    assert subject.look(99 * SECOND) == seen


@pytest.mark.rule("REP-ST-5")
@pytest.mark.rule("COM-ASYNC")
def test_a_job_finishes_by_itself_at_the_instant_that_its_pace_gives() -> None:
    subject = job()
    assert state(subject, 4.999) is State.RUNNING
    seen = subject.look(50 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.ended_at) == (
        State.FINISHED,
        400,
        100,
        5 * SECOND,
    )
    assert (seen.duration, seen.has_progress) == (4, False)


@pytest.mark.rule("REP-ST-6")
def test_a_failing_job_ends_in_error_at_its_percentage() -> None:
    subject = job(Profile("failing", fail_at_percent=50.0, last_error="Disk full.", global_error=7))
    assert state(subject, 2.999) is State.RUNNING
    assert subject.look(0).last_error == ""
    seen = subject.look(60 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.ended_at) == (State.ERROR, 200, 50, 3 * SECOND)
    assert (seen.last_error, seen.global_error) == ("Disk full.", 7)


def test_a_failing_job_fails_over_nothing_too() -> None:
    assert job(STEADY.failing_at(0, "The file could not be read."), 0).look(SECOND).state is State.ERROR


@pytest.mark.parametrize("percent", [1, 33, 37, 66, 98, 99, 99.5])
def test_the_percentage_asked_for_is_the_one_shown(percent: float) -> None:
    seen = job(STEADY.failing_at(percent, "The file could not be read."), 120).look(10_000 * SECOND)
    assert (seen.state, seen.percentage) == (State.ERROR, int(percent))


@pytest.mark.parametrize("total", [1, 2, 7])
def test_a_job_that_fails_before_its_end_has_not_done_everything(total: int) -> None:
    seen = job(STEADY.failing_at(90, "The file could not be read."), total).look(10_000 * SECOND)
    assert (seen.state, seen.processed) == (State.ERROR, total - 1)


def test_a_stuck_job_stays_running_where_it_stopped() -> None:
    subject = job(named("stuck"), 401)
    seen = subject.look(10_000 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.ended_at) == (State.RUNNING, 201, 50, None)
    assert subject.ends_at() is None
    assert subject.standstill() == "stuck"


@pytest.mark.parametrize("total", [0, 1, 400])
def test_an_immediate_job_is_finished_at_once(total: int) -> None:
    seen = job(named("immediate"), total, 7).look(7)
    assert (seen.state, seen.processed, seen.percentage) == (State.FINISHED, total, 100)
    assert (seen.started_at, seen.ended_at, seen.duration) == (7, 7, 0)


@pytest.mark.parametrize("name", ["steady", "immediate", "slow-start", "polls"])
def test_a_job_over_nothing_is_finished_at_once(name: str) -> None:
    seen = job(named(name), 0).look(0)
    assert (seen.state, seen.percentage, seen.total) == (State.FINISHED, 100, 0)


def test_a_duration_decides_instead_of_the_pace_and_covers_running() -> None:
    subject = job(Profile(duration_seconds=5.0, records_per_second=1.0), 3)
    assert subject.ends_at() == 6 * SECOND
    assert [subject.look(SECOND + second * SECOND).processed for second in range(6)] == [0, 0, 1, 1, 2, 3]
    assert subject.look(6 * SECOND).duration == 5


def test_a_pace_that_does_not_divide_a_second_does_not_drift() -> None:
    subject = job(Profile(starting_seconds=0.0, records_per_second=0.3), 3_000_000)
    assert subject.ends_at() == 10_000_000 * SECOND
    assert subject.look(10_000_000 * SECOND - 1).processed == 2_999_999


def test_an_end_between_two_nanoseconds_comes_at_the_later_one() -> None:
    thirds = Profile(starting_seconds=0.0, records_per_second=3.0)
    assert job(thirds, 1).ends_at() == 333_333_334
    failing = job(thirds.failing_at(50, "broken"), 1)
    assert failing.ends_at() == 166_666_667


def test_a_polls_job_moves_by_status_requests_alone() -> None:
    subject = job(named("polls"), 10)
    assert subject.look(0).state is State.RUNNING
    assert subject.look(10_000 * SECOND).processed == 0
    seen = [subject.poll(tick * SECOND) for tick in (1, 1, 5)]
    assert [(one.state, one.processed, one.percentage) for one in seen] == [
        (State.RUNNING, 3, 30),
        (State.RUNNING, 6, 60),
        (State.FINISHED, 10, 100),
    ]
    assert seen[-1].ended_at == 5 * SECOND
    assert subject.poll(9 * SECOND) == seen[-1]


def test_a_paused_polls_job_does_not_move() -> None:
    subject = job(named("polls"), 9)
    subject.poll(1)
    subject.pause(2)
    assert subject.poll(3).processed == 3
    subject.resume(4)
    assert subject.poll(5).processed == 6


def test_polling_any_other_job_changes_nothing() -> None:
    subject = job()
    for tick in range(50):
        subject.poll(tick)
    assert subject.look(3 * SECOND) == job().look(3 * SECOND)


ALLOWED = {
    "pause": {State.RUNNING},
    "resume": {State.PAUSED},
    "cancel": {State.STARTING, State.RUNNING, State.PAUSED},
    "complete": {State.STARTING, State.RUNNING, State.PAUSED},
    "fail": {State.STARTING, State.RUNNING, State.PAUSED},
    "stall": {State.STARTING, State.RUNNING, State.PAUSED},
}


@pytest.mark.parametrize("start", [one for one in State if one is not State.READY])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_refused_exactly_where_the_documents_refuse_it(action: str, start: State) -> None:
    subject, tick = in_state(start)
    before = subject.look(tick)
    if start in ALLOWED[action]:
        getattr(subject, action)(tick)
        return
    with pytest.raises(TransitionError) as caught:
        getattr(subject, action)(tick)
    error = caught.value
    assert (error.job, error.api, error.target) == ("1", "report", "product")
    assert (error.state, error.wanted) == (start.label, action)
    assert subject.look(tick) == before


def test_completing_finishes_with_everything_processed() -> None:
    seen = job().complete(2 * SECOND)
    assert (seen.state, seen.processed, seen.percentage, seen.ended_at) == (
        State.FINISHED,
        400,
        100,
        2 * SECOND,
    )
    assert seen.duration == 1


def test_failing_keeps_the_progress_and_carries_the_error() -> None:
    seen = job().fail(2 * SECOND, "pulled the plug", 9)
    assert (seen.state, seen.processed, seen.last_error, seen.global_error) == (
        State.ERROR,
        100,
        "pulled the plug",
        9,
    )


@pytest.mark.parametrize("start", [State.STARTING, State.RUNNING, State.PAUSED])
def test_a_stalled_job_looks_the_same_and_never_moves_again(start: State) -> None:
    subject, tick = in_state(start)
    before = subject.look(tick)
    subject.stall(tick)
    later = subject.look(tick + 10_000 * SECOND)
    assert (later.state, later.processed) == (before.state, before.processed)
    assert subject.ends_at() is None
    assert subject.standstill() == ("paused" if start is State.PAUSED else "stalled")
    assert subject.complete(tick + SECOND).state is State.FINISHED


def test_stalling_twice_changes_nothing() -> None:
    subject = job()
    subject.stall(2 * SECOND)
    subject.stall(4 * SECOND)
    assert subject.look(5 * SECOND).processed == 100


def test_a_stalled_polls_job_does_not_move() -> None:
    subject = job(named("polls"), 9)
    subject.poll(1)
    subject.stall(2)
    assert subject.poll(3).processed == 3


def test_a_stalled_job_can_be_paused_and_resumed_without_progress() -> None:
    subject = job()
    subject.stall(2 * SECOND)
    subject.pause(3 * SECOND)
    subject.resume(4 * SECOND)
    seen = subject.look(100 * SECOND)
    assert (seen.state, seen.processed) == (State.RUNNING, 100)


def test_the_instant_of_each_state_to_come_is_known() -> None:
    subject = job()
    assert subject.when(State.STARTING, 0) == 0
    assert subject.when(State.RUNNING, 0) == SECOND
    assert subject.when(State.RUNNING, 2 * SECOND) == 2 * SECOND
    assert subject.when(State.FINISHED, 0) == 5 * SECOND
    assert subject.when(State.FINISHED, 60 * SECOND) == 60 * SECOND
    for never in (State.READY, State.PAUSED, State.CANCELED, State.ERROR):
        assert subject.when(never, 0) is None
    assert subject.when(State.RUNNING, 60 * SECOND) is None


def test_a_job_that_fails_before_its_first_record_is_never_running() -> None:
    subject = job(STEADY.failing_at(0, "broken"))
    assert subject.when(State.RUNNING, 0) is None
    assert subject.when(State.ERROR, 0) == SECOND


@given(
    st.sampled_from(KINDS),
    st.integers(0, 10**7),
    st.floats(0.001, 1e6),
    st.none() | st.floats(0, 1e5),
    st.lists(st.integers(0, 10**15), min_size=2),
)
def test_progress_never_falls_and_follows_its_formulae(
    kind: str, total: int, pace: float, duration: float | None, ticks: list[int]
) -> None:
    profile = replace(PROFILES[kind], records_per_second=pace, duration_seconds=duration)
    subject = job(profile, total)
    processed = 0
    for tick in sorted(ticks):
        seen = subject.look(tick)
        assert processed <= seen.processed <= total
        processed = seen.processed
        finished = seen.state is State.FINISHED
        assert seen.percentage == (100 if finished else 100 * processed // total if total else 0)
        assert seen.has_progress == (seen.state in (2, 3) and 0 < processed < total)
        assert (seen.ended_at is not None) == seen.state.ended
        assert not finished or processed == total
    end = subject.ends_at()
    if end is not None and end > 0:
        assert subject.look(end).state.ended
        if subject.look(end).ended_at != subject.started_at:
            assert not subject.look(end - 1).state.ended


def test_the_json_of_a_job_has_the_facts_that_a_tester_asks_for() -> None:
    clock = Clock(parse_time("2025-02-19T09:15:15Z"), mode="frozen")
    subject = JobBook().start(
        "import",
        "order",
        400,
        STEADY,
        0,
        {"any": "thing"},
        "a.json",
        failed_at=lambda processed: processed // 2,
    )
    assert describe(subject, 3 * SECOND, clock) == {
        "id": "1",
        "api": "import",
        "target": "order",
        "state": "running",
        "status": 2,
        "total": 400,
        "processed": 200,
        "percentage": 50,
        "failed": 100,
        "startedAt": "2025-02-19T09:15:15.000000000Z",
        "endsAt": "2025-02-19T09:15:20.000000000Z",
        "profile": "steady",
        "file": "a.json",
    }
    subject.pause(3 * SECOND)
    assert describe(subject, 3 * SECOND, clock)["endsAt"] is None


def test_a_negative_total_is_refused() -> None:
    with pytest.raises(ValueError, match="total is -1"):
        job(total=-1)


@pytest.mark.rule("REP-START-restart")
def test_a_start_cancels_the_job_that_is_still_active() -> None:
    book = JobBook()
    first = book.start("report", "product", 400, STEADY, 0)
    other = book.start("report", "order", 400, STEADY, 0)
    second = book.start("report", "product", 400, STEADY, 2 * SECOND)
    assert first.look(2 * SECOND).state is State.CANCELED
    assert first.look(2 * SECOND).ended_at == 2 * SECOND
    assert other.look(2 * SECOND).state is State.RUNNING
    assert book.current("report", "product") is second
    assert book.list() == [first, other, second]
    assert [one.id for one in book.active(2 * SECOND)] == ["2", "3"]


def test_a_start_leaves_an_ended_job_as_it_was() -> None:
    book = JobBook()
    first = book.start("report", "product", 400, STEADY, 0)
    book.start("report", "product", 400, STEADY, 60 * SECOND)
    assert first.look(60 * SECOND).state is State.FINISHED


def test_jobs_that_do_not_replace_each_other_run_side_by_side() -> None:
    book = JobBook()
    book.start("foxy", "1", 400, STEADY, 0, replace=False)
    book.start("foxy", "1", 400, STEADY, 0, replace=False)
    assert len(book.active(0)) == 2


def test_an_unknown_job_is_named() -> None:
    with pytest.raises(NoSuchJob, match="there is no job 7"):
        JobBook().get("7")


def test_old_ended_jobs_are_forgotten_but_never_active_or_current_ones() -> None:
    book = JobBook(kept=100)
    lonely = book.start("report", "order", 1, STEADY, 0)
    endless = book.start("foxy", "1", 1, named("stuck"), 0, replace=False)
    for tick in range(2_000):
        book.start("report", "product", 1, named("immediate"), tick * SECOND)
    assert len(book) < 300
    assert book.get(lonely.id) is lonely
    assert book.get(endless.id) is endless
    assert book.list()[-1].id == "2002"


def test_an_ended_job_is_not_forgotten_before_its_end_was_told() -> None:
    book = JobBook(kept=0)
    watched = book.start("foxy", "1", 1, named("immediate"), 0, replace=False)
    book.watch(watched, lambda job, tick: None)
    for tick in range(500):
        book.start("foxy", "1", 1, named("immediate"), tick, replace=False)
    assert book.get(watched.id) is watched
    assert len(book) < 100


def test_a_running_job_takes_less_than_a_kilobyte() -> None:
    book = JobBook()
    tracemalloc.start()
    try:
        for number in range(10_000):
            book.start("report", "product", 1_000_000 + number % 50, STEADY, number, replace=False)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / 10_000 < 1_000


def test_a_hundred_thousand_running_jobs_are_held_and_end_in_time() -> None:
    book = JobBook()
    for number in range(100_000):
        book.start("report", "product", 400, STEADY, number, replace=False)
    assert len(book.active(4 * SECOND)) == 100_000
    assert book.get("1").look(5 * SECOND).state is State.FINISHED
    assert len(book.active(5 * SECOND)) == 99_999
