"""Manage the templates of data feeds: ``datafeeds/templates`` (S3)."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Answer, Exchange, Rule
from mockserver.records import Record, Service, Snapshot
from mockserver.websale.feeds import SERVICE as FEEDS
from mockserver.websale.feeds import TEMPLATES as SERVICE
from mockserver.websale.language import CompileError
from mockserver.websale.listing import SCAN_IN_THREAD, Listing, ListRules, parse_filters
from mockserver.websale.rendering import compile_content
from mockserver.websale.shop import Shop
from mockserver.websale.steering import explained

FIELDS = ("id", "name", "content", "createdAt", "updatedAt")
LIST_RULES = ListRules(
    field="DFT-LIST-400-field",
    operator="DFT-LIST-400-op",
    value="DFT-LIST-400-filtervalue",
    direction="DFT-LIST-400-direction",
)
LONG = 10_000
"""Contents longer than this are compiled in a worker thread."""


async def list_all(exchange: Exchange, size: int, page_token: int, sort: str | None = None) -> dict[str, Any]:
    """List the templates, each with the names of the feeds that use it (DFT-LIST-200)."""
    shop = exchange.world.part(Shop)
    question = _listing(shop.services[SERVICE]).ask(exchange.query, sort, size, page_token)
    records = await shop.settled()
    page = await question.answer(records.snapshot(SERVICE))
    users = await _users_of(records.snapshot(FEEDS))
    for template in page["items"]:
        template["usedBy"] = users.get(template["id"], [])
    return page


def check_filters(exchange: Exchange) -> None:
    """Refuse bad filters: the table has them before a bad ``sort``."""
    service = exchange.world.part(Shop).services[SERVICE]
    parse_filters(exchange.query, _listing(service).filters, LIST_RULES)


async def read(exchange: Exchange, id: int) -> Record:
    """Show a template (DFT-GET-200)."""
    return _find(exchange, id, "DFT-GET-404")


async def create(exchange: Exchange, body: dict[str, Any]) -> Record:
    """Create a template whose content compiles (DFT-POST-200)."""
    world = exchange.world
    await _refuse_broken(body["content"], "DFT-POST-400-compile")
    records, now = world.part(Shop).records, world.clock.resource_time(world.clock.ticks())
    template = {"name": body["name"], "content": body["content"], "createdAt": now, "updatedAt": now}
    template["id"] = records.next_id(SERVICE)
    records.put(SERVICE, template)
    return dict(sorted(template.items()))


async def update(exchange: Exchange, id: int, body: dict[str, Any]) -> Record:
    """Change name and content, whichever the body has (DFT-PUT-200)."""
    world = exchange.world
    if "content" in body:
        await _refuse_broken(body["content"], "DFT-PUT-400-compile")
    template = _find(exchange, id, "DFT-PUT-404")
    template |= {name: body[name] for name in ("name", "content") if name in body}
    template["updatedAt"] = world.clock.resource_time(world.clock.ticks())
    world.part(Shop).records.put(SERVICE, template)
    return template


async def delete(exchange: Exchange, id: int) -> dict[str, Any]:
    """Delete a template that no feed uses (DFT-DEL-200)."""
    shop = exchange.world.part(Shop)
    _find(exchange, id, "DFT-DEL-404")
    users = await _users_of((await shop.settled()).snapshot(FEEDS))
    if id in users:
        raise Rule("DFT-DEL-409", explain=f"The template is used by {', '.join(users[id])}.")
    shop.records.delete(SERVICE, id)
    return {"success": True}


async def validate(exchange: Exchange, body: dict[str, str]) -> Answer:
    """Tell whether a content compiles; nothing is saved (DFT-VAL-200, DFT-VAL-nocompile)."""
    error = await _compile_error(body["content"])
    if error is None:
        return Answer(payload={"success": True})
    verdict = {"success": False, "error": error.message, "line": error.line}
    return Answer(payload=verdict, headers=explained(str(error)))


async def check_new(_exchange: Exchange, good: Record, _bad: frozenset[str]) -> None:
    """Compile the content of a new template that the schema has refused: the table may have that first."""
    await _refuse_broken(good.get("content", ""), "DFT-POST-400-compile")


async def check_changed(_exchange: Exchange, good: Record, _bad: frozenset[str], id: int) -> None:
    """Compile the content of a change that the schema has refused: the table may have that first."""
    await _refuse_broken(good.get("content", ""), "DFT-PUT-400-compile")


def must_exist(exchange: Exchange, id: int) -> None:
    """Refuse a change of a template that there is not, before anything is said of the body."""
    _find(exchange, id, "DFT-PUT-404")


@cache
def _listing(service: Service) -> Listing:
    fields = {name: service.fields[name] for name in FIELDS}
    return Listing(fields, fields, LIST_RULES)


def _find(exchange: Exchange, id: int, refusal: str) -> Record:
    template = exchange.world.part(Shop).records.find(SERVICE, id)
    if template is None:
        raise Rule(refusal, explain=f"This world has no template {id}.", id=id)
    return template


async def _refuse_broken(content: str, refusal: str) -> None:
    error = await _compile_error(content)
    if error is not None:
        raise Rule(refusal, field="content", explain=str(error))


async def _compile_error(content: str) -> CompileError | None:
    if len(content) > LONG:
        return await run_in_threadpool(_compile, content)
    return _compile(content)


def _compile(content: str) -> CompileError | None:
    try:
        compile_content(content)
    except CompileError as error:
        return error
    return None


async def _users_of(feeds: Snapshot) -> dict[int, list[str]]:
    """Return the names of the feeds that use a template, by its id."""
    if len(feeds) >= SCAN_IN_THREAD:
        return await run_in_threadpool(_group, feeds)
    return _group(feeds)


def _group(feeds: Snapshot) -> dict[int, list[str]]:
    users: dict[int, list[str]] = {}
    for feed in feeds:
        users.setdefault(feed["templateId"], []).append(feed["name"])
    return users
