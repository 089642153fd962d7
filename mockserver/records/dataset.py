"""Hold the records: a base that all worlds share, and what each world wrote on top of it.

The base is never stored. Record `i` of a service is computed from the seed when somebody looks, so a million
records cost nothing until they are streamed. What a world writes is kept as JSON in a database of its own
(see `store` and `overlay`), so a million written records cost no memory either.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from heapq import merge
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeGuard

import orjson

from mockserver.records.compiler import Compiler, KeyIndex, MakeRecord
from mockserver.records.overlay import Key, Mark, Overlay
from mockserver.records.recipes import Recipes
from mockserver.records.restoring import Writes, rewrite
from mockserver.records.services import FieldType, Service
from mockserver.records.staging import NaturalKeys, Staging
from mockserver.records.store import Store

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


class Snapshot:
    """Be one service's records as they were at one moment; later writes do not show.

    Base records come first, in their order and without deleted ones, then added records in the order of their
    arrival. Every record is a dictionary of its own.
    """

    def __init__(self, dataset: DataSet, service: str, overlay: Overlay) -> None:
        self._dataset = dataset
        self._service = service
        self._overlay = overlay
        self._mark = overlay.mark()
        self._base = dataset.count(service) - self._mark.deleted

    def __len__(self) -> int:
        return self._base + self._mark.added

    def __iter__(self) -> Iterator[Record]:
        return self.iterate()

    def iterate(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Yield the records from place `start` up to, not including, `stop`."""
        stop = len(self) if stop is None else min(stop, len(self))
        if start < min(stop, self._base):
            yield from self._iterate_base(self._place(start), self._place(min(stop, self._base) - 1) + 1)
        begin, end = max(0, start - self._base), stop - self._base
        if begin < end:
            yield from map(_load, islice(self._overlay.iterate_added(self._mark, begin), end - begin))

    def get(self, key: object) -> Record | None:
        """Return the record with a key, None when there is none."""
        return _find(self._dataset, self._service, self._overlay, key, self._mark)

    def changed(self) -> Iterator[tuple[int, bytes]]:
        """Yield place and content of the base records that were changed."""
        return self._overlay.iterate_changed(self._mark, 0, self._dataset.count(self._service))

    def added(self) -> Iterator[bytes]:
        """Yield the added records."""
        return self._overlay.iterate_added(self._mark)

    @property
    def service(self) -> str:
        """Return the name of the service."""
        return self._service

    def same_as(self, other: Snapshot) -> bool:
        """Tell whether nothing was written between two snapshots of a service."""
        return self._overlay is other._overlay and self._mark == other._mark

    @property
    def added_count(self) -> int:
        """Return how many records were added."""
        return self._mark.added

    @property
    def highest(self) -> int:
        """Return the highest integer key that was ever added."""
        return self._mark.highest

    @cached_property
    def deleted(self) -> list[int]:
        """Return the places of deleted base records, sorted."""
        gone = self._overlay.deleted.copy().items() if self._mark.deleted else ()
        return sorted(place for place, version in gone if version <= self._mark.version)

    def _iterate_base(self, first: int, last: int) -> Iterator[Record]:
        """Yield the live base records between two places of the base, in runs that nothing was written to."""
        for index, written in self._touched(first, last):
            yield from self._dataset.records(self._service, first, index)
            if written is not None:
                yield _load(written)
            first = index + 1
        yield from self._dataset.records(self._service, first, last)

    def _touched(self, first: int, last: int) -> Iterator[tuple[int, bytes | None]]:
        """Yield the places between two that were written to, with None where a record was deleted."""
        begin, end = bisect_left(self.deleted, first), bisect_left(self.deleted, last)
        gone: Iterator[tuple[int, bytes | None]] = ((place, None) for place in self.deleted[begin:end])
        return merge(gone, self._overlay.iterate_changed(self._mark, first, last), key=itemgetter(0))

    def _place(self, position: int) -> int:
        """Return the place in the base of the live record at a position: skip what was deleted before it."""
        return position + bisect_right(self._gaps, position)

    @cached_property
    def _gaps(self) -> list[int]:
        """Return, for each deleted place, the number of live records before it."""
        return [index - before for before, index in enumerate(self.deleted)]


