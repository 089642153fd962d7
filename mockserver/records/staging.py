"""Keep the rows of an import until it is their turn.

An import reads its whole file before it starts, but its rows take effect one after the other as the import
proceeds. Until then they lie in a table of their own, as complete records, and are taken over by the overlay
in the order of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from mockserver.records.overlay import Key, Overlay
from mockserver.records.store import Store

__all__ = ["DUPLICATE", "NaturalKeys", "StagedRow", "Staging"]

StagedRow = tuple[int, Key | None, bytes]
"""Number in the file, from 0; key, None for one that is to be made up; the record as JSON with sorted keys."""

_CHUNK = 1_000
"""How many rows are taken over at once, which is how long others wait for it."""

DUPLICATE = object()
"""What `NaturalKeys.claim` answers for a record that is in the file twice."""


class Staging:
    """Hold the rows of one import.

    `place_of` maps a key to the place of its base record, None when there is none. `key` is the property that
    made-up keys are written to. With `kept`, rows can still be read after they have been applied.
    """

    def __init__(
        self, overlay: Overlay, key: str, place_of: Callable[[object], int | None], *, kept: bool = False
    ) -> None:
        self.applied = 0
        self._kept = kept
        self._dropped = False
        self._overlay = overlay
        self._store: Store = overlay.store
        self._key = key
        self._place_of = place_of
        self._table = f'"staged_{self._store.next_number()}"'
        with self._store.transaction() as connection:
            connection.execute(
                f"CREATE TABLE {self._table} (number INTEGER PRIMARY KEY, place INTEGER, key UNIQUE, content BLOB)"
            )

    def add(self, rows: Sequence[StagedRow]) -> list[int]:
        """Take rows in; return the numbers of those whose key is there already, which are left out."""
        place_of = self._place_of
        staged = [
            (number, None if key is None else place_of(key), key, content) for number, key, content in rows
        ]
        with self._store.transaction() as connection:
            cursor = connection.executemany(
                f"INSERT OR IGNORE INTO {self._table} VALUES (?, ?, ?, ?)", staged
            )
            if cursor.rowcount == len(staged):
                return []
            first, last = staged[0][0], staged[-1][0]
            found = connection.execute(
                f"SELECT number FROM {self._table} WHERE number BETWEEN ? AND ?", (first, last)
            )
            there = {number for (number,) in found}
        return [row[0] for row in staged if row[0] not in there]

    def make_up_keys(self, next_key: Callable[[], int]) -> None:
        """Give the rows without a key the next free ones, in their order; reserve all keys."""
        highest = f"SELECT max(key) FROM {self._table} WHERE typeof(key) = 'integer'"
        self._overlay.reserve(self._store.read(highest)[0][0])
        waiting = (
            f"SELECT number, content FROM {self._table} WHERE key IS NULL ORDER BY number LIMIT {_CHUNK}"
        )
        update = f"UPDATE {self._table} SET key = ?, content = ? WHERE number = ?"
        while rows := self._store.read(waiting):
            with self._store.transaction() as connection:
                key = next_key()
                numbered = [
                    (key + n, self._named(content, key + n), row) for n, (row, content) in enumerate(rows)
                ]
                connection.executemany(update, numbered)
                self._overlay.reserve(key + len(rows) - 1)

    def apply(self, upto: int) -> None:
        """Make the rows whose number is below `upto` visible; several threads may do so at once."""
        while self.applied < upto:
            with self._store.lock:
                first = self.applied
                if first < upto:
                    last = min(first + _CHUNK, upto)
                    self._overlay.take(self._table, first, last)
                    self.applied = last
                    if not self._kept:
                        self._forget(first, last)

    def last(self, upto: int, limit: int) -> Iterator[dict[str, Any]]:
        """Yield the last records below a number, at most `limit` of them, in their order."""
        rows = self._store.read(
            f"SELECT content FROM {self._table} WHERE number < ? ORDER BY number DESC LIMIT ?", (upto, limit)
        )
        for (content,) in reversed(rows):
            yield orjson.loads(content)

    @property
    def kept(self) -> bool:
        """Tell whether rows can still be read after they have been applied."""
        return self._kept

    def rows(self) -> Iterator[StagedRow]:
        """Yield the rows that there are, in their order."""
        first = 0
        if not self._dropped:
            query = f"SELECT number, key, content FROM {self._table} WHERE number >= ? ORDER BY number LIMIT {_CHUNK}"
            while found := self._store.read(query, (first,)):
                yield from found
                first = found[-1][0] + 1

    def drop(self) -> None:
        """Forget all rows; there is nothing to do a second time."""
        if self._dropped:
            return
        self._dropped = True
        first, last = self._store.read(f"SELECT min(number), max(number) FROM {self._table}")[0]
        for number in range(first or 0, (last or 0) + 1, _CHUNK):
            self._forget(number, number + _CHUNK)
        with self._store.transaction() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {self._table}")

    def _forget(self, first: int, last: int) -> None:
        with self._store.transaction() as connection:
            connection.execute(f"DELETE FROM {self._table} WHERE number >= ? AND number < ?", (first, last))

    def _named(self, content: bytes, key: int) -> bytes:
        record = orjson.loads(content)
        record[self._key] = key
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


class NaturalKeys:
    """Find records by what identifies them among people, for rows that have no key.

    Made from the natural keys of all records (the first record that has one wins), which takes time and disk
    space as they do; so an import makes one only when a row needs it.
    """

    def __init__(self, store: Store, known: Iterable[tuple[str, Key]]) -> None:
        self._store = store
        self._table = f'"natural_{store.next_number()}"'
        with store.transaction() as connection:
            connection.execute(f"CREATE TABLE {self._table} (name TEXT PRIMARY KEY, key) WITHOUT ROWID")
        iterator = iter(known)
        while batch := [pair for _, pair in zip(range(_CHUNK), iterator, strict=False)]:
            with store.transaction() as connection:
                connection.executemany(f"INSERT OR IGNORE INTO {self._table} VALUES (?, ?)", batch)

    def claim(self, name: str) -> object:
        """Return the key of the record of that name, None for a new one, DUPLICATE for a new one seen before."""
        with self._store.transaction() as connection:
            found = connection.execute(f"SELECT key FROM {self._table} WHERE name = ?", (name,)).fetchone()
            if found is None:
                connection.execute(f"INSERT INTO {self._table} VALUES (?, NULL)", (name,))
                return None
        return DUPLICATE if found[0] is None else found[0]

    def drop(self) -> None:
        """Forget all of it."""
        with self._store.transaction() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {self._table}")
