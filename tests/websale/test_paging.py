"""Lists: size, page token, filters and order, against a model that sorts and cuts a whole list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract import Rule
from mockserver.records import Field, FieldType
from mockserver.websale.listing import Listing, ListRules, parse_instant
from tests.conftest import Steps, rule_of

LISTS = {"DF": "/datafeeds", "DFT": "/datafeeds/templates"}
FEED_FILTERS = {
    "id": "1",
    "active": "true",
    "name": "Google Shopping",
    "fileName": "google.csv",
    "templateId": "1",
    "subshopIds": "deutsch",
    "targetDirectory": "feeds",
    "exportStatus": "idle",
    "lastExportStarted": "",
    "lastExportFinished": "",
    "createdAt": "2025-02-04T15:05:24.000Z",
    "updatedAt": "2025-02-04T15:05:24Z",
}
TEMPLATE_FILTERS = {
    "id": "2",
    "name": "XML products",
    "content": "%<products>%",
    "createdAt": "2025-02-05T09:12:00.000Z",
    "updatedAt": "2025-06-17T10:40:31.000Z",
}


def both(rule: str) -> list[Any]:
    return [pytest.param(path, marks=pytest.mark.rule(f"{name}-{rule}")) for name, path in LISTS.items()]


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["items"]]


async def import_feeds(api: Steps, count: int) -> None:
    rows = [{"id": 100 + n, "name": f"Feed {n:03}", "fileName": f"{n}.csv"} for n in range(count)]
    await api.post("/import/dataFeed/start", json=rows, headers={"Prefer": "profile=immediate"})


# The envelope


@pytest.mark.rule("DF-LIST-200", "DF-LIST-size-default")
async def test_a_page_has_a_hundred_entries_unless_told_otherwise(api: Steps) -> None:
    await import_feeds(api, 200)
    first = (await api.get("/datafeeds")).json()
    assert sorted(first) == ["endReached", "items", "nextPageToken", "totalCount"]
    assert (len(first["items"]), first["totalCount"]) == (100, 206)
    assert (first["endReached"], first["nextPageToken"]) == (False, "100")
    last = (await api.get("/datafeeds", params={"pageToken": "200"})).json()
    assert (len(last["items"]), last["endReached"], last["nextPageToken"]) == (6, True, "")


@pytest.mark.rule("DF-LIST-size-max", "DFT-LIST-200")
@pytest.mark.parametrize("path", LISTS.values())
@pytest.mark.parametrize("size", [1, 2, 299, 300])
async def test_size_is_free_from_1_to_300(api: Steps, path: str, size: int) -> None:
    answer = (await api.get(path, params={"size": size})).json()
    assert len(answer["items"]) == min(size, answer["totalCount"])


async def test_the_pages_together_are_the_list(api: Steps) -> None:
    await import_feeds(api, 20)
    seen: list[int] = []
    token = "0"
    while token:
        page = (await api.get("/datafeeds", params={"size": 7, "pageToken": token})).json()
        seen += [row["id"] for row in page["items"]]
        token = page["nextPageToken"]
    assert seen == [*range(1, 7), *range(100, 120)]


async def test_beyond_the_end_a_page_is_empty(api: Steps) -> None:
    page = (await api.get("/datafeeds", params={"pageToken": 10**30})).json()
    assert (page["items"], page["endReached"], page["nextPageToken"], page["totalCount"]) == ([], True, "", 6)


# What is refused


@pytest.mark.parametrize("path", both("LIST-400-size-range"))
@pytest.mark.parametrize("size", ["0", "-1", "301", "999999", str(10**30)])
async def test_a_size_beyond_the_limits_is_invalid(api: Steps, path: str, size: str) -> None:
    answer = await api.get(path, params={"size": size})
    error = answer.json()
    assert (answer.status_code, error["type"], error["field"]) == (400, "invalidValue", "size")
    assert error["reason"] == "size not in [1;300]"


@pytest.mark.parametrize("path", ["/datafeeds", "/datafeeds/templates"])
@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("size=abc&pageToken=-1", "pageToken"),
        ("size=abc&size=0&pageToken=-1", "size-range"),
        ("sort=x&filter[id]=x", "filtervalue"),
        ("sort=x&filter[nope]=1", "field"),
        ("sort=x&filter_zz[id]=1", "op"),
        ("sort=nope:asc&filter_zz[id]=1", "field"),
        ("sort=id:up&filter_zz[id]=1", "op"),
        ("filter[nope]=1&filter_zz[id]=1&filter[id]=x", "filtervalue"),
    ],
)
async def test_of_several_failures_the_first_of_the_table_counts(
    api: Steps, path: str, query: str, rule: str
) -> None:
    prefix = "DFT" if path.endswith("templates") else "DF"
    assert rule_of(await api.get(f"{path}?{query}")) == (400, f"{prefix}-LIST-400-{rule}")


@pytest.mark.parametrize("path", both("LIST-400-size-int"))
@pytest.mark.parametrize("size", ["", "ten", "1.5", "1e2", "٣"])
async def test_a_size_that_is_no_integer_has_invalid_characters(api: Steps, path: str, size: str) -> None:
    answer = await api.get(path, params={"size": size})
    error = answer.json()
    assert (answer.status_code, error["type"], error["field"]) == (400, "invalidCharacters", "size")
    assert error["reason"] == "size is not an integer."


@pytest.mark.parametrize("path", both("LIST-400-pageToken"))
@pytest.mark.parametrize("token", ["-1", "x", "", "1.5"])
async def test_a_page_token_is_a_number_of_at_least_0(api: Steps, path: str, token: str) -> None:
    answer = await api.get(path, params={"pageToken": token})
    error = answer.json()
    assert (answer.status_code, error["type"], error["field"]) == (400, "invalidValue", "pageToken")
    assert error["reason"] == "pageToken is not a number or is less than 0."


@pytest.mark.parametrize("path", both("LIST-400-sort"))
@pytest.mark.parametrize("sort", ["id", "", "id:asc:desc", "::"])
async def test_sort_has_exactly_one_colon(api: Steps, path: str, sort: str) -> None:
    answer = await api.get(path, params={"sort": sort})
    assert (answer.status_code, answer.json()["type"]) == (400, "syntaxError")


@pytest.mark.parametrize("path", both("LIST-400-direction"))
@pytest.mark.parametrize("sort", ["id:up", "id:", "id: asc"])
async def test_sort_goes_up_or_down(api: Steps, path: str, sort: str) -> None:
    answer = await api.get(path, params={"sort": sort})
    assert (answer.status_code, answer.json()["type"]) == (400, "invalidValue")


@pytest.mark.parametrize("path", both("LIST-400-field"))
@pytest.mark.parametrize(
    "query",
    [
        {"filter[nothing]": "1"},
        {"filter_eq[]": "1"},
        {"filter": "1"},
        {"filter[options.zipType]": "zip"},
        {"filter[templateName]": "x"},
        {"filter[usedBy]": "x"},
        {"sort": "nothing:asc"},
        {"sort": ":asc"},
        {"sort": "targetDirectory:asc"},
    ],
)
async def test_other_fields_are_unknown(api: Steps, path: str, query: dict[str, str]) -> None:
    answer = await api.get(path, params=query)
    assert (answer.status_code, answer.json()["type"]) == (400, "unknownDataField")
    assert answer.json()["reason"] == "A filter or sort field is invalid."


@pytest.mark.parametrize("path", both("LIST-400-op"))
@pytest.mark.parametrize("name", ["filter_is[id]", "filter_GTE[id]", "filter_[id]"])
async def test_other_operators_are_unknown(api: Steps, path: str, name: str) -> None:
    answer = await api.get(path, params={name: "1"})
    assert (answer.status_code, answer.json()["type"]) == (400, "unknownOperation")


@pytest.mark.parametrize("path", both("LIST-400-filtervalue"))
@pytest.mark.parametrize("query", [{"filter[id]": "one"}, {"filter_gt[createdAt]": "yesterday"}])
async def test_a_filter_value_has_its_fields_type(api: Steps, path: str, query: dict[str, str]) -> None:
    answer = await api.get(path, params=query)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalidCharacters")
    assert answer.json()["field"] == next(iter(query)).partition("[")[2][:-1]


@pytest.mark.parametrize(
    "query",
    [
        {"filter[active]": "yes"},
        {"filter[exportStatus]": "done"},
        {"filter_in[exportStatus]": "idle,"},
        {"filter[templateId]": ""},
    ],
)
async def test_a_filter_value_of_a_feed_is_one_that_it_can_have(api: Steps, query: dict[str, str]) -> None:
    assert rule_of(await api.get("/datafeeds", params=query)) == (400, "DF-LIST-400-filtervalue")


# What is selected, and in which order


@pytest.mark.rule("DF-LIST-filterfields")
@pytest.mark.parametrize("field", FEED_FILTERS)
async def test_feeds_can_be_filtered_by_each_of_the_documents_fields(api: Steps, field: str) -> None:
    found = await api.get("/datafeeds", params={f"filter[{field}]": FEED_FILTERS[field]})
    assert 1 in ids(found)
    others = await api.get("/datafeeds", params={f"filter_neq[{field}]": FEED_FILTERS[field]})
    assert sorted(ids(found) + ids(others)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.rule("DFT-LIST-filterfields")
@pytest.mark.parametrize("field", TEMPLATE_FILTERS)
async def test_templates_can_be_filtered_by_each_of_the_documents_fields(api: Steps, field: str) -> None:
    found = await api.get(LISTS["DFT"], params={f"filter_like[{field}]": TEMPLATE_FILTERS[field]})
    assert ids(found) == [2]


async def test_several_filters_must_all_hold(api: Steps) -> None:
    query = {"filter[templateId]": "1", "filter_like[name]": "place"}
    assert ids(await api.get("/datafeeds", params=query)) == [4]


@pytest.mark.rule("DF-LIST-sortfields")
@pytest.mark.parametrize("field", [name for name in FEED_FILTERS if name != "targetDirectory"])
async def test_feeds_can_be_sorted_by_each_of_the_documents_fields(api: Steps, field: str) -> None:
    rows = (await api.get("/datafeeds", params={"sort": f"{field}:asc"})).json()["items"]
    assert [row["id"] for row in rows] == [
        row["id"] for row in sorted(rows, key=lambda row: (row[field], row["id"]))
    ]
    down = (await api.get("/datafeeds", params={"sort": f"{field}:DESC"})).json()["items"]
    assert [row[field] for row in down] == [row[field] for row in reversed(rows)]


@pytest.mark.rule("DFT-LIST-sortfields")
@pytest.mark.parametrize("field", TEMPLATE_FILTERS)
async def test_templates_can_be_sorted_by_each_of_the_documents_fields(api: Steps, field: str) -> None:
    rows = (await api.get(LISTS["DFT"], params={"sort": f"{field}:asc"})).json()["items"]
    assert rows == sorted(rows, key=lambda row: row[field])
    assert ids(await api.get(LISTS["DFT"], params={"sort": f"{field}:desc"})) == [
        row["id"] for row in reversed(rows)
    ]


async def test_other_parameters_are_ignored(api: Steps) -> None:
    assert (await api.get("/datafeeds", params={"page": "2", "filters": "x"})).json()["totalCount"] == 6


async def test_a_list_of_thousands_is_paged_the_same(api: Steps) -> None:
    await import_feeds(api, 2500)
    query = {"filter_gte[id]": "100", "sort": "name:desc", "size": "2", "pageToken": "1"}
    page = (await api.get("/datafeeds", params=query)).json()
    assert [row["name"] for row in page["items"]] == ["Feed 998", "Feed 997"]
    assert (page["totalCount"], page["nextPageToken"]) == (2500, "3")


# The code against a model

RULES = ListRules(field="field", operator="op", value="value", direction="direction")
FIELDS = {
    field.path: field
    for field in (
        Field("id", FieldType.INTEGER),
        Field("active", FieldType.BOOLEAN),
        Field("name", FieldType.STRING, choices=("a", "b", "B", "")),
        Field("at", FieldType.TIME, blank=True),
        Field("tags", FieldType.ARRAY, element=FieldType.STRING),
    )
}
LISTING = Listing(FIELDS, FIELDS, RULES)
TIMES = st.sampled_from(
    [
        "",
        "2025-02-04T15:05:24.000Z",
        "2025-02-04T15:05:24Z",
        "2025-02-04T16:05:24+01:00",
        "2026-01-01T00:00:00Z",
    ]
)
NAMES = st.sampled_from(["a", "b", "B", ""])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 50),
            "active": st.booleans(),
            "name": NAMES,
            "at": TIMES,
            "tags": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        }
    ),
    max_size=25,
    unique_by=lambda row: row["id"],
)
FILTERS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["filter", "filter_eq", "filter_gt", "filter_lte"]),
            st.just("id"),
            st.integers(0, 51),
        ),
        st.tuples(
            st.sampled_from(["filter", "filter_neq"]), st.just("active"), st.sampled_from(["true", "0"])
        ),
        st.tuples(st.sampled_from(["filter", "filter_neq", "filter_in"]), st.just("name"), NAMES),
        st.tuples(st.sampled_from(["filter", "filter_gt"]), st.just("at"), TIMES.filter(bool)),
        st.tuples(st.sampled_from(["filter", "filter_notIn"]), st.just("tags"), st.sampled_from(["x", "y"])),
    ),
    max_size=2,
)


def moment(text: str) -> float:
    return parse_instant(text) if text else float("-inf")


def model_accepts(row: dict[str, Any], name: str, path: str, text: str) -> bool:
    value = row[path]
    if path == "tags":
        return (text in value) != (name == "filter_notIn")
    if path == "at":
        return moment(value) > moment(text) if name == "filter_gt" else moment(value) == moment(text)
    wanted = {"id": int, "active": lambda text: text == "true"}.get(path, str)(text)
    return {
        "filter_gt": lambda: value > wanted,
        "filter_lte": lambda: value <= wanted,
        "filter_neq": lambda: value != wanted,
    }.get(name, lambda: value == wanted)()


@given(
    rows=ROWS,
    filters=FILTERS,
    field=st.sampled_from(sorted(FIELDS)),
    down=st.booleans(),
    size=st.integers(1, 10),
    token=st.integers(0, 30),
)
def test_a_page_is_a_slice_of_the_sorted_selection(
    rows: list[dict[str, Any]],
    filters: list[tuple[str, str, Any]],
    field: str,
    down: bool,
    size: int,
    token: int,
) -> None:
    query = [(f"{name}[{path}]", str(value)) for name, path, value in filters]
    question = LISTING.ask(query, f"{field}:{'desc' if down else 'asc'}", size, token)
    chosen = [row for row in rows if all(model_accepts(row, n, p, str(v)) for n, p, v in filters)]
    by_id = sorted(chosen, key=lambda row: row["id"])
    whole = sorted(by_id, key=lambda row: moment(row["at"]) if field == "at" else row[field], reverse=down)
    page = question.page_of(iter(rows))
    assert page["items"] == whole[token : token + size]
    assert page["totalCount"] == len(whole)
    assert page["endReached"] is (token + size >= len(whole))
    assert page["nextPageToken"] == ("" if page["endReached"] else str(token + size))


@given(rows=ROWS, field=st.sampled_from(sorted(FIELDS)), down=st.booleans(), size=st.integers(1, 7))
def test_following_the_tokens_gives_each_record_once(
    rows: list[dict[str, Any]], field: str, down: bool, size: int
) -> None:
    seen: list[int] = []
    token = "0"
    while token:
        page = LISTING.ask([], f"{field}:{'desc' if down else 'asc'}", size, int(token)).page_of(rows)
        seen += [row["id"] for row in page["items"]]
        token = page["nextPageToken"]
    assert sorted(seen) == sorted(row["id"] for row in rows)


WORDS = st.text(max_size=8).map(lambda text: text.replace(":", ""))


@given(WORDS, WORDS)
def test_other_orders_are_refused_by_a_rule(field: str, direction: str) -> None:
    with pytest.raises(Rule) as refusal:
        LISTING.ask([], f"{field}?:{direction}", 1, 0)
    assert refusal.value.rule_id == "field"
    with pytest.raises(Rule) as refusal:
        LISTING.ask([], f"id:{direction}?", 1, 0)
    assert refusal.value.rule_id == "direction"
