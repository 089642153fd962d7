"""The rule catalogue: every rule of the vendor documents, and of this server, by its ID.

``openapi/rules.yaml`` lists the rules; the answer of an error rule is the named example of that ID in the
specification. Both must agree: see :func:`mockserver.contract.loading.load_contract`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mockserver.contract.errors import CatalogueError
from mockserver.contract.schemas import Validator
from mockserver.simulation.coverage import EVIDENCE

PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True)
class RuleEntry:
    """One rule: what it says, about which operation, and how well it is known.

    :ivar operation: such as ``POST report/{service}/start``; ``*`` for a rule of every operation.
    :ivar status: HTTP status of the answer, ``None`` for a rule that is not about one.
    :ivar type: literal of the document's Type column.
    :ivar reason: the exact text of an error; may hold ``{placeholders}``.
    :ivar evidence: ``documented``, ``inferred`` or ``convention``.
    :ivar source: the document, such as ``S0``.
    """

    id: str
    api: str
    operation: str
    status: int | None
    type: str
    reason: str
    evidence: str
    source: str
    summary: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the rule is an error that a client can meet."""
        return self.status is not None and self.status >= 400

    @cached_property
    def reason_pattern(self) -> re.Pattern[str]:
        """Matches the reason with its placeholders filled."""
        return re.compile(PLACEHOLDER.sub(r"(?P<\1>.+?)", re.escape(self.reason)))

    def to_json(self) -> dict[str, Any]:
        """Return the rule as ``GET /_mock/rules`` shows it."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}


@dataclass(frozen=True)
class Example:
    """A named example of a response: the answer of an error rule, or a sample of a success.

    :ivar facts: values of placeholders, for an answer on purpose.
    """

    name: str
    status: int
    media_type: str
    value: Any
    headers: tuple[tuple[str, str], ...] = ()
    validator: Validator | None = field(default=None, compare=False, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def rule_id(self) -> str:
        """The plain rule ID: ``FOXY-X-400`` of the variant ``FOXY-X-400.name``."""
        return self.name.partition(".")[0]


class Catalogue(Mapping[str, RuleEntry]):
    """All rules by ID, in the order of the file."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._entries: dict[str, RuleEntry] = {}
        names = {f.name for f in dataclasses.fields(RuleEntry)}
        needed = {f.name for f in dataclasses.fields(RuleEntry) if f.default is dataclasses.MISSING}
        for raw in entries:
            if unknown := set(raw) - names:
                raise CatalogueError(
                    f"rules.yaml: {raw.get('id')} has unknown keys: {', '.join(sorted(unknown))}."
                )
            if lacking := needed - set(raw):
                raise CatalogueError(f"rules.yaml: {raw.get('id')} lacks {', '.join(sorted(lacking))}.")
            entry = RuleEntry(**raw)
            if entry.id in self._entries:
                raise CatalogueError(f"rules.yaml: {entry.id} stands there twice.")
            if entry.evidence not in EVIDENCE:
                raise CatalogueError(f"rules.yaml: {entry.id} has the evidence {entry.evidence!r}.")
            self._entries[entry.id] = entry
        self._order = {rule_id: place for place, rule_id in enumerate(self._entries)}

    def __getitem__(self, rule_id: str) -> RuleEntry:
        return self._entries[rule_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def place(self, rule_id: str) -> int:
        """Return the rule's place in the file: of several violations the first of the document wins."""
        return self._order[rule_id.partition(".")[0]]
