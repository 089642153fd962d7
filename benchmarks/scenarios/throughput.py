"""One GET of a report status, here and elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import peers, stock
from benchmarks.load import Load, Target, best, measure_in_turns, put_load, to_json
from benchmarks.outcome import Budget, Options, Outcome, Table, count, mebibytes, milliseconds
from benchmarks.servers import HOST, STATUS, TOKEN, Recipe, Server, own, running

CONNECTIONS = (16, 1)
"""The first is the one that budgets are about."""
OWN = "this server"
LEADS = {"Prism": 2.5, "MockServer": 1.2}
"""How many times a peer's throughput this server's has to be."""


def measure(options: Options, say: Callable[[str], None]) -> Outcome:
    """Poll a report status on this server, stock Connexion and, with --peers, other mock servers."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}

        def start(recipe: Recipe) -> Server:
            say(f"start {recipe.name}")
            servers[recipe.name] = stack.enter_context(running(recipe, options.scratch))
            return servers[recipe.name]

        ours = start(own(OWN))
        start(own(f"{OWN}, access log", access_log=True))
        with ours.client() as client:
            specification = client.content("GET", "/_mock/openapi/websale-report.json")
            body = client.json("GET", STATUS, headers=TOKEN)
        for recipe in _others(options, specification, body):
            start(recipe)
        open_to_all = {name: _answer_without_token(server) for name, server in servers.items()}
        _check(servers, body)
        idle = {name: server.memory().resident for name, server in servers.items()}
        targets = {name: Target(server, TOKEN) for name, server in servers.items()}
        for name, target in targets.items():
            say(f"warm up {name}")
            put_load(target, connections=CONNECTIONS[0], seconds=options.warm_up)
        found = {
            number: measure_in_turns(targets, options, connections=number, say=say) for number in CONNECTIONS
        }
        loaded = {name: server.memory().resident for name, server in servers.items()}
    figures = {
        name: {
            "validates": server.recipe.validates,
            "status_without_token": open_to_all[name],
            "ready_seconds": round(server.seconds_to_ready, 3),
            "idle_bytes": idle[name],
            "loaded_bytes": loaded[name],
            **{f"connections_{number}": to_json(found[number][name]) for number in CONNECTIONS},
        }
        for name, server in servers.items()
    }
    return Outcome(
        figures,
        [_table(servers, found, options), _sizes(servers, idle, loaded, open_to_all)],
        _budgets(found),
    )


def _others(options: Options, specification: bytes, body: Any) -> Iterator[Recipe]:
    """Return the servers to compare with; they serve the specification, or the body, of this server."""
    yield from _stock(stock.write_specification(specification, options.scratch))
    if options.peers:
        file = options.scratch / "websale-report.json"
        file.write_bytes(specification)
        yield from peers.recipes(file, body)


def _stock(specification: Path) -> Iterator[Recipe]:
    for kind, factory in {"AsyncApp": "async_app", "FlaskApp": "flask_app"}.items():
        yield Recipe(
            f"Connexion {kind}",
            lambda port, factory=factory: [  # type: ignore[misc]
                *(sys.executable, "-m", "uvicorn", "--factory", f"benchmarks.stock:{factory}"),
                *("--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"),
            ],
            validates="request, response",
            environment={stock.SPECIFICATION: str(specification)},
        )


def _answer_without_token(server: Server) -> int:
    with server.client() as client:
        return client.status("GET", server.recipe.path)


def _check(servers: Mapping[str, Server], body: Any) -> None:
    """Make sure that all of them answer a status with the same fields."""
    for server in servers.values():
        with server.client() as client:
            answer = client.json("GET", server.recipe.path, headers=TOKEN)
        assert sorted(answer) == sorted(body), f"{server.recipe.name} answers {json.dumps(answer)}"


def _table(
    servers: Mapping[str, Server], found: Mapping[int, Mapping[str, list[Load]]], options: Options
) -> Table:
    columns = ["", "validates"]
    for number in CONNECTIONS:
        columns += [f"requests/s, {number} conn.", "p50", "p99"]
    columns.append("CPU a request")
    rows = []
    for name, server in servers.items():
        row = [name, server.recipe.validates or "–"]
        for number in CONNECTIONS:
            load = best(found[number][name])
            row += [count(load.requests_per_second), milliseconds(load.p50), milliseconds(load.p99)]
        row.append(f"{best(found[CONNECTIONS[0]][name]).cpu:,.0f} µs")
        rows.append(row)
    note = (
        f"GET {STATUS}; the best of {options.rounds} interleaved rounds of {options.seconds} s, after "
        f"{options.warm_up} s of warm-up each. CPU: processor time of the server, at {CONNECTIONS[0]} connections."
    )
    return Table("Polling a report status", columns, rows, note)


def _sizes(
    servers: Mapping[str, Server],
    idle: Mapping[str, int],
    loaded: Mapping[str, int],
    open_to_all: Mapping[str, int],
) -> Table:
    rows = [
        (
            name,
            f"{server.seconds_to_ready:.2f} s",
            mebibytes(idle[name]),
            mebibytes(loaded[name]),
            str(open_to_all[name]),
        )
        for name, server in servers.items()
    ]
    columns = ("", "ready after", "memory, idle", "after the load", "without token")
    return Table("The same servers: start and resident memory", columns, rows, "One start each.")


def _budgets(found: Mapping[int, Mapping[str, list[Load]]]) -> list[Budget]:
    rates = {name: best(rounds).requests_per_second for name, rounds in found[CONNECTIONS[0]].items()}
    budgets = []
    for peer, lead in LEADS.items():
        rate = next((rate for name, rate in rates.items() if name.startswith(f"{peer} ")), None)
        ratio = None if rate is None else rates[OWN] / rate
        measured = "not measured; use --peers" if ratio is None else f"{ratio:.2f} times"
        met = None if ratio is None else ratio >= lead
        budgets.append(Budget(f"polling at least {lead:g} times {peer}", measured, met))
    return budgets
