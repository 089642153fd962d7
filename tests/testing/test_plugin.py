"""The pytest plugin, in test suites that use it."""

from __future__ import annotations

import re
import tomllib

import pytest

from mockserver.testing import Client, plugin
from tests.e2e.snippets import CHECKOUT

CALL = """
import urllib.error
import urllib.request

def call(method, url, path, **headers):
    request = urllib.request.Request(
        f"{url}/admin/api/v1{path}", method=method, headers={"X-Authorization": "Bearer admin-token", **headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
"""


@pytest.fixture(autouse=True)
def _helper(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(calling=CALL)


STARTS = """
from calling import call

def test_start(mock_world):
    assert call("POST", mock_world.url, "/report/order/start") == 200
    mock_world.clock.advance_until_idle()
    assert mock_world.jobs.latest("report", "order").state == "finished"

def test_nothing_is_left_of_other_tests(mock_world):
    assert list(mock_world.jobs) == []
"""


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_server_is_started_for_the_session(suite: pytest.Pytester, mode: str) -> None:
    suite.makepyfile(STARTS)
    result = suite.runpytest_inprocess("--mockserver-mode", mode)
    result.assert_outcomes(passed=2)


def test_a_running_server_is_used_and_left_as_it_was(shared: pytest.Pytester, running: Client) -> None:
    before = {world.name for world in running.worlds()}
    shared.makepyfile(
        """
        def test_url(mockserver, mock_world, request):
            assert mock_world.url.startswith(mockserver.url)
            assert mockserver.url == request.config.getoption("mockserver_url")
        """
    )
    shared.runpytest_inprocess().assert_outcomes(passed=1)
    assert {world.name for world in running.worlds()} == before


def test_a_server_that_does_not_run_is_said_with_where_it_was_named(suite: pytest.Pytester) -> None:
    suite.makepyfile(STARTS)
    result = suite.runpytest_inprocess("--mockserver-url", "http://127.0.0.1:1")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["*http://127.0.0.1:1 does not answer as a mock server*", "*MOCKSERVER_URL.*"]
    )


def test_workers_of_xdist_do_not_meet(shared: pytest.Pytester) -> None:
    shared.makepyfile(
        """
        import pytest
        from calling import call

        @pytest.mark.parametrize("number", range(12))
        def test_alone(mock_world, number):
            assert list(mock_world.jobs) == []
            assert call("POST", mock_world.url, "/report/order/start") == 200
            assert len(mock_world.jobs) == 1
        """
    )
    shared.runpytest_subprocess("-p", "xdist", "-n", "2").assert_outcomes(passed=12)


def test_the_clock_stands_still_unless_the_marker_says_otherwise(shared: pytest.Pytester) -> None:
    shared.makepyfile(
        """
        import pytest

        def test_frozen(mock_world):
            assert mock_world.clock.read().mode == "frozen"

        @pytest.mark.mock_world(clock="running", speed=60)
        def test_running(mock_world):
            clock = mock_world.clock.read()
            assert (clock.mode, clock.speed) == ("running", 60.0)

        @pytest.mark.mock_world(now="2026-03-01T12:00:00Z")
        def test_set(mock_world):
            assert mock_world.clock.read().now == "2026-03-01T12:00:00.000000000Z"
        """
    )
    shared.runpytest_inprocess().assert_outcomes(passed=3)


