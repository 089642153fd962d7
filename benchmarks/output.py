"""Print what was measured, and write it down as JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.outcome import BenchmarkError, Budget, Outcome, Table

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
WORDS = {True: "met", False: "missed", None: "not measured"}
COLOURS = {"met": "green", "missed": "red", "not measured": "dim"}


def print_table(console: Console, table: Table) -> None:
    """Print one table."""
    shown = RichTable(
        title=table.title, caption=table.note or None, box=box.SIMPLE_HEAD, title_justify="left"
    )
    for index, column in enumerate(table.columns):
        shown.add_column(column, justify="right" if index else "left")
    for row in table.rows:
        shown.add_row(*(f"[{COLOURS[cell]}]{cell}[/]" if cell in COLOURS else cell for cell in row))
    console.print(shown)


def budget_table(budgets: Iterable[Budget]) -> Table:
    """Return the promises as a table."""
    rows = [(budget.promise, budget.measured, WORDS[budget.met]) for budget in budgets]
    return Table("Budgets", ("", "measured", ""), rows)


def write_json(file: Path, machine: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> None:
    """Write every figure."""
    budgets = [
        {"promise": budget.promise, "measured": budget.measured, "met": budget.met}
        for outcome in outcomes.values()
        for budget in outcome.budgets
    ]
    content = {
        "machine": dict(machine),
        "scenarios": {name: outcome.figures for name, outcome in outcomes.items()},
        "budgets": budgets,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_markdown(file: Path, machine: Mapping[str, str], tables: Sequence[Table]) -> None:
    """Write the tables as Markdown; into a file with the marks, such as ``docs/benchmarks.md``, between them."""
    facts = "; ".join(f"{name} {value}" for name, value in machine.items() if value)
    parts = [f"{BEGIN}\n{facts}.", *(_markdown(table) for table in tables)]
    figures = "\n\n".join(parts) + f"\n{END}\n"
    before, after = "", ""
    if file.is_file():
        before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(f"{END}\n")
        if not begin or not end:
            raise BenchmarkError(f"{file} has no place for figures between {BEGIN} and {END}.")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before + figures + after, encoding="utf-8")


def _markdown(table: Table) -> str:
    lines = [f"### {table.title}", ""]
    lines.append("| " + " | ".join(table.columns) + " |")
    lines.append("|---|" + "---:|" * (len(table.columns) - 1))
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join([*lines, "", table.note] if table.note else lines)
