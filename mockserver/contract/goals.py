"""List what of the vendors' contract a client can meet: operations, parameters, statuses and rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mockserver.contract.catalogue import RuleEntry
from mockserver.contract.loading import FALLBACK, Contract
from mockserver.contract.operations import CompiledOperation
from mockserver.simulation.coverage import EVIDENCE, Goal

OWN = "mock"
"""The API of the rules that are this server's own."""


def own_rules(contract: Contract) -> frozenset[str]:
    """Return the rules that are no vendor's."""
    return frozenset(entry.id for entry in contract.catalogue.values() if entry.api == OWN)


def goals_of(contract: Contract) -> list[Goal]:
    """Return everything that can be met, operation by operation; then the rules of no single one."""
    operations = [one for one in contract.operations.values() if one.api.name != FALLBACK]
    rules: dict[str, list[RuleEntry]] = defaultdict(list)
    for entry in contract.catalogue.values():
        if entry.is_error and entry.api != OWN:
            rules[_owner(operations, entry)].append(entry)
    goals: list[Goal] = []
    for operation in operations:
        goals += _goals_of_operation(contract, operation)
        names = (operation.api.name,)
        goals += [
            Goal("rule", names, operation.id, operation.title, entry.id, entry.evidence)
            for entry in rules[operation.id]
        ]
    for entry in rules[""]:
        goals.append(Goal("rule", _specifications(contract, entry.id), "", "", entry.id, entry.evidence))
    return goals


def _owner(operations: list[CompiledOperation], entry: RuleEntry) -> str:
    """Return the id of the operation whose rule it is; empty when there is none, or several share it."""
    having = [one for one in operations if any(e.rule_id == entry.id for e in one.examples.values())]
    return next((one.id for one in having if one.title == entry.operation), "")


def _specifications(contract: Contract, rule_id: str) -> tuple[str, ...]:
    """Return the specifications in which a rule that several operations share is an example."""
    names: dict[str, None] = {}
    for operation in contract.operations.values():
        examples = (*operation.examples.values(), *operation.common.values())
        if operation.api.name != FALLBACK and any(example.rule_id == rule_id for example in examples):
            names[operation.api.name] = None
    for base_path, api in contract.apis.items():
        if any(e.rule_id == rule_id for examples in api.of_path.values() for e in examples.values()):
            having = (s.name for s in contract.specifications.values() if s.base_path == base_path)
            names.update(dict.fromkeys(having))
    return tuple(names)


def _goals_of_operation(contract: Contract, operation: CompiledOperation) -> Iterator[Goal]:
    definition, document = operation.source.definition, operation.api.document
    evidence = definition.get("x-evidence", document.get("x-evidence", EVIDENCE[0]))
    names, title = (operation.api.name,), operation.title
    yield Goal("operation", names, operation.id, title, title, evidence)
    for parameter in operation.source.parameters:
        name = f"{parameter['in']} {parameter['name']}"
        known = _worse(evidence, parameter.get("x-evidence", evidence))
        yield Goal("parameter", names, operation.id, title, name, known)
    if "requestBody" in definition:
        yield Goal("parameter", names, operation.id, title, "body", evidence)
    for status in definition["responses"]:
        known = _evidence_of(contract, operation, int(status), evidence)
        if known:
            yield Goal("status", names, operation.id, title, str(status), known)


def _evidence_of(contract: Contract, operation: CompiledOperation, status: int, evidence: str) -> str:
    """Return how well a status is known: like its best known rule; empty when it is this server's own."""
    if status < 400:
        return evidence
    examples = [example for example in operation.examples.values() if example.status == status]
    entries = [contract.catalogue[example.rule_id] for example in examples]
    known = [_worse(evidence, entry.evidence) for entry in entries if entry.api != OWN]
    return min(known, key=EVIDENCE.index) if known else "" if entries else evidence


def _worse(one: str, other: str) -> str:
    return max(one, other, key=EVIDENCE.index)