def test_the_clock_of_the_sessions_own_server_stands_still_after_a_reset(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        def test_frozen(mock_world):
            mock_world.reset()
            assert mock_world.clock.read().mode == "frozen"
        """
    )
    suite.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_marker_applies_a_scenario_while_time_stands_still(shared: pytest.Pytester) -> None:
    shared.makepyfile(
        """
        import pytest

        @pytest.mark.mock_world(scenario="nearly-finished-order-export", now="2026-03-01T12:00:00Z")
        def test_nearly(mock_world):
            assert mock_world.jobs.latest().percentage == 90
            assert mock_world.clock.read().mode == "frozen"
        """
    )
    shared.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('scenario="spoon"', "*MOCK-404-scenario*redis-down*"),
        ('clock="late"', "*has clock='late'; accepted: 'frozen', 'running'.*"),
        (
            "spoon=1",
            "*The marker mock_world is mock_world(scenario=None*unexpected keyword argument 'spoon'*",
        ),
        ('"redis-down"', "*The marker mock_world is mock_world(scenario=None*"),
    ],
)
def test_a_wrong_marker_is_an_error_that_says_what_would_be_right(
    shared: pytest.Pytester, marker: str, message: str, running: Client
) -> None:
    before = {world.name for world in running.worlds()}
    shared.makepyfile(
        f"""
        import pytest

        @pytest.mark.mock_world({marker})
        def test_never(mock_world):
            pass
        """
    )
    result = shared.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    assert {world.name for world in running.worlds()} == before


FAILS = """
import pytest
from calling import call

def test_pause(mock_world):
    call("POST", mock_world.url, "/report/order/start")
    call("POST", mock_world.url, "/report/product/pause")
    assert not "as expected"

@pytest.fixture
def broken(mock_world):
    call("POST", mock_world.url, "/report/voucher/start")
    raise LookupError

def test_setup(broken):
    pass

@pytest.fixture
def messy(mock_world):
    yield
    call("POST", mock_world.url, "/report/inquiry/start")
    raise LookupError

def test_teardown(messy):
    pass

def test_silent(mock_world):
    assert False

def test_passes(mock_world):
    call("POST", mock_world.url, "/report/category/start")

def test_without_a_world():
    assert False
"""


def test_the_journal_is_attached_to_what_fails(shared: pytest.Pytester) -> None:
    shared.makepyfile(FAILS)
    result = shared.runpytest_inprocess()
    result.assert_outcomes(passed=2, failed=3, errors=2)
    text = result.stdout.str()
    assert text.count(" Mock world ") == 4
    result.stdout.fnmatch_lines(
        [
            "*- Mock world -*",
            "test_setup.* at http*, clock frozen at *Z",
            "POST /admin/api/v1/report/voucher/start 200",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "*- Mock world -*",
            "test_pause.* at http*, clock frozen at *Z",
            "POST /admin/api/v1/report/order/start 200",
            "POST /admin/api/v1/report/product/pause 404 REP-PAUSE-404: No export of product was ever started *",
        ]
    )
    result.stdout.fnmatch_lines(["POST /admin/api/v1/report/inquiry/start 200", "No vendor call was made."])
    assert "category" not in text.partition("short test summary")[0].rpartition("Mock world")[2]


def test_a_long_journal_is_cut_at_its_beginning(shared: pytest.Pytester) -> None:
    shared.makepyfile(
        """
        from calling import call

        def test_many(mock_world):
            for number in range(53):
                call("GET", mock_world.url, "/report/order/status")
            assert False
        """
    )
    result = shared.runpytest_inprocess()
    result.stdout.fnmatch_lines(["… earlier calls"])
    assert len(re.findall(r"^GET .*status 200$", result.stdout.str(), re.MULTILINE)) == 50


def test_a_server_that_has_gone_does_not_hide_the_failure(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import pytest
        from mockserver.testing import ServerThread

        @pytest.fixture(scope="session")
        def server():
            with ServerThread() as server:
                yield server

        @pytest.fixture(scope="session")
        def mockserver(server):
            return server.client()
        """
    )
    suite.makepyfile(
        """
        def test_gone(mock_world, server):
            server.stop()
            assert not "as expected"
        """
    )
    result = suite.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert not*", "*does not answer as a mock server*"])


COVERS = """
import pytest
from calling import call

@pytest.mark.parametrize("service", ["order", "product", "spoon"])
def test_status(mock_world, service):
    call("GET", mock_world.url, f"/report/{service}/status")

def test_start(mock_world):
    call("POST", mock_world.url, "/report/order/start")
    assert False
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_session_says_what_its_tests_have_met(shared: pytest.Pytester, workers: str) -> None:
    shared.makepyfile(COVERS)
    result = shared.runpytest_subprocess("-p", "xdist", "--mock-coverage", "-n", workers)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*= mock coverage =*",
            "operations  2 of *",
            "statuses    3 of *",
            "rules       1 of *",
            "GET report/{service}/status  3 calls",
            "  met      200 (2), 400 (1), REP-STATUS-400-service (1)",
            "  not met  401, 503",
            "POST report/{service}/start  1 call",
        ]
    )


def test_a_session_that_met_nothing_says_so(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_nothing(): pass")
    result = suite.runpytest_inprocess("--mock-coverage")
    result.stdout.fnmatch_lines(["*= mock coverage =*", "No test has used mock_world."])


def test_options_of_the_server_are_settings_of_the_suite(suite: pytest.Pytester) -> None:
    suite.makeini(
        """
        [pytest]
        addopts = -p mockserver.testing.plugin
        mockserver_options = --seed 7 --records order=3
        """
    )
    suite.makepyfile(
        """
        from calling import call

        def test_seed(mock_world):
            assert mock_world.reset().seed == 7
            call("POST", mock_world.url, "/report/order/start")
            assert mock_world.jobs.latest().total == 3
        """
    )
    suite.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_wrong_option_of_the_server_is_said(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\naddopts = -p mockserver.testing.plugin\nmockserver_options = --spoon\n")
    suite.makepyfile(STARTS)
    result = suite.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*StartFailed: The mock server did not start: No such option*--spoon*"])


def test_a_suite_that_does_not_use_the_plugin_pays_nothing_for_it(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import sys

        def test_modules():
            heavy = {"connexion", "uvicorn", "starlette", "httpx", "yaml", "click", "http.client", "schemathesis"}
            assert not heavy & set(sys.modules)
            assert "mockserver.testing.plugin" in sys.modules
            assert "mockserver.app" not in sys.modules
        """
    )
    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_installing_the_package_installs_the_plugin() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"mockserver": plugin.__name__}


def test_the_markers_and_fixtures_say_what_they_are(suite: pytest.Pytester) -> None:
    markers = suite.runpytest_inprocess("--markers")
    markers.stdout.fnmatch_lines(["@pytest.mark.mock_world(scenario=None*"])
    fixtures = suite.runpytest_inprocess("--fixtures")
    fixtures.stdout.fnmatch_lines(["mock_world -- *", "mockserver [[]session scope[]] -- *"])
