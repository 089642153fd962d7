"""Steer a mock server from Python: its worlds, and what is the same in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.testing._http import Transport
from mockserver.testing.errors import Unreachable
from mockserver.testing.models import Health, Rule, WorldState, read
from mockserver.testing.world import World


class Client:
    """A client of a running mock server's control plane.

    Calls block until they are answered. A server in a thread of this process, as the pytest plugin runs it, answers
    also while the event loop of a test is blocked by such a call.

    :param url: base URL of the server, such as ``http://127.0.0.1:8080``.
    :param timeout: seconds to wait for an answer.
    :param token: the control token, where the server was started with ``--control-token``.
    :raises ValueError: the URL is none of HTTP.
    """

    def __init__(self, url: str, *, timeout: float = 30.0, token: str = "") -> None:
        self._transport = Transport(url, timeout, token)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    @property
    def url(self) -> str:
        """Base URL of the server, without a trailing slash."""
        return self._transport.url

    def world(self, name: str = "default") -> World:
        """Return the world of that name; it is made by its first use.

        :param name: 1 to 64 of ``A-Z a-z 0-9 . _ -``, but not ``.`` or ``..``.
        """
        return World(self._transport, name)

    def worlds(self) -> Sequence[WorldState]:
        """Return the worlds that there are, by name."""
        return [read(WorldState, document) for document in self._transport.call("GET", "/worlds")["worlds"]]

    def health(self) -> Health:
        """Return how the server is.

        :raises Unreachable: no mock server answers at the URL.
        """
        health = self._transport.call("GET", "/health")
        try:
            return read(Health, health)
        except (TypeError, AttributeError):
            raise Unreachable(self.url, "GET /_mock/health is answered with something else.") from None

    def rules(self) -> Sequence[Rule]:
        """Return the rule catalogue, in the order of the documents."""
        return [read(Rule, document) for document in self._transport.call("GET", "/rules")["rules"]]

    def specification(self, name: str) -> dict[str, Any]:
        """Return an OpenAPI document as the server serves it; ``health().specifications`` has the names."""
        document: dict[str, Any] = self._transport.call("GET", f"/openapi/{name}.json")
        return document
