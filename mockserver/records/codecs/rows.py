"""Share what the codecs have in common: rows, chunks and charsets."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mockserver.records.errors import CodecError

__all__ = ["CHUNK", "BatchSizer", "NoRecord", "Row", "check_charset", "counted", "to_integer", "to_number"]

CHUNK = 64 * 1024

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NO_CHARSETS = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"))
"""What Python counts among its text encodings, but no file is written in."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NoRecord:
    """Stand for a row that is no object: `line` is where it ends (0: unknown), `reason` what it is."""

    line: int
    reason: str


Row = dict[str, Any] | NoRecord


class BatchSizer:
    """Say how many records make a chunk of about 64 KiB, learning from the chunks before."""

    def __init__(self) -> None:
        self.size = 64

    def learn(self, chunk_length: int, records: int) -> None:
        """Take in that so many records made a chunk of that length."""
        self.size = max(1, min(4096, CHUNK * records // max(1, chunk_length)))


def check_charset(charset: str | None) -> str | None:
    """Return Python's name of a charset, None for UTF-8 or none given; CodecError for one that is unknown."""
    if charset is None:
        return None
    try:
        known = codecs.lookup(charset)
    except LookupError:
        raise CodecError(1, f"the charset {charset!r} is unknown") from None
    if not getattr(known, "_is_text_encoding", True) or known.name in _NO_CHARSETS:
        raise CodecError(1, f"{charset!r} is no charset")
    return None if known.name in ("utf-8", "utf-8-sig") else known.name


def counted(lines: Iterator[str], seen: list[str]) -> Iterator[str]:
    """Yield lines and remember them in `seen` until the reader clears it."""
    for line in lines:
        seen.append(line)
        yield line


def to_integer(text: str) -> int | None:
    """Read an integer of at most 64 bits; None for anything else."""
    if _INTEGER.fullmatch(text):
        value = int(text)
        return value if -(1 << 63) <= value < 1 << 63 else None
    return None


def to_number(text: str) -> int | float | None:
    """Read a number that JSON can write too; None for anything else."""
    value = to_integer(text)
    if value is not None or not _NUMBER.fullmatch(text):
        return value
    number = float(text)
    return number if isfinite(number) else None
