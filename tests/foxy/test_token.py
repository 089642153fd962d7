"""``POST /token``: grants, credentials, every error."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.conftest import rule_of
from tests.foxy.conftest import FoxyClient

CLIENT = {"client_id": "foxy-client", "client_secret": "foxy-secret"}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "foxy-refresh"}
CODE = {"grant_type": "authorization_code", "code": "foxy-code"}
BASIC = {"Authorization": "Basic " + base64.b64encode(b"foxy-client:foxy-secret").decode()}


async def ask(foxy: FoxyClient, fields: dict[str, str], **kwargs: Any) -> httpx.Response:
    """POST a form, without the headers that only other paths need."""
    request = foxy.client.build_request("POST", "/token", data=fields, **kwargs)
    del request.headers["foxy-api-version"]
    if not request.headers["authorization"].startswith("Basic"):
        del request.headers["authorization"]
    return await foxy.client.send(request)


@pytest.mark.rule(
    "FOXY-TOKEN-POST",
    "FOXY-AUTH-REFRESH",
    "FOXY-AUTH-RESP",
    "FOXY-AUTH-BODY",
    "FOXY-AUTH-FORM",
    "FOXY-H-VERSION-TOKEN",
)
async def test_a_refresh_token_gives_an_access_token_and_comes_back_unchanged(foxy: FoxyClient) -> None:
    answer = await ask(foxy, {**CLIENT, **REFRESH})
    assert answer.status_code == 200
    token = answer.json()
    assert token == {
        "access_token": token["access_token"],
        "expires_in": 7200,
        "token_type": "bearer",
        "scope": "store_full_access",
        "refresh_token": "foxy-refresh",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert (await foxy.get_as(token["access_token"], "/report/1")).status_code == 200


@pytest.mark.rule("FOXY-AUTH-CODE")
async def test_a_code_gives_both_tokens_and_can_be_used_again(foxy: FoxyClient) -> None:
    first = (await ask(foxy, {**CLIENT, **CODE})).json()
    second = (await ask(foxy, {**CLIENT, **CODE, "redirect_uri": "https://example.com/"})).json()
    assert first["access_token"] != second["access_token"]
    refreshed = await ask(foxy, {**CLIENT, **REFRESH, "refresh_token": first["refresh_token"]})
    assert refreshed.json()["refresh_token"] == first["refresh_token"]


@pytest.mark.rule("FOXY-AUTH-CLIENTCRED")
async def test_a_client_alone_gets_its_own_scope_and_no_refresh_token(foxy: FoxyClient) -> None:
    fields = {**CLIENT, "grant_type": "client_credentials", "scope": "client_full_access"}
    token = (await ask(foxy, fields)).json()
    assert token["scope"] == "client_full_access"
    assert "refresh_token" not in token
    assert rule_of(await foxy.get_as(token["access_token"], "/report/1")) == (403, "FOXY-AUTH-SCOPE")


@pytest.mark.rule("FOXY-AUTH-BASIC")
async def test_the_client_can_come_by_basic(foxy: FoxyClient) -> None:
    assert (await ask(foxy, REFRESH, headers=BASIC)).status_code == 200


@pytest.mark.rule("FOXY-AUTH-BOTH")
async def test_the_client_can_come_both_ways(foxy: FoxyClient) -> None:
    assert (await ask(foxy, {**CLIENT, **REFRESH}, headers=BASIC)).status_code == 200


@pytest.mark.rule("FOXY-AUTH-MULTIPART")
async def test_the_form_can_be_multipart(foxy: FoxyClient) -> None:
    files = {name: (None, value) for name, value in {**CLIENT, **REFRESH}.items()}
    assert (await ask(foxy, {}, files=files)).json()["refresh_token"] == "foxy-refresh"


@pytest.mark.rule("FOXY-AUTH-TTL", "FOXY-AUTH-401-EXPIRED")
async def test_an_access_token_lives_two_hours_of_the_worlds_clock(foxy: FoxyClient) -> None:
    token = (await ask(foxy, {**CLIENT, **REFRESH})).json()["access_token"]
    await foxy.advance(7199.999)
    assert (await foxy.get_as(token, "/report/1")).status_code == 200
    await foxy.advance(0.001)
    answer = await foxy.get_as(token, "/report/1")
    assert rule_of(answer) == (401, "FOXY-AUTH-401-EXPIRED")
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "The access token provided has expired",
    }


@pytest.mark.rule("FOXY-AUTH-TTL")
async def test_an_issued_refresh_token_lives_ten_years(foxy: FoxyClient) -> None:
    refresh = (await ask(foxy, {**CLIENT, **CODE})).json()["refresh_token"]
    fields = {**CLIENT, **REFRESH, "refresh_token": refresh}
    await foxy.advance(315_359_999)
    assert (await ask(foxy, fields)).status_code == 200
    await foxy.advance(1)
    assert (await ask(foxy, fields)).json()["error_description"] == "Refresh token has expired"


@pytest.mark.rule("FOXY-AUTH-400", "FOXY-ERR-OAUTH")
@pytest.mark.parametrize(
    ("fields", "error", "description"),
    [
        ({**CLIENT}, "invalid_request", "The grant type was not specified in the request"),
        (
            {**CLIENT, "grant_type": "password"},
            "unsupported_grant_type",
            'Grant type "password" not supported',
        ),
        ({**REFRESH}, "invalid_client", "Client credentials were not found in the headers or body"),
        ({**REFRESH, **CLIENT, "client_secret": "x"}, "invalid_client", "The client credentials are invalid"),
        ({**REFRESH, **CLIENT, "client_id": "x"}, "invalid_client", "The client credentials are invalid"),
        (
            {**CLIENT, "grant_type": "refresh_token"},
            "invalid_request",
            'Missing parameter: "refresh_token" is required',
        ),
        ({**CLIENT, **REFRESH, "refresh_token": "x"}, "invalid_grant", "Invalid refresh token"),
        ({**CLIENT, **REFRESH, "refresh_token": "other-refresh"}, "invalid_grant", "Invalid refresh token"),
        (
            {**CLIENT, **REFRESH, "refresh_token": "foxy-expired-refresh"},
            "invalid_grant",
            "Refresh token has expired",
        ),
        (
            {**CLIENT, "grant_type": "authorization_code"},
            "invalid_request",
            'Missing parameter: "code" is required',
        ),
        (
            {**CLIENT, **CODE, "code": "x"},
            "invalid_grant",
            "Authorization code doesn't exist or is invalid for the client",
        ),
        (
            {**CLIENT, "grant_type": "client_credentials", "scope": "everything"},
            "invalid_scope",
            "An unsupported scope was requested",
        ),
    ],
)
async def test_what_is_wrong_is_said_as_oauth_says_it(
    foxy: FoxyClient, fields: dict[str, str], error: str, description: str
) -> None:
    answer = await ask(foxy, fields)
    assert rule_of(answer) == (400, "FOXY-AUTH-400")
    assert answer.json() == {"error": error, "error_description": description}


@pytest.mark.rule("FOXY-TOKEN-405")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_refused_as_oauth_does(foxy: FoxyClient, method: str) -> None:
    answer = await foxy.send(method, "/token")
    assert rule_of(answer) == (405, "FOXY-TOKEN-405")
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert answer.json() == {
        "error": "invalid_request",
        "error_description": "The request method must be POST when requesting an access token",
    }


async def test_basic_that_cannot_be_read_is_no_client(foxy: FoxyClient) -> None:
    answer = await ask(foxy, REFRESH, headers={"Authorization": "Basic ???"})
    assert answer.json()["error_description"] == "Client credentials were not found in the headers or body"


async def test_tokens_of_one_world_mean_nothing_in_another(foxy: FoxyClient) -> None:
    token = (await ask(foxy, {**CLIENT, **REFRESH})).json()["access_token"]
    answer = await foxy.get_as(token, "/report/1", **{"X-Mock-World": "elsewhere"})
    assert rule_of(answer) == (401, "FOXY-AUTH-401-INVALID")
