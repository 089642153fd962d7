"""What schemathesis cannot know: which sentence an error may say, and which rule a broken request is answered with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.contract.catalogue import Example, RuleEntry
from mockserver.contract.checks import locate_reason
from mockserver.contract.errors import SpecificationError
from mockserver.contract.loading import Contract
from mockserver.contract.operations import CompiledOperation, Parameter
from mockserver.contract.schemas import find_faults

WRONG = ("no-such-value", "-1", "0", "999999", "!", "%00")
"""Texts that are wrong for some parameter. What is wrong with a parameter, its schema tells."""

LITERALS = ("error", "status", "type")
"""Members of an error that say the same as its rule, besides the sentence."""


@dataclass(frozen=True)
class Probe:
    """A call that breaks exactly one rule.

    :ivar rule: ID of the rule, or of its variant.
    :ivar anonymous: whether the call is made without credentials.
    :ivar parameter: place and name of the parameter that is wrong, ``("path", "service")``.
    """

    operation: CompiledOperation
    rule: str
    anonymous: bool = False
    parameter: tuple[str, str] = ("", "")
    value: str = ""

    def __str__(self) -> str:
        if self.anonymous:
            return "a call without credentials"
        place, name = self.parameter
        return f"{name} {self.value!r} in the {place}"


class RuleBook:
    """Knows the rules of the operations."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def entry(self, rule: str) -> RuleEntry:
        """Return a rule by its ID, or by that of its variant."""
        return self._contract.catalogue[rule.partition(".")[0]]

    def documented(self, operation: CompiledOperation, status: int) -> list[Example]:
        """Return the errors that the operation documents for a status."""
        own = [example for example in operation.examples.values() if example.status == status]
        return own + [example for example in operation.common.values() if example.status == status]

    def unknown_error(self, operation: CompiledOperation, status: int, body: Any) -> list[Example]:
        """Return the documented errors when the body is none of them, else nothing.

        Statuses without documented errors are a matter of the specification alone.
        """
        examples = [example for example in self.documented(operation, status) if self._has_sentence(example)]
        if not examples or any(self.says(body, example) for example in examples):
            return []
        return examples

    def says(self, body: Any, example: Example) -> bool:
        """Tell whether an answer's body says what the rule of the example says."""
        entry = self.entry(example.name)
        if isinstance(body, dict) and "rule" in body:  # a problem of the mock itself names its rule
            return bool(body["rule"] == entry.id)
        if entry.reason and locate_reason(body, entry.reason_pattern) is None:
            return False
        if not isinstance(body, dict) or not isinstance(example.value, dict):
            return bool(entry.reason)
        literals = [name for name in LITERALS if isinstance(example.value.get(name), str | int)]
        return all(body.get(name) == example.value[name] for name in literals)

    def _has_sentence(self, example: Example) -> bool:
        return bool(self.entry(example.name).reason)

    def field_rules(self, operation: CompiledOperation, path: str) -> list[str]:
        """Return the IDs of the rules about a member of the operation's answer, such as ``REP-FIELD-total``."""
        if not path:
            return []
        place = operation.title.partition(" ")[2]
        return [
            entry.id
            for entry in self._contract.catalogue.values()
            if entry.id.endswith(f"-FIELD-{path}") and _is_about(entry.operation.partition(" ")[2], place)
        ]

    def probes(self, operation: CompiledOperation, *, credentials: bool) -> Iterator[Probe]:
        """Yield calls that each break one rule: without credentials, with a parameter that breaks its schema.

        :param credentials: whether the run has any that could be left out.
        """
        if credentials and operation.secured and "security" in operation.violations:
            yield Probe(operation, operation.violations["security"], anonymous=True)
        asked: set[str] = set()
        for parameter in operation.parameters:
            for value in WRONG:
                rule = _broken_rule(operation, parameter, value)
                if rule and rule not in asked:
                    asked.add(rule)
                    yield Probe(operation, rule, parameter=(parameter.place, parameter.name), value=value)

    def example_of(self, probe: Probe) -> Example:
        """Return the answer that the probe should have."""
        api = self._contract.specifications[probe.operation.api.name].base_path
        return self._contract.example_for(probe.rule, probe.operation, api or "/")


def _broken_rule(operation: CompiledOperation, parameter: Parameter, text: str) -> str:
    """Return the rule that the text breaks as a value of the parameter, empty when it breaks none.

    Rules of whatever else may be wrong (``*``) are left out: which of them comes first is nobody's promise.
    """
    if parameter.deep or parameter.kind == "array":
        return ""
    fault = next(find_faults(parameter.validator, parameter.convert(text)), None)
    if fault is None:
        return ""
    try:
        violated = operation.violated(
            f"{parameter.place}.{parameter.name}", fault.keyword, parameter.name, ""
        )
    except SpecificationError:
        return ""
    return "" if violated.rule_id == operation.violations.get("*") else violated.rule_id


def _is_about(rule_place: str, place: str) -> bool:
    """Tell whether a rule about ``report/{service}`` is one about ``report/{service}/status``."""
    return not rule_place or place == rule_place or place.startswith(rule_place + "/")
