"""What a browser needs so that a page of another origin can use the APIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mockserver.app import EXPOSED_HEADERS, MockServer
from mockserver.settings import Settings
from tests.conftest import API, make_client

PAGE = "https://shop.example"
ALWAYS_READABLE = {"cache-control", "content-type", "last-modified"}
"""Headers of the specifications that scripts may read without being told."""
NEVER_READABLE = {"set-cookie"}


def preflight(method: str = "GET", headers: str = "", origin: str = PAGE, **more: str) -> dict[str, str]:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, **more}
    return asked | ({"Access-Control-Request-Headers": headers} if headers else {})


def described_headers(document: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the headers that the answers of a specification have."""
    operations = (operation for path in document["paths"].values() for operation in path.values())
    responses = [
        *document.get("components", {}).get("responses", {}).values(),
        *document.get("x-unrouted", {}).values(),
    ]
    for operation in operations:
        if "operationId" in operation:
            responses += operation["responses"].values()
    for response in responses:
        yield from response.get("headers", {})


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:5173", "null"])
async def test_answers_name_the_pages_origin_so_that_credentials_may_be_sent(
    client: httpx.AsyncClient, origin: str
) -> None:
    answer = await client.get(f"{API}/report/order/status", headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


async def test_errors_say_which_headers_scripts_may_read(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{API}/report/x/status", headers={"Origin": PAGE})
    assert answer.status_code == 400
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"X-Mock-Rule", "X-Mock-Explain", "Link"} <= set(exposed) == set(EXPOSED_HEADERS)


@pytest.mark.parametrize(
    "path", [f"{API}/report/order/start", "/stores/1/reports", "/_mock/clock", "/unknown"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_preflights_allow_every_method_and_any_header(
    client: httpx.AsyncClient, path: str, method: str
) -> None:
    asked = "authorization,foxy-api-version,prefer,x-anything,x-authorization,x-mock-world"
    answer = await client.options(path, headers=preflight(method, asked))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["access-control-allow-headers"] == asked


async def test_browsers_that_ask_for_the_private_network_are_let_through(client: httpx.AsyncClient) -> None:
    asked = preflight("POST", **{"Access-Control-Request-Private-Network": "true"})
    answer = await client.options(f"{API}/report/order/start", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-private-network"]) == (200, "true")


async def test_a_preflight_is_no_call(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.options(f"{API}/report/order/start", headers=preflight("POST", "x-authorization"))
    await client.post(f"{API}/report/order/start", headers={"Origin": PAGE})
    calls = (await client.get("/_mock/requests")).json()["requests"]
    assert [(call["id"], call["method"]) for call in calls] == [("1", "POST")]


async def test_a_preflight_makes_no_world() -> None:
    async with make_client(MockServer(Settings())) as client:
        await client.options(f"/w/blue{API}/report/order/start", headers=preflight("POST"))
        worlds = (await client.get("/_mock/worlds")).json()["worlds"]
    assert [world["name"] for world in worlds] == ["default"]


async def test_an_options_request_that_is_no_preflight_is_a_call(client: httpx.AsyncClient) -> None:
    headers = {"Origin": PAGE, "FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    answer = await client.options("/stores/1/reports", headers=headers)
    assert "POST" in answer.headers["allow"]
    assert len((await client.get("/_mock/requests")).json()["requests"]) == 1


async def test_scripts_may_read_every_header_of_the_specifications(client: httpx.AsyncClient) -> None:
    described = set()
    for specification in (await client.get("/_mock/openapi")).json()["specifications"]:
        document = (await client.get(specification["json"])).json()
        described.update(name.lower() for name in described_headers(document))
    assert {"etag", "location", "retry-after"} <= described
    assert described - {name.lower() for name in EXPOSED_HEADERS} - ALWAYS_READABLE - NEVER_READABLE == set()


async def test_with_narrowed_origins_pages_of_others_are_refused() -> None:
    async with make_client(MockServer(Settings(cors_origin=(PAGE,)))) as client:
        for origin, status in ((PAGE, 200), ("https://other.example", 400)):
            asked = await client.options(
                f"{API}/report/order/start", headers=preflight("POST", origin=origin)
            )
            assert asked.status_code == status
            answer = await client.get("/_mock/health", headers={"Origin": origin})
            for each in (asked, answer):
                assert ("access-control-allow-origin" in each.headers) is (status == 200)


async def test_the_console_is_not_for_scripts_of_other_pages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/_mock/ui/", headers={"Origin": PAGE})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    asked = await client.options("/_mock/ui/", headers=preflight("POST"))
    assert "access-control-allow-origin" not in asked.headers
