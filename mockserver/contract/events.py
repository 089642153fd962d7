"""Send what happens in a world as server-sent events (the WHATWG's ``text/event-stream``).

A listener has a queue of its own. It is filled wherever something happens, in whatever thread, and read where the
connection is served. A listener that does not read fast enough is dropped, so that it costs no more than its queue.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import orjson

from mockserver.contract.exchange import Exchange
from mockserver.contract.showing import Shown
from mockserver.contract.waiting import patiently
from mockserver.simulation.announcements import Topic
from mockserver.simulation.clock import SECOND
from mockserver.simulation.worlds import World

HEARTBEAT = 15.0
"""Real seconds after which a silent stream says that it is still there."""

SOON = 0.02
"""Real seconds after which the world is looked at again at the earliest, however fast its clock is."""

QUEUE = 1_000
"""Events that wait for a listener before it is dropped."""

RETRY = 1_000
"""Milliseconds after which a client shall come back when the stream has ended."""

Event = tuple[Topic, Any]


class Listener:
    """The queue of one listener.

    :ivar dropped: whether it did not read fast enough.
    """

    def __init__(self, limit: int = QUEUE) -> None:
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._events: deque[Event] = deque()
        self._limit = limit
        self.open = True
        self.dropped = False

    def tell(self, topic: Topic, what: Any) -> None:
        """Take an event; called in any thread."""
        if not self.open:
            return
        if topic == "end":
            self.open = False
        elif len(self._events) >= self._limit:
            self.open, self.dropped = False, True
            self._events.clear()
        else:
            self._events.append((topic, what))
        self._loop.call_soon_threadsafe(self._something.set)

    def end(self) -> None:
        """End the stream; called where the connection is served."""
        self.open = False
        self._something.set()

    async def take(self, seconds: float) -> list[Event]:
        """Wait for events, at most so long, and return those that there are."""
        if self.open and not self._events:
            try:
                await asyncio.wait_for(self._something.wait(), seconds)
            except TimeoutError:
                return []
        self._something.clear()
        return self.rest()

    def rest(self) -> list[Event]:
        """Return the events that there are."""
        return [self._events.popleft() for _ in range(len(self._events))]


async def follow(
    exchange: Exchange, *, heartbeat: float = HEARTBEAT, limit: int = QUEUE
) -> AsyncGenerator[bytes, None]:
    """Yield events until the client goes, the world is no more, or the server stops.

    A client that comes back with ``Last-Event-ID`` gets the calls that it has missed, as far as the journal has them.
    """
    world, server = exchange.world, exchange.server
    listener = Listener(limit)
    gone = asyncio.ensure_future(exchange.gone())
    gone.add_done_callback(lambda _done: listener.end())
    server.at_stop.add(listener.end)
    world.announcer.listen(listener.tell)
    try:
        yield f"retry: {RETRY}\n: this is what happens in the world {world.name}\n\n".encode()
        for text in _missed(exchange):
            yield text
        silent = time.monotonic()
        while listener.open:
            for topic, what in await listener.take(_pause(world, silent + heartbeat - time.monotonic())):
                yield _write(exchange, topic, what)
                silent = time.monotonic()
            if listener.open:
                await patiently(world, world.catch_up)
                if time.monotonic() >= silent + heartbeat:
                    yield b": still here\n\n"
                    silent = time.monotonic()
        for topic, what in listener.rest():
            yield _write(exchange, topic, what)
        if listener.dropped:
            yield b'event: dropped\ndata: {"reason":"This listener did not read fast enough."}\n\n'
    finally:
        world.announcer.unlisten(listener.tell)
        server.at_stop.discard(listener.end)
        gone.cancel()


def _pause(world: World, heartbeat: float) -> float:
    """Return how long nothing needs to be done: until the next heartbeat, or until something falls due."""
    due, clock = world.agenda.next_tick(), world.clock
    if due is None or (clock.mode == "frozen" and due > clock.ticks()):
        return heartbeat
    return min(heartbeat, max(SOON, (due - clock.ticks()) / SECOND / clock.speed))


def _missed(exchange: Exchange) -> Iterator[bytes]:
    last = exchange.headers.get("last-event-id", "")
    if last.isdecimal() and len(last) < 19:
        for call in exchange.world.journal.pick(int(last)):
            yield _write(exchange, "request", call)


def _write(exchange: Exchange, topic: Topic, what: Any) -> bytes:
    if topic == "request":
        shown = Shown(what, exchange.server, exchange.world)
        return b"event: request\nid: %d\ndata: %s\n\n" % (what.number, orjson.dumps(shown.summary()))
    return b"event: %s\ndata: %s\n\n" % (topic.encode(), orjson.dumps(what))
