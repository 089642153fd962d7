"""Put calls into their world's journal, and count what they have met of the contract.

Everything here is paid for by every request: a call is kept as it is, and what it means is found out by whoever looks
(:mod:`mockserver.contract.showing`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import Any

from mockserver.contract.exchange import Exchange
from mockserver.contract.operations import CompiledOperation
from mockserver.simulation.coverage import Coverage
from mockserver.simulation.journal import BODY, STREAM, Body, Call

NOBODY = 0
"""Status of a call that nobody was there to get the answer of, or that got none on purpose."""

Headers = list[tuple[bytes, bytes]]


class Recording:
    """Stand between the application and the client, and note what goes by: a stream, or what a fault lets through.

    The call is in the journal before the client has the last byte of its answer, so whoever has an answer finds it.
    """

    __slots__ = ("exchange", "head", "headers", "open", "send", "size", "status")

    def __init__(self, exchange: Exchange, send: Any) -> None:
        self.exchange = exchange
        self.send = send
        self.status = NOBODY
        self.headers: Headers = []
        self.head = b""
        self.size = 0
        self.open = True

    def __call__(self, message: Any) -> Awaitable[None]:
        """Send one ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = message["headers"]
        else:
            part = message["body"]
            more = message.get("more_body", False)
            if part:
                if not more and not self.size:
                    self.head = part[:BODY]
                elif len(self.head) < STREAM:
                    self.head += part[: STREAM - len(self.head)]
                self.size += len(part)
            if not more:
                self.close()
        sent: Awaitable[None] = self.send(message)
        return sent

    def close(self) -> None:
        """Note the call as it is, once; an answer that was cut off has come as far as it has."""
        if self.open:
            self.open = False
            record(self.exchange, self.status, self.headers, (self.head, self.size) if self.size else None)


def note_gone(exchange: Exchange) -> None:
    """Note the call of a client that went away before its request was complete."""
    if exchange.number is not None:
        record(exchange, NOBODY, [], None)


def record(exchange: Exchange, status: int, headers: Headers, body: Body | None) -> None:
    """Put a call into the journal, and count what it has met."""
    world, operation, scope = exchange.world, exchange.operation, exchange.scope
    if operation is None:
        world.coverage.meet("", status, exchange.rule)
        operation_id = ""
    else:
        operation_id = operation.id
        world.coverage.meet(operation_id, status, exchange.rule)
        lacking = world.coverage.lacking.get(operation_id)
        if lacking is None or lacking:
            _use_parameters(exchange, operation, world.coverage)
    number = exchange.number
    if not number:
        return
    principal = exchange.principal
    call = (
        number,
        exchange.tick,
        exchange.started,
        time.perf_counter() - exchange.started,
        exchange.method,
        scope["method"],
        exchange.prefix,
        exchange.path,
        exchange.query_string,
        scope["headers"],
        exchange.captured,
        operation_id,
        exchange.path_values,
        principal.name if principal is not None else "",
        status,
        headers,
        body,
        exchange.rule,
        exchange.explain,
        exchange.fields,
        exchange.accepted,
        exchange.applied,
    )
    world.journal.add(call)
    if world.announcer.listeners:
        world.announcer.announce("request", Call._make(call))


def _use_parameters(exchange: Exchange, operation: CompiledOperation, coverage: Coverage) -> None:
    """Note which of the parameters that nobody has used yet this call uses."""
    lacking = coverage.lacking.get(operation.id)
    if lacking is None:
        lacking = coverage.lacking[operation.id] = set(operation.declared)
    used = [(place, name) for place, name in lacking if _is_used(exchange, place, name)]
    for place, name in used:
        coverage.use(operation.id, place, name)
    lacking.difference_update(used)


def _is_used(exchange: Exchange, place: str, name: str) -> bool:
    if place == "path":
        return True
    if place == "header":
        return name.lower() in exchange.headers
    if place == "query":
        if not exchange.query_string:
            return False
        deep = f"{name}["
        return any(key == name or key.startswith(deep) for key, _ in exchange.query)
    if place == "body":
        return exchange.captured is not None and exchange.captured[1] > 0
    return f"{name}=" in exchange.headers.get("cookie", "")
