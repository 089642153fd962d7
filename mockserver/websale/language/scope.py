"""Know which variables a template may use where, and which slot of the frame each has.

"Assigning a value to a variable that has not been created - as with all invalid variable accesses - causes
an error in the compiler. Creating a variable with a name that is already in use is not allowed in the same
template." (dokumentation.websale.de, referenz/variablen)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from .errors import shorten
from .scanner import Source, Token


class Scope:
    """Hold the names in use. A ``var`` holds from its place to the end, a loop's variable in its loop."""

    def __init__(self, source: Source, given: Collection[str]) -> None:
        self._source = source
        self._given = frozenset(name.removeprefix("$") for name in given)
        self._slots = {name: slot for slot, name in enumerate(sorted(self._given))}
        self.given = tuple(self._slots)
        self.used: set[str] = set()
        self.size = len(self._slots)

    def use(self, token: Token) -> int:
        """Give the slot of a variable that is read."""
        slot = self._slots.get(token.text)
        if slot is None:
            raise self._source.error(f"${shorten(token.text)} is not declared", token.offset)
        if token.text in self._given:
            self.used.add(token.text)
        return slot

    def assign(self, token: Token) -> int:
        """Give the slot of a variable that gets a new value; those that are given keep theirs."""
        if token.text in self._given:
            raise self._source.error(f"${shorten(token.text)} cannot be changed", token.offset)
        return self.use(token)

    def declare(self, token: Token) -> int:
        """Make a variable. Names in ``$ws…`` belong to modules."""
        name = token.text
        if name in self._slots:
            raise self._source.error(f"${shorten(name)} is declared already", token.offset)
        if name.startswith("ws"):
            raise self._source.error(
                f"${shorten(name)}: names that begin with $ws are for modules", token.offset
            )
        slot = self._slots[name] = self.size
        self.size += 1
        return slot

    @contextmanager
    def loop(self, token: Token) -> Iterator[int]:
        """Make a loop's variable; its name is free again behind the loop."""
        slot = self.declare(token)
        yield slot
        del self._slots[token.text]
