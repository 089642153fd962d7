"""Wait for what jobs come to, without anybody else having to wait.

Whether a data feed's build succeeds is known when its files have been rendered, which a template can make take long.
Time in the job's world does not pass its end before that; so whoever lets time pass there, as every request does,
waits. All others, and all other worlds, are served meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

from mockserver.simulation.errors import Undecided
from mockserver.simulation.job import Job
from mockserver.simulation.worlds import World

Result = TypeVar("Result")

_under_way: dict[Job, asyncio.Future[None]] = {}
"""Who asks for what somebody else waits for already waits with them: a thread a job, not a thread a request."""


_turns: WeakKeyDictionary[World, asyncio.Lock] = WeakKeyDictionary()


def turn(world: World) -> asyncio.Lock:
    """Let those who say how much time is to pass in a world do it one after another, so that it adds up."""
    return _turns.setdefault(world, asyncio.Lock())


async def patiently(world: World, act: Callable[[], Result]) -> Result:
    """Return what ``act()`` does, which lets time pass in the world; where a job is undecided, go on when it is not.

    ``act`` is called again then, so it must say where to go, not how far.
    """
    while True:
        try:
            with world.hurried():
                return act()
        except Undecided as undecided:
            await decided(undecided.job)


async def decided(job: Job) -> None:
    """Wait until it is known what comes of a job's work."""
    if job.decided:
        return
    future = _under_way.get(job)
    if future is None:
        future = _under_way[job] = asyncio.get_running_loop().create_future()
        threading.Thread(target=_decide, args=(job, future), name="verdict", daemon=True).start()
    await asyncio.shield(future)


def _decide(job: Job, future: asyncio.Future[None]) -> None:
    tell: Callable[[], object] = partial(future.set_result, None)
    try:
        job.decide()
    except BaseException as error:
        tell = partial(future.set_exception, error)
    del _under_way[job]
    with suppress(RuntimeError):  # the loop is closed: nobody waits
        future.get_loop().call_soon_threadsafe(tell)
