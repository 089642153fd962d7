from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.clock import (
    FIRST,
    HOUR,
    LAST,
    MAX_LABELS,
    MAX_SPEED,
    SECOND,
    Clock,
    format_job_time,
    format_resource_time,
    nanoseconds,
    parse_time,
)
from mockserver.simulation.errors import ClockError

NOON = parse_time("2025-02-19T12:00:00Z")
CALENDARS = st.integers(FIRST, LAST)


class Machine:
    """Be a machine's clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def machine() -> Machine:
    return Machine()


def frozen() -> Clock:
    return Clock(NOON, mode="frozen")


def test_a_running_clock_follows_the_machine(machine: Machine) -> None:
    clock = Clock(source=machine)
    machine.now += 5 * SECOND
    assert clock.ticks() == 5 * SECOND
    assert clock.calendar() == NOON + 5 * SECOND


def test_a_running_clock_runs_at_its_speed(machine: Machine) -> None:
    clock = Clock(0, speed=2.5, source=machine)
    machine.now += 4
    assert clock.ticks() == 10


def test_a_frozen_clock_does_not_move(machine: Machine) -> None:
    clock = Clock(NOON, mode="frozen", source=machine)
    machine.now += HOUR
    assert clock.ticks() == 0
    assert clock.calendar() == NOON


def test_freezing_running_and_changing_speed_make_no_jump(machine: Machine) -> None:
    clock = Clock(NOON, source=machine)
    machine.now += 3 * SECOND
    clock.freeze()
    machine.now += 100 * SECOND
    assert clock.ticks() == 3 * SECOND
    clock.run(10.0)
    assert clock.ticks() == 3 * SECOND
    machine.now += SECOND
    clock.set_speed(0.5)
    assert clock.ticks() == 13 * SECOND
    machine.now += 2 * SECOND
    assert clock.ticks() == 14 * SECOND


def test_running_again_keeps_the_speed(machine: Machine) -> None:
    clock = Clock(NOON, speed=3.0, source=machine)
    clock.freeze()
    clock.run()
    assert clock.describe() == {"mode": "running", "speed": 3.0, "now": "2025-02-19T12:00:00.000000000Z"}


def test_ticks_never_go_back_when_the_machine_does(machine: Machine) -> None:
    clock = Clock(source=machine)
    machine.now += 10 * SECOND
    assert clock.ticks() == 10 * SECOND
    machine.now -= HOUR
    assert clock.ticks() == 10 * SECOND
    machine.now += SECOND
    assert clock.ticks() == 11 * SECOND


def test_advancing_lets_time_pass() -> None:
    clock = frozen()
    assert clock.advance(0.1) == 100_000_000
    assert clock.advance(10) == 10 * SECOND + 100_000_000
    assert clock.advance_to(5) == clock.ticks()


def test_setting_forward_lets_time_pass() -> None:
    clock = frozen()
    clock.set(NOON + HOUR)
    assert clock.ticks() == HOUR
    assert clock.calendar() == NOON + HOUR


def test_setting_back_changes_only_the_label_from_then_on() -> None:
    clock = frozen()
    clock.advance(10)
    clock.set(NOON - HOUR)
    assert clock.ticks() == 10 * SECOND
    assert clock.calendar() == NOON - HOUR
    assert clock.calendar(9 * SECOND) == NOON + 9 * SECOND
    clock.advance(1)
    assert clock.calendar() == NOON - HOUR + SECOND
    assert clock.calendar(0) == NOON


def test_setting_back_tells_whoever_plans_by_the_calendar() -> None:
    clock = frozen()
    told: list[int] = []
    clock.on_relabel(told.append)
    clock.advance(1)
    clock.set(NOON + HOUR)
    assert told == []
    clock.set(NOON)
    assert told == [HOUR]


def test_labels_kept_are_bounded() -> None:
    clock = frozen()
    for _ in range(MAX_LABELS * 2):
        clock.advance_to(clock.ticks() + 1)
        clock.set(clock.calendar() - 1)
    assert clock.calendar() == NOON
    assert len(clock._from) == MAX_LABELS
    assert clock.calendar(0) < NOON


@given(
    st.lists(
        st.one_of(st.tuples(st.just("advance"), st.integers(0, 10**12)), st.tuples(st.just("set"), CALENDARS))
    )
)
def test_ticks_never_go_back_and_the_past_keeps_its_label(steps: list[tuple[str, int]]) -> None:
    clock = Clock(NOON, mode="frozen")
    seen: dict[int, int] = {}
    for step, amount in steps:
        before, shown = clock.ticks(), clock.calendar()
        if step == "set":
            clock.set(amount)
            assert clock.calendar() == amount
        elif shown + amount <= LAST:
            clock.advance_to(before + amount)
        assert clock.ticks() >= before
        if clock.ticks() > before:
            seen[before] = shown
        assert all(clock.calendar(tick) == label for tick, label in seen.items())


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), MAX_SPEED * 2, True, "2"])
def test_an_impossible_speed_is_refused_with_the_facts(speed: float) -> None:
    with pytest.raises(ClockError) as caught:
        frozen().run(speed)
    assert caught.value.field == "speed"
    assert caught.value.value is speed
    assert "above 0" in caught.value.accepted


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ClockError, match="running, frozen"):
        Clock(NOON, mode="stopped")  # type: ignore[arg-type]


def test_a_time_outside_of_the_calendar_is_refused_and_nothing_moves() -> None:
    clock = frozen()
    with pytest.raises(ClockError):
        clock.set(-1)
    with pytest.raises(ClockError):
        clock.set(LAST + 1)
    with pytest.raises(ClockError):
        clock.advance(LAST // SECOND)
    assert clock.ticks() == 0
    with pytest.raises(ClockError):
        Clock(-1)


def test_a_running_clock_stops_at_the_end_of_the_calendar(machine: Machine) -> None:
    clock = Clock(LAST - SECOND, source=machine)
    machine.now += HOUR
    assert clock.ticks() == SECOND
    assert clock.describe()["now"] == "9999-12-30T23:59:59.999999999Z"


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 10**30, "1", True])
def test_an_impossible_number_of_seconds_is_refused(seconds: float) -> None:
    with pytest.raises(ClockError, match="seconds"):
        nanoseconds(seconds)


def test_seconds_are_read_as_they_are_written() -> None:
    assert nanoseconds(0.1) == 100_000_000
    assert nanoseconds(1.000000001) == SECOND + 1
    assert nanoseconds(7) == 7 * SECOND


@pytest.mark.rule("COM-TS-JOB")
def test_job_times_have_nine_fractional_digits() -> None:
    assert format_job_time(parse_time("2025-02-19T09:15:15Z")) == "2025-02-19T09:15:15.000000000Z"
    assert format_job_time(1) == "1970-01-01T00:00:00.000000001Z"


@pytest.mark.rule("COM-TS-JOB")
def test_an_unset_job_time_is_an_empty_string() -> None:
    assert frozen().job_time(None) == ""
    assert frozen().job_time(SECOND) == "2025-02-19T12:00:01.000000000Z"


@pytest.mark.rule("COM-TS-RES")
def test_resource_times_have_three_fractional_digits() -> None:
    assert format_resource_time(parse_time("2025-02-04T15:05:24.9999Z")) == "2025-02-04T15:05:24.999Z"
    assert frozen().resource_time(0) == "2025-02-19T12:00:00.000Z"
    assert frozen().resource_time(None) == ""


@given(CALENDARS)
def test_every_calendar_time_survives_writing_and_reading(calendar: int) -> None:
    assert parse_time(format_job_time(calendar)) == calendar
    assert parse_time(format_resource_time(calendar)) == calendar // 1_000_000 * 1_000_000


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-02-19T13:00:00+01:00", "2025-02-19T12:00:00Z"),
        ("2025-02-19T06:30:00.5-05:30", "2025-02-19T12:00:00.500Z"),
        ("2024-02-29T00:00:00.000000001Z", "2024-02-29T00:00:00.000000001Z"),
    ],
)
def test_offsets_and_fractions_are_read(text: str, same: str) -> None:
    assert parse_time(text) == parse_time(same)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-02-19",
        "2025-02-19T12:00:00",
        "2025-02-19 12:00:00Z",
        "2025-02-30T12:00:00Z",
        "2025-02-19T24:00:00Z",
        "2025-02-19T12:00:60Z",
        "2025-02-19T12:00:00.Z",
        "2025-02-19T12:00:00.0000000001Z",
        "2025-02-19T12:00:00+24:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "9999-12-30T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "٢٠٢٥-02-19T12:00:00Z",
        "2025-02-19T12:00:00Z\n",
    ],
)
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ClockError) as caught:
        parse_time(text, "until")
    assert (caught.value.field, caught.value.value) == ("until", text)


def test_a_clock_remembers_how_it_was_changed_and_when_that_really_was(machine: Machine) -> None:
    clock = Clock(NOON, source=machine)
    machine.now += 5 * SECOND
    clock.freeze()
    machine.now += 60 * SECOND
    clock.run(2.0)
    assert [(row["from"][17:19], row["realTime"][14:19], row["speed"]) for row in clock.past()] == [
        ("00", "00:00", 1.0),
        ("05", "00:05", 0.0),
        ("05", "01:05", 2.0),
    ]
