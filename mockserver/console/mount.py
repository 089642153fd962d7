"""Put the console where its address is. It is a WSGI application, made when somebody opens it for the first time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any

from mockserver.contract.server import Settings

PLACE = re.compile(r"(?P<root>(?:/w/(?P<world>[^/]*))?/_mock/ui)(?P<rest>/.*)?", re.DOTALL)
HOME = re.compile(r"(?P<prefix>|/w/[^/]+)(?:/_mock)?/?")
"""Where a browser without further plans comes in."""

LOOP = "mockserver.loop"
WORLD = "mockserver.world"
"""Keys in a scope: the event loop that serves it, and the name of the world that it is about."""

WORKERS = 4
"""Threads that draw pages."""

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""


class ConsoleMount:
    """An ASGI application that serves the console's pages.

    :param app: the application that serves ``/_mock/…``, for what the pages show and do.
    """

    def __init__(self, app: Application, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._console: Application | None = None
        self._making = Lock()

    @staticmethod
    def claims(scope: Any) -> bool:
        """Tell whether a request is for the console: below ``/_mock/ui``, or a browser's for the server's home."""
        path: str = scope["path"]
        if "/_mock/ui" in path and PLACE.fullmatch(path):
            return True
        return HOME.fullmatch(path) is not None and scope["method"] == "GET" and _wants_html(scope)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one page, or show a browser the way to the first one."""
        match = PLACE.fullmatch(scope["path"])
        if match is None:
            home = HOME.fullmatch(scope["path"])
            await _redirect(f"{home['prefix'] if home else ''}/_mock/ui/", send)
            return
        if self._console is None:
            await asyncio.to_thread(self._make)
        inner = {
            **scope,
            "root_path": match["root"],
            "path": match["root"] + (match["rest"] or "/"),
            "query_string": scope["query_string"].decode("ascii", "replace").encode("ascii", "replace"),
            LOOP: asyncio.get_running_loop(),
            WORLD: match["world"] or _header(scope, b"x-mock-world") or "default",
        }
        assert self._console is not None
        await self._console(inner, receive, send)

    def _make(self) -> None:
        """Import Flask and make the application, once."""
        from a2wsgi import WSGIMiddleware

        from mockserver.console.application import create_console
        from mockserver.console.desk import Line

        with self._making:
            if self._console is None:
                wsgi: Any = create_console(Line(self._app, self._settings.control_token), self._settings)
                console: Any = WSGIMiddleware(wsgi, workers=WORKERS)
                self._console = console


def _header(scope: Any, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _wants_html(scope: Any) -> bool:
    """Tell whether a request would rather have a page than a representation of Foxy's."""
    accept = _header(scope, b"accept").lower()
    if "text/html" not in accept:
        return False
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    types = [(given.partition(";")[0].strip(), quality) for given, quality in parse_accept_header(accept)]
    return MIMEAccept(types).best_match(["application/hal+json", "text/html"]) == "text/html"


async def _redirect(location: str, send: Any) -> None:
    headers = [
        (b"location", location.encode("utf-8", "replace")),
        (b"content-length", b"0"),
        (b"vary", b"Accept, X-Mock-World"),
    ]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
