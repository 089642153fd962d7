"""One server through everything."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.load import Target, put_load
from benchmarks.outcome import MIB, Budget, Options, Outcome, Table, count, mebibytes
from benchmarks.scenarios.export import SERVICE, download_export
from benchmarks.scenarios.jobs import SERVICES, polling, start_jobs
from benchmarks.servers import TOKEN, own, running

LIMIT = 100 * MIB
CONNECTIONS = 16


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Put one server through load, 10,000 running exports and two million-record exports."""
    stages: dict[str, int] = {}
    with running(own(records={SERVICE: options.records}), options.scratch) as server:

        def note(stage: str) -> None:
            stages[stage] = server.memory().resident

        note("idle")
        say(f"poll one export on {CONNECTIONS} connections")
        seconds = max(options.warm_up, options.seconds)
        put_load(Target(server, TOKEN), connections=CONNECTIONS, seconds=seconds)
        note(f"after {seconds} s of polling on {CONNECTIONS} connections")
        jobs = options.worlds * len(SERVICES)
        say(f"start and poll {count(jobs)} exports")
        start_jobs(server, worlds=options.worlds)
        put_load(polling(server, worlds=options.worlds), connections=CONNECTIONS, seconds=seconds)
        note(f"after polling {count(jobs)} active jobs in {options.worlds} worlds")
        for format in ("json", "csv"):
            say(f"export {count(options.records)} records as {format}")
            download_export(server, format, options.records)
        note(f"after exports of {count(options.records)} records as JSON and CSV")
        peak = server.memory().peak
    stages["highest ever"] = peak
    table = Table(
        "Resident memory of one server through everything",
        ("", "memory"),
        [(stage, mebibytes(size)) for stage, size in stages.items()],
    )
    loaded = list(stages.values())[1]
    budgets = [
        Budget(f"memory below {mebibytes(LIMIT)} after load", mebibytes(loaded), loaded < LIMIT),
        Budget(
            f"memory below {mebibytes(LIMIT)} after everything",
            mebibytes(max(stages.values())),
            max(stages.values()) < LIMIT,
        ),
    ]
    return Outcome({f"{stage} (bytes)": size for stage, size in stages.items()}, [table], budgets)
