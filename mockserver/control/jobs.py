"""Look at a world's jobs, of whatever API, and push them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.contract import Exchange, Rule
from mockserver.contract.waiting import decided, patiently
from mockserver.simulation.errors import NoSuchJob, TransitionError
from mockserver.simulation.job import Job
from mockserver.simulation.job_history import describe_history
from mockserver.simulation.job_view import describe
from mockserver.simulation.profiles import PROFILES
from mockserver.simulation.timeline import State

FAILURE = PROFILES["failing"]


async def list_all(
    exchange: Exchange, api: str | None = None, target: str | None = None, state: str | None = None
) -> dict[str, Any]:
    """List the jobs of all APIs, or those that fit, the oldest first."""
    clock = exchange.world.clock
    now = clock.ticks()
    jobs = exchange.world.jobs.pick(now, api, target, State.of(state) if state else None)
    return {"jobs": [dict(describe(job, now, clock)) for job in jobs]}


async def read(exchange: Exchange, id: str) -> dict[str, Any]:
    """Show one job."""
    return _show(exchange, _find(exchange, id))


async def timeline(exchange: Exchange, id: str) -> dict[str, Any]:
    """Show what a job has been through, what is to come, and the files that it has made."""
    job, world = _find(exchange, id), exchange.world
    now = world.clock.ticks()
    files_of = exchange.server.files_of.get(job.api)
    finished = job.look(now).state is State.FINISHED
    return {
        "job": dict(describe(job, now, world.clock)),
        "timeline": [dict(step) for step in describe_history(job, now, world.clock)],
        "files": files_of(exchange, job) if files_of and finished else [],
    }


async def pause(exchange: Exchange, id: str) -> dict[str, Any]:
    """Hold a running job."""
    return await _push(exchange, id, lambda job, now: job.pause(now))


async def resume(exchange: Exchange, id: str) -> dict[str, Any]:
    """Let a paused job go on."""
    return await _push(exchange, id, lambda job, now: job.resume(now))


async def cancel(exchange: Exchange, id: str) -> dict[str, Any]:
    """End a job as canceled, with the progress that it has."""
    return await _push(exchange, id, lambda job, now: job.cancel(now))


async def complete(exchange: Exchange, id: str) -> dict[str, Any]:
    """Finish a job at once, with everything done."""
    await decided(_find(exchange, id))
    return await _push(exchange, id, lambda job, now: job.complete(now))


async def fail(exchange: Exchange, id: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Let a job end in error, with the progress that it has."""
    body = body or {}
    last_error = body.get("lastError", FAILURE.last_error)
    global_error = body.get("globalError", FAILURE.global_error)
    return await _push(exchange, id, lambda job, now: job.fail(now, last_error, global_error))


async def stall(exchange: Exchange, id: str) -> dict[str, Any]:
    """Stop the progress of a job, whose state stays what it is."""
    return await _push(exchange, id, lambda job, now: job.stall(now))


async def _push(exchange: Exchange, id: str, do: Callable[[Job, int], object]) -> dict[str, Any]:
    """Do something to a job, and let what follows from it happen."""
    job, world = _find(exchange, id), exchange.world
    try:
        with world.lock:
            do(job, world.clock.ticks())
        await patiently(world, world.catch_up)
    except TransitionError as error:
        explain = (
            f"Job {job.id} ({job.api} {job.target}) is {error.state}; it cannot be made to {error.wanted}."
        )
        raise Rule("MOCK-409-job", explain=explain, job=job.id, state=error.state) from error
    return _show(exchange, job)


def _find(exchange: Exchange, id: str) -> Job:
    try:
        return exchange.world.jobs.get(id)
    except NoSuchJob as error:
        raise Rule("MOCK-404-job", explain=f"This world has no job {id}.") from error


def _show(exchange: Exchange, job: Job) -> dict[str, Any]:
    clock = exchange.world.clock
    return dict(describe(job, clock.ticks(), clock))
