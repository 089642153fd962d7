"""The files that exports write."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import Steps, make_client, rule_of
from tests.websale.test_report import FORMATS

NOW = {"Prefer": "profile=immediate"}
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "xml": "application/xml"}


async def export(api: Steps, service: str, query: str = "") -> httpx.Response:
    """Export a service at once and download the file."""
    started = await api.post(f"/report/{service}/start{query}", headers=NOW)
    assert started.status_code == 200, started.text
    return await api.client.get(started.json()["fileUrl"])


@pytest.mark.parametrize(("service", "format"), [(s, f) for s, formats in FORMATS.items() for f in formats])
async def test_every_file_holds_as_many_records_as_its_status_says(
    api: Steps, service: str, format: str
) -> None:
    started = (await api.post(f"/report/{service}/start?format={format}", headers=NOW)).json()
    file = await api.client.get(started["fileUrl"])
    assert file.status_code == 200
    assert file.headers["content-type"] == MEDIA_TYPES[format]
    assert file.headers["content-disposition"] == f'attachment; filename="{started["fileName"]}"'
    assert _count(file.content, format) == started["total"]


def _count(content: bytes, format: str) -> int:
    if format == "json":
        return len(httpx.Response(200, content=content).json())
    if format == "csv":
        return sum(1 for _ in csv.DictReader(io.StringIO(content.decode(), newline="")))
    return len(ElementTree.fromstring(content))


async def test_the_file_needs_no_token(api: Steps, shared_app: MockServer) -> None:
    started = (await api.post("/report/order/start", headers=NOW)).json()
    async with make_client(shared_app, token=None) as anybody:
        assert (await anybody.get(started["fileUrl"])).status_code == 200


async def test_the_default_worlds_link_has_no_prefix() -> None:
    async with make_client(MockServer(Settings(clock="frozen"))) as client:
        api = Steps(client)
        started = (await api.post("/report/order/start", headers=NOW)).json()
        assert started["fileUrl"] == f"http://mock.test/content/report/{started['fileName']}"
        assert (await client.get(started["fileUrl"])).status_code == 200


@pytest.mark.rule("MOCK-404-file")
async def test_the_file_is_not_there_before_the_export_has_finished(api: Steps) -> None:
    started = (await api.post("/report/order/start")).json()
    early = await api.client.get(started["fileUrl"])
    assert rule_of(early) == (404, "MOCK-404-file")
    assert early.headers["content-type"] == "application/problem+json"
    await api.finish()
    assert (await api.client.get(started["fileUrl"])).status_code == 200


@pytest.mark.rule("MOCK-404-file")
async def test_a_canceled_export_has_no_file(api: Steps) -> None:
    started = (await api.post("/report/order/start")).json()
    await api.delete("/report/order/cancel")
    assert rule_of(await api.client.get(started["fileUrl"])) == (404, "MOCK-404-file")


@pytest.mark.rule("MOCK-404-file")
@pytest.mark.parametrize("name", ["nothing.json", "..%2F..%2Fetc%2Fpasswd", "%00", "%0A"])
async def test_an_unknown_file_is_a_problem(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/content/report/{name}")
    assert rule_of(answer) == (404, "MOCK-404-file")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_head_request_gets_the_headers_alone(api: Steps) -> None:
    started = (await api.post("/report/order/start", headers=NOW)).json()
    head = await api.client.head(started["fileUrl"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/json"
    assert started["fileName"] in head.headers["content-disposition"]


async def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    async def order_file(seed: int) -> bytes:
        async with make_client(MockServer(Settings(seed=seed, clock="frozen"))) as client:
            return (await export(Steps(client), "order")).content

    assert await order_file(7) == await order_file(7)
    assert await order_file(7) != await order_file(8)


async def test_worlds_do_not_see_each_others_files(api: Steps, shared_app: MockServer) -> None:
    started = (await api.post("/report/order/start", headers=NOW)).json()
    async with make_client(shared_app, **{"X-Mock-World": "somewhere-else"}) as other:
        answer = await other.get(f"/content/report/{started['fileName']}")
    assert answer.status_code == 404


async def test_a_file_can_be_downloaded_again_and_stays_the_same(api: Steps) -> None:
    started = (await api.post("/report/product/start?format=csv", headers=NOW)).json()
    first, second = [(await api.client.get(started["fileUrl"])).content for _ in range(2)]
    assert first == second


async def test_the_number_of_records_can_be_set() -> None:
    async with make_client(MockServer(Settings(records={"order": 1234}, clock="frozen"))) as client:
        api = Steps(client)
        rows: list[Any] = (await export(api, "order")).json()
    assert len(rows) == 1234
