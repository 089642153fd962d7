"""Say in words what a schema allows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contract.specification import Specification
from mockserver.contract.wording import span
from tools.docs.markdown import slug, table

Schema = Mapping[str, Any]
MAXIMUM_VALUES = 16


class Types:
    """The types of one specification; those with a name of their own are links to their section."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self.named: Mapping[str, Schema] = specification.document.get("components", {}).get("schemas", {})

    def say(self, schema: Schema) -> str:
        """Return the type in words."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return f"[{name}](#{slug(name)})"
        text = self._say(schema)
        return f"{text}; or null" if schema.get("nullable") else text

    def _say(self, schema: Schema) -> str:
        for key, joint in (("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")):
            if parts := [part for part in schema.get(key, ()) if not _only_requires(part)]:
                return joint.join(self.say(part) for part in parts)
        kind = schema.get("type", "")
        if "enum" in schema and len(schema["enum"]) <= MAXIMUM_VALUES:
            return ", ".join(_code(value) for value in schema["enum"])
        if kind == "array":
            of = self.say(schema["items"]) if schema.get("items") else "values"
            return " ".join(filter(None, ("list of", of, _count(schema, "minItems", "maxItems", "entries"))))
        if kind == "object":
            values = schema.get("additionalProperties")
            if isinstance(values, dict) and not schema.get("properties"):
                return f"object, each value: {self.say(values)}"
            return "object"
        if kind == "string":
            length = _count(schema, "minLength", "maxLength", "characters")
            return ", ".join(filter(None, (kind, schema.get("format", ""), length)))
        return ", ".join(filter(None, (kind or "any value", span(schema))))

    def properties(self, schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
        """Yield name, schema and necessity of each property, those of unnamed objects inside it included."""
        for part in schema.get("allOf", ()):
            yield from self.properties(self.specification.resolve(part), prefix)
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            yield f"{prefix}{name}", member, name in required
            inner = member.get("items", {}) if member.get("type") == "array" else member
            if "properties" in inner:
                mark = "[]" if inner is not member else ""
                yield from self.properties(inner, f"{prefix}{name}{mark}.")

    def section(self, name: str, schema: Schema) -> list[str]:
        """Return the lines of a named schema's section."""
        lines = [f"### {name}", "", schema.get("description", "").strip(), ""]
        if rows := [self._row(*found, schema) for found in self.properties(schema)]:
            return [*lines, *table(("member", "type", "", "says", "evidence"), rows)]
        if values := schema.get("x-enumDescriptions"):
            return [
                *lines,
                *table(("value", "means"), ((_code(value), text) for value, text in values.items())),
            ]
        return [*lines, f"Type: {self.say(schema)}.", ""]

    def _row(self, path: str, member: Schema, required: bool, owner: Schema) -> tuple[str, ...]:
        says = describe(member) or self.specification.resolve(member).get("description", "")
        evidence = str(member.get("x-evidence") or owner.get("x-evidence") or "")
        return f"`{path}`", self.say(member), "required" if required else "", says, evidence


def describe(member: Schema) -> str:
    """Return a member's description, with its default and what its values mean."""
    texts = [member.get("description", "")]
    texts += [f"{_code(value)}: {text}" for value, text in member.get("x-enumDescriptions", {}).items()]
    if "default" in member:
        texts.append(f"Default: {_code(member['default'])}.")
    return " ".join(texts)


def _only_requires(part: Schema) -> bool:
    return set(part) <= {"required", "type"} and "required" in part


def _code(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) and value else f"`{json.dumps(value)}`"


def _count(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    if most is None:
        text = f"at least {least}"
    elif least is None:
        text = f"at most {most}"
    else:
        text = f"{least} to {most}" if least != most else f"{least}"
    return f"({text} {unit})" if unit == "entries" else f"{text} {unit}"
