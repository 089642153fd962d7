"""A report's representation, its life, and the link to its file."""

from __future__ import annotations

import re

import pytest

from tests.conftest import BASE_URL, rule_of
from tests.foxy.conftest import CURIES, FoxyClient, messages

KEYS = ["name", "version", "datetime_start", "datetime_end", "status", "date_created", "date_modified"]
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")


def link_of(report: dict) -> str:
    """Return path and query of a report's download link."""
    href: str = report["_links"]["fx:download_url"]["href"]
    return href


@pytest.mark.rule(
    "FOXY-REPORT-GET",
    "FOXY-REP-KEYS",
    "FOXY-REP-NOID",
    "FOXY-REP-SELF",
    "FOXY-REP-USER",
    "FOXY-REP-NOSTORE",
    "FOXY-REP-DL-READY",
    "FOXY-PROP-NAME",
    "FOXY-PROP-VERSION",
    "FOXY-PROP-START",
    "FOXY-PROP-END",
    "FOXY-PROP-STATUS",
    "FOXY-PROP-CREATED",
    "FOXY-PROP-MODIFIED",
)
async def test_report_1_is_the_documented_example(foxy: FoxyClient) -> None:
    report = (await foxy.get("/report/1")).json()
    download = link_of(report)
    assert report == {
        "_links": {
            "curies": CURIES,
            "self": {"href": f"{BASE_URL}/report/1", "title": "This Report"},
            "fx:download_url": {"href": download, "title": "Download This Report"},
            "fx:user": {"href": f"{BASE_URL}/users/1", "title": "This User"},
        },
        "name": "complete",
        "version": "1",
        "datetime_start": "2022-01-01T00:00:00-0800",
        "datetime_end": "2022-01-31T23:59:59-0800",
        "status": "ready",
        "date_created": "2022-03-11T17:38:02-0800",
        "date_modified": "2022-03-11T17:38:38-0800",
    }
    assert list(report) == ["_links", *KEYS]
    assert list(report["_links"]) == ["curies", "self", "fx:download_url", "fx:user"]


@pytest.mark.rule("FOXY-REP-DL-NAME")
async def test_the_file_is_named_after_store_report_and_date_modified(foxy: FoxyClient) -> None:
    link = link_of((await foxy.get("/report/1")).json())
    assert link.partition("?")[0].endswith("/store_1/complete_report.1647049118670.zip")


@pytest.mark.rule("FOXY-REPORT-ALIAS")
async def test_the_plural_path_shows_the_same_report(foxy: FoxyClient) -> None:
    alias = (await foxy.get("/reports/1")).json()
    assert alias == (await foxy.get("/report/1")).json()
    assert alias["_links"]["self"]["href"] == f"{BASE_URL}/report/1"