class Records:
    """Be one world's records: the shared base and an overlay of the world's own writes."""

    def __init__(self, dataset: DataSet) -> None:
        self.dataset = dataset
        self._store = Store()
        self._overlays: dict[str, Overlay] = {}

    def snapshot(self, service: str) -> Snapshot:
        """Return the records as they are now, at no cost."""
        return Snapshot(self.dataset, service, self._overlay(service))

    def count(self, service: str) -> int:
        """Return the number of records."""
        overlay = self._overlay(service)
        with self._store.lock:
            return self.dataset.count(service) - len(overlay.deleted) + overlay.added

    def find(self, service: str, key: object) -> Record | None:
        """Return the record with a key as a new dictionary, None when there is none."""
        return _find(self.dataset, service, self._overlay(service), key)

    def put(self, service: str, record: Mapping[str, Any]) -> bool:
        """Write a record under its key; return True when it is a new one, which then comes last.

        Raises TypeError for what JSON cannot say (integers beyond 64 bits, objects nested deeper than 254) and
        for a key that is neither an integer nor a string.
        """
        key = record[self.dataset.services[service].key]
        if not _is_key(key):
            raise TypeError(f"a record of {service} cannot have the key {key!r}")
        overlay, index = self._overlay(service), self.dataset.index(service, key)
        written = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        if index is not None and index not in overlay.deleted:
            overlay.change(index, written)
            return False
        return overlay.add(key, written)

    def delete(self, service: str, key: object) -> bool:
        """Delete the record with a key; return False when there is none."""
        overlay, index = self._overlay(service), self.dataset.index(service, key)
        if _is_key(key) and overlay.remove(key):
            return True
        if index is None or index in overlay.deleted:
            return False
        overlay.delete(index)
        return True

    def next_id(self, service: str) -> int:
        """Return an id that no record has or had, for services whose ids are integers."""
        described = self.dataset.services[service]
        if described.fields[described.key].type is not FieldType.INTEGER:
            raise TypeError(f"the ids of {service} are no integers")
        return max(self._last_base_id(service), self._overlay(service).highest) + 1

    def stage(self, service: str, *, kept: bool = False) -> Staging:
        """Return a place to keep the rows of an import until it is their turn, or, if `kept`, until it is dropped."""
        key = self.dataset.services[service].key
        return Staging(self._overlay(service), key, partial(self.dataset.index, service), kept=kept)

    def rewrite(self, service: str, writes: Writes) -> int | None:
        """Write what was written once, into records that nobody has written to; see `restoring`."""
        return rewrite(self._overlay(service), writes, *self._keys_of(service))

    def past(self, service: str, writes: Writes) -> Snapshot:
        """Return a snapshot of the records as they were with these writes, whatever is written now."""
        overlay = Overlay(self._store, f"{service}@{self._store.next_number()}")
        rewrite(overlay, writes, *self._keys_of(service))
        return Snapshot(self.dataset, service, overlay)

    def natural_keys(self, known: Iterable[tuple[str, Key]]) -> NaturalKeys:
        """Return a place to look records up by natural keys; `known` are those of the records there are."""
        return NaturalKeys(self._store, known)

    def close(self) -> None:
        """Let go of what was written; it is gone from the disk once no snapshot needs it any more."""
        self._store = Store()
        self._overlays = {}

    def _keys_of(self, service: str) -> tuple[str, Callable[[object], int | None]]:
        """Return the key of a service's records, and what finds the place of a base record by it."""
        return self.dataset.services[service].key, partial(self.dataset.index, service)

    def _last_base_id(self, service: str) -> int:
        count = self.dataset.count(service)
        return (
            int(self.dataset.record(service, count - 1)[self.dataset.services[service].key]) if count else 0
        )

    def _overlay(self, service: str) -> Overlay:
        overlay = self._overlays.get(service)
        if overlay is None:
            self.dataset.count(service)  # KeyError for an unknown service
            overlay = self._overlays.setdefault(service, Overlay(self._store, service))
        return overlay


def _is_key(key: object) -> TypeGuard[Key]:
    return type(key) is str or (type(key) is int and -(1 << 63) <= key < 1 << 63)


def _find(
    dataset: DataSet, service: str, overlay: Overlay, key: object, mark: Mark | None = None
) -> Record | None:
    """Return the record with a key, as of a mark or now."""
    if not _is_key(key):
        return None
    if (added := overlay.added_with(key, mark)) is not None:
        return _load(added)
    index = dataset.index(service, key)
    if index is None:
        return None
    gone = overlay.deleted.get(index)
    if gone is not None and (mark is None or gone <= mark.version):
        return None
    written = overlay.changed_at(index, mark)
    return dataset.record(service, index) if written is None else _load(written)


def _load(written: bytes) -> Record:
    record: Record = orjson.loads(written)
    return record
