"""Export, import of that very file, export again: nothing fails and nothing changes."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import MockServer
from mockserver.websale.shop import Shop
from tests.conftest import Steps, make_client
from tests.records.test_codecs import anything, texts

from .test_import import FORMATS
from .test_import_files import AT_ONCE

CASES = [(service, format) for service, formats in FORMATS.items() for format in formats]


async def export(client: httpx.AsyncClient, service: str, format: str) -> bytes:
    api = Steps(client)
    started = (await api.post(f"/report/{service}/start?format={format}", headers=AT_ONCE)).json()
    return (await client.get(started["fileUrl"])).content


async def give_back(client: httpx.AsyncClient, service: str, format: str) -> tuple[int, int]:
    """Import what was exported; return how many records there were and how many failed."""
    before = await export(client, service, format)
    answer = await Steps(client).post(
        f"/import/{service}/start?format={format}", content=before, headers=AT_ONCE
    )
    status = answer.json()
    assert status["importErrors"] == []
    assert await export(client, service, format) == before
    return status["total"], status["failed"]


def keep_quiet(app: MockServer, world: str) -> Shop:
    """Have no feed built after an import, since that changes what the feeds show."""
    shop = app.server.worlds.get(world).part(Shop)
    for feed in [*shop.records.snapshot("dataFeed")]:
        feed["exportPlanOptions"]["exportAfterImport"] = False
        shop.records.put("dataFeed", feed)
    return shop


@pytest.mark.parametrize(("service", "format"), CASES)
async def test_an_exported_file_is_imported_without_a_change(
    shared_app: MockServer, world: str, client: httpx.AsyncClient, service: str, format: str
) -> None:
    keep_quiet(shared_app, world)
    total, failed = await give_back(client, service, format)
    assert total > 0
    assert failed == 0


def edited(schema: Any, value: Any) -> st.SearchStrategy[Any]:
    """Return values that the schema allows in the place of one that it has."""
    kind = schema.get("type")
    if value is False and "after an import" in schema.get("description", ""):
        return st.just(value)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema or "date-time" in (schema.get("format"), schema.get("x-format")):
        return st.just(value)
    if kind == "object" and schema.get("additionalProperties", True) is not False:
        known = st.just({name: value[name] for name in value if name in schema.get("properties", {})})
        return st.builds(lambda other, own: other | own, st.dictionaries(texts, anything, max_size=2), known)
    if kind == "object":
        parts = schema["properties"]
        return st.fixed_dictionaries({name: edited(parts[name], value[name]) for name in value})
    if kind == "string":
        return texts.filter(bool)
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        low, high = schema.get("minimum", -(10**6)), schema.get("maximum", 10**6)
        return st.integers(low, high)
    return st.just(value)


@pytest.mark.parametrize(("service", "format"), CASES)
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
async def test_a_file_of_edited_records_is_imported_without_a_change(
    shared_app: MockServer, service: str, format: str, data: st.DataObject
) -> None:
    world = hashlib.sha1(f"{service}.{format}".encode()).hexdigest()[:16]
    shared_app.server.worlds.reset(world)
    shop = keep_quiet(shared_app, world)
    described = shop.services[service]
    for record in [*shop.records.snapshot(service).iterate(0, 3)]:
        changed = data.draw(edited(described.schema, record))
        shop.records.put(service, changed | {described.key: record[described.key]})
    async with make_client(shared_app, **{"X-Mock-World": world}) as client:
        _, failed = await give_back(client, service, format)
    assert failed == 0
