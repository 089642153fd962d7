"""Say which calls somebody means, and how near the others come.

A :class:`Matcher` is a set of criteria; a call meets it when it meets them all. A :class:`Facts` is what a call shows:
secrets are out, so that matching cannot be used to guess them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from fnmatch import translate
from functools import lru_cache
from typing import Any, Protocol

from .redaction import REDACTED

MISSING = object()
"""Stands for a body that is neither JSON nor a form, or was cut."""

#: Characters of a value that a difference shows.
SHOWN = 200


class Facts(Protocol):
    """What a call shows. ``value`` is the body as JSON, of a form the object of its fields, else ``MISSING``."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def calendar(self) -> int: ...  # noqa: D102
    @property
    def operation(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def query(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> Any: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def rules(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def principal(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Difference:
    """One criterion that a call does not meet; ``closeness`` from 0 to 1 says by how much."""

    field: str
    expected: str
    actual: str
    closeness: float = 0.0


@lru_cache(maxsize=1024)
def wildcard(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which ``*`` stands for any text and ``?`` for any character."""
    return re.compile(translate(pattern.replace("[", "[[]")))


def may_match(pattern: str, path: str) -> bool:
    """Tell whether a path can match when its secrets are out; finding them takes a hundred times as long.

    What stands for a secret meets wildcards alone, unless a piece of the pattern could be a part of it.
    """
    pieces = [piece for piece in pattern.split("*") if piece]
    if any(piece in REDACTED or set("?[]") & set(piece) for piece in pieces):
        return True
    return wildcard(pattern).match(path) is not None


@dataclass(frozen=True, slots=True)
class Text:
    """Ask something of a text: what it is, what it contains, what it is like, or that it is not there."""

    equals: str | None = None
    contains: str | None = None
    like: str | None = None
    absent: bool | None = None

    @classmethod
    def of(cls, wanted: str | Mapping[str, Any]) -> Text:
        """Read ``"csv"`` or ``{"equals", "contains", "matches", "absent"}``."""
        if isinstance(wanted, str):
            return cls(equals=wanted)
        return cls(wanted.get("equals"), wanted.get("contains"), wanted.get("matches"), wanted.get("absent"))

    def __str__(self) -> str:
        parts = [] if self.equals is None else [self.equals]
        parts += [] if self.contains is None else [f"contains {self.contains}"]
        parts += [] if self.like is None else [f"like {self.like}"]
        parts += [] if self.absent is None else ["absent" if self.absent else "present"]
        return ", ".join(parts)

    def meets(self, values: Sequence[str]) -> bool:
        """Tell whether one of the values is as asked for."""
        if self.absent is not None and self.absent == bool(values):
            return False
        if self.equals is None and self.contains is None and self.like is None:
            return True
        return any(self._fits(value) for value in values)

    def _fits(self, value: str) -> bool:
        return (
            (self.equals is None or value == self.equals)
            and (self.contains is None or self.contains in value)
            and (self.like is None or wildcard(self.like).match(value) is not None)
        )


@dataclass(frozen=True, slots=True)
class Matcher:
    """Say which calls are meant; what is ``None`` or empty does not matter.

    ``operations`` are ids; ``named`` is what the asker called them. ``path`` may hold wildcards. ``status`` is a
    number or ``4xx``. ``since`` and ``until`` are nanoseconds of the calendar, both included; ``after`` and ``before``
    are numbers of calls, both excluded. ``body_equals`` and ``body_contains`` are values of JSON.
    """

    operations: frozenset[str] | None = None
    named: str = ""
    method: str | None = None
    path: str | None = None
    parameters: Mapping[str, Text] = field(default_factory=dict)
    query: Mapping[str, Text] = field(default_factory=dict)
    headers: Mapping[str, Text] = field(default_factory=dict)
    body: Text | None = None
    body_equals: Any = MISSING
    body_contains: Any = MISSING
    status: str | None = None
    rule: str | None = None
    principal: str | None = None
    since: int | None = None
    until: int | None = None
    after: int | None = None
    before: int | None = None

    def meets(self, facts: Facts) -> bool:
        """Tell whether a call is meant."""
        return next(self.differences(facts), None) is None

    def in_range(self, facts: Facts) -> bool:
        """Tell whether a call came in when it had to."""
        return (
            (self.after is None or facts.number > self.after)
            and (self.before is None or facts.number < self.before)
            and (self.since is None or facts.calendar >= self.since)
            and (self.until is None or facts.calendar <= self.until)
        )

    def differences(self, facts: Facts) -> Iterator[Difference]:
        """Yield the criteria that a call does not meet, those first that are cheap to look at."""
        if not self.in_range(facts):
            yield Difference("time", "in the given span of time", f"request {facts.number}")
        if self.operations is not None and facts.operation not in self.operations:
            yield _text_difference("operation", self.named, facts.operation)
        if self.method is not None and facts.method != self.method:
            yield Difference("method", self.method, facts.method)
        if self.status is not None and not status_fits(self.status, facts.status):
            yield Difference("status", self.status, str(facts.status))
        if self.rule is not None and self.rule not in facts.rules:
            yield Difference("rule", self.rule, ", ".join(facts.rules))
        if self.principal is not None and facts.principal != self.principal:
            yield Difference("principal", self.principal, facts.principal)
        if self.path is not None and wildcard(self.path).match(facts.path) is None:
            yield _text_difference("path", self.path, facts.path)
        for name, wanted in self.parameters.items():
            yield from _named(
                "parameters", name, wanted, [v for k, v in facts.parameters.items() if k == name]
            )
        for name, wanted in self.query.items():
            yield from _named("query", name, wanted, [v for k, v in facts.query if k == name])
        for name, wanted in self.headers.items():
            sent = [v for k, v in facts.headers if k.lower() == name.lower()]
            yield from _named("headers", name, wanted, sent)
        yield from self._body_differences(facts)

    def _body_differences(self, facts: Facts) -> Iterator[Difference]:
        if self.body is not None and not self.body.meets([facts.text] if facts.text else []):
            yield Difference("body", str(self.body), shorten(facts.text))
        if self.body_equals is not MISSING and not same(self.body_equals, facts.value):
            yield Difference("body", shorten(str(self.body_equals)), shorten(facts.text), 0.5)
        if self.body_contains is not MISSING:
            for place, wanted, actual in lacking(self.body_contains, facts.value):
                found = "" if actual is MISSING else shorten(str(actual))
                yield Difference(f"body.{place}" if place else "body", shorten(str(wanted)), found, 0.5)

    @property
    def size(self) -> int:
        """Give the number of criteria."""
        single = (self.operations, self.method, self.path, self.body, self.status, self.rule, self.principal)
        count = sum(one is not None for one in single)
        count += len(self.parameters) + len(self.query) + len(self.headers)
        return count + (self.body_equals is not MISSING) + (self.body_contains is not MISSING)

    def closeness(self, differences: Sequence[Difference]) -> float:
        """Say how near a call with these differences comes: 1 for one that is meant, 0 for one that shares nothing."""
        if not self.size:
            return 0.0
        return 1.0 - sum(1.0 - difference.closeness for difference in differences) / self.size


def status_fits(wanted: str, status: int) -> bool:
    """Tell whether a status is the wanted one: ``404``, or ``4xx`` for all of its class."""
    return str(status) == wanted or (wanted.endswith("xx") and wanted[0] == str(status)[0])


def same(one: Any, other: Any) -> bool:
    """Compare two values of JSON; for JSON, 1 is 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def lacking(wanted: Any, actual: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield what a value lacks: place, what was wanted there, what is there.

    An object may have more members than wanted, and a list more items, in any order.
    """
    if isinstance(wanted, dict) and isinstance(actual, dict):
        for key, value in wanted.items():
            yield from lacking(value, actual.get(key, MISSING), f"{place}.{key}" if place else key)
    elif isinstance(wanted, list) and isinstance(actual, list):
        for item in wanted:
            if not any(next(lacking(item, other), None) is None for other in actual):
                yield place, item, actual
    elif not same(wanted, actual):
        yield place, wanted, actual


def shorten(text: str) -> str:
    """Cut a text that is too long to be shown."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _named(kind: str, name: str, wanted: Text, values: Sequence[str]) -> Iterator[Difference]:
    if not wanted.meets(values):
        yield Difference(f"{kind}.{name}", str(wanted), shorten(", ".join(values)))


def _text_difference(name: str, expected: str, actual: str) -> Difference:
    return Difference(name, expected, actual, SequenceMatcher(None, expected, actual).ratio() * 0.9)
