from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.clock import LAST, SECOND, parse_time
from mockserver.simulation.errors import ClockError, NeverHappens, NoSuchJob
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile, named
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.travel import advance, advance_to, set_calendar, until_idle, until_job
from mockserver.simulation.worlds import World, Worlds, WorldSettings

NOON = parse_time("2025-02-19T12:00:00Z")


def new_world() -> World:
    return Worlds(WorldSettings(mode="frozen", start=NOON)).get()


@pytest.fixture
def world() -> World:
    return new_world()


def start(
    world: World, profile: Profile | str = "steady", target: str = "product", tick: int | None = None
) -> Job:
    chosen = named(profile) if isinstance(profile, str) else profile
    return world.jobs.start("report", target, 400, chosen, world.clock.ticks() if tick is None else tick)


def chain(world: World, job: Job, *profiles: str) -> None:
    """Have the end of each job start the next."""

    def follow(ended: Job, seen: Progress) -> None:
        if profiles:
            chain(world, start(world, profiles[0], ended.target + "+", seen.ended_at), *profiles[1:])

    world.on_end(job, follow)


def test_advancing_runs_the_agenda_in_order_with_the_clock_at_each_instant(world: World) -> None:
    seen: list[tuple[int, int]] = []
    for tick in (3 * SECOND, SECOND, 9 * SECOND):
        world.agenda.add(tick, lambda told: seen.append((told, world.clock.ticks())))
    assert advance(world, 5) == 5 * SECOND
    assert seen == [(SECOND, SECOND), (3 * SECOND, 3 * SECOND)]


def test_advancing_to_an_instant_that_is_gone_does_nothing(world: World) -> None:
    advance(world, 5)
    assert advance_to(world, SECOND) == 5 * SECOND


