"""Know how much of a contract clients have met: its operations, parameters, statuses and rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["operation", "parameter", "status", "rule"]

KINDS: tuple[Kind, ...] = ("operation", "parameter", "status", "rule")

#: From the best known to the least known.
EVIDENCE = ("documented", "inferred", "convention")

#: Different answers that are counted one by one. A contract has far fewer; this only keeps the memory bounded.
ANSWERS = 20_000


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing of a contract that a client can meet.

    ``specifications`` are those in which it stands. ``operation`` is an id, ``title`` what people call it; both are
    empty for a rule that is of no single operation. ``name`` is what is to be met: ``query format``, ``404``,
    ``REP-PAUSE-404``; of an operation its title.
    """

    kind: Kind
    specifications: tuple[str, ...]
    operation: str
    title: str
    name: str
    evidence: str


class Coverage:
    """Count what the clients of one world have met.

    :ivar lacking: by operation, the parameters that nobody has used yet; an operation that was never called is missing.
    """

    __slots__ = ("_answers", "_parameters", "lacking")

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int, str], int] = {}
        self._parameters: set[tuple[str, str]] = set()
        self.lacking: dict[str, set[tuple[str, str]]] = {}

    def meet(self, operation: str, status: int, rules: str) -> None:
        """Count an answer; ``rules`` are the ids of those that it follows, joined by ``", "``."""
        key = (operation, status, rules)
        answers = self._answers
        seen = answers.get(key)
        if seen is not None:
            answers[key] = seen + 1
        elif len(answers) < ANSWERS:
            answers[key] = 1

    def use(self, operation: str, place: str, name: str) -> None:
        """Note that a parameter was used."""
        self._parameters.add((operation, f"{place} {name}".rstrip()))

    def merge(self, other: Coverage) -> None:
        """Add what another world's clients have met."""
        for key, count in other._answers.items():
            if key in self._answers or len(self._answers) < ANSWERS:
                self._answers[key] = self._answers.get(key, 0) + count
        self._parameters |= other._parameters

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._parameters.clear()
        self.lacking.clear()

    def counts(self, own_rules: Iterable[str] = ()) -> dict[tuple[Kind, str, str], int]:
        """Count by (kind, operation id, name); rules by no operation, since a rule is the same everywhere.

        Answers by ``own_rules``, which are the server's and not the contract's, meet nothing.
        """
        counts: dict[tuple[Kind, str, str], int] = {}
        own = frozenset(own_rules)

        def add(kind: Kind, operation: str, name: str, count: int) -> None:
            counts[kind, operation, name] = counts.get((kind, operation, name), 0) + count

        for (operation, status, rules), count in self._answers.items():
            names = rules.split(", ") if rules else []
            if names and own.issuperset(names):
                continue
            if operation:
                add("operation", operation, "", count)
                add("status", operation, str(status), count)
            for name in names:
                add("rule", "", name, count)
        for operation, name in self._parameters:
            add("parameter", operation, name, 1)
        return counts


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some goals were met."""

    met: int
    total: int

    @property
    def percent(self) -> float:
        """Give the share in percent, cut to one decimal, so that 100 means all; of no goals all are met."""
        return self.met * 1000 // self.total / 10 if self.total else 100.0


@dataclass(frozen=True, slots=True)
class Result:
    """One goal with how often it was met."""

    goal: Goal
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was met of some goals, in the order of the contract.

    ``calls`` are the calls by operation, for those that were called at all.
    """

    results: Sequence[Result]
    calls: dict[str, int] = field(default_factory=dict)
    shares: dict[Kind, Share] = field(default_factory=dict)
    whole: Share = field(default_factory=lambda: Share(0, 0))


def measure(
    goals: Iterable[Goal],
    coverage: Coverage,
    *,
    evidence: str = "convention",
    used: bool = False,
    own_rules: Iterable[str] = (),
) -> Report:
    """Measure what was met of the goals that are at least as well known as ``evidence``.

    With ``used``, only of the operations that were called, and of the rules of no single operation those that were met.
    """
    counts = coverage.counts(own_rules)
    known = EVIDENCE[: EVIDENCE.index(evidence) + 1]
    results = []
    for goal in goals:
        if goal.evidence not in known:
            continue
        count = counts.get(_key(goal), 0)
        called = ("operation", goal.operation, "") in counts if goal.operation else count > 0
        if called or not used:
            results.append(Result(goal, count))
    shares = {kind: _share([one for one in results if one.goal.kind == kind]) for kind in KINDS}
    calls = {operation: count for (kind, operation, _), count in counts.items() if kind == "operation"}
    return Report(results, calls, shares, _share(results))


def _key(goal: Goal) -> tuple[Kind, str, str]:
    if goal.kind == "rule":
        return "rule", "", goal.name
    return goal.kind, goal.operation, "" if goal.kind == "operation" else goal.name


def _share(results: Sequence[Result]) -> Share:
    return Share(sum(one.count > 0 for one in results), len(results))
