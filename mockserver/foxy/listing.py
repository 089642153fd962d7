"""Select, sort and page a collection by query.

``limit``, ``offset``, ``order``, ``fields`` and ``zoom`` are reserved; every other key is a filter (Q-1). Of
a repeated key the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from mockserver.foxy.conventions import DEFAULT_LIMIT, DEFAULT_ORDER, MAX_LIMIT, TEXT_IGNORES_CASE, ZOOMABLE
from mockserver.foxy.dates import parse_instant
from mockserver.simulation.clock import SECOND

RESERVED = ("limit", "offset", "order", "fields", "zoom")
NUMBER = re.compile(r"\s*\+?([0-9]+)\s*")
DIGITS = 18
"""Numbers with more digits than this are all the same to us."""

Item = TypeVar("Item")
Value: TypeAlias = int | str | None
Read: TypeAlias = Callable[[Item], Mapping[str, Value]]
Test: TypeAlias = Callable[[Mapping[str, Value]], bool]


@dataclass(frozen=True)
class Columns:
    """The properties of a resource that queries are about.

    :ivar dates: those that are dates: instants in nanoseconds, compared as instants.
    :ivar texts: those that are text.
    :ivar numbers: those that are numbers; none is shown, but ``id`` can be asked for.
    :ivar zone: zone of dates in a query that have no offset.
    """

    dates: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[str]
    zone: ZoneInfo

    @property
    def names(self) -> frozenset[str]:
        """All properties."""
        return self.dates | self.texts | self.numbers

    def operand(self, name: str, text: str) -> int | str | None:
        """Return what a property is compared with; ``None`` for what is no value of that property."""
        if name in self.dates:
            return parse_instant(text, self.zone)
        if name in self.numbers:
            return _number(text)
        return text.casefold() if TEXT_IGNORES_CASE else text

    def value(self, name: str, value: Value) -> Value:
        """Return a property's value as it compares: text folded, dates in whole seconds as they are shown."""
        if isinstance(value, str):
            return value.casefold() if TEXT_IGNORES_CASE else value
        return value // SECOND * SECOND if value is not None and name in self.dates else value


@dataclass(frozen=True)
class Page:
    """One page of a collection, and where the others are."""

    limit: int
    offset: int
    total: int

    def offsets(self) -> dict[str, int]:
        """Return the offsets of other pages by relation; the page before the first, and after the last, is itself.

        The last page is empty if the total is a multiple of the limit (G-24).
        """
        last = self.total // self.limit * self.limit
        return {
            "first": 0,
            "prev": max(0, self.offset - self.limit),
            "next": min(self.offset + self.limit, last),
            "last": last,
        }


