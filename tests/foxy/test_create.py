"""Ordering a report: what is accepted, what is refused, and how."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conftest import BASE_URL, rule_of
from tests.foxy.conftest import CURIES, JANUARY, FoxyClient, messages

XML = (
    "<report><name>complete</name><datetime_start>2022-01-01 00:00:00</datetime_start>"
    "<datetime_end>2022-01-31 23:59:59</datetime_end></report>"
)


async def send(foxy: FoxyClient, content: bytes | str, content_type: str = "") -> httpx.Response:
    """POST a body as it is."""
    headers = {"Content-Type": content_type} if content_type else {}
    return await foxy.send("POST", "/stores/1/reports", content=content, headers=headers)


@pytest.mark.rule(
    "FOXY-REPORTS-POST-201",
    "FOXY-REPORTS-POST-LOCATION",
    "FOXY-REPORTS-POST-BODY",
    "FOXY-REPORTS-POST-LINKS",
)
async def test_a_new_report_is_answered_with_its_links_and_a_message(foxy: FoxyClient) -> None:
    answer = await foxy.post()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{BASE_URL}/report/3"
    assert answer.json() == {
        "_links": {
            "curies": CURIES,
            "self": {"href": f"{BASE_URL}/report/3", "title": "This Report"},
            "fx:user": {"href": f"{BASE_URL}/users/1", "title": "This User"},
        },
        "message": "report 3 created successfully.",
    }


@pytest.mark.rule("FOXY-INIT-QUEUED")
async def test_a_new_report_is_queued(foxy: FoxyClient) -> None:
    assert (await foxy.get(await foxy.order())).json()["status"] == "queued"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("complete", marks=pytest.mark.rule("FOXY-NAME-COMPLETE")),
        pytest.param("customers", marks=pytest.mark.rule("FOXY-NAME-CUSTOMERS")),
        pytest.param("customers_ltv", marks=pytest.mark.rule("FOXY-NAME-CUSTOMERS-LTV")),
        pytest.param("transactions", marks=pytest.mark.rule("FOXY-NAME-TRANSACTIONS")),
    ],
)
async def test_every_name_can_be_ordered(foxy: FoxyClient, name: str) -> None:
    assert (await foxy.get(await foxy.order(name=name))).json()["name"] == name


@pytest.mark.rule("FOXY-VERSION-EMPTY")
@pytest.mark.parametrize("version", [..., None, ""])
async def test_without_a_version_the_report_has_the_latest(foxy: FoxyClient, version: Any) -> None:
    assert (await foxy.get(await foxy.order(version=version))).json()["version"] == "1"


@pytest.mark.rule("FOXY-VERSION-1", "FOXY-REP-VERSION-STR")
@pytest.mark.parametrize("version", ["1", 1])
async def test_version_1_is_stored_as_a_string(foxy: FoxyClient, version: Any) -> None:
    assert (await foxy.get(await foxy.order(version=version))).json()["version"] == "1"


@pytest.mark.parametrize(
    ("changes", "rule", "texts"),
    [
        pytest.param(
            {"name": ...}, "FOXY-NAME-REQ", ["name can't be blank"], marks=pytest.mark.rule("FOXY-NAME-REQ")
        ),
        ({"name": None}, "FOXY-NAME-REQ", ["name can't be blank"]),
        ({"name": ""}, "FOXY-NAME-REQ", ["name can't be blank"]),
        pytest.param(
            {"name": "sales"},
            "FOXY-NAME-ENUM",
            ["name is not included in the list"],
            marks=pytest.mark.rule("FOXY-NAME-ENUM", "FOXY-ERR-400"),
        ),
        ({"name": 7}, "FOXY-NAME-ENUM", ["name is not included in the list"]),
        ({"name": "Complete"}, "FOXY-NAME-ENUM", ["name is not included in the list"]),
        pytest.param(
            {"version": "2"},
            "FOXY-VERSION-BAD",
            ["version is not included in the list"],
            marks=pytest.mark.rule("FOXY-VERSION-BAD"),
        ),
        ({"version": True}, "FOXY-VERSION-BAD", ["version is not included in the list"]),
        ({"version": "x" * 50}, "FOXY-VERSION-BAD", ["version is not included in the list"]),
        pytest.param(
            {"version": "1" * 51},
            "FOXY-VERSION-LEN, FOXY-VERSION-BAD",
            ["version is too long (maximum is 50 characters)", "version is not included in the list"],
            marks=pytest.mark.rule("FOXY-VERSION-LEN"),
        ),
        pytest.param(
            {"datetime_start": ...},
            "FOXY-START-REQ",
            ["datetime_start can't be blank"],
            marks=pytest.mark.rule("FOXY-START-REQ"),
        ),
        pytest.param(
            {"datetime_end": ""},
            "FOXY-END-REQ",
            ["datetime_end can't be blank"],
            marks=pytest.mark.rule("FOXY-END-REQ"),
        ),
        pytest.param(
            {"datetime_start": "yesterday"},
            "FOXY-DT-BAD",
            ["datetime_start can't be blank"],
            marks=pytest.mark.rule("FOXY-DT-BAD"),
        ),
        ({"datetime_end": "2022-02-30 00:00:00"}, "FOXY-DT-BAD", ["datetime_end can't be blank"]),
        ({"datetime_end": 20220131}, "FOXY-DT-BAD", ["datetime_end can't be blank"]),
        pytest.param(
            {"name": "", "version": "9", "datetime_start": "x", "datetime_end": None},
            "FOXY-NAME-REQ, FOXY-VERSION-BAD, FOXY-DT-BAD, FOXY-END-REQ",
            [
                "name can't be blank",
                "version is not included in the list",
                "datetime_start can't be blank",
                "datetime_end can't be blank",
            ],
            marks=pytest.mark.rule("FOXY-MULTI-ERR"),
        ),
    ],
)
async def test_each_failure_is_an_entry(
    foxy: FoxyClient, changes: dict[str, Any], rule: str, texts: list[str]
) -> None:
    answer = await foxy.post(**changes)
    assert rule_of(answer) == (400, rule)
    assert messages(answer) == texts


@pytest.mark.rule("FOXY-ERR-SHAPE")
async def test_an_error_counts_and_numbers_its_entries(foxy: FoxyClient) -> None:
    answer = await foxy.post(name="", version="2")
    assert answer.json() == {
        "total": 2,
        "_links": {"curies": CURIES},
        "_embedded": {
            "fx:errors": [
                {"logref": "id-1", "message": "name can't be blank"},
                {"logref": "id-2", "message": "version is not included in the list"},
            ]
        },
    }
    assert answer.headers["content-type"] == "application/hal+json"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param(
            "2022-01-01 10:20:30", "2022-01-01T10:20:30-0800", marks=pytest.mark.rule("FOXY-DT-SPACE")
        ),
        pytest.param("2022-01-01T10:20:30", "2022-01-01T10:20:30-0800", marks=pytest.mark.rule("FOXY-DT-T")),
        pytest.param(
            "2022-01-01T10:20:30+0300", "2022-01-01T10:20:30-0800", marks=pytest.mark.rule("FOXY-DT-OFFSET")
        ),
        ("2022-01-01T10:20:30-08:00", "2022-01-01T10:20:30-0800"),
        ("2022-01-01T10:20:30.999Z", "2022-01-01T10:20:30-0800"),
        ("2022-01-01 10:20", "2022-01-01T10:20:00-0800"),
        pytest.param("2022-01-01", "2022-01-01T00:00:00-0800", marks=pytest.mark.rule("FOXY-DT-DATEONLY")),
        pytest.param("2022-07-01", "2022-07-01T00:00:00-0700", marks=pytest.mark.rule("FOXY-DT-DST")),
    ],
)
async def test_dates_are_wall_times_of_the_stores_zone(foxy: FoxyClient, sent: str, shown: str) -> None:
    report = (await foxy.get(await foxy.order(datetime_start=sent))).json()
    assert report["datetime_start"] == shown


@pytest.mark.rule("FOXY-DT-ORDER")
async def test_a_period_may_end_before_it_starts_and_its_file_is_empty(foxy: FoxyClient) -> None:
    report = await foxy.ready(datetime_start="2022-02-01", datetime_end="2022-01-01")
    assert all(rows == [] for rows in (await foxy.download(report)).values())


@pytest.mark.rule("FOXY-READONLY")
async def test_properties_that_cannot_be_set_are_ignored(foxy: FoxyClient) -> None:
    location = await foxy.order(status="ready", date_created="2001-01-01T00:00:00-0800", id=77, color="red")
    report = (await foxy.get(location)).json()
    assert location.endswith("/report/3")
    assert report["status"] == "queued"
    assert not report["date_created"].startswith("2001")
    assert "color" not in report


@pytest.mark.rule("FOXY-H-REQ-TYPES")
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (json.dumps(JANUARY), "application/json"),
        (json.dumps(JANUARY), "text/plain;charset=UTF-8"),
        (json.dumps(JANUARY), ""),
        (json.dumps(JANUARY), "application/octet-stream"),
        (str(httpx.QueryParams(JANUARY)), "application/x-www-form-urlencoded"),
        (str(httpx.QueryParams(JANUARY)), "application/octet-stream"),
        (XML, "application/xml"),
        (XML, "application/hal+xml"),
    ],
)
async def test_bodies_come_in_every_form(foxy: FoxyClient, content: str, content_type: str) -> None:
    assert (await send(foxy, content, content_type)).status_code == 201


@pytest.mark.rule("FOXY-H-REQ-TYPES")
async def test_bodies_come_as_multipart(foxy: FoxyClient) -> None:
    files = {name: (None, value) for name, value in JANUARY.items()}
    assert (await foxy.client.post("/stores/1/reports", files=files)).status_code == 201


@pytest.mark.rule("FOXY-ERR-400-JSON")
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("{", "application/json"),
        ("name=complete", "text/plain"),
        ("<report>", "application/xml"),
        ("<order/>", "application/xml"),
        ("name", "multipart/form-data"),
    ],
)
async def test_a_body_that_cannot_be_read_is_said_so(
    foxy: FoxyClient, content: str, content_type: str
) -> None:
    answer = await send(foxy, content, content_type)
    assert rule_of(answer) == (400, "FOXY-ERR-400-JSON")
    assert messages(answer) == ["The request body could not be parsed."]


@pytest.mark.parametrize("content", ["", "[]", "null", '"complete"', "{}"])
async def test_a_body_without_properties_lacks_all_three(foxy: FoxyClient, content: str) -> None:
    answer = await send(foxy, content, "application/json")
    assert rule_of(answer) == (400, "FOXY-NAME-REQ, FOXY-START-REQ, FOXY-END-REQ")


async def test_entities_in_xml_are_not_resolved(foxy: FoxyClient) -> None:
    bomb = '<!DOCTYPE report [<!ENTITY n "complete">]>' + XML.replace(">complete<", ">&n;<")
    assert rule_of(await send(foxy, bomb, "application/xml")) == (400, "FOXY-NAME-REQ")


async def test_a_refused_order_leaves_nothing_behind(foxy: FoxyClient) -> None:
    await foxy.post(name="sales")
    assert (await foxy.get("/stores/1/reports")).json()["total_items"] == "1"


async def test_the_user_of_a_report_is_the_one_of_its_token(foxy: FoxyClient) -> None:
    headers = {"Authorization": "Bearer other-token"}
    answer = await foxy.client.post("/stores/2/reports", json=JANUARY, headers=headers)
    assert answer.json()["_links"]["fx:user"]["href"] == f"{BASE_URL}/users/2"
