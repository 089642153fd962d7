"""Exceptions of the contract room.

Exception
├── ContractError           something is wrong with the files in openapi/: the server does not start
│   ├── SpecificationError  a specification cannot be read, or breaks a convention of ours
│   └── CatalogueError      the rule catalogue and the specifications disagree
├── Rule                    a request fails by a documented rule: the client gets that rule's answer
└── Rules                   a request fails by several rules at once, where the API reports them all
"""

from __future__ import annotations

from typing import Any


class ContractError(Exception):
    """Raised when the specifications cannot be used; the message names the file and what to mend."""


class SpecificationError(ContractError):
    """Raised when one specification cannot be read, referenced or compiled."""


class CatalogueError(ContractError):
    """Raised when a rule has no example, an example has no rule, or an example breaks its schema."""


class Rule(Exception):
    """Fail the request by a rule of the catalogue; status, body and headers come from the specification.

    :param rule_id: ID of an error rule in ``openapi/rules.yaml``, or of one of its variants.
    :param field: dotted path of the field or parameter at fault, for bodies that have such a key; ``None`` for what
        the rule's example says.
    :param explain: one line for ``X-Mock-Explain``: which value was wrong, what would have been accepted.
    :param facts: values of the ``{placeholders}`` in the rule's reason; further members of a problem body.
    """

    def __init__(self, rule_id: str, *, field: str | None = "", explain: str = "", **facts: Any) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id
        self.field = field
        self.explain = explain
        self.facts = facts


class Rules(Exception):
    """Fail the request by several rules; status and headers are the first one's, the body is that of them all.

    The specification names at its root, as ``x-merge``, the function that makes one body of several.
    """

    def __init__(self, rules: list[Rule]) -> None:
        super().__init__(", ".join(rule.rule_id for rule in rules))
        self.rules = rules
