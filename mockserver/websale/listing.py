"""Filter, sort and page records by query parameters: ``filter_<operator>[field]=value``, ``sort=field:direction``.

The notation, the operator ``gte`` and the keys of a page are the documents' (S0, S3); the other
operators are a convention. What can be wrong is one of a few things, and each resource has a rule for each.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from heapq import nlargest, nsmallest
from math import inf
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Rule
from mockserver.contract.wording import listed_near
from mockserver.records import Field, FieldType, Snapshot

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]
Test = Callable[[Any], bool]
SortKey = Callable[[Record], Any]

IS_FILTER = re.compile(r"filter(?:[_\[]|$)")
FILTER = re.compile(r"filter(?:_(?P<operator>[^\[\]]*))?\[(?P<field>[^\[\]]*)\]")
OFFSET_AS_SPACE = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")
COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
OPERATORS = ("eq", "neq", "ne", *COMPARISONS, "like", "in", "notIn")
SCAN_IN_THREAD = 2_000
"""From so many records on, going through them leaves the event loop free."""


@dataclass(frozen=True, slots=True)
class FilterRules:
    """The rules that a resource gives for a bad filter, in the order of the documents' tables."""

    value: str
    field: str
    operator: str

    def first(self, broken: Sequence[Rule]) -> Rule:
        """Return the one of several broken rules that the table has first."""
        return min(broken, key=lambda rule: astuple(self).index(rule.rule_id))


@dataclass(frozen=True, slots=True)
class ListRules(FilterRules):
    """The rules that a list gives besides for a bad order; bad syntax is the specification's to refuse."""

    direction: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What can be asked of a list: by which fields to filter, and to sort, what a bad question breaks."""

    filters: Mapping[str, Field]
    orders: Mapping[str, Field]
    rules: ListRules

    def ask(self, query: Iterable[tuple[str, str]], sort: str | None, size: int, page_token: int) -> Question:
        """Read what a request asks for; its ``sort`` is known to have one colon."""
        broken = []
        try:
            filters = parse_filters(query, self.filters, self.rules)
        except Rule as rule:
            broken.append(rule.with_traceback(None))
        try:
            key, descending = parse_order(sort or "id:asc", self.orders, self.rules)
        except Rule as rule:
            broken.append(rule.with_traceback(None))
        if broken:
            raise self.rules.first(broken)
        return Question(tuple(filters), key, descending, size, page_token)


@dataclass(frozen=True, slots=True)
class Question:
    """One page that somebody asks for, of what the filters select, in an order."""

    filters: tuple[Predicate, ...]
    key: SortKey
    descending: bool
    size: int
    page_token: int

    async def answer(self, records: Snapshot) -> dict[str, Any]:
        """Return the page with its four keys."""
        if len(records) >= SCAN_IN_THREAD:
            return await run_in_threadpool(self.page_of, records)
        return self.page_of(records)

    def page_of(self, records: Iterable[Record]) -> dict[str, Any]:
        """Go through all records, and hold no more of them than up to the page's end.

        Records that are equal in the order's field come in the order of their ids, whatever the direction.
        """
        total = 0

        def selected() -> Iterator[Record]:
            nonlocal total
            for record in records:
                if all(accepts(record) for accepts in self.filters):
                    total += 1
                    yield record

        key, end = self.key, self.page_token + self.size
        if self.descending:
            rows = nlargest(end, selected(), key=lambda record: (key(record), -record["id"]))
        else:
            rows = nsmallest(end, selected(), key=lambda record: (key(record), record["id"]))
        return show_page(rows[self.page_token :], end, total)


def show_page(items: list[Any], end: int, total: int) -> dict[str, Any]:
    """Return a page with its four keys; ``end`` is the place of its last entry, among ``total``."""
    reached = end >= total
    return {
        "endReached": reached,
        "items": items,
        "nextPageToken": "" if reached else str(end),
        "totalCount": total,
    }


def parse_order(sort: str, fields: Mapping[str, Field], rules: ListRules) -> tuple[SortKey, bool]:
    """Return what to sort by, and whether downwards; ``sort`` is known to have one colon."""
    path, _, direction = sort.partition(":")
    if path not in fields:
        explain = f"{path!r} is no field to sort by; accepted: {', '.join(fields)}."
        raise Rule(rules.field, field="sort", explain=explain)
    if direction.lower() not in ("asc", "desc"):
        raise Rule(
            rules.direction, field="sort", explain=f"{direction!r} is no direction; accepted: asc, desc."
        )
    return _sort_key(fields[path]), direction.lower() == "desc"


def _sort_key(field: Field) -> SortKey:
    """Return what to sort by: first what is not there, then by value; lists by their elements."""
    read = _reader(field.path)
    if field.type is FieldType.TIME:
        return lambda record: -inf if (at := _instant_of(read(record))) is None else at
    return lambda record: (0, 0) if (value := read(record)) is None else (1, value)


def parse_filters(
    query: Iterable[tuple[str, str]], fields: Mapping[str, Field], rules: FilterRules
) -> list[Predicate]:
    """Return one predicate for each filter in the query; other parameters are ignored.

    :raises Rule: for an unknown field, an unknown operator, or a value that is none of the field's type.
    """
    filters, broken = [], []
    for key, value in query:
        if IS_FILTER.match(key):
            try:
                filters.append(_parse_filter(key, value, fields, rules))
            except Rule as rule:
                broken.append(rule.with_traceback(None))
    if broken:
        raise rules.first(broken)
    return filters


def _parse_filter(key: str, value: str, fields: Mapping[str, Field], rules: FilterRules) -> Predicate:
    match = FILTER.fullmatch(key)
    if match is None:
        explain = f"{key} names no field; accepted: filter[<field>] and filter_<operator>[<field>]."
        raise Rule(rules.field, explain=explain)
    name, path = match["operator"], match["field"]
    if name is None:
        name = "eq"
    field = fields.get(path)
    if field is None:
        explain = f"{path!r} is no field to filter by; accepted: {listed_near(path, fields)}."
        raise Rule(rules.field, field=path, explain=explain)
    if name not in OPERATORS:
        explain = f"{name!r} is no operator; accepted: {', '.join(OPERATORS)}."
        raise Rule(rules.operator, field=path, explain=explain)
    try:
        if field.choices and name != "like":
            _check_choice(value, field.choices)
        return _predicate(field, _test(field, name, value))
    except ValueError as error:
        explain = f"{value!r} is no {field.type.value} for {path}: {error}"
        raise Rule(rules.value, field=path, explain=explain) from error


def _check_choice(value: str, choices: Collection[str]) -> None:
    for part in value.split(","):
        if part not in choices:
            raise ValueError(f"one of {', '.join(choices)} is expected.")


def _predicate(field: Field, test: Test) -> Predicate:
    """Apply a test to the field's value in a record."""
    read = _reader(field.path)
    return lambda record: test(read(record))


