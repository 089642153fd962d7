"""A very large export, streamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.client import AnswerError, Download, Poller
from benchmarks.outcome import MIB, Budget, Options, Outcome, Table, count, mebibytes, milliseconds
from benchmarks.servers import API, TOKEN, Server, own, running

SERVICE = "newsletterSubscriber"
HEADER_LINES = {"json": 2, "csv": 1}
"""Lines of a file that are no record: the brackets of the array, the header row."""
CONSTANT = 32 * MIB
"""By how much memory may grow and still count as constant; the file has hundreds of MiB."""


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Download a million records as JSON and CSV: records and bytes a second, memory, polls beside it."""
    figures: dict[str, Any] = {"service": SERVICE, "records": options.records}
    rows = []
    growth = 0
    for format in HEADER_LINES:
        say(f"export {count(options.records)} records as {format}")
        with running(own(records={SERVICE: options.records}), options.scratch) as server:
            idle = server.memory().resident
            server.forget_peak()
            done = download_export(server, format, options.records)
            peak = server.memory().peak
            beside = _poll_beside(server, format)
        growth = max(growth, peak - idle)
        rate, throughput = options.records / done.seconds, done.size / done.seconds
        rows.append(
            (
                format,
                mebibytes(done.size),
                f"{done.seconds:.1f} s",
                count(rate),
                f"{throughput / MIB:,.0f} MiB/s",
                mebibytes(idle),
                mebibytes(peak),
                milliseconds(beside.percentile(50)),
                milliseconds(beside.percentile(99)),
            )
        )
        figures[format] = {
            "bytes": done.size,
            "seconds": round(done.seconds, 3),
            "records_per_second": round(rate),
            "bytes_per_second": round(throughput),
            "idle_bytes": idle,
            "peak_bytes": peak,
            "polls_beside": len(beside.latencies),
            "poll_p50_ms": round(beside.percentile(50), 3),
            "poll_p99_ms": round(beside.percentile(99), 3),
            "poll_worst_ms": round(beside.worst, 3),
        }
    table = Table(
        f"Export of {count(options.records)} records of {SERVICE}, streamed",
        ("", "file", "time", "records/s", "bytes", "memory, idle", "highest", "p50 of polls beside", "p99"),
        rows,
        note="Polls: one every 10 ms on a connection of its own, during a second download of the same file.",
    )
    promise = (
        f"export of {count(options.records)} records in constant memory (at most {mebibytes(CONSTANT)} more)"
    )
    budget = Budget(promise, f"{mebibytes(growth)} more", growth <= CONSTANT)
    return Outcome(figures, [table], [budget])


def download_export(server: Server, format: str, records: int) -> Download:
    """Export all records of the service at once and read the file; fail unless it has all of them."""
    with server.client() as client:
        done = client.download(start_export(server, format))
    found = done.lines - HEADER_LINES[format]
    if found != records:
        raise AnswerError(f"The {format} file has {found} records instead of {records}.")
    return done


def start_export(server: Server, format: str) -> str:
    """Start an export that is finished at once, and return the URL of its file."""
    with server.client() as client:
        path = f"{API}/report/{SERVICE}/start?format={format}"
        status = client.json("POST", path, headers={**TOKEN, "Prefer": "profile=immediate"})
    return str(status["fileUrl"])


def _poll_beside(server: Server, format: str) -> Poller:
    """Poll another service's status while the file is downloaded."""
    url = start_export(server, format)
    with server.client() as polling, server.client() as downloading:
        with Poller(polling, server.recipe.path, TOKEN) as poller:
            downloading.download(url)
        return poller
