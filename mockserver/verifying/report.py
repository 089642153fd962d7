"""What a run found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["status", "content-type", "header", "schema", "rule"]


@dataclass(frozen=True)
class Drift:
    """One way in which the target differs from the specification.

    :ivar kind: what differs: an undocumented ``status``, ``content-type`` or ``header``, a broken ``schema``, or a
        ``rule`` of the catalogue that the target does not follow.
    :ivar operation: such as ``GET report/{service}/status``.
    :ivar rules: IDs of the rules that are broken, as far as one can tell.
    :ivar evidence: how well the rule is known: ``documented``, ``inferred`` or ``convention``; empty without a rule.
    :ivar schema: what is broken, such as ``ReportStatus.processed``; empty without a schema.
    :ivar status: status of the answer.
    :ivar expected: what the specification says, in a sentence.
    :ivar found: what the target answered, in a sentence.
    :ivar curl: a command that makes the call again; the token is read from ``$MOCKSERVER_TOKEN``.
    :ivar times: how many calls showed it.
    """

    kind: Kind
    specification: str
    operation_id: str
    operation: str
    status: int
    expected: str
    found: str
    curl: str
    rules: tuple[str, ...] = ()
    evidence: str = ""
    schema: str = ""
    times: int = 1

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two drifts the same."""
        return (self.kind, self.operation_id, self.status, self.schema, self.rules, self.expected)


@dataclass
class Report:
    """The outcome of a run.

    :ivar operations: statuses that were met, by operation.
    :ivar rules: IDs of the rules that were called for on purpose.
    :ivar errors: what could not be checked, in sentences.
    """

    target: str
    seed: int
    specifications: list[str]
    allow_writes: bool
    operations: dict[str, Counter[int]] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: int = 0
    _drifts: dict[tuple[object, ...], Drift] = field(default_factory=dict, repr=False)
    _can_succeed: set[str] = field(default_factory=set, repr=False)

    @property
    def drifts(self) -> list[Drift]:
        """The drifts, each once."""
        return list(self._drifts.values())

    @property
    def exit_code(self) -> int:
        """0 when the target is as specified, 1 when it drifted, 2 when something could not be checked."""
        if self._drifts:
            return 1
        return 2 if self.errors else 0

    @property
    def never_succeeded(self) -> list[str]:
        """The operations whose successes nobody saw, so that little is known of them."""
        return [
            name
            for name, statuses in self.operations.items()
            if name in self._can_succeed and not any(200 <= code < 400 for code in statuses)
        ]

    def add(self, drift: Drift) -> None:
        """Take in a drift; of calls that show the same one the shortest is kept."""
        before = self._drifts.get(drift.key)
        if before is not None:
            keep = min(before, drift, key=lambda each: len(each.curl))
            drift = replace(keep, times=before.times + 1)
        self._drifts[drift.key] = drift

    def met(self, operation: str, status: int) -> None:
        """Count an answer."""
        self.requests += 1
        self.operations.setdefault(operation, Counter())[status] += 1

    def expect(self, operations: Mapping[str, bool]) -> None:
        """Name the operations that are going to be called, and whether they can succeed."""
        for operation, can_succeed in operations.items():
            self.operations.setdefault(operation, Counter())
            if can_succeed:
                self._can_succeed.add(operation)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a document."""
        return {
            "target": self.target,
            "seed": self.seed,
            "allowWrites": self.allow_writes,
            "specifications": self.specifications,
            "requests": self.requests,
            "operations": [
                {"operation": name, "statuses": {str(code): count for code, count in sorted(met.items())}}
                for name, met in self.operations.items()
            ],
            "rules": self.rules,
            "drifts": [_drift_json(drift) for drift in self.drifts],
            "neverSucceeded": self.never_succeeded,
            "errors": self.errors,
            "exitCode": self.exit_code,
        }


def _drift_json(drift: Drift) -> dict[str, Any]:
    document = asdict(drift)
    document["operationId"] = document.pop("operation_id")
    document["rules"] = list(drift.rules)
    return document