def test_advancing_past_the_calendar_moves_nothing(world: World) -> None:
    seen: list[int] = []
    world.agenda.add(SECOND, seen.append)
    with pytest.raises(ClockError):
        advance(world, LAST // SECOND)
    assert (world.clock.ticks(), seen) == (0, [])


def test_setting_the_calendar_forward_finishes_jobs_and_back_keeps_their_progress(world: World) -> None:
    job = start(world)
    set_calendar(world, NOON + 3 * SECOND)
    assert job.look(world.clock.ticks()).processed == 200
    set_calendar(world, NOON - 3600 * SECOND)
    assert job.look(world.clock.ticks()).processed == 200
    assert job.look(advance(world, 2)).state is State.FINISHED
    assert world.clock.job_time(job.started_at) == "2025-02-19T12:00:00.000000000Z"


def test_until_idle_goes_to_the_end_of_the_last_job(world: World) -> None:
    start(world)
    start(world, "slow-start", "order")
    assert until_idle(world) == 19 * SECOND
    assert world.jobs.active(world.clock.ticks()) == []


def test_until_idle_stays_where_nothing_is_active(world: World) -> None:
    start(world, "immediate")
    assert until_idle(world) == 0


def test_until_idle_goes_through_jobs_that_others_start(world: World) -> None:
    chain(world, start(world), "steady", "slow-start", "immediate", "steady")
    assert until_idle(world) == (5 + 5 + 19 + 0 + 5) * SECOND
    assert len(world.jobs) == 5


def test_until_idle_stops_as_soon_as_a_callback_ends_the_last_job(world: World) -> None:
    job = start(world, "slow-start")
    world.agenda.add(7 * SECOND, job.cancel)
    assert until_idle(world) == 7 * SECOND


def test_until_idle_follows_a_job_that_a_callback_holds_up(world: World) -> None:
    job = start(world)
    world.agenda.add(2 * SECOND, job.pause)
    with pytest.raises(NeverHappens) as caught:
        until_idle(world)
    assert (caught.value.because, caught.value.moved) == ("paused", True)
    assert world.clock.ticks() == 2 * SECOND


def held_up(world: World, reason: str) -> Job:
    if reason in ("stuck", "polls"):
        return start(world, reason)
    job = start(world)
    if reason == "paused":
        job.pause(advance(world, 2))
    else:
        job.stall(advance(world, 2))
    return job


@pytest.mark.parametrize("reason", ["stuck", "polls", "paused", "stalled"])
def test_waiting_for_a_job_that_never_ends_moves_nothing_and_names_it(world: World, reason: str) -> None:
    start(world, "slow-start", "order")
    job = held_up(world, reason)
    ran: list[int] = []
    world.agenda.add(world.clock.ticks() + 1, ran.append)
    before = world.clock.ticks()
    journeys: list[Callable[[], int]] = [
        lambda: until_idle(world),
        lambda: until_job(world, job.id, State.FINISHED),
    ]
    for journey in journeys:
        with pytest.raises(NeverHappens) as caught:
            journey()
        error = caught.value
        assert (error.job, error.target, error.wanted) == (job.id, "product", "finished")
        assert (error.because, error.moved) == (reason, False)
        assert "will never be finished" in str(error)
    assert (world.clock.ticks(), ran) == (before, [])


def test_a_stuck_job_started_on_the_way_stops_the_journey_where_it_started(world: World) -> None:
    chain(world, start(world), "stuck")
    with pytest.raises(NeverHappens) as caught:
        until_idle(world)
    assert (caught.value.job, caught.value.because, caught.value.moved) == ("2", "stuck", True)
    assert world.clock.ticks() == 5 * SECOND


def test_jobs_that_start_further_jobs_for_ever_are_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.simulation.travel.MAX_LEGS", 20)

    def again(job: Job, seen: Progress) -> None:
        world.on_end(start(world, tick=seen.ended_at), again)

    world.on_end(start(world), again)
    with pytest.raises(NeverHappens) as caught:
        until_idle(world)
    assert caught.value.because == "endless"


@pytest.mark.parametrize(
    ("profile", "state", "seconds"),
    [
        ("steady", State.STARTING, 0),
        ("steady", State.RUNNING, 1),
        ("steady", State.FINISHED, 5),
        ("failing", State.ERROR, 3),
        ("stuck", State.RUNNING, 1),
        ("immediate", State.FINISHED, 0),
    ],
)
def test_until_a_job_is_in_a_state(world: World, profile: str, state: State, seconds: int) -> None:
    job = start(world, profile)
    assert until_job(world, job.id, state) == seconds * SECOND
    assert job.look(world.clock.ticks()).state is state


@pytest.mark.parametrize(
    ("profile", "state", "because"),
    [
        ("steady", State.PAUSED, "passed-over"),
        ("steady", State.CANCELED, "other-end"),
        ("failing", State.FINISHED, "other-end"),
        ("immediate", State.RUNNING, "ended"),
        ("stuck", State.FINISHED, "stuck"),
    ],
)
def test_a_state_that_a_job_never_reaches_is_refused(
    world: World, profile: str, state: State, because: str
) -> None:
    job = start(world, profile)
    with pytest.raises(NeverHappens) as caught:
        until_job(world, job.id, state)
    assert caught.value.because == because
    assert world.clock.ticks() == 0


def test_a_callback_that_changes_the_job_on_the_way_changes_the_arrival(world: World) -> None:
    job = start(world)
    world.agenda.add(2 * SECOND, job.pause)
    world.agenda.add(12 * SECOND, job.resume)
    with pytest.raises(NeverHappens):
        until_job(world, job.id, State.FINISHED)
    assert until_job(world, job.id, State.PAUSED) == 2 * SECOND
    advance(world, 10)
    assert until_job(world, job.id, State.FINISHED) == 15 * SECOND


def test_waiting_for_an_unknown_job_names_it(world: World) -> None:
    with pytest.raises(NoSuchJob):
        until_job(world, "9", State.FINISHED)


def test_a_thousand_watched_jobs_end_in_one_journey(world: World) -> None:
    ended: list[str] = []
    for number in range(1000):
        job = start(world, Profile(records_per_second=1.0 + number), f"t{number}")
        world.on_end(job, lambda job, seen: ended.append(job.id))
    assert until_idle(world) == 401 * SECOND
    assert ended == [str(number) for number in range(1000, 0, -1)]


def test_a_running_clock_travels_too() -> None:
    now = [0]
    world = Worlds(WorldSettings(start=NOON, source=lambda: now[0])).get()
    start(world)
    now[0] += 2 * SECOND
    assert until_idle(world) == 5 * SECOND
    now[0] += SECOND
    assert world.clock.ticks() == 6 * SECOND


@given(
    st.lists(st.sampled_from(["steady", "slow-start", "failing", "immediate"]), max_size=6),
    st.lists(st.floats(0, 30), max_size=12),
)
def test_the_same_journey_in_one_leap_or_many_ends_alike(profiles: list[str], steps: list[float]) -> None:
    def journey(leaps: list[float]) -> list[tuple[int, Progress]]:
        world = new_world()
        chain(world, start(world), *profiles)
        for leap in leaps:
            advance(world, leap)
        advance_to(world, 1000 * SECOND)
        now = world.clock.ticks()
        return [(job.started_at, job.look(now)) for job in world.jobs.list()]

    assert journey(steps) == journey([])
