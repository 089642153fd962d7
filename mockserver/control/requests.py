"""Look at a world's journal: list, export, clear and verify what its clients called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any

from mockserver.contract import Answer, Exchange, Rule
from mockserver.contract.loading import FALLBACK, Contract
from mockserver.contract.replaying import replay as send_again
from mockserver.contract.showing import Shown
from mockserver.control.clock import refused
from mockserver.control.exports import CURL, HAR, write_curl, write_har
from mockserver.simulation.clock import parse_time
from mockserver.simulation.errors import NoSuchCall, RefusedValue
from mockserver.simulation.journal import Call, Journal
from mockserver.simulation.matching import MISSING, Matcher, Text, may_match
from mockserver.simulation.verification import Times, Verdict, verify_order, verify_times

NAMED = 12
"""Operations that are named for one that does not exist."""


async def list_all(
    exchange: Exchange,
    operation: str | None,
    method: str | None,
    path: str | None,
    rule: str | None,
    status: str | None,
    principal: str | None,
    since: str | None,
    until: str | None,
    after: str | None,
    before: str | None,
    limit: int,
    count: bool,
    format: str,
) -> Any:
    """List the calls that meet all criteria, the oldest first."""
    wanted = {"operation": operation, "method": method, "path": path, "rule": rule, "status": status}
    wanted |= {"principal": principal, "since": since, "until": until, "after": after, "before": before}
    given = {name: value for name, value in wanted.items() if value is not None}
    matcher = _matcher(exchange.server.contract, given, "MOCK-400-parameter")
    calls = exchange.world.journal.pick(
        matcher.after or 0, matcher.before, newest_first=matcher.after is None
    )
    return await asyncio.to_thread(_list, exchange, calls, matcher, limit, count, format)


def _list(
    exchange: Exchange, calls: Iterable[Call], matcher: Matcher, limit: int, count: bool, format: str
) -> Any:
    likely = (call for call in calls if matcher.path is None or may_match(matcher.path, call.path))
    found = (shown for shown in _shown(exchange, likely) if matcher.meets(shown))
    chosen = list(islice(found, limit))
    if matcher.after is None:
        chosen.reverse()
    if format != "json":
        return _export(exchange, chosen, format)
    return {
        "requests": [shown.to_json(exchange.public_url) for shown in chosen],
        "total": len(chosen) + sum(1 for _ in found) if count else None,
        "evicted": exchange.world.journal.evicted,
    }


async def read(exchange: Exchange, id: str, format: str) -> Any:
    """Show one call with all that is known about it."""
    shown = _find(exchange, int(id))
    if format != "json":
        return _export(exchange, [shown], format)
    return {**shown.to_json(exchange.public_url), "curl": write_curl(shown, exchange.public_url)}


async def replay(exchange: Exchange, id: str) -> dict[str, Any]:
    """Send a call again, and show what became of it."""
    again = await send_again(exchange, _find(exchange, int(id)).call)
    return {**_find(again, again.number or 0).summary(), "replayOf": id}


async def clear(exchange: Exchange) -> Answer:
    """Forget what was called so far."""
    exchange.world.journal.clear()
    return Answer(status=204, body=b"")


async def verify(exchange: Exchange, body: dict[str, Any]) -> dict[str, Any]:
    """Verify that something was called as often, or in the order, as expected."""
    contract, journal = exchange.server.contract, exchange.world.journal
    matcher = _matcher(contract, body, "MOCK-400-body")
    steps = [
        _matcher(contract, step, "MOCK-400-body", f"order.{place}.")
        for place, step in enumerate(body.get("order", ()))
    ]
    times = _times(body.get("times", {"atLeast": 1}))
    evicted = _may_be_gone(exchange, matcher)
    calls = list(_shown(exchange, journal.pick()))
    if steps:
        verdict = await asyncio.to_thread(verify_order, calls, matcher, steps, evicted=evicted)
    else:
        verdict = await asyncio.to_thread(verify_times, calls, matcher, times, evicted=evicted)
    return _told(verdict, {shown.number: shown for shown in calls})


def _find(exchange: Exchange, number: int) -> Shown:
    journal = exchange.world.journal
    try:
        return Shown(journal.get(number), exchange.server, exchange.world)
    except NoSuchCall as error:
        raise Rule("MOCK-404-request", explain=_why_not(journal, number)) from error


def _shown(exchange: Exchange, calls: Iterable[Call]) -> Iterable[Shown]:
    server, world = exchange.server, exchange.world
    return (Shown(call, server, world) for call in calls)


def _export(exchange: Exchange, chosen: list[Shown], format: str) -> Answer:
    if format == "har":
        attachment = f'attachment; filename="{exchange.world.name}.har"'
        return Answer(
            payload=write_har(chosen, exchange.public_url),
            media_type=HAR,
            headers=[("Content-Disposition", attachment)],
        )
    text = "\n".join(write_curl(shown, exchange.public_url, headed=True) for shown in chosen)
    return Answer(body=text.encode(), media_type=CURL)


def _told(verdict: Verdict, shown: dict[int, Shown]) -> dict[str, Any]:
    return {
        "verified": verdict.verified,
        "count": verdict.count,
        "explanation": verdict.explanation,
        "matches": [str(number) for number in verdict.matches],
        "nearMisses": [
            {
                **shown[miss.number].summary(),
                "differences": [
                    {"field": one.field, "expected": one.expected, "actual": one.actual}
                    for one in miss.differences
                ],
            }
            for miss in verdict.near
        ],
        "evicted": verdict.evicted,
    }


def _may_be_gone(exchange: Exchange, matcher: Matcher) -> bool:
    """Tell whether calls that could have met the matcher are not in the journal any more."""
    journal = exchange.world.journal
    if not journal.evicted:
        return False
    if not journal.limit:
        return True
    last = exchange.world.clock.calendar(journal.evicted_tick)
    return not (
        (matcher.after is not None and matcher.after >= journal.evicted_number)
        or (matcher.since is not None and matcher.since > last)
    )


def _why_not(journal: Journal, number: int) -> str:
    if journal.evicted and number <= journal.evicted_number:
        return f"Request {number} is gone: the journal keeps the last {journal.limit} requests, or fewer large ones."
    return f"The journal of this world has no request {number}."


# What was asked for, as a matcher


def _matcher(contract: Contract, wanted: dict[str, Any], rule: str, place: str = "") -> Matcher:
    """Read criteria; what could never be met, because it does not exist, is refused."""
    body = wanted.get("body", {})
    operations = None
    if "operation" in wanted:
        operations = _operations(contract, wanted["operation"], rule, place)
    if "rule" in wanted:
        _check_rule(contract, wanted["rule"], rule, place)
    try:
        since, until = (parse_time(wanted[key]) if key in wanted else None for key in ("since", "until"))
    except RefusedValue as error:
        raise _in(rule, refused(error)) from error
    return Matcher(
        operations=operations,
        named=wanted.get("operation", ""),
        method=wanted.get("method"),
        path=wanted.get("path"),
        parameters=_texts(wanted.get("parameters", {})),
        query=_texts(wanted.get("query", {})),
        headers=_texts(wanted.get("headers", {})),
        body=Text.of(body["text"]) if "text" in body else None,
        body_equals=body.get("equals", MISSING),
        body_contains=body.get("contains", MISSING),
        status=None if "status" not in wanted else str(wanted["status"]),
        rule=wanted.get("rule"),
        principal=wanted.get("principal"),
        since=since,
        until=until,
        after=int(wanted["after"]) if "after" in wanted else None,
        before=int(wanted["before"]) if "before" in wanted else None,
    )


def _check_rule(contract: Contract, name: str, rule: str, place: str) -> None:
    """Refuse a rule that does not exist; rules with nearly its name are told."""
    if name not in contract.catalogue:
        accepted = get_close_matches(name, contract.catalogue, NAMED, 0.3)
        raise Rule(rule, field=f"{place}rule", explain=f"There is no rule {name}.", accepted=accepted)


def _in(rule_id: str, rule: Rule) -> Rule:
    return Rule(rule_id, field=rule.field, explain=rule.explain, **rule.facts)


def _texts(wanted: dict[str, Any]) -> dict[str, Text]:
    return {name: Text.of(value) for name, value in wanted.items()}


def _operations(contract: Contract, name: str, rule: str, place: str) -> frozenset[str]:
    """Return the ids of the operations of that id or title."""
    vendors = [one for one in contract.operations.values() if one.api.name != FALLBACK]
    found = frozenset(one.id for one in vendors if name in (one.id, one.title))
    if not found:
        accepted = get_close_matches(name, {one.title for one in vendors}, NAMED, 0.3)
        explain = f"No vendor has the operation {name}."
        raise Rule(rule, field=f"{place}operation", explain=explain, accepted=accepted)
    return found


def _times(wanted: int | dict[str, int]) -> Times:
    if isinstance(wanted, int):
        return Times(wanted, wanted)
    at_least, at_most = wanted.get("atLeast", 0), wanted.get("atMost")
    if at_most is not None and at_most < at_least:
        explain = f"times: at least {at_least} and at most {at_most} is never."
        raise Rule("MOCK-400-body", field="times", explain=explain, accepted=["atLeast <= atMost"])
    return Times(at_least, at_most)
