"""Read, set and advance a world's clock."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Exchange, Rule
from mockserver.contract.waiting import decided, patiently, turn
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
    world = exchange.world
    try:
        calendar = parse_time(body["now"]) if "now" in body else None
        speed, mode = body.get("speed"), body.get("mode")
        await patiently(world, lambda: travel.change_clock(world, calendar=calendar, speed=speed, mode=mode))
    except RefusedValue as error:
        raise refused(error) from error
    return dict(exchange.world.clock.describe())


async def advance(exchange: Exchange, body: dict[str, Any]) -> dict[str, Any]:
    """Let time pass at once: some seconds, or until the jobs have come as far as asked."""
    world = exchange.world
    try:
        async with turn(world):
            await _let_pass(world, **body)
    except RefusedValue as error:
        raise refused(error) from error
    except NoSuchJob as error:
        raise Rule("MOCK-404-job", explain=f"This world has no job {error.value}.") from error
    except NeverHappens as error:
        now = format_job_time(world.clock.calendar())
        raise Rule("MOCK-409-never", explain=str(error), job=error.job, state=error.state, now=now) from error
    return dict(world.clock.describe())


async def _let_pass(world: World, seconds: float | None = None, until: str = "") -> None:
    if seconds is not None:
        tick = travel.later(world, seconds)
        await patiently(world, lambda: travel.advance_to(world, tick))
    elif until == "idle":
        await patiently(world, lambda: travel.until_idle(world))
    else:
        _, job, name = until.split(":")
        state = State[name.upper()]
        if state.ended:  # whether the job will be in it is a matter of its verdict
            await decided(world.jobs.get(job))
        await patiently(world, lambda: travel.until_job(world, job, state))


def refused(error: RefusedValue) -> Rule:
    """Return the rule for a value that the domain does not take."""
    explain = f"{error.field} is {error.value!r}; accepted: {error.accepted}."
    return Rule("MOCK-400-body", field=error.field, explain=explain, accepted=[error.accepted])