class Query:
    """What a request asks of a collection."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = dict(pairs)
        self.limit = read_limit(self.pairs.get("limit"))
        self.offset = read_offset(self.pairs.get("offset"))

    def select(self, items: Iterable[Item], columns: Columns, read: Read[Item]) -> list[Item]:
        """Return the items that all filters select, in order (FOXY-Q-AND)."""
        keys = read_order(self.pairs.get("order", ""))
        tests = [read_filter(key, text, columns) for key, text in self.pairs.items() if key not in RESERVED]
        rows = [(read(item), item) for item in items]
        chosen = [row for row in rows if all(test(row[0]) for test in tests)]
        for name, descending in reversed(keys):
            chosen.sort(key=lambda row: _sort_key(columns.value(name, row[0].get(name))), reverse=descending)
        return [item for _, item in chosen]

    def page(self, total: int) -> Page:
        """Return the page that the request wants of so many items."""
        return Page(self.limit, self.offset, total)

    def fields(self) -> frozenset[str] | None:
        """Return the properties that the request wants; ``None`` for all."""
        names = _split(self.pairs.get("fields", ""))
        return frozenset(names) if names else None

    def zoom(self) -> list[str]:
        """Return the relations to embed; unknown ones are ignored (FOXY-Q-ZOOM)."""
        wanted = [name.partition(":")[0] for name in _split(self.pairs.get("zoom", ""))]
        return [name for name in ZOOMABLE if name in wanted]

    def at(self, offset: int) -> str:
        """Return the query of another page: the same parameters, ``offset`` set (FOXY-COLL-QS)."""
        return "?" + urlencode({**self._kept(), "offset": offset})

    def itself(self) -> str:
        """Return the query of this page."""
        kept = self._kept()
        return "?" + urlencode(kept) if kept else ""

    def _kept(self) -> dict[str, Any]:
        """Return the parameters as links repeat them: limit and offset as they were understood."""
        understood = {"limit": self.limit, "offset": self.offset}
        return {key: understood.get(key, text) for key, text in self.pairs.items()}


def read_limit(text: str | None) -> int:
    """Read ``limit``: 20 unless it is a positive number, at most 300 (FOXY-Q-LIMIT-*)."""
    number = _number(text)
    return min(number, MAX_LIMIT) if number else DEFAULT_LIMIT


def read_offset(text: str | None) -> int:
    """Read ``offset``: 0 unless it is a number (FOXY-Q-OFFSET-0)."""
    return _number(text) or 0


def read_order(text: str) -> list[tuple[str, bool]]:
    """Read ``order=date_created desc,name`` as properties and whether they descend (FOXY-Q-ORDER-*).

    Which properties and directions there are, the specification says; it has been checked (FOXY-Q-ORDER-BAD).
    """
    keys = []
    for part in _split(text):
        name, _, direction = part.partition(" ")
        keys.append((name, direction.strip().lower() == "desc"))
    return [*keys, (DEFAULT_ORDER, False)]


def read_filter(key: str, text: str, columns: Columns) -> Test:
    """Read one filter; ``a=1|b:in=2,3`` selects what either branch selects (FOXY-Q-OR)."""
    first, *others = text.split("|")
    tests = [_read_test(key, first, columns)]
    for branch in others:
        name, equals, value = branch.partition("=")
        tests.append(_read_test(name, value, columns) if equals else _nothing)
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _read_test(key: str, text: str, columns: Columns) -> Test:
    name, _, operator = key.partition(":")
    if operator == "isdefined":
        wanted = text.strip().lower() not in ("false", "0", "")
        return lambda row: (row.get(name) is not None) == wanted
    make = OPERATORS.get(operator)
    if make is None or name not in columns.names:
        return _nothing  # an unknown property, or operator, selects nothing (G-26)
    accepts = make(lambda part: columns.operand(name, part), text)
    return lambda row: (value := columns.value(name, row.get(name))) is not None and accepts(value)


Operand: TypeAlias = Callable[[str], Any]
Accepts: TypeAlias = Callable[[Any], bool]


def _nothing(row: Mapping[str, Value]) -> bool:
    return False


def _never(value: object) -> bool:
    return False


def _equal(operand: Operand, text: str) -> Accepts:
    """``name=complete``, or a range with both its ends: ``date_created=2022-01-01..2022-02-01``."""
    low_text, dots, high_text = text.partition("..")
    if not dots:
        wanted = operand(text)
        return _never if wanted is None else lambda value: bool(value == wanted)
    low, high = (operand(part) if part else None for part in (low_text, high_text))
    if (low_text and low is None) or (high_text and high is None):
        return _never
    return lambda value: (low is None or low <= value) and (high is None or value <= high)


def _not(operand: Operand, text: str) -> Accepts:
    wanted = operand(text)
    return _never if wanted is None else lambda value: bool(value != wanted)


def _in(operand: Operand, text: str) -> Accepts:
    wanted = {operand(part) for part in text.split(",")}
    return lambda value: value in wanted


def _compare(than: Callable[[Any, Any], bool]) -> Callable[[Operand, str], Accepts]:
    def make(operand: Operand, text: str) -> Accepts:
        limit = operand(text)
        return _never if limit is None else lambda value: than(value, limit)

    return make


OPERATORS: Mapping[str, Callable[[Operand, str], Accepts]] = {
    "": _equal,
    "not": _not,
    "in": _in,
    "lessthan": _compare(lambda value, limit: bool(value < limit)),
    "lessthanorequal": _compare(lambda value, limit: bool(value <= limit)),
    "greaterthan": _compare(lambda value, limit: bool(value > limit)),
    "greaterthanorequal": _compare(lambda value, limit: bool(value >= limit)),
}
"""Operators by the suffix of the key; ``isdefined`` is about the property, not its value."""


def _number(text: str | None) -> int | None:
    match = NUMBER.fullmatch(text) if text else None
    return int(match[1].lstrip("0")[:DIGITS] or "0") if match else None


def _split(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sort_key(value: Value) -> tuple[bool, Any]:
    return value is not None, value
