"""Manage data feeds: ``datafeeds`` (S3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Exchange, Rule
from mockserver.records import Record, Records, Service, Snapshot
from mockserver.websale.building import Builds
from mockserver.websale.feeds import (
    DEFAULTS,
    SERVICE,
    TEMPLATES,
    Refusals,
    check,
    find_conflict,
    merge,
    target_of,
)
from mockserver.websale.listing import SCAN_IN_THREAD, Listing, ListRules, parse_filters
from mockserver.websale.shop import Shop

SORT_FIELDS = (
    "id",
    "active",
    "name",
    "fileName",
    "templateId",
    "subshopIds",
    "exportStatus",
    "lastExportStarted",
    "lastExportFinished",
    "createdAt",
    "updatedAt",
)
FILTER_FIELDS = (*SORT_FIELDS, "targetDirectory")
LIST_RULES = ListRules(
    field="DF-LIST-400-field",
    operator="DF-LIST-400-op",
    value="DF-LIST-400-filtervalue",
    direction="DF-LIST-400-direction",
)
POST = Refusals("DF-POST", "DF-POST-400-value")
PUT = Refusals("DF-PUT", "DF-PUT-400-blankrow")


async def list_all(exchange: Exchange, size: int, page_token: int, sort: str | None = None) -> dict[str, Any]:
    """List the feeds, each with the name of its template (DF-LIST-200, DF-LIST-templateName)."""
    shop = exchange.world.part(Shop)
    question = _listing(shop.services[SERVICE]).ask(exchange.query, sort, size, page_token)
    records = await shop.settled()
    page = await question.answer(records.snapshot(SERVICE))
    for feed in page["items"]:
        template = records.find(TEMPLATES, feed["templateId"])
        feed["templateName"] = "" if template is None else template["name"]
    return page


def check_filters(exchange: Exchange) -> None:
    """Refuse bad filters: the table has them before a bad ``sort``."""
    service = exchange.world.part(Shop).services[SERVICE]
    parse_filters(exchange.query, _listing(service).filters, LIST_RULES)


async def read(exchange: Exchange, id: int) -> Record:
    """Show a feed (DF-GET-200)."""
    return find_feed(exchange, id, "DF-GET-404")


async def create(exchange: Exchange, body: dict[str, Any]) -> Record:
    """Create a feed; what the body leaves out gets its default (DF-POST-200)."""
    world, builds = exchange.world, exchange.world.part(Builds)
    records = await world.part(Shop).settled()
    feed = merge(DEFAULTS, body)
    check(body, feed, builds.storefront, records, POST)
    await _refuse_conflict(records, feed, POST)
    now = world.clock.resource_time(world.clock.ticks())
    feed |= {"id": records.next_id(SERVICE), "createdAt": now, "updatedAt": now}
    records.put(SERVICE, feed)
    return find_feed(exchange, feed["id"], "DF-GET-404")


async def update(exchange: Exchange, id: int, body: dict[str, Any]) -> Record:
    """Change what the body has; files stay as they are until the next build (DF-PUT-200, DF-PUT-nobuild)."""
    world, builds = exchange.world, exchange.world.part(Builds)
    records = await world.part(Shop).settled()
    while True:
        before, snapshot = find_feed(exchange, id, "DF-PUT-404"), records.snapshot(SERVICE)
        feed = merge(before, body)
        check(body, feed, builds.storefront, records, PUT)
        if target_of(feed) != target_of(before):
            await _refuse_conflict(records, feed, PUT)
        if snapshot.same_as(records.snapshot(SERVICE)):
            break
    feed["updatedAt"] = world.clock.resource_time(world.clock.ticks())
    records.put(SERVICE, feed)
    return find_feed(exchange, id, "DF-PUT-404")


async def delete(exchange: Exchange, id: int) -> dict[str, Any]:
    """Delete a feed with its builds and files (DF-DEL-200)."""
    find_feed(exchange, id, "DF-DEL-404")
    exchange.world.part(Builds).forget(id)
    exchange.world.part(Shop).records.delete(SERVICE, id)
    return {"success": True}


async def check_new(exchange: Exchange, good: Record, bad: frozenset[str]) -> None:
    """Refuse what no schema can, of a new feed that the schema has refused: the table may have it first."""
    await _check_rest(exchange, DEFAULTS, good, bad, POST)


async def check_changed(exchange: Exchange, good: Record, bad: frozenset[str], id: int) -> None:
    """Refuse what no schema can, of a change that the schema has refused: the table may have it first."""
    await _check_rest(exchange, find_feed(exchange, id, "DF-PUT-404"), good, bad, PUT)


async def _check_rest(
    exchange: Exchange, before: Record, good: Record, bad: frozenset[str], rules: Refusals
) -> None:
    feed = merge(before, good)
    if bad & {"active", "templateId"}:  # nobody knows what they make together
        feed["active"] = False
    records = await exchange.world.part(Shop).settled()
    check(good, feed, exchange.world.part(Builds).storefront, records, rules)


def must_exist(exchange: Exchange, id: int) -> None:
    """Refuse a change of a feed that there is not, before anything is said of the body."""
    find_feed(exchange, id, "DF-PUT-404")


def find_feed(exchange: Exchange, id: int, refusal: str) -> Record:
    """Return the feed, or raise the rule that says that there is none."""
    feed = exchange.world.part(Shop).records.find(SERVICE, id)
    if feed is None:
        raise Rule(refusal, explain=f"This world has no data feed {id}.", id=id)
    return feed


@cache
def _listing(service: Service) -> Listing:
    def among(names: tuple[str, ...]) -> Mapping[str, Any]:
        return {name: service.fields[name] for name in names}

    return Listing(among(FILTER_FIELDS), among(SORT_FIELDS), LIST_RULES)


async def _refuse_conflict(records: Records, feed: Record, rules: Refusals) -> None:
    """Refuse a feed that would write the file of another one.

    Nothing is written between the look at the feeds and the return, so of several requests for one path only one
    gets it.
    """
    snapshot: Snapshot | None = None
    while snapshot is None or not snapshot.same_as(records.snapshot(SERVICE)):
        snapshot = records.snapshot(SERVICE)
        if len(snapshot) < SCAN_IN_THREAD:
            other = find_conflict(feed, snapshot)
        else:
            other = await run_in_threadpool(find_conflict, feed, snapshot)
        if other is not None:
            explain = f"The data feed {other['id']} ({other['name']}) writes the same file."
            raise Rule(rules.conflict, field="fileName", explain=explain)
