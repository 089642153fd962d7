"""Say what a run was made on: machine, versions, commit, date."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import peers
from benchmarks.servers import ROOT

PACKAGES = (
    "commerce-mockserver",
    "connexion",
    "uvicorn",
    "uvloop",
    "httptools",
    "jsonschema-rs",
    "orjson",
    "flask",
)

MEMORY = r"MemTotal:\s*(\d+)"


def describe(*, with_peers: bool) -> dict[str, str]:
    """Return the facts by name, as text."""
    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]),
        "processor": _find(r"model name\s*: (.*)", "/proc/cpuinfo"),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_find(MEMORY, '/proc/meminfo')) / 1024**2:.0f} GiB",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "wrk": _match(r"wrk (\S+)", _output(["wrk", "-v"])),
    }
    facts |= {name: found for name in PACKAGES if (found := _installed(name))}
    if with_peers:
        facts |= {name: peers.version(name) for name in peers.PACKAGES if name not in peers.missing()}
        facts["Node.js"] = _output(["node", "--version"]).removeprefix("v")
        facts["Java"] = _match(r'version "([^"]+)"', _output(["java", "-version"]))
    return facts


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _output(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip()


def _find(pattern: str, file: str) -> str:
    return _match(pattern, Path(file).read_text())


def _match(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1].strip() if found else ""
