"""One call to the target and what its answer tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.contract.catalogue import Example
from mockserver.contract.operations import CompiledOperation
from mockserver.contract.specification import OperationSource
from mockserver.simulation.coverage import EVIDENCE
from mockserver.verifying.curl import write_curl
from mockserver.verifying.report import Drift, Kind
from mockserver.verifying.rules import Probe, RuleBook

SHOWN = 200
"""Characters of an answer that a report shows."""

MISSING = '" is a required property'


@dataclass
class Call:
    """A call that was answered.

    :ivar request: as schemathesis records it: method, uri, headers, body.
    :ivar response: as schemathesis records it: status_code, headers, content.
    """

    rules: RuleBook
    operation: CompiledOperation
    source: OperationSource
    request: Any
    response: Any
    token: str

    @property
    def status(self) -> int:
        """Status of the answer."""
        return int(self.response.status_code)

    @property
    def _has_content(self) -> bool:
        """Whether answers to such a call have content."""
        return self.source.method != "head"

    @cached_property
    def body(self) -> Any:
        """The answer's JSON; its text, when it is none."""
        try:
            return json.loads(self.response.content)
        except (ValueError, TypeError):
            return (self.response.content or b"").decode(errors="replace")

    def failed(self, kind: Kind, failure: Any) -> Drift:
        """Return the drift for a failed check of schemathesis."""
        path = "" if kind != "schema" else self._path(failure)
        rules = self.rules.field_rules(self.operation, path) if kind == "schema" and self.status < 400 else []
        title, _, detail = str(failure).partition("\n\n")
        if kind == "status":
            known = ", ".join(sorted(self.source.definition["responses"]))
            expected, found = f"one of the statuses {known}", f"status {self.status}: {self._shown()}"
        elif kind == "schema":
            message = getattr(failure, "validation_message", "") or detail or title
            expected, found = self._says(failure), " ".join(message.split())
        else:
            expected, found = title, " ".join(detail.split())[:SHOWN]
        return self._drift(
            kind, expected, found, rules, schema=self._schema_name(path) if kind == "schema" else ""
        )

    def unknown_error(self) -> Drift | None:
        """Return a drift when the answer is an error that the operation does not document."""
        if self.status < 400 or not self._has_content:
            return None
        examples = self.rules.unknown_error(self.operation, self.status, self.body)
        if not examples:
            return None
        rules = list(dict.fromkeys(example.rule_id for example in examples))
        reasons = dict.fromkeys(self.rules.entry(example.name).reason for example in examples)
        expected = f"a documented error of status {self.status}: " + " | ".join(reasons)
        return self._drift("rule", expected, self._shown(), rules)

    def answered_otherwise(self, probe: Probe, expected: Example) -> Drift | None:
        """Return a drift when the answer to a probe is not that of its rule."""
        if self.status == expected.status and (not self._has_content or self.rules.says(self.body, expected)):
            return None
        reason = self.rules.entry(expected.name).reason
        says = f"{probe} is answered with {expected.status}" + (f": {reason}" if reason else "")
        return self._drift("rule", says, f"status {self.status}: {self._shown()}", [expected.rule_id])

    def _drift(self, kind: Kind, expected: str, found: str, rules: list[str], *, schema: str = "") -> Drift:
        return Drift(
            kind=kind,
            specification=self.operation.api.name,
            operation_id=self.operation.id,
            operation=self.operation.title,
            status=self.status,
            expected=expected,
            found=found,
            curl=self._curl(),
            rules=tuple(rules),
            evidence=_weakest([self.rules.entry(rule).evidence for rule in rules]),
            schema=schema,
        )

    def _curl(self) -> str:
        return write_curl(
            self.request.method,
            self.request.uri,
            self.request.headers,
            _bytes(self.request.body),
            token=self.token,
        )

    def _shown(self) -> str:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

    def _path(self, failure: Any) -> str:
        """Return the place of the fault in the answer, without the places in arrays: ``items.id``."""
        steps = [step for step in getattr(failure, "instance_path", []) if isinstance(step, str)]
        message = getattr(failure, "validation_message", "")
        if message.endswith(MISSING):
            steps.append(message[1 : -len(MISSING)])
        return ".".join(steps)

    def _schema_name(self, path: str) -> str:
        """Return the name of the answer's schema with the place in it: ``ReportStatus.processed``."""
        reference = self.operation.api.resolve(self.source.definition["responses"].get(str(self.status), {}))
        for media in reference.get("content", {}).values():
            name = str(media.get("schema", {}).get("$ref", "")).rpartition("/")[2]
            if name:
                return f"{name}.{path}" if path else name
        return path

    @staticmethod
    def _says(failure: Any) -> str:
        """Say what the schema wants where it was broken."""
        schema = dict(getattr(failure, "schema", {}) or {})
        broken = (list(getattr(failure, "schema_path", [])) or [""])[-1]
        if broken == "required":
            return "the property is there"
        shown = {key: value for key, value in schema.items() if key in (broken, "type", "enum", "format")}
        return ", ".join(f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in shown.items())


def _bytes(body: Any) -> bytes | None:
    return body.encode() if isinstance(body, str) else body


def _weakest(evidence: list[str]) -> str:
    """Return how well the least known of the rules is known."""
    return max(evidence, key=EVIDENCE.index, default="")
