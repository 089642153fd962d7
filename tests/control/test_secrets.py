"""No secret of a call gets into the journal, its exports or the log."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.app import MockServer
from tests.conftest import API, make_client
from tests.control.conftest import journal, verify

FOXY = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}

S = "Pl4nted-s3cret"
PLANTED = [
    {"headers": {"X-Authorization": f"Bearer {S}"}},
    {"headers": {"Authorization": f"Basic {S}"}},
    {"headers": {"Cookie": f"accessToken={S}; other={S}"}},
    {"headers": {"X-Api-Key": S, "Proxy-Authorization": S, "X-CSRF-Token": S}},
    {"headers": {"Referer": f"https://a.example/?access_token={S}"}},
    {"params": {"access_token": S, "signature": S, "password": S, "apiKey": S}},
    {"json": {"userName": "admin", "password": S}},
    {"json": {"apiKey": S}},
    {"json": {"refreshToken": S}},
    {"json": [{"a": {"clientSecret": S}}]},
    {"data": {"grant_type": "authorization_code", "client_secret": S, "code": S, "refresh_token": S}},
    {"content": f"<a><password>{S}</password></a>", "headers": {"Content-Type": "application/xml"}},
    {"content": f"id,password\n1,{S}\n", "headers": {"Content-Type": "text/csv"}},
    {"content": f'{{"password": "{S}", "cut": ' + "x" * 20_000},
    {"files": {"password": (None, S)}},
]
PLACES = [
    ("POST", f"{API}/login"),
    ("POST", f"{API}/login/refresh"),
    ("POST", "/token"),
    ("POST", f"{API}/report/order/start"),
    ("POST", f"{API}/import/adminUser/start?format=json"),
    ("POST", f"{API}/import/order/start?format=csv"),
    ("POST", f"{API}/datafeeds"),
    ("GET", "/nothing"),
    ("GET", f"{API}/login/checkToken/{S}"),
    ("GET", f"{API}/login/checkToken/{S}/"),
    ("DELETE", f"{API}/login/checkToken/{S}"),
    ("GET", f"/downloads/x/y.zip?signature={S}&expires=1&report=1"),
    ("POST", "/stores/1/reports"),
]


async def everything_shown(client: httpx.AsyncClient) -> str:
    """Return all that the journal tells of its calls, in every form."""
    shown = [(await client.get(f"/_mock/requests?format={form}")).text for form in ("json", "har", "curl")]
    for call in await journal(client):
        shown.append((await client.get(f"/_mock/requests/{call['id']}")).text)
    shown.append(
        json.dumps(await verify(client, method="GET", path="*", status="2xx", body={"contains": {"x": 1}}))
    )
    shown.append((await client.get("/_mock/coverage")).text)
    return "\n".join(shown)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: next(iter(planted)))
async def test_no_secret_is_shown_wherever_it_was_planted(
    shared_app: MockServer, world: str, planted: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with make_client(shared_app, token=None, **{"X-Mock-World": world}) as client:
        with caplog.at_level(logging.DEBUG, "mockserver"):
            for method, path in PLACES:
                await client.request(method, path, **planted)
        shown = await everything_shown(client)
    assert len(caplog.records) >= len(PLACES)
    assert S not in caplog.text
    assert S not in shown
    assert shown.count("[redacted]") > len(PLACES)


async def test_tokens_that_the_server_gives_are_not_shown(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    secrets: list[str] = []
    with caplog.at_level(logging.DEBUG, "mockserver"):
        login = await client.post(
            f"{API}/login?setCookie=true", json={"userName": "admin", "password": "admin"}
        )
        secrets += login.json().values()
        secrets += [
            cookie.partition(";")[0].partition("=")[2] for cookie in login.headers.get_list("set-cookie")
        ]
        refresh = {"refreshToken": login.json()["refreshToken"]}
        secrets += (await client.post(f"{API}/login/refresh", json=refresh)).json().values()
        form = {"grant_type": "refresh_token", "refresh_token": "foxy-refresh", "client_id": "foxy-client"}
        given = (await client.post("/token", data={**form, "client_secret": "foxy-secret"})).json()
        secrets += [given["access_token"], "foxy-secret"]
        report = (await client.get("/report/1", headers=FOXY)).json()
        link = urlsplit(report["_links"]["fx:download_url"]["href"])
        secrets.append(dict(part.split("=") for part in link.query.split("&"))["signature"])
        await client.get(f"{link.path}?{link.query}")
        await client.get(f"{link.path}?{link.query}0")
    shown = await everything_shown(client)
    assert len({*secrets}) >= 7
    for secret in secrets:
        assert secret not in shown
        assert secret not in caplog.text
