"""Answers on purpose: they are what the vendor would have said to this very request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.contract.loading import FALLBACK
from mockserver.contract.preferences import answers_of
from mockserver.settings import Settings
from tests.conftest import Steps, make_client, rule_of

API = "/admin/api/v1"
HOLE = re.compile(r"\{(?!rel\})\w+\}")
"""A placeholder; ``{rel}`` is part of every answer of Foxy's."""


def answers(app: MockServer) -> Iterator[tuple[str, str, str, int]]:
    """Yield method and path of every vendor's operation, with name and status of all its answers on purpose."""
    for operation in app.server.contract.operations.values():
        if operation.api.name == FALLBACK:
            continue
        path = operation.template
        for parameter in operation.source.parameters:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"])))
        for example in answers_of(operation).values():
            yield operation.method, path, example.name, example.status


async def prefer(client: httpx.AsyncClient, method: str, path: str, example: str) -> httpx.Response:
    answer = await client.request(method, path, headers={"Prefer": f"example={example}"})
    assert answer.headers["preference-applied"] == f"example={example}"
    return answer


async def test_no_answer_on_purpose_shows_a_placeholder(
    shared_app: MockServer, client: httpx.AsyncClient
) -> None:
    found = [
        (method, path, name)
        for method, path, name, _status in answers(shared_app)
        if HOLE.search((await prefer(client, method, path, name)).text)
    ]
    assert not found


async def test_a_405_on_purpose_says_what_is_allowed(
    shared_app: MockServer, client: httpx.AsyncClient
) -> None:
    for method, path, name, status in answers(shared_app):
        if status == 405:
            answer = await prefer(client, method, path, name)
            assert method in answer.headers["allow"].split(", "), (method, path, name)


async def test_a_405_of_foxy_says_it_in_its_body_too(client: httpx.AsyncClient) -> None:
    answer = await prefer(client, "GET", "/stores/1", "FOXY-ERR-405")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    (error,) = answer.json()["_embedded"]["fx:errors"]
    assert (
        error["message"]
        == 'No route found for "GET /stores/1": Method Not Allowed (Allow: GET, HEAD, OPTIONS)'
    )


@pytest.mark.parametrize(
    ("method", "path", "rule"),
    [
        ("GET", "/stores/1/reports", "FOXY-REPORTS-OTHER-405"),
        ("GET", "/report/1", "FOXY-REPORT-WRITE-405"),
        ("POST", "/token", "FOXY-TOKEN-405"),
    ],
)
async def test_a_405_of_one_path_can_be_had_on_purpose(
    client: httpx.AsyncClient, method: str, path: str, rule: str
) -> None:
    assert rule_of(await prefer(client, method, path, rule)) == (405, rule)
    placed = await client.post("/_mock/faults", json={"rule": rule, "times": 1})
    assert placed.status_code == 201
    assert rule_of(await client.request(method, path)) == (405, rule)
    rules = (await client.get("/_mock/rules")).json()["rules"]
    (answered_by,) = (entry["answeredBy"] for entry in rules if entry["id"] == rule)
    assert f"{method} {path[1:]}".replace("1", "{id}") in answered_by


@pytest.mark.parametrize(
    ("method", "path", "rule", "what"),
    [
        ("GET", "datafeeds/{}", "DF-GET-404", "Data feed"),
        ("PUT", "datafeeds/{}", "DF-PUT-404", "Data feed"),
        ("DELETE", "datafeeds/{}", "DF-DEL-404", "Data feed"),
        ("GET", "datafeeds/templates/{}", "DFT-GET-404", "The template"),
        ("DELETE", "datafeeds/templates/{}", "DFT-DEL-404", "The template"),
        ("GET", "datafeeds/build/{}/status", "DFB-STATUS-404", "Data feed"),
        ("POST", "datafeeds/build/{}", "DFB-ID-404", "Data feed"),
    ],
)
@pytest.mark.parametrize("id", ["1", "{method}"])
async def test_an_answer_on_purpose_names_what_the_path_names(
    client: httpx.AsyncClient, method: str, path: str, rule: str, what: str, id: str
) -> None:
    answer = await prefer(client, method, f"{API}/{path.format(quote(id))}", rule)
    assert answer.json()["reason"] == f"{what} with id={id} was not found."
    await client.post("/_mock/faults", json={"rule": rule})
    answer = await client.request(method, f"{API}/{path.format(quote(id))}")
    assert answer.json()["reason"] == f"{what} with id={id} was not found."


