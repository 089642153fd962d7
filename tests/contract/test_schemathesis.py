"""Every specification against the running server: all checks, all phases, no warnings.

``make test`` runs it with a fixed seed and few examples, ``make contract`` longer and with a random seed.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mockserver.app import SPECIFICATIONS
from tests.running import RunningServer, run_server

EXAMPLES = os.environ.get("MOCKSERVER_CONTRACT_EXAMPLES", "25")
SEED = os.environ.get("MOCKSERVER_CONTRACT_SEED", "20260101")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")

WEBSALE = {"X-Authorization": "Bearer admin-token"}
CREDENTIALS = {"foxy": {"Authorization": "Bearer foxy-token", "FOXY-API-VERSION": "1"}}
STEADY = {"kind": "steady", "startingSeconds": 0, "durationSeconds": 3600}
"""Jobs that run from the start and for long, so that pause, resume and cancel meet them."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with run_server(tmp_path_factory.mktemp("contract"), "--no-access-log") as running:
        yield running


def _prepare(client: httpx.Client, name: str) -> dict[str, str]:
    """Give the world what schemathesis cannot find by itself; return values for parameters."""
    if name == "foxy":
        client.put("/_mock/clock", json={"mode": "frozen"}).raise_for_status()
        report = client.get("/report/1", headers=CREDENTIALS["foxy"]).json()
        link = urlsplit(report["_links"]["fx:download_url"]["href"])
        folder, file = link.path.split("/")[-2:]
        query = {f"query.{key}": value for key, value in parse_qsl(link.query)}
        return {"path.id": "1", "path.folder": folder, "path.file": file, **query}
    if name == "websale-content":
        client.put("/_mock/profiles/build/*", json={"kind": "immediate"}).raise_for_status()
        client.post("/admin/api/v1/datafeeds/build/1").raise_for_status()
        (row, *_) = client.get("/admin/api/v1/datafeeds/build/1/status").json()
        feed, subshop, file = urlsplit(row["url"]).path.split("/")[-3:]
        parameters = {"path.feed": feed, "path.subshop": subshop, "path.file": file}
    else:
        parameters = {}
    start = client.post("/admin/api/v1/report/order/start", headers={"Prefer": "profile=immediate"})
    for api in ("report", "import"):
        client.put(f"/_mock/profiles/{api}/*", json=STEADY).raise_for_status()
    return {"path.fileName": start.json()["fileName"], **parameters}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_the_server_keeps_the_specification(name: str, server: RunningServer, tmp_path: Path) -> None:
    world = f"schemathesis-{name}"
    headers = {**CREDENTIALS.get(name, WEBSALE), "X-Mock-World": world}
    with httpx.Client(base_url=server.url, headers=WEBSALE | {"X-Mock-World": world}) as client:
        parameters = _prepare(client, name)
        document = client.get(f"/_mock/openapi/{name}.json").json()
        health = client.get("/_mock/health").json()
    known = {p["name"] for p in _parameters(document)}
    chosen = {key: value for key, value in parameters.items() if key.partition(".")[2] in known}
    configuration = tmp_path / "schemathesis.toml"
    table = "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in chosen.items())
    configuration.write_text(
        f"{CONFIGURATION.read_text(encoding='utf-8')}\n[parameters]\n{table}", encoding="utf-8"
    )
    seed = str(random.SystemRandom().randrange(2**32)) if SEED == "random" else SEED
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{server.url}/_mock/openapi/{name}.json"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--seed", seed, "--max-examples", EXAMPLES),
        *(option for key, value in headers.items() for option in ("--header", f"{key}: {value}")),
    ]
    environment = os.environ | {"MOCKSERVER_URL": server.url, "MOCKSERVER_WORLD": world}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"[1-9]\d* generated, [1-9]\d* passed", result.stdout), result.stdout
    after = httpx.get(f"{server.url}/_mock/health").json()
    assert after["violations"] == health["violations"] == 0


def _parameters(document: dict[str, object]) -> Iterator[dict[str, str]]:
    """Yield every parameter object of a document."""
    if isinstance(document, dict):
        if "in" in document and "name" in document:
            yield document  # type: ignore[misc]
        for value in document.values():
            yield from _parameters(value)  # type: ignore[arg-type]
    elif isinstance(document, list):
        for item in document:
            yield from _parameters(item)
