"""Speak JSON with the control plane.

Only the standard library is used. Tests often replace the transport of the popular HTTP clients, and what steers the
mock server must not get caught in that. A connection is made for each call, so that there is none to go stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from mockserver.testing.errors import Refused, Unreachable


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
        target = f"{self._path}/_mock{path}"
        given = {key: value for key, value in (query or {}).items() if value is not None}
        if given:
            target += "?" + urlencode(given, doseq=True)
        headers = {"Accept": "application/json, application/problem+json", "Connection": "close"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if world is not None:
            headers["X-Mock-World"] = world
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        status, text = self._exchange(method, target, content, headers)
        try:
            payload = json.loads(text) if text else None
        except ValueError:
            raise Unreachable(self.url, f"{method} {target} is answered with {status} and no JSON.") from None
        if status >= 400:
            problem = payload if isinstance(payload, dict) else {}
            raise Refused(f"{method} {target}", status, problem)
        return payload

    def _exchange(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        from http import client  # slow to import, and not needed before the first call

        make = client.HTTPSConnection if self._secure else client.HTTPConnection
        connection = make(self._host, self._port, timeout=self.timeout)
        try:
            connection.request(method, target, body=content, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, client.HTTPException) as error:
            raise Unreachable(self.url, str(error) or type(error).__name__) from error
        finally:
            connection.close()
