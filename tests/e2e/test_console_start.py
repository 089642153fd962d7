"""What the console's page Start has to copy does what it says, just as it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html
from playwright.sync_api import Browser

from mockserver.cli import main
from tests.running import RunningServer, run_server

CHECKOUT = Path(__file__).parent.parent.parent
FOREIGN = re.compile(r"PYTEST_|MOCKSERVER_|COV_")
"""Variables of the tests' own process."""

TOKEN = "s3cret"


@dataclass(frozen=True)
class Start:
    """The page, and somebody who copies from it."""

    server: RunningServer
    world: str
    token: str = ""

    @property
    def prefix(self) -> str:
        """Where the world is, below the server."""
        return "" if self.world == "default" else f"/w/{self.world}"

    def snippet(self, name: str) -> str:
        """Return a snippet as its button copies it."""
        with httpx.Client(base_url=f"{self.server.url}{self.prefix}/_mock/ui/", trust_env=False) as client:
            if self.token:
                form = html.fromstring(client.get("sign-in").text)
                csrf = form.xpath("//input[@name='csrf_token']/@value")[0]
                client.post("sign-in", data={"csrf_token": csrf, "token": self.token})
            return str(html.fromstring(client.get("start").text).get_element_by_id(name).text)

    def run(self, *command: str | Path, folder: Path) -> str:
        """Run a command with the control token in its environment, where there is one."""
        kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        given = {"PATH": path, "NO_PROXY": "*"} | (
            {"MOCKSERVER_CONTROL_TOKEN": self.token} if self.token else {}
        )
        result = subprocess.run(
            command, cwd=folder, env=kept | given, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def control(self, path: str) -> Any:
        """Read something of the page's world."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.server.url}{self.prefix}/_mock{path}"
        return httpx.get(url, headers=headers, trust_env=False).raise_for_status().json()

    def facts(self) -> dict[str, Any]:
        """Return how the world was made: seed, clock, speed."""
        self.control("/clock")  # which makes the world, if nobody has called it yet
        world = next(one for one in self.control("/worlds")["worlds"] if one["name"] == self.world)
        return {name: world["clock"][name] for name in ("mode", "speed")} | {"seed": world["seed"]}

    def jobs(self) -> list[str]:
        """Return the world's jobs, and what became of them."""
        return [f"{job['api']} {job['target']} {job['state']}" for job in self.control("/jobs")["jobs"]]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    options = ("--clock", "frozen", "--seed", "7", "--speed", "2", "--no-access-log")
    with run_server(tmp_path_factory.mktemp("start"), *options) as running:
        yield running


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    options = ("--control-token", TOKEN, "--no-access-log")
    with run_server(tmp_path_factory.mktemp("guarded"), *options) as running:
        yield running


@pytest.fixture(params=["world", "guarded"])
def start(request: pytest.FixtureRequest, open_server: RunningServer) -> Start:
    """The page of a world, and that of the default one on a server with a control token."""
    if request.param == "guarded":
        return Start(request.getfixturevalue("guarded_server"), "default", TOKEN)
    return Start(open_server, "".join(char if char.isalnum() else "-" for char in request.node.name))


def test_curl(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "snippet.sh"
    script.write_text(start.snippet("curl"), encoding="utf-8")
    output = start.run("bash", "-eu", script, folder=tmp_path)
    status, _ = json.JSONDecoder().raw_decode(output, output.rindex('{"'))
    assert (status["percentage"], status["status"]) == (100, 5)
    assert "report order finished" in start.jobs()


def test_fetch(start: Start, tmp_path: Path) -> None:
    (tmp_path / "export.mjs").write_text(start.snippet("fetch"), encoding="utf-8")
    assert re.fullmatch(r"100 %, \d{4,} characters\n", start.run("node", "export.mjs", folder=tmp_path))
    assert "report order finished" in start.jobs()


def test_python(start: Start, tmp_path: Path) -> None:
    (tmp_path / "export.py").write_text(start.snippet("python"), encoding="utf-8")
    assert re.fullmatch(
        r"100 %, \d{4,} characters\n", start.run(sys.executable, "export.py", folder=tmp_path)
    )
    assert "report order finished" in start.jobs()


def test_the_foxy_sdk(start: Start, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(CHECKOUT / "node_modules")
    (tmp_path / "report.mjs").write_text(start.snippet("foxy"), encoding="utf-8")
    state, url = start.run("node", "report.mjs", folder=tmp_path).split()
    assert state == "ready"
    assert httpx.get(url, trust_env=False).content.startswith(b"PK")
    assert "foxy 1 finished" in start.jobs()


def test_pytest(start: Start, tmp_path: Path) -> None:
    (tmp_path / "test_export.py").write_text(start.snippet("pytest"), encoding="utf-8")
    command = shlex.split(start.snippet("pytest-run"))
    assert "2 passed" in start.run(*command, folder=tmp_path)
    assert command[command.index("--mockserver-url") + 1] == start.server.url


def test_docker(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(start.snippet("docker").replace("\\\n", ""))
    assert (words[:3], words[-1]) == (["docker", "run", "--rm"], "commerce-mockserver")
    options = list(zip(words[3:-1:2], words[4:-1:2], strict=True))
    assert options.pop(0) == ("-p", f"127.0.0.1:{start.server.url.rpartition(':')[2]}:8080")
    assert {option for option, _ in options} == {"-e"}

    if start.token:
        monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", start.token)
    environment = dict(taken_from_environment(value) for _, value in options)
    assert {*environment} <= {option.envvar for option in main.commands["serve"].params}
    with run_server(tmp_path, "--no-access-log", env=os.environ | environment) as twin:
        other = Start(twin, start.world, start.token)
        assert other.facts() == start.facts()


def taken_from_environment(assignment: str) -> tuple[str, str]:
    """Read a variable as docker does: without a value it has the one that it has outside."""
    name, equals, value = assignment.partition("=")
    return name, value if equals else os.environ[name]


def test_the_banner_names_the_console(open_server: RunningServer) -> None:
    url = f"{open_server.url}/_mock/ui/"
    assert f"console       {url}\n" in open_server.banner
    assert "<h1>Overview" in httpx.get(url, trust_env=False).text


def test_a_button_copies_a_snippet(open_server: RunningServer, browser: Browser) -> None:
    start = Start(open_server, "copied")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{open_server.url}{start.prefix}/_mock/ui/start")
    page.get_by_role("button", name="Copy Foxy SDK").click()
    page.get_by_role("button", name="Copied Foxy SDK").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == start.snippet("foxy")
    context.close()


def test_the_page_can_be_read_without_javascript(open_server: RunningServer, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{open_server.url}/_mock/ui/start")
    assert "curl -sS -X POST" in page.locator("#curl").inner_text()
    context.close()
