"""Report how much of the vendors' contract the clients have met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.contract import Answer, Exchange
from mockserver.contract.server import Server
from mockserver.control.coverage_reports import WRITERS, Described
from mockserver.simulation.coverage import Coverage, Goal, measure

ALL = "*"
"""Stands for all worlds, those that are no more included."""


async def read(
    exchange: Exchange,
    world: str | None,
    specification: list[str] | None,
    evidence: str,
    used: bool,
    format: str,
) -> Any:
    """Report what was met and what was not."""
    server = exchange.server
    name, met = (ALL, _of_all(exchange)) if world == ALL else (exchange.world.name, exchange.world.coverage)
    goals = _goals_of(server, specification)
    report = measure(goals, met, evidence=evidence, used=used, own_rules=server.own_rules)
    described = Described(report, name, evidence, used, server.contract.catalogue)
    if format == "json":
        return described.to_json()
    media_type, write = WRITERS[format]
    return Answer(body=write(described).encode(), media_type=media_type)


async def clear(exchange: Exchange, world: str | None) -> Answer:
    """Begin anew: in one world, or in all."""
    if world == ALL:
        exchange.server.worlds.departed.clear()
        for coverage in _each(exchange):
            coverage.clear()
    else:
        exchange.world.coverage.clear()
    return Answer(status=204, body=b"")


def _goals_of(server: Server, specifications: list[str] | None) -> Sequence[Goal]:
    """Return what can be met in some of the specifications, or in all of them."""
    if not specifications:
        return server.goals
    return [goal for goal in server.goals if not frozenset(goal.specifications).isdisjoint(specifications)]


def _of_all(exchange: Exchange) -> Coverage:
    whole = Coverage()
    whole.merge(exchange.server.worlds.departed)
    for coverage in _each(exchange):
        whole.merge(coverage)
    return whole


def _each(exchange: Exchange) -> list[Coverage]:
    worlds = exchange.server.worlds
    return [world.coverage for name in worlds.names() if (world := worlds.peek(name)) is not None]
