"""Filters on the start of an export: every operator, on every scalar field of a service, typed and ANDed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract import Rule
from mockserver.records import Field, FieldType
from mockserver.websale.listing import FilterRules, parse_filters, parse_instant
from tests.conftest import Steps, rule_of
from tests.websale.test_downloads import export
from tests.websale.test_report import FORMATS

RULES = FilterRules(field="bad-field", operator="bad-operator", value="bad-value")
FIELDS = {
    field.path: field
    for field in (
        Field("name", FieldType.STRING),
        Field("count", FieldType.INTEGER),
        Field("weight", FieldType.NUMBER),
        Field("active", FieldType.BOOLEAN),
        Field("createdAt", FieldType.TIME),
        Field("price", FieldType.STRING),
        Field("tags", FieldType.ARRAY, element=FieldType.STRING),
        Field("data.general.id", FieldType.INTEGER),
    )
}
RECORD: dict[str, Any] = {
    "name": "Blue Cup",
    "count": 7,
    "weight": 0.5,
    "active": True,
    "createdAt": "2025-02-04T15:05:24.000Z",
    "price": "89.900000",
    "tags": ["deutsch", "outlet"],
    "data": {"general": {"id": 3}},
}


def selects(key: str, value: str, record: dict[str, Any] = RECORD) -> bool:
    return all(accepts(record) for accepts in parse_filters([(key, value)], FIELDS, RULES))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filter[name]", "Blue Cup"),
        ("filter_eq[count]", "7"),
        ("filter_eq[count]", "+7"),
        ("filter_neq[count]", "8"),
        ("filter_ne[name]", "Red Cup"),
        ("filter_gt[count]", "6"),
        ("filter_gte[count]", "7"),
        ("filter_lt[weight]", "0.75"),
        ("filter_lte[weight]", "0.5"),
        ("filter_like[name]", "cUp"),
        ("filter_like[name]", "blue%"),
        ("filter_like[name]", "*c*p"),
        ("filter_like[count]", "7"),
        ("filter_in[count]", "1,7"),
        ("filter_notIn[name]", "Red Cup,Cup"),
        ("filter[active]", "1"),
        ("filter[active]", "true"),
        ("filter_gt[createdAt]", "2025-02-04"),
        ("filter_eq[createdAt]", "2025-02-04T16:05:24+01:00"),
        ("filter_eq[createdAt]", "2025-02-04T16:05:24 01:00"),
        ("filter_lte[createdAt]", "2025-02-04T15:05:24.000000000Z"),
        ("filter_gt[price]", "9.5"),
        ("filter_lt[price]", "100"),
        ("filter[tags]", "outlet"),
        ("filter_in[tags]", "english,deutsch"),
        ("filter_neq[tags]", "english"),
        ("filter[data.general.id]", "3"),
    ],
)
def test_a_record_that_fulfils_the_filter_is_selected(key: str, value: str) -> None:
    assert selects(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filter[name]", "blue cup"),
        ("filter_eq[count]", "8"),
        ("filter_neq[count]", "7"),
        ("filter_gt[count]", "7"),
        ("filter_lt[count]", "7"),
        ("filter_like[name]", "cup%"),
        ("filter_like[name]", "B.ue"),
        ("filter_in[count]", "1,2"),
        ("filter_notIn[count]", "7"),
        ("filter[active]", "0"),
        ("filter_gt[createdAt]", "2025-02-05"),
        ("filter[tags]", "english"),
        ("filter_notIn[tags]", "deutsch"),
        ("filter[data.general.id]", "4"),
    ],
)
def test_a_record_that_does_not_is_left_out(key: str, value: str) -> None:
    assert not selects(key, value)


@pytest.mark.parametrize("operator", ["eq", "gt", "gte", "lt", "lte", "like", "in"])
@pytest.mark.parametrize("path", ["name", "count", "createdAt", "data.general.id"])
def test_null_fulfils_nothing_that_asks_for_a_value(operator: str, path: str) -> None:
    value = {"createdAt": "2025-01-01", "name": "x"}.get(path, "1")
    assert not selects(f"filter_{operator}[{path}]", value, {})
    assert not selects(f"filter_{operator}[{path}]", value, {"data": None, path: None})


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("filter[colour]", "red", "bad-field"),
        ("filter", "red", "bad-field"),
        ("filter_gte", "1", "bad-field"),
        ("filter_eq[]", "1", "bad-field"),
        ("filter[data]", "1", "bad-field"),
        ("filter_near[count]", "1", "bad-operator"),
        ("filter_[count]", "1", "bad-operator"),
        ("filter_GTE[count]", "1", "bad-operator"),
        ("filter[count]", "seven", "bad-value"),
        ("filter[count]", "7.5", "bad-value"),
        ("filter[count]", "", "bad-value"),
        ("filter_in[count]", "1,,2", "bad-value"),
        ("filter[weight]", "heavy", "bad-value"),
        ("filter[active]", "yes", "bad-value"),
        ("filter_gte[createdAt]", "yesterday", "bad-value"),
        ("filter_gte[createdAt]", "2025-02-30", "bad-value"),
        ("filter[createdAt]", "", "bad-value"),
        ("filter[count", "7", "bad-field"),
        ("filter[count]]", "7", "bad-field"),
        ("filter_gte[count][x]", "7", "bad-field"),
    ],
)
def test_what_is_wrong_with_a_filter_decides_the_rule(key: str, value: str, rule: str) -> None:
    with pytest.raises(Rule) as raised:
        parse_filters([(key, value)], FIELDS, RULES)
    assert raised.value.rule_id == rule


def test_of_several_bad_filters_the_first_of_the_table_counts() -> None:
    query = [("filter_near[count]", "1"), ("filter[colour]", "red"), ("filter[count]", "seven")]
    with pytest.raises(Rule) as raised:
        parse_filters(query, FIELDS, RULES)
    assert raised.value.rule_id == "bad-value"


def test_a_number_can_be_of_any_length() -> None:
    assert not selects("filter[count]", "9" * 30)
    assert selects("filter_lt[count]", "9" * 30)


def test_parameters_that_are_no_filters_are_ignored() -> None:
    assert (
        parse_filters([("format", "json"), ("filters[x]", "1"), ("xfilter[count]", "1")], FIELDS, RULES) == []
    )


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_a_time_is_the_same_instant_in_every_notation(moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC).timestamp()
    for text in (
        moment.isoformat(),
        f"{moment.isoformat()}Z",
        moment.isoformat(" "),
        f"{moment.isoformat()}+00:00",
    ):
        assert parse_instant(text) == instant


@given(st.text())
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_instant(text), float)


@pytest.mark.rule("REP-START-filter")
async def test_the_filter_decides_the_total_and_the_files_content(api: Steps) -> None:
    everything = (await export(api, "order")).json()
    middle = sorted(row["createdAt"] for row in everything)[len(everything) // 2]
    later = [row for row in everything if row["createdAt"] >= middle]
    started = await api.post(f"/report/order/start?filter_gte[createdAt]={middle}")
    assert started.json()["total"] == len(later) < len(everything)
    assert (await export(api, "order", f"?filter_gte[createdAt]={middle}")).json() == later


@pytest.mark.rule("REP-START-filter")
async def test_filters_are_anded(api: Steps) -> None:
    everything = (await export(api, "newsletterSubscriber")).json()
    query = "?filter[blacklisted]=false&filter_gt[id]=10&filter_in[subshopId]=deutsch,outlet"
    chosen = (await export(api, "newsletterSubscriber", query)).json()
    wanted = [
        row
        for row in everything
        if not row["blacklisted"] and row["id"] > 10 and row["subshopId"] in ("deutsch", "outlet")
    ]
    assert chosen == wanted
    assert wanted


async def test_a_filter_that_selects_nothing_finishes_at_once_with_an_empty_file(api: Steps) -> None:
    started = (await api.post("/report/order/start?filter_lt[createdAt]=1970-01-02")).json()
    assert (started["status"], started["total"], started["percentage"]) == (5, 0, 100)
    assert (await api.client.get(started["fileUrl"])).json() == []


@pytest.mark.parametrize(
    ("query", "rule", "kind", "field"),
    [
        pytest.param(*row, marks=pytest.mark.rule(row[1]))
        for row in (
            ("filter[colour]=red", "REP-START-400-filter-field", "unknownDataField", "colour"),
            ("filter_near[createdAt]=1", "REP-START-400-filter-op", "unknownOperation", "createdAt"),
            ("filter_gte[createdAt]=soon", "REP-START-400-filter-value", "invalidCharacters", "createdAt"),
        )
    ],
)
async def test_a_bad_filter_is_refused_and_starts_nothing(
    api: Steps, query: str, rule: str, kind: str, field: str
) -> None:
    answer = await api.post(f"/report/order/start?{query}")
    assert rule_of(answer) == (400, rule)
    assert (answer.json()["type"], answer.json()["field"]) == (kind, field)
    assert (await api.get("/report/order/status")).json()["status"] == 0


@pytest.mark.parametrize("service", list(FORMATS))
async def test_every_scalar_field_of_a_service_can_be_filtered_by_its_own_value(
    api: Steps, service: str
) -> None:
    rows = (await export(api, service)).json()
    for path, value in _scalars(rows[0]):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        answer = await api.client.post(
            f"/admin/api/v1/report/{service}/start",
            params={f"filter_eq[{path}]": text},
            headers={"Prefer": "profile=immediate"},
        )
        assert answer.status_code == 200, (path, value, answer.text)
        chosen = (await api.client.get(answer.json()["fileUrl"])).json()
        assert chosen == [row for row in rows if _at(row, path) == value], path


def _scalars(row: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return path and value of the scalar fields that a schema describes (free-form objects have none)."""
    free = {"permissions", "custom", "data.custom", "meta"}
    found: list[tuple[str, Any]] = []
    for name, value in row.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            found += [] if path in free else _scalars(value, f"{path}.")
        elif value is not None and not isinstance(value, list):
            found.append((path, value))
    return found


def _at(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row.get(step) if isinstance(row, dict) else None
    return row


def test_a_predicate_is_made_once_for_many_records() -> None:
    predicates: list[Callable[[Any], bool]] = parse_filters(
        [("filter_gte[count]", "3"), ("filter_lt[count]", "5")], FIELDS, RULES
    )
    rows = [{"count": number} for number in range(10)]
    assert [row["count"] for row in rows if all(accepts(row) for accepts in predicates)] == [3, 4]
