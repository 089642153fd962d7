"""How much of the vendors' contract was met: in one world, and by all tests of a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHARED = ""
"""Stands for the operation of rules that are of no single one."""


@dataclass
class Coverage:
    """Operations, statuses and rules with how often each was met; what was never met is there with 0.

    :ivar operations: calls by operation, such as ``POST report/{service}/start``.
    :ivar statuses: answers by operation and status.
    :ivar rules: answers by the rule's ID.
    :ivar rules_of: IDs of the rules by operation; those of no single one stand under the empty string.
    """

    operations: dict[str, int] = field(default_factory=dict)
    statuses: dict[tuple[str, int], int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    rules_of: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Coverage:
        """Read the server's answer."""
        coverage = cls()
        for each in document["operations"]:
            title = each["operation"]
            coverage.operations[title] = each["calls"]
            for answer in each["statuses"]:
                coverage.statuses[title, answer["status"]] = answer["count"]
            coverage._take_rules(title, each["rules"])
        coverage._take_rules(SHARED, document["rules"])
        return coverage

    def _take_rules(self, operation: str, rules: Iterable[Mapping[str, Any]]) -> None:
        for rule in rules:
            self.rules[rule["id"]] = rule["count"]
            self.rules_of.setdefault(operation, []).append(rule["id"])

    def merge(self, other: Coverage) -> None:
        """Add what was met elsewhere."""
        for mine, theirs in ((self.operations, other.operations), (self.rules, other.rules)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for key, count in other.statuses.items():
            self.statuses[key] = self.statuses.get(key, 0) + count
        for operation, rules in other.rules_of.items():
            known = self.rules_of.setdefault(operation, [])
            known += [rule for rule in rules if rule not in known]

    def pack(self) -> dict[str, Any]:
        """Return it as plain data, as it travels between processes."""
        statuses = [[operation, status, count] for (operation, status), count in self.statuses.items()]
        return {
            "operations": self.operations,
            "statuses": statuses,
            "rules": self.rules,
            "rulesOf": self.rules_of,
        }

    @classmethod
    def unpack(cls, data: Mapping[str, Any]) -> Coverage:
        """Read what :meth:`pack` has written."""
        statuses = {(operation, status): count for operation, status, count in data["statuses"]}
        return cls(dict(data["operations"]), statuses, dict(data["rules"]), dict(data["rulesOf"]))

    def lines(self, *, verbose: bool = False) -> list[str]:
        """Write a summary for people: shares, then each operation that was called.

        :param verbose: name the operations that were not called and the rules that were not met, too.
        """
        counted = (("operations", self.operations), ("statuses", self.statuses), ("rules", self.rules))
        lines = [f"{name:<11} {_share(list(counts.values()))}" for name, counts in counted]
        for operation, calls in self.operations.items():
            if calls:
                lines += ["", *self._operation_lines(operation, calls, verbose=verbose)]
        shared = [
            f"{rule} ({self.rules[rule]})" for rule in self.rules_of.get(SHARED, []) if self.rules[rule]
        ]
        if shared:
            lines += ["", "Rules of several operations", f"  met      {', '.join(shared)}"]
        if verbose:
            lines += [
                "",
                "Never called",
                *(f"  {name}" for name, calls in self.operations.items() if not calls),
            ]
        return lines

    def _operation_lines(self, operation: str, calls: int, *, verbose: bool) -> list[str]:
        statuses = {status: count for (name, status), count in self.statuses.items() if name == operation}
        rules = {rule: self.rules[rule] for rule in self.rules_of.get(operation, [])}
        lines = [f"{operation}  {calls} call{'' if calls == 1 else 's'}"]
        met = [f"{name} ({count})" for name, count in (*statuses.items(), *rules.items()) if count]
        lines.append(f"  met      {', '.join(met)}")
        missing = [str(status) for status, count in statuses.items() if not count]
        if verbose:
            missing += [rule for rule, count in rules.items() if not count]
        if missing:
            lines.append(f"  not met  {', '.join(missing)}")
        return lines


def _share(counts: list[int]) -> str:
    met = sum(count > 0 for count in counts)
    return f"{met} of {len(counts)}"