def _reader(path: str) -> Callable[[Record], Any]:
    """Return what reads the field of a record; one that a record lacks is null."""
    first, *rest = path.split(".")
    if not rest:
        return lambda record: record.get(first)

    def nested(record: Record) -> Any:
        value: Any = record.get(first)
        for step in rest:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    return nested


def _test(field: Field, name: str, text: str) -> Test:
    kind = field.element if field.type is FieldType.ARRAY and field.element else field.type
    if name == "like":
        test = _like(text)
    elif name in COMPARISONS:
        test = _compare(kind, COMPARISONS[name], _parse(kind, text))
    else:
        parts = text.split(",") if name in ("in", "notIn") else [text]
        test = _among(kind, frozenset(_parse(kind, part) if part else _empty(field, kind) for part in parts))
    if field.type is FieldType.ARRAY:
        test = _any_of(test)
    if name in ("neq", "ne", "notIn"):
        return lambda value: not test(value)
    return test


def _any_of(test: Test) -> Test:
    """Let an array fulfil what one of its elements fulfils."""
    return lambda values: isinstance(values, list) and any(test(value) for value in values)


def _among(kind: FieldType, wanted: frozenset[Any]) -> Test:
    if kind is FieldType.TIME:
        return lambda value: value is not None and (_instant_of(value) if value else "") in wanted
    return lambda value: value is not None and value in wanted


def _compare(kind: FieldType, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    if kind is FieldType.TIME:
        return lambda value: (at := _instant_of(value)) is not None and compare(at, wanted)
    if kind is FieldType.STRING:
        number = _decimal(wanted)
        if number is not None:
            return lambda value: (have := _decimal(value)) is not None and compare(have, number)
    return lambda value: value is not None and compare(value, wanted)


def _decimal(text: Any) -> float | None:
    """Read an amount such as ``89.900000``, which the shop keeps as text."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _like(text: str) -> Test:
    """Match anywhere, ignoring case; with ``%`` or ``*`` as wildcard, match the whole value."""
    body = "".join(".*" if char in "%*" else re.escape(char) for char in text)
    if not set(text) & set("%*"):
        body = f".*{body}.*"
    pattern = re.compile(body, re.IGNORECASE | re.DOTALL)
    return lambda value: value is not None and pattern.fullmatch(_as_text(value)) is not None


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _empty(field: Field, kind: FieldType) -> str:
    """Return the value that an empty filter asks for: an empty text, or a time that is not known yet."""
    if kind is FieldType.STRING or field.blank:
        return ""
    raise ValueError("the value is empty.")


def _parse(kind: FieldType, text: str) -> Any:
    """Read a filter's value as one of the field's type; ``ValueError`` says what is accepted."""
    if kind is FieldType.INTEGER:
        if not re.fullmatch(r"[+-]?\d{1,400}", text, re.ASCII):
            raise ValueError("a whole number is expected.")
        return int(text)
    if kind is FieldType.NUMBER:
        if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
            raise ValueError("a number is expected.")
        return float(text)
    if kind is FieldType.BOOLEAN:
        if text not in ("true", "false", "1", "0"):
            raise ValueError("true, false, 1 or 0 is expected.")
        return text in ("true", "1")
    if kind is FieldType.TIME:
        return parse_instant(text)
    return text


def _instant_of(value: Any) -> float | None:
    """Read a record's time; one that is empty, or impossible, is none."""
    try:
        return parse_instant(value) if value else None
    except ValueError:
        return None


def parse_instant(text: str) -> float:
    """Read a time of ISO 8601 as seconds since 1970; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(OFFSET_AS_SPACE.sub("+", text.strip()))
    except ValueError:
        raise ValueError("a time such as 2024-11-01T00:00:00.000Z is expected.") from None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        raise ValueError("a time within the years 1 to 9999 is expected.") from None
