"""A small HTTP client on one connection: calls, streamed downloads, and a poller beside other work."""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from benchmarks.outcome import MIB, BenchmarkError


class AnswerError(BenchmarkError):
    """Raised when a server answers a call that has to succeed with an error."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that was read to its end: its size, how many line feeds it has, how long it took."""

    size: int
    lines: int
    seconds: float


class Client:
    """One connection to one server."""

    def __init__(self, host: str, port: int, *, timeout: float = 60) -> None:
        self._connection = HTTPConnection(host, port, timeout=timeout, blocksize=MIB)

    def __enter__(self) -> Self:
        """Return the client; the connection opens with the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def status(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> int:
        """Make a call and return the status of its answer."""
        return self._call(method, path, None, headers or {})[0].status

    def content(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Make a call, with a JSON body if given, and return the body of its answer."""
        response, content = self._call(method, path, body, headers or {})
        if response.status >= 400:
            raise AnswerError(
                f"{method} {path} was answered {response.status}: {content[:500].decode(errors='replace')}"
            )
        return content

    def json(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Make a call and return its answer, parsed."""
        content = self.content(method, path, body=body, headers=headers)
        return json.loads(content) if content else None

    def upload(self, path: str, file: Path, headers: Mapping[str, str]) -> Any:
        """Send a file as the body of a POST, in pieces, and return the answer, parsed."""
        with file.open("rb") as stream:
            size = {"Content-Length": str(file.stat().st_size)}
            self._connection.request("POST", path, stream, {**headers, **size})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise AnswerError(f"POST {path} was answered {response.status}: {content[:500]!r}")
        return json.loads(content)

    def download(self, url: str, *, to: Path | None = None) -> Download:
        """Read a file to its end; keep it only when there is somewhere to write it."""
        buffer = bytearray(MIB)
        view = memoryview(buffer)
        began = time.perf_counter()
        self._connection.request("GET", urlsplit(url).path)
        response = self._connection.getresponse()
        if response.status != 200:
            raise AnswerError(f"GET {url} was answered {response.status}: {response.read(500)!r}")
        size = lines = 0
        with Path(to or os.devnull).open("wb") as output:
            while length := response.readinto(view):
                size += length
                lines += buffer.count(b"\n", 0, length)
                output.write(view[:length])
        return Download(size, lines, time.perf_counter() - began)

    def _call(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        content = None if body is None else json.dumps(body).encode()
        extra = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, content, {**headers, **extra})
        response = self._connection.getresponse()
        return response, response.read()


@dataclass
class Poller:
    """Poll one path from a thread, at a steady pace, while the block runs; keep how long each answer took.

    :ivar interval: seconds from the start of one poll to that of the next.
    :ivar latencies: milliseconds of each answer.
    """

    client: Client
    path: str
    headers: Mapping[str, str]
    interval: float = 0.01
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin to poll."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop polling."""
        self._stop.set()
        self._thread.join()
        if kind is None and len(self.latencies) < 2:
            raise AnswerError(f"Polling {self.path} beside other work got no answers.")

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.perf_counter()
            if self.client.status("GET", self.path, self.headers) != 200:
                return
            took = time.perf_counter() - began
            self.latencies.append(took * 1000)
            self._stop.wait(max(0.0, self.interval - took))

    def percentile(self, percent: int) -> float:
        """Return the latency, in milliseconds, that so many percent of the polls did not exceed."""
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1]

    @property
    def worst(self) -> float:
        """The longest latency, in milliseconds."""
        return max(self.latencies)
