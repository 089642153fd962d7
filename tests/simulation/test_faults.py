"""Faults: which calls they meet, how often they fire, and that chance is the seed's."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import FaultError, NoSuchFault, RefusedValue, TooManyFaults
from mockserver.simulation.faults import KINDS, FaultBook, Hit, Plan
from mockserver.simulation.latency import MAX_LATENCY, Fixed, LogNormal, Uniform, read_latency
from mockserver.simulation.worlds import World, WorldSettings

PAUSE = "pauseReport"
OPERATIONS = frozenset({PAUSE})
BROKEN = Plan(status=503)
LATE = Plan(latency=Fixed(2.0))


def call(book: FaultBook, operation: str = PAUSE, now: int = 0, **target: str) -> Hit | None:
    return book.match(operation, target, lambda: now)


def hits(book: FaultBook, calls: int) -> list[bool]:
    return [call(book) is not None for _ in range(calls)]


def book_of(*plans: Plan, seed: int = 42) -> FaultBook:
    book = FaultBook(seed)
    for plan in plans:
        book.add(plan, OPERATIONS, 0)
    return book


@given(times=st.integers(1, 20), after=st.integers(0, 20), calls=st.integers(0, 60))
def test_it_lets_the_first_through_then_fires_as_often_as_it_may(times: int, after: int, calls: int) -> None:
    fired = hits(book_of(Plan(status=503, times=times, after=after)), calls)
    assert fired == [after <= number < after + times for number in range(calls)]


@given(calls=st.integers(0, 50), after=st.integers(0, 5))
def test_without_times_it_lasts(calls: int, after: int) -> None:
    book = book_of(Plan(status=503, after=after))
    assert sum(hits(book, calls)) == max(calls - after, 0)
    assert book.get("1").seen == calls
    assert book.get("1").fired == max(calls - after, 0)


@given(
    seed=st.integers(),
    probability=st.floats(0, 1, exclude_min=True),
    times=st.none() | st.integers(1, 9),
    after=st.integers(0, 9),
)
def test_the_same_seed_gives_the_same_failures(
    seed: int, probability: float, times: int | None, after: int
) -> None:
    plan = Plan(status=503, probability=probability, times=times, after=after)
    first, second = (hits(book_of(plan, seed=seed), 40) for _ in range(2))
    assert first == second
    assert sum(first) <= (40 if times is None else times)
    assert not any(first[:after])


@given(seed=st.integers(), probability=st.floats(0.05, 0.95))
def test_chance_does_not_depend_on_other_faults(seed: int, probability: float) -> None:
    plan = Plan(status=503, probability=probability)
    alone = hits(book_of(plan, seed=seed), 30)
    crowded = book_of(plan, Plan(kind="reset", probability=0.5), LATE, seed=seed)
    decided = []
    for _ in range(30):
        before = crowded.get("1").fired
        call(crowded)
        decided.append(crowded.get("1").fired > before)
    assert decided == alone


def test_chance_is_as_likely_as_it_says() -> None:
    fired = sum(hits(book_of(Plan(status=503, probability=0.3)), 10_000))
    assert 2_850 < fired < 3_150


def test_other_seeds_and_other_faults_give_other_failures() -> None:
    plan = Plan(status=503, probability=0.5)
    book = book_of(plan)
    first = hits(book, 64)
    assert hits(book_of(plan, seed=43), 64) != first
    book.clear()
    book.add(plan, OPERATIONS, 0)
    assert hits(book, 64) != first


def test_the_worlds_own_randomness_stays_as_it_is() -> None:
    world = World("default", WorldSettings(seed=7), {})
    world.faults.add(Plan(status=503, probability=0.5, latency=Uniform(0, 1)), OPERATIONS, 0)
    before = world.random.getstate()
    hits(world.faults, 20)
    assert world.random.getstate() == before


def test_other_operations_and_other_targets_are_not_met() -> None:
    book = FaultBook(42)
    fault = book.add(Plan(status=503, target={"service": "product"}), OPERATIONS, 0)
    assert call(book, service="order") is None
    assert call(book, operation="startReport", service="product") is None
    assert fault.seen == 0
    assert call(book, service="product", format="csv") is not None


def test_of_two_that_decide_the_first_placed_fires() -> None:
    book = book_of(Plan(status=503, times=1), Plan(kind="reset"))
    first, second = call(book), call(book)
    assert first is not None
    assert second is not None
    assert (first.outcome, second.outcome) == (book.get("1"), book.get("2"))
    assert [fault.fired for fault in book.list()] == [1, 1]
    assert [fault.seen for fault in book.list()] == [1, 2]


def test_delays_add_up_and_come_with_what_decides() -> None:
    virtual = Plan(latency=Fixed(5.0), virtual=True)
    hit = call(book_of(LATE, Plan(status=503, latency=Fixed(0.5)), Plan(kind="reset"), LATE, virtual))
    assert hit is not None
    assert (hit.real_seconds, hit.virtual_seconds) == (4.5, 5.0)
    assert [fault.id for fault in hit.faults] == ["1", "2", "4", "5"]
    assert hit.outcome is not None
    assert hit.outcome.id == "2"


def test_all_delays_together_are_no_longer_than_one_may_be() -> None:
    hit = call(book_of(*[Plan(latency=Fixed(MAX_LATENCY))] * 3))
    assert hit is not None
    assert hit.real_seconds == MAX_LATENCY


def test_only_delays_leave_the_answer_alone() -> None:
    hit = call(book_of(LATE))
    assert hit is not None
    assert hit.outcome is None


def test_it_ends_at_its_instant() -> None:
    book = book_of(Plan(status=503, until=10 * SECOND))
    assert call(book, now=10 * SECOND - 1) is not None
    assert call(book, now=10 * SECOND) is None
    assert book.get("1").seen == 1
    assert not book.get("1").is_active(10 * SECOND)


def test_a_full_book_takes_no_more_until_one_is_used_up() -> None:
    book = FaultBook(42, limit=2)
    for plan in (BROKEN, Plan(status=500, times=1)):
        book.add(plan, OPERATIONS, 0)
    with pytest.raises(TooManyFaults) as caught:
        book.add(BROKEN, OPERATIONS, 0)
    assert caught.value.limit == 2
    book.remove("1")
    call(book)
    book.add(BROKEN, OPERATIONS, 0)
    assert [fault.id for fault in book.list()] == ["2", "3"]
    book.add(BROKEN, OPERATIONS, 0)
    assert [fault.id for fault in book.list()] == ["3", "4"]


def test_what_is_removed_fires_no_more() -> None:
    book = book_of(BROKEN, LATE)
    book.remove("1")
    hit = call(book)
    assert hit is not None
    assert hit.outcome is None
    with pytest.raises(NoSuchFault):
        book.get("1")
    with pytest.raises(NoSuchFault):
        book.remove("1")
    book.clear()
    assert (len(book), call(book)) == (0, None)


# Latency


@given(bounds=st.tuples(st.floats(0, 3600), st.floats(0, 3600)).map(sorted), seed=st.integers())
def test_a_uniform_delay_lies_between_its_bounds(bounds: list[float], seed: int) -> None:
    low, high = bounds
    assert low <= Uniform(low, high).draw(random.Random(seed)) <= high


@given(median=st.floats(0, 3600), sigma=st.floats(0, 10), seed=st.integers())
def test_a_log_normal_delay_is_never_longer_than_an_hour(median: float, sigma: float, seed: int) -> None:
    assert 0 <= LogNormal(median, sigma).draw(random.Random(seed)) <= MAX_LATENCY


def test_half_of_log_normal_delays_are_below_the_median_and_few_are_long() -> None:
    draws = random.Random(1)
    drawn = [LogNormal(0.2, 1.0).draw(draws) for _ in range(10_000)]
    assert 4_800 < sum(seconds < 0.2 for seconds in drawn) < 5_200
    assert 100 < sum(seconds > 0.2 * 7.39 for seconds in drawn) < 350


def test_a_drawn_delay_is_the_seeds() -> None:
    first, second = (call(book_of(Plan(latency=Uniform(0, 100)))) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.real_seconds == second.real_seconds > 0


@pytest.mark.parametrize("value", [0, 0.0, None])
def test_no_seconds_are_no_delay(value: Any) -> None:
    assert read_latency(value) is None


# As JSON

seconds = st.floats(0, 3600, exclude_min=True)
latencies = st.one_of(
    st.none(),
    st.builds(Fixed, seconds),
    st.tuples(seconds, seconds).map(lambda pair: Uniform(min(pair), max(pair))),
    st.builds(LogNormal, seconds, st.floats(0, 10)),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    kind = draw(st.sampled_from(KINDS))
    answer = {} if kind == "reset" else draw(st.sampled_from([{}, {"rule": "X-1"}, {"status": 503}]))
    latency = draw(latencies)
    if kind == "answer" and not answer and latency is None:
        latency = Fixed(1.0)
    return Plan(
        **answer,
        operation=draw(st.sampled_from(["", "GET a"])),
        target=draw(st.dictionaries(st.sampled_from("ab"), st.text(max_size=3))),
        kind=kind,
        after=draw(st.integers(0, 9)),
        times=draw(st.none() | st.integers(1, 9)),
        probability=draw(st.floats(0, 1, exclude_min=True)),
        latency=latency,
        virtual=draw(st.booleans()),
        body_seconds=draw(st.none() | seconds) if kind == "slow-body" else None,
        retry_after=draw(st.none() | st.integers(0, 60)) if answer else None,
        until=draw(st.none() | st.integers(0, 10**18)),
    )


@given(plan=plans())
def test_a_plan_that_is_written_and_read_is_the_same(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


@given(some=st.lists(plans(), max_size=4), before=st.integers(0, 9), after=st.integers(1, 9))
def test_a_book_that_is_written_and_read_goes_on_alike(some: list[Plan], before: int, after: int) -> None:
    book, again = book_of(*some), FaultBook(42)
    hits(book, before)
    state = book.dump()
    if state is not None:
        again.load(state)
    assert again.dump() == state
    assert hits(again, after) == hits(book, after)


def test_ids_go_on_after_those_that_were_read() -> None:
    book = FaultBook(42)
    counted = {"id": "7", "kind": "reset", "operations": [PAUSE], "seen": 0, "fired": 0}
    book.load({"next": 1, "faults": [counted]})
    assert book.add(BROKEN, OPERATIONS, 0).id == "8"


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"kind": "sulk"}, "faults[0].kind"),
        ({"id": "1", "kind": "reset", "again": True}, "faults[1].id"),
    ],
)
def test_a_book_says_what_it_cannot_read(entry: dict[str, Any], field: str) -> None:
    twice = entry.pop("again", False)
    counted = {"id": "1", "operations": [], "seen": 0, "fired": 0, **entry}
    with pytest.raises(FaultError) as caught:
        FaultBook(42).load({"next": 2, "faults": [counted, counted] if twice else [counted]})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ([], ""),
        ({"colour": "red"}, "colour"),
        ({}, "kind"),
        ({"kind": "sulk"}, "kind"),
        ({"rule": 5}, "rule"),
        ({"rule": "X", "status": 503}, "status"),
        ({"status": 99}, "status"),
        ({"status": "503"}, "status"),
        ({"kind": "reset", "rule": "X"}, "rule"),
        ({"kind": "reset", "status": 503}, "status"),
        ({"kind": "reset", "retryAfterSeconds": 1}, "retryAfterSeconds"),
        ({"kind": "reset", "bodySeconds": 1}, "bodySeconds"),
        ({"kind": "slow-body", "bodySeconds": -1}, "bodySeconds"),
        ({"status": 429, "retryAfterSeconds": 1.5}, "retryAfterSeconds"),
        ({"status": 503, "times": 0}, "times"),
        ({"status": 503, "times": True}, "times"),
        ({"status": 503, "after": -1}, "after"),
        ({"status": 503, "probability": 0}, "probability"),
        ({"status": 503, "probability": 1.1}, "probability"),
        ({"status": 503, "virtual": "yes"}, "virtual"),
        ({"status": 503, "target": {"id": 1}}, "target"),
        ({"status": 503, "until": "soon"}, "until"),
        ({"latencySeconds": -1}, "latencySeconds"),
        ({"latencySeconds": True}, "latencySeconds"),
        ({"latencySeconds": 3601}, "latencySeconds"),
        ({"latencySeconds": "1"}, "latencySeconds"),
        ({"latencySeconds": {"distribution": "normal"}}, "latencySeconds"),
        ({"latencySeconds": {"distribution": "uniform", "min": 1}}, "latencySeconds"),
        ({"latencySeconds": {"distribution": "uniform", "min": 2, "max": 1}}, "latencySeconds.min"),
        ({"latencySeconds": {"distribution": "uniform", "min": 0, "max": "1"}}, "latencySeconds.max"),
        ({"latencySeconds": {"distribution": "lognormal", "median": 1, "sigma": 11}}, "latencySeconds.sigma"),
    ],
)
def test_a_plan_that_makes_no_sense_names_the_key(plan: Any, field: str) -> None:
    with pytest.raises(RefusedValue) as caught:
        Plan.from_json(plan)
    assert caught.value.field == field
    assert caught.value.accepted
