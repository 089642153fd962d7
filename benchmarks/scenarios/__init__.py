"""What can be measured: one module a scenario.

A scenario is a function from :class:`~benchmarks.outcome.Options` and ``say`` (which tells the user what is
going on) to an :class:`~benchmarks.outcome.Outcome`. To add one, write a module and list it here; its first
docstring line is what ``--help`` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.outcome import Options, Outcome
from benchmarks.scenarios import export, imports, jobs, memory, startup, throughput

Say = Callable[[str], None]
Scenario = Callable[[Options, Say], Outcome]

SCENARIOS: Mapping[str, Scenario] = {
    "startup": startup.measure,
    "throughput": throughput.measure,
    "jobs": jobs.measure,
    "export": export.measure,
    "import": imports.measure,
    "memory": memory.measure,
}
"""The scenarios by name, in the order in which they run."""
