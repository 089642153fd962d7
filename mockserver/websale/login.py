"""Log in, refresh, and recognise callers: ``login``, ``login/refresh``, ``login/checkToken/{otok}``.

Tokens of the fixtures are valid in every world and never expire; tokens that a login issues live on the world's
clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract import Answer, Exchange, Principal, Rule
from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import StateError
from mockserver.simulation.spans import read_span, write_span
from mockserver.simulation.worlds import World

TOKEN_DIGITS = 40


@dataclass(frozen=True)
class User:
    """An account of the shop with what it can log in with."""

    id: int
    principal: Principal
    email: str
    password: str
    api_key: str
    token: str


@dataclass(frozen=True)
class Accounts:
    """The accounts of the fixtures; the same in every world."""

    users: tuple[User, ...]
    expired_tokens: frozenset[str]
    one_time_tokens: Mapping[str, int | None]
    lifetime: int
    by_token: Mapping[str, User] = field(default_factory=dict)

    @classmethod
    def from_fixture(cls, fixture: Mapping[str, Any]) -> Accounts:
        """Read ``fixtures/users.yaml``."""
        users = tuple(
            User(
                id=raw["id"],
                principal=Principal(
                    raw["name"],
                    {service: frozenset(verbs) for service, verbs in raw["rights"].items()},
                    raw.get("administrator", False),
                ),
                email=raw["email"],
                password=raw["password"],
                api_key=raw["apiKey"],
                token=raw["token"],
            )
            for raw in fixture["users"]
        )
        return cls(
            users,
            frozenset(fixture["expiredTokens"]),
            fixture["oneTimeTokens"],
            fixture["tokenLifetime"] * SECOND,
            {user.token: user for user in users},
        )

    def tokens(self) -> Iterator[dict[str, Any]]:
        """Yield every access token as the control plane shows it."""
        for user in self.users:
            who = user.principal
            rights = {service: sorted(verbs) for service, verbs in who.rights.items()}
            yield _token(user.token, owner=who.name, administrator=who.administrator, rights=rights)
        for token in sorted(self.expired_tokens):
            yield _token(token, expired=True)

    def find(self, credentials: Mapping[str, str]) -> User | None:
        """Return the user with these credentials: an API key, or a name or e-mail address with a password."""
        for user in self.users:
            if "apiKey" in credentials:
                if user.api_key == credentials["apiKey"]:
                    return user
            elif user.password == credentials["password"] and (
                user.email == credentials.get("email") or user.principal.name == credentials.get("userName")
            ):
                return user
        return None


def _token(token: str, **facts: Any) -> dict[str, Any]:
    neutral = {"owner": "", "expired": False, "administrator": False, "rights": {}, "scope": ""}
    return {"token": token, "api": "websale", **neutral, **facts}


class Logins:
    """Who is logged in to a world: the tokens that were issued there, and until when (ticks) they are good."""

    def __init__(self, world: World, accounts: Accounts) -> None:
        self.world = world
        self.accounts = accounts
        self._access: dict[str, tuple[User, int]] = {}
        self._refresh: dict[str, User] = {}
        self._used: set[str] = set()
        self._expired: set[str] = set()

    def issue(self, user: User) -> dict[str, str]:
        """Issue a pair of tokens; expired ones are forgotten on the way."""
        now = self.world.clock.ticks()
        self._access = {token: grant for token, grant in self._access.items() if grant[1] > now}
        access, refresh = self.world.hex(TOKEN_DIGITS), self.world.hex(TOKEN_DIGITS)
        self._access[access] = (user, now + self.accounts.lifetime)
        self._refresh[refresh] = user
        return {"accessToken": access, "refreshToken": refresh}

    def refresh(self, token: str) -> User | None:
        """Take a refresh token back; each is good once."""
        return self._refresh.pop(token, None)

    def recognise(self, token: str) -> Principal:
        """Return who has this access token; ``ValueError`` says what is wrong with one that is no good."""
        user = None if token in self._expired else self.accounts.by_token.get(token)
        if user is None:
            grant = self._access.get(token)
            expired = grant is not None and grant[1] <= self.world.clock.ticks()
            if expired or token in self.accounts.expired_tokens or token in self._expired:
                raise ValueError("The access token has expired; get another by POST /admin/api/v1/login.")
            if grant is None:
                raise ValueError(
                    "The access token is unknown in this world; accepted: one of GET /_mock/tokens, or of a login."
                )
            user = grant[0]
        return user.principal

    def expire(self, token: str) -> bool:
        """Let an access token run out now, be it one of the fixtures; False when this world has no such token."""
        if token not in self.accounts.by_token and token not in self._access:
            return False
        self._expired.add(token)
        return True

    def dump(self) -> Any:
        """Describe the tokens that were issued here, and what became of those of the fixtures."""
        described = {
            "access": [
                {"token": token, "user": user.principal.name, "expires": write_span(expires)}
                for token, (user, expires) in self._access.items()
            ],
            "refresh": [
                {"token": token, "user": user.principal.name} for token, user in self._refresh.items()
            ],
            "used": sorted(self._used),
            "expired": sorted(self._expired),
        }
        return {name: part for name, part in described.items() if part}

    def load(self, state: Any) -> None:
        """Know the tokens that were described."""
        users = {user.principal.name: user for user in self.accounts.users}

        def user_of(part: str, place: int, described: Mapping[str, str]) -> User:
            user = users.get(described["user"])
            if user is None:
                raise StateError(f"{part}[{place}].user", described["user"], ", ".join(users))
            return user

        for place, described in enumerate(state.get("access", ())):
            expires = read_span(described["expires"], f"access[{place}].expires")
            self._access[described["token"]] = user_of("access", place, described), expires
        for place, described in enumerate(state.get("refresh", ())):
            self._refresh[described["token"]] = user_of("refresh", place, described)
        self._used.update(state.get("used", ()))
        self._expired.update(state.get("expired", ()))

    def redeem(self, token: str) -> int | None:
        """Use a one-time token: return the account's id; ``KeyError`` for an unknown or used token."""
        if token in self._used:
            raise KeyError(token)
        account = self.accounts.one_time_tokens[token]
        self._used.add(token)
        return account


