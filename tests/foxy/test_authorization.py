"""Who may call what: version, bearer tokens, scopes, and the order in which they are looked at."""

from __future__ import annotations

import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import make_client, rule_of
from tests.foxy.conftest import FoxyClient, messages
from tests.running import NOW

PROTECTED = ["/stores/1", "/stores/1/reports", "/report/1", "/reports/1", "/users/1"]


@pytest.mark.rule("FOXY-AUTH-BEARER", "FOXY-AUTH-401-NONE", "FOXY-AUTH-401-JSON")
@pytest.mark.parametrize("path", PROTECTED)
async def test_without_a_token_everything_but_home_is_401_in_json(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get_as(None, path, Accept="application/hal+xml")
    assert rule_of(answer) == (401, "FOXY-AUTH-401-NONE")
    assert answer.json() == {
        "error": "invalid_request",
        "error_description": "The access token is missing.",
    }
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="Service"'


@pytest.mark.rule("FOXY-AUTH-401-INVALID")
async def test_an_unknown_token_is_invalid(foxy: FoxyClient) -> None:
    answer = await foxy.get_as("nonsense", "/report/1")
    assert rule_of(answer) == (401, "FOXY-AUTH-401-INVALID")
    assert answer.json()["error"] == "invalid_token"
    assert answer.json()["error_description"] == "The access token provided is invalid"


@pytest.mark.rule("FOXY-AUTH-401-EXPIRED")
async def test_the_expired_token_of_the_fixtures_always_has(foxy: FoxyClient) -> None:
    assert rule_of(await foxy.get_as("foxy-expired-token", "/report/1")) == (401, "FOXY-AUTH-401-EXPIRED")


async def test_the_tokens_of_the_fixtures_never_expire(foxy: FoxyClient) -> None:
    await foxy.advance(10_000_000_000)
    assert (await foxy.get("/report/1")).status_code == 200


async def test_a_header_that_is_no_bearer_is_no_token(foxy: FoxyClient) -> None:
    answer = await foxy.get("/report/1", headers={"Authorization": "Basic Zm9veDpmb3h5"})
    assert rule_of(answer) == (401, "FOXY-AUTH-401-NONE")


@pytest.mark.rule("FOXY-AUTH-SCOPE")
@pytest.mark.parametrize("token", ["foxy-user-token", "foxy-client-token"])
async def test_another_scope_does_not_reach_reports(foxy: FoxyClient, token: str) -> None:
    answer = await foxy.get_as(token, "/stores/1/reports")
    assert rule_of(answer) == (403, "FOXY-AUTH-SCOPE")
    assert answer.json() == {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token",
    }
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_the_user_scope_reaches_the_user(foxy: FoxyClient) -> None:
    assert (await foxy.get_as("foxy-user-token", "/users/1")).status_code == 200


async def test_the_owner_of_the_other_store_reaches_it(foxy: FoxyClient) -> None:
    assert (await foxy.get_as("other-token", "/report/2")).json()["name"] == "customers"
    assert rule_of(await foxy.get_as("other-token", "/report/1")) == (403, "FOXY-ERR-403")


@pytest.mark.rule("FOXY-H-VERSION")
@pytest.mark.parametrize("path", ["/", *PROTECTED])
@pytest.mark.parametrize("version", ["", "2", "latest"])
async def test_every_request_says_version_1(foxy: FoxyClient, path: str, version: str) -> None:
    answer = await foxy.get(path, headers={"FOXY-API-VERSION": version})
    assert rule_of(answer) == (400, "FOXY-H-VERSION")
    assert messages(answer) == ["Please include the FOXY-API-VERSION: 1 header with your request."]


async def test_the_version_is_looked_at_before_the_token_and_after_the_route(foxy: FoxyClient) -> None:
    bad = {"FOXY-API-VERSION": "2"}
    assert rule_of(await foxy.get_as(None, "/report/1", **bad)) == (400, "FOXY-H-VERSION")
    assert rule_of(await foxy.get_as(None, "/foo/123", **bad)) == (404, "FOXY-ERR-404")
    assert rule_of(await foxy.send("PUT", "/report/1", headers=bad)) == (405, "FOXY-REPORT-WRITE-405")


async def test_the_token_is_looked_at_before_the_id_and_the_store_before_the_body(foxy: FoxyClient) -> None:
    assert rule_of(await foxy.get_as(None, "/report/999")) == (401, "FOXY-AUTH-401-NONE")
    answer = await foxy.send("POST", "/stores/2/reports", content=b"{")
    assert rule_of(answer) == (403, "FOXY-ERR-403")


@pytest.mark.rule("FOXY-RATE-NONE")
async def test_nobody_is_asked_to_wait(foxy: FoxyClient) -> None:
    answers = [await foxy.get("/report/1") for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.rule("FOXY-RATE-429")
async def test_a_rate_limit_can_be_had_on_purpose(foxy: FoxyClient) -> None:
    answer = await foxy.get("/report/1", headers={"Prefer": "code=429"})
    assert rule_of(answer) == (429, "FOXY-RATE-429")
    assert answer.headers["retry-after"] == "1"


async def test_without_authentication_everything_is_reached() -> None:
    app = MockServer(Settings(auth=False, clock="frozen", now=NOW))
    async with make_client(app, token=None, **{"FOXY-API-VERSION": "1"}) as client:
        for path in ("/", "/stores/2", "/report/2", "/users/2"):
            assert (await client.get(path)).status_code == 200
