"""Other mock servers, from npm, installed into ``benchmarks/node_modules``, started as quiet as they can be.

========== =============================================================================================
Prism      serves the bundled specification and answers with its first example; ``-v silent``
WireMock   one stub for the path and the token; no request log, no request journal
MockServer one expectation for the path and the token; log level OFF, log events off
========== =============================================================================================
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.client import Client
from benchmarks.outcome import BenchmarkError
from benchmarks.servers import HOST, STATUS, TOKEN, Recipe

FOLDER = Path(__file__).resolve().parent
MODULES = FOLDER / "node_modules"
PACKAGES = {"Prism": "@stoplight/prism-cli", "WireMock": "wiremock", "MockServer": "mockserver-node"}


def install() -> None:
    """Install what ``package-lock.json`` lists, unless that is done already."""
    done = MODULES / ".package-lock.json"
    if done.is_file() and done.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime:
        return
    if shutil.which("npm") is None:
        raise BenchmarkError("--peers needs npm. On Debian: apt-get install npm")
    try:
        subprocess.run(["npm", "ci", "--loglevel=error"], cwd=FOLDER, check=True)
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"npm ci in {FOLDER} failed with {error.returncode}.") from error
    done.touch()


def version(name: str) -> str:
    """Return the installed version of a peer."""
    manifest = json.loads((MODULES / PACKAGES[name] / "package.json").read_text())
    return str(manifest["version"])


def missing() -> dict[str, str]:
    """Return the peers that cannot run on this machine, and what each lacks."""
    needs = {"Prism": "node", "WireMock": "java", "MockServer": "java"}
    return {
        name: f"{command} is not installed"
        for name, command in needs.items()
        if shutil.which(command) is None
    }


def recipes(specification: Path, body: Any) -> Iterator[Recipe]:
    """Return the peers that can run here; the Java ones answer with ``body``.

    :param specification: the bundled specification of the report API.
    """
    cannot_run = missing()
    made = (
        _prism(specification),
        _wiremock(body, specification.parent),
        _mockserver(body, specification.parent),
    )
    for name, recipe in zip(PACKAGES, made, strict=True):
        if name not in cannot_run:
            yield recipe


def _prism(specification: Path) -> Recipe:
    command = str(MODULES / ".bin" / "prism")
    return Recipe(
        f"Prism {version('Prism')}",
        lambda port: [command, "mock", "-v", "silent", "-h", HOST, "-p", str(port), str(specification)],
        path="/report/order/status",  # Prism leaves the path of the document's server out
        validates="request",
    )


def _wiremock(body: Any, folder: Path) -> Recipe:
    jar = str(next((MODULES / PACKAGES["WireMock"]).glob("build/*.jar")))
    quiet = ["--disable-banner", "--no-request-journal", "--disable-request-logging"]
    stub = {
        "request": {
            "method": "GET",
            "urlPath": STATUS,
            "headers": {name: {"equalTo": value} for name, value in TOKEN.items()},
        },
        "response": {"status": 200, "jsonBody": body, "headers": {"Content-Type": "application/json"}},
    }

    def prepare(client: Client) -> None:
        client.json("POST", "/__admin/mappings", body=stub)

    return Recipe(
        f"WireMock {version('WireMock')}",
        lambda port: [
            *("java", "-jar", jar, "--bind-address", HOST, "--port", str(port)),
            *("--root-dir", str(folder), *quiet),
        ],
        prepare=prepare,
    )


def _mockserver(body: Any, folder: Path) -> Recipe:
    jar = str(next((MODULES / PACKAGES["MockServer"]).glob("*.jar")))
    expectation = {
        "httpRequest": {
            "method": "GET",
            "path": STATUS,
            "headers": {name: [value] for name, value in TOKEN.items()},
        },
        "httpResponse": {
            "statusCode": 200,
            "headers": {"Content-Type": ["application/json"]},
            "body": json.dumps(body),
        },
    }

    def prepare(client: Client) -> None:
        client.content("PUT", "/mockserver/expectation", body=expectation)

    return Recipe(
        f"MockServer {version('MockServer')}",
        lambda port: ["java", "-Dmockserver.disableLogging=true", "-jar", jar, "-p", str(port), "-l", "OFF"],
        prepare=prepare,
        folder=folder,  # MockServer writes a certificate there
    )
