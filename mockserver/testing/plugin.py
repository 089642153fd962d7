"""The pytest plugin: a server for the session, a world for each test.

Nothing here runs, and next to nothing is imported, before a test asks for a fixture.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shlex
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing.client import Client
    from mockserver.testing.coverage import Coverage
    from mockserver.testing.world import World

MARKER = (
    'mock_world(scenario=None, clock="frozen", speed=1.0, now=None): how the world of the fixture `mock_world` '
    "starts: a scenario by its name; a clock that is frozen or running, with its speed and its time."
)
SHOWN = 50
"""How many calls of a journal a report shows: the last ones."""

OUTPUT = "mockserver.coverage"

_world: pytest.StashKey[World] = pytest.StashKey()
_met: pytest.StashKey[Coverage] = pytest.StashKey()
_journal: pytest.StashKey[str] = pytest.StashKey()
_run: pytest.StashKey[str] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and settings."""
    group = parser.getgroup("mockserver", "mock server")
    group.addoption(
        "--mockserver-url",
        default=os.environ.get("MOCKSERVER_URL") or None,
        metavar="URL",
        help="Use the mock server that runs there.  [env: MOCKSERVER_URL; default: start one]",
    )
    group.addoption(
        "--mockserver-mode",
        choices=("thread", "process"),
        default="thread",
        help="Start the mock server in a thread of this process, or in a process of its own.  [default: thread]",
    )
    group.addoption(
        "--mock-coverage",
        action="store_true",
        help="Say at the end which operations, statuses and rules the tests have met; -v says which not.",
    )
    parser.addini(
        "mockserver_options",
        "Options of `mockserver serve` for the server that is started, such as: --seed 7 --records order=1000",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and find a name that no other run of these tests has."""
    config.addinivalue_line("markers", MARKER)
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    config.stash[_run] = f"{worker['testrunuid']}/{worker['workerid']}" if worker else secrets.token_hex(8)


@pytest.fixture(scope="session")
def mockserver(pytestconfig: pytest.Config) -> Iterator[Client]:
    """Give a client of the session's mock server; each pytest-xdist worker has a server of its own.

    With ``MOCKSERVER_URL`` or ``--mockserver-url`` all share the one that runs there.
    """
    from mockserver.testing.client import Client
    from mockserver.testing.errors import Unreachable
    from mockserver.testing.servers import ServerProcess, ServerThread, settings_of

    url = pytestconfig.getoption("mockserver_url")
    if url:
        client = Client(url, token=os.environ.get("MOCKSERVER_CONTROL_TOKEN", ""))
        try:
            client.health()
        except Unreachable as error:
            pytest.fail(f"{error}\nIt is named by --mockserver-url or MOCKSERVER_URL.", pytrace=False)
        yield client
        return
    # Time stands still unless a test moves it, also after a reset.
    options = ["--clock", "frozen", *shlex.split(str(pytestconfig.getini("mockserver_options")))]
    server: ServerThread | ServerProcess
    if pytestconfig.getoption("mockserver_mode") == "process":
        server = ServerProcess(options)
    else:
        server = ServerThread(settings_of(options))
    with server:
        yield server.client()


@pytest.fixture
def mock_world(mockserver: Client, request: pytest.FixtureRequest) -> Iterator[World]:
    """Give a world of the test's own, in the state that the marker ``mock_world`` says; its clock is frozen.

    When the test fails, the journal of the world is attached to its report.
    """
    from mockserver.testing.errors import Unreachable

    item: pytest.Item = request.node
    world = mockserver.world(_name(item))
    item.stash[_world] = world
    try:
        _arrange(world, item.get_closest_marker("mock_world"))
        yield world
    finally:
        item.stash[_journal] = _describe(world)
        del item.stash[_world]
        with contextlib.suppress(Unreachable):  # a server that is gone has said so where it was needed
            if request.config.getoption("mock_coverage"):
                _collect(request.config, world)
            world.delete()


def _name(item: pytest.Item) -> str:
    """Name a world so that people recognise the test, and no other test of any run has it."""
    digest = hashlib.sha256(f"{item.config.stash[_run]}/{item.nodeid}".encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", item.name)[:48].strip("-")
    return f"{readable}.{digest}"


def _arrange(world: World, marker: pytest.Mark | None) -> None:
    try:
        wanted = _read_marker(*marker.args, **marker.kwargs) if marker else _read_marker()
    except TypeError as error:
        raise pytest.UsageError(f"The marker mock_world is {MARKER} ({error})") from error
    world.reset()
    # Jobs of a scenario stand as it says while time stands still; a time that is set later would let them go on.
    world.clock.freeze()
    if wanted["now"] is not None:
        world.clock.set(wanted["now"])
    if wanted["scenario"]:
        world.scenario(wanted["scenario"])
    if wanted["clock"] == "running":
        world.clock.run(wanted["speed"])


def _read_marker(
    *, scenario: str | None = None, clock: str = "frozen", speed: float = 1.0, now: Any = None
) -> dict[str, Any]:
    """Check the marker's arguments by being called with them."""
    if clock not in ("frozen", "running"):
        raise pytest.UsageError(f"The marker mock_world has clock={clock!r}; accepted: 'frozen', 'running'.")
    return {"scenario": scenario, "clock": clock, "speed": speed, "now": now}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the journal to the report of a failed test."""
    report = yield
    if report.failed and (_world in item.stash or _journal in item.stash):
        journal = _describe(item.stash[_world]) if _world in item.stash else item.stash[_journal]
        report.sections.append(("Mock world", journal))
    return report


def _describe(world: World) -> str:
    """Write what was called in the world; a server that is gone must not hide the test's own failure."""
    from mockserver.testing.errors import MockServerError

    try:
        requests = world.requests.list(limit=SHOWN + 1)
        clock = world.clock.read()
    except MockServerError as error:
        return f"{world.name}: {error}"
    lines = [f"{world.name} at {world.server_url}, clock {clock.mode} at {clock.now}"]
    if len(requests) > SHOWN:
        lines.append("… earlier calls")
    lines += [str(request) for request in requests[-SHOWN:]]
    if not requests:
        lines.append("No vendor call was made.")
    return "\n".join(lines)


def _collect(config: pytest.Config, world: World) -> None:
    """Add what a test's world has met to what all have."""
    if _met in config.stash:  # which operations there are is known by then
        config.stash[_met].merge(world.measure(used=True))
    else:
        config.stash[_met] = world.coverage


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker's tests have met to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and _met in session.config.stash:
        output[OUTPUT] = session.config.stash[_met].pack()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what the tests of an xdist worker have met."""
    packed = getattr(node, "workeroutput", {}).get(OUTPUT)
    if packed is not None:
        from mockserver.testing.coverage import Coverage

        config: pytest.Config = node.config
        config.stash.setdefault(_met, Coverage()).merge(Coverage.unpack(packed))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which operations, statuses and rules the tests have met."""
    if config.getoption("mock_coverage"):
        terminalreporter.section("mock coverage")
        if _met not in config.stash:
            terminalreporter.line("No test has used mock_world.")
            return
        for line in config.stash[_met].lines(verbose=config.get_verbosity() > 0):
            terminalreporter.line(line)
