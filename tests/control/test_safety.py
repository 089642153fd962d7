"""The control plane's safety: the token, foreign pages, limits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mockserver.app import MockServer
from mockserver.cli import main
from mockserver.serving import is_exposed
from mockserver.settings import Settings
from tests.conftest import make_client, rule_of
from tests.running import run_server

TOKEN = "s3cret-control"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded_app() -> MockServer:
    return MockServer(Settings(clock="frozen", control_token=TOKEN))


@pytest.fixture
async def guarded(guarded_app: MockServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client, without the token, of a server that has one."""
    async with make_client(guarded_app) as client:
        yield client


@pytest.mark.rule("MOCK-401-token")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer ü"},
        {"X-Authorization": f"Bearer {TOKEN}"},
    ],
)
async def test_without_the_token_no_control_call_gets_through(
    guarded: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    for method, path in (("GET", "clock"), ("POST", "reset"), ("GET", "metrics"), ("GET", "nothing")):
        answer = await guarded.request(method, f"/_mock/{path}", headers=sent)
        assert rule_of(answer) == (401, "MOCK-401-token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="mock control"'
        assert answer.headers["content-type"] == "application/problem+json"
        assert TOKEN not in answer.text + str(answer.headers)


async def test_with_the_token_they_do(guarded: httpx.AsyncClient) -> None:
    for scheme in ("Bearer", "bearer"):
        answer = await guarded.get("/_mock/clock", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert answer.status_code == 200


async def test_every_control_operation_but_health_demands_it(
    guarded_app: MockServer, guarded: httpx.AsyncClient
) -> None:
    for operation in guarded_app.server.contract.operations.values():
        if operation.api.name == "mock-control":
            verb, _, path = operation.title.partition(" ")
            answer = await guarded.request(verb, f"/_mock/{path}")
            expected = 200 if operation.id == "readHealth" else 401
            assert answer.status_code == expected, operation.title


@pytest.mark.parametrize(
    "path", ["/%5Fmock/reset", "/_%6Dock/reset", "/w/a/_mock/reset", "/w/a/%5Fmock/reset"]
)
async def test_no_other_spelling_of_the_path_gets_around_it(guarded: httpx.AsyncClient, path: str) -> None:
    url = httpx.URL("http://mock.test", raw_path=path.encode())
    assert rule_of(await guarded.post(url)) == (401, "MOCK-401-token")
    origin = {"Origin": "https://evil.example"}
    assert rule_of(await guarded.post(url, headers=BEARER | origin)) == (403, "MOCK-403-origin")


async def test_health_stays_open(guarded: httpx.AsyncClient) -> None:
    assert (await guarded.get("/_mock/health")).status_code == 200
    assert (await guarded.get("/w/a/_mock/health")).status_code == 200


async def test_the_vendors_apis_need_their_own_tokens_only(guarded: httpx.AsyncClient) -> None:
    assert (await guarded.get("/admin/api/v1/report/order/status")).status_code == 200
    foxy = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    assert (await guarded.get("/report/1", headers=foxy)).status_code == 200


async def test_a_preflight_needs_no_token(guarded: httpx.AsyncClient) -> None:
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert (await guarded.options("/_mock/reset", headers=headers)).status_code == 200


@pytest.mark.rule("MOCK-403-origin")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://[::1", "http://localhost.evil.example"]
)
async def test_the_token_does_not_make_a_foreign_page_welcome(
    guarded: httpx.AsyncClient, origin: str
) -> None:
    answer = await guarded.post("/_mock/reset", headers=BEARER | {"Origin": origin})
    assert rule_of(answer) == (403, "MOCK-403-origin")


async def test_a_foreign_page_may_make_all_calls_that_only_read(client: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    for prefix in ("", "/w/a"):
        asked = await client.post(
            f"{prefix}/_mock/requests/verify", json={"operation": "POST login"}, headers=foreign
        )
        assert asked.status_code == 200
    refused = await client.post("/_mock/requests/1/replay", headers=foreign)
    assert rule_of(refused) == (403, "MOCK-403-origin")


def test_the_token_is_never_shown() -> None:
    assert TOKEN not in repr(Settings(control_token=TOKEN))
    assert (
        TOKEN not in CliRunner().invoke(main, ["serve", "-h"], env={"MOCKSERVER_CONTROL_TOKEN": TOKEN}).output
    )


def test_the_token_comes_from_the_environment_and_is_in_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", TOKEN)
    with run_server(tmp_path, "--host", "0.0.0.0", "--log-format", "json") as server:
        assert "WARNING" not in server.banner
        assert httpx.get(f"{server.url}/_mock/clock").status_code == 401
        assert httpx.get(f"{server.url}/_mock/clock", headers=BEARER).status_code == 200
        assert CliRunner().invoke(main, ["health", "--url", server.url]).exit_code == 0
        server.process.terminate()
        log = server.process.communicate(timeout=10)[1]
    assert "GET /_mock/clock 401" in log
    assert TOKEN not in log + server.banner


# The banner


@pytest.mark.parametrize(
    ("host", "token", "exposed"),
    [
        ("127.0.0.1", "", False),
        ("127.0.0.2", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("192.0.2.1", "", True),
        ("mock.example", "", True),
        ("0.0.0.0", TOKEN, False),
    ],
)
def test_a_server_is_exposed_where_others_reach_it_and_need_no_token(
    host: str, token: str, exposed: bool
) -> None:
    assert is_exposed(Settings(host=host, control_token=token)) is exposed


def test_the_banner_warns_of_a_server_that_everybody_can_steer(tmp_path: Path) -> None:
    with run_server(tmp_path, "--host", "0.0.0.0") as server:
        assert re.search(r"WARNING .*steer this server(.|\n)*--control-token", server.banner)


# Limits


@pytest.mark.rule("MOCK-409-faults")
async def test_a_world_full_of_faults_is_told_so_and_the_others_are_not(world: str) -> None:
    async with make_client(MockServer(Settings(clock="frozen", max_faults=3))) as client:
        for _ in range(3):
            assert (await client.post("/_mock/faults", json={"status": 503})).status_code == 201
        answer = await client.post("/_mock/faults", json={"status": 503})
        assert rule_of(answer) == (409, "MOCK-409-faults")
        assert "3 faults" in answer.json()["detail"]
        assert (await client.post("/w/b/_mock/faults", json={"status": 503})).status_code == 201
        assert (await client.get("/w/c/admin/api/v1/report/order/status")).status_code == 200


async def test_a_fault_that_is_used_up_makes_room() -> None:
    async with make_client(MockServer(Settings(clock="frozen", max_faults=1))) as client:
        for _ in range(3):
            assert (await client.post("/_mock/faults", json={"status": 503, "times": 1})).status_code == 201
            assert (await client.get("/admin/api/v1/report/order/status")).status_code == 503


async def test_too_many_worlds_cost_the_least_recently_used_one_and_never_the_default() -> None:
    app = MockServer(Settings(clock="frozen", max_worlds=3))
    async with make_client(app) as client:
        for path in ("/_mock", "/w/old/_mock", "/w/kept/_mock"):
            await client.post(f"{path}/faults", json={"status": 503})
        await client.get("/w/kept/_mock/clock")
        await client.get("/w/new/_mock/clock")
        assert app.server.worlds.names() == ["default", "kept", "new"]
        for path, faults in (("/_mock", 1), ("/w/kept/_mock", 1)):
            assert len((await client.get(f"{path}/faults")).json()["faults"]) == faults


async def test_a_body_over_the_limit_hurts_nobody_else() -> None:
    async with make_client(MockServer(Settings(clock="frozen", max_body=100))) as client:
        answer = await client.post("/w/greedy/_mock/faults", content=b" " * 200)
        assert rule_of(answer) == (413, "MOCK-413-body")
        assert (await client.post("/w/modest/_mock/faults", json={"status": 503})).status_code == 201
