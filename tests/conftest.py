"""Clients of the real application, in this process."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.running import NOW

pytest_plugins = ["pytester"]

BASE_URL = "http://mock.test"
API = "/admin/api/v1"


def make_client(app: MockServer, *, token: str | None = "admin-token", **headers: str) -> httpx.AsyncClient:
    """Return a client of the application, logged in with a fixture token."""
    if token is not None:
        headers["X-Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=True), base_url=BASE_URL, headers=headers
    )


@pytest.fixture(scope="session")
def shared_app() -> MockServer:
    """One application for all tests that have a world of their own."""
    return MockServer(Settings(clock="frozen", now=NOW, max_worlds=100_000))


@pytest.fixture
def world(request: pytest.FixtureRequest) -> str:
    """The name of a world that belongs to this test alone."""
    return hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:16]


@pytest.fixture
async def client(shared_app: MockServer, world: str) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's client in the test's own world, whose clock stands still."""
    async with make_client(shared_app, **{"X-Mock-World": world}) as client:
        yield client


class Steps:
    """What tests do again and again, in words."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.get(f"{API}{path}", **kwargs)

    async def post(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.post(f"{API}{path}", **kwargs)

    async def put(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.put(f"{API}{path}", **kwargs)

    async def delete(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.delete(f"{API}{path}", **kwargs)

    async def advance(self, seconds: float) -> None:
        answer = await self.client.post("/_mock/clock/advance", json={"seconds": seconds})
        assert answer.status_code == 200, answer.text

    async def finish(self) -> None:
        answer = await self.client.post("/_mock/clock/advance", json={"until": "idle"})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def api(client: httpx.AsyncClient) -> Steps:
    return Steps(client)


def rule_of(answer: httpx.Response) -> tuple[int, str | None]:
    """Return status and rule of an answer."""
    return answer.status_code, answer.headers.get("x-mock-rule")