@pytest.mark.rule("FOXY-REPORT-404")
@pytest.mark.parametrize("path", ["/report/999", "/reports/999", "/report/x", "/report/%0A"])
async def test_an_unknown_report_is_not_found(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get(path)
    assert rule_of(answer) == (404, "FOXY-REPORT-404")
    assert messages(answer) == [f'No route found for "GET {path}"']


@pytest.mark.rule("FOXY-REPORT-WRITE-405")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/report/1", "/reports/1"])
async def test_a_report_cannot_be_written(foxy: FoxyClient, path: str, method: str) -> None:
    answer = await foxy.send(method, path)
    assert rule_of(answer) == (405, "FOXY-REPORT-WRITE-405")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    text = f'No route found for "{method} {path}": Method Not Allowed (Allow: GET, HEAD, OPTIONS)'
    assert messages(answer) == [text]


@pytest.mark.rule("FOXY-LC-ASYNC", "FOXY-LC-MODIFIED", "FOXY-REP-DL-ABSENT", "FOXY-REP-DATES")
async def test_a_report_becomes_ready_after_five_seconds(foxy: FoxyClient) -> None:
    location = await foxy.order()
    await foxy.advance(4.999)
    queued = (await foxy.get(location)).json()
    assert queued["status"] == "queued"
    assert "fx:download_url" not in queued["_links"]
    assert queued["date_modified"] == queued["date_created"]
    await foxy.advance(0.001)
    ready = (await foxy.get(location)).json()
    assert ready["status"] == "ready"
    assert ready["date_created"] == queued["date_created"]
    assert ready["date_modified"] > queued["date_modified"]
    assert all(DATE.fullmatch(ready[key]) for key in KEYS if key.startswith("date"))
    await foxy.advance(1000)
    assert (await foxy.get(location)).json()["date_modified"] == ready["date_modified"]


@pytest.mark.rule("FOXY-LC-ERROR", "FOXY-REP-DL-ABSENT")
async def test_a_report_that_fails_shows_error_and_no_link(foxy: FoxyClient) -> None:
    location = await foxy.order(headers={"Prefer": "profile=failing"})
    await foxy.advance(10)
    report = (await foxy.get(location)).json()
    assert report["status"] == "error"
    assert "fx:download_url" not in report["_links"]
    assert report["date_modified"] > report["date_created"]


async def test_the_world_can_choose_how_reports_unfold(foxy: FoxyClient) -> None:
    await foxy.set_profile(kind="steady", startingSeconds=0, durationSeconds=36)
    location = await foxy.order()
    await foxy.advance(35)
    assert (await foxy.get(location)).json()["status"] == "queued"
    await foxy.advance(1)
    assert (await foxy.get(location)).json()["status"] == "ready"


async def test_a_report_can_move_by_being_asked_for(foxy: FoxyClient) -> None:
    location = await foxy.order(headers={"Prefer": "profile=polls"})
    shown = [(await foxy.get(location)).json()["status"] for _ in range(4)]
    assert shown == ["queued", "queued", "ready", "ready"]


async def test_reports_do_not_replace_one_another(foxy: FoxyClient) -> None:
    first, second = await foxy.order(), await foxy.order(name="customers")
    await foxy.advance(5)
    assert [(await foxy.get(each)).json()["status"] for each in (first, second)] == ["ready", "ready"]


async def test_a_report_of_no_days_takes_its_time_too(foxy: FoxyClient) -> None:
    location = await foxy.order(datetime_start="1999-01-01", datetime_end="1999-01-02")
    assert (await foxy.get(location)).json()["status"] == "queued"
    await foxy.advance(5)
    assert (await foxy.get(location)).json()["status"] == "ready"


async def test_setting_the_clock_back_does_not_change_what_is_shown(foxy: FoxyClient) -> None:
    report = await foxy.ready()
    await foxy.set_clock("2024-01-01T00:00:00Z")
    again = (await foxy.get(report["_links"]["self"]["href"])).json()
    assert again["date_modified"] == report["date_modified"]


@pytest.mark.rule("FOXY-DOWNLOAD-GET")
async def test_a_link_needs_no_token_no_version_and_no_header(foxy: FoxyClient) -> None:
    link = link_of(await foxy.ready())
    request = foxy.client.build_request("GET", link)
    for header in ("authorization", "foxy-api-version", "x-mock-world"):
        del request.headers[header]
    answer = await foxy.client.send(request)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content.startswith(b"PK")
    assert (
        answer.headers["content-disposition"]
        == f'attachment; filename="{link.partition("?")[0].split("/")[-1]}"'
    )


@pytest.mark.rule("FOXY-LINK-600", "FOXY-DOWNLOAD-EXPIRED")
async def test_a_link_works_for_ten_minutes(foxy: FoxyClient) -> None:
    link = link_of((await foxy.get("/report/1")).json())
    await foxy.advance(599.999)
    assert (await foxy.get(link)).status_code == 200
    await foxy.advance(0.001)
    answer = await foxy.get(link)
    assert rule_of(answer) == (403, "FOXY-DOWNLOAD-EXPIRED")
    assert messages(answer) == ["This download link has expired or is invalid."]


@pytest.mark.rule("FOXY-LINK-RENEW-ITEM")
async def test_get_of_the_report_gives_a_fresh_link_and_the_old_one_runs_on(foxy: FoxyClient) -> None:
    old = link_of((await foxy.get("/report/1")).json())
    await foxy.advance(300)
    fresh = link_of((await foxy.get("/report/1")).json())
    assert fresh != old
    assert (await foxy.get(old)).status_code == 200
    await foxy.advance(300)
    assert (await foxy.get(old)).status_code == 403
    assert (await foxy.get(fresh)).status_code == 200


@pytest.mark.rule("FOXY-LINK-RENEW-LIST")
async def test_get_of_the_collection_gives_fresh_links(foxy: FoxyClient) -> None:
    await foxy.ready()
    await foxy.advance(600)
    rows = (await foxy.get("/stores/1/reports")).json()["_embedded"]["fx:reports"]
    assert [(await foxy.get(link_of(row))).status_code for row in rows] == [200, 200]


@pytest.mark.rule("FOXY-DOWNLOAD-EXPIRED")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("report=1", "report=2"),
        ("expires=6", "expires=9"),
        ("store_1", "store_2"),
        ("complete_report", "customers_report"),
        ("signature=", "signature=0"),
        ("&signature=", "&unsigned="),
    ],
)
async def test_a_link_that_was_altered_is_refused(foxy: FoxyClient, old: str, new: str) -> None:
    link = link_of((await foxy.get("/report/1")).json())
    assert rule_of(await foxy.get(link.replace(old, new))) == (403, "FOXY-DOWNLOAD-EXPIRED")


async def test_a_link_of_another_world_is_refused(foxy: FoxyClient, world: str) -> None:
    link = link_of((await foxy.get("/report/1")).json())
    assert (await foxy.get(link.replace(f"/w/{world}", "/w/elsewhere"))).status_code == 403


async def test_two_reports_that_are_ready_at_once_have_files_of_their_own(foxy: FoxyClient) -> None:
    january = await foxy.order()
    february = await foxy.order(datetime_start="2022-02-01", datetime_end="2022-02-28 23:59:59")
    await foxy.advance(5)
    for location, month in ((january, "2022-01"), (february, "2022-02")):
        rows = (await foxy.download((await foxy.get(location)).json()))["transactions.csv"]
        assert {row["transaction_date"][:7] for row in rows} == {month}
