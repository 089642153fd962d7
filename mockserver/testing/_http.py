"""Speak JSON with the control plane.

Only the standard library is used. Tests often replace the transport of the popular HTTP clients, and what steers the
mock server must not get caught in that. A connection is made for each call, so that there is none to go stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from mockserver.testing.errors import Refused, Unreachable

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse


class Transport:
    """Make control calls to one server.

    :param url: base URL of the server, with or without a trailing slash.
    :param timeout: seconds to wait for an answer.
    :param token: the server's control token; empty for none.
    """

    def __init__(self, url: str, timeout: float, token: str = "") -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no base URL like http://127.0.0.1:8080.")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        self.timeout = timeout
        self._token = token

    def call(
        self,
        method: str,
        path: str,
        *,
        world: str | None = None,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make a control call and return the JSON of its answer, ``None`` when there is no content.

        :param path: below ``/_mock``, such as ``/clock``.
        :raises Unreachable: nobody answers, or with something else than JSON.
        :raises Refused: the answer is a problem.
        """
        given = {key: value for key, value in (query or {}).items() if value is not None}
        if given:
            path += "?" + urlencode(given, doseq=True)
        return self._read(method, path, *self._exchange(method, path, world, body))

    def fetch(self, path: str, world: str) -> bytes:
        """Return what a control call answers, byte for byte.

        :raises Unreachable: nobody answers.
        :raises Refused: the answer is a problem.
        """
        status, content = self._exchange("GET", path, world)
        if status >= 400:
            self._read("GET", path, status, content)
        return content

    def stream(self, path: str, world: str) -> tuple[HTTPConnection, HTTPResponse]:
        """Return an answer that goes on, and its connection; the caller closes both.

        :raises Unreachable: nobody answers.
        :raises Refused: the answer is a problem.
        """
        connection, answer = self._request("GET", path, world)
        if answer.status >= 400:
            with closing(connection), closing(answer):
                self._read("GET", path, answer.status, answer.read())
        return connection, answer

    def _exchange(self, method: str, path: str, world: str | None, body: Any = None) -> tuple[int, bytes]:
        from http.client import HTTPException

        connection, answer = self._request(method, path, world, body)
        with closing(connection), closing(answer):
            try:
                return answer.status, answer.read()
            except (OSError, HTTPException) as error:
                raise self._unreachable(error) from error

    def _request(
        self, method: str, path: str, world: str | None, body: Any = None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        from http import client  # slow to import, and not needed before the first call

        headers = {"Accept": "*/*"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if world is not None:
            headers["X-Mock-World"] = world
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        make = client.HTTPSConnection if self._secure else client.HTTPConnection
        connection = make(self._host, self._port, timeout=self.timeout)
        try:
            connection.request(method, self._target(path), body=content, headers=headers)
            return connection, connection.getresponse()
        except (OSError, client.HTTPException) as error:
            connection.close()
            raise self._unreachable(error) from error

    def _read(self, method: str, path: str, status: int, content: bytes) -> Any:
        call = f"{method} {self._target(path)}"
        try:
            payload = json.loads(content) if content else None
        except ValueError:
            raise Unreachable(self.url, f"{call} is answered with {status} and no JSON.") from None
        if status >= 400:
            raise Refused(call, status, payload if isinstance(payload, dict) else {})
        return payload

    def _target(self, path: str) -> str:
        return f"{self._path}/_mock{path}"

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(self.url, str(error) or type(error).__name__)
