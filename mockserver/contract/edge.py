"""The outermost part of the application: a request comes in, its world is found, exactly one answer goes out.

Everything below sets ``exchange.answer`` or raises; only this module speaks ASGI to the client.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote

from connexion.exceptions import OAuthProblem

from mockserver.contract.answers import Answer
from mockserver.contract.delivery import deliver
from mockserver.contract.errors import Rule, Rules
from mockserver.contract.exchange import SCOPE_KEY, ClientGone, Exchange
from mockserver.contract.guard import check_control_call, is_control
from mockserver.contract.recording import Recording, note_gone, record
from mockserver.contract.rendering import render
from mockserver.contract.server import Server
from mockserver.contract.waiting import patiently
from mockserver.contract.wording import on_one_line
from mockserver.simulation.errors import WorldNameError
from mockserver.simulation.journal import BODY
from mockserver.simulation.redaction import redact_path

logger = logging.getLogger("mockserver")
access = logging.getLogger("mockserver.access")

WORLD_HEADER = "x-mock-world"
WORLD_PREFIX = re.compile(r"/w/(?P<name>[^/]*)(?P<rest>/.*)?")
METHOD = re.compile(r"[A-Z]{1,20}")
BARE = frozenset((204, 304))
QUIET = "mockserver.quiet"
"""Marks a scope whose call the access log leaves out: the console makes many while it is open."""

ALWAYS_ANSWERED = frozenset(("/_mock/health", "/_mock/metrics"))
"""Paths of calls that are about no world, however much there is to do in theirs."""

ALL_WORLDS = "*"
"""As ``?world=`` no world of this name, but all of them; the calls that can be about all say so."""

ASGIApp = Callable[[Any, Any, Any], Any]


class Edge:
    """Find the request's world, run the application, send its answer, write the access log."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self.app = app
        self.server = server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI event scope."""
        if scope["type"] == "http":
            await self.serve(Exchange(scope, receive, self.server), send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def serve(self, exchange: Exchange, send: Any) -> None:
        """Answer one request."""
        scope, receive = exchange.scope, exchange.receive
        try:
            answer = await self._answer(exchange, receive, send)
        except ClientGone:
            note_gone(exchange)
            scope.pop(SCOPE_KEY, None)
            return
        recording = None
        if exchange.number is not None and (exchange.hit is not None or answer.body is None):
            send = recording = Recording(exchange, send)
        try:
            hit = exchange.hit
            if hit is None or not await deliver(exchange, answer, hit, _head, receive, send):
                await _send(exchange, answer, send)
        finally:
            if recording is not None:
                recording.close()
            # Scope and exchange know each other: leave no work to the collector.
            scope.pop(SCOPE_KEY, None)
            self.server.meter.count(exchange, answer.status)
            _log(exchange, answer)

    async def _answer(self, exchange: Exchange, receive: Any, send: Any) -> Answer:
        try:
            enter_world(exchange)
            await _catch_up(exchange)
            if is_control(exchange.path):
                check_control_call(exchange)
            else:
                exchange.number = exchange.world.journal.number()
            _override_method(exchange)
            scope = exchange.scope
            scope[SCOPE_KEY] = exchange
            await self.app(scope, receive, send)
            if exchange.answer is None:
                raise RuntimeError("Nothing answered the request.")
            return exchange.answer.serialised()
        except ClientGone:
            raise
        except Exception as error:
            return self._answer_error(exchange, error)

    def _answer_error(self, exchange: Exchange, error: Exception) -> Answer:
        if exchange.number is None and not is_control(exchange.path):
            exchange.number = exchange.world.journal.number()
        try:
            return render(exchange, _rule_of(exchange, error)).serialised()
        except Exception as bug:
            if bug is not error:
                bug.__context__ = error
            self.server.violations += 1
            path = redact_path(exchange.path)
            logger.error("%s %s failed: %s", exchange.method, path, bug, exc_info=bug)
            explain = f"{type(bug).__name__}: {bug}"
            rule = self.server.contract.unrouted_rule(exchange.path, 500, explain, template=exchange.template)
            return render(exchange, rule).serialised()


def _rule_of(exchange: Exchange, error: Exception) -> Rule | Rules:
    """Return the rule for an exception; one that stands for no rule is a bug and raised again."""
    if isinstance(error, Rule | Rules):
        return error
    if isinstance(error, OAuthProblem) and exchange.operation is not None:
        return Rule(exchange.operation.violations["security"], explain=error.detail)
    raise error


def enter_world(exchange: Exchange) -> None:
    """Find the request's world: path prefix before header before, for control calls, ``?world=``."""
    name = None
    if exchange.path.startswith("/w/"):
        match = WORLD_PREFIX.fullmatch(exchange.path)
        if match is not None:
            name = unquote(match["name"], errors="replace")
            exchange.prefix = f"/w/{match['name']}"
            exchange.path = match["rest"] or "/"
    if name is None:
        name = exchange.headers.get(WORLD_HEADER)
    if name is None and exchange.query_string and is_control(exchange.path):
        name = dict(exchange.query).get("world")
        if name == ALL_WORLDS:
            name = None
    try:
        exchange.world = exchange.server.worlds.get("default" if name is None else name)
    except WorldNameError as error:
        exchange.world = exchange.server.worlds.get("default")
        raise Rule("MOCK-400-world", explain=str(error)) from error


