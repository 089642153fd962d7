"""What Foxy's resources of a world work on: the fixtures that all worlds share, and what this one added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from mockserver.foxy.book import Report, ReportBook
from mockserver.foxy.dates import parse_instant, parse_wall
from mockserver.foxy.history import History, Recipe
from mockserver.foxy.links import Signer
from mockserver.foxy.tokens import Client, Grant, Tokens
from mockserver.simulation.errors import RefusedValue, StateError
from mockserver.simulation.profiles import Profile
from mockserver.simulation.state import join
from mockserver.simulation.worlds import World

Read = TypeVar("Read")


@dataclass(frozen=True)
class Store:
    """A store: its owner, its zone, and the properties that it shows.

    :ivar opened: its first day of business.
    """

    id: int
    user: int
    zone: ZoneInfo
    opened: date
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class User:
    """A user, with the store that is theirs by default."""

    id: int
    store: int
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Directory:
    """The fixtures of ``fixtures/foxy.yaml``; the same in every world.

    :ivar reports: those that are there from the start.
    :ivar profile: how reports unfold unless somebody says otherwise.
    """

    stores: Mapping[int, Store]
    users: Mapping[int, User]
    clients: Mapping[str, Client]
    access: Mapping[str, Grant]
    refresh: Mapping[str, Grant]
    codes: Mapping[str, Grant]
    reports: tuple[Report, ...]
    profile: Profile
    recipe: Recipe
    _histories: dict[tuple[int, int], History] = field(default_factory=dict, repr=False)

    @classmethod
    def from_fixture(cls, fixture: Mapping[str, Any]) -> Directory:
        """Read the fixtures; a date or a profile that makes no sense is a ``RefusedValue`` with its place."""
        stores = [
            Store(
                id=raw["id"],
                user=raw["user"],
                zone=ZoneInfo(raw["properties"]["timezone"]),
                opened=date.fromisoformat(str(raw["opened"])),
                properties=raw["properties"],
            )
            for raw in fixture["stores"]
        ]
        users = (User(raw["id"], raw["store"], raw["properties"]) for raw in fixture["users"])
        clients = {raw["id"]: Client(**raw) for raw in fixture["clients"]}
        by_id = {store.id: store for store in stores}
        reports = tuple(
            _report(raw, by_id[raw["store"]].zone, f"reports[{place}]")
            for place, raw in enumerate(fixture["reports"])
        )
        return cls(
            stores=by_id,
            users={user.id: user for user in users},
            clients=clients,
            access=_grants(fixture["accessTokens"], "token", clients),
            refresh=_grants(fixture["refreshTokens"], "token", clients),
            codes=_grants(fixture["authorizationCodes"], "code", clients),
            reports=reports,
            profile=_profile(fixture["profile"]),
            recipe=Recipe.from_fixture(fixture["recipe"]),
        )

    def tokens(self) -> Iterator[dict[str, Any]]:
        """Yield every access token as the control plane shows it."""
        for token, grant in self.access.items():
            yield {
                "token": token,
                "api": "foxy",
                "owner": grant.client.id,
                "expired": not grant.good(0),
                "administrator": False,
                "rights": {},
                "scope": grant.scope,
            }

    def history(self, seed: int, store: Store) -> History:
        """Return what a store has sold; worlds of the same seed share it."""
        return self._histories.setdefault(
            (seed, store.id), History(self.recipe, seed, store.id, store.opened)
        )


def _grants(rows: list[dict[str, Any]], name: str, clients: Mapping[str, Client]) -> dict[str, Grant]:
    return {
        row[name]: Grant(clients[row["client"]], row["scope"], 0 if row.get("expired") else None)
        for row in rows
    }


class Foxy:
    """One world's view of Foxy.

    :ivar directory: what all worlds share.
    :ivar tokens: the tokens that are good in this world.
    :ivar reports: the reports of this world.
    :ivar signer: makes and checks the download links of this world.
    """

    def __init__(self, world: World, directory: Directory) -> None:
        self.directory = directory
        self.tokens = Tokens(world, directory.access, directory.refresh)
        self.signer = Signer(world.seed, world.name)
        self.reports = ReportBook(world)
        for report in directory.reports:
            self.reports.add(report)

    def dump(self) -> Any:
        """Describe what is not as in the fixtures: tokens and reports."""
        reports = self.reports.dump()
        return {**self.tokens.dump(), **({"reports": reports} if reports else {})}

    def load(self, state: Any) -> None:
        """Know the tokens and reports that were described."""
        directory = self.directory
        self.tokens.load(state, directory.clients)
        try:
            self.reports.load(state.get("reports", ()), directory.stores, directory.users)
        except StateError as error:
            raise StateError(f"reports{error.field}", error.value, error.accepted) from error


def _profile(raw: Mapping[str, Any]) -> Profile:
    try:
        return Profile.from_json(raw)
    except RefusedValue as error:
        raise RefusedValue(join("profile", error.field), error.value, error.accepted) from error


def _report(raw: Mapping[str, Any], zone: ZoneInfo, place: str) -> Report:
    """Return a report of the fixtures: what it shows never changes, so all worlds share it."""

    def read(key: str, parse: Callable[[str], Read | None]) -> Read:
        found = parse(raw[key])
        if found is None:
            raise RefusedValue(f"{place}.{key}", raw[key], "a time such as 2022-01-31 23:59:59")
        return found

    def instant(text: str) -> int | None:
        return parse_instant(text, zone)

    return Report(
        id=raw["id"],
        store=raw["store"],
        user=raw["user"],
        name=raw["name"],
        version=raw["version"],
        start=read("datetime_start", parse_wall),
        end=read("datetime_end", parse_wall),
        created=read("date_created", instant),
        fixed=(raw["status"], read("date_modified", instant)),
    )
