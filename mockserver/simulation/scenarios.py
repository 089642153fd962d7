"""Bring a world into a named state: a scenario says what is so, and the stage makes it so.

A scenario's actions lie in sections (``profiles``, ``jobs``, ...). What a section does is a function that whoever
knows the domain registers; this module knows the clock, profiles, and what happens to a job once it was started.
Functions raise ``RefusedValue`` with the place at fault within their section.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import travel
from .clock import parse_time
from .errors import (
    NeverHappens,
    NoSuchScenario,
    RefusedValue,
    RunawayAgenda,
    ScenarioError,
    TransitionError,
)
from .job import Job
from .profiles import PROFILES, Profile, named
from .state import join
from .timeline import State
from .worlds import World

Action: TypeAlias = Mapping[str, Any]
Section: TypeAlias = Callable[[World, Any], object]
Starter: TypeAlias = Callable[[World, Action, Profile], Job]
Expire: TypeAlias = Callable[[World, str], bool]

_WHOLE = re.compile(r"\$\{(\w+)\}")
_FAILURE = PROFILES["failing"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Be one named state.

    ``states`` are sentences that mean the same; ``parameters`` are values that ``${name}`` in ``actions`` stands for,
    unless somebody says otherwise.
    """

    name: str
    description: str
    actions: Mapping[str, Any]
    states: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Show the scenario with what it sets, parameters filled in with their defaults."""
        shown: dict[str, Any] = {"name": self.name, "description": self.description}
        if self.states:
            shown["states"] = [*self.states]
        if self.parameters:
            shown["parameters"] = dict(self.parameters)
        return {**shown, "sets": self.filled({})}

    def filled(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Give the actions with values in the place of ``${name}``; an unknown name is a ``ScenarioError``."""
        for name, value in parameters.items():
            if name not in self.parameters:
                accepted = ", ".join(self.parameters) or f"nothing, {self.name} has no parameters"
                raise ScenarioError(f"params.{name}", value, accepted)
        filled: dict[str, Any] = _fill(self.actions, {**self.parameters, **parameters})
        return filled


def _fill(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = _WHOLE.fullmatch(value)
        if whole is not None and whole[1] in parameters:
            return parameters[whole[1]]
        return _WHOLE.sub(lambda match: str(parameters.get(match[1], match[0])), value)
    if isinstance(value, Mapping):
        return {key: _fill(item, parameters) for key, item in value.items()}
    return [_fill(item, parameters) for item in value] if isinstance(value, list) else value


class Scenarios:
    """Hold all scenarios; find one by its name, or by a sentence that it stands for."""

    def __init__(self, scenarios: Iterable[Scenario] = ()) -> None:
        self._scenarios = {scenario.name: scenario for scenario in scenarios}
        self._by_state = {
            sentence: scenario for scenario in self._scenarios.values() for sentence in scenario.states
        }

    def list(self) -> list[Scenario]:
        """Give all scenarios, by name."""
        return sorted(self._scenarios.values(), key=lambda scenario: scenario.name)

    def find(self, state: str) -> Scenario:
        """Give a scenario, or raise ``NoSuchScenario``."""
        found = self._scenarios.get(state) or self._by_state.get(state)
        if found is None:
            raise NoSuchScenario(state)
        return found


class Stage:
    """Apply scenarios; ``sections`` are done in their order, whatever order the scenario has them in."""

    def __init__(self, sections: Mapping[str, Section] | None = None) -> None:
        self._sections = dict(sections or {})

    def apply(self, world: World, actions: Mapping[str, Any]) -> None:
        """Make all of it so.

        ``ScenarioError`` names the place of what is impossible; what comes before it has been done then.
        """
        world.begin()
        clock = actions.get("clock", {})
        with world.lock:
            mode = clock.get("mode", world.clock.mode)
            world.clock.freeze()
            try:
                with _located("clock"):
                    world.clock.set_speed(clock.get("speed", world.clock.speed))
                    if "now" in clock:
                        travel.set_calendar(world, parse_time(clock["now"]))
                for name, section in self._sections.items():
                    if name in actions:
                        with _located(name):
                            section(world, actions[name])
                            world.catch_up()
                with _located("clock.advance"):
                    travel.advance(world, clock.get("advance", 0))
            finally:
                if mode == "running":
                    world.clock.run()
                world.announcer.clock_changed()


@contextmanager
def _located(place: str) -> Iterator[None]:
    """Say where in the scenario something is impossible."""
    try:
        yield
    except RefusedValue as error:
        raise ScenarioError(join(place, error.field), error.value, error.accepted) from error
    except RunawayAgenda as error:
        raise ScenarioError(place, str(error), "jobs that do not start each other without end") from error


def choose_profiles(world: World, choices: Sequence[Action]) -> None:
    """Choose how jobs unfold: the section ``profiles``."""
    world.profiles.load(choices)


def each(do: Callable[[World, Action], object]) -> Section:
    """Make a section of what is done with each of a list of actions."""

    def section(world: World, actions: Sequence[Action]) -> None:
        for place, action in enumerate(actions):
            with _located(f"[{place}]"):
                do(world, action)

    return section


def expire_tokens(expirers: Sequence[Expire]) -> Section:
    """Make the section ``tokens``: each token is some API's to let run out."""

    def section(world: World, action: Action) -> None:
        for place, token in enumerate(action["expire"]):
            if not any(expire(world, token) for expire in expirers):
                raise ScenarioError(f"expire[{place}]", token, "an access token of this world")

    return section


def run_jobs(starters: Mapping[str, Starter]) -> Section:
    """Make the section ``jobs``: start each by its API's starter, let it come as far as it should, push it."""

    def do(world: World, action: Action) -> None:
        starter = starters.get(action["api"])
        if starter is None:
            raise ScenarioError("api", action["api"], ", ".join(starters))
        job = starter(world, action, _profile(world, action))
        _advance(world, job, action.get("advanceTo", {}))
        _push(world, job, action)

    return each(do)


def _profile(world: World, action: Action) -> Profile:
    given = action.get("profile")
    if given is None:
        return world.profiles.get(action["api"], action["target"])
    try:
        return named(given) if isinstance(given, str) else Profile.from_json(given)
    except RefusedValue as error:
        raise ScenarioError(join("profile", error.field), error.value, error.accepted) from error


def _advance(world: World, job: Job, goal: Action) -> None:
    try:
        if "percent" in goal:
            tick = job.when_done(goal["percent"], world.clock.ticks())
            if tick is None:
                raise ScenarioError("advanceTo.percent", goal["percent"], "a share that its profile comes to")
            travel.advance_to(world, tick)
        elif "state" in goal:
            travel.until_job(world, job.id, State[goal["state"].upper()])
        elif "seconds" in goal:
            travel.advance(world, goal["seconds"])
    except NeverHappens as error:
        raise ScenarioError("advanceTo.state", goal["state"], f"a state that it comes to: {error}") from error


def _push(world: World, job: Job, action: Action) -> None:
    wanted, now = action.get("then"), world.clock.ticks()
    try:
        if wanted == "fail":
            job.fail(now, action.get("lastError", _FAILURE.last_error), action.get("globalError", 1))
        elif wanted is not None:
            getattr(job, wanted)(now)
    except TransitionError as error:
        raise ScenarioError("then", wanted, f"what a job that is {error.state} can do") from error
