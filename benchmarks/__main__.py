"""The command line: ``python -m benchmarks``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from benchmarks import machine, peers
from benchmarks.load import require_wrk
from benchmarks.outcome import BenchmarkError, Options, Outcome
from benchmarks.output import budget_table, print_table, write_json, write_markdown
from benchmarks.scenarios import SCENARIOS

QUICK = {"rounds": 2, "seconds": 1, "warm_up": 1, "starts": 2, "worlds": 25, "records": 50_000}
FULL = {"rounds": 3, "seconds": 4, "warm_up": 5, "starts": 5, "worlds": 625, "records": 1_000_000}
LATEST = Path(__file__).resolve().parent / "results" / "latest.json"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Short rounds and small numbers: to see that everything works.")
@click.option(
    "--only", type=click.Choice(list(SCENARIOS)), multiple=True, help="Measure this alone; may be repeated."
)
@click.option(
    "--peers",
    "with_peers",
    is_flag=True,
    help="Install Prism, WireMock and MockServer, and measure them too.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    default=LATEST,
    help="Where the figures go.  [default: benchmarks/results/latest.json]",
)
@click.option(
    "--markdown",
    "markdown_file",
    type=click.Path(path_type=Path),
    help="Write the tables as Markdown, too; into docs/benchmarks.md in their place.",
)
def main(
    quick: bool, only: tuple[str, ...], with_peers: bool, json_file: Path, markdown_file: Path | None
) -> None:
    """Measure the server's speed and size, and compare them with its budgets."""
    console = Console()
    console.width = max(console.width, 140)
    try:
        require_wrk()
        if with_peers:
            peers.install()
            for name, reason in peers.missing().items():
                console.print(f"{name} is left out: {reason}.")
        facts = machine.describe(with_peers=with_peers)
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
            options = Options(**(QUICK if quick else FULL), peers=with_peers, scratch=Path(scratch))
            outcomes = _measure(console, options, [name for name in SCENARIOS if name in (only or SCENARIOS)])
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    budgets = budget_table(budget for outcome in outcomes.values() for budget in outcome.budgets)
    print_table(console, budgets)
    write_json(json_file, facts, outcomes)
    console.print(f"Written to {json_file}")
    if markdown_file is not None:
        tables = [table for outcome in outcomes.values() for table in outcome.tables]
        write_markdown(markdown_file, facts, [*tables, budgets])


def _measure(console: Console, options: Options, names: Sequence[str]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for name in names:
        with console.status(name) as status:
            outcomes[name] = SCENARIOS[name](options, lambda text: status.update(text))
        for table in outcomes[name].tables:
            print_table(console, table)
    return outcomes


if __name__ == "__main__":
    main()
