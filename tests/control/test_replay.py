"""A call of the journal can be sent again: the same request, another answer when the world has changed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.contract import replaying
from mockserver.contract.edge import Edge
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client, rule_of
from tests.control.conftest import journal

REQUESTS = "/_mock/requests"
PAUSE = f"{API}/report/order/pause"
SUMMARY = {
    *("id", "time", "world", "method", "path", "operation"),
    *("status", "rule", "explain", "milliseconds", "replayOf"),
}


async def replay(client: httpx.AsyncClient, id: str = "1") -> dict[str, Any]:
    answer = await client.post(f"{REQUESTS}/{id}/replay")
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def fault(client: httpx.AsyncClient, **plan: Any) -> None:
    assert (await client.post("/_mock/faults", json=plan)).status_code == 201


async def test_a_call_is_made_again_and_kept_like_any_other(
    api: Steps, client: httpx.AsyncClient, world: str
) -> None:
    await api.post("/report/order/pause")
    await api.advance(10)
    made = await replay(client)
    assert made.keys() == SUMMARY
    assert (made["id"], made["replayOf"], made["world"]) == ("2", "1", world)
    assert (made["method"], made["path"], made["status"]) == ("POST", PAUSE, 404)
    first, second = await journal(client)
    assert second["request"] == first["request"]
    assert {key: second[key] for key in SUMMARY - {"replayOf"}} == {
        key: made[key] for key in SUMMARY - {"replayOf"}
    }
    assert second["time"] == (await client.get("/_mock/clock")).json()["now"] > first["time"]


async def test_it_does_what_the_call_does_now(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/report/order/pause")
    await api.post("/report/order/start")
    await api.advance(2)
    assert (await replay(client))["status"] == 200
    assert (await api.get("/report/order/status")).json()["status"] == 3


async def test_what_was_sent_again_can_be_sent_again(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status")
    again = await replay(client, (await replay(client))["id"])
    assert (again["id"], again["replayOf"], again["status"]) == ("3", "2", 200)


async def test_secrets_are_sent_though_they_are_not_shown(client: httpx.AsyncClient) -> None:
    login = {"userName": "admin", "password": "admin"}
    await client.post(f"{API}/login", json=login)
    assert "[redacted]" in (await journal(client))[0]["request"]["body"]["text"]
    assert (await replay(client))["status"] == 200


async def test_query_prefix_and_encoded_characters_stay_as_they_were(
    shared_app: MockServer, world: str
) -> None:
    async with make_client(shared_app) as client:
        path = f"/w/{world}{API}/report/o%2Frder/start?format=csv&filter%5Bid%5D=%C3%A4"
        await client.post(path)
        made = (await client.post(f"{REQUESTS}/1/replay", params={"world": world})).json()
        first, second = (await client.get(REQUESTS, params={"world": world})).json()["requests"]
    assert made["world"] == world
    assert second["request"] == first["request"]
    assert second["request"]["url"].endswith(path)


async def test_the_answer_can_be_streamed(api: Steps, client: httpx.AsyncClient) -> None:
    started = await api.post("/report/order/start", headers={"Prefer": "profile=immediate"})
    await client.get(started.json()["fileUrl"])
    made = await replay(client, "2")
    assert made["status"] == 200
    _, first, second = await journal(client)
    assert second["answer"]["body"] == first["answer"]["body"]


async def test_a_head_and_an_overridden_method_stay_what_they_are(client: httpx.AsyncClient) -> None:
    foxy = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    await client.head("/report/1", headers=foxy)
    await client.post("/report/1", headers={**foxy, "X-HTTP-Method-Override": "PUT"})
    assert [(await replay(client, id))["method"] for id in ("1", "2")] == ["HEAD", "PUT"]
    assert [call["request"]["method"] for call in await journal(client)] == ["HEAD", "POST", "HEAD", "POST"]


async def test_a_call_counts_in_the_coverage_and_is_met_by_faults(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.post("/report/order/start")
    await fault(client, rule="REP-START-503-trigger", times=1)
    made = await replay(client)
    assert (made["status"], made["rule"]) == (503, "REP-START-503-trigger")
    covered = (await client.get("/_mock/coverage?used=true")).json()["operations"]
    assert [(each["operation"], each["calls"]) for each in covered] == [("POST report/{service}/start", 2)]


async def test_a_connection_that_a_fault_resets_is_no_failure(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status")
    await fault(client, kind="reset", times=1)
    made = await replay(client)
    assert (made["id"], made["status"]) == ("2", None)
    assert (await journal(client))[1]["answer"] is None


async def test_an_answer_that_a_fault_cuts_off_is_kept_as_far_as_it_came(
    api: Steps, client: httpx.AsyncClient
) -> None:
    whole = await api.get("/report/order/status")
    await fault(client, kind="truncate", times=1)
    assert (await replay(client))["status"] == 200
    assert (await journal(client))[1]["answer"]["body"]["size"] == len(whole.content) // 2


@pytest.mark.parametrize(
    ("plan", "status"), [({"latencySeconds": 3600}, None), ({"kind": "slow-body", "bodySeconds": 600}, 200)]
)
async def test_an_answer_that_takes_too_long_is_not_waited_for(
    api: Steps,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    plan: dict[str, Any],
    status: int | None,
) -> None:
    monkeypatch.setattr(replaying, "PATIENCE", 0.01)
    await api.get("/report/order/status")
    await fault(client, times=1, **plan)
    made = await replay(client)
    assert (made["id"], made["status"]) == ("2", status)


async def test_a_call_that_is_never_answered_is_kept_as_such(
    api: Steps, client: httpx.AsyncClient, shared_app: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    await api.get("/report/order/status")
    monkeypatch.setattr(replaying, "PATIENCE", 0.01)
    monkeypatch.setattr(shared_app.server, "serve", Edge(never, shared_app.server).serve)
    made = await replay(client)
    assert (made["id"], made["status"]) == ("2", None)


async def test_a_virtual_delay_passes_at_once(api: Steps, client: httpx.AsyncClient) -> None:
    await api.get("/report/order/status")
    await fault(client, latencySeconds=3600, virtual=True, times=1)
    before = (await client.get("/_mock/clock")).json()["now"]
    assert (await replay(client))["status"] == 200
    assert (await client.get("/_mock/clock")).json()["now"] > before


async def test_a_body_that_was_kept_whole_is_sent_whole(api: Steps, client: httpx.AsyncClient) -> None:
    subscriber = {"email": "ada@example.com", "subshopId": "deutsch"}
    fields = {"salutation": "2", "firstName": "Ada", "lastName": "Lovelace"}
    await api.post("/import/newsletterSubscriber/start?format=json", json=[{**subscriber, "fields": fields}])
    await replay(client)
    seen = (await client.get("/_mock/jobs")).json()["jobs"]
    assert [(job["api"], job["total"]) for job in seen] == [("import", 1), ("import", 1)]


async def test_a_body_that_nobody_reads_does_not_matter(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post("/report/order/start", json={})
    await client.post("/nothing", json={"x": 1})
    assert [(await replay(client, id))["status"] for id in ("1", "2")] == [200, 404]


def stream(size: int) -> Any:
    async def parts() -> Any:
        yield b"x" * size

    return parts()


@pytest.mark.rule("MOCK-409-replay")
@pytest.mark.parametrize(
    ("path", "request_of", "told"),
    [
        (f"{API}/login", {"content": b"x" * 20_000}, "only 16384 of 20000 bytes"),
        (f"{API}/login", {"content": stream(20_000)}, "only 16384 of 20000 bytes"),
        (f"{API}/import/order/start?format=json", {"content": b"x" * 2_000}, "only 1024 of 2000 bytes"),
        (f"{API}/datafeeds", {"json": {}, "headers": {"X-Authorization": ""}}, "nothing"),
        (f"{API}/datafeeds", {"content": stream(1), "headers": {"X-Authorization": ""}}, "nothing"),
    ],
)
async def test_a_call_whose_body_was_not_kept_is_refused(
    client: httpx.AsyncClient, path: str, request_of: dict[str, Any], told: str
) -> None:
    await client.post(path, **request_of)
    answer = await client.post(f"{REQUESTS}/1/replay")
    assert rule_of(answer) == (409, "MOCK-409-replay")
    assert told in answer.json()["detail"]
    assert len(await journal(client)) == 1


@pytest.mark.rule("MOCK-404-request")
@pytest.mark.parametrize("id", ["1", "0", "x", "999999999999999999"])
async def test_an_unknown_call_is_not_found(client: httpx.AsyncClient, id: str) -> None:
    assert rule_of(await client.post(f"{REQUESTS}/{id}/replay")) == (404, "MOCK-404-request")


@pytest.mark.rule("MOCK-404-request")
async def test_a_call_that_was_forgotten_cannot_be_sent_again() -> None:
    app = MockServer(Settings(clock="frozen", journal=1))
    async with make_client(app) as client:
        for _ in range(2):
            await client.get(f"{API}/report/order/status")
        answer = await client.post(f"{REQUESTS}/1/replay")
        assert rule_of(answer) == (404, "MOCK-404-request")
        assert "is gone" in answer.json()["detail"]
        assert (await replay(client, "2"))["id"] == "3"
