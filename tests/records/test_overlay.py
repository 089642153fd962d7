"""What a world writes on top of the base records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.records import DataSet, Records

from .conftest import make_dataset

SUBSCRIBER = "newsletterSubscriber"


@pytest.fixture
def records() -> Records:
    return Records(make_dataset(newsletterSubscriber=10))


def ids(rows: Any) -> list[Any]:
    return [row["id"] for row in rows]


def test_a_fresh_world_shows_the_base(records: Records, dataset: DataSet) -> None:
    assert list(records.snapshot(SUBSCRIBER)) == list(dataset.records(SUBSCRIBER, 0, 10))
    assert records.find(SUBSCRIBER, 3) == dataset.record(SUBSCRIBER, 2)
    assert records.find(SUBSCRIBER, 11) is None


def test_a_known_record_is_changed_in_place(records: Records) -> None:
    changed = records.find(SUBSCRIBER, 4) or {}
    changed["email"] = "new@example.com"
    assert records.put(SUBSCRIBER, changed) is False
    rows = list(records.snapshot(SUBSCRIBER))
    assert ids(rows) == list(range(1, 11))
    assert rows[3] == changed == records.find(SUBSCRIBER, 4)


def test_a_new_record_comes_last_and_only_once(records: Records) -> None:
    assert records.put(SUBSCRIBER, {"id": 99, "email": "a"}) is True
    assert records.put(SUBSCRIBER, {"id": 99, "email": "b"}) is False
    snapshot = records.snapshot(SUBSCRIBER)
    assert ids(snapshot) == [*range(1, 11), 99]
    assert len(snapshot) == records.count(SUBSCRIBER) == 11
    assert snapshot.get(99) == {"id": 99, "email": "b"}


def test_a_deleted_record_is_gone_until_it_comes_again_at_the_end(records: Records) -> None:
    first = records.find(SUBSCRIBER, 1) or {}
    assert records.delete(SUBSCRIBER, 1) is True
    assert records.delete(SUBSCRIBER, 1) is False
    assert records.find(SUBSCRIBER, 1) is None
    assert ids(records.snapshot(SUBSCRIBER)) == list(range(2, 11))
    assert records.put(SUBSCRIBER, first) is True
    assert ids(records.snapshot(SUBSCRIBER)) == [*range(2, 11), 1]
    assert records.find(SUBSCRIBER, 1) == first


def test_an_export_sees_the_data_as_they_were_at_its_start(records: Records) -> None:
    before = records.snapshot(SUBSCRIBER)
    reading = before.iterate()
    next(reading)
    records.put(SUBSCRIBER, {"id": 2, "email": "changed"})
    records.put(SUBSCRIBER, {"id": 77})
    records.delete(SUBSCRIBER, 5)
    assert ids(reading) == list(range(2, 11))
    assert len(before) == 10
    assert before.get(77) is None
    assert (before.get(2) or {})["email"] != "changed"
    assert ids(records.snapshot(SUBSCRIBER)) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 77]


def test_a_snapshot_costs_nothing_while_nothing_is_written(records: Records) -> None:
    records.put(SUBSCRIBER, {"id": 77})
    assert records.snapshot(SUBSCRIBER)._mark == records.snapshot(SUBSCRIBER)._mark


def test_worlds_do_not_see_each_other(records: Records) -> None:
    other = Records(records.dataset)
    other.put(SUBSCRIBER, {"id": 77})
    assert records.find(SUBSCRIBER, 77) is None


def test_changing_what_was_found_changes_nothing(records: Records) -> None:
    record = {"id": 77, "targetGroupIds": [1]}
    records.put(SUBSCRIBER, record)
    record["targetGroupIds"].append(2)  # type: ignore[attr-defined]
    (records.find(SUBSCRIBER, 77) or {})["id"] = 5
    assert records.find(SUBSCRIBER, 77) == {"id": 77, "targetGroupIds": [1]}


def test_ids_are_never_given_twice(records: Records) -> None:
    assert records.next_id(SUBSCRIBER) == 11
    records.put(SUBSCRIBER, {"id": 40})
    records.delete(SUBSCRIBER, 40)
    assert records.next_id(SUBSCRIBER) == 41
    with pytest.raises(TypeError, match="ids of order"):
        records.next_id("order")


def test_an_unknown_service_is_a_key_error(records: Records) -> None:
    with pytest.raises(KeyError):
        records.snapshot("nothing")


writes = st.lists(st.tuples(st.sampled_from(["put", "delete"]), st.integers(1, 16)), max_size=30)


@given(writes, st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=200, deadline=None)
def test_any_part_of_a_snapshot_is_that_part_of_the_whole(
    steps: list[tuple[str, int]], start: int, stop: int
) -> None:
    records = Records(DATASET)
    model: dict[int, int] = dict.fromkeys(range(1, 11), -1)
    for turn, (step, id) in enumerate(steps):
        if step == "put":
            assert records.put(SUBSCRIBER, {"id": id, "turn": turn}) is (id not in model)
            model[id] = turn
        else:
            assert records.delete(SUBSCRIBER, id) is (model.pop(id, None) is not None)
    snapshot = records.snapshot(SUBSCRIBER)
    assert len(snapshot) == len(model)
    whole = [(row["id"], row.get("turn", -1)) for row in snapshot]
    assert whole == list(model.items())
    assert [(row["id"], row.get("turn", -1)) for row in snapshot.iterate(start, stop)] == whole[start:stop]


DATASET = make_dataset(newsletterSubscriber=10)


# Versions


def test_every_snapshot_keeps_what_it_has_seen(records: Records) -> None:
    seen = []
    for turn in range(1, 6):
        records.put(SUBSCRIBER, {"id": 2, "turn": turn})
        records.put(SUBSCRIBER, {"id": 77, "turn": turn})
        seen.append(records.snapshot(SUBSCRIBER))
    records.delete(SUBSCRIBER, 2)
    records.delete(SUBSCRIBER, 77)
    for turn, snapshot in enumerate(seen, 1):
        assert snapshot.get(2) == {"id": 2, "turn": turn}
        assert snapshot.get(77) == {"id": 77, "turn": turn}
        assert [row["turn"] for row in snapshot if "turn" in row] == [turn, turn]
    assert records.find(SUBSCRIBER, 2) is records.find(SUBSCRIBER, 77) is None


@given(st.lists(st.tuples(st.sampled_from(["put", "delete", "look"]), st.integers(1, 16)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_write_is_seen_by_an_older_snapshot(steps: list[tuple[str, int]]) -> None:
    records = Records(DATASET)
    looks: list[tuple[Any, list[Any]]] = []
    for turn, (step, id) in enumerate(steps):
        if step == "put":
            records.put(SUBSCRIBER, {"id": id, "turn": turn})
        elif step == "delete":
            records.delete(SUBSCRIBER, id)
        else:
            looks.append((records.snapshot(SUBSCRIBER), list(records.snapshot(SUBSCRIBER))))
    for snapshot, rows in looks:
        assert list(snapshot) == rows
        assert len(snapshot) == len(rows)
        known = {row["id"]: row for row in rows}
        assert [snapshot.get(id) for id in range(1, 17)] == [known.get(id) for id in range(1, 17)]


def test_a_snapshot_can_be_read_while_another_thread_writes(records: Records) -> None:
    for id in range(1000, 3000):
        records.put(SUBSCRIBER, {"id": id})
    snapshot = records.snapshot(SUBSCRIBER)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(lambda: ids(snapshot))
        for id in range(1000, 1500):
            records.put(SUBSCRIBER, {"id": id, "changed": True})
            records.delete(SUBSCRIBER, id + 1000)
        assert reading.result()[10:] == list(range(1000, 3000))


def test_a_key_is_an_integer_of_64_bits_or_a_text(records: Records) -> None:
    for key in (True, 1.5, None, 1 << 63):
        with pytest.raises(TypeError):
            records.put(SUBSCRIBER, {"id": key})
        assert records.find(SUBSCRIBER, key) is None
        assert records.delete(SUBSCRIBER, key) is False


def test_a_snapshot_outlives_its_world(records: Records) -> None:
    records.put(SUBSCRIBER, {"id": 77})
    snapshot = records.snapshot(SUBSCRIBER)
    records.close()
    assert ids(snapshot)[10:] == [77]
    assert records.find(SUBSCRIBER, 77) is None
