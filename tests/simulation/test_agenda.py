from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.agenda import Agenda, Entry
from mockserver.simulation.errors import RunawayAgenda


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_what_is_due_runs_in_order_of_instant_then_of_addition(ticks: list[int], until: int) -> None:
    agenda, ran = Agenda(), []
    for number, tick in enumerate(ticks):
        agenda.add(tick, lambda told, number=number: ran.append((told, number)))  # type: ignore[misc]
    assert agenda.run_until(until) == len(ran)
    assert ran == sorted((tick, number) for number, tick in enumerate(ticks) if tick <= until)
    assert len(agenda) == len(ticks) - len(ran)


def test_a_callback_may_add_more_and_is_told_its_own_instant() -> None:
    agenda, ran = Agenda(), []

    def again(tick: int) -> None:
        ran.append(tick)
        agenda.add(tick + 10, again)

    agenda.add(5, again)
    agenda.run_until(30)
    assert ran == [5, 15, 25]
    assert agenda.next_tick() == 35


def test_a_cancelled_entry_does_not_run() -> None:
    agenda = Agenda()
    ran: list[int] = []
    entry = agenda.add(1, ran.append)
    assert agenda.cancel(entry)
    assert not agenda.cancel(entry)
    assert agenda.next_tick() is None
    agenda.run_until(10)
    assert ran == []


def test_an_entry_that_ran_cannot_be_cancelled() -> None:
    agenda = Agenda()
    entry = agenda.add(1, lambda tick: None)
    agenda.run_until(1)
    assert not agenda.cancel(entry)
    assert len(agenda) == 0


def test_many_cancelled_entries_do_not_stay_in_memory() -> None:
    agenda = Agenda()
    kept = agenda.add(10**9, lambda tick: None)
    for tick in range(10_000):
        agenda.cancel(agenda.add(tick, lambda tick: None))
    assert len(agenda) == 1
    assert len(agenda._heap) < 200
    assert agenda.next_tick() == kept.tick


def test_an_instant_that_is_gone_becomes_the_last_one_reached() -> None:
    agenda = Agenda()
    told: list[int] = []
    agenda.run_until(50)
    agenda.add(10, told.append)
    agenda.run_until(60)
    assert told == [50]


def test_an_exception_leaves_the_rest_due() -> None:
    agenda = Agenda()
    told: list[int] = []

    def broken(tick: int) -> None:
        raise RuntimeError(tick)

    agenda.add(1, broken)
    agenda.add(2, told.append)
    with pytest.raises(RuntimeError):
        agenda.run_until(5)
    agenda.run_until(5)
    assert told == [2]


def test_a_run_within_a_run_does_nothing() -> None:
    agenda = Agenda()
    told: list[int] = []
    agenda.add(1, lambda tick: told.append(agenda.run_until(9)))
    agenda.add(2, told.append)
    agenda.run_until(5)
    assert told == [0, 2]


def test_callbacks_that_call_for_each_other_without_end_are_stopped() -> None:
    agenda = Agenda()

    def again(tick: int) -> Entry:
        return agenda.add(tick, again)

    agenda.add(1, again)
    with pytest.raises(RunawayAgenda) as caught:
        agenda.run_until(1)
    assert caught.value.tick == 1
