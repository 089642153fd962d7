"""The control API as the console's pages call it: from worker threads, through the event loop that serves everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx

from mockserver.contract.edge import QUIET

PATIENCE = 60.0
"""Real seconds after which a page gives up on a control call."""

PEEK = 256 * 1024
"""Bytes after which an answer that is only peeked into is broken off, at the end of a chunk."""

FORWARDED = ("host", "forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port")
"""Headers that say under which address a browser sees this server; links in answers are made with it."""


def step(text: str) -> str:
    """Write a step of a path. It stays one whatever it says: ``/`` is encoded, and so are the dots of ``..``."""
    return quote(text, safe="").replace(".", "%2E")


class Refused(Exception):
    """Raised when the control API answers with a problem.

    :ivar problem: the answer, as RFC 9457 has it: ``status``, ``title``, ``detail``, and members of its own.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "The control API refuses.")
        self.problem = problem

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.problem.get("status", 500))


class _Enough(Exception):
    """Raised to break an answer off."""


class Line:
    """The way from worker threads to the application that serves ``/_mock/…`` on an event loop.

    :param token: the control token that its calls must bring; empty for none.
    """

    def __init__(self, app: Any, token: str = "") -> None:
        async def quiet(scope: Any, receive: Any, send: Any) -> None:
            scope[QUIET] = True
            await app(scope, receive, send)

        self._whole = _client(quiet)
        self._short = _client(_broken_off(quiet))
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def send(
        self,
        loop: asyncio.AbstractEventLoop,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        short: bool = False,
        **content: Any,
    ) -> httpx.Response:
        """Make a call and wait for its answer; never on the event loop itself.

        :param short: whether the beginning of the answer is enough.
        """
        client = self._short if short else self._whole
        call = client.request(method, path, headers={**headers, **self._headers}, **content)
        future = asyncio.run_coroutine_threadsafe(call, loop)
        try:
            return future.result(PATIENCE)
        except TooLate as error:
            future.cancel()
            detail = f"{method} {path} has not answered within {PATIENCE:.0f} seconds."
            raise Refused({"status": 504, "title": "Too late", "detail": detail}) from error


def _client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://console", trust_env=False, timeout=None)


def _broken_off(app: Any) -> Any:
    """Return the application with answers that end soon after :data:`PEEK` bytes, so that none has to be held whole."""

    async def broken_off(scope: Any, receive: Any, send: Any) -> None:
        count = 0

        async def counted(message: Any) -> None:
            nonlocal count
            count += len(message.get("body", b""))
            if count <= PEEK:
                await send(message)
                return
            await send({**message, "more_body": False})
            raise _Enough

        with suppress(_Enough):
            await app(scope, receive, counted)

    return broken_off


class Desk:
    """The control API of one world, for the length of one page.

    :ivar world: name of the world.
    :param loop: the event loop that serves everybody.
    :param headers: headers of the browser's request; those that say how it sees this server are passed on.
    """

    def __init__(
        self, line: Line, loop: asyncio.AbstractEventLoop, world: str, headers: Mapping[str, str]
    ) -> None:
        self.world = world
        self._line = line
        self._loop = loop
        self._headers = {name: headers[name] for name in FORWARDED if name in headers}

    def get(self, path: str, /, **query: Any) -> Any:
        """Read something; ``path`` is below ``/_mock``, parameters that are ``None`` are left out."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Any:
        """Do something."""
        return self.call("POST", path, body=body)

    def put(self, path: str, body: Any = None) -> Any:
        """Set something."""
        return self.call("PUT", path, body=body)

    def delete(self, path: str, /, **query: Any) -> Any:
        """Remove something."""
        return self.call("DELETE", path, query=query)

    def peek(self, path: str) -> tuple[bytes, bool]:
        """Read the first bytes of a file, of whatever size, and tell whether that is all of it."""
        target = f"/w/{step(self.world)}/_mock{path}"
        answer = self._line.send(self._loop, "GET", target, self._headers, short=True)
        _check(answer)
        return answer.content[:PEEK], len(answer.content) <= PEEK

    def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """Call the control API and return the JSON of its answer; text that is no JSON as it is, else ``None``.

        :raises Refused: the answer is a problem.
        """
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        content = {} if body is None else {"json": body}
        target = f"/w/{step(self.world)}/_mock{path}"
        answer = self._line.send(self._loop, method, target, self._headers, params=given, **content)
        _check(answer)
        if not answer.content:
            return None
        return answer.json() if _is_json(answer) else answer.text


def _check(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        problem = {"status": answer.status_code, "detail": answer.text}
        raise Refused(answer.json() if _is_json(answer) else problem)


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("content-type", "")
