"""An isolated world of a mock server, as a test has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from mockserver.testing._http import Transport
from mockserver.testing.contents import Files, Records
from mockserver.testing.coverage import Coverage
from mockserver.testing.errors import NotVerified, Refused
from mockserver.testing.events import Events
from mockserver.testing.journal import Journal, Times, Verification
from mockserver.testing.models import Scenario, WorldState, read
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
    def records(self) -> Records:
        """The records of its shop."""
        return Records(self._transport, self.name)

    @cached_property
    def files(self) -> Files:
        """What the builds of its feeds have written."""
        return Files(self._transport, self.name)

    @cached_property
    def requests(self) -> Journal:
        """The journal of the vendor calls that were made in this world."""
        return Journal(self._transport, self.name)

    @property
    def coverage(self) -> Coverage:
        """Which operations, statuses and rules were met in this world so far; asked for anew each time."""
        return self.measure()

    def measure(self, *, used: bool = False) -> Coverage:
        """Return the coverage; with ``used`` only of the operations that were called, which is quicker."""
        query = {"used": "true"} if used else None
        return Coverage.from_json(self._transport.call("GET", "/coverage", world=self.name, query=query))

    def clear_coverage(self) -> None:
        """Forget what was met of the contract so far."""
        self._call("DELETE", "/coverage")

    def listen(self) -> Events:
        """Hear what happens in the world from now on.

        ::

            with world.listen() as events:
                start_export()
                job = events.next("job").data
        """
        return Events(self._transport, self.name)

    def scenario(self, name: str, *, reset: bool = False, **params: Any) -> None:
        """Bring the world into a named state, on top of what there is; its clock stays as it is.

        :param name: of the scenario, such as ``redis-down``, or a sentence that it stands for.
        :param reset: make the world anew first; its clock is then as the server started it.
        :param params: values for the scenario's parameters, such as ``percent=40``.
        :raises Refused: ``MOCK-404-scenario`` lists which there are, ``MOCK-400-scenario`` what a parameter takes.
        """
        # A sentence is a provider state; both kinds of names are found that way.
        self._call("POST", "/scenarios", {"state": name, "params": params, "reset": reset})

    def scenarios(self) -> Sequence[Scenario]:
        """Return the scenarios that there are, by name."""
        return [read(Scenario, document) for document in self._call("GET", "/scenarios")["scenarios"]]

    def verify(self, operation: str | None = None, times: Times = None, **criteria: Any) -> Verification:
        """Assert that calls were made, as often or in the order that is said.

        :param times: a number, ``{"atLeast": …, "atMost": …}``, or ``None`` for at least once.
        :param criteria: what else has to fit; see :meth:`Journal.verify`.
        :raises NotVerified: an ``AssertionError`` that says what was called instead.
        """
        verification = self.requests.verify(operation, times, **criteria)
        if not verification.verified:
            raise NotVerified(verification.describe(), verification)
        return verification

    def state(self) -> dict[str, Any]:
        """Return the world as a document, which :meth:`load` takes."""
        document: dict[str, Any] = self._call("GET", "/state")
        return document

    def load(self, state: Mapping[str, Any]) -> WorldState:
        """Bring the world into the state of a document.

        :raises Refused: ``MOCK-400-state`` names the place that is wrong; nothing has changed then.
        """
        return read(WorldState, self._call("PUT", "/state", dict(state)))

    def snapshot(self, name: str) -> None:
        """Keep a copy of the world as it is now, in place of one of the same name."""
        self._call("PUT", f"/snapshots/{quote(name, safe='')}")

    def restore(self, name: str) -> WorldState:
        """Bring the world back to a copy that was kept.

        :raises Refused: ``MOCK-404-snapshot`` lists which there are.
        """
        return read(WorldState, self._call("POST", f"/snapshots/{quote(name, safe='')}/restore"))

    def snapshots(self) -> Sequence[str]:
        """Return the names of the copies that are kept."""
        return [str(each["name"]) for each in self._call("GET", "/snapshots")["snapshots"]]

    def delete_snapshot(self, name: str) -> None:
        """Forget a copy that was kept.

        :raises Refused: ``MOCK-404-snapshot`` lists which there are.
        """
        self._call("DELETE", f"/snapshots/{quote(name, safe='')}")

    def reset(self) -> WorldState:
        """Bring the world back to its start: seed, data, and the clock as the server started it.

        It is done when this returns.
        """
        return read(WorldState, self._call("POST", "/reset"))

    def delete(self) -> None:
        """Drop the world with all that is in it; that it was never used is no error."""
        try:
            self._transport.call("DELETE", f"/worlds/{quote(self.name, safe='')}")
        except Refused as error:
            if error.status != 404:
                raise

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._transport.call(method, path, world=self.name, body=body)
