"""Check imported records: against the schema of their service, and for what the service insists on.

A good record costs two calls of compiled functions; only a faulty one is looked at closely. Of the codes of the
faults the document shows 0 alone, for mandatory fields (S2); the others are a convention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import orjson

from mockserver.contract.schemas import Validator
from mockserver.records import Service
from mockserver.records.services import Schema, is_free_form

MISSING, INVALID, UNKNOWN, DUPLICATE = 0, 1, 2, 3

HIGHEST_KEY = 2**53 - 1
"""The highest number that every JSON parser reads exactly."""
MOST_FAULTS = 100
"""How many faults of one record are told."""
LONGEST_NAME = 200
"""How much of the name of an unknown field is told."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a record (IMP-ERR-error, IMP-ERR-field)."""

    field: str
    code: int

    def to_json(self) -> dict[str, Any]:
        """Return the fault as the status lists it; ``entryId`` is empty in all samples of the document."""
        field = self.field.removeprefix("fields.")[:LONGEST_NAME]
        return {"entryId": "", "error": self.code, "field": field}


@dataclass(frozen=True, slots=True)
class Checker:
    """Check the records of one service."""

    service: Service
    validator: Validator
    is_whole: Callable[[Record], bool]
    mandatory: tuple[tuple[str, ...], ...]

    def write(self, record: Record) -> bytes | None:
        """Return a good record as JSON with sorted keys, None for a faulty one."""
        if not self.validator.is_valid(record) or next(self._lacking(record), None) is not None:
            return None
        key = record.get(self.service.key)
        if type(key) is int and key > HIGHEST_KEY:
            return None
        return written(record)

    def faults(self, record: Record) -> list[Fault]:
        """Return what is wrong with a faulty record: mandatory fields first, one fault a field."""
        found: dict[str, int] = {}
        for path in self._lacking(record):
            found[".".join(path)] = MISSING
        try:
            for path_of_fault, code in islice(self._breaches(record), MOST_FAULTS):
                found.setdefault(path_of_fault, code)
        except ValueError:  # too deep for the validator
            found.setdefault("", INVALID)
        key = record.get(self.service.key)
        if type(key) is int and key > HIGHEST_KEY:
            found.setdefault(self.service.key, INVALID)
        if not found:
            found = {name: INVALID for name, value in record.items() if written({"": value}) is None}
        return [Fault(field, code) for field, code in islice((found or {"": INVALID}).items(), MOST_FAULTS)]

    def _lacking(self, record: Record) -> Iterator[tuple[str, ...]]:
        """Yield the mandatory paths that are absent, null or empty, unless a parent is no object at all."""
        for path in self.mandatory:
            value: Any = record
            for step in path:
                if type(value) is not dict:
                    break
                value = value.get(step)
            if value is None or value == "":
                yield path

    def _breaches(self, record: Record) -> Iterator[tuple[str, int]]:
        for error in self.validator.iter_errors(record):
            steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path]
            path, kind = "".join(steps), error.kind
            match kind.name:
                case "required":
                    yield f"{path}.{kind.property}"[1:], MISSING  # type: ignore[attr-defined]
                case "additionalProperties":
                    for name in kind.unexpected:  # type: ignore[attr-defined]
                        yield f"{path}.{name}"[1:], UNKNOWN
                case _:
                    yield path[1:], INVALID


@cache
def checker_of(service: Service) -> Checker:
    """Return the checker of a service; a row that the natural key can identify needs no key."""
    schema = dict(service.schema)
    if service.natural_key:
        schema["required"] = [name for name in schema.get("required", ()) if name != service.key]
    if not schema.get("required"):
        schema.pop("required", None)
    return Checker(
        service,
        Validator(schema),
        _compile_whole(service.schema),
        tuple(tuple(path.split(".")) for path in service.mandatory),
    )


def written(record: Mapping[str, Any]) -> bytes | None:
    """Return a record as JSON with sorted keys, None for one that JSON cannot hold.

    That is an integer beyond 64 bits, half of a surrogate pair, or more than 254 levels.
    """
    try:
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None


def _compile_whole(schema: Schema) -> Callable[[Record], bool]:
    """Return a function that tells whether a record has every property that its schema declares."""
    names = frozenset(schema["properties"])
    parts = [
        (name, _compile_whole(part))
        for name, part in schema["properties"].items()
        if part.get("type") == "object" and not is_free_form(part)
    ]
    if not parts:
        return lambda record: record.keys() >= names
    return lambda record: record.keys() >= names and all(is_whole(record[name]) for name, is_whole in parts)
