"""Compile OpenAPI 3.0 schemas to validators.

OpenAPI 3.0 schemas are a dialect of JSON Schema Draft 4: ``nullable`` is a keyword of its own, and annotations
such as ``example`` or ``x-…`` mean nothing to a validator. :func:`translate` turns one into plain Draft 4.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs

from mockserver.contract.wording import Refusal, Step, refusals

KEYWORDS = frozenset(
    [
        "type",
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "required",
    ]
)
EMPTY = '""'
"""How a name without letters is written."""
SUBSCHEMAS = ("items", "not")
SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Validator:
    """Check values by an OpenAPI 3.0 schema without references; formats are checked, unknown ones mean nothing.

    :ivar is_valid: tells whether a value fits.
    :ivar iter_errors: yields what does not.
    """

    __slots__ = ("is_valid", "iter_errors", "schema")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        validator = jsonschema_rs.Draft4Validator(translate(schema), validate_formats=True, formats=FORMATS)
        self.schema = schema
        self.is_valid: Callable[[Any], bool] = validator.is_valid
        self.iter_errors: Callable[[Any], Iterator[jsonschema_rs.ValidationError]] = validator.iter_errors


def translate(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Draft 4 schema for an OpenAPI 3.0 schema without references."""
    result: dict[str, Any] = {key: value for key, value in schema.items() if key in KEYWORDS}
    for key in SUBSCHEMAS:
        if key in schema:
            result[key] = translate(schema[key])
    for key in SUBSCHEMA_LISTS:
        if key in schema:
            result[key] = [translate(part) for part in schema[key]]
    if "properties" in schema:
        result["properties"] = {name: translate(part) for name, part in schema["properties"].items()}
    if "additionalProperties" in schema:
        extra = schema["additionalProperties"]
        result["additionalProperties"] = extra if isinstance(extra, bool) else translate(extra)
    if schema.get("nullable"):
        if "type" in result:
            result["type"] = [result["type"], "null"]
        if "enum" in result:
            result["enum"] = [*result["enum"], None]
    return result


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a value breaks its schema.

    :ivar path: the place as people write it: ``options.headerParams[0].key``; the missing or surplus property
        itself for ``required`` and ``additionalProperties``.
    :ivar pattern: the path for any element of an array: ``options.headerParams[].key``; for a surplus property
        the object that has it, since no specification can know its name.
    :ivar keyword: the keyword of the schema that is broken, such as ``type``.
    :ivar refusal: what is wrong there, or further in.
    """

    path: str
    pattern: str
    keyword: str
    refusal: Refusal

    def said_of(self, whole: str) -> str:
        """Say in a sentence what is wrong and what would have been accepted; ``whole`` names the value checked."""
        return self.refusal.said_of(written(self.refusal.steps) or whole)


def find_faults(validator: Validator, value: Any, name: str = "") -> Iterator[Fault]:
    """Yield every place where the value breaks the schema; ``name`` is that of a parameter."""
    for error in validator.iter_errors(value):
        steps: list[Step] = list(error.instance_path)
        kind: Any = error.kind
        if kind.name == "required":
            steps.append(kind.property)
        pattern = "".join("[]" if isinstance(step, int) else f".{step}" for step in steps)
        if kind.name == "additionalProperties":
            steps.append(kind.unexpected[0])
        refusal = next(refusals(error, validator.schema, name))
        yield Fault(written(steps), pattern.lstrip("."), kind.name, refusal)


def written(steps: Iterable[Step]) -> str:
    """Write a place as people do: ``options.headerParams[0].key``."""
    names = (f"[{step}]" if isinstance(step, int) else f".{step or EMPTY}" for step in steps)
    return "".join(names).removeprefix(".")


def _is_date(value: str) -> bool:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == len("2025-02-19")


def _is_date_time(value: str) -> bool:
    """Tell whether the text is a time of RFC 3339; nine fractional digits are as good as three."""
    return DATE_TIME.fullmatch(value) is not None and _is_date(value[:10])


def _is_time_zone(value: str) -> bool:
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError):
        return False
    return True


FORMATS = {"date": _is_date, "date-time": _is_date_time, "time-zone": _is_time_zone}
