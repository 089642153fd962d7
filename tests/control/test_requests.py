"""The journal: what was called, exported, verified; and no secrets in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import API, BASE_URL, Steps, make_client, rule_of
from tests.control.conftest import journal, verify
from tests.running import run_server

START = "POST report/{service}/start"
FOXY = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}


async def test_a_call_is_kept_with_its_answer(api: Steps, client: httpx.AsyncClient, world: str) -> None:
    clock = (await client.get("/_mock/clock")).json()
    answer = await api.post("/report/product/start?format=csv")
    (call,) = await journal(client)
    assert call["id"] == "1"
    assert (call["time"], call["world"]) == (clock["now"], world)
    assert (call["operation"], call["operationId"], call["specification"]) == (
        START,
        "startReport",
        "websale-report",
    )
    assert (call["method"], call["path"]) == ("POST", f"{API}/report/product/start")
    assert (call["status"], call["rule"], call["principal"]) == (200, "", "admin")
    assert call["parameters"] == {"service": "product"}
    assert call["request"]["url"] == f"{BASE_URL}{API}/report/product/start?format=csv"
    assert call["request"]["query"] == [{"name": "format", "value": "csv"}]
    assert {"name": "x-mock-world", "value": world} in call["request"]["headers"]
    assert call["answer"]["body"] == {
        "mediaType": "application/json",
        "text": answer.text,
        "size": len(answer.content),
        "truncated": False,
    }
    assert call["milliseconds"] > 0
    assert call["explanation"] is None


async def test_a_call_is_at_the_time_of_the_worlds_clock(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await api.get("/report/order/status")
    (call,) = await journal(client)
    assert call["time"] == "2030-01-01T00:00:00.000000000Z"
    assert not call["realTime"].startswith("2030")


async def test_control_calls_are_not_in_the_journal(client: httpx.AsyncClient) -> None:
    await client.get("/_mock/clock")
    await client.get("/_mock/nothing")
    await client.get("/%5Fmock/clock")
    assert await journal(client) == []


async def test_worlds_have_journals_of_their_own(
    api: Steps, client: httpx.AsyncClient, shared_app: MockServer
) -> None:
    await api.get("/report/order/status")
    async with make_client(shared_app, **{"X-Mock-World": "journal-of-another"}) as other:
        assert await journal(other) == []


async def test_an_error_answer_links_to_its_entry_which_explains_it(
    api: Steps, client: httpx.AsyncClient, shared_app: MockServer, world: str
) -> None:
    answer = await api.post("/report/orders/start")
    address = answer.links["describedby"]["url"]
    assert address == f"{BASE_URL}/w/{world}/_mock/requests/1"
    async with make_client(shared_app, token=None) as anybody:
        entry = (await anybody.get(address)).json()
    assert (entry["status"], entry["rule"]) == (400, "REP-START-400-service")
    assert "orders" in entry["explain"]
    explanation = entry["explanation"]
    assert explanation["rules"][0]["reason"] == "service is unknown."
    assert "order" in explanation["accepted"]
    assert entry["curl"].startswith(f"curl -X POST {BASE_URL}{API}/report/orders/start")


async def test_the_link_of_the_default_world_has_no_prefix(shared_app: MockServer) -> None:
    async with make_client(MockServer(Settings())) as client:
        for prefix in ("", "/w/default"):
            answer = await client.get(f"{prefix}{API}/report/order/nothing")
            assert answer.links["describedby"]["url"].startswith(f"{BASE_URL}/_mock/requests/")


async def test_a_success_has_no_link(api: Steps) -> None:
    assert "link" not in (await api.get("/report/order/status")).headers


@pytest.mark.parametrize(
    ("method", "path", "body", "accepted"),
    [
        ("GET", f"{API}/report/order/statu", None, ["GET /admin/api/v1/report/{service}/status"]),
        ("GET", f"{API}/report/order/start", None, ["POST"]),
        ("POST", f"{API}/report/order/start?format=pdf", None, ["json", "csv", "xml"]),
        ("POST", f"{API}/login/refresh", {"refreshToken": 1}, ["string"]),
    ],
)
async def test_what_would_have_been_accepted_is_said(
    client: httpx.AsyncClient, method: str, path: str, body: Any, accepted: list[str]
) -> None:
    await client.request(method, path, json=body)
    (call,) = await journal(client)
    assert call["explanation"]["accepted"][: len(accepted)] == accepted


async def test_a_preference_that_cannot_be_met_is_explained_too(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.get("/report/order/status", headers={"Prefer": "code=418"})
    (call,) = await journal(client)
    assert (call["status"], call["rule"]) == (400, "MOCK-400-prefer")
    assert "code=503" in call["explanation"]["accepted"]


async def test_an_ill_formed_world_is_in_the_journal_of_the_default_one() -> None:
    async with make_client(MockServer(Settings())) as client:
        answer = await client.get(f"/w/a%20b{API}/report/order/status")
        assert answer.links["describedby"]["url"] == f"{BASE_URL}/_mock/requests/1"
        assert (await journal(client))[0]["rule"] == "MOCK-400-world"


@pytest.mark.rule("MOCK-404-request")
@pytest.mark.parametrize("id", ["7", "0", "x", "verif", "9" * 30])
async def test_an_unknown_call_is_404(client: httpx.AsyncClient, id: str) -> None:
    assert rule_of(await client.get(f"/_mock/requests/{id}")) == (404, "MOCK-404-request")


@pytest.mark.rule("MOCK-404-request")
async def test_a_call_that_is_gone_is_said_to_be_gone() -> None:
    async with make_client(MockServer(Settings(journal=1))) as client:
        await client.get(f"{API}/report/order/status")
        await client.get(f"{API}/report/order/status")
        answer = await client.get("/_mock/requests/1")
        assert rule_of(answer) == (404, "MOCK-404-request")
        assert "is gone" in answer.json()["detail"]
        assert (await client.get("/_mock/requests")).json()["evicted"] == 1


async def test_without_a_journal_errors_have_no_link_and_nothing_is_kept() -> None:
    async with make_client(MockServer(Settings(journal=0))) as client:
        verdict = await verify(client, operation=START, times=0)
        assert (verdict["verified"], verdict["evicted"]) == (True, False)
        answer = await client.get(f"{API}/report/x/status")
        assert (answer.status_code, "link" in answer.headers) == (400, False)
        kept = (await client.get("/_mock/requests")).json()
        assert (kept["requests"], kept["evicted"]) == ([], 1)
        verdict = await verify(client, operation=START, times=0)
        assert (verdict["verified"], verdict["evicted"]) == (False, True)


# Bodies


async def test_a_request_body_is_kept(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/login", json={"userName": "admin", "more": "ü"})
    (call,) = await journal(client)
    assert json.loads(call["request"]["body"]["text"]) == {"userName": "admin", "more": "ü"}


async def test_of_a_large_body_the_beginning_is_kept(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/login", json={"userName": "ü" * 20_000})
    body = (await journal(client))[0]["request"]["body"]
    assert (body["size"], body["truncated"]) == (40_015, True)
    assert 8_000 < len(body["text"]) < 16_384


async def test_of_what_is_read_as_a_stream_the_first_kib_is_kept(
    api: Steps, client: httpx.AsyncClient
) -> None:
    content = json.dumps([{"id": number} for number in range(1000)]).encode()
    await api.post("/import/order/start?format=json", content=content)
    body = (await journal(client))[0]["request"]["body"]
    assert (body["size"], body["truncated"], len(body["text"])) == (len(content), True, 1024)


async def test_of_what_is_sent_as_a_stream_the_first_kib_is_kept(
    api: Steps, client: httpx.AsyncClient
) -> None:
    started = (await api.post("/report/product/start", headers={"Prefer": "profile=immediate"})).json()
    file = await client.get(urlsplit(started["fileUrl"]).path)
    body = (await journal(client))[-1]["answer"]["body"]
    assert (body["size"], body["truncated"]) == (len(file.content), True)
    assert file.text.startswith(body["text"])
    assert 1020 < len(body["text"].encode()) <= 1024


async def test_a_body_that_was_not_read_is_known_by_its_size(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/report/order/pause", content=b"x" * 50)
    body = (await journal(client))[0]["request"]["body"]
    assert (body["text"], body["size"], body["truncated"]) == ("", 50, True)


async def test_what_is_no_text_is_known_by_its_size(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/login", content=b"\x00\x01\x02")
    body = (await journal(client))[0]["request"]["body"]
    assert (body["text"], body["size"]) == (None, 3)


async def test_an_answer_that_a_fault_takes_away_is_none(api: Steps, client: httpx.AsyncClient) -> None:
    await client.post("/_mock/faults", json={"kind": "reset", "operation": "GET report/{service}/status"})
    with pytest.raises(ConnectionError):
        await api.get("/report/order/status")
    (call,) = await journal(client)
    assert (call["status"], call["answer"]) == (None, None)


# Filters


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        ({}, "1234"),
        ({"operation": START}, "1"),
        ({"operation": "startReport"}, "1"),
        ({"method": "GET"}, "34"),
        ({"path": f"{API}/report/order/start"}, "1"),
        ({"path": "*/report/order?/*"}, "4"),
        ({"rule": "REP-PAUSE-404"}, "2"),
        ({"status": "200"}, "13"),
        ({"status": "4xx"}, "24"),
        ({"principal": "reader"}, "3"),
        ({"since": "2030-01-01T00:00:10Z"}, "234"),
        ({"until": "2030-01-01T01:00:10+01:00"}, "12"),
        ({"since": "2030-01-01T00:00:10Z", "until": "2030-01-01T00:00:20Z", "status": "4xx"}, "2"),
        ({"after": "2"}, "34"),
        ({"limit": "3"}, "234"),
        ({"limit": "2", "after": "1"}, "23"),
        ({"before": "3"}, "12"),
        ({"limit": "2", "before": "4"}, "23"),
        ({"limit": "1", "before": "4", "after": "1"}, "2"),
        ({"limit": "1", "path": "*/report/order/*", "count": "false"}, "3"),
        ({"rule": "COM-404-path"}, ""),
    ],
)
async def test_calls_are_filtered(called: httpx.AsyncClient, criteria: dict[str, str], ids: str) -> None:
    assert "".join(call["id"] for call in await journal(called, **criteria)) == ids


@pytest.mark.parametrize(("count", "total"), [("true", 2), ("false", None)])
async def test_calls_need_not_be_counted(called: httpx.AsyncClient, count: str, total: int | None) -> None:
    answer = await called.get("/_mock/requests", params={"status": "4xx", "limit": 1, "count": count})
    assert ([call["id"] for call in answer.json()["requests"]], answer.json()["total"]) == (["4"], total)


@pytest.mark.rule("MOCK-400-parameter")
@pytest.mark.parametrize(
    ("query", "field", "accepted"),
    [
        ("operation=POST+report/{service}/strat", "operation", START),
        ("rule=REP-PAUSE-405", "rule", "REP-PAUSE-404"),
        ("status=600", "status", None),
        ("since=yesterday", "since", None),
        ("limit=0", "limit", None),
        ("format=xml", "format", None),
    ],
)
async def test_a_filter_that_fits_nothing_there_is_is_refused(
    client: httpx.AsyncClient, query: str, field: str, accepted: str | None
) -> None:
    answer = await client.get(f"/_mock/requests?{query}")
    assert rule_of(answer) == (400, "MOCK-400-parameter")
    assert answer.json()["field"] == field
    if accepted:
        assert answer.json()["accepted"][0] == accepted


async def test_a_journal_can_be_cleared(called: httpx.AsyncClient) -> None:
    assert (await called.delete("/_mock/requests")).status_code == 204
    assert await journal(called) == []
    await called.get(f"{API}/report/order/status")
    assert [call["id"] for call in await journal(called)] == ["5"]


async def test_a_reset_empties_the_journal(called: httpx.AsyncClient) -> None:
    await called.post("/_mock/reset")
    assert await journal(called) == []


# Exports


async def test_calls_are_exported_as_har(called: httpx.AsyncClient, world: str) -> None:
    answer = await called.get("/_mock/requests?format=har")
    assert answer.headers["content-disposition"] == f'attachment; filename="{world}.har"'
    log = answer.json()["log"]
    assert (log["version"], len(log["entries"])) == ("1.2", 4)
    entry = log["entries"][0]
    assert entry["startedDateTime"] == "2030-01-01T00:00:00.000000000Z"
    assert entry["request"]["queryString"] == [{"name": "format", "value": "json"}]
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (200, "OK")
    assert json.loads(entry["response"]["content"]["text"])["status"] == 1
    assert log["entries"][1]["_rule"] == "REP-PAUSE-404"


async def test_one_call_is_exported_too(called: httpx.AsyncClient) -> None:
    assert len((await called.get("/_mock/requests/2?format=har")).json()["log"]["entries"]) == 1
    assert (await called.get("/_mock/requests/2?format=curl")).text.startswith("# 2: POST ")


def test_the_curl_of_a_call_repeats_it(tmp_path: Path) -> None:
    with (
        run_server(tmp_path, "--clock", "frozen", "--no-access-log") as server,
        httpx.Client(base_url=f"{server.url}/w/curl") as client,
    ):
        client.post(f"{API}/login", json={"userName": "admin", "password": "it's wrong"})
        client.post(
            f"{API}/report/product/start?format=csv", headers={"X-Authorization": "Bearer admin-token"}
        )
        command = client.get("/_mock/requests?format=curl").text
        environment = {"PATH": "/usr/bin:/bin", "TOKEN": "admin-token", "SECRET": "it's wrong"}
        subprocess.run(["sh", "-euc", command], env=environment, check=True, capture_output=True)
        calls = client.get("/_mock/requests").json()["requests"]
    for first, again in (calls[::2], calls[1::2]):
        assert (first["method"], first["path"], first["status"]) == (
            again["method"],
            again["path"],
            again["status"],
        )
        assert first["request"]["query"] == again["request"]["query"]
        assert first["request"]["body"] == again["request"]["body"]
    assert [call["status"] for call in calls] == [401, 200, 401, 200]
