"""Describe in a world's document what was written to the records, now and as jobs under way still see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.records import Records, Service, Snapshot
from mockserver.records.restoring import Writes
from mockserver.simulation.errors import NoSuchJob, StateError
from mockserver.simulation.job import Job
from mockserver.simulation.state import Later
from mockserver.simulation.worlds import World
from mockserver.websale.checking import checker_of, written
from mockserver.websale.shop import Shop


class Written:
    """The part ``records`` of a world's document.

    ``services`` holds what was written to each service. ``past`` holds what had been written when a job fixed what it
    works on, where more was written since; other parts refer to its elements by number, and by None to the present.
    """

    def __init__(self, world: World) -> None:
        self._shop = world.part(Shop)
        self._pool: list[Snapshot] = []
        self._past: list[Snapshot] = []

    def refer(self, snapshot: Snapshot) -> int | None:
        """Return how the document refers to a snapshot; called by parts that are dumped before this one."""
        if snapshot.same_as(self._shop.records.snapshot(snapshot.service)):
            return None
        for number, known in enumerate(self._pool):
            if known.same_as(snapshot):
                return number
        self._pool.append(snapshot)
        return len(self._pool) - 1

    def resolve(self, service: str, reference: int | None, place: str) -> Snapshot:
        """Return the snapshot that a document refers to; called by parts that are loaded after this one."""
        if reference is None:
            return self._shop.records.snapshot(service)
        fitting = [n for n, snapshot in enumerate(self._past) if snapshot.service == service]
        if reference not in fitting:
            raise StateError(place, reference, f"null, or the place in records.past of records of {service}")
        return self._past[reference]

    def dump(self) -> Any:
        """Describe what was written."""
        records, pool = self._shop.records, self._pool
        self._pool = []
        services = {
            name: described
            for name, service in self._shop.services.items()
            if (described := _describe(records, service, records.snapshot(name)))
        }
        past = [
            {
                "service": snapshot.service,
                **_describe(records, self._shop.services[snapshot.service], snapshot),
            }
            for snapshot in pool
        ]
        return {name: part for name, part in (("services", services), ("past", past)) if part}

    def load(self, state: Any) -> None:
        """Write it again."""
        records = self._shop.records
        for name, described in state.get("services", {}).items():
            place = f"services.{name}"
            twice = records.rewrite(name, self._read(name, described, place))
            if twice is not None:
                changed = len(described.get("changed", ()))
                part = f"changed[{twice}]" if twice < changed else f"added[{twice - changed}]"
                raise StateError(f"{place}.{part}", None, "records whose keys differ")
        for number, described in enumerate(state.get("past", ())):
            name = described["service"]
            self._past.append(records.past(name, self._read(name, described, f"past[{number}]")))

    def _read(self, name: str, described: Mapping[str, Any], place: str) -> Writes:
        service = self._shop.services.get(name)
        if service is None:
            raise StateError(place, name, ", ".join(self._shop.services))
        for part in ("changed", "added"):
            for number, record in enumerate(described.get(part, ())):
                check_record(service, record, f"{place}.{part}[{number}]")
        return Writes(
            described.get("changed", ()),
            described.get("added", ()),
            described.get("deleted", ()),
            described.get("highest", 0),
        )


def _describe(records: Records, service: Service, snapshot: Snapshot) -> dict[str, Any]:
    """Return what was written; parts that are empty are left out."""
    dataset, name = records.dataset, service.name
    described: dict[str, Any] = {}
    if next(snapshot.changed(), None) is not None:
        described["changed"] = Later(lambda: _contents(snapshot))
    if snapshot.added_count:
        described["added"] = Later(snapshot.added)
    if snapshot.deleted:
        described["deleted"] = [dataset.record(name, place)[service.key] for place in snapshot.deleted]
    if snapshot.highest:
        described["highest"] = snapshot.highest
    return described


def _contents(snapshot: Snapshot) -> Iterator[bytes]:
    return (content for _, content in snapshot.changed())


def check_record(service: Service, record: Mapping[str, Any], place: str) -> None:
    """Refuse a record that no service of ours could have: exports, lists and feeds show it as it is."""
    checker, whole = checker_of(service), {**record}
    good = service.key in whole and checker.is_whole(whole) and checker.validator.is_valid(whole)
    if good and written(whole) is not None:
        return
    missing = [key for key in service.schema["properties"] if key not in whole]
    field = missing[0] if missing else next(iter(checker.faults(whole))).field
    accepted = f"a record of {service.name}, all of its fields as records.yaml has them"
    raise StateError(f"{place}.{field}".rstrip("."), whole.get(field), accepted)


def find_job(world: World, api: str, id: str, place: str) -> Job:
    """Return the job that a part describes."""
    try:
        job = world.jobs.get(id)
    except NoSuchJob:
        raise StateError(place, id, "the id of a job of this document") from None
    if job.api != api:
        raise StateError(place, id, f"the id of a job of the API {api}")
    return job
