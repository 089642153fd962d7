"""Write the reference page of an API from its specification and the rule catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.contract.catalogue import Catalogue, RuleEntry
from mockserver.contract.specification import OperationSource, Specification
from tools.docs.markdown import slug, table
from tools.docs.schemas import Schema, Types, describe

RULES_HEAD = ("rule", "status", "type", "says", "evidence", "source")
PREFER = """\
Each error can be had on purpose, by its condition, by `Prefer: example=<rule>` or by a fault: see
[Making it fail](../guides/making-it-fail.md).
"""


class ApiPage:
    """The page of one API."""

    def __init__(self, specification: Specification, catalogue: Catalogue) -> None:
        self.specification = specification
        self.catalogue = catalogue
        self.document = specification.document
        self.types = Types(specification)
        self.is_vendors = specification.name != "mock-control"

    def text(self) -> str:
        """Return the whole page."""
        name = self.specification.name
        info = self.document["info"]
        operations = list(self.specification.operations())
        lines = [
            f"# {info['title']}",
            "",
            f"<!-- Made by `make docs` from openapi/{name}.yaml; changes belong there. -->",
            "",
            info["description"].strip(),
            "",
            f"Paths lie below `{self.specification.base_path or '/'}`. The server hands out this specification at "
            f"`/_mock/openapi/{name}.yaml` and `.json`, and `/_mock/docs` lets you try it.",
            "",
            "## Operations",
            "",
            *table(("operation", "does", "right"), (self._overview(one) for one in operations)),
        ]
        for operation in operations:
            lines += self._operation(operation)
        lines += self._common_errors()
        lines += ["## Schemas", ""]
        for schema, definition in self.types.named.items():
            lines += self.types.section(schema, definition)
        return "\n".join(lines).rstrip() + "\n"

    def _overview(self, operation: OperationSource) -> tuple[str, str, str]:
        link = f"[`{operation.title}`](#{slug(operation.title)})"
        return link, operation.definition["summary"], _right(operation)

    def _operation(self, operation: OperationSource) -> list[str]:
        definition = operation.definition
        lines = [
            f"## {operation.title}",
            "",
            definition.get("description", definition["summary"]).strip(),
            "",
        ]
        facts = [f"Operation `{operation.id}`"]
        if right := _right(operation):
            facts.append(f"right: {right}")
        if evidence := definition.get("x-evidence"):
            facts.append(str(evidence))
        lines += ["; ".join(facts) + ".", ""]
        lines += self._parameters(operation)
        lines += self._body(definition)
        lines += self._answers(definition)
        lines += self._errors(self._rules_of(definition.get("responses", {})))
        return lines

    def _parameters(self, operation: OperationSource) -> list[str]:
        rows = [
            (
                f"`{parameter['name']}`",
                parameter["in"] + (", required" if parameter.get("required") else ""),
                self.types.say(parameter.get("schema", {})),
                describe({**parameter.get("schema", {}), **parameter}),
                str(parameter.get("x-evidence") or operation.definition.get("x-evidence") or ""),
            )
            for parameter in operation.parameters
        ]
        head = ("parameter", "in", "type", "says", "evidence")
        return ["**Parameters**", "", *table(head, rows)] if rows else []

    def _body(self, definition: dict[str, Any]) -> list[str]:
        body = self.specification.resolve(definition.get("requestBody", {}))
        if not body:
            return []
        need = "required" if body.get("required") else "optional"
        lines = [f"**Body**, {need}: {' '.join(body.get('description', '').split())}", ""]
        return lines + table(("media type", "content"), self._contents(body))

    def _answers(self, definition: dict[str, Any]) -> list[str]:
        rows = []
        for status, response in definition.get("responses", {}).items():
            answer = self.specification.resolve(response)
            if status.startswith(("2", "3")):
                contents = ", ".join(f"{of} as {media}" for media, of in self._contents(answer)) or "none"
                headers = ", ".join(f"`{name}`" for name in answer.get("headers", {}))
                rows.append((status, answer["description"], contents, headers))
        return ["**Answers**", "", *table(("status", "says", "content", "headers"), rows)] if rows else []

    def _contents(self, node: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            (f"`{media}`", self.types.say(content.get("schema", {})))
            for media, content in node.get("content", {}).items()
        ]

    def _errors(self, rules: list[tuple[str, RuleEntry]]) -> list[str]:
        if not rules:
            return []
        return ["**Errors**", "", *table(RULES_HEAD, (_rule_row(name, entry) for name, entry in rules))]

    def _common_errors(self) -> list[str]:
        responses: list[Any] = [self.document.get("x-unrouted", {})]
        responses += [path.get("x-unrouted", {}) for path in self.document["paths"].values()]
        rules = {name: entry for group in responses for name, entry in self._rules_of(group)}
        if not rules:
            return []
        lines = ["## Errors of every operation", ""]
        lines += [PREFER] if self.is_vendors else []
        return lines + table(RULES_HEAD, (_rule_row(name, entry) for name, entry in rules.items()))

    def _rules_of(self, responses: dict[str, Any]) -> list[tuple[str, RuleEntry]]:
        """Return the rules that the examples of the responses are named by; a variant stands for itself."""
        found = {
            name: self.catalogue[name.partition(".")[0]]
            for response in responses.values()
            for content in self.specification.resolve(response).get("content", {}).values()
            for name in content.get("examples", {})
            if name.partition(".")[0] in self.catalogue
        }
        return [(name, entry) for name, entry in found.items() if entry.is_error]


def _right(operation: OperationSource) -> str:
    right = operation.definition.get("x-right")
    return f"{', '.join(right['verbs'])} on `{right['service']}`" if right else ""


def _rule_row(name: str, entry: RuleEntry) -> Sequence[str]:
    kind = f"`{entry.type}`" if entry.type else ""
    says = entry.reason or entry.summary
    return f"`{name}`", str(entry.status), kind, says, entry.evidence, entry.source


def records_page(specification: Specification, services: dict[str, Any]) -> str:
    """Return the page of the services' records."""
    types = Types(specification)
    lines = [
        "# Records",
        "",
        "<!-- Made by `make docs` from openapi/records.yaml and fixtures/services.yaml; changes belong there. -->",
        "",
        specification.document["info"]["description"].strip(),
        "",
        "A row of an import without its key is matched by the natural key. Counts are those of a shop that was not",
        "told otherwise (`--records`).",
        "",
        *table(
            ("service", "formats", "key", "natural key", "mandatory in imports", "records"),
            _overview(services),
        ),
    ]
    for name, schema in types.named.items():
        lines += [f"## {name}", *_without_heading(types, name, schema)]
    return "\n".join(lines).rstrip() + "\n"


def _overview(services: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, service in services.items():
        listed = (", ".join(service.get(key, ())) for key in ("naturalKey", "mandatory"))
        formats = ", ".join(service["formats"])
        yield f"[{name}](#{slug(name)})", formats, service["key"], *listed, str(service["count"])


def _without_heading(types: Types, name: str, schema: Schema) -> list[str]:
    return types.section(name, schema)[1:]
