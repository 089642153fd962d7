"""Turn a :class:`Rule` into the answer that the specification gives for it.

An example is a whole body. What differs from failure to failure gets into it in three ways: ``{placeholders}`` that
stand in the example itself, the rule's reason where the catalogue has it with placeholders, and the members that our
own body shapes have for it: ``field`` of a vendor's body, ``detail`` and the facts of a problem (RFC 9457).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.contract.answers import Answer
from mockserver.contract.catalogue import Example, RuleEntry
from mockserver.contract.checks import locate_reason
from mockserver.contract.errors import Rule, Rules, SpecificationError
from mockserver.contract.exchange import Exchange

PROBLEM = "application/problem+json"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def render(exchange: Exchange, failure: Rule | Rules) -> Answer:
    """Return the answer for a failed request."""
    rules = failure.rules if isinstance(failure, Rules) else [failure]
    answers = [_render_one(exchange, rule) for rule in rules]
    answer = answers[0]
    if len(answers) > 1:
        merge = exchange.server.contract.api_of(exchange.path).merge
        if merge is None:
            raise SpecificationError(f"No x-merge says how to answer {failure}.")
        answer.payload = merge([part.payload for part in answers])
    return answer


def _render_one(exchange: Exchange, rule: Rule) -> Answer:
    contract = exchange.server.contract
    example = contract.example_for(rule.rule_id, exchange.operation, exchange.path)
    entry = contract.catalogue[example.rule_id]
    explain = rule.explain or entry.summary or entry.reason
    exchange.rule = f"{exchange.rule}, {example.rule_id}" if exchange.rule else example.rule_id
    exchange.explain = f"{exchange.explain}; {explain}" if exchange.explain else explain
    if rule.field:
        exchange.fields += (rule.field,)
    exchange.accepted += tuple(str(value) for value in rule.facts.get("accepted", ()))
    facts = {"method": exchange.method, "path": exchange.path, **rule.facts}
    headers = [(name, str(fill_placeholders(value, facts))) for name, value in example.headers]
    if "allow" in rule.facts:
        headers.append(("Allow", rule.facts["allow"]))
    return Answer(
        example.status,
        _fill(example, entry, rule, explain, facts),
        media_type=example.media_type,
        headers=headers,
    )


def fill_placeholders(value: Any, facts: Mapping[str, Any]) -> Any:
    """Return a copy of the value with the ``{placeholders}`` in its strings filled, as far as facts know them."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        return PLACEHOLDER.sub(lambda match: str(facts.get(match[1], match[0])), value)
    if isinstance(value, dict):
        return {key: fill_placeholders(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_placeholders(item, facts) for item in value]
    return value


def _fill(example: Example, entry: RuleEntry, rule: Rule, explain: str, facts: dict[str, Any]) -> Any:
    body = fill_placeholders(example.value, facts)
    if not isinstance(body, dict):
        return body
    if "field" in body and (rule.field is not None or example.media_type == PROBLEM):
        body["field"] = rule.field or ""
    if example.media_type == PROBLEM:
        body["detail"] = explain
        body.update({name: fact for name, fact in rule.facts.items() if name != "allow"})
    elif "{" in entry.reason:
        named = {"name": rule.field} if rule.field else {}
        say_reason(body, entry, named | rule.facts)
    return body


def say_reason(body: Any, entry: RuleEntry, facts: Mapping[str, Any]) -> None:
    """Write the reason with these facts; what they do not tell stays as the example has it."""
    place = locate_reason(body, entry.reason_pattern)
    if place is None:
        return
    *parents, last = place
    for key in parents:
        body = body[key]
    match = entry.reason_pattern.fullmatch(body[last])
    shown = match.groupdict() if match else {}
    body[last] = entry.reason.format(**{**shown, **facts})
