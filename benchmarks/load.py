"""Put load on a server with wrk, and measure several servers in turns."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.outcome import BenchmarkError, Options
from benchmarks.servers import Server

SCRIPTS = Path(__file__).resolve().parent / "wrk"


class LoadError(BenchmarkError):
    """Raised when wrk is missing, or when requests fail under load: such figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk has measured.

    :ivar p50: latency in milliseconds; ``p99`` likewise.
    :ivar cpu: microseconds of processor time that the server spent on a request.
    """

    requests_per_second: float
    p50: float
    p99: float
    cpu: float

    def to_json(self) -> dict[str, float]:
        """Return the figures under names that say their units."""
        return {
            "requests_per_second": round(self.requests_per_second, 1),
            "p50_ms": self.p50,
            "p99_ms": self.p99,
            "cpu_us": round(self.cpu, 1),
        }


@dataclass(frozen=True)
class Target:
    """What wrk asks for.

    :ivar server: whose processor time counts.
    :ivar script: one of the scripts in ``wrk/``.
    :ivar arguments: what the script is given.
    """

    server: Server
    headers: Mapping[str, str]
    script: str = "report.lua"
    arguments: Sequence[str] = ()


def require_wrk() -> None:
    """Fail, with what to do about it, when wrk is not installed."""
    if shutil.which("wrk") is None:
        raise LoadError("wrk is not installed. On Debian: apt-get install wrk")


def put_load(target: Target, *, connections: int, seconds: int) -> Load:
    """Run wrk on one thread for some seconds: on each connection the next request follows the last answer."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    command += ["--timeout", "10s", "--script", str(SCRIPTS / target.script)]
    for name, value in target.headers.items():
        command += ["--header", f"{name}: {value}"]
    command += [target.server.url, "--", *target.arguments]
    busy_before = target.server.cpu_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    busy = target.server.cpu_seconds() - busy_before
    if done.returncode != 0:
        raise LoadError(f"wrk failed: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    if found["refused"] or found["broken"] or not found["requests"]:
        raise LoadError(
            f"{target.server.url} failed under load: of {found['requests']} requests {found['refused']} "
            f"were answered with an error, and {found['broken']} with nothing."
        )
    return Load(
        requests_per_second=found["requests"] / found["microseconds"] * 1_000_000,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        cpu=busy / found["requests"] * 1_000_000,
    )


def measure_in_turns(
    targets: Mapping[str, Target],
    options: Options,
    *,
    connections: int,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Load]]:
    """Measure every target in each round (A B C A B C …), so that the machine's other work meets all of them.

    Each measurement follows a second of the same load that does not count.
    """
    found: dict[str, list[Load]] = {name: [] for name in targets}
    for turn in range(options.rounds):
        for name, target in targets.items():
            say(f"round {turn + 1} of {options.rounds}, {connections} connections: {name}")
            put_load(target, connections=connections, seconds=1)
            found[name].append(put_load(target, connections=connections, seconds=options.seconds))
    return found


def best(rounds: Sequence[Load]) -> Load:
    """Return the round with the highest throughput: the one that the machine disturbed least."""
    return max(rounds, key=lambda load: load.requests_per_second)


def to_json(rounds: Sequence[Load]) -> dict[str, Any]:
    """Return the best round, and all of them."""
    return {"best": best(rounds).to_json(), "rounds": [load.to_json() for load in rounds]}
