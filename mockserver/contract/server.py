"""What all requests share."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from mockserver.contract.goals import goals_of, own_rules
from mockserver.contract.meter import Meter
from mockserver.simulation.coverage import Goal
from mockserver.simulation.scenarios import Scenarios, Stage
from mockserver.simulation.state import Documents

if TYPE_CHECKING:
    from mockserver.contract.exchange import Exchange
    from mockserver.contract.loading import Contract
    from mockserver.simulation.job import Job
    from mockserver.simulation.worlds import World, Worlds


TargetCheck = Callable[["World", str, str], bool]
FilesOf = Callable[["Exchange", "Job"], list[dict[str, str]]]
Serve = Callable[["Exchange", Any], Awaitable[None]]


class Settings(Protocol):
    """The settings that the contract room reads; see :class:`mockserver.settings.Settings`."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def public_url(self) -> str: ...  # noqa: D102
    @property
    def trust_proxy(self) -> bool: ...  # noqa: D102
    @property
    def max_body(self) -> int: ...  # noqa: D102
    @property
    def validate_responses(self) -> bool: ...  # noqa: D102
    @property
    def auth(self) -> bool: ...  # noqa: D102
    @property
    def control_origin(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def control_token(self) -> str: ...  # noqa: D102


@dataclass
class Server:
    """One running mock server.

    :ivar targets: whether jobs of an API can have a target: a service, a feed, a store.
    :ivar files_of: by API, what tells name and URL of the files that a finished job has made.
    :ivar documents: writes worlds as documents, and makes worlds from them.
    :ivar scenarios: the named states that a world can be brought into.
    :ivar stage: brings a world into one of them.
    :ivar tokens: the access tokens of the fixtures, with what they allow.
    :ivar serve: answers a request, given what sends the answer's parts.
    :ivar meter: what is counted for ``/_mock/metrics``.
    :ivar started: instant of the start on the machine's performance counter, which times requests.
    :ivar epoch: the same instant in nanoseconds since 1970.
    :ivar at_stop: called when the server is about to stop.
    :ivar stopping: whether it is.
    :ivar violations: how often this server broke its own specification; each is a bug and in the log.
    """

    contract: Contract
    settings: Settings
    worlds: Worlds
    targets: TargetCheck
    files_of: Mapping[str, FilesOf] = field(default_factory=dict)
    documents: Documents = field(default_factory=Documents)
    scenarios: Scenarios = field(default_factory=Scenarios)
    stage: Stage = field(default_factory=Stage)
    tokens: Sequence[Mapping[str, Any]] = ()
    serve: Serve = field(init=False, repr=False)
    violations: int = 0
    meter: Meter = field(default_factory=Meter)
    started: float = field(default_factory=time.perf_counter)
    epoch: int = 0
    at_stop: set[Callable[[], object]] = field(default_factory=set)
    stopping: bool = False

    def __post_init__(self) -> None:
        self.epoch = self.worlds.settings.source()

    @cached_property
    def goals(self) -> list[Goal]:
        """What clients can meet of the vendors' contract."""
        return goals_of(self.contract)

    @cached_property
    def own_rules(self) -> frozenset[str]:
        """The rules that are no vendor's."""
        return own_rules(self.contract)

    def stop(self) -> None:
        """End what would never end by itself, so that the server can."""
        self.stopping = True
        for end in tuple(self.at_stop):
            end()


def administrators_token(tokens: Iterable[Mapping[str, Any]]) -> str:
    """Return the WEBSALE token that allows everything, for calls to copy; the first where none does, or none."""
    own = [one for one in tokens if one["api"] == "websale"]
    best: str = max(own, key=itemgetter("administrator"), default={"token": ""})["token"]
    return best
