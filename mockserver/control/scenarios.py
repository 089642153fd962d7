"""Bring worlds into named states: scenarios, which are also the provider states of contract tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Exchange, Rule
from mockserver.contract.schemas import find_faults
from mockserver.contract.waiting import decided
from mockserver.control.scenario_files import validator_of
from mockserver.control.worlds import show_world
from mockserver.simulation.errors import NoSuchScenario, ScenarioError
from mockserver.simulation.scenarios import Scenario
from mockserver.simulation.worlds import World

RESET = "reset"
"""Key of a provider state's parameters that is no parameter of the scenario."""


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the scenarios with what they set."""
    return {"scenarios": [scenario.to_json() for scenario in exchange.server.scenarios.list()]}


async def apply_one(exchange: Exchange, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Apply a scenario, to a new world unless the body says otherwise."""
    body = body or {}
    return await _apply(exchange, [(name, body.get("params", {}))], reset=body.get(RESET, True))


async def apply_state(exchange: Exchange, body: dict[str, Any]) -> dict[str, Any]:
    """Apply what Pact's verifier asks for: one state, or several one after the other."""
    params = body.get("params") or {}
    wanted = [_state_of(item) for item in body.get("states", [body.get("state")])]
    reset = body.get(RESET, params.get(RESET, True))
    if body.get("action") == "teardown":
        return await _apply(exchange, [], reset=True)
    own = {key: value for key, value in params.items() if key != RESET}
    return await _apply(
        exchange, [(name, own | given) for name, given in wanted if name], reset=reset is not False
    )


def _state_of(item: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(item, dict):
        return item["name"], item.get("params") or {}
    return item or "", {}


async def _apply(
    exchange: Exchange, wanted: Sequence[tuple[str, Mapping[str, Any]]], *, reset: bool
) -> dict[str, Any]:
    """Apply scenarios in their order; with ``reset`` to a new world, which takes the old one's place if all is well."""
    server, name = exchange.server, exchange.world.name
    found = [(_find(exchange, state), params) for state, params in wanted]

    def perform(world: World) -> None:
        for scenario, params in found:
            server.stage.apply(world, _checked(exchange, scenario, params))

    try:
        if not reset:
            for job in exchange.world.jobs.active(exchange.world.clock.ticks()):
                await decided(job)
            perform(exchange.world)
        elif found:
            exchange.world = await run_in_threadpool(server.worlds.replace, name, perform)
        else:
            exchange.world = server.worlds.reset(name)
    except ScenarioError as error:
        explain = f"{error}."
        raise Rule(
            "MOCK-400-scenario", field=error.field, explain=explain, accepted=[error.accepted]
        ) from error
    return {"applied": [scenario.name for scenario, _ in found], "world": show_world(exchange.world)}


def _checked(exchange: Exchange, scenario: Scenario, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a scenario sets with these parameters, if it fits the schema."""
    sets = scenario.filled(params)
    if params:
        validator = validator_of(exchange.server.contract.specifications["mock-control"])
        fault = next(find_faults(validator, {**scenario.to_json(), "sets": sets}), None)
        if fault is not None:
            said = fault.said_of(scenario.name).removeprefix("sets.")
            place = fault.path.removeprefix("sets.")
            raise Rule("MOCK-400-scenario", field=place, explain=said, accepted=[fault.refusal.accepted])
    return sets


def _find(exchange: Exchange, state: str) -> Scenario:
    scenarios = exchange.server.scenarios
    try:
        return scenarios.find(state)
    except NoSuchScenario as error:
        known = [text for scenario in scenarios.list() for text in (scenario.name, *scenario.states)]
        explain = f"There is no scenario {state!r}, nor does one stand for it."
        raise Rule("MOCK-404-scenario", explain=explain, accepted=known) from error