def by_vendors_header(exchange: Exchange, value: str | None) -> Principal | None:
    """Recognise the caller by ``X-Authorization: Bearer <token>``; ``ValueError`` for any other value."""
    scheme, _, token = (value or "").strip().partition(" ")
    if value is not None and exchange.server.settings.auth and (scheme.lower() != "bearer" or not token):
        raise ValueError("X-Authorization does not say Bearer and a token; accepted: Bearer <token>.")
    return _by_token(exchange, token.strip())


def by_bearer(exchange: Exchange, value: str | None) -> Principal | None:
    """Recognise the caller by ``Authorization: Bearer <token>``; other schemes are others' business (convention)."""
    scheme, _, token = (value or "").strip().partition(" ")
    return _by_token(exchange, token.strip() if scheme.lower() == "bearer" else "")


def by_cookie(exchange: Exchange, value: str | None) -> Principal | None:
    """Recognise the caller by the cookie of a login."""
    return _by_token(exchange, value or "")


def _by_token(exchange: Exchange, token: str) -> Principal | None:
    """Return who has the token; without ``--auth`` everybody is the administrator."""
    logins = exchange.world.part(Logins)
    if not exchange.server.settings.auth:
        return logins.accounts.users[0].principal
    return logins.recognise(token) if token else None


async def login(exchange: Exchange, body: dict[str, str], set_cookie: str | None = None) -> Answer:
    """Log in by ``{email|userName, password}`` or ``{apiKey}`` (AUTH-LOGIN-200)."""
    missing = _missing(body)
    if missing:
        raise Rule("AUTH-LOGIN-400-missing", field=missing, explain=f"{missing} is missing.")
    logins = exchange.world.part(Logins)
    user = logins.accounts.find(body)
    if user is None:
        raise Rule(
            "AUTH-LOGIN-401", explain="No user has these credentials; try admin with the password admin."
        )
    tokens = logins.issue(user)
    wanted = set_cookie is not None and set_cookie not in ("false", "0")
    # A browser keeps the tokens of several worlds apart by the worlds' paths.
    attributes = f"Path={exchange.prefix}/; HttpOnly; SameSite=Lax"
    cookies = [("Set-Cookie", f"{name}={token}; {attributes}") for name, token in tokens.items()]
    return Answer(payload=tokens, headers=cookies if wanted else [])


def _missing(body: Mapping[str, str]) -> str:
    if "apiKey" in body:
        return ""
    if "email" not in body and "userName" not in body:
        return "email"
    return "" if "password" in body else "password"


async def refresh(exchange: Exchange, body: dict[str, str]) -> dict[str, str]:
    """Exchange a refresh token for a new pair of tokens (AUTH-REFRESH-200, convention)."""
    logins = exchange.world.part(Logins)
    user = logins.refresh(body["refreshToken"])
    if user is None:
        raise Rule("AUTH-REFRESH-401", explain="The refresh token is unknown in this world, or used already.")
    return logins.issue(user)


async def check_token(exchange: Exchange, otok: str) -> dict[str, Any]:
    """Tell whose one-time token this is, and use it up (AUTH-OTOK-200)."""
    try:
        account = exchange.world.part(Logins).redeem(otok)
    except KeyError:
        raise Rule(
            "AUTH-OTOK-400-invalid", field="otok", explain="Known one-time token: fresh-otok, once."
        ) from None
    if account is None:
        raise Rule("AUTH-OTOK-404", explain="The account of this one-time token is gone.")
    return {"success": True, "id": account}


async def check_token_missing() -> None:
    """Refuse ``login/checkToken`` without a token."""
    raise Rule("AUTH-OTOK-400-missing", field="otok", explain="The path ends before the one-time token.")
