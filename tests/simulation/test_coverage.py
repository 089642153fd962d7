"""How much of a contract clients have met."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.coverage import ANSWERS, Coverage, Goal, Kind, Report, Share, measure
from mockserver.simulation.worlds import Worlds


def goal(kind: Kind, name: str, operation: str = "start", evidence: str = "documented") -> Goal:
    return Goal(kind, ("report",), operation, operation.upper(), name, evidence)


GOALS = [
    goal("operation", "START"),
    goal("parameter", "query format"),
    goal("parameter", "body"),
    goal("status", "200"),
    goal("status", "404"),
    goal("rule", "R-1"),
    goal("operation", "PAUSE", "pause", "convention"),
    goal("rule", "R-2", "pause", "inferred"),
    goal("rule", "R-ALL", ""),
]


def met(report: Report) -> list[str]:
    return [one.goal.name for one in report.results if one.count]


def test_nothing_is_met_before_a_call() -> None:
    report = measure(GOALS, Coverage())
    assert met(report) == []
    assert report.whole == Share(0, 9)


def test_an_answer_meets_its_operation_its_status_and_its_rules() -> None:
    coverage = Coverage()
    coverage.meet("start", 404, "R-1, R-ALL")
    coverage.meet("start", 404, "R-1")
    report = measure(GOALS, coverage)
    assert met(report) == ["START", "404", "R-1", "R-ALL"]
    assert report.calls == {"start": 2}
    assert {one.goal.name: one.count for one in report.results}["R-1"] == 2
    assert report.shares["status"] == Share(1, 2)


def test_a_rule_of_one_operation_is_met_wherever_it_is_answered() -> None:
    coverage = Coverage()
    coverage.meet("", 404, "R-2")
    assert met(measure(GOALS, coverage)) == ["R-2"]


def test_parameters_are_met_by_their_use() -> None:
    coverage = Coverage()
    coverage.use("start", "query", "format")
    coverage.use("start", "body", "")
    assert met(measure(GOALS, coverage)) == ["query format", "body"]


def test_what_is_known_worse_can_be_left_out() -> None:
    assert measure(GOALS, Coverage(), evidence="documented").whole.total == 7
    assert measure(GOALS, Coverage(), evidence="inferred").whole.total == 8


def test_operations_that_were_not_called_can_be_left_out() -> None:
    coverage = Coverage()
    coverage.meet("start", 200, "")
    report = measure(GOALS, coverage, used=True)
    assert report.whole == Share(2, 6)
    coverage.meet("", 404, "R-ALL")
    assert measure(GOALS, coverage, used=True).whole == Share(3, 7)


def test_answers_by_rules_of_the_server_meet_nothing() -> None:
    coverage = Coverage()
    coverage.meet("start", 404, "MOCK-1")
    assert met(measure(GOALS, coverage, own_rules=["MOCK-1"])) == []


@pytest.mark.parametrize(
    ("share", "percent"), [(Share(0, 0), 100.0), (Share(2, 3), 66.6), (Share(999_999, 1_000_000), 99.9)]
)
def test_hundred_percent_means_all(share: Share, percent: float) -> None:
    assert share.percent == percent


def test_there_is_a_limit_to_what_is_counted_one_by_one() -> None:
    coverage = Coverage()
    for number in range(ANSWERS + 100):
        coverage.meet(str(number), 200, "")
    assert len(coverage.counts()) == 2 * ANSWERS


def test_clearing_forgets_all() -> None:
    coverage = Coverage()
    coverage.meet("start", 200, "")
    coverage.use("start", "query", "format")
    coverage.lacking["start"] = set()
    coverage.clear()
    assert (coverage.counts(), coverage.lacking) == ({}, {})


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["start", "pause", ""]),
        st.sampled_from([200, 404]),
        st.sampled_from(["", "R-1", "R-1, R-2"]),
    )
)


@given(CALLS, CALLS)
def test_worlds_together_have_met_what_one_world_would_have(
    one: list[tuple[str, int, str]], other: list[tuple[str, int, str]]
) -> None:
    together, first, second = Coverage(), Coverage(), Coverage()
    for calls, coverage in ((one, first), (other, second)):
        for call in calls:
            coverage.meet(*call)
            together.meet(*call)
    first.merge(second)
    assert first.counts() == together.counts()
    assert measure(GOALS, first).whole.met >= measure(GOALS, second).whole.met


def test_what_was_met_in_worlds_that_are_no_more_is_kept() -> None:
    worlds = Worlds(limit=1)
    worlds.get("one").coverage.meet("start", 200, "")
    worlds.reset("one")
    worlds.get("one").coverage.meet("start", 404, "R-1")
    worlds.delete("one")
    worlds.get("two").coverage.meet("pause", 200, "")
    worlds.get("three")
    assert met(measure(GOALS, worlds.departed)) == ["START", "200", "404", "R-1", "PAUSE"]
