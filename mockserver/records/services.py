"""Describe the services: what their records are called, look like, and are keyed by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mockserver.records.errors import FixtureError

__all__ = ["Field", "FieldType", "Schema", "Service", "load_services"]

Schema = Mapping[str, Any]


class FieldType(Enum):
    """Say what the values of a field are, as filters, sorting and the codecs need to know it."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    ARRAY = "array"


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one field by its dotted path.

    `element` is set for arrays of scalars only, `choices` for texts that are one of a few; `blank` says that a
    time may be an empty text: it is not known yet.
    """

    path: str
    type: FieldType
    nullable: bool = False
    element: FieldType | None = None
    choices: tuple[str, ...] = ()
    blank: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Describe one service.

    `formats` are in the order of the document, `key` is the property that identifies a record, `natural_key`
    the dotted paths that identify one in an import's row without it (empty: nothing does), `mandatory` holds
    the dotted paths that an import insists on, in the order in which errors are reported, and `fields` has
    every scalar field, and every array of scalars, by its dotted path; `filters` has besides the shorter names
    by which the documents filter some of them.
    """

    name: str
    plural: str
    item: str
    root: str
    formats: tuple[str, ...]
    key: str
    natural_key: tuple[str, ...]
    mandatory: tuple[str, ...]
    count: int
    records_per_second: float
    schema: Schema
    fields: Mapping[str, Field]
    filters: Mapping[str, Field]


def load_services(
    fixture: Mapping[str, Mapping[str, Any]], schemas: Mapping[str, Schema]
) -> dict[str, Service]:
    """Join each service of `services.yaml` with its record schema.

    `schemas` maps service names to schemas without references (`components.schemas` of `records.yaml`).
    """
    services: dict[str, Service] = {}
    for name, row in fixture.items():
        try:
            schema = schemas[name]
            fields = {field.path: field for field in _fields(schema, "")}
            short = {short: fields[path] for short, path in row.get("filters", {}).items()}
            services[name] = Service(
                name=name,
                plural=row["plural"],
                item=row["item"],
                root=row["root"],
                formats=tuple(row["formats"]),
                key=row["key"],
                natural_key=tuple(row["naturalKey"]),
                mandatory=tuple(row["mandatory"]),
                count=row["count"],
                records_per_second=float(row["recordsPerSecond"]),
                schema=schema,
                fields=fields,
                filters=fields | short,
            )
        except KeyError as error:
            raise FixtureError(f"services.yaml: {name}", f"{error} is missing") from None
    return services


def scalar_type(schema: Schema) -> FieldType | None:
    """Return the type of a scalar schema, None for objects, arrays and untyped values."""
    kind = schema.get("type")
    if kind == "string":
        is_time = "date-time" in (schema.get("format"), schema.get("x-format"))
        return FieldType.TIME if is_time else FieldType.STRING
    return FieldType(kind) if kind in ("integer", "number", "boolean") else None


def is_free_form(schema: Schema) -> bool:
    """Tell whether a schema lets an object have any property."""
    return schema.get("type") == "object" and schema.get("additionalProperties", True) is not False


def _fields(schema: Schema, prefix: str) -> list[Field]:
    found: list[Field] = []
    for name, part in schema.get("properties", {}).items():
        path, nullable = f"{prefix}{name}", bool(part.get("nullable", False))
        scalar = scalar_type(part)
        if scalar is not None:
            choices = tuple(part.get("enum", ())) if scalar is FieldType.STRING else ()
            blank = scalar is FieldType.TIME and part.get("format") != "date-time"
            found.append(Field(path, scalar, nullable, choices=choices, blank=blank))
        elif part.get("type") == "object":
            found += _fields(part, f"{path}.")
        elif part.get("type") == "array" and (element := scalar_type(part["items"])) is not None:
            found.append(Field(path, FieldType.ARRAY, nullable, element))
    return found
