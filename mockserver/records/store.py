"""Keep what a world writes in a database of its own that nobody else sees.

SQLite's database without a name is private, keeps a page cache of two megabytes, spills the rest to a
temporary file that has no name either, and vanishes with its connection. So a world that writes nothing costs
nothing, and a million imported records cost disk space.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

__all__ = ["Parameters", "Store"]

Parameters = Sequence[Any] | Mapping[str, Any]


class Store:
    """Hold one world's database; opened when first needed, closed when nobody refers to it any more.

    `lock` is held for each query and each transaction, so that any thread may use the store. Transactions are
    kept short (some hundred rows), since others wait for them.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._numbers = count(1)

    def next_number(self) -> int:
        """Return a number for the name of a table."""
        return next(self._numbers)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection; what is done with it takes effect together, or not at all."""
        with self.lock:
            connection = self._connection or self._open()
            connection.execute("BEGIN")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def read(self, statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self.lock:
            connection = self._connection or self._open()
            return connection.execute(statement, parameters).fetchall()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect("", check_same_thread=False, isolation_level=None, cached_statements=256)
        weakref.finalize(self, connection.close)
        self._connection = connection
        return connection
