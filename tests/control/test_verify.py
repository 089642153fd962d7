"""Verification of what was called."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client, rule_of
from tests.control.conftest import verify

START = "POST report/{service}/start"


async def test_calls_are_verified_by_number(called: httpx.AsyncClient) -> None:
    for times, verified in ((1, True), (2, False), (0, False), ({"atLeast": 1}, True), ({"atMost": 1}, True)):
        verdict = await verify(called, operation=START, times=times)
        assert (verdict["verified"], verdict["count"], verdict["evicted"]) == (verified, 1, False)
    assert (await verify(called, operation=START))["verified"]
    assert (await verify(called, method="DELETE", times=0))["verified"]


@pytest.mark.parametrize(
    ("expected", "ids"),
    [
        ({"method": "POST", "path": f"{API}/report/order/start"}, ["1"]),
        ({"parameters": {"service": "order"}}, ["1", "3"]),
        ({"query": {"format": {"matches": "j*"}}}, ["1"]),
        ({"query": {"format": {"absent": True}}}, ["2", "3", "4"]),
        ({"headers": {"X-Authorization": "Bearer [redacted]"}}, ["1", "2", "3", "4"]),
        ({"headers": {"X-Authorization": {"contains": "admin"}}}, []),
        ({"principal": "reader"}, ["3"]),
        ({"status": 404}, ["2"]),
        ({"status": "4xx"}, ["2", "4"]),
        ({"rule": "REP-PAUSE-404", "after": "1"}, ["2"]),
        ({"since": "2030-01-01T00:00:20Z"}, ["3", "4"]),
    ],
)
async def test_what_matches_is_named(
    called: httpx.AsyncClient, expected: dict[str, Any], ids: list[str]
) -> None:
    assert (await verify(called, **expected))["matches"] == ids


async def test_bodies_are_matched_as_json_forms_and_text(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/login", json={"userName": "admin", "password": "x", "n": [1, {"a": 2}]})
    await client.post("/token", data={"grant_type": "refresh_token", "client_id": "foxy-client"})
    for body, ids in (
        ({"contains": {"n": [{"a": 2}]}}, ["1"]),
        ({"contains": {"n": [{"a": 3}]}}, []),
        ({"contains": {"grant_type": "refresh_token"}}, ["2"]),
        ({"equals": {"grant_type": "refresh_token", "client_id": "foxy-client"}}, ["2"]),
        ({"text": {"contains": "userName"}}, ["1"]),
        ({"contains": {"password": "x"}}, []),
        ({"contains": {"password": "[redacted]"}}, ["1"]),
    ):
        assert (await verify(client, body=body))["matches"] == ids, body


async def test_near_misses_say_what_was_different(called: httpx.AsyncClient) -> None:
    verdict = await verify(called, operation=START, query={"format": "csv"})
    assert not verdict["verified"]
    (miss,) = verdict["nearMisses"]
    assert miss["id"] == "1"
    assert miss["differences"] == [{"field": "query.format", "expected": "csv", "actual": "json"}]


async def test_an_order_is_verified(called: httpx.AsyncClient) -> None:
    start, status = {"operation": "startReport"}, {"method": "GET"}
    assert (await verify(called, order=[start, status, status]))["verified"]
    verdict = await verify(called, order=[status, start])
    assert (verdict["verified"], verdict["count"]) == (False, 1)
    assert "not after request 3" in verdict["explanation"]
    assert not (await verify(called, status=200, order=[start, {"status": "4xx"}]))["verified"]


async def test_evicted_calls_are_not_hidden() -> None:
    async with make_client(MockServer(Settings(journal=2, clock="frozen"))) as client:
        for _ in range(3):
            await client.get(f"{API}/report/order/status")
        never = await verify(client, method="POST", times=0)
        assert (never["verified"], never["count"], never["evicted"]) == (False, 0, True)
        assert (await verify(client, method="GET", times={"atLeast": 2}))["verified"]
        assert (await verify(client, method="POST", times=0, after="1"))["verified"]
        await client.post("/_mock/clock/advance", json={"seconds": 1})
        await client.get(f"{API}/report/order/status")
        now = (await client.get("/_mock/clock")).json()["now"]
        recent = await verify(client, method="GET", times=1, since=now)
        assert (recent["verified"], recent["evicted"]) == (True, False)


@pytest.mark.rule("MOCK-400-body")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"operation": "startReports"}, "operation"),
        ({"order": [{"method": "GET"}, {"operation": "x"}]}, "order.1.operation"),
        ({"rule": "REP-1"}, "rule"),
        ({"times": {"atLeast": 2, "atMost": 1}}, "times"),
        ({"since": "1900-01-01T00:00:00Z"}, "now"),
        ({"times": -1}, None),
        ({"times": 1, "order": [{}]}, None),
        ({"surplus": 1}, None),
        ([], None),
    ],
)
async def test_an_expectation_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: Any, field: str | None
) -> None:
    answer = await client.post("/_mock/requests/verify", json=body)
    assert rule_of(answer) == (400, "MOCK-400-body")
    if field:
        assert answer.json()["field"] == field
