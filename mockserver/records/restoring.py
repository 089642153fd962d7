"""Describe what a world wrote to a service, and write it again into an empty overlay.

Base records are not described: they come from the seed. So a description holds what was changed, what was added, in
its order, and the keys of what was deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mockserver.records.overlay import Key, Overlay
from mockserver.records.staging import Staging

__all__ = ["Writes", "rewrite"]

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Writes:
    """Be everything that was written to a service.

    `highest` is the highest integer key that was ever added; it is never given to another record.
    """

    changed: Sequence[Mapping[str, Any]] = ()
    added: Sequence[Mapping[str, Any]] = ()
    deleted: Sequence[Key] = ()
    highest: int = 0


def rewrite(
    overlay: Overlay, writes: Writes, key: str, place_of: Callable[[object], int | None]
) -> int | None:
    """Fill an empty overlay; return the number of a record, changed ones first, whose key was there before."""
    for gone in writes.deleted:
        place = place_of(gone)
        if place is not None and place not in overlay.deleted:
            overlay.delete(place)
    overlay.reserve(writes.highest)
    records = [*writes.changed, *writes.added]
    if not records:
        return None
    staging = Staging(overlay, key, place_of)
    try:
        for first in range(0, len(records), _CHUNK):
            rows = [
                (first + n, record[key], orjson.dumps(record, option=orjson.OPT_SORT_KEYS))
                for n, record in enumerate(records[first : first + _CHUNK])
            ]
            if twice := staging.add(rows):
                return twice[0]
        staging.apply(len(records))
    finally:
        staging.drop()
    return None
