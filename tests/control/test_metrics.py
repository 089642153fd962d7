"""Metrics: what Prometheus reads of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver.app import MockServer
from mockserver.contract.meter import Meter
from mockserver.settings import Settings
from tests.conftest import make_client

STATUS = "/admin/api/v1/report/order/status"


@pytest.fixture(scope="module")
def app() -> MockServer:
    return MockServer(Settings(clock="frozen"))


@pytest.fixture
async def client(app: MockServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that has counted nothing and holds nothing."""
    app.server.meter = Meter()
    for name in app.server.worlds.names():
        app.server.worlds.delete(name)
    async with make_client(app) as client:
        yield client


async def read(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Return the samples by name and the values of their labels, in the order of the labels' names."""
    answer = await client.get("/_mock/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_requests_are_counted_by_operation_and_status(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await client.get(STATUS)
    await client.get("/admin/api/v1/report/spoon/status")
    samples = await read(client)
    name = ("mockserver_requests_total", "websale-report", "GET report/{service}/status")
    assert samples[*name, "200"] == 3
    assert samples[*name, "400"] == 1


async def test_requests_that_meet_no_operation_are_one_number_whatever_they_are(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/admin/api/v1/a", "/admin/api/v1/b", "/_mock/c"):
        await client.get(path)
    samples = await read(client)
    assert samples["mockserver_requests_total", "", "", "404"] == 3


async def test_latencies_are_a_histogram(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await client.get(STATUS)
    samples = await read(client)
    labels = ("websale-report", "GET report/{service}/status")
    assert samples["mockserver_request_duration_seconds_count", *labels] == 5
    assert samples["mockserver_request_duration_seconds_sum", *labels] > 0
    buckets = [
        value
        for (name, *rest), value in samples.items()
        if name == "mockserver_request_duration_seconds_bucket" and rest[-1] == labels[1]
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 5


async def test_rules_are_counted_each_even_where_one_answer_has_several(client: httpx.AsyncClient) -> None:
    await client.get(STATUS, headers={"X-Authorization": "Bearer nobody-token"})
    foxy = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token"}
    await client.post("/stores/1/reports", headers=foxy, json={})
    samples = await read(client)
    assert samples["mockserver_rules_total", "REP-STATUS-401"] == 1
    assert samples["mockserver_rules_total", "FOXY-NAME-REQ"] == 1
    assert samples["mockserver_rules_total", "FOXY-START-REQ"] == 1


async def test_faults_are_counted_by_kind(client: httpx.AsyncClient) -> None:
    for plan in ({"status": 503}, {"latencySeconds": 1, "virtual": True}):
        await client.post("/_mock/faults", json=plan)
    await client.get(STATUS)
    await client.post("/_mock/faults", json={"kind": "reset"})
    await client.delete("/_mock/faults/1")
    with pytest.raises(ConnectionResetError):
        await client.get(STATUS)
    samples = await read(client)
    assert samples["mockserver_faults_fired_total", "answer"] == 1
    assert samples["mockserver_faults_fired_total", "delay"] == 2
    assert samples["mockserver_faults_fired_total", "reset"] == 1
    assert samples["mockserver_faults",] == 2
    operation = ("websale-report", "GET report/{service}/status")
    assert samples["mockserver_requests_total", *operation, "none"] == 1


async def test_jobs_are_counted_by_api_and_state_over_all_worlds(client: httpx.AsyncClient) -> None:
    for world in ("a", "b"):
        prefix = f"/w/{world}/admin/api/v1/report"
        await client.post(f"{prefix}/order/start", headers={"Prefer": "profile=immediate"})
        await client.post(f"{prefix}/product/start")
    samples = await read(client)
    assert samples["mockserver_jobs", "report", "finished"] == 2
    assert samples["mockserver_jobs", "report", "starting"] == 2
    assert samples["mockserver_jobs", "foxy", "running"] == 0


async def test_worlds_violations_and_the_version_are_told(client: httpx.AsyncClient) -> None:
    for world in ("a", "b"):
        await client.get(f"/w/{world}/_mock/clock")
    samples = await read(client)
    assert samples["mockserver_worlds",] == 3
    assert samples["mockserver_worlds_limit",] == 1000
    assert samples["mockserver_contract_violations_total",] == 0
    version = (await client.get("/_mock/health")).json()["version"]
    assert samples["mockserver_info", version] == 1
    assert samples["process_resident_memory_bytes",] > 0


async def test_a_reset_changes_nothing_of_what_was_counted(client: httpx.AsyncClient) -> None:
    await client.get(STATUS)
    await client.post("/_mock/reset")
    samples = await read(client)
    assert samples["mockserver_requests_total", "websale-report", "GET report/{service}/status", "200"] == 1
