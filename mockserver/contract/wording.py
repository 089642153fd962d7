"""Say in words what is wrong with a value, and what would have been accepted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeAlias

import jsonschema_rs

from mockserver.simulation.redaction import Redactor, is_secret

Step: TypeAlias = str | int
Steps: TypeAlias = tuple[Step, ...]


class Refusal(NamedTuple):
    """What is wrong at a place: a sentence in whose middle the place is named."""

    steps: Steps
    before: str
    after: str
    accepted: str = ""

    def said_of(self, place: str) -> str:
        """Say the sentence of a place as people write it."""
        return f"{self.before}{place}{self.after}"


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
CONTROLS = re.compile(r"[^\x20-\x7e]+")
LONGEST = 500
MANY = 30
"""From so many options on, people are told the nearest ones alone."""


def listed(options: Iterable[object]) -> str:
    """Return what can be chosen from, as a sentence goes on with it."""
    return ", ".join(str(option) for option in options) or "nothing"


def listed_near(value: object, options: Collection[str]) -> str:
    """Return what can be chosen from in the place of a value; of very many options those that are most like it."""
    if len(options) < MANY:
        return listed(options)
    near = get_close_matches(str(value), options) or [*options][:3]
    return f"{listed(near)} and {len(options) - len(near)} others"


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question, to go on with, whether the known name was meant that is most like an unknown one."""
    near = get_close_matches(name, [*known], n=1)
    return f" Did you mean {near[0]}?" if near else ""


def on_one_line(text: str) -> str:
    """Return a text as a header can hold it."""
    return CONTROLS.sub("?", text.encode("ascii", "backslashreplace").decode("ascii"))[:LONGEST]


def shorten(value: object) -> str:
    """Return a value as people have written it, cut where it gets long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def refusals(
    error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], name: str = ""
) -> Iterator[Refusal]:
    """Yield what an error of a validator says, place by place; secrets are not repeated.

    :param schema: the whole document's, without references.
    :param name: what the document is called, if it is a parameter.
    """
    steps: Steps = tuple(error.instance_path)
    kind: Any = error.kind
    above: Any = schema
    for step in [*error.schema_path][:-1]:
        above = above[step]
    if kind.name == "required":
        yield Refusal((*steps, kind.property), "", " is missing.")
    elif kind.name == "additionalProperties":
        known = listed(above.get("properties", {}))
        for surplus in kind.unexpected:
            yield Refusal((*steps, surplus), "There is no ", f"; accepted: {known}.", known)
    elif branch := _branch_meant(kind, len(steps)):
        for inner in branch:
            yield from refusals(inner, schema, name)
    else:
        secret = any(is_secret(str(step)) for step in (name, *steps))
        value = shorten(Redactor().value(error.instance, secret))
        accepted = _accepted(kind, above, error.message)
        yield Refusal(steps, "", f" is {value}; accepted: {accepted}.", accepted)


def _branch_meant(kind: Any, depth: int) -> list[jsonschema_rs.ValidationError]:
    """Return what is wrong by the one branch of several that is meant, if there is one.

    That is the one for values of this type, or of several such the one that has all that it requires.
    """
    if kind.name not in ("anyOf", "oneOf"):
        return []
    branches = kind.context
    for keyword in ("type", "required"):
        fitting = [branch for branch in branches if not _breaks(branch, keyword, depth)]
        if len(fitting) == 1:
            return list(fitting[0])
        branches = fitting or branches
    return []


def _breaks(branch: list[jsonschema_rs.ValidationError], keyword: str, depth: int) -> bool:
    """Tell whether the whole value breaks the keyword, not something in it."""
    return any(error.kind.name == keyword and len([*error.instance_path]) == depth for error in branch)


def _accepted(kind: Any, schema: Mapping[str, Any], message: str) -> str:
    if "enum" in schema:
        return listed(schema["enum"])
    if kind.name in LIMITS:
        return span(schema) or LIMITS[kind.name].format(kind.limit)
    if kind.name == "type":
        return ", ".join(filter(None, [" or ".join(TYPES[name] for name in kind.types), span(schema)]))
    if kind.name == "uniqueItems":
        return "no value twice"
    if kind.name in ("pattern", "format") and "example" in schema:
        return f"something like {schema['example']}"
    if kind.name in ("pattern", "format"):
        return f"a text of the {kind.name} {schema[kind.name]}"
    if kind.name in ("anyOf", "oneOf"):
        return " or ".join(_form(part) for part in schema[kind.name])
    return message


def span(schema: Mapping[str, Any]) -> str:
    """Return between which limits a number lies; "" where a schema has none."""
    low, high = schema.get("minimum"), schema.get("maximum")
    open_low, open_high = schema.get("exclusiveMinimum", False), schema.get("exclusiveMaximum", False)
    if None not in (low, high) and not open_low and not open_high:
        return f"{low} to {high}"
    least = "" if low is None else LIMITS["exclusiveMinimum" if open_low else "minimum"].format(low)
    most = "" if high is None else LIMITS["exclusiveMaximum" if open_high else "maximum"].format(high)
    return " and ".join(filter(None, (least, most)))


def _form(schema: Mapping[str, Any]) -> str:
    if "required" in schema:
        return f"a mapping with {listed(schema['required'])}"
    return TYPES.get(schema.get("type", ""), "another form")
