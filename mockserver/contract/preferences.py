"""The ``Prefer`` header: choose the answer, or the job's profile, for one request (RFC 7240).

``Prefer: example=REP-PAUSE-503-stop`` answers with that named example, ``Prefer: code=503`` with the first example
of that status, ``Prefer: profile=stuck`` chooses how the job that the request starts unfolds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.contract.answers import Answer
from mockserver.contract.errors import Rule
from mockserver.contract.loading import find_example
from mockserver.contract.rendering import fill_placeholders, say_reason
from mockserver.simulation.profiles import PROFILES

if TYPE_CHECKING:
    from mockserver.contract.catalogue import Example
    from mockserver.contract.exchange import Exchange
    from mockserver.contract.operations import CompiledOperation

PAIR = re.compile(
    r'\s*(?P<name>[\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s,;"]*)))?'
)


@dataclass(frozen=True, slots=True)
class Preference:
    """What a request prefers, as far as it concerns this server; other preferences are ignored."""

    example: str | None = None
    code: str | None = None
    profile: str | None = None


def parse_prefer(values: list[str]) -> Preference:
    """Read all ``Prefer`` headers of a request; of a repeated preference the first counts (RFC 7240, 2)."""
    found: dict[str, str] = {}
    for value in values:
        for part in value.split(","):
            match = PAIR.match(part)
            if match is not None:
                name = match["name"].lower()
                found.setdefault(
                    name, match["quoted"] if match["quoted"] is not None else match["plain"] or ""
                )
    return Preference(found.get("example"), found.get("code"), found.get("profile"))


def answer_preferred(
    exchange: Exchange, operation: CompiledOperation, preference: Preference
) -> Answer | None:
    """Return the answer that the request asks for, or ``None`` when it asks for none.

    :raises Rule: ``MOCK-400-prefer`` when there is no such profile, or the operation has no such example or status.
    """
    examples = answers_of(operation)
    if preference.profile is not None and preference.profile not in PROFILES:
        accepted = [f"profile={name}" for name in PROFILES]
        raise Rule("MOCK-400-prefer", explain=f"There is no profile {preference.profile}.", accepted=accepted)
    if preference.example is not None:
        chosen = find_example(examples, preference.example)
        applied = f"example={preference.example}"
    elif preference.code is not None:
        chosen = first_with_status(examples, preference.code)
        applied = f"code={preference.code}"
    else:
        return None
    if chosen is None:
        codes = sorted({str(e.status) for e in examples.values()})
        accepted = [*(f"example={name}" for name in sorted(examples)), *(f"code={code}" for code in codes)]
        raise Rule("MOCK-400-prefer", explain=f"{operation.title} has no {applied}.", accepted=accepted)
    exchange.applied.append(applied)
    return answer_with(exchange, chosen, f"Answered because the request says Prefer: {applied}.")


def answers_of(operation: CompiledOperation) -> dict[str, Example]:
    """Return what an operation can be made to answer, by name: its own examples first, then its API's."""
    return {**operation.examples, **operation.common, **operation.examples}


def first_with_status(examples: dict[str, Example], status: str) -> Example | None:
    """Return the first example with the status."""
    return next((example for example in examples.values() if str(example.status) == status), None)


def answer_with(exchange: Exchange, example: Example, explain: str) -> Answer:
    """Return an example as the answer, whatever the request is; what it says of the request is true of it."""
    operation = exchange.operation
    allowed = operation.allowed if operation else ""
    facts = {**example.facts, **exchange.path_values}
    facts |= {"method": exchange.method, "path": exchange.path, "allow": allowed}
    payload, headers = fill_placeholders(example.value, facts), list(example.headers)
    if example.status >= 400:
        exchange.rule = example.rule_id
        exchange.explain = explain
        say_reason(payload, exchange.server.contract.catalogue[example.rule_id], facts)
    if example.status == 405:
        headers.append(("Allow", allowed))
    return Answer(example.status, payload, media_type=example.media_type, headers=headers)
