"""Rows of an import that wait for their turn."""

from __future__ import annotations

import tracemalloc

import orjson
import pytest

from mockserver.records import Records
from mockserver.records.staging import DUPLICATE, StagedRow, Staging

from .conftest import make_dataset

SUBSCRIBER = "newsletterSubscriber"


@pytest.fixture
def records() -> Records:
    return Records(make_dataset(newsletterSubscriber=10))


def staged(number: int, key: int | None, **other: object) -> StagedRow:
    known = {} if key is None else {"id": key}
    return number, key, orjson.dumps(known | other, option=orjson.OPT_SORT_KEYS)


def added(records: Records) -> list[object]:
    return [row["id"] for row in records.snapshot(SUBSCRIBER)][10:]


def test_rows_are_not_seen_before_it_is_their_turn(records: Records) -> None:
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, 50), staged(1, 3, email="new"), staged(2, 51)])
    assert added(records) == []
    staging.apply(1)
    assert (added(records), (records.find(SUBSCRIBER, 3) or {})["email"] == "new") == ([50], False)
    staging.apply(3)
    assert added(records) == [50, 51]
    assert records.find(SUBSCRIBER, 3) == {"id": 3, "email": "new"}


def test_what_was_applied_is_not_applied_again(records: Records) -> None:
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, 50)])
    staging.apply(1)
    records.delete(SUBSCRIBER, 50)
    staging.apply(1)
    assert added(records) == []


def test_a_key_is_taken_once_across_all_batches(records: Records) -> None:
    staging = records.stage(SUBSCRIBER)
    assert staging.add([staged(0, 50), staged(1, 51), staged(2, 50)]) == [2]
    assert staging.add([staged(3, 51), staged(4, 52)]) == [3]
    staging.apply(5)
    assert added(records) == [50, 51, 52]


def test_keys_are_made_up_in_the_order_of_the_rows_and_never_given_again(records: Records) -> None:
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, None, email="a"), staged(1, 90), staged(2, None, email="b")])
    staging.make_up_keys(lambda: records.next_id(SUBSCRIBER))
    staging.drop()
    assert records.next_id(SUBSCRIBER) == 93


def test_a_row_for_a_deleted_record_makes_a_new_one_at_the_end(records: Records) -> None:
    records.delete(SUBSCRIBER, 3)
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, 3, email="back")])
    staging.apply(1)
    assert [row["id"] for row in records.snapshot(SUBSCRIBER)] == [1, 2, 4, 5, 6, 7, 8, 9, 10, 3]


def test_a_snapshot_does_not_see_what_is_applied_after_it(records: Records) -> None:
    records.put(SUBSCRIBER, {"id": 50, "email": "old"})
    records.put(SUBSCRIBER, {"id": 3, "email": "old"})
    before = records.snapshot(SUBSCRIBER)
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, 50, email="new"), staged(1, 3, email="new"), staged(2, 51)])
    staging.apply(3)
    assert (len(before), before.get(51)) == (11, None)
    assert [(before.get(key) or {})["email"] for key in (50, 3)] == ["old", "old"]
    assert [row["email"] for row in before if row["id"] in (50, 3)] == ["old", "old"]
    assert [(records.find(SUBSCRIBER, key) or {})["email"] for key in (50, 3)] == ["new", "new"]


@pytest.mark.parametrize("kept", [True, False])
def test_kept_rows_can_be_read_after_they_were_applied(records: Records, kept: bool) -> None:
    staging = records.stage(SUBSCRIBER, kept=kept)
    staging.add([staged(number, 50 + number) for number in range(5)])
    staging.apply(4)
    assert [row["id"] for row in staging.last(4, 2)] == ([52, 53] if kept else [])


def test_rows_are_dropped_as_often_as_one_likes(records: Records) -> None:
    staging = records.stage(SUBSCRIBER)
    staging.add([staged(0, 50)])
    staging.drop()
    staging.drop()
    assert added(records) == []


def test_natural_keys_are_found_claimed_and_claimed_in_vain(records: Records) -> None:
    names = records.natural_keys([("a", 1), ("b", 2), ("a", 3)])
    assert (names.claim("a"), names.claim("b"), names.claim("b")) == (1, 2, 2)
    assert (names.claim("c"), names.claim("c")) == (None, DUPLICATE)
    names.drop()


def test_thirty_thousand_rows_take_no_memory(records: Records) -> None:
    content = orjson.dumps({"email": "x" * 200})

    def load(staging: Staging, count: int) -> None:
        for first in range(0, count, 500):
            staging.add([(first + n, 1000 + first + n, content) for n in range(500)])
        staging.apply(count)

    load(records.stage(SUBSCRIBER), 1_000)
    tracemalloc.start()
    load(records.stage(SUBSCRIBER), 30_000)
    count = sum(1 for _ in records.snapshot(SUBSCRIBER).added())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 2_000_000
