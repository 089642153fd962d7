"""Check what people have written against its schema, and say what would have been accepted.

Beyond what OpenAPI's schemas can say there are two keywords of our own, for lists of things that have names:

``x-unique: [id, token]``   on a list: no two entries have the same value there
``x-refers-to: users.id``   on a value: some entry of the document's list ``users`` has this ``id``
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

import jsonschema_rs

from mockserver.contract.schemas import compile_schema

Step: TypeAlias = str | int
Steps: TypeAlias = tuple[Step, ...]
Refusal: TypeAlias = tuple[Steps, str]
"""A place, and a sentence in which ``{place}`` stands for it."""

TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
LIMITS: Mapping[str, str] = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "minProperties": "a mapping of at least {}",
}
MANY = 30
"""From so many options on, people are told the nearest ones alone."""


class Shape:
    """The shape of a document.

    :ivar schema: an OpenAPI schema without references.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._validator = compile_schema(schema)

    def refusals(self, value: Any) -> Iterator[Refusal]:
        """Yield every place where the value does not fit, and why."""
        fits = True
        for error in self._validator.iter_errors(value):
            fits = False
            yield from _refused(error, self.schema, value)
        if fits:
            yield from _relations(self.schema, value, value, ())


def listed(options: Iterable[object]) -> str:
    """Return what can be chosen from, as a sentence goes on with it."""
    return ", ".join(str(option) for option in options) or "nothing"


def listed_near(value: object, options: Collection[str]) -> str:
    """Return what can be chosen from in the place of a value; of very many options those that are most like it."""
    if len(options) < MANY:
        return listed(options)
    near = get_close_matches(str(value), options) or [*options][:3]
    return f"{listed(near)} and {len(options) - len(near)} others"


def shorten(value: object) -> str:
    """Return a value as people have written it, cut where it gets long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _refused(
    error: jsonschema_rs.ValidationError, schema: dict[str, Any], document: Any
) -> Iterator[Refusal]:
    steps: Steps = tuple(error.instance_path)
    kind: Any = error.kind
    above = _at(schema, [*error.schema_path][:-1])
    if kind.name == "required":
        yield (*steps, kind.property), "{place} is missing."
    elif kind.name == "additionalProperties":
        known = listed(above.get("properties", {}))
        for name in kind.unexpected:
            yield (*steps, name), f"There is no {{place}}; accepted: {known}."
    elif branch := _branch_meant(kind, len(steps)):
        for inner in branch:
            yield from _refused(inner, schema, document)
    else:
        value = shorten(_at(document, steps))
        yield steps, f"{{place}} is {value}; accepted: {_accepted(kind, above, error.message)}."


def _branch_meant(kind: Any, depth: int) -> list[jsonschema_rs.ValidationError]:
    """Return what is wrong by the one branch of several that is for values of this type, if there is one."""
    if kind.name not in ("anyOf", "oneOf"):
        return []
    branches = [
        branch
        for branch in kind.context
        if not any(error.kind.name == "type" and len([*error.instance_path]) == depth for error in branch)
    ]
    return branches[0] if len(branches) == 1 else []


def _accepted(kind: Any, schema: dict[str, Any], message: str) -> str:
    if kind.name in LIMITS:
        return LIMITS[kind.name].format(kind.limit)
    if kind.name == "type":
        return " or ".join(TYPES[name] for name in kind.types)
    if kind.name == "enum":
        return listed(kind.options)
    if kind.name == "uniqueItems":
        return "no value twice"
    if kind.name in ("pattern", "format") and "example" in schema:
        return f"something like {schema['example']}"
    if kind.name in ("pattern", "format"):
        return f"a text of the {kind.name} {schema[kind.name]}"
    if kind.name in ("anyOf", "oneOf"):
        return " or ".join(_form(part) for part in schema[kind.name])
    return message


def _form(schema: dict[str, Any]) -> str:
    if "required" in schema:
        return f"a mapping with {listed(schema['required'])}"
    return TYPES.get(schema.get("type", ""), "another form")


def _relations(schema: dict[str, Any], value: Any, document: Any, steps: Steps) -> Iterator[Refusal]:
    target = schema.get("x-refers-to", "")
    if target:
        name, _, key = target.partition(".")
        known = [entry[key] for entry in document[name]]
        if value not in known:
            yield steps, f"{{place}} is {shorten(value)}; accepted: {listed(known)}."
    if isinstance(value, list):
        for key in schema.get("x-unique", ()):
            yield from _repeated(value, key, steps)
    for step, part, below in _parts(schema, value):
        yield from _relations(part, below, document, (*steps, step))


def _parts(schema: dict[str, Any], value: Any) -> Iterator[tuple[Step, dict[str, Any], Any]]:
    """Yield the parts of a value that have schemas of their own."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield number, schema.get("items", {}), entry
    elif isinstance(value, dict):
        extra = schema.get("additionalProperties")
        for key, entry in value.items():
            yield (
                key,
                schema.get("properties", {}).get(key) or (extra if isinstance(extra, dict) else {}),
                entry,
            )


def _repeated(entries: list[Any], key: str, steps: Steps) -> Iterator[Refusal]:
    seen: set[object] = set()
    for number, entry in enumerate(entries):
        value = entry.get(key)
        if value is not None and value in seen:
            yield (*steps, number, key), f"{{place}} is {shorten(value)}, and another one has that, too."
        seen.add(value)


def _at(value: Any, steps: Iterable[Step]) -> Any:
    for step in steps:
        value = value[step]
    return value
