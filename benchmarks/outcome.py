"""What a scenario is given, and what it returns.

BenchmarkError
├── servers.StartError   a server did not start
├── load.LoadError       wrk is missing, or requests failed under load
└── client.AnswerError   a server answered something else than was asked for
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MIB = 1024 * 1024


class BenchmarkError(Exception):
    """Raised when a measurement is impossible; its text is what the user reads."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured.

    :ivar rounds: how often every server is measured, in turns; the best round counts.
    :ivar seconds: length of a round. wrk knows whole seconds only.
    :ivar warm_up: seconds of load on every server before its first round; compilers of the JVM and of
        Node.js need some.
    :ivar starts: how often a server is started to measure its start.
    :ivar worlds: number of worlds with a running job in each of the sixteen services.
    :ivar records: number of records in the large export.
    :ivar peers: whether other mock servers are measured too.
    :ivar scratch: a folder for logs and files, removed at the end.
    """

    rounds: int
    seconds: int
    warm_up: int
    starts: int
    worlds: int
    records: int
    peers: bool
    scratch: Path


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people: the first column names the row, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """A promise and what became of it.

    :ivar met: ``None`` when this run did not measure it.
    """

    promise: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario has found.

    :ivar figures: everything measured, for the JSON file; names say the units.
    """

    figures: dict[str, Any]
    tables: Sequence[Table]
    budgets: Sequence[Budget] = field(default_factory=tuple)


def count(number: float) -> str:
    """Write a number without a fraction, thousands apart: ``12,345``."""
    return f"{number:,.0f}"


def milliseconds(number: float) -> str:
    """Write milliseconds: ``3.21 ms``."""
    return f"{number:,.2f} ms"


def mebibytes(size: float) -> str:
    """Write a size in bytes as mebibytes: ``57 MiB``."""
    return f"{size / MIB:,.0f} MiB"
