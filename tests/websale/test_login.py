"""Logging in, refreshing, one-time tokens, and how callers are recognised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client, rule_of

ORDER_STATUS = f"{API}/report/order/status"


@pytest.fixture
async def anybody(shared_app: MockServer, world: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without any credential."""
    async with make_client(shared_app, token=None, **{"X-Mock-World": world}) as client:
        yield client


@pytest.mark.rule("AUTH-LOGIN-200")
@pytest.mark.parametrize(
    "credentials",
    [
        {"userName": "admin", "password": "admin"},
        {"email": "admin@example.com", "password": "admin"},
        {"apiKey": "admin-key"},
        {"apiKey": "reader-key", "email": "ignored"},
    ],
)
async def test_a_login_answers_tokens_that_are_recognised(
    anybody: httpx.AsyncClient, credentials: dict[str, str]
) -> None:
    answer = await anybody.post(f"{API}/login", json=credentials)
    assert answer.status_code == 200
    tokens = answer.json()
    assert sorted(tokens) == ["accessToken", "refreshToken"]
    assert "set-cookie" not in answer.headers
    headers = {"X-Authorization": f"Bearer {tokens['accessToken']}"}
    assert (await anybody.get(ORDER_STATUS, headers=headers)).status_code == 200


@pytest.mark.rule("AUTH-LOGIN-401")
@pytest.mark.parametrize(
    "credentials",
    [
        {"userName": "admin", "password": "wrong"},
        {"email": "admin", "password": "admin"},
        {"userName": "ghost", "password": "admin"},
        {"apiKey": "wrong"},
    ],
)
async def test_wrong_credentials_are_401(anybody: httpx.AsyncClient, credentials: dict[str, str]) -> None:
    answer = await anybody.post(f"{API}/login", json=credentials)
    assert rule_of(answer) == (401, "AUTH-LOGIN-401")


@pytest.mark.rule("AUTH-LOGIN-400-body")
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"1", b"null", b'"admin"', b"userName=admin"])
async def test_a_body_that_is_no_object_cannot_be_loaded(anybody: httpx.AsyncClient, body: bytes) -> None:
    answer = await anybody.post(f"{API}/login", content=body)
    assert rule_of(answer) == (400, "AUTH-LOGIN-400-body")
    assert answer.json()["reason"] == "Request body could not be loaded."


@pytest.mark.rule("AUTH-LOGIN-400-missing")
@pytest.mark.parametrize(
    ("body", "field"), [({}, "email"), ({"password": "x"}, "email"), ({"email": "x"}, "password")]
)
async def test_missing_credentials_are_named(
    anybody: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await anybody.post(f"{API}/login", json=body)
    assert rule_of(answer) == (400, "AUTH-LOGIN-400-missing")
    assert (answer.json()["type"], answer.json()["field"]) == ("missing", field)
    assert answer.json()["reason"] == f"{field} is missing."


@pytest.mark.rule("AUTH-LOGIN-400-format")
@pytest.mark.parametrize("field", ["email", "userName", "password", "apiKey"])
async def test_credentials_are_strings(anybody: httpx.AsyncClient, field: str) -> None:
    answer = await anybody.post(f"{API}/login", json={"userName": "admin", "password": "admin", field: 1})
    assert rule_of(answer) == (400, "AUTH-LOGIN-400-format")
    assert answer.json()["reason"] == f"{field} is not a string."


@pytest.mark.parametrize("query", ["setCookie", "setCookie=", "setCookie=true", "setCookie=1"])
async def test_tokens_can_be_set_as_cookies_that_are_recognised(
    anybody: httpx.AsyncClient, query: str
) -> None:
    answer = await anybody.post(f"{API}/login?{query}", json={"apiKey": "admin-key"})
    assert sorted(answer.cookies) == ["accessToken", "refreshToken"]
    assert (await anybody.get(ORDER_STATUS)).status_code == 200


@pytest.mark.parametrize(("prefix", "path"), [("", "/"), ("/w/blue", "/w/blue/")])
async def test_a_cookie_is_sent_to_its_own_world_alone(
    shared_app: MockServer, prefix: str, path: str
) -> None:
    async with make_client(shared_app, token=None) as client:
        answer = await client.post(f"{prefix}{API}/login?setCookie", json={"apiKey": "admin-key"})
    assert {cookie.path for cookie in answer.cookies.jar} == {path}


async def test_an_issued_token_expires_on_the_worlds_clock(anybody: httpx.AsyncClient) -> None:
    token = (await anybody.post(f"{API}/login", json={"apiKey": "admin-key"})).json()["accessToken"]
    headers = {"X-Authorization": f"Bearer {token}"}
    await anybody.post("/_mock/clock/advance", json={"seconds": 1799})
    assert (await anybody.get(ORDER_STATUS, headers=headers)).status_code == 200
    await anybody.post("/_mock/clock/advance", json={"seconds": 1})
    answer = await anybody.get(ORDER_STATUS, headers=headers)
    assert rule_of(answer) == (401, "REP-STATUS-401")
    assert "expired" in answer.headers["x-mock-explain"]


async def test_a_fixture_token_never_expires(api: Steps) -> None:
    await api.advance(10 * 365 * 86400)
    assert (await api.get("/report/order/status")).status_code == 200


async def test_a_token_of_another_world_is_unknown(
    shared_app: MockServer, anybody: httpx.AsyncClient
) -> None:
    token = (await anybody.post(f"{API}/login", json={"apiKey": "admin-key"})).json()["accessToken"]
    async with make_client(shared_app, token=token, **{"X-Mock-World": "elsewhere"}) as stranger:
        assert (await stranger.get(ORDER_STATUS)).status_code == 401


@pytest.mark.rule("AUTH-REFRESH-200")
async def test_a_refresh_token_is_exchanged_once(anybody: httpx.AsyncClient) -> None:
    first = (await anybody.post(f"{API}/login", json={"apiKey": "admin-key"})).json()
    body = {"refreshToken": first["refreshToken"]}
    second = await anybody.post(f"{API}/login/refresh", json=body)
    assert second.status_code == 200
    assert second.json()["accessToken"] != first["accessToken"]
    assert rule_of(await anybody.post(f"{API}/login/refresh", json=body)) == (401, "AUTH-REFRESH-401")


@pytest.mark.rule("AUTH-REFRESH-401")
async def test_an_unknown_refresh_token_is_401(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post(f"{API}/login/refresh", json={"refreshToken": "nonsense"})
    assert rule_of(answer) == (401, "AUTH-REFRESH-401")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        pytest.param(body, rule, marks=pytest.mark.rule(rule))
        for body, rule in (
            (b"nonsense", "AUTH-REFRESH-400-body"),
            (b"[]", "AUTH-REFRESH-400-body"),
            (b"{}", "AUTH-REFRESH-400-missing"),
            (b'{"refreshToken": 1}', "AUTH-REFRESH-400-format"),
        )
    ],
)
async def test_a_bad_refresh_body_is_refused(anybody: httpx.AsyncClient, body: bytes, rule: str) -> None:
    assert rule_of(await anybody.post(f"{API}/login/refresh", content=body)) == (400, rule)


