"""Run the application on a socket until somebody says stop."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast

import uvicorn
from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.contract.guard import is_loopback
from mockserver.settings import Settings

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""


STAND_IN = b"UNBIND"


class _Transport:
    """A transport that sends what is written in one turn of the event loop with one system call.

    uvicorn writes the head and the body of an answer apart, and uvloop sends each at once.
    """

    LARGE = 65_536

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send what is large at once, and hold the rest until this turn ends."""
        if len(data) >= self.LARGE:
            self.flush()
            self._transport.write(data)
            return
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self.flush()
        self._transport.close()


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol over such a transport, for requests of every method.

    Its parser knows a list of methods and refuses all others. What has another one, such as `get`, is parsed once
    more as if it had one that nobody asks for, so that the application can say which methods there are. That is done
    where the line that has the method comes in one piece, and the request before it is answered.
    """

    FOREIGN = re.compile(rb"(?!%s )([!#$%%&'*+.^_`|~0-9A-Za-z-]{1,40}) \S+ HTTP/1\.[01]\r?\n" % STAND_IN)
    _received = b""
    _of_body = 0
    _method = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection."""
        joined = _Transport(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, joined))

    def data_received(self, data: bytes) -> None:
        """Take what a client has sent."""
        self._received, self._of_body = data, 0
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        """Take a part of a body; when it comes with the next request, that begins behind it."""
        self._of_body += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, unless it is the method alone."""
        match = self.FOREIGN.match(self._received, self._of_body)
        if match is None or (self.cycle is not None and not self.cycle.response_complete):
            super().send_400_response(msg)
            return
        self._method = match[1].decode("ascii")
        self.parser = HttpRequestParser(self)
        self.data_received(STAND_IN + self._received[match.end(1) :])

    def on_headers_complete(self) -> None:
        """Hand the request over; the application looks at it in a later turn of the event loop."""
        super().on_headers_complete()
        if self._method:
            self.scope["method"], self._method = self._method, ""


class _Server(uvicorn.Server):
    """A uvicorn server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready
        self.stop = stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and take that for a good end: the process exits with 0.

        Only the main thread can be told of signals; a server in another one is stopped by ``should_exit``.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the socket and say so."""
        await super().startup(sockets)
        if not self.should_exit:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; what would never end by itself is ended first, so that nobody has to wait for it."""
        self.stop()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 takes a free one. A port in use is an ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def is_exposed(settings: Settings) -> bool:
    """Tell whether others than this machine reach the control plane, and need no token for it."""
    return not settings.control_token and not is_loopback(settings.host)


def base_url(listener: socket.socket) -> str:
    """Return the URL under which the socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def serve(app: Application, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` gets the base URL once requests are answered."""
    url = base_url(listener)

    def settled() -> None:
        # What was made at start-up stays: the garbage collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        gc.enable()
        ready(url)

    make_server(app, settled).run(sockets=[listener])


def make_server(app: Application, ready: Callable[[], None]) -> uvicorn.Server:
    """Return a server that is not running yet; ``ready`` is called once requests are answered."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="uvloop",
        http=_Protocol,
        proxy_headers=False,
        ws="none",
        backlog=2048,
        timeout_graceful_shutdown=1,
    )
    return _Server(config, ready, getattr(app, "stop", lambda: None))


def remove_ready_file(path: str) -> None:
    """Remove what the last run has left, so that nobody takes that for the answer of this one."""
    target = Path(path)
    if path != "-" and target.is_file():
        target.unlink()


def write_ready_file(path: str, url: str) -> None:
    """Write the base URL so that whoever waits for the file never reads half of it; ``-`` is standard output."""
    if path == "-":
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        return
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.write_text(f"{url}\n", encoding="utf-8")
    partial.replace(target)
