"""An isolated world of a mock server, as a test has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from mockserver.testing._http import Transport
from mockserver.testing.errors import NotVerified
from mockserver.testing.journal import Coverage, Journal, Times, Verification
from mockserver.testing.models import WorldState, read
from mockserver.testing.resources import Clock, Faults, Jobs, Outbox, Profiles

DEFAULT = "default"


class World:
    """A world: data, jobs, files, clock, faults and journal of its own.

    :ivar name: its name, the value of ``X-Mock-World``.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self.name = name

    def __repr__(self) -> str:
        return f"<World {self.name} of {self._transport.url}>"

    @property
    def url(self) -> str:
        """Base URL of the APIs in this world, without a trailing slash: the world stands in its path.

        A client with this base URL needs no header: ``f"{world.url}/admin/api/v1/report/order/start"``.
        """
        return f"{self._transport.url}/w/{quote(self.name, safe='')}"

    @property
    def server_url(self) -> str:
        """Base URL of the server; calls without :attr:`headers` are about its world ``default``."""
        return self._transport.url

    @property
    def headers(self) -> dict[str, str]:
        """The header that selects this world, for clients with :attr:`server_url` as their base URL."""
        return {"X-Mock-World": self.name}

    @cached_property
    def clock(self) -> Clock:
        """Its clock: freeze, run, set, advance."""
        return Clock(self._transport, self.name)

    @cached_property
    def jobs(self) -> Jobs:
        """Its exports, imports, builds and Foxy reports: look at them and push them."""
        return Jobs(self._transport, self.name)

    @cached_property
    def profiles(self) -> Profiles:
        """How its jobs unfold."""
        return Profiles(self._transport, self.name)

    @cached_property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return Faults(self._transport, self.name)

    @cached_property
    def outbox(self) -> Outbox:
        """What the vendor would have sent."""
        return Outbox(self._transport, self.name)

    @cached_property
    def requests(self) -> Journal:
        """The journal of the vendor calls that were made in this world."""
        return Journal(self._transport, self.name)

    @property
    def coverage(self) -> Coverage:
        """Which operations, statuses and rules were met in this world so far; asked for anew each time."""
        return Coverage.from_json(self._call("GET", "/coverage"))

    def scenario(self, name: str) -> None:
        """Bring the world into a named state.

        :raises Refused: there is no scenario of that name; the message lists which there are.
        """
        self._call("POST", f"/scenarios/{quote(name, safe='')}")

    def scenarios(self) -> dict[str, str]:
        """Return the scenarios that there are: descriptions by name."""
        return {
            each["name"]: each.get("description", "") for each in self._call("GET", "/scenarios")["scenarios"]
        }

    def verify(self, operation: str | None = None, times: Times = None, **matching: Any) -> Verification:
        """Assert that calls were made: what :meth:`Journal.verify` asks has to be so.

        :raises NotVerified: an ``AssertionError`` that says what was called instead.
        """
        verification = self.requests.verify(operation, times, **matching)
        if not verification.verified:
            raise NotVerified(verification.explain(), verification)
        return verification

    def state(self) -> dict[str, Any]:
        """Return the world as a document, which :meth:`load` takes."""
        document: dict[str, Any] = self._call("GET", "/state")
        return document

    def load(self, state: Mapping[str, Any]) -> None:
        """Bring the world into the state of a document."""
        self._call("PUT", "/state", dict(state))

    def snapshot(self, name: str) -> None:
        """Keep a copy of the world as it is now."""
        self._call("PUT", f"/snapshots/{quote(name, safe='')}")

    def restore(self, name: str) -> None:
        """Bring the world back to a copy that was kept."""
        self._call("POST", f"/snapshots/{quote(name, safe='')}/restore")

    def reset(self) -> WorldState:
        """Bring the world back to its start: clock, seed, data. It is done when this returns."""
        return read(WorldState, self._call("POST", "/reset"))

    def delete(self) -> None:
        """Drop the world with all that is in it; that it was never used is no error."""
        from mockserver.testing.errors import Refused

        try:
            self._transport.call("DELETE", f"/worlds/{quote(self.name, safe='')}")
        except Refused as error:
            if error.status != 404:
                raise

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._transport.call(method, path, world=self.name, body=body)
