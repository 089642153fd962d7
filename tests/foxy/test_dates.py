"""Reading and writing dates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.foxy.dates import (
    format_instant,
    format_last_modified,
    format_wall,
    instant_wall,
    parse_http_date,
    parse_instant,
    parse_wall,
    wall_instant,
)
from mockserver.simulation.clock import LAST, SECOND

PACIFIC, BERLIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from([PACIFIC, BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Kiritimati")])


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2022-01-31", datetime(2022, 1, 31)),
        ("2022-01-31 23:59:59", datetime(2022, 1, 31, 23, 59, 59)),
        ("2022-01-31T23:59:59", datetime(2022, 1, 31, 23, 59, 59)),
        ("2022-01-31T23:59", datetime(2022, 1, 31, 23, 59)),
        ("2022-01-31T23:59:59.123456789Z", datetime(2022, 1, 31, 23, 59, 59)),
        ("2022-01-31 23:59:59 -0800", datetime(2022, 1, 31, 23, 59, 59)),
        ("2022-01-31Z", datetime(2022, 1, 31)),
        ("2022-01-31 23:59:59+02", datetime(2022, 1, 31, 23, 59, 59)),
        ("2022-01-31T23:59 -11", datetime(2022, 1, 31, 23, 59)),
        ("2022-01-31+02", datetime(2022, 1, 31)),
        (" 2024-02-29 ", datetime(2024, 2, 29)),
        ("0001-01-01", datetime(1, 1, 1)),
        ("9999-12-31 23:59:59", datetime(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_a_date_is_read_as_wall_time(text: str, wall: datetime) -> None:
    assert parse_wall(text) == wall


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "2022",
        "2022-1-1",
        "31.01.2022",
        "2022-02-29",
        "2022-13-01",
        "0000-01-01",
        "2022-01-01 24:00:00",
        "2022-01-01 10:00:60",
        "2022-01-01 10",
        "2022-01-01 10:00.5",
        "2022-01-01  10:00",
        "٢٠٢٢-٠١-٠١",
        None,
        20220101,
        True,
        ["2022-01-01"],
    ],
)
def test_all_else_is_blank(value: object) -> None:
    assert parse_wall(value) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.5Z", SECOND // 2),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T16:00:00-0800", 0),
        ("1970-01-01T01:00:00 0100", 0),
        ("1970-01-01", 8 * 3600 * SECOND),
        ("1969-12-31 16:00:00", 0),
    ],
)
def test_in_a_query_an_offset_counts_and_without_one_it_is_the_stores(text: str, instant: int) -> None:
    assert parse_instant(text, PACIFIC) == instant


def test_the_offset_is_the_one_of_that_day() -> None:
    assert format_wall(datetime(2022, 3, 13, 1, 59, 59), PACIFIC) == "2022-03-13T01:59:59-0800"
    assert format_wall(datetime(2022, 3, 13, 3, 0, 0), PACIFIC) == "2022-03-13T03:00:00-0700"
    assert format_wall(datetime(987, 6, 5), BERLIN) == "0987-06-05T00:00:00+0053"


def test_an_hour_that_comes_twice_is_the_first_one() -> None:
    assert format_wall(datetime(2022, 11, 6, 1, 30), PACIFIC) == "2022-11-06T01:30:00-0700"


def test_last_modified_is_written_as_the_documents_show_it() -> None:
    instant = parse_instant("2016-09-02T12:00:00-0700", PACIFIC)
    assert instant is not None
    assert format_last_modified(instant, PACIFIC) == "Fri, 2 Sep 2016 12:00:00 -0700"


@given(st.integers(0, LAST), ZONES)
def test_what_is_written_can_be_read(instant: int, zone: ZoneInfo) -> None:
    seconds = instant // SECOND * SECOND
    assert parse_instant(format_instant(instant, zone), zone) == seconds
    assert parse_http_date(format_last_modified(instant, zone)) == seconds


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)), ZONES)
def test_a_wall_time_is_an_instant_of_its_zone(wall: datetime, zone: ZoneInfo) -> None:
    instant = wall_instant(wall.replace(microsecond=0), zone)
    assert parse_instant(format_wall(wall, zone), zone) is not None
    if 0 <= instant <= LAST and wall.year >= 1970:
        assert abs((instant_wall(instant, zone) - wall).total_seconds()) <= 2 * 3600 + 1


def test_the_end_of_time_can_be_shown() -> None:
    assert format_instant(LAST, BERLIN).startswith("9999-12-31T00:59:59")


@pytest.mark.parametrize("text", ["", "yesterday", "Fri, 99 Sep 2016 12:00:00 GMT"])
def test_what_is_no_http_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None
