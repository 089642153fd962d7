"""What all requests share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mockserver.contract.meter import Meter
from mockserver.simulation.scenarios import Scenarios, Stage
from mockserver.simulation.state import Documents

if TYPE_CHECKING:
    from mockserver.contract.loading import Contract
    from mockserver.simulation.worlds import World, Worlds


TargetCheck = Callable[["World", str, str], bool]


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
    :ivar documents: writes worlds as documents, and makes worlds from them.
    :ivar scenarios: the named states that a world can be brought into.
    :ivar stage: brings a world into one of them.
    :ivar meter: what is counted for ``/_mock/metrics``.
    :ivar violations: how often this server broke its own specification; each is a bug and in the log.
    """

    contract: Contract
    settings: Settings
    worlds: Worlds
    targets: TargetCheck
    documents: Documents = field(default_factory=Documents)
    scenarios: Scenarios = field(default_factory=Scenarios)
    stage: Stage = field(default_factory=Stage)
    violations: int = 0
    meter: Meter = field(default_factory=Meter)
    started: float = field(default_factory=time.perf_counter)
