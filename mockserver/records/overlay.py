"""Hold what a world wrote to one service, with every version that a snapshot may still have to show.

A changed base record has the place of the record that it stands for; added records get places of their own,
from 1 on, in the order of their arrival. Each row knows the version in which it was born. A version ends with
the first write after a snapshot: what is replaced or deleted from then on moves to a table of past rows, which
know the version in which they died too. So a snapshot is a version and a few counts, whatever was written
before it and is written after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import orjson

from mockserver.records.store import Parameters, Store

__all__ = ["Key", "Mark", "Overlay"]

Key = int | str

_WINDOW = 256
"""How many places one query looks at, which is how long others wait for it."""

# {changed} and {added} stand for the tables of the service.
_TABLES = (
    "CREATE TABLE {changed} (place INTEGER PRIMARY KEY, born INTEGER, content BLOB)",
    "CREATE TABLE {changed_past} (place, born, died, content BLOB, PRIMARY KEY (place, born))",
    "CREATE TABLE {added} (place INTEGER PRIMARY KEY, born INTEGER, key UNIQUE, content BLOB)",
    "CREATE TABLE {added_past} (place, born, died, key, content BLOB, PRIMARY KEY (place, born))",
    "CREATE INDEX {added_past_key} ON {added_past} (key)",
)
_SEEN = """
    SELECT place, content FROM {%s} WHERE place >= :first AND place < :last AND born <= :version
    UNION ALL
    SELECT place, content FROM {%s_past}
    WHERE place >= :first AND place < :last AND born <= :version AND died > :version
    ORDER BY place"""
_CHANGED_SEEN = _SEEN % ("changed", "changed")
_ADDED_SEEN = _SEEN % ("added", "added")
_ADDED_WITH_KEY = """
    SELECT content FROM {added} WHERE key = :key AND born <= :version
    UNION ALL
    SELECT content FROM {added_past} WHERE key = :key AND born <= :version AND died > :version"""

_BURY_CHANGED = """
    INSERT INTO {changed_past} SELECT place, born, :version, content FROM {changed}
    WHERE place = :place AND born < :version"""
_BURY_ADDED = """
    INSERT INTO {added_past} SELECT place, born, :version, key, content FROM {added}
    WHERE key = :key AND born < :version"""

_ROWS = "FROM {staged} AS s%s WHERE s.number >= :first AND s.number < :last AND s.place IS %s"
_ANY_ROW = "SELECT 1 FROM {staged} WHERE number >= :first AND number < :last LIMIT 1"
_LEAVE_DELETED = """
    UPDATE {staged} SET place = NULL
    WHERE number >= :first AND number < :last AND place IN (SELECT value FROM json_each(:deleted))"""
_BURY_ALL_CHANGED = "INSERT INTO {changed_past} SELECT c.place, c.born, :version, c.content " + _ROWS % (
    " JOIN {changed} AS c ON c.place = s.place",
    "NOT NULL AND c.born < :version",
)
_TAKE_CHANGED = (
    "INSERT INTO {changed} SELECT s.place, :version, s.content "
    + _ROWS % ("", "NOT NULL")
    + " ON CONFLICT (place) DO UPDATE SET born = excluded.born, content = excluded.content"
)
_BURY_ALL_ADDED = "INSERT INTO {added_past} SELECT a.place, a.born, :version, a.key, a.content " + _ROWS % (
    " JOIN {added} AS a ON a.key = s.key",
    "NULL AND a.born < :version",
)
_TAKE_ADDED = (
    "INSERT INTO {added} (born, key, content) SELECT :version, s.key, s.content "
    + _ROWS % ("", "NULL")
    + " ORDER BY s.number ON CONFLICT (key) DO UPDATE SET born = excluded.born, content = excluded.content"
)


class Mark(NamedTuple):
    """Be the state of an overlay at one moment.

    `deleted` counts the base records that are gone, `added` the records that came in addition. `last` is the
    place of the last added one, and `dense` says that no place up to it is empty.
    """

    version: int
    deleted: int
    added: int
    last: int
    dense: bool
    changed: bool
    highest: int


class Overlay:
    """Hold the writes to one service.

    `deleted` maps the place of a deleted base record to the version in which that happened: it never comes
    back, since a later record with its key is an added one. `highest` is the highest integer key that was
    ever added.
    """

    def __init__(self, store: Store, service: str) -> None:
        self.store = store
        self.deleted: dict[int, int] = {}
        self.highest = 0
        self._names = {
            name: f'"{service}_{name}"'
            for name in ("changed", "changed_past", "added", "added_past", "added_past_key")
        }
        self._version = 1
        self._seen = False
        self._added = 0
        self._last = 0
        self._dense = True
        self._changed = False
        self._made = False

    def mark(self) -> Mark:
        """Return the present state, which the next write does not touch."""
        with self.store.lock:
            self._seen = True
            return Mark(
                self._version,
                len(self.deleted),
                self._added,
                self._last,
                self._dense,
                self._changed,
                self.highest,
            )

    @property
    def added(self) -> int:
        """Return how many added records there are."""
        return self._added

    # --- reading

    def changed_at(self, place: int, mark: Mark | None = None) -> bytes | None:
        """Return what was written to a base record, as of a mark or now; None when nothing was."""
        if not self._changed:
            return None
        if mark is None:
            return self._one("SELECT content FROM {changed} WHERE place = ?", (place,))
        rows = self._read(_CHANGED_SEEN, {"first": place, "last": place + 1, "version": mark.version})
        return rows[0][1] if rows else None

    def added_with(self, key: Key, mark: Mark | None = None) -> bytes | None:
        """Return an added record, as of a mark or now; None when there is none."""
        if not self._made:
            return None
        if mark is None:
            return self._one("SELECT content FROM {added} WHERE key = ?", (key,))
        return self._one(_ADDED_WITH_KEY, {"key": key, "version": mark.version})

    def iterate_changed(self, mark: Mark, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and content of the changed base records between two places."""
        if mark.changed:
            for begin in range(first, last, _WINDOW):
                window = {"first": begin, "last": min(begin + _WINDOW, last), "version": mark.version}
                yield from self._read(_CHANGED_SEEN, window)

    def iterate_added(self, mark: Mark, begin: int = 0) -> Iterator[bytes]:
        """Yield the added records in the order of their arrival, without the first `begin`."""
        first, skip = (1 + begin, 0) if mark.dense else (1, begin)
        for place in range(first, mark.last + 1, _WINDOW):
            window = {
                "first": place,
                "last": min(place + _WINDOW, mark.last + 1),
                "version": mark.version,
            }
            rows = self._read(_ADDED_SEEN, window)
            for _, content in rows[skip:]:
                yield content
            skip = max(0, skip - len(rows))

    # --- writing

    def change(self, place: int, content: bytes) -> None:
        """Write a base record."""
        with self._writing() as connection:
            row = {"place": place, "version": self._version, "content": content}
            connection.execute(self._sql(_BURY_CHANGED), row)
            connection.execute(
                self._sql("INSERT OR REPLACE INTO {changed} VALUES (:place, :version, :content)"), row
            )
            self._changed = True

    def delete(self, place: int) -> None:
        """Delete a base record."""
        with self._writing() as connection:
            row = {"place": place, "version": self._version}
            connection.execute(self._sql(_BURY_CHANGED), row)
            connection.execute(self._sql("DELETE FROM {changed} WHERE place = :place"), row)
            self.deleted[place] = self._version

    def add(self, key: Key, content: bytes) -> bool:
        """Write an added record; return True when it is a new one, which then comes last."""
        with self._writing() as connection:
            row = {"key": key, "version": self._version, "content": content}
            connection.execute(self._sql(_BURY_ADDED), row)
            update = "UPDATE {added} SET born = :version, content = :content WHERE key = :key"
            if connection.execute(self._sql(update), row).rowcount:
                return False
            insert = "INSERT INTO {added} (born, key, content) VALUES (:version, :key, :content)"
            self._last = connection.execute(self._sql(insert), row).lastrowid or 0
            self._added += 1
            self.reserve(key)
            return True

    def remove(self, key: Key) -> bool:
        """Delete an added record; return False when there is none."""
        if not self._made:
            return False
        with self._writing() as connection:
            row = {"key": key, "version": self._version}
            connection.execute(self._sql(_BURY_ADDED), row)
            removed = connection.execute(self._sql("DELETE FROM {added} WHERE key = :key"), row).rowcount
            self._added -= removed
            self._dense = self._dense and not removed
            return removed > 0

    def reserve(self, key: object) -> None:
        """See to it that an integer key is never given to another record."""
        if type(key) is int and key > self.highest:
            self.highest = key

    def take(self, table: str, first: int, last: int) -> None:
        """Write the rows of a staging table that lie between two numbers, in their order.

        The table has the columns number, place (that of a base record, or null), key and content; no key is
        there twice. Where there are no rows, nothing is written, and no version begins.
        """
        if not self.store.read(self._sql(_ANY_ROW, table), {"first": first, "last": last}):
            return
        with self._writing() as connection:
            row = {"version": self._version, "first": first, "last": last}
            if self.deleted:
                gone = {"first": first, "last": last, "deleted": orjson.dumps(list(self.deleted)).decode()}
                connection.execute(self._sql(_LEAVE_DELETED, table), gone)
            connection.execute(self._sql(_BURY_ALL_CHANGED, table), row)
            if connection.execute(self._sql(_TAKE_CHANGED, table), row).rowcount > 0:
                self._changed = True
            connection.execute(self._sql(_BURY_ALL_ADDED, table), row)
            before = self._greatest_place(connection)
            connection.execute(self._sql(_TAKE_ADDED, table), row)
            self._last = self._greatest_place(connection)
            self._added += self._last - before

    # --- inner

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction; make the tables for the first one, start a new version after a mark."""
        with self.store.lock:
            if not self._made:
                with self.store.transaction() as connection:
                    for statement in _TABLES:
                        connection.execute(self._sql(statement))
                self._made = True
        with self.store.transaction() as connection:
            if self._seen:
                self._version += 1
                self._seen = False
            yield connection

    def _greatest_place(self, connection: sqlite3.Connection) -> int:
        found = connection.execute(self._sql("SELECT max(place) FROM {added}")).fetchone()
        return int(found[0] or 0)

    def _read(self, statement: str, parameters: Parameters) -> list[tuple[int, bytes]]:
        return self.store.read(self._sql(statement), parameters)

    def _one(self, statement: str, parameters: Parameters) -> bytes | None:
        rows = self.store.read(self._sql(statement), parameters)
        return rows[0][0] if rows else None

    def _sql(self, statement: str, staged: str = "") -> str:
        return statement.format(**self._names, staged=staged)
