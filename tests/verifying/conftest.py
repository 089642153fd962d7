"""A copy of the mock server that is wrong on purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.testing import ServerThread
from mockserver.verifying.command import verify
from tests.running import NOW

Wrong = Callable[[int, Any], tuple[int, Any]]
"""Status and body of an answer in, wrong ones out."""


class WrongCopy:
    """An ASGI application that answers as the mock server does, but for some paths."""

    def __init__(self, app: MockServer, path: str, wrong: Wrong) -> None:
        self.app = app
        self.path = re.compile(path)
        self.wrong = wrong

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.path.fullmatch(scope.get("path", "")) is None:
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}

        async def change(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            status, body = self.wrong(start["status"], json.loads(message["body"]))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
            headers.append((b"content-length", str(len(content)).encode()))
            await send({**start, "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

        await self.app(scope, receive, change)


@cache
def right_one() -> MockServer:
    return MockServer(Settings(clock="frozen", now=NOW))


@contextmanager
def wrong_copy(path: str, wrong: Wrong) -> Iterator[str]:
    """Run a wrong copy; give its base URL."""
    with ServerThread(app=WrongCopy(right_one(), path, wrong)) as server:
        yield server.url


@pytest.fixture(scope="session")
def target() -> Iterator[str]:
    """Base URL of a mock server that is as it should be."""
    with ServerThread(app=right_one()) as server:
        yield server.url


def run_verify(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(verify, [*arguments, "--max-examples", "5"], env=environment)
