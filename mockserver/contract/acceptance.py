"""Say what would have been accepted instead of what a request had, as far as the specification knows."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from mockserver.contract.loading import FALLBACK, Contract
from mockserver.contract.operations import CompiledOperation
from mockserver.simulation.journal import Call

NEAREST = 3
"""Paths that are named for one that does not exist."""

LIMITS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("format", "format {}"),
    ("pattern", "like {}"),
)


def accepted_instead(contract: Contract, call: Call) -> list[str]:
    """Return it in words; empty when nothing of the request was at fault, or nobody knows."""
    if call.accepted:
        return [str(value) for value in call.accepted]
    if call.status == 405:
        allow = next((value for name, value in call.answer_headers if name == b"allow"), b"")
        return [method for method in allow.decode("latin-1").split(", ") if method]
    operation = contract.operations.get(call.operation)
    if operation is None:
        return _nearest_paths(contract, call) if call.status == 404 else []
    found: list[str] = []
    for name in call.fields:
        found += _by_field(operation, name)
    return found or _by_path(operation, call)


def _nearest_paths(contract: Contract, call: Call) -> list[str]:
    base = contract.api_of(call.path).base_path
    known: dict[str, None] = {}
    for operation in contract.operations.values():
        if operation.api.name != FALLBACK and operation.api.base_path == base:
            verb, _, path = operation.title.partition(" ")
            known[f"{verb} {base}/{path.lstrip('/')}"] = None
    return get_close_matches(f"{call.method} {call.path}", known, NEAREST, 0.5)


def _by_field(operation: CompiledOperation, name: str) -> list[str]:
    for parameter in operation.source.parameters:
        if parameter["name"] == name:
            return describe(operation.api.inline(parameter["schema"]))
    return describe(_property(operation, name))


def _by_path(operation: CompiledOperation, call: Call) -> list[str]:
    """Describe the parts of the path that are not as they have to be."""
    found: list[str] = []
    for parameter in operation.parameters:
        if parameter.place != "path" or parameter.name not in call.path_values:
            continue
        value = parameter.convert(call.path_values[parameter.name])
        if not parameter.validator.is_valid(value):
            found += _by_field(operation, parameter.name)
    return found


def _property(operation: CompiledOperation, name: str) -> dict[str, Any]:
    """Find a member of the request's body by its dotted path."""
    body = operation.api.resolve(operation.source.definition.get("requestBody", {}))
    for content in body.get("content", {}).values():
        schema = operation.api.inline(content.get("schema", {}))
        for part in name.split("."):
            schema = next(_members(schema, part), None)
            if schema is None:
                break
        if schema:
            return dict(schema)
    return {}


def _members(schema: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    if name.isdecimal() and "items" in schema:
        yield schema["items"]
    if name in schema.get("properties", {}):
        yield schema["properties"][name]
    for key in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(key, ()):
            yield from _members(part, name)
    if "items" in schema:
        yield from _members(schema["items"], name)


def describe(schema: dict[str, Any]) -> list[str]:
    """Say in words what a schema accepts: its values, or its type with what limits it."""
    if "enum" in schema:
        return [str(value) for value in schema["enum"]]
    parts = [schema["type"]] if "type" in schema else []
    parts += [words.format(schema[key]) for key, words in LIMITS if key in schema]
    if schema.get("nullable"):
        parts.append("or null")
    return [", ".join(parts)] if parts else []
