"""What scenarios do to the shop: start exports, imports and builds, write records."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson

from mockserver.contract import Rule
from mockserver.records import Records, Service
from mockserver.simulation.errors import ScenarioError, StateError
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import Profile
from mockserver.simulation.scenarios import Action
from mockserver.simulation.worlds import World
from mockserver.websale import imports, report
from mockserver.websale.building import Builds
from mockserver.websale.completing import blank, merge
from mockserver.websale.feeds import SERVICE as FEEDS
from mockserver.websale.shop import Shop
from mockserver.websale.written import check_record


def start_export(world: World, action: Action, profile: Profile) -> Job:
    """Start an export, as ``POST report/{service}/start`` does."""
    shop = world.part(Shop)
    service, format = _service(shop, action), _format(shop, action)
    records = shop.records.snapshot(service.name)
    try:
        selection = report.select(service, format, records, [*action.get("filters", {}).items()])
    except Rule as rule:
        raise ScenarioError("filters", action["filters"], rule.explain) from rule
    return report.begin(world, selection, selection.count(), profile)


def start_import(world: World, action: Action, profile: Profile) -> Job:
    """Start an import, as ``POST import/{service}/start`` does."""
    shop = world.part(Shop)
    service, format = _service(shop, action), _format(shop, action)
    if "body" in action:
        body = action["body"].encode()
    elif format == "json":
        body = orjson.dumps(action.get("records", []))
    else:
        raise ScenarioError("body", None, f"the file, since the records are not to be {format}")
    mails = service.name == imports.MAILED and action.get("sendMail", False)
    file = imports.importer_of(world, service, shop.records, mails=mails).read(BytesIO(body), format, None)
    return imports.begin(
        world, service.name, profile.failing_at(0, file.broken) if file.broken else profile, file
    )


def start_build(world: World, action: Action, profile: Profile) -> Job:
    """Start the build of a data feed, as ``POST datafeeds/build/{id}`` does."""
    target, subshops = action["target"], action.get("subshops")
    feed = world.part(Shop).records.find(FEEDS, int(target)) if target.isdecimal() else None
    if feed is None:
        raise ScenarioError("target", target, "the id of a data feed")
    started = world.part(Builds).start([feed], lambda _target: profile, subshops)
    if not started:
        raise ScenarioError("subshops", subshops, "subshops that the feed is built for")
    return started[0].job


def write_records(world: World, actions: Action) -> None:
    """Write and delete records: the section ``records``."""
    shop = world.part(Shop)
    for name, action in actions.items():
        service = shop.services.get(name)
        if service is None:
            raise ScenarioError(name, None, f"services: {', '.join(shop.services)}")
        for place, record in enumerate(action.get("put", ())):
            _put(world, shop.records, service, record, f"{name}.put[{place}]")
        for place, key in enumerate(action.get("delete", ())):
            if not shop.records.delete(name, key):
                raise ScenarioError(
                    f"{name}.delete[{place}]", key, f"the {service.key} of a record of {name}"
                )


def _put(world: World, records: Records, service: Service, row: dict[str, Any], place: str) -> None:
    key = row.get(service.key)
    before = records.find(service.name, key)
    if before is None:
        before = blank(service.schema, world.clock.resource_time(world.clock.ticks()))
    record = merge(before, row, service.schema)
    try:
        check_record(service, record, place)
    except StateError as error:
        raise ScenarioError(error.field, error.value, error.accepted) from error
    records.put(service.name, record)


def _service(shop: Shop, action: Action) -> Service:
    service = shop.services.get(action["target"])
    if service is None:
        raise ScenarioError("target", action["target"], ", ".join(shop.services))
    return service


def _format(shop: Shop, action: Action) -> str:
    formats = _service(shop, action).formats
    chosen: str = action.get("format", formats[0])
    if chosen not in formats:
        raise ScenarioError("format", chosen, ", ".join(formats))
    return chosen
