"""A server in a thread of the test process, and runs of pytest against it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockserver.settings import Settings
from mockserver.testing import Client, ServerThread, World
from tests.running import NOW

TOKEN = {"X-Authorization": "Bearer admin-token"}
REPORT = "/admin/api/v1/report"


@pytest.fixture(scope="session")
def running() -> Iterator[Client]:
    """A client of a server whose worlds stand still."""
    with ServerThread(Settings(clock="frozen", now=NOW, max_worlds=100_000)) as server:
        yield server.client()


@pytest.fixture
def own_world(running: Client, world: str) -> World:
    """A world that belongs to this test alone."""
    return running.world(world)


@pytest.fixture
def shop(own_world: World) -> Iterator[httpx.Client]:
    """The administrator's client of the vendor's API in the test's own world."""
    with httpx.Client(base_url=own_world.url + REPORT, headers=TOKEN, trust_env=False) as client:
        yield client


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose tests use this plugin and no other, as strict about warnings as this one."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("MOCKSERVER_NOW", NOW)
    pytester.makeini(
        """
        [pytest]
        addopts = -p mockserver.testing.plugin --strict-markers
        filterwarnings =
            error
            ignore:Using `httpx` with `starlette.testclient` is deprecated
            ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning
        """
    )
    return pytester


@pytest.fixture
def shared(suite: pytest.Pytester, running: Client, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The same, with a server that runs already."""
    monkeypatch.setenv("MOCKSERVER_URL", running.url)
    return suite
