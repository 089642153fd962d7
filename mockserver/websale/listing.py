"""Filter records by query parameters: ``filter[field]=value`` and ``filter_<operator>[field]=value``.

The notation and the operator ``gte`` are the documents' (S0, websale-api.md 2.3); the other operators are a
convention. What is wrong with a filter is one of three things, and each resource has a rule for each.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mockserver.contract import Rule
from mockserver.records import Field, FieldType

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]
Test = Callable[[Any], bool]

FILTER = re.compile(r"filter(?:_(?P<operator>[^\[\]]*))?(?:\[(?P<field>[^\[\]]*)\])?")
OFFSET_AS_SPACE = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")
COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
OPERATORS = ("eq", "neq", "ne", *COMPARISONS, "like", "in", "notIn")


@dataclass(frozen=True, slots=True)
class FilterRules:
    """The rules that a resource gives for a bad filter."""

    field: str
    operator: str
    value: str


def parse_filters(
    query: Iterable[tuple[str, str]], fields: Mapping[str, Field], rules: FilterRules
) -> list[Predicate]:
    """Return one predicate for each filter in the query; other parameters are ignored.

    :raises Rule: for an unknown field, an unknown operator, or a value that is none of the field's type.
    """
    return [
        _parse_filter(match["operator"], match["field"], value, fields, rules)
        for key, value in query
        if (match := FILTER.fullmatch(key)) is not None
    ]


def _parse_filter(
    name: str | None, path: str | None, value: str, fields: Mapping[str, Field], rules: FilterRules
) -> Predicate:
    field = fields.get(path or "")
    if field is None:
        explain = f"{path!r} is no field to filter by; there are {', '.join(fields)}."
        raise Rule(rules.field, field=path or "", explain=explain)
    if name is None:
        name = "eq"
    if name not in OPERATORS:
        raise Rule(rules.operator, field=field.path, explain=f"{name!r} is none of {', '.join(OPERATORS)}.")
    try:
        return _predicate(field, _test(field, name, value))
    except ValueError as error:
        explain = f"{value!r} is no {field.type.value} for {field.path}: {error}"
        raise Rule(rules.value, field=field.path, explain=explain) from error


def _predicate(field: Field, test: Test) -> Predicate:
    """Apply a test to the field's value in a record; a field that a record lacks is null."""
    first, *rest = field.path.split(".")
    if not rest:
        return lambda record: test(record.get(first))

    def nested(record: Record) -> bool:
        value: Any = record.get(first)
        for step in rest:
            if not isinstance(value, dict):
                return test(None)
            value = value.get(step)
        return test(value)

    return nested


def _test(field: Field, name: str, text: str) -> Test:
    kind = field.element if field.type is FieldType.ARRAY and field.element else field.type
    if name == "like":
        test = _like(text)
    elif name in COMPARISONS:
        test = _compare(kind, COMPARISONS[name], _parse(kind, text))
    else:
        parts = text.split(",") if name in ("in", "notIn") else [text]
        test = _among(kind, frozenset(_parse(kind, part) if part else _empty(kind) for part in parts))
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
        return lambda value: value is not None and (parse_instant(value) if value else "") in wanted
    return lambda value: value is not None and value in wanted


def _compare(kind: FieldType, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    if kind is FieldType.TIME:
        return lambda value: bool(value) and compare(parse_instant(value), wanted)
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


def _empty(kind: FieldType) -> str:
    """Return the value that an empty filter asks for: an empty text, or a time that is not known yet."""
    if kind in (FieldType.STRING, FieldType.TIME):
        return ""
    raise ValueError("the value is empty.")


def _parse(kind: FieldType, text: str) -> Any:
    """Read a filter's value as one of the field's type; ``ValueError`` says what is accepted."""
    if kind is FieldType.INTEGER:
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
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
