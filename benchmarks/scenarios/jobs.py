"""Polling among many running exports."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from benchmarks.client import Client
from benchmarks.load import Target, best, measure_in_turns, put_load, to_json
from benchmarks.outcome import Budget, Options, Outcome, Table, count, mebibytes, milliseconds
from benchmarks.servers import API, TOKEN, Server, choose_day_long, own, running

SERVICES = (
    "adminUser",
    "category",
    "customerAccount",
    "dataFeed",
    "dataFeedTemplate",
    "inquiry",
    "inventory",
    "order",
    "newsletterSubscriber",
    "product",
    "productRating",
    "seoViews",
    "transaction",
    "voucher",
    "voucherPreset",
    "voucherTemplate",
)
CONNECTIONS = 16
FLAT = 1.25
"""The p99 among many jobs may be so many times that of one: what two runs of the same may differ by."""


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Poll random ones of 10,000 running exports (625 worlds of 16 services), next to a server with one."""
    with ExitStack() as stack:
        recipe = replace(own(), prepare=lambda client: None)
        one, many = (stack.enter_context(running(recipe, options.scratch)) for _ in range(2))
        start_jobs(one, worlds=1, services=SERVICES[:1])
        before = many.memory().resident
        say(f"start {options.worlds * len(SERVICES)} exports")
        start_jobs(many, worlds=options.worlds)
        with_jobs = many.memory().resident
        few_active, many_active = active_jobs(one, worlds=1), active_jobs(many, worlds=options.worlds)
        small, large = f"{count(few_active)} active job", f"{count(many_active)} active jobs"
        targets = {
            small: polling(one, worlds=1, services=SERVICES[:1]),
            large: polling(many, worlds=options.worlds),
        }
        for target in targets.values():
            put_load(target, connections=CONNECTIONS, seconds=options.warm_up)
        found = measure_in_turns(targets, options, connections=CONNECTIONS, say=say)
        after = many.memory().resident
    rows = []
    for name, rounds in found.items():
        load = best(rounds)
        rows.append(
            (
                name,
                count(load.requests_per_second),
                milliseconds(load.p50),
                milliseconds(load.p99),
                f"{load.cpu:,.0f} µs",
            )
        )
    each = (with_jobs - before) / many_active / 1024
    table = Table(
        "Polling among many jobs",
        ("", "requests/s", "p50", "p99", "CPU a request"),
        rows,
        note=(
            f"{options.worlds} worlds of {len(SERVICES)} services, random ones polled on {CONNECTIONS} "
            f"connections. Memory: {mebibytes(before)}, with the jobs {mebibytes(with_jobs)} "
            f"({each:.1f} KiB a job, worlds included), after polling {mebibytes(after)}."
        ),
    )
    ratio = best(found[large]).p99 / best(found[small]).p99
    budget = Budget(
        f"p99 flat from 1 to {count(many_active)} jobs (at most {FLAT:g} times)",
        f"{ratio:.2f} times",
        ratio <= FLAT,
    )
    figures = {
        "active_jobs": many_active,
        "few": to_json(found[small]),
        "many": to_json(found[large]),
        "before_bytes": before,
        "with_jobs_bytes": with_jobs,
        "after_polling_bytes": after,
    }
    return Outcome(figures, [table], [budget])


def start_jobs(server: Server, *, worlds: int, services: tuple[str, ...] = SERVICES) -> None:
    """Start an export that runs for a day in each service of each world."""
    with server.client() as client:
        for world in _worlds(worlds):
            choose_day_long(client, world)
            for service in services:
                headers = {**TOKEN, "X-Mock-World": world}
                client.json("POST", f"{API}/report/{service}/start", headers=headers)


def active_jobs(server: Server, *, worlds: int) -> int:
    """Ask the server how many of its jobs are under way."""
    with server.client() as client:
        return sum(_active_in(client, world) for world in _worlds(worlds))


def polling(server: Server, *, worlds: int, services: tuple[str, ...] = SERVICES) -> Target:
    """Return what polls a random job of those that :func:`start_jobs` has started."""
    path = f"{API}/report/%s/status"
    arguments = (path, str(worlds), ",".join(services), TOKEN["X-Authorization"])
    return Target(server, {}, "random_jobs.lua", arguments)


def _active_in(client: Client, world: str) -> int:
    jobs = client.json("GET", "/_mock/jobs", headers={"X-Mock-World": world})["jobs"]
    return sum(job["state"] in ("starting", "running") for job in jobs)


def _worlds(number: int) -> list[str]:
    return [f"bench-{index}" for index in range(1, number + 1)]
