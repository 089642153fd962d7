"""Read, set and advance a world's clock."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Exchange, Rule
from mockserver.simulation import travel
from mockserver.simulation.clock import format_job_time, parse_time
from mockserver.simulation.errors import NeverHappens, NoSuchJob, RefusedValue
from mockserver.simulation.timeline import State
from mockserver.simulation.worlds import World


async def read(exchange: Exchange) -> dict[str, Any]:
    """Show the world's clock."""
    return dict(exchange.world.clock.describe())


async def read_past(exchange: Exchange) -> dict[str, Any]:
    """Show how the clock was changed, so that the real time of what happened can be told."""
    return {"past": exchange.world.clock.past()}


async def write(exchange: Exchange, body: dict[str, Any]) -> dict[str, Any]:
    """Set mode, speed and time; absent keys keep their value."""
    try:
        calendar = parse_time(body["now"]) if "now" in body else None
        travel.change_clock(exchange.world, calendar=calendar, speed=body.get("speed"), mode=body.get("mode"))
    except RefusedValue as error:
        raise refused(error) from error
    return dict(exchange.world.clock.describe())


async def advance(exchange: Exchange, body: dict[str, Any]) -> dict[str, Any]:
    """Let time pass at once: some seconds, or until the jobs have come as far as asked."""
    world = exchange.world
    try:
        _let_pass(world, **body)
    except RefusedValue as error:
        raise refused(error) from error
    except NoSuchJob as error:
        raise Rule("MOCK-404-job", explain=f"This world has no job {error.value}.") from error
    except NeverHappens as error:
        now = format_job_time(world.clock.calendar())
        raise Rule("MOCK-409-never", explain=str(error), job=error.job, state=error.state, now=now) from error
    return dict(world.clock.describe())


def _let_pass(world: World, seconds: float | None = None, until: str = "") -> None:
    if seconds is not None:
        travel.advance(world, seconds)
    elif until == "idle":
        travel.until_idle(world)
    else:
        _, job, state = until.split(":")
        travel.until_job(world, job, State[state.upper()])


def refused(error: RefusedValue) -> Rule:
    """Return the rule for a value that the domain does not take."""
    explain = f"{error.field} is {error.value!r}; accepted: {error.accepted}."
    return Rule("MOCK-400-body", field=error.field, explain=explain, accepted=[error.accepted])