# Errors of Foxy's /token are OAuth's


def oauth_error(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "error_description"}
    return str(answer.json()["error"])


@pytest.mark.parametrize(
    ("status", "rule", "error"),
    [
        (404, "FOXY-ERR-404", "invalid_request"),
        (405, "FOXY-TOKEN-405", "invalid_request"),
        (413, "FOXY-ERR-413", "invalid_request"),
        (429, "FOXY-RATE-429", "temporarily_unavailable"),
        (500, "FOXY-ERR-500", "server_error"),
        (503, "FOXY-ERR-503", "temporarily_unavailable"),
    ],
)
@pytest.mark.rule("FOXY-ERR-OAUTH")
async def test_errors_of_the_token_endpoint_on_purpose_are_oauths(
    client: httpx.AsyncClient, status: int, rule: str, error: str
) -> None:
    preferred = await client.post("/token", headers={"Prefer": f"code={status}"})
    named = await prefer(client, "POST", "/token", rule)
    await client.post("/_mock/faults", json={"status": status, "operation": "POST token"})
    faulty = await client.post("/token")
    for answer in (preferred, named, faulty):
        assert rule_of(answer) == (status, rule)
        assert oauth_error(answer) == error


@pytest.mark.rule("FOXY-ERR-OAUTH", "FOXY-ERR-413")
async def test_a_request_for_a_token_that_is_too_large_is_answered_as_oauth_does() -> None:
    async with make_client(MockServer(Settings(max_body=10))) as client:
        answer = await client.post("/token", data={"grant_type": "client_credentials"})
    assert rule_of(answer) == (413, "FOXY-ERR-413")
    assert oauth_error(answer) == "invalid_request"


# A status that no operation is named for


@pytest.mark.rule("COM-503-unavailable", "FOXY-ERR-503", "MOCK-503-unavailable")
@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/report/1", "FOXY-ERR-503"),
        ("/users/1", "FOXY-ERR-503"),
        (f"{API}/datafeeds", "COM-503-unavailable"),
        (f"{API}/report/order/status", "REP-STATUS-503-redis"),
        ("/content/report/orders_0.json", "MOCK-503-unavailable"),
    ],
)
async def test_a_503_meets_the_next_vendor_call_whatever_it_is(
    client: httpx.AsyncClient, path: str, rule: str
) -> None:
    placed = await client.post("/_mock/faults", json={"status": 503, "times": 1})
    assert placed.status_code == 201
    assert (await client.get("/_mock/clock")).status_code == 200
    assert rule_of(await client.get(path)) == (503, rule)
    assert (await client.get(path)).status_code != 503


async def test_the_503_of_websale_has_its_shape(api: Steps) -> None:
    answer = await api.get("/datafeeds", headers={"Prefer": "code=503"})
    assert answer.json() == {
        "error": "Service Unavailable",
        "field": "",
        "reason": "The service is temporarily unavailable.",
        "status": 503,
        "type": "serviceUnavailable",
    }


@pytest.mark.parametrize("fault", [{"status": 418}, {"status": 409, "operation": "GET datafeeds"}])
async def test_a_status_that_nothing_answers_is_refused(
    client: httpx.AsyncClient, fault: dict[str, Any]
) -> None:
    answer = await client.post("/_mock/faults", json=fault)
    assert rule_of(answer) == (400, "MOCK-400-fault")
    assert "503" in answer.json()["accepted"]
