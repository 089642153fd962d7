"""Faults that break connections: a server of its own, since there is no connection in this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.running import RunningServer, run_server

FAULTS = "/_mock/faults"
STATUS = "GET report/{service}/status"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with run_server(tmp_path_factory.mktemp("faults"), "--clock", "frozen", "--no-access-log") as running:
        yield running


@pytest.fixture
def real(server: RunningServer, world: str) -> Iterator[httpx.Client]:
    headers = {"X-Authorization": "Bearer admin-token", "X-Mock-World": world}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


def finished_file(real: httpx.Client) -> str:
    started = real.post("/admin/api/v1/report/order/start", headers={"Prefer": "profile=immediate"})
    return str(started.json()["fileUrl"])


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost:3000"}])
def test_a_reset_reaches_the_client_as_one_and_nothing_is_done(
    real: httpx.Client, headers: dict[str, str]
) -> None:
    real.post(FAULTS, json={"kind": "reset", "times": 1}).raise_for_status()
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        real.post("/admin/api/v1/report/order/start", headers=headers)
    assert real.get("/_mock/jobs").json()["jobs"] == []
    assert real.post("/admin/api/v1/report/order/start").status_code == 200


def broken_off(real: httpx.Client, method: str, path: str) -> tuple[httpx.Response, bytes]:
    """Return the head and the part of a body that comes before the connection breaks."""
    received: list[bytes] = []
    with real.stream(method, path) as answer:
        parts = answer.iter_bytes()
        with pytest.raises(httpx.RemoteProtocolError, match=r"received \d+ bytes, expected \d+"):
            received.extend(parts)
    return answer, b"".join(received)


def test_a_truncated_body_is_shorter_than_announced(real: httpx.Client) -> None:
    real.post(FAULTS, json={"operation": STATUS, "kind": "truncate"}).raise_for_status()
    answer, received = broken_off(real, "GET", "/admin/api/v1/report/order/status")
    assert (answer.status_code, answer.headers["x-mock-fault"]) == (200, "1")
    assert len(received) == int(answer.headers["content-length"]) // 2


def test_the_answer_of_a_rule_can_be_truncated(real: httpx.Client) -> None:
    real.post(FAULTS, json={"status": 503, "kind": "truncate"}).raise_for_status()
    answer, received = broken_off(real, "POST", "/admin/api/v1/report/order/start")
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (503, "REP-START-503-trigger")
    assert received.startswith(b'{"error":"Service Unavailable"')


def test_a_download_can_break_off(real: httpx.Client) -> None:
    url = finished_file(real)
    real.post(FAULTS, json={"operation": "GET report/{fileName}", "kind": "truncate", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        real.get(url)
    assert len(real.get(url).json()) > 0


def test_a_download_can_be_slow(real: httpx.Client) -> None:
    url = finished_file(real)
    whole = real.get(url).content
    plan = {"operation": "downloadReportFile", "kind": "slow-body", "bodySeconds": 0.01}
    real.post(FAULTS, json=plan).raise_for_status()
    assert real.get(url).content == whole
    assert real.get(FAULTS).json()["faults"][0]["fired"] == 1


def test_where_there_is_no_body_to_cut_no_answer_comes(real: httpx.Client) -> None:
    url = finished_file(real)
    real.post(FAULTS, json={"kind": "truncate"}).raise_for_status()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        real.head(url)


@contextmanager
def call_under_way(server: RunningServer, world: str) -> Iterator[socket.socket]:
    """Start an export whose answer is an hour late, and wait until it has been hit."""
    plan = {"operation": "POST report/{service}/start", "latencySeconds": 3600, "times": 1}
    address = urlsplit(server.url)
    with (
        httpx.Client(base_url=f"{server.url}/w/{world}") as client,
        socket.create_connection((address.hostname, address.port)) as connection,
    ):
        client.post(FAULTS, json=plan).raise_for_status()
        connection.sendall(
            f"POST /w/{world}/admin/api/v1/report/order/start HTTP/1.1\r\nHost: mock\r\n"
            "X-Authorization: Bearer admin-token\r\n\r\n".encode()
        )
        for _ in range(10_000):
            if client.get(FAULTS).json()["faults"][0]["fired"]:
                break
        yield connection


def test_a_call_whose_answer_is_late_has_been_done(
    server: RunningServer, real: httpx.Client, world: str
) -> None:
    with call_under_way(server, world):
        assert [job["target"] for job in real.get("/_mock/jobs").json()["jobs"]] == ["order"]


def test_the_server_ends_at_once_though_answers_are_late(tmp_path: Path) -> None:
    with (
        run_server(tmp_path, "--no-access-log") as running,
        call_under_way(running, "late") as connection,
    ):
        running.process.terminate()
        answer = connection.recv(65_536)
        log = running.process.communicate(timeout=30)[1]
    assert running.process.returncode == 0
    assert log == ""
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
