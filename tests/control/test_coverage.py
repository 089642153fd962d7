"""What clients have met of the contract, as reports and as a bar for a build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from click.testing import CliRunner

from mockserver.app import SPECIFICATIONS, MockServer
from mockserver.cli import main
from mockserver.contract.goals import goals_of
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client, rule_of
from tests.running import run_server

REPORT = "specification=websale-report"


async def coverage(client: httpx.AsyncClient, query: str = REPORT) -> dict[str, Any]:
    """Return the report as JSON."""
    answer = await client.get(f"/_mock/coverage?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def operation_of(report: dict[str, Any], title: str) -> dict[str, Any]:
    """Return what a report says of one operation."""
    found: dict[str, Any] = next(one for one in report["operations"] if one["operation"] == title)
    return found


async def test_nothing_is_met_in_a_world_without_calls(client: httpx.AsyncClient, world: str) -> None:
    report = await coverage(client)
    assert (report["world"], report["met"], report["percent"]) == (world, 0, 0)
    assert report["shares"]["operations"] == {"met": 0, "total": len(report["operations"]), "percent": 0}


async def test_a_call_meets_operation_parameters_status_and_rule(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.post("/report/order/start?format=tsv&filter[id][eq]=1")
    await api.post("/report/order/start")
    start = operation_of(
        await coverage(client, f"{REPORT}&evidence=convention"), "POST report/{service}/start"
    )
    assert start["calls"] == 2
    assert {one["name"] for one in start["parameters"] if one["met"]} >= {"path service", "query format"}
    assert {one["status"]: one["count"] for one in start["statuses"]} == {200: 1, 400: 1, 401: 0, 503: 0}
    assert {one["id"]: one["count"] for one in start["rules"]}["REP-START-400-format"] == 1


async def test_parameters_in_headers_and_bodies_are_met(client: httpx.AsyncClient) -> None:
    headers = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    await client.get("/report/1", headers=headers)
    await client.post("/token", data={"grant_type": "refresh_token"})
    report = await coverage(client, "specification=foxy&evidence=convention")
    parameters = {one["name"]: one["met"] for one in operation_of(report, "GET report/{id}")["parameters"]}
    assert parameters["header FOXY-API-VERSION"]
    assert not parameters["header If-None-Match"]
    assert {one["name"]: one["met"] for one in operation_of(report, "POST token")["parameters"]}["body"]


async def test_an_error_on_purpose_is_met_too(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/report/order/pause", headers={"Prefer": "example=REP-PAUSE-503-stop"})
    await client.post("/_mock/faults", json={"rule": "REP-PAUSE-503-redis-read", "times": 1})
    await api.post("/report/order/pause")
    pause = operation_of(await coverage(client), "POST report/{service}/pause")
    met = {one["id"] for one in pause["rules"] if one["count"]}
    assert met == {"REP-PAUSE-503-stop", "REP-PAUSE-503-redis-read"}


async def test_several_rules_of_one_answer_are_met_each(client: httpx.AsyncClient) -> None:
    headers = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    await client.post("/stores/1/reports", json={}, headers=headers)
    report = await coverage(client, "specification=foxy&evidence=convention")
    met = {one["id"] for one in operation_of(report, "POST stores/{id}/reports")["rules"] if one["count"]}
    assert {"FOXY-NAME-REQ", "FOXY-START-REQ", "FOXY-END-REQ"} <= met


async def test_misuse_of_the_mock_meets_nothing(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status", headers={"Prefer": "code=418"})
    assert (await coverage(client))["shares"]["statuses"]["met"] == 0


async def test_rules_of_all_operations_are_met_by_unknown_paths(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.get("/nothing")
    rules = (await coverage(client, f"{REPORT}&evidence=convention"))["rules"]
    assert {one["id"]: one["count"] for one in rules}["COM-404-path"] == 1


async def test_only_what_was_called_can_be_counted(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status")
    report = await coverage(client, "used=true")
    assert [one["operation"] for one in report["operations"]] == ["GET report/{service}/status"]
    assert report["shares"]["operations"]["percent"] == 100


async def test_what_is_known_worse_can_be_counted_too(client: httpx.AsyncClient) -> None:
    totals = [
        (await coverage(client, f"evidence={evidence}"))["total"]
        for evidence in ("documented", "inferred", "convention")
    ]
    assert totals == sorted(totals)
    assert (await coverage(client, ""))["total"] == totals[0]


async def test_all_worlds_are_counted_those_that_are_no_more_too() -> None:
    app = MockServer(Settings())
    for world in ("one", "two"):
        async with make_client(app, **{"X-Mock-World": world}) as client:
            await client.get(f"{API}/report/{world}/status")
            await client.post("/_mock/reset")
            await client.get(f"{API}/report/order/status")
            report = await coverage(client)
            assert (report["world"], operation_of(report, "GET report/{service}/status")["calls"]) == (
                world,
                1,
            )
    async with make_client(app) as client:
        await client.delete("/_mock/worlds/one")
        report = await coverage(client, f"{REPORT}&world=*")
        status = operation_of(report, "GET report/{service}/status")
        assert (report["world"], status["calls"]) == ("*", 4)
        assert {one["status"]: one["count"] for one in status["statuses"]} == {200: 2, 400: 2, 401: 0, 503: 0}


async def test_counting_can_begin_anew() -> None:
    async with make_client(MockServer(Settings())) as client:
        await client.get(f"{API}/report/order/status")
        await client.post("/_mock/reset")
        await client.get(f"{API}/report/order/status")
        assert (await client.delete("/_mock/coverage")).status_code == 204
        assert ((await coverage(client))["met"], (await coverage(client, "world=*"))["met"]) == (0, 3)
        assert (await client.delete("/_mock/coverage?world=*")).status_code == 204
        assert (await coverage(client, "world=*"))["met"] == 0


async def test_coverage_is_counted_without_a_journal_too() -> None:
    async with make_client(MockServer(Settings(journal=0))) as client:
        await client.get(f"{API}/report/order/status")
        assert (await coverage(client))["met"] == 3


async def test_the_report_as_text_says_what_is_missing(
    api: Steps, client: httpx.AsyncClient, world: str
) -> None:
    await api.get("/report/order/status")
    text = (await client.get(f"/_mock/coverage?{REPORT}&format=text")).text
    assert text.startswith(f"The clients of the world {world} have met ")
    assert "POST report/{service}/pause: never called" in text
    assert "  REP-STATUS-503-redis: Redis did not return a status." in text
    assert "  statuses not met: 400, 401, 503" in text


async def test_the_report_in_markdown_is_made_of_tables(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status")
    text = (await client.get(f"/_mock/coverage?{REPORT}&format=markdown")).text
    share = (await coverage(client))["shares"]["operations"]
    assert f"| operations | 1 | {share['total']} | {share['percent']:g} |" in text
    assert "| GET report/{service}/status | 1 |  | 400, 401, 503 |" in text


async def test_the_report_as_test_results_skips_what_is_missing(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.get("/report/order/status")
    report = await coverage(client)
    root = ElementTree.fromstring((await client.get(f"/_mock/coverage?{REPORT}&format=junit")).text)
    assert (root.get("tests"), root.get("skipped")) == (
        str(report["total"]),
        str(report["total"] - report["met"]),
    )
    assert [suite.get("name") for suite in root] == ["websale-report"]
    cases = {(case.get("classname"), case.get("name")): case for case in root.iter("testcase")}
    place = "websale-report.GET report/{service}/status"
    assert cases[place, "status 200"].find("skipped") is None
    assert cases[place, "status 503"].find("skipped") is not None


@pytest.mark.rule("MOCK-400-parameter")
@pytest.mark.parametrize(
    "query", ["specification=mock-control", "evidence=guessed", "format=pdf", "used=maybe"]
)
async def test_a_report_that_there_is_not_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert rule_of(await client.get(f"/_mock/coverage?{query}")) == (400, "MOCK-400-parameter")


async def test_all_worlds_are_no_world(client: httpx.AsyncClient) -> None:
    assert rule_of(await client.get("/_mock/jobs?world=*")) == (400, "MOCK-400-parameter")


def test_every_goal_is_of_a_vendor_and_has_a_specification(shared_app: MockServer) -> None:
    goals = goals_of(shared_app.server.contract)
    assert all(goal.specifications for goal in goals)
    assert {name for goal in goals for name in goal.specifications} == set(SPECIFICATIONS) - {"mock-control"}
    assert not [goal for goal in goals if goal.kind == "rule" and goal.name.startswith("MOCK-")]
    assert len({(goal.kind, goal.operation, goal.name) for goal in goals}) == len(goals)


def test_every_specification_can_be_asked_for(shared_app: MockServer) -> None:
    document = shared_app.server.contract.specifications["mock-control"].document
    assert document["components"]["schemas"]["VendorSpecification"]["enum"] == SPECIFICATIONS[:-1]


# The command


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["coverage", *arguments])
    return result.exit_code, result.output


def test_a_build_can_demand_that_enough_was_met(tmp_path: Path) -> None:
    with run_server(tmp_path, "--no-access-log", "--control-token", "t0ken") as server:
        headers = {"X-Authorization": "Bearer admin-token", "X-Mock-World": "somewhere"}
        httpx.get(f"{server.url}{API}/report/order/status", headers=headers).raise_for_status()
        asked = ("--url", server.url, "--specification", "websale-report", "--control-token", "t0ken")
        code, text = invoke(*asked)
        assert code == 0
        assert re.search(r"operations  [\d.]+ % \(1 of \d+\)", text)
        assert invoke(*asked, "--min", "1", "--min", "operations=100", "--used")[0] == 0
        code, text = invoke(*asked, "--min", "80", "--min", "operations=100", "--used")
        assert code == 1
        assert "of the contract were met" in text
        assert "operations were met" not in text
        code, text = invoke(*asked, "--min", "rules=1")
        assert code == 1
        assert "0 % of the rules were met" in text
        file = tmp_path / "coverage.xml"
        assert invoke(*asked, "--format", "junit", "--output", str(file))[0] == 0
        assert ElementTree.parse(file).getroot().tag == "testsuites"
        code, text = invoke("--url", server.url)
        assert code == 2
        assert "answers 401" in text


@pytest.mark.parametrize("bar", ["much", "101", "-1", "calls=3"])
def test_a_bar_that_makes_no_sense_is_refused(bar: str) -> None:
    code, text = invoke("--min", bar)
    assert code == 2
    assert "is not like 80, or rules=90" in text


def test_a_server_that_does_not_answer_cannot_be_asked() -> None:
    code, text = invoke("--url", "http://127.0.0.1:9")
    assert code == 2
    assert "http://127.0.0.1:9/_mock/coverage" in text
