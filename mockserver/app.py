"""The composition root: settings in, ASGI application out. The only module that knows every room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from mockserver.contract import load_contract
from mockserver.contract.compiled_app import CompiledApp
from mockserver.contract.edge import Edge
from mockserver.contract.server import Server
from mockserver.contract.specification import load_specification, read_yaml
from mockserver.foxy.world import Directory, Foxy
from mockserver.records import DataSet, Records, Service, load_recipes, load_services
from mockserver.resources import shipped
from mockserver.settings import Settings
from mockserver.simulation.faults import FaultBook
from mockserver.simulation.files import Files
from mockserver.simulation.outbox import Outbox
from mockserver.simulation.profiles import PROFILES, Profile
from mockserver.simulation.state import Documents
from mockserver.simulation.worlds import World, Worlds, WorldSettings
from mockserver.websale.building import Builds
from mockserver.websale.continuing import Exports, Imports
from mockserver.websale.delivery import Deliveries
from mockserver.websale.feeds import SERVICE as FEEDS
from mockserver.websale.login import Accounts, Logins
from mockserver.websale.shop import Shop
from mockserver.websale.storefront import Storefront
from mockserver.websale.written import Written

SPECIFICATIONS = [
    "websale-login",
    "websale-report",
    "websale-import",
    "websale-datafeeds",
    "websale-content",
    "foxy",
    "mock-control",
]

PARTS: Mapping[str, type[Any]] = {
    "logins": Logins,
    "records": Written,
    "exports": Exports,
    "imports": Imports,
    "builds": Builds,
    "foxy": Foxy,
    "outbox": Outbox,
    "faults": FaultBook,
}
"""The parts of a world that its document describes, by their name in it; a part may refer to those before it."""

EXPOSED_HEADERS = [
    "X-Mock-Rule",
    "X-Mock-Explain",
    "X-Mock-World",
    "X-Mock-Fault",
    "Link",
    "Location",
    "ETag",
    "Last-Modified",
    "Allow",
    "WWW-Authenticate",
    "Preference-Applied",
    "Content-Disposition",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class UnknownService(ValueError):
    """Raised when the settings name a service that the shop does not have."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no service {name}; there are {', '.join(known)}.")


class MockServer:
    """The ASGI application.

    :ivar server: what all requests share; tests and the command line read it.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        contract = load_contract(shipped("openapi"), SPECIFICATIONS)
        self.server = Server(contract, settings, _worlds(settings), _has_target, Documents(PARTS))
        self._app = CORSMiddleware(
            Edge(CompiledApp(contract).build(), self.server),
            allow_origins=settings.cors_origin or ["*"],
            allow_credentials=True,
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI event scope."""
        await self._app(scope, receive, send)


def _has_target(world: World, api: str, target: str) -> bool:
    """Tell whether jobs of the API can have this target in this world."""
    if api in ("report", "import"):
        return target in world.part(Shop).services
    if api == "foxy":
        return target in {str(store) for store in world.part(Foxy).directory.stores}
    if api == "build":
        return target.isdecimal() and world.part(Shop).records.find(FEEDS, int(target)) is not None
    return False


def _worlds(settings: Settings) -> Worlds:
    fixtures = shipped("fixtures")
    schemas = load_specification(shipped("openapi"), "records")
    services = load_services(fixtures, schemas.inline(schemas.document["components"]["schemas"]))
    for name in settings.records:
        if name not in services:
            raise UnknownService(name, services)
    dataset = DataSet(services, load_recipes(fixtures), settings.seed, settings.records)
    accounts = Accounts.from_fixture(read_yaml(fixtures / "users.yaml"))
    directory = Directory.from_fixture(read_yaml(fixtures / "foxy.yaml"))
    storefront = Storefront.from_fixture(read_yaml(fixtures / "shop.yaml"))
    deliveries = Deliveries(settings.deliver_webhooks)
    factories: Mapping[type[Any], Callable[[World], Any]] = {
        Exports: Exports,
        Imports: Imports,
        Written: Written,
        Builds: lambda world: Builds(world, storefront, deliveries, scheduler=settings.scheduler),
        Files: lambda _world: Files(),
        FaultBook: lambda world: world.faults,
        Foxy: lambda world: Foxy(world, directory),
        Logins: lambda world: Logins(world, accounts),
        Outbox: lambda _world: Outbox(),
        Shop: lambda world: Shop(world, services, Records(dataset), settings.import_errors),
    }
    start = WorldSettings(
        seed=settings.seed,
        mode=settings.clock,
        speed=settings.speed,
        max_faults=settings.max_faults,
        default_profile=lambda api, target: _default_profile(services, directory, api, target),
    )
    return Worlds(start, factories=factories, from_the_start=[Builds], limit=settings.max_worlds)


def _default_profile(services: Mapping[str, Service], directory: Directory, api: str, target: str) -> Profile:
    """Return the profile ``steady``, at the pace that the fixtures give the service or Foxy."""
    if api == "foxy":
        return directory.profile
    service = services.get(target)
    if service is None:
        return PROFILES["steady"]
    return Profile("steady", records_per_second=service.records_per_second)
