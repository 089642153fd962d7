"""A very large import, and what it does to others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.client import AnswerError, Poller
from benchmarks.outcome import MIB, Budget, Options, Outcome, Table, count, mebibytes, milliseconds
from benchmarks.scenarios.export import SERVICE, start_export
from benchmarks.servers import API, TOKEN, Server, own, running

AT_ONCE = {**TOKEN, "Prefer": "profile=immediate"}
CONSTANT = 32 * MIB
"""By how much memory may grow and still count as constant."""
PATIENCE = 600.0
"""Seconds that the server has to read the file."""


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Import a million records from CSV, and poll an export beside it."""
    say(f"write a file of {count(options.records)} records")
    file = _write_file(options)
    say(f"import {count(options.records)} records, poll beside it")
    with running(own(), options.scratch) as server:
        idle = server.memory().resident
        server.forget_peak()
        with server.client() as polling, Poller(polling, server.recipe.path, TOKEN) as poller:
            seconds = _import(server, file, options.records)
            _check(server, options.records)
        memory = server.memory()
    size = file.stat().st_size
    rate = options.records / seconds
    growth = memory.peak - idle
    figures = {
        "service": SERVICE,
        "records": options.records,
        "bytes": size,
        "seconds": round(seconds, 3),
        "records_per_second": round(rate),
        "idle_bytes": idle,
        "peak_bytes": memory.peak,
        "after_bytes": memory.resident,
        "polls_beside": len(poller.latencies),
        "poll_p50_ms": round(poller.percentile(50), 3),
        "poll_p99_ms": round(poller.percentile(99), 3),
        "poll_worst_ms": round(poller.worst, 3),
    }
    row = (
        "csv",
        mebibytes(size),
        f"{seconds:.1f} s",
        count(rate),
        mebibytes(idle),
        mebibytes(memory.peak),
        milliseconds(poller.percentile(50)),
        milliseconds(poller.percentile(99)),
        milliseconds(poller.worst),
    )
    table = Table(
        f"Import of {count(options.records)} records of {SERVICE}",
        ("", "file", "time", "records/s", "memory, idle", "highest", "p50 of polls beside", "p99", "worst"),
        [row],
        note="Time: until start has answered. A poll every 10 ms, until an export has seen the records, too.",
    )
    promise = (
        f"import of {count(options.records)} records in constant memory (at most {mebibytes(CONSTANT)} more)"
    )
    budget = Budget(promise, f"{mebibytes(growth)} more", growth <= CONSTANT)
    return Outcome(figures, [table], [budget])


def _write_file(options: Options) -> Path:
    """Let a server of its own export the records to a file."""
    file = options.scratch / f"{SERVICE}.csv"
    with (
        running(own(records={SERVICE: options.records}), options.scratch) as server,
        server.client() as client,
    ):
        client.download(start_export(server, "csv"), to=file)
    return file


def _import(server: Server, file: Path, records: int) -> float:
    """Import the file at once; return the seconds that took."""
    began = time.perf_counter()
    with server.client(timeout=PATIENCE) as client:
        path = f"{API}/import/{SERVICE}/start?format=csv"
        status = client.upload(path, file, {**AT_ONCE, "Content-Type": "text/csv"})
    seconds = time.perf_counter() - began
    seen = {name: status[name] for name in ("status", "processed", "failed")}
    if seen != {"status": 5, "processed": records, "failed": 0}:
        raise AnswerError(f"The import of {count(records)} records answered {seen}.")
    return seconds


def _check(server: Server, records: int) -> None:
    """Make sure that an export has what was imported."""
    with server.client() as client:
        total = client.json("POST", f"{API}/report/{SERVICE}/start", headers=AT_ONCE)["total"]
    if total != records:
        raise AnswerError(f"After the import there are {total} records instead of {records}.")
