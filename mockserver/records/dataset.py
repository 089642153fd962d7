"""Hold the records: a base that all worlds share, and what each world wrote on top of it.

The base is never stored. Record `i` of a service is computed from the seed when somebody looks, so a million
records cost nothing until they are streamed. What a world writes is kept as JSON bytes: a third of the size
of a dictionary, and nobody can change it by accident. A snapshot shares these with its world until the world
writes again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson

from mockserver.records.compiler import Compiler, KeyIndex, MakeRecord
from mockserver.records.recipes import Recipes
from mockserver.records.services import FieldType, Service

__all__ = ["EPOCH", "DataSet", "Record", "Records", "Snapshot"]

Record = dict[str, Any]

EPOCH = 1_767_225_600
"""2026-01-01T00:00:00Z in seconds since 1970: no timestamp of a base record lies after it."""


class DataSet:
    """Compute the base records of all services; immutable, and shared by all worlds.

    `counts` overrides the number of records of single services, `epoch` is the instant (seconds since 1970,
    UTC) that the shop's history ends at. A record depends on the seed, its service, its place, the epoch, and
    on the counts of those services that it refers to; never on the wall clock or on the count of its own
    service.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        recipes: Recipes,
        seed: int = 42,
        counts: Mapping[str, int] | None = None,
        epoch: int = EPOCH,
    ) -> None:
        self.services: Mapping[str, Service] = MappingProxyType(dict(services))
        self.seed = seed
        self.epoch = epoch
        self._counts = {name: service.count for name, service in services.items()} | dict(counts or {})
        self._compiler = Compiler(recipes, seed, self._counts, epoch)
        self._key_indexes: dict[str, KeyIndex] = {}

    def count(self, service: str) -> int:
        """Return the number of base records."""
        return self._counts[service]

    def record(self, service: str, index: int) -> Record:
        """Return the base record at a place, from 0, as a new dictionary; IndexError when there is none."""
        if not 0 <= index < self._counts[service]:
            raise IndexError(f"{service} has {self._counts[service]} records, there is none at {index}")
        return self._make(service)(index)

    def records(self, service: str, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Yield the base records from `start` up to, not including, `stop`."""
        count = self._counts[service]
        return map(self._make(service), range(start, count if stop is None else min(stop, count)))

    def index(self, service: str, key: object) -> int | None:
        """Return the place of the base record with a key, without looking at any record."""
        if service not in self._key_indexes:
            self._key_indexes[service] = self._compiler.key_index(service, self.services[service].key)
        index = self._key_indexes[service](key)
        return index if index is not None and index < self._counts[service] else None

    def _make(self, service: str) -> MakeRecord:
        return self._compiler.record(service)


class _Overlay:
    """Hold what was written to one service: changed base records and deletions by place, the rest by key."""

    __slots__ = ("added", "changed", "deleted", "highest", "shared")

    def __init__(self) -> None:
        self.changed: dict[int, bytes] = {}
        self.deleted: set[int] = set()
        self.added: dict[object, bytes] = {}
        self.highest = 0
        self.shared = False

    def copy(self) -> _Overlay:
        other = _Overlay()
        other.changed, other.deleted, other.added = (
            self.changed.copy(),
            self.deleted.copy(),
            self.added.copy(),
        )
        other.highest = self.highest
        return other

    def find(self, dataset: DataSet, service: str, key: object) -> Record | None:
        if (added := self.added.get(key)) is not None:
            return _load(added)
        index = dataset.index(service, key)
        if index is None or index in self.deleted:
            return None
        return _load(self.changed[index]) if index in self.changed else dataset.record(service, index)


class Snapshot:
    """Be one service's records as they were at one moment; later writes do not show.

    Base records come first, in their order and without deleted ones, then added records in the order of their
    arrival. Every record is a dictionary of its own.
    """

    def __init__(self, dataset: DataSet, service: str, overlay: _Overlay) -> None:
        self._dataset = dataset
        self._service = service
        self._overlay = overlay
        self._base = dataset.count(service) - len(overlay.deleted)

    def __len__(self) -> int:
        return self._base + len(self._overlay.added)

    def __iter__(self) -> Iterator[Record]:
        return self.iterate()

    def iterate(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Yield the records from place `start` up to, not including, `stop`."""
        stop = len(self) if stop is None else min(stop, len(self))
        if start < min(stop, self._base):
            yield from self._iterate_base(self._place(start), self._place(min(stop, self._base) - 1) + 1)
        begin, end = max(0, start - self._base), stop - self._base
        if begin < end:
            yield from map(_load, islice(self._overlay.added.values(), begin, end))

    def get(self, key: object) -> Record | None:
        """Return the record with a key, None when there is none."""
        return self._overlay.find(self._dataset, self._service, key)

    def _iterate_base(self, first: int, last: int) -> Iterator[Record]:
        """Yield the live base records between two places of the base, in runs that nothing was written to."""
        touched, overlay = self._touched, self._overlay
        for index in touched[bisect_left(touched, first) : bisect_left(touched, last)]:
            yield from self._dataset.records(self._service, first, index)
            if index in overlay.changed:
                yield _load(overlay.changed[index])
            first = index + 1
        yield from self._dataset.records(self._service, first, last)

    def _place(self, position: int) -> int:
        """Return the place in the base of the live record at a position: skip what was deleted before it."""
        return position + bisect_right(self._gaps, position)

    @cached_property
    def _touched(self) -> list[int]:
        return sorted(self._overlay.changed.keys() | self._overlay.deleted)

    @cached_property
    def _gaps(self) -> list[int]:
        """Return, for each deleted place, the number of live records before it."""
        return [index - before for before, index in enumerate(sorted(self._overlay.deleted))]


class Records:
    """Be one world's records: the shared base and an overlay of the world's own writes."""

    def __init__(self, dataset: DataSet) -> None:
        self.dataset = dataset
        self._overlays: dict[str, _Overlay] = {}

    def snapshot(self, service: str) -> Snapshot:
        """Return the records as they are now, at no cost until the next write."""
        overlay = self._overlays.get(service)
        if overlay is None:
            self.dataset.count(service)  # KeyError for an unknown service
            overlay = self._overlays[service] = _Overlay()
        overlay.shared = True
        return Snapshot(self.dataset, service, overlay)

    def count(self, service: str) -> int:
        """Return the number of records."""
        overlay = self._overlays.get(service)
        base = self.dataset.count(service)
        return base if overlay is None else base - len(overlay.deleted) + len(overlay.added)

    def find(self, service: str, key: object) -> Record | None:
        """Return the record with a key as a new dictionary, None when there is none."""
        overlay = self._overlays.get(service)
        if overlay is not None:
            return overlay.find(self.dataset, service, key)
        index = self.dataset.index(service, key)
        return None if index is None else self.dataset.record(service, index)

    def put(self, service: str, record: Mapping[str, Any]) -> bool:
        """Write a record under its key; return True when it is a new one, which then comes last.

        Raises TypeError for what JSON cannot say: integers beyond 64 bits, objects nested deeper than 254.
        """
        key = record[self.dataset.services[service].key]
        overlay, index = self._writable(service), self.dataset.index(service, key)
        written = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        if index is not None and index not in overlay.deleted:
            overlay.changed[index] = written
            return False
        created = key not in overlay.added
        overlay.added[key] = written
        if type(key) is int and key > overlay.highest:
            overlay.highest = key
        return created

    def delete(self, service: str, key: object) -> bool:
        """Delete the record with a key; return False when there is none."""
        overlay, index = self._writable(service), self.dataset.index(service, key)
        if key in overlay.added:
            del overlay.added[key]
            return True
        if index is None or index in overlay.deleted:
            return False
        overlay.deleted.add(index)
        overlay.changed.pop(index, None)
        return True

    def next_id(self, service: str) -> int:
        """Return an id that no record has or had, for services whose ids are integers."""
        described = self.dataset.services[service]
        if described.fields[described.key].type is not FieldType.INTEGER:
            raise TypeError(f"the ids of {service} are no integers")
        overlay = self._overlays.get(service)
        return max(self._last_base_id(service), 0 if overlay is None else overlay.highest) + 1

    def copy(self) -> Records:
        """Return an independent copy, at no cost until one of the two is written to."""
        other = Records(self.dataset)
        for service, overlay in self._overlays.items():
            other._overlays[service] = overlay.copy()
        return other

    def _last_base_id(self, service: str) -> int:
        count = self.dataset.count(service)
        return (
            int(self.dataset.record(service, count - 1)[self.dataset.services[service].key]) if count else 0
        )

    def _writable(self, service: str) -> _Overlay:
        overlay = self._overlays.get(service)
        if overlay is None or overlay.shared:
            overlay = _Overlay() if overlay is None else overlay.copy()
            self._overlays[service] = overlay
        return overlay


def _load(written: bytes) -> Record:
    record: Record = orjson.loads(written)
    return record
