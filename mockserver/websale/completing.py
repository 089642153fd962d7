"""Make whole records of imported rows, since an exported record has every property.

A row changes what it names and leaves the rest: of a record that is there already, absent properties keep
their values; those of a new one get the schema's ``default``, or else nothing in particular: the first of an
enumeration, an empty text, zero, false, the time of the import. Declared objects are merged property by
property, all else is replaced. All of this is a convention.
"""

from __future__ import annotations

from typing import Any

from mockserver.contract.schemas import Validator
from mockserver.records.services import FieldType, Schema, is_free_form, scalar_type

Record = dict[str, Any]

_NEUTRAL: dict[FieldType, tuple[Any, ...]] = {
    FieldType.STRING: ("", "0.000000"),
    FieldType.INTEGER: (0,),
    FieldType.NUMBER: (0,),
    FieldType.BOOLEAN: (False,),
}
CREATED = ("createdAt", "updatedAt")


def merge(before: Record, row: Record, schema: Schema) -> Record:
    """Return what a row makes of a record."""
    merged = before | row
    for name, part in schema["properties"].items():
        if name in before and name in row and _is_declared(part):
            merged[name] = merge(before[name], row[name], part)
    return merged


def blank(schema: Schema, now: str) -> Record:
    """Return a record that a new row is merged into; it lacks what has no neutral value, such as a key.

    :param now: the time of the import, ``2025-02-19T09:15:15.000Z``.
    """
    record = {}
    for name, part in schema["properties"].items():
        if _is_declared(part):
            record[name] = blank(part, now)
            continue
        is_valid = Validator(dict(part)).is_valid
        for value in _candidates(name, part, now):
            if is_valid(value):
                record[name] = value
                break
    return record


def _candidates(name: str, schema: Schema, now: str) -> list[Any]:
    if "default" in schema:
        return [schema["default"]]
    if schema.get("nullable"):
        return [None]
    if "enum" in schema:
        return [schema["enum"][0]]
    kind = scalar_type(schema)
    if kind is FieldType.TIME:
        # Times that may be empty are written without a zone where they have no format of their own.
        free = "format" not in schema
        return [now[:19].replace("T", " ")] if free and name in CREATED else ["", now] if free else [now]
    if kind is None:
        return [[]] if schema.get("type") == "array" else [{}]
    return list(_NEUTRAL[kind])


def _is_declared(schema: Schema) -> bool:
    return schema.get("type") == "object" and not is_free_form(schema)
