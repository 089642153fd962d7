"""Which calls somebody means, what can be verified of them, and how near the others come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.matching import MISSING, Matcher, Text, lacking, may_match, same, wildcard
from mockserver.simulation.redaction import REDACTED
from mockserver.simulation.verification import Times, Verdict, verify_order, verify_times


@dataclass
class Shown:
    """A call as a matcher sees it."""

    number: int = 1
    calendar: int = 100
    operation: str = "startReport"
    method: str = "POST"
    path: str = "/admin/api/v1/report/order/start"
    parameters: dict[str, str] = field(default_factory=lambda: {"service": "order"})
    query: Sequence[tuple[str, str]] = (("format", "json"), ("filter", "a"), ("filter", "b"))
    headers: Sequence[tuple[str, str]] = (("X-Trace", "7"),)
    text: str = '{"name":"a","tags":[1,2]}'
    value: Any = field(default_factory=lambda: {"name": "a", "tags": [1, 2]})
    status: int = 404
    rules: tuple[str, ...] = ("R-1", "R-2")
    principal: str = "admin"


def start(**wanted: Any) -> Matcher:
    return Matcher(operations=frozenset({"startReport"}), named="startReport", **wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"method": "POST"},
        {"path": "/admin/api/v1/report/order/start"},
        {"path": "*/report/*/start"},
        {"path": "/admin/api/v?/*"},
        {"parameters": {"service": Text("order")}},
        {"query": {"filter": Text("b")}},
        {"query": {"sort": Text(absent=True)}},
        {"query": {"format": Text(absent=False)}},
        {"query": {"format": Text(contains="so")}},
        {"query": {"format": Text(like="j?o*")}},
        {"headers": {"x-trace": Text("7")}},
        {"body": Text(contains='"tags"')},
        {"body_equals": {"tags": [1.0, 2], "name": "a"}},
        {"body_contains": {"tags": [2]}},
        {"status": "404"},
        {"status": "4xx"},
        {"rule": "R-2"},
        {"principal": "admin"},
        {"since": 100, "until": 100},
        {"after": 0},
    ],
)
def test_a_call_is_meant_when_it_meets_what_is_asked(wanted: dict[str, Any]) -> None:
    assert start(**wanted).meets(Shown())


@pytest.mark.parametrize(
    ("wanted", "differences"),
    [
        ({"method": "GET"}, [("method", "GET", "POST")]),
        ({"path": "/report"}, [("path", "/report", "/admin/api/v1/report/order/start")]),
        ({"path": "*[a-z]*"}, [("path", "*[a-z]*", "/admin/api/v1/report/order/start")]),
        ({"parameters": {"service": Text("product")}}, [("parameters.service", "product", "order")]),
        ({"query": {"filter": Text("c")}}, [("query.filter", "c", "a, b")]),
        ({"query": {"format": Text(absent=True)}}, [("query.format", "absent", "json")]),
        ({"headers": {"x-other": Text(contains="1")}}, [("headers.x-other", "contains 1", "")]),
        ({"body": Text(like="<*")}, [("body", "like <*", '{"name":"a","tags":[1,2]}')]),
        ({"body_equals": {"name": "a"}}, [("body", "{'name': 'a'}", '{"name":"a","tags":[1,2]}')]),
        (
            {"body_contains": {"name": "b", "tags": [3]}},
            [("body.name", "b", "a"), ("body.tags", "3", "[1, 2]")],
        ),
        ({"status": "5xx"}, [("status", "5xx", "404")]),
        ({"rule": "R-3"}, [("rule", "R-3", "R-1, R-2")]),
        ({"principal": "editor"}, [("principal", "editor", "admin")]),
        ({"since": 101}, [("time", "in the given span of time", "request 1")]),
        ({"until": 99}, [("time", "in the given span of time", "request 1")]),
        ({"after": 1}, [("time", "in the given span of time", "request 1")]),
    ],
)
def test_what_is_different_about_a_call_is_said(
    wanted: dict[str, Any], differences: list[tuple[str, str, str]]
) -> None:
    found = start(**wanted).differences(Shown())
    assert [(one.field, one.expected, one.actual) for one in found] == differences


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_value_lacks_nothing_of_itself_and_what_is_the_same_lacks_nothing(one: Any, other: Any) -> None:
    assert same(one, one)
    assert not list(lacking(one, one))
    if same(one, other):
        assert not list(lacking(one, other))


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.text(max_size=3), JSON)
def test_an_object_with_more_members_still_contains_the_smaller_one(
    small: dict[str, Any], key: str, value: Any
) -> None:
    assert not list(lacking(small, {key: value, **small}))


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, False), ("1", 1), (None, False), ([], {}), ({}, MISSING)]
)
def test_values_of_different_types_are_different(one: Any, other: Any) -> None:
    assert not same(one, other)


@given(st.text(alphabet="ab*?[]!-.", max_size=12), st.text(alphabet="ab[]!-.", max_size=12))
def test_only_stars_and_question_marks_are_wild(pattern: str, text: str) -> None:
    met = Text(like=pattern).meets([text])
    if not set("*?") & set(pattern):
        assert met == (pattern == text)
    if pattern.replace("*", "") == "":
        assert met == (bool(pattern) or not text)


# Verification

CALLS = [
    Shown(1, operation="startReport", query=[("format", "json")]),
    Shown(2, operation="pauseReport", path="/admin/api/v1/report/order/pause"),
    Shown(3, operation="startReport", query=[("format", "csv")]),
]


def verify(matcher: Matcher, at_least: int, at_most: int | None, *, evicted: bool = False) -> Verdict:
    return verify_times(CALLS, matcher, Times(at_least, at_most), evicted=evicted)


@pytest.mark.parametrize(
    ("at_least", "at_most", "verified", "expected"),
    [
        (2, 2, True, "exactly twice"),
        (1, 1, False, "exactly once"),
        (3, 3, False, "exactly 3 times"),
        (1, None, True, "at least once"),
        (3, None, False, "at least 3 times"),
        (0, 2, True, "at most twice"),
        (0, 1, False, "at most once"),
        (1, 2, True, "at least once and at most twice"),
        (0, 0, False, "never"),
    ],
)
def test_how_often_is_verified(at_least: int, at_most: int | None, verified: bool, expected: str) -> None:
    verdict = verify(start(), at_least, at_most)
    assert (verdict.verified, verdict.count, verdict.matches) == (verified, 2, (1, 3))
    assert verdict.explanation == f"2 requests match; expected: {expected}."


@pytest.mark.parametrize(
    ("at_least", "at_most", "verified"),
    [(2, None, True), (2, 2, False), (0, 5, False), (0, 1, False), (3, None, False)],
)
def test_what_evicted_calls_may_change_is_not_verified(
    at_least: int, at_most: int | None, verified: bool
) -> None:
    verdict = verify(start(), at_least, at_most, evicted=True)
    assert (verdict.verified, verdict.evicted) == (verified, True)


def test_it_is_said_that_calls_are_gone_only_where_they_matter() -> None:
    assert "are gone" in verify(start(), 0, 5, evicted=True).explanation
    assert "are gone" not in verify(start(), 2, None, evicted=True).explanation
    assert "are gone" not in verify(start(), 0, 1, evicted=True).explanation


def test_the_nearest_miss_comes_first_and_says_what_is_different() -> None:
    wanted = start(query={"format": Text("xml")}, parameters={"service": Text("order")})
    near = verify(wanted, 1, None).near
    assert [miss.number for miss in near] == [3, 1, 2]
    assert [(one.field, one.expected, one.actual) for one in near[0].differences] == [
        ("query.format", "xml", "csv")
    ]


def test_a_misspelt_path_is_near_and_what_has_nothing_in_common_is_not() -> None:
    wanted = Matcher(path="/admin/api/v1/report/order/paus")
    assert next(miss.number for miss in verify(wanted, 1, None).near) == 2
    assert verify(Matcher(path="/stores/1", method="GET", status="200"), 1, None).near == ()


def test_there_are_no_near_misses_of_too_many() -> None:
    assert verify(start(), 0, 0).near == ()


def in_order(*steps: Matcher, within: Matcher | None = None, evicted: bool = False) -> Verdict:
    return verify_order(CALLS, within or Matcher(), steps, evicted=evicted)


PAUSE = Matcher(operations=frozenset({"pauseReport"}), named="pauseReport")


def test_calls_are_verified_in_their_order_with_others_in_between() -> None:
    verdict = in_order(start(), start())
    assert (verdict.verified, verdict.count, verdict.matches) == (True, 2, (1, 3))
    assert in_order(start(), PAUSE, start(), evicted=True).verified


def test_a_call_that_came_too_early_is_said_to_have_come_too_early() -> None:
    verdict = in_order(start(query={"format": Text("csv")}), PAUSE)
    assert (verdict.verified, verdict.count) == (False, 1)
    assert verdict.explanation == "Step 2 was made, but not after request 3, in which step 1 was found."
    (miss,) = verdict.near
    assert (miss.number, miss.differences[0].field) == (2, "order")


def test_a_step_that_was_never_made_has_near_misses() -> None:
    verdict = in_order(PAUSE, start(query={"format": Text("xml")}))
    assert verdict.explanation == "Step 2 was not made after request 2."
    assert [miss.number for miss in verdict.near] == [3]


def test_a_first_step_that_was_never_made_may_have_been_evicted() -> None:
    verdict = in_order(Matcher(principal="nobody"), evicted=True)
    assert not verdict.verified
    assert verdict.explanation.startswith("Step 1 was not made. It may have been")


def test_an_order_is_looked_for_among_the_calls_that_are_meant() -> None:
    assert not in_order(PAUSE, within=Matcher(operations=frozenset({"startReport"}))).verified


@given(
    st.lists(st.sampled_from(["report", "order", "red", "act", "x[d]", "tok-en"]), min_size=1),
    st.integers(0, 9),
    st.lists(st.sampled_from(["*", "?", "/", "report", "order", "red", "d]", "act", "ok"]), max_size=6),
)
def test_a_path_that_matches_without_its_secrets_may_match(
    parts: list[str], hidden: int, pieces: list[str]
) -> None:
    shown = [REDACTED if place == hidden else part for place, part in enumerate(parts)]
    pattern = "".join(pieces)
    if wildcard(pattern).match("/".join(shown)):
        assert may_match(pattern, "/".join(parts))


def test_most_paths_that_do_not_match_cannot() -> None:
    assert not may_match("*/import/*", "/admin/api/v1/report/order/status")
