"""Read and write a world as one document."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
import yaml
from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.schemas import Validator, find_faults
from mockserver.contract.specification import Specification, YamlLoader
from mockserver.control.specifications import write_yaml
from mockserver.control.worlds import show_world
from mockserver.simulation.errors import StateError, TooLarge
from mockserver.simulation.state import MAX_BYTES, encode
from mockserver.simulation.worlds import World

YAML = ("application/yaml", "application/x-yaml", "text/yaml")


async def read(exchange: Exchange, format: str | None = None) -> Answer:
    """Describe the world, as JSON or as YAML."""
    content = await encode_world(exchange)
    if not _wants_yaml(exchange, format):
        return Answer(body=content, media_type="application/json")
    return Answer(body=await run_in_threadpool(_to_yaml, content), media_type=YAML[0])


async def write(exchange: Exchange) -> dict[str, Any]:
    """Bring the world into the state that a document describes; a wrong one changes nothing."""
    document = await run_in_threadpool(_parse, await exchange.body())
    _check(exchange, document)
    exchange.world = await run_in_threadpool(fill_world, exchange, document)
    return show_world(exchange.world)


async def encode_world(exchange: Exchange) -> bytes:
    """Return the world's document; ``MOCK-409-state`` for a world that is too large.

    What it holds is fixed here and now; only writing it is left to a worker thread.
    """
    try:
        return await run_in_threadpool(encode, exchange.server.documents.dump(exchange.world), MAX_BYTES)
    except TooLarge as error:
        raise Rule("MOCK-409-state", explain=f"{error}.".capitalize()) from error


def fill_world(exchange: Exchange, document: dict[str, Any]) -> World:
    """Put a world made from the document in the place of the one there is."""

    def fill(world: World) -> None:
        exchange.server.documents.fill(world, document)

    try:
        return exchange.server.worlds.replace(exchange.world.name, fill)
    except StateError as error:
        raise _refused(error.field, f"{error}.", error.accepted) from error


def _check(exchange: Exchange, document: Any) -> None:
    """Refuse what is no document at all, of another version, or of another shape; name the place."""
    if isinstance(document, dict) and isinstance(document.get("version"), int) and document["version"] != 1:
        raise _refused("version", f"version is {document['version']!r}; accepted: 1.", "1")
    validator = _validator_of(exchange.server.contract.specifications["mock-control"])
    fault = next(find_faults(validator, document), None)
    if fault is not None:
        raise _refused(fault.path, fault.said_of("The document"), fault.refusal.accepted)


def _refused(place: str, explain: str, accepted: str) -> Rule:
    return Rule("MOCK-400-state", field=place, explain=explain, accepted=[accepted] if accepted else [])


@lru_cache(maxsize=4)
def _validator_of(specification: Specification) -> Validator:
    schema = specification.document["components"]["schemas"]["WorldDocument"]
    return Validator(specification.inline(schema))


def _wants_yaml(exchange: Exchange, format: str | None) -> bool:
    if format is not None:
        return format == "yaml"
    accept = exchange.headers.get("accept", "").lower()
    return any(name in accept for name in YAML)


def _to_yaml(content: bytes) -> bytes:
    return write_yaml(orjson.loads(content))


def _parse(content: bytes) -> Any:
    """Read JSON, or YAML without aliases, with which a few lines could stand for a billion."""
    if content.lstrip()[:1] in (b"{", b""):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise _refused("", f"The body is not JSON: {error}.", "a world's document") from error
    try:
        text = content.decode()
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=YamlLoader)):
            raise _refused("", "The document has aliases (*name).", "YAML without aliases")
        return yaml.load(text, Loader=YamlLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise _refused("", f"The body is neither JSON nor YAML: {said}.", "a world's document") from error
