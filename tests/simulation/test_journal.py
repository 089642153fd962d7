"""What a world remembers of its calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.errors import NoSuchCall
from mockserver.simulation.journal import OVERHEAD, Body, Call, Journal

HEADERS = [(b"host", b"shop"), (b"x-authorization", b"Bearer admin-token")]


def a_call(number: int, tick: int = 0, body: Body | None = None, status: int = 200) -> tuple[Any, ...]:
    return (
        *(number, tick, 1.5, 0.25, "GET", "GET", "", "/status", "", HEADERS, body),
        *("readStatus", {"service": "order"}, "admin", status, [], None, "", "", (), (), []),
    )


def test_calls_come_back_as_they_were_put_in() -> None:
    journal = Journal()
    call = a_call(journal.number(), tick=7, body=(b"\x00\xff", 2))
    journal.add(call)
    assert list(journal.pick()) == [Call._make(call)]
    assert journal.get(1) == call


def test_calls_are_listed_as_they_came_in_however_they_were_answered() -> None:
    journal = Journal()
    for number in (2, 1, 3):
        journal.add(a_call(number))
    assert [call.number for call in journal.pick()] == [1, 2, 3]
    assert [call.number for call in journal.pick(after=1)] == [2, 3]
    assert [call.number for call in journal.pick(before=3)] == [1, 2]
    assert [call.number for call in journal.pick(newest_first=True)] == [3, 2, 1]


def test_the_oldest_go_when_there_are_too_many() -> None:
    journal = Journal(limit=2)
    for tick in (10, 20, 30):
        journal.add(a_call(journal.number(), tick))
    assert [call.number for call in journal.pick()] == [2, 3]
    assert (journal.evicted, journal.evicted_number, journal.evicted_tick) == (1, 1, 10)
    with pytest.raises(NoSuchCall, match="there is no call 1"):
        journal.get(1)


def test_large_calls_leave_room_for_fewer() -> None:
    journal = Journal(room=50_000)
    for _ in range(10):
        journal.add(a_call(journal.number(), body=(b"x" * 16_384, 16_384)))
    assert (len(journal), journal.evicted) == (2, 8)


@given(st.lists(st.integers(0, 3_000), max_size=60), st.integers(1, 20), st.integers(1_000, 9_000))
def test_a_journal_never_holds_more_than_it_may(sizes: list[int], limit: int, room: int) -> None:
    journal = Journal(limit, room)
    for size in sizes:
        journal.add(a_call(journal.number(), body=(b"x" * size, size)))
        assert len(journal) <= limit
        assert journal.size <= room
        assert journal.size >= len(journal) * OVERHEAD
        assert journal.evicted + len(journal) == journal._next - 1
    kept = [call.number for call in journal.pick()]
    assert kept == list(range(len(sizes) - len(kept) + 1, len(sizes) + 1))


def test_clearing_is_no_eviction_and_numbers_go_on() -> None:
    journal = Journal(limit=1)
    for _ in range(3):
        journal.add(a_call(journal.number()))
    journal.clear()
    assert (len(journal), journal.size, journal.evicted, journal.number()) == (0, 0, 0, 4)


def test_a_journal_without_room_for_any_gives_no_numbers() -> None:
    journal = Journal(limit=0)
    assert (journal.number(), journal.number(), journal.evicted) == (0, 0, 2)
