"""Name what can go wrong with records.

RecordsError
├── FixtureError        a fixture (services, vocabulary, recipe) says something that has no meaning
└── CodecError          a file is broken: it cannot be read as what it claims to be
"""

from __future__ import annotations

__all__ = ["CodecError", "FixtureError", "RecordsError"]


class RecordsError(Exception):
    """Be the root of everything that this package raises on purpose."""


class FixtureError(RecordsError):
    """Report a fixture that cannot be used.

    `where` is the place in the fixture (a dotted path), `reason` says what is wrong with it.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class CodecError(RecordsError):
    """Report a file that is broken as a whole.

    `line` counts from 1 and is where reading stopped; `reason` is one sentence without the line.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason
