"""The composition root: settings in, ASGI application out. The only module that knows every room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from mockserver.console.mount import ConsoleMount
from mockserver.contract import Rule, load_contract
from mockserver.contract.compiled_app import CompiledApp
from mockserver.contract.edge import Edge
from mockserver.contract.faults import place_fault
from mockserver.contract.loading import Contract
from mockserver.contract.server import FilesOf, Server
from mockserver.contract.wording import listed, listed_near
from mockserver.control.scenario_files import ScenarioFile, load_scenarios, shapes_of
from mockserver.fixtures import Fixtures, load_fixtures
from mockserver.foxy import reports
from mockserver.foxy.scenes import order_report
from mockserver.foxy.world import Foxy
from mockserver.records import Records
from mockserver.resources import shipped
from mockserver.settings import Settings, SettingsError
from mockserver.simulation.clock import parse_time
from mockserver.simulation.errors import ClockError, NoSuchScenario, ScenarioError
from mockserver.simulation.faults import FaultBook
from mockserver.simulation.files import Files
from mockserver.simulation.outbox import Outbox
from mockserver.simulation.profiles import PROFILES, Profile
from mockserver.simulation.scenarios import Stage, choose_profiles, each, expire_tokens, run_jobs
from mockserver.simulation.state import Documents, Stateful
from mockserver.simulation.worlds import World, Worlds, WorldSettings
from mockserver.websale import builds, report
from mockserver.websale.building import Builds
from mockserver.websale.continuing import Exports, Imports
from mockserver.websale.delivery import Deliveries
from mockserver.websale.feeds import SERVICE as FEEDS
from mockserver.websale.login import Logins
from mockserver.websale.scenes import start_build, start_export, start_import, write_records
from mockserver.websale.shop import Shop
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

PARTS: Mapping[str, type[Stateful]] = {
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

FILES_OF: Mapping[str, FilesOf] = {
    "report": report.files_of,
    "build": builds.files_of,
    "foxy": reports.files_of,
}
"""By API, what a finished job has made; an import makes no files."""

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
    "Retry-After",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class MockServer:
    """The ASGI application.

    :ivar server: what all requests share; tests and the command line read it.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        contract = load_contract(shipped("openapi"), SPECIFICATIONS)
        fixtures = load_fixtures(settings)
        worlds = _worlds(settings, fixtures)
        self.server = Server(
            contract,
            settings,
            worlds,
            _has_target,
            FILES_OF,
            Documents(PARTS),
            stage=_stage(contract),
            tokens=[*fixtures.accounts.tokens(), *fixtures.directory.tokens()],
        )
        _set_scenarios(self.server, settings, fixtures)
        self._edge = Edge(CompiledApp(contract).build(), self.server)
        self.server.serve = self._edge.serve
        self._console = ConsoleMount(self._edge, settings)
        self._app = CORSMiddleware(
            self._edge,
            allow_origins=settings.cors_origin or ["*"],
            allow_credentials=True,
            allow_methods=METHODS,
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=EXPOSED_HEADERS,
        )

    def stop(self) -> None:
        """End the streams that have no end of their own."""
        self.server.stop()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI event scope."""
        if scope["type"] == "http" and self._console.claims(scope):
            await self._console(scope, receive, send)
        elif scope["type"] == "http" and not any(name == b"origin" for name, _ in scope["headers"]):
            await self._edge(scope, receive, send)  # not a browser's request: nothing for CORS to do
        else:
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


def _stage(contract: Contract) -> Stage:
    """Return what scenarios can do; this is the order in which they do it."""

    def place(world: World, action: Mapping[str, Any]) -> None:
        try:
            place_fault(contract, world, action)
        except Rule as rule:
            field = rule.field or ""
            refused = action.get(field)
            options = rule.facts.get("accepted", ())
            accepted = listed_near(refused, options) if options else rule.explain
            raise ScenarioError(field, refused, accepted) from rule

    return Stage(
        {
            "profiles": choose_profiles,
            "records": write_records,
            "jobs": run_jobs(
                {"report": start_export, "import": start_import, "build": start_build, "foxy": order_report}
            ),
            "faults": each(place),
            "tokens": expire_tokens(
                [
                    lambda world, token: world.part(Logins).expire(token),
                    lambda world, token: world.part(Foxy).tokens.expire(token),
                ]
            ),
        }
    )


def _set_scenarios(server: Server, settings: Settings, fixtures: Fixtures) -> None:
    """Load the scenarios; the user's own, and the one for every world, are tried out."""
    shapes = shapes_of(server.contract.specifications["mock-control"])
    server.scenarios = load_scenarios(fixtures.scenarios.values(), shapes)
    for file in fixtures.own_scenarios.values():
        _try_out(server, file)
    if settings.scenario:
        try:
            scenario = server.scenarios.find(settings.scenario)
        except NoSuchScenario as error:
            reason = (
                f"There is no scenario {settings.scenario}; there are {listed(sorted(fixtures.scenarios))}."
            )
            raise SettingsError(reason) from error
        _try_out(server, fixtures.scenarios[scenario.name])
        server.worlds.at_making = lambda world: server.stage.apply(world, scenario.filled({}))


def _try_out(server: Server, file: ScenarioFile) -> None:
    actions = server.scenarios.find(file.stem).filled({})
    try:
        server.worlds.rehearse(lambda world: server.stage.apply(world, actions))
    except ScenarioError as error:
        raise file.error(error.field, f"{error}.") from error


def _start(settings: Settings) -> int | None:
    """Return the calendar time at which worlds begin; None for the machine's."""
    try:
        return parse_time(settings.now) if settings.now else None
    except ClockError as error:
        raise SettingsError(f"The time {settings.now} is none; accepted: {error.accepted}.") from error


def _worlds(settings: Settings, fixtures: Fixtures) -> Worlds:
    deliveries = Deliveries(settings.deliver_webhooks)
    factories: Mapping[type[Any], Callable[[World], Any]] = {
        Exports: Exports,
        Imports: Imports,
        Written: Written,
        Builds: lambda world: Builds(world, fixtures.storefront, deliveries, scheduler=settings.scheduler),
        Files: lambda _world: Files(),
        FaultBook: lambda world: world.faults,
        Foxy: lambda world: Foxy(world, fixtures.directory),
        Logins: lambda world: Logins(world, fixtures.accounts),
        Outbox: lambda _world: Outbox(),
        Shop: lambda world: Shop(world, fixtures.services, Records(fixtures.dataset), settings.import_errors),
    }
    start = WorldSettings(
        seed=settings.seed,
        mode=settings.clock,
        speed=settings.speed,
        start=_start(settings),
        max_faults=settings.max_faults,
        journal=settings.journal,
        journal_room=settings.journal_size,
        default_profile=lambda api, target: _default_profile(fixtures, api, target),
    )
    return Worlds(start, factories=factories, from_the_start=[Builds], limit=settings.max_worlds)


def _default_profile(fixtures: Fixtures, api: str, target: str) -> Profile:
    """Return the profile ``steady``, at the pace that the fixtures give the service or Foxy."""
    if api == "foxy":
        return fixtures.directory.profile
    service = fixtures.services.get(target)
    if service is None:
        return PROFILES["steady"]
    return Profile("steady", records_per_second=service.records_per_second)
