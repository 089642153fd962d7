"""What is to be checked, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

GROUPS: Mapping[str, tuple[str, ...]] = {
    "websale": ("websale-login", "websale-report", "websale-import", "websale-datafeeds"),
    "foxy": ("foxy",),
}
"""What people call an API, and the specifications that it has. Files lie on a host of their own: name them apart."""

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
POLITE = "5/s"


class CannotRun(Exception):
    """Raised when the target cannot be checked: nobody answers, the credentials are refused, nothing is chosen."""


@dataclass(frozen=True)
class Options:
    """All options of a run.

    :ivar target: base URL of the shop, without the path of an API.
    :ivar apis: names of specifications, or of groups of them: ``websale``, ``foxy``.
    :ivar allow_writes: make calls that change something, too.
    :ivar token: access token, sent as the API takes it; empty for none.
    :ivar headers: sent with every call.
    :ivar parameters: values for parameters, by their name, or by ``operationId.name``.
    :ivar rate_limit: such as ``5/s`` or ``100/m``; ``""`` chooses: none on this machine, else a polite one.
    :ivar max_examples: calls that are made up for each operation.
    :ivar timeout: seconds to wait for an answer.
    :ivar ignore: IDs of rules that are known to be broken and no drift.
    """

    target: str
    apis: Sequence[str] = ("websale",)
    allow_writes: bool = False
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    rate_limit: str = ""
    max_examples: int = 20
    seed: int = 42
    timeout: float = 10.0
    tls_verify: bool = True
    ignore: frozenset[str] = frozenset()

    @property
    def base(self) -> str:
        """The target without a trailing slash."""
        return self.target.rstrip("/")

    @property
    def effective_rate_limit(self) -> str | None:
        """The rate limit that applies."""
        if self.rate_limit:
            return self.rate_limit
        return None if urlsplit(self.target).hostname in LOOPBACK else POLITE

    def credentials(self, specification: str) -> dict[str, str]:
        """Return the headers that carry the token for calls of a specification."""
        if not self.token:
            return {}
        header = "Authorization" if specification == "foxy" else "X-Authorization"
        return {header: f"Bearer {self.token}"}

    def specifications(self, known: Sequence[str]) -> list[str]:
        """Return the names of the chosen specifications.

        :raises CannotRun: there is none of that name.
        """
        chosen: list[str] = []
        for name in self.apis:
            if name not in GROUPS and name not in known:
                accepted = ", ".join((*GROUPS, *known))
                raise CannotRun(f"There is no API {name}; there are {accepted}.")
            chosen += [each for each in GROUPS.get(name, (name,)) if each in known and each not in chosen]
        return chosen
