"""Show the rule catalogue."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from mockserver.contract import Exchange
from mockserver.contract.loading import FALLBACK, Contract
from mockserver.contract.preferences import answers_of


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List every rule: id, operation, status, type, reason, evidence, source, and who can be made to answer so."""
    contract = exchange.server.contract
    answering = _answering(contract)
    return {
        "rules": [
            {**entry.to_json(), "answeredBy": answering[entry.id]} for entry in contract.catalogue.values()
        ]
    }


def _answering(contract: Contract) -> defaultdict[str, list[str]]:
    """Return the titles of the vendors' operations that can be made to give the answer of a rule."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for operation in contract.operations.values():
        if operation.api.name != FALLBACK:
            for rule in {example.rule_id for example in answers_of(operation).values()}:
                found[rule].append(operation.title)
    return found