@pytest.mark.rule("AUTH-OTOK-200")
@pytest.mark.rule("AUTH-OTOK-400-invalid")
async def test_a_one_time_token_is_good_once(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get(f"{API}/login/checkToken/fresh-otok")
    assert answer.json() == {"success": True, "id": 3}
    again = await anybody.get(f"{API}/login/checkToken/fresh-otok")
    assert rule_of(again) == (400, "AUTH-OTOK-400-invalid")
    assert again.json()["type"] == "invalidValue"


@pytest.mark.rule("AUTH-OTOK-404")
async def test_a_one_time_token_whose_account_is_gone_is_404(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get(f"{API}/login/checkToken/orphan-otok")
    assert rule_of(answer) == (404, "AUTH-OTOK-404")
    assert answer.json()["reason"] == "The account was not found."


@pytest.mark.rule("AUTH-OTOK-400-missing")
@pytest.mark.parametrize("path", ["/login/checkToken", "/login/checkToken?otok=x"])
async def test_a_missing_one_time_token_is_said_to_be_missing(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(f"{API}{path}")
    assert rule_of(answer) == (400, "AUTH-OTOK-400-missing")
    assert answer.json()["reason"] == "otok is missing."


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Authorization": "Bearer reader-token"},
        {"x-authorization": "bearer   reader-token"},
        {"Authorization": "Bearer reader-token"},
        {"Cookie": "theme=dark; accessToken=reader-token"},
        {"Cookie": 'other@shop=1; panes={"left": [1, 2]}; accessToken=reader-token'},
        {"Authorization": "Basic cHJveHk6c2VjcmV0", "Cookie": "accessToken=reader-token"},
    ],
)
async def test_a_token_is_recognised_wherever_it_may_stand(
    anybody: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await anybody.get(ORDER_STATUS, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Authorization": "Basic reader-token"},
        {"X-Authorization": "reader-token"},
        {"X-Authorization": "Bearer wrong", "Authorization": "Bearer reader-token"},
        {"X-Authorization": "Bearer expired-token", "Cookie": "accessToken=reader-token"},
        {"Authorization": "reader-token"},
        {"X-Authorization": "Bearer "},
        {"X-Authorization": ""},
        {"Cookie": "accessToken="},
        {"Cookie": "a=b; ;=;"},
    ],
)
async def test_what_is_no_token_is_401(anybody: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert rule_of(await anybody.get(ORDER_STATUS, headers=headers)) == (401, "REP-STATUS-401")


async def test_why_a_credential_is_no_good_is_said_once_with_what_would_be(
    anybody: httpx.AsyncClient,
) -> None:
    for credential, said in {
        "Bearer expired-token": "The access token has expired; get another by POST /admin/api/v1/login.",
        "reader-token": "X-Authorization does not say Bearer and a token; accepted: Bearer <token>.",
    }.items():
        answer = await anybody.get(ORDER_STATUS, headers={"X-Authorization": credential})
        assert answer.headers["X-Mock-Explain"] == said


async def test_with_auth_off_every_call_is_let_through() -> None:
    async with make_client(MockServer(Settings(auth=False)), token=None) as client:
        assert (await client.get(ORDER_STATUS)).status_code == 200
        headers = {"X-Authorization": "Bearer nobody-token"}
        assert (await client.get(ORDER_STATUS, headers=headers)).status_code == 200
