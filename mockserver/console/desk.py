"""The control API as the console's pages call it: from worker threads, through the event loop that serves everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import TimeoutError as TooLate
from typing import Any
from urllib.parse import quote

import httpx

from mockserver.contract.edge import QUIET

PATIENCE = 60.0
"""Real seconds after which a page gives up on a control call."""

FORWARDED = ("host", "forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port")
"""Headers that say under which address a browser sees this server; links in answers are made with it."""


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


class Line:
    """The way from worker threads to the application that serves ``/_mock/…`` on an event loop.

    :param token: the control token that its calls must bring; empty for none.
    """

    def __init__(self, app: Any, token: str = "") -> None:
        async def quiet(scope: Any, receive: Any, send: Any) -> None:
            scope[QUIET] = True
            await app(scope, receive, send)

        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=quiet), base_url="http://console", trust_env=False, timeout=None
        )
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def send(
        self,
        loop: asyncio.AbstractEventLoop,
        method: str,
        path: str,
        headers: Mapping[str, str],
        **content: Any,
    ) -> httpx.Response:
        """Make a call and wait for its answer; never on the event loop itself."""
        call = self._client.request(method, path, headers={**headers, **self._headers}, **content)
        future = asyncio.run_coroutine_threadsafe(call, loop)
        try:
            return future.result(PATIENCE)
        except TooLate as error:
            future.cancel()
            detail = f"{method} {path} has not answered within {PATIENCE:.0f} seconds."
            raise Refused({"status": 504, "title": "Too late", "detail": detail}) from error


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

    def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """Call the control API and return the JSON of its answer; text that is no JSON as it is, else ``None``.

        :raises Refused: the answer is a problem.
        """
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        content = {} if body is None else {"json": body}
        target = f"/w/{quote(self.world, safe='')}/_mock{path}"
        answer = self._line.send(self._loop, method, target, self._headers, params=given, **content)
        is_json = "json" in answer.headers.get("content-type", "")
        if answer.status_code >= 400:
            raise Refused(answer.json() if is_json else {"status": answer.status_code, "detail": answer.text})
        if not answer.content:
            return None
        return answer.json() if is_json else answer.text
