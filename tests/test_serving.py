"""What is between the socket and the application."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.running import RunningServer, run_server

STATUS = "/admin/api/v1/report/order/status"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with run_server(tmp_path_factory.mktemp("serving"), "--clock", "frozen") as running:
        yield running


def address(server: RunningServer) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return host, int(port)


def answers_to(server: RunningServer, request: bytes) -> bytes:
    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.rule("COM-405-method")
@pytest.mark.parametrize("method", ["BREW", "get", "X-Y", "UNBIND"])
def test_a_method_that_no_parser_knows_is_one_that_is_not_allowed(server: RunningServer, method: str) -> None:
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    for _ in range(2):  # the connection stays as good as it was
        connection.request(method, STATUS, body=b"some body", headers={"X-Mock-World": "methods"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert json.loads(answer.read())["error"] == "Method Not Allowed"
    connection.request("GET", "/_mock/requests?limit=1", headers={"X-Mock-World": "methods"})
    assert json.loads(connection.getresponse().read())["requests"][0]["method"] == method
    connection.close()


def test_the_end_of_a_body_may_come_with_the_next_request(server: RunningServer) -> None:
    head = f"BREW {STATUS} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n".encode()
    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(head + b"so")  # answered before the body is complete
        assert connection.recv(65_536).startswith(b"HTTP/1.1 405 ")
        connection.sendall(b"me" + head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"BREW /tea HTTP/1.1\r\nno header\r\n\r\n",
        b"BREW /tea HTTP/3.0\r\n\r\n",
        b"BR(W /tea HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nBREW /tea HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_ends_the_connection(server: RunningServer, request_: bytes) -> None:
    answer = answers_to(server, request_)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
