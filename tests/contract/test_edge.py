"""Requests against a small API: routing, validation, rendering, worlds, preferences."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.compiled_app import CompiledApp
from mockserver.contract.edge import Edge
from mockserver.contract.server import Server
from mockserver.settings import Settings
from mockserver.simulation.worlds import Worlds
from tests.contract.conftest import SpecificationFolder

SEEN: dict[str, Any] = {}


async def read_tea(exchange: Exchange, size: str, sugar_lumps: int) -> Any:
    SEEN["world"] = exchange.world.name
    SEEN["public_url"] = exchange.public_url
    if sugar_lumps == 13:
        raise Rule("T-READ-400-size", field="sugar", explain="Thirteen\nlumps — no.", size="cursed")
    if sugar_lumps == 99:
        return {"sugar": sugar_lumps}
    if sugar_lumps == 98:
        raise ZeroDivisionError
    if sugar_lumps == 97:
        return Answer(chunks=[b'{"size":', b'"s"}'], headers=[("X-Cup", "blue")])
    return {"size": size, "sugar": sugar_lumps}


def client_of(folder: SpecificationFolder, **settings: Any) -> httpx.AsyncClient:
    folder.handlers["cups:read"] = read_tea
    contract = folder.load()
    server = Server(contract, Settings(**settings), Worlds(), lambda *_: True)
    app = Edge(CompiledApp(contract).build(), server)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://cup.test")
    client.server = server  # type: ignore[attr-defined]
    return client


@pytest.fixture
async def client(folder: SpecificationFolder) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(folder) as client:
        yield client


async def test_parameters_reach_the_handler_converted_and_with_their_defaults(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/cups/s/tea")).json() == {"size": "s", "sugar": 1}
    assert (await client.get("/cups/l/tea?sugarLumps=3")).json() == {"size": "l", "sugar": 3}


async def test_of_a_repeated_parameter_the_last_counts(client: httpx.AsyncClient) -> None:
    assert (await client.get("/cups/s/tea?sugarLumps=3&sugarLumps=4")).json()["sugar"] == 4


async def test_a_bad_parameter_is_answered_by_its_rule(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/xxl/tea")
    assert answer.status_code == 400
    assert answer.headers["x-mock-rule"] == "T-READ-400-size"
    assert "xxl" in answer.headers["x-mock-explain"]


async def test_a_bad_query_parameter_is_named_as_field(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea?sugarLumps=-1")
    assert (answer.status_code, answer.json()["field"]) == (400, "sugarLumps")


async def test_a_rule_fills_the_reason_and_the_explanation_stays_one_line(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea?sugarLumps=13")
    assert answer.json() == {"status": 400, "reason": "There is no size cursed.", "field": "sugar"}
    assert answer.headers["x-mock-explain"] == "Thirteen?lumps \\u2014 no."


@pytest.mark.parametrize(
    "path", ["/cups/s", "/cups/s/tea/", "/cups//tea", "//cups/s/tea", "/cups/s/tea/x", "/cups"]
)
async def test_an_unknown_path_is_the_apis_404_and_no_redirect(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.request("GET", httpx.URL(scheme="http", host="cup.test", raw_path=path.encode()))
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (404, "T-404-path")


@pytest.mark.parametrize("segment", ["%0A", "%00", "a%2Fb", "%ff", "%2e%2e"])
async def test_what_is_percent_encoded_stays_one_value(client: httpx.AsyncClient, segment: str) -> None:
    answer = await client.get(f"/cups/{segment}/tea")
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (400, "T-READ-400-size")


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE"])
async def test_a_wrong_method_is_405_with_allow(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/cups/s/tea")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["x-mock-rule"] == "T-405-method"


async def test_a_body_that_breaks_the_specification_is_a_counted_bug(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "mockserver"):
        answer = await client.get("/cups/s/tea?sugarLumps=99")
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (500, "T-500")
    assert client.server.violations == 1  # type: ignore[attr-defined]
    assert "breaks its schema: size is missing." in caplog.text


async def test_an_exception_is_the_apis_500_with_a_traceback_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "mockserver"):
        answer = await client.get("/cups/s/tea?sugarLumps=98")
    assert answer.json()["reason"] == "A bug."
    assert "Traceback" in caplog.text


async def test_without_response_validation_the_answer_goes_out_as_it_is(folder: SpecificationFolder) -> None:
    async with client_of(folder, validate_responses=False) as client:
        assert (await client.get("/cups/s/tea?sugarLumps=99")).json() == {"sugar": 99}


async def test_chunks_are_streamed_with_their_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea?sugarLumps=97")
    assert (answer.json(), answer.headers["x-cup"]) == ({"size": "s"}, "blue")


@pytest.mark.parametrize("path", ["/cups/s/tea", "/cups/s/tea?sugarLumps=13", "/cups/xxl/tea", "/saucers"])
async def test_a_request_leaves_nothing_to_the_garbage_collector(
    client: httpx.AsyncClient, path: str
) -> None:
    await client.get(path)
    gc.collect()
    gc.disable()
    try:
        await client.get(path)
        left = [thing for thing in gc.get_objects() if type(thing) is Exchange]
    finally:
        gc.enable()
    assert left == []


async def test_the_world_comes_from_the_header(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea", headers={"X-Mock-World": "red-1.x_Y"})
    assert (SEEN["world"], answer.headers["vary"]) == ("red-1.x_Y", "X-Mock-World, Origin")


async def test_the_path_prefix_goes_before_the_header(client: httpx.AsyncClient) -> None:
    await client.get("/w/blue/cups/s/tea", headers={"X-Mock-World": "red"})
    assert SEEN["world"] == "blue"


@pytest.mark.parametrize("name", ["a b", "", "x" * 65, ".", "..", "ü"])
async def test_an_ill_formed_world_name_is_refused(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/cups/s/tea", headers=[("X-Mock-World", name.encode())])
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (400, "MOCK-400-world")


async def test_an_example_can_be_preferred(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea", headers={"Prefer": 'return=minimal, example="T-READ-400-size"'})
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (400, "T-READ-400-size")
    assert answer.headers["preference-applied"] == "example=T-READ-400-size"


async def test_a_status_can_be_preferred(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cups/s/tea", headers={"Prefer": "code=500"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (500, "code=500")


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {"Host": "shop:81"}, "http://shop:81"),
        ({"public_url": "https://cups.example"}, {}, "https://cups.example"),
        ({}, {"X-Forwarded-Host": "evil.example"}, "http://cup.test"),
        (
            {"trust_proxy": True},
            {"X-Forwarded-Host": "a.example, b.example", "X-Forwarded-Proto": "https"},
            "https://a.example",
        ),
        (
            {"trust_proxy": True},
            {"X-Forwarded-Host": "a.example", "X-Forwarded-Port": "8443"},
            "http://a.example:8443",
        ),
        (
            {"trust_proxy": True},
            {"Forwarded": 'for=1.2.3.4;Proto=https;host="c.example:1"'},
            "https://c.example:1",
        ),
        (
            {"trust_proxy": True},
            {"X-Forwarded-Host": "[::1]", "X-Forwarded-Proto": "HTTPS", "X-Forwarded-Port": "8443"},
            "https://[::1]:8443",
        ),
        (
            {"trust_proxy": True},
            {"X-Forwarded-Host": "a b", "X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "x"},
            "http://cup.test",
        ),
        ({"trust_proxy": True}, {"Forwarded": 'proto=javascript;host="c\\"d"'}, "http://cup.test"),
    ],
)
async def test_the_public_url(
    folder: SpecificationFolder, settings: dict[str, Any], headers: dict[str, str], expected: str
) -> None:
    async with client_of(folder, **settings) as client:
        await client.get("/cups/s/tea", headers=headers)
    assert SEEN["public_url"] == expected


@pytest.mark.parametrize(
    "host", ["", "a b", "x:abc", "x:65536", "[::1", "[:::1]", 'evil"<>', "shöp", "a/b", "u@a"]
)
async def test_a_header_that_is_no_host_counts_as_none(client: httpx.AsyncClient, host: str) -> None:
    await client.get("/cups/s/tea", headers={"Host": host.encode("latin-1")})
    assert SEEN["public_url"] == "http://cup.test"


@pytest.mark.parametrize("host", ["shop", "my_shop.local:8080", "10.0.0.1:1", "[::1]:8080", "[fe80::1]"])
async def test_a_header_that_is_a_host_is_taken(client: httpx.AsyncClient, host: str) -> None:
    await client.get("/cups/s/tea", headers={"Host": host})
    assert SEEN["public_url"] == f"http://{host}"
