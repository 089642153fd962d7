"""Write ticks and spans of time for people, exactly: 90.5 seconds are ``90.5s``.

A world's document says when something happened in seconds since the world was made. Calendar times would not do:
after a clock was set back, the same time comes twice.
"""

from __future__ import annotations

import re

from .errors import StateError

SECOND = 1_000_000_000

SPAN_PATTERN = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,9})?s$"
_SPAN = re.compile(SPAN_PATTERN.replace("$", r"\Z"))


def write_span(nanoseconds: int) -> str:
    """Write nanoseconds as seconds, without needless zeros."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    return f"{seconds}.{fraction:09d}".rstrip("0").rstrip(".") + "s" if fraction else f"{seconds}s"


def read_span(text: str, place: str = "") -> int:
    """Read what ``write_span`` writes; anything else is a ``StateError`` at ``place``."""
    if not isinstance(text, str) or _SPAN.match(text) is None:
        raise StateError(place, text, "seconds with up to nine decimals, such as 90.5s")
    seconds, _, fraction = text[:-1].partition(".")
    return int(seconds) * SECOND + int(fraction.ljust(9, "0") or "0")


def write_optional(nanoseconds: int | None) -> str | None:
    """Write a span that may be missing."""
    return None if nanoseconds is None else write_span(nanoseconds)


def read_optional(text: str | None, place: str = "") -> int | None:
    """Read a span that may be missing."""
    return None if text is None else read_span(text, place)
