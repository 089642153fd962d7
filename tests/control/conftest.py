"""What the tests of the journal do again and again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Steps


async def journal(client: httpx.AsyncClient, **criteria: Any) -> list[dict[str, Any]]:
    """Return the calls that the journal lists."""
    answer = await client.get("/_mock/requests", params=criteria)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


async def verify(client: httpx.AsyncClient, **expected: Any) -> dict[str, Any]:
    """Return the verdict on an expectation."""
    answer = await client.post("/_mock/requests/verify", json=expected)
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.json()
    return verdict


@pytest.fixture
async def called(api: Steps, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a world with four calls, ten seconds apart."""
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await api.post("/report/order/start?format=json")
    await api.advance(10)
    await api.post("/report/product/pause")
    await api.advance(10)
    await api.get("/report/order/status", headers={"X-Authorization": "Bearer reader-token"})
    await api.advance(10)
    await api.get("/report/orders/status")
    return client
