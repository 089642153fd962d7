"""OAuth tokens of a world: who was granted what, and until when.

Grants of the fixtures are good for ever, or have always run out; those that ``/token`` gives live on the
world's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.foxy.conventions import ACCESS_SECONDS, REFRESH_SECONDS
from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import StateError
from mockserver.simulation.spans import read_optional, write_optional
from mockserver.simulation.worlds import World

TOKEN_DIGITS = 40
KEPT = 10_000
"""From so many access tokens on, those that have run out are forgotten; until then they are told apart."""


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client with the user and the store that its grants are about."""

    id: str
    secret: str
    user: int
    store: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token or code stands for.

    :ivar expires: tick from which on it is no good; ``None``: never, 0: from the beginning of time.
    """

    client: Client
    scope: str
    expires: int | None = None

    def good(self, now: int) -> bool:
        """Whether the grant has not run out."""
        return self.expires is None or now < self.expires


class Tokens:
    """The tokens that a world knows."""

    def __init__(self, world: World, access: Mapping[str, Grant], refresh: Mapping[str, Grant]) -> None:
        self._world = world
        self._fixed = {"access": access, "refresh": refresh}
        self._access = dict(access)
        self._refresh = dict(refresh)

    def access(self, token: str) -> Grant | None:
        """Return what an access token stands for, be it good or not."""
        return self._access.get(token)

    def refresh(self, token: str) -> Grant | None:
        """Return what a refresh token stands for, be it good or not."""
        return self._refresh.get(token)

    def issue(self, client: Client, scope: str) -> str:
        """Issue an access token for two hours (FOXY-AUTH-TTL)."""
        token = self._world.hex(TOKEN_DIGITS)
        now = self._world.clock.ticks()
        if len(self._access) > KEPT:
            self._access = {
                token: grant for token, grant in self._access.items() if grant.expires == 0 or grant.good(now)
            }
        self._access[token] = Grant(client, scope, now + ACCESS_SECONDS * SECOND)
        return token

    def issue_refresh(self, client: Client, scope: str) -> str:
        """Issue a refresh token for ten years."""
        token = self._world.hex(TOKEN_DIGITS)
        self._refresh[token] = Grant(client, scope, self._world.clock.ticks() + REFRESH_SECONDS * SECOND)
        return token

    def expire(self, token: str) -> bool:
        """Let an access token run out now, be it one of the fixtures; False when this world has no such token."""
        grant = self._access.get(token)
        if grant is None:
            return False
        self._access[token] = replace(grant, expires=0)
        return True

    def dump(self) -> dict[str, Any]:
        """Describe the tokens that are not as in the fixtures."""
        found = {"access": self._access, "refresh": self._refresh}
        described = {
            kind: [
                {
                    "token": token,
                    "client": grant.client.id,
                    "scope": grant.scope,
                    "expires": write_optional(grant.expires),
                }
                for token, grant in grants.items()
                if self._fixed[kind].get(token) != grant
            ]
            for kind, grants in found.items()
        }
        return {f"{kind}Tokens": rows for kind, rows in described.items() if rows}

    def load(self, state: Mapping[str, Any], clients: Mapping[str, Client]) -> None:
        """Know the tokens that were described."""
        for kind, grants in (("access", self._access), ("refresh", self._refresh)):
            for number, row in enumerate(state.get(f"{kind}Tokens", ())):
                place = f"{kind}Tokens[{number}]"
                client = clients.get(row["client"])
                if client is None:
                    raise StateError(f"{place}.client", row["client"], ", ".join(clients))
                expires = read_optional(row["expires"], f"{place}.expires")
                grants[row["token"]] = Grant(client, row["scope"], expires)
