"""Get an answer to the client badly, as a fault wants it: late, in pieces, cut off, not at all.

A connection is broken for real: its transport is taken from uvicorn, whose request cycle the ``receive`` of ASGI is
a method of. Where there is no such transport, as in a test that calls the application in its own process, the
caller meets a :class:`ConnectionBroken` instead.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from mockserver.contract.answers import Answer
from mockserver.contract.exchange import Exchange
from mockserver.contract.server import Server
from mockserver.contract.waiting import patiently, turn
from mockserver.simulation import travel
from mockserver.simulation.errors import ClockError
from mockserver.simulation.faults import BODY_SECONDS, Hit, Plan

PIECES = 10
"""Parts in which a slow body comes."""

Head = Callable[[Exchange, Answer], list[tuple[bytes, bytes]]]


class ConnectionBroken(ConnectionResetError):
    """Raised instead of breaking a connection that this server does not hold."""


async def deliver(exchange: Exchange, answer: Answer, hit: Hit, head: Head, receive: Any, send: Any) -> bool:
    """Wait as long as the faults say, and send the answer as they say; false when it is still to be sent whole."""
    await _wait(exchange, hit.real_seconds, virtual=False)
    await _wait(exchange, hit.virtual_seconds, virtual=True)
    plan = hit.outcome.plan if hit.outcome else None
    if plan is None or plan.kind == "answer":
        return False
    if plan.kind == "reset":
        await _break(receive, reset=True)
        return True
    empty = exchange.method == "HEAD" or (answer.chunks is None and not answer.body)
    if empty and plan.kind == "slow-body":
        return False
    if not empty:
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": head(exchange, answer)}
        )
    if plan.kind == "slow-body":
        await _send_slowly(exchange, answer, plan, send)
        return True
    if not empty:
        await send({"type": "http.response.body", "body": await _half(answer), "more_body": True})
    await _break(receive, reset=False)
    return True


async def _wait(exchange: Exchange, seconds: float, *, virtual: bool) -> None:
    """Let time pass: real time, or only the world's."""
    if not seconds:
        return
    if not virtual:
        await _sleep(exchange.server, seconds)
        return
    try:
        async with turn(exchange.world):
            tick = travel.later(exchange.world, seconds)
            await patiently(exchange.world, lambda: travel.advance_to(exchange.world, tick))
    except ClockError:
        return  # The world is at the end of its calendar, where no time is left.


async def _sleep(server: Server, seconds: float) -> None:
    """Wait, but not longer than the server runs: an answer that is late keeps nobody from stopping it."""
    if server.stopping:
        return
    stopped = asyncio.Event()
    server.at_stop.add(stopped.set)
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        pass
    finally:
        server.at_stop.discard(stopped.set)


async def _send_slowly(exchange: Exchange, answer: Answer, plan: Plan, send: Any) -> None:
    """Send the body in pieces, with a pause before each; of one that is made while it is sent, the first part."""
    seconds = BODY_SECONDS if plan.body_seconds is None else plan.body_seconds
    rest = answer.parts()
    first = answer.body if answer.body is not None else await anext(rest, b"")
    size = -(-len(first) // PIECES) or 1
    for start in range(0, len(first), size):
        await _wait(exchange, seconds / PIECES, virtual=plan.virtual)
        await send({"type": "http.response.body", "body": first[start : start + size], "more_body": True})
    async for chunk in rest:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _half(answer: Answer) -> bytes:
    """Return the first half of the body; of one that is made while it is sent, half of its first part."""
    body = answer.body
    if body is None:
        body = await anext(answer.parts(), b"")
    return body[: len(body) // 2]


async def _break(receive: Any, *, reset: bool) -> None:
    """Close the connection under the request; what was sent still gets there, unless it is reset."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionBroken("The answer was broken off on purpose.")
    if reset:
        # To linger for no time at all makes the closing a RST instead of a FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