async def _catch_up(exchange: Exchange) -> None:
    """Let the world catch up with its agenda; those who ask how the server is do not wait for that."""
    world = exchange.world
    tick = world.present()
    if tick is None:
        waits = exchange.path not in ALWAYS_ANSWERED
        tick = await patiently(world, world.catch_up) if waits else world.clock.ticks()
    exchange.tick = tick


def _override_method(exchange: Exchange) -> None:
    """Treat a POST as the method that its override header names, where the API has such a header."""
    if exchange.method != "POST":
        return
    api = exchange.server.contract.api_of(exchange.path)
    if api.override_header:
        wanted = exchange.headers.get(api.override_header, "").upper()
        if METHOD.fullmatch(wanted):
            exchange.method = wanted


def _head(exchange: Exchange, answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = list(answer.headers)
    if answer.status not in BARE:
        headers.append(("content-type", answer.media_type))
    if answer.body is not None and answer.status not in BARE:
        # A request that was made a HEAD is answered without body, and is still a POST to whoever sent it.
        length = 0 if exchange.method == "HEAD" != exchange.scope["method"] else len(answer.body)
        headers.append(("content-length", str(length)))
    # A request with an Origin is a browser's; what varies by it is said where CORS is done.
    headers.append(("vary", "X-Mock-World" if "origin" in exchange.headers else "X-Mock-World, Origin"))
    if exchange.hit is not None:
        headers.append(("x-mock-fault", ", ".join(fault.id for fault in exchange.hit.faults)))
    if exchange.applied:
        headers.append(("preference-applied", ", ".join(exchange.applied)))
    if exchange.rule:
        headers.append(("x-mock-rule", exchange.rule))
        headers.append(("x-mock-explain", on_one_line(exchange.explain)))
        if exchange.number and answer.status >= 400:
            entry = f"{exchange.content_url}/_mock/requests/{exchange.number}"
            headers.append(("link", f'<{entry}>; rel="describedby"'))
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]


async def _send(exchange: Exchange, answer: Answer, send: Any) -> None:
    """Send the answer; a HEAD request gets its headers alone."""
    head = _head(exchange, answer)
    body = answer.body
    if body is not None:
        if exchange.method == "HEAD":
            body = b""
        if exchange.number is not None and exchange.hit is None:
            record(exchange, answer.status, head, (body[:BODY], len(body)) if body else None)
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    if exchange.method != "HEAD" and answer.chunks is not None:
        async with aclosing(answer.parts()) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _log(exchange: Exchange, answer: Answer) -> None:
    if access.isEnabledFor(logging.INFO) and QUIET not in exchange.scope:
        access.info(
            "%s %s %d",
            exchange.method,
            redact_path(exchange.scope["path"]),
            answer.status,
            extra={
                "world": exchange.world.name,
                "rule": exchange.rule,
                "milliseconds": (time.perf_counter() - exchange.started) * 1000,
            },
        )


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
