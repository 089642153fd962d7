"""Turn a :class:`Rule` into the answer that the specification gives for it."""

from __future__ import annotations

import copy
from typing import Any

from mockserver.contract.answers import Answer
from mockserver.contract.catalogue import Example, RuleEntry
from mockserver.contract.errors import Rule
from mockserver.contract.exchange import Exchange
from mockserver.contract.loading import locate_reason

PROBLEM = "application/problem+json"


def render(exchange: Exchange, rule: Rule) -> Answer:
    """Return the rule's example as answer, with the facts of this failure in their places."""
    contract = exchange.server.contract
    example = contract.example_for(rule.rule_id, exchange.operation, exchange.path)
    entry = contract.catalogue[example.rule_id]
    exchange.rule = example.rule_id
    exchange.explain = rule.explain or entry.summary or entry.reason
    return Answer(
        example.status,
        _fill(example, entry, rule, exchange.explain),
        media_type=example.media_type,
        headers=[*example.headers, *_headers(rule)],
    )


def _fill(example: Example, entry: RuleEntry, rule: Rule, explain: str) -> Any:
    body = copy.deepcopy(example.value)
    if not isinstance(body, dict):
        return body
    if "field" in body:
        body["field"] = rule.field
    if example.media_type == PROBLEM:
        body["detail"] = explain
        body.update(rule.facts)
    elif "{" in entry.reason:
        _say_reason(body, entry, rule)
    return body


def _say_reason(body: Any, entry: RuleEntry, rule: Rule) -> None:
    """Write the reason with this failure's facts; ``{name}`` is the field at fault, where no fact says otherwise."""
    place = locate_reason(body, entry.reason_pattern)
    if place is None:
        return
    *parents, last = place
    for key in parents:
        body = body[key]
    match = entry.reason_pattern.fullmatch(body[last])
    facts = match.groupdict() if match else {}
    if rule.field:
        facts["name"] = rule.field
    body[last] = entry.reason.format(**{**facts, **rule.facts})


def _headers(rule: Rule) -> list[tuple[str, str]]:
    """Return the headers that the failure itself demands: ``Allow`` for a wrong method."""
    allow = rule.facts.pop("allow", None)
    return [("Allow", ", ".join(allow))] if allow else []
