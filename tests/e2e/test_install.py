"""What people install works without the checkout: from the wheel, from the source distribution, from the folder.

The wheels of all three have the same files, so one of them is installed: the one from the source distribution, which
lacks whatever somebody forgot to put into it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import __version__
from tests.running import RunningServer, run_server

CHECKOUT = Path(__file__).parent.parent.parent
CONSTRAINTS = ["--constraint", str(CHECKOUT / "constraints.txt")]
OURS = ("MOCKSERVER_", "PYTHON", "PYTEST", "VIRTUAL_ENV", "COV_")
ADMIN = {"X-Authorization": "Bearer admin-token"}


class Environment:
    """A virtual environment that knows nothing of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**kept, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def run(self, *command: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.variables,
            executable=str(self.folder / "bin" / command[0]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def install(self, *packages: str) -> None:
        self.run("pip", "install", "--quiet", *CONSTRAINTS, *packages)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The wheels that are built from the checkout, from the source distribution, and by pip from the folder."""
    folder = tmp_path_factory.mktemp("wheels")
    builder = Environment(folder / "venv")
    builder.install("hatchling")
    builder.run("hatchling", "build", "-d", str(folder / "dist"), cwd=CHECKOUT)
    (source,) = (folder / "dist").glob("*.tar.gz")
    found: dict[str, Path] = {}
    (found["wheel"],) = (folder / "dist").glob("*.whl")
    for name, package in {"source": source, "folder": CHECKOUT}.items():
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder / name)]
        builder.run("pip", "wheel", *options, str(package))
        (found[name],) = (folder / name).glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the server in it, and nothing else."""
    environment = Environment(tmp_path_factory.mktemp("installed") / "venv")
    environment.install(str(wheels["source"]))
    return environment


@pytest.fixture(scope="module")
def shop(installed: Environment) -> Path:
    """A folder that the installed command has written."""
    installed.run("mockserver", "init", "my-shop")
    return installed.folder / "my-shop"


@pytest.fixture(scope="module")
def server(
    installed: Environment, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The installed server with that shop."""
    given: dict[str, Any] = {"cwd": installed.folder, "env": installed.variables}
    command = (str(installed.folder / "bin" / "mockserver"),)
    ready = tmp_path_factory.mktemp("ready")
    with run_server(ready, "--fixtures", shop.name, "--clock", "frozen", command=command, **given) as server:
        yield server


def files(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


@pytest.mark.parametrize("name", ["source", "folder"])
def test_every_way_to_build_gives_the_same_files(wheels: Mapping[str, Path], name: str) -> None:
    assert files(wheels[name]) == files(wheels["wheel"])


def test_the_wheel_has_what_the_server_reads_and_no_tests(wheels: Mapping[str, Path]) -> None:
    names = set(files(wheels["wheel"]))
    for folder in ("openapi", "fixtures"):
        there = {
            f"mockserver/_shipped/{file.relative_to(CHECKOUT)}"
            for file in (CHECKOUT / folder).rglob("*.yaml")
        }
        assert there <= names
    starter = CHECKOUT / "mockserver" / "starter" / "files"
    assert {str(file.relative_to(CHECKOUT)) for file in starter.rglob("*.*")} <= names
    assert {name.partition("/")[0] for name in names} == {
        "mockserver",
        f"commerce_mockserver-{__version__}.dist-info",
    }


def test_it_comes_from_the_environment(installed: Environment) -> None:
    where = installed.run("python", "-c", "import mockserver; print(mockserver.__file__)").strip()
    assert where.startswith(f"{installed.folder}/")


def test_the_command_and_the_module_are_the_same(installed: Environment) -> None:
    assert "Stand in for the WEBSALE admin API" in installed.run("mockserver", "--help")
    assert installed.run("python", "-m", "mockserver", "--version") == f"mockserver, version {__version__}\n"
    assert installed.run("mockserver", "--version") == f"mockserver, version {__version__}\n"


def test_rules_and_completion_need_no_server(installed: Environment) -> None:
    rules = json.loads(installed.run("mockserver", "rules", "--json"))
    assert "REP-START-400-format" in {rule["id"] for rule in rules}
    assert "_MOCKSERVER_COMPLETE=bash_complete" in installed.run("mockserver", "completion", "bash")


def test_nothing_is_missing_and_nothing_clashes(installed: Environment) -> None:
    assert installed.run("pip", "check") == "No broken requirements found.\n"


def test_a_server_answers_for_the_shop_that_init_has_written(
    installed: Environment, server: RunningServer
) -> None:
    assert json.loads(installed.run("mockserver", "health", "--url", server.url))["status"] == "ok"
    started = httpx.post(f"{server.url}/admin/api/v1/report/order/start", headers=ADMIN).json()
    assert started["total"] == 25
    httpx.post(f"{server.url}/_mock/clock/advance", json={"until": "idle"})
    assert len(httpx.get(started["fileUrl"]).json()) == 25


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/_mock/docs", "swagger-ui"),
        ("/_mock/openapi/websale-report.yaml", "openapi: 3.0.3"),
        ("/_mock/scenarios", "stuck-export"),
        ("/_mock/ui/", "</html>"),
        ("/_mock/ui/static/console.css", "{"),
    ],
)
def test_pages_and_their_files_are_there(server: RunningServer, path: str, sign: str) -> None:
    answer = httpx.get(f"{server.url}{path}", headers={"Accept": "text/html, */*"}, follow_redirects=True)
    assert answer.status_code == 200
    assert sign in answer.text


def test_what_needs_more_than_the_server_says_so(installed: Environment, server: RunningServer) -> None:
    command = [str(installed.folder / "bin" / "mockserver"), "verify", server.url]
    done = subprocess.run(command, env=installed.variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Cannot run: " in done.stderr
    assert "commerce-mockserver[verify]" in done.stderr
