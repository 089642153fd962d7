"""From the start of the process to the first answer."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from benchmarks.outcome import Budget, Options, Outcome, Table, mebibytes
from benchmarks.servers import own, running

LIMIT = 1.0
"""Seconds within which the server has to be ready."""


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Start the server several times: seconds until /_mock/health answers, memory when idle."""
    seconds: list[float] = []
    idle: list[int] = []
    for turn in range(options.starts):
        say(f"start {turn + 1} of {options.starts}")
        with running(own(), options.scratch) as server:
            seconds.append(server.seconds_to_ready)
            idle.append(server.memory().resident)
    median = statistics.median(seconds)
    table = Table(
        "Start-up",
        ("", "median", "fastest", "slowest"),
        [
            ("ready", *(f"{value:.2f} s" for value in (median, min(seconds), max(seconds)))),
            (
                "memory, idle",
                *(mebibytes(value) for value in (statistics.median(idle), min(idle), max(idle))),
            ),
        ],
        note=f"{options.starts} starts; ready: /_mock/health has answered.",
    )
    budget = Budget(f"ready in less than {LIMIT:g} s", f"{median:.2f} s", median < LIMIT)
    return Outcome({"ready_seconds": seconds, "idle_bytes": idle}, [table], [budget])
