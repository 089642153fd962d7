"""Look at the records of a world as they are now, whatever their service: ``/_mock/records``.

The vendor has lists of feeds and templates alone, and exports of the rest. Testers want to see all of it: in the
notation and the page shape of those lists, and with a search besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from mockserver.contract import Exchange, Rule
from mockserver.contract.loading import Contract
from mockserver.records import FieldType, Record, Records, Service, Snapshot
from mockserver.websale.listing import (
    SCAN_IN_THREAD,
    ListRules,
    Predicate,
    SortKey,
    parse_filters,
    parse_order,
    show_page,
)
from mockserver.websale.shop import Shop

PARAMETER = "MOCK-400-parameter"
RULES = ListRules(field=PARAMETER, operator=PARAMETER, value=PARAMETER, direction=PARAMETER)
RUN = 10_000
"""So many records are sorted at a time."""
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


async def list_services(exchange: Exchange) -> dict[str, Any]:
    """List the services with the number of their records."""
    shop, contract = exchange.world.part(Shop), exchange.server.contract
    records = await shop.settled()
    exported, imported = _services_of(contract, "startReport"), _services_of(contract, "startImport")
    return {
        "services": [
            _describe(service, records, exported=service.name in exported, imported=service.name in imported)
            for service in shop.services.values()
        ]
    }


async def list_records(
    exchange: Exchange,
    service: str,
    size: int,
    page_token: int,
    sort: str | None = None,
    search: str | None = None,
) -> dict[str, Any]:
    """Show a page of a service's records."""
    shop, described = exchange.world.part(Shop), _find_service(exchange, service)
    chosen = parse_filters(exchange.query, described.filters, RULES)
    if search is not None:
        chosen.append(_mentions(search))
    order = parse_order(sort, described.fields, RULES) if sort else None
    look = Look(described.key, tuple(chosen), order, size, page_token)
    return await look.at((await shop.settled()).snapshot(service))


async def read_record(exchange: Exchange, service: str, id: str) -> Record:
    """Show one record."""
    described = _find_service(exchange, service)
    key = _key_of(described, id)
    record = (await exchange.world.part(Shop).settled()).find(service, key)
    if record is None:
        explain = f"{service} has no record whose {described.key} is {id}."
        raise Rule("MOCK-404-record", explain=explain)
    return record


@dataclass(frozen=True, slots=True)
class Look:
    """One page that somebody wants to see.

    :ivar key: the property that identifies a record.
    :ivar chosen: what a record has to fulfil.
    :ivar order: what to sort by, and whether downwards; ``None`` for the order in which exports write them.
    """

    key: str
    chosen: tuple[Predicate, ...]
    order: tuple[SortKey, bool] | None
    size: int
    page_token: int

    async def at(self, records: Snapshot) -> dict[str, Any]:
        """Return the page; where there are many records, in a worker thread."""
        if len(records) >= SCAN_IN_THREAD:
            return await run_in_threadpool(self.page_of, records)
        return self.page_of(records)

    def page_of(self, records: Snapshot) -> dict[str, Any]:
        """Return the page. Without filter, search and order only its own records are looked at."""
        start, end = self.page_token, self.page_token + self.size
        if not self.chosen and self.order is None:
            return show_page([*records.iterate(start, end)], end, len(records))
        total = 0

        def selected() -> Iterator[Record]:
            nonlocal total
            for record in records:
                if all(accepts(record) for accepts in self.chosen):
                    total += 1
                    yield record

        if self.order is None:
            items = [record for place, record in enumerate(selected()) if start <= place < end]
        else:
            keys = self._sorted_keys(selected(), *self.order, end)[start:]
            items = [record for key in keys if (record := records.get(key)) is not None]
        return show_page(items, end, total)

    def _sorted_keys(
        self, selected: Iterator[Record], sort_key: SortKey, descending: bool, end: int
    ) -> list[Any]:
        """Return the keys of the records up to the page's end; records themselves would be too many to hold.

        They are sorted in short runs, since others have to wait while one is sorted. Equal ones keep their order.
        """
        pairs = ((sort_key(record), record[self.key]) for record in selected)
        by_value, runs = itemgetter(0), []
        while run := sorted(islice(pairs, RUN), key=by_value, reverse=descending):
            runs.append(run[:end])
        merged = merge(*runs, key=by_value, reverse=descending)
        return [key for _, key in islice(merged, end)]


def _mentions(text: str) -> Predicate:
    """Return what tells whether a text is somewhere in the values of a record, whatever the case.

    The record as JSON is searched first, which is quick; a hit there can be a name, or lie across two values.
    """
    wanted, written = text.casefold(), orjson.dumps(text)[1:-1].decode().casefold()

    def accepts(record: Mapping[str, Any]) -> bool:
        return written in orjson.dumps(record).decode().casefold() and _is_in(record, wanted)

    return accepts


def _is_in(value: Any, wanted: str) -> bool:
    if isinstance(value, str):
        return wanted in value.casefold()
    if isinstance(value, dict):
        return any(_is_in(part, wanted) for part in value.values())
    if isinstance(value, list):
        return any(_is_in(part, wanted) for part in value)
    return value is not None and wanted in orjson.dumps(value).decode()


def _describe(service: Service, records: Records, *, exported: bool, imported: bool) -> dict[str, Any]:
    return {
        "name": service.name,
        "plural": service.plural,
        "key": service.key,
        "count": records.count(service.name),
        "exportFormats": [*service.formats] if exported else [],
        "importFormats": [*service.formats] if imported else [],
        "fields": [{"path": path, "type": field.type.value} for path, field in service.fields.items()],
    }


def _services_of(contract: Contract, operation: str) -> frozenset[str]:
    """Return the services that an operation takes, by the specification."""
    parameters = contract.operations[operation].parameters
    return frozenset(name for one in parameters if one.name == "service" for name in one.accepted)


def _find_service(exchange: Exchange, name: str) -> Service:
    services = exchange.world.part(Shop).services
    if name not in services:
        explain = f"The shop has no service {name}."
        raise Rule("MOCK-404-service", explain=explain, accepted=[*services])
    return services[name]


def _key_of(service: Service, id: str) -> int | str | None:
    """Return the key that an id in a path means; ``None`` when no record can have it."""
    if service.fields[service.key].type is FieldType.INTEGER:
        return int(id) if WHOLE.fullmatch(id) else None
    return id
