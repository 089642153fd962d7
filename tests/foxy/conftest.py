"""A client of Foxy's API in a world of its own."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from tests.conftest import make_client

JANUARY = {
    "name": "complete",
    "datetime_start": "2022-01-01 00:00:00",
    "datetime_end": "2022-01-31 23:59:59",
}
CURIES = [{"name": "fx", "href": "https://api.foxycart.com/rels/{rel}", "templated": True}]


class FoxyClient:
    """What tests do again and again, in words."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.request(method, path, **kwargs)

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.client.get(path, **kwargs)

    async def get_as(self, token: str | None, path: str, **headers: str) -> httpx.Response:
        """GET with another token, or with none."""
        request = self.client.build_request("GET", path, headers=headers)
        if token is None:
            del request.headers["authorization"]
        else:
            request.headers["authorization"] = f"Bearer {token}"
        return await self.client.send(request)

    async def post(self, **changes: Any) -> httpx.Response:
        """Order a report of January 2022, with other properties than that one's."""
        headers = changes.pop("headers", {})
        body = {key: value for key, value in {**JANUARY, **changes}.items() if value is not ...}
        return await self.client.post("/stores/1/reports", json=body, headers=headers)

    async def order(self, **changes: Any) -> str:
        """Order a report and return its address."""
        answer = await self.post(**changes)
        assert answer.status_code == 201, answer.text
        location: str = answer.headers["location"]
        return location

    async def ready(self, **changes: Any) -> dict[str, Any]:
        """Order a report, wait until it is ready, and return it."""
        location = await self.order(**changes)
        await self.advance(5)
        report: dict[str, Any] = (await self.get(location)).json()
        assert report["status"] == "ready"
        return report

    async def download(self, report: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Return the rows of each file in a report's archive."""
        answer = await self.get(report["_links"]["fx:download_url"]["href"])
        assert answer.status_code == 200, answer.text
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))
            for name in archive.namelist()
        }

    async def names(self, query: str) -> list[str]:
        """Return the names of the reports that a query selects, in order."""
        answer = await self.get(f"/stores/1/reports?{query}")
        assert answer.status_code == 200, answer.text
        return [report["name"] for report in answer.json()["_embedded"]["fx:reports"]]

    async def advance(self, seconds: float) -> None:
        answer = await self.client.post("/_mock/clock/advance", json={"seconds": seconds})
        assert answer.status_code == 200, answer.text

    async def set_clock(self, now: str) -> None:
        answer = await self.client.put("/_mock/clock", json={"now": now})
        assert answer.status_code == 200, answer.text

    async def set_profile(self, **profile: Any) -> None:
        answer = await self.client.put("/_mock/profiles/foxy/1", json=profile)
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def foxy(shared_app: MockServer, world: str) -> AsyncIterator[FoxyClient]:
    """Foxy's client with the token of store 1, in the test's own world, whose clock stands still."""
    headers = {"FOXY-API-VERSION": "1", "Authorization": "Bearer foxy-token", "X-Mock-World": world}
    async with make_client(shared_app, token=None, **headers) as client:
        yield FoxyClient(client)


def messages(answer: httpx.Response) -> list[str]:
    """Return the messages of an error."""
    return [entry["message"] for entry in answer.json()["_embedded"]["fx:errors"]]
