"""Tell a world's time.

A clock counts *ticks*: nanoseconds of virtual time since it was made. Ticks never go back, so everything
that is a function of time (a job's progress, a token's age) is a function of ticks. The *calendar* is what
people are shown: nanoseconds since 1970 (UTC). Setting the clock forward lets time pass. Setting it back
only changes the label: ticks stay, and instants that are gone keep the label they had.

This module and ``worlds`` are the only places of the product that read the machine's clock.
"""

from __future__ import annotations

import math
import re
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypedDict

from .errors import ClockError, StateError
from .spans import SECOND as SECOND
from .spans import read_span, write_span

HOUR = 3600 * SECOND

#: First and last nanosecond that a calendar may show, from 1970 to 9999. Four digits can write the year in every
#: time zone, and it is the 31st of December already somewhere when the last one is over in Greenwich.
FIRST = 0
LAST = 253_402_214_400 * SECOND - 1

#: Fastest speed: 11 days a second.
MAX_SPEED = 1_000_000.0

#: Labels remembered after repeated setting back; older instants then show the oldest label kept.
MAX_LABELS = 1_000

#: Changes of the clock that are remembered for telling the real time of what happened.
PAST = 500

Mode = Literal["running", "frozen"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_TIME_ACCEPTED = (
    "YYYY-MM-DDTHH:MM:SS, a fraction of up to nine digits, Z or ±hh:mm; from 1970-01-01 to 9999-12-30"
)


class ClockJson(TypedDict):
    """Show a clock as the control plane does."""

    mode: Mode
    speed: float
    now: str


PastJson = TypedDict("PastJson", {"from": str, "realTime": str, "speed": float})
"""One change of a clock: from which time of the world on it passed how fast, and when that really was."""


class Clock:
    """Count virtual nanoseconds, running at a speed or frozen.

    ``start`` is the calendar time at tick 0 (default: the source's time now); ``source`` gives the
    machine's nanoseconds.
    """

    __slots__ = (
        "_anchor",
        "_base",
        "_from",
        "_mode",
        "_offset",
        "_past",
        "_ratio",
        "_relabel",
        "_seen",
        "_source",
        "_speed",
    )

    def __init__(
        self,
        start: int | None = None,
        *,
        mode: Mode = "running",
        speed: float = 1.0,
        source: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._base = 0
        self._relabel: list[Callable[[int], object]] = []
        self._seen = self._anchor = source()
        calendar = self._anchor if start is None else start
        if not FIRST <= calendar <= LAST:
            raise ClockError("now", calendar, "nanoseconds from 1970-01-01 to 9999-12-30")
        self._from = [0]
        self._offset = [calendar]
        if mode not in ("running", "frozen"):
            raise ClockError("mode", mode, "running, frozen")
        self._mode: Mode = mode
        self._past: deque[tuple[int, int, float]] = deque(maxlen=PAST)
        self._set_speed(speed)
        self._note(0)

    @property
    def mode(self) -> Mode:
        """Say whether time passes by itself."""
        return self._mode

    @property
    def speed(self) -> float:
        """Give the virtual seconds that pass in one of the machine's seconds while the clock runs."""
        return self._speed

    def ticks(self) -> int:
        """Give the present instant. A running clock stops at the end of its calendar."""
        if self._mode == "frozen":
            return self._base
        read = self._source()
        if read < self._seen:  # The machine's clock was put back: go on from where we were.
            self._base, self._anchor = self._reached(self._seen), read
        self._seen = read
        return self._reached(read)

    def calendar(self, tick: int | None = None) -> int:
        """Give the nanoseconds since 1970 that are shown at ``tick`` (default: now).

        Ticks to come are shown by the present label.
        """
        if tick is None:
            tick = self.ticks()
        if tick >= self._from[-1]:
            shown = tick + self._offset[-1]
        else:
            shown = tick + self._offset[max(bisect_right(self._from, tick) - 1, 0)]
        return min(max(shown, FIRST), LAST)

    def job_time(self, tick: int | None) -> str:
        """Write a tick as the documents write job times (COM-TS-JOB): nine fractional digits, "" for None."""
        return "" if tick is None else format_job_time(self.calendar(tick))

    def resource_time(self, tick: int | None) -> str:
        """Write a tick as the documents write resource times (COM-TS-RES).

        Three fractional digits, "" for None.
        """
        return "" if tick is None else format_resource_time(self.calendar(tick))

    def advance(self, seconds: float) -> int:
        """Let ``seconds`` pass at once; give the new tick."""
        return self.advance_to(self.ticks() + nanoseconds(seconds))

    def advance_to(self, tick: int) -> int:
        """Let time pass until ``tick``; nothing happens when it is gone already. Give the present tick."""
        now = self.ticks()
        if tick <= now:
            return now
        self.check(tick)
        self._rebase(tick)
        return tick

    def check(self, tick: int) -> None:
        """Raise ``ClockError`` when the calendar could not show ``tick``."""
        if tick > LAST - self._offset[-1]:
            raise ClockError("now", tick, "a time up to 9999-12-30T23:59:59.999999999Z")

    def set(self, calendar: int) -> int:
        """Show ``calendar`` from now on: forward lets time pass, back only changes the label.

        Give the present tick.
        """
        if not FIRST <= calendar <= LAST:
            raise ClockError("now", calendar, "nanoseconds from 1970-01-01 to 9999-12-30")
        now = self.ticks()
        step = calendar - self.calendar(now)
        if step >= 0:
            return self.advance_to(now + step)
        offset = self._offset[-1] + step
        if self._from[-1] == now:
            self._offset[-1] = offset
        else:
            self._from.append(now)
            self._offset.append(offset)
            if len(self._from) > MAX_LABELS:
                del self._from[0], self._offset[0]
        self._note(now)
        for callback in tuple(self._relabel):
            callback(now)
        return now

    def on_relabel(self, callback: Callable[[int], object]) -> None:
        """Have ``callback(tick)`` called whenever the clock was set back: plans by the calendar are void."""
        self._relabel.append(callback)

    def freeze(self) -> None:
        """Stop time where it is."""
        now = self.ticks()
        self._mode = "frozen"
        self._rebase(now)

    def run(self, speed: float | None = None) -> None:
        """Let time pass by itself, from where it is, at ``speed`` (default: the speed it had)."""
        now = self.ticks()
        self._set_speed(self._speed if speed is None else speed)
        self._mode = "running"
        self._rebase(now)

    def set_speed(self, speed: float) -> None:
        """Change the speed, running or frozen, without a jump."""
        now = self.ticks()
        self._set_speed(speed)
        self._rebase(now)

    def describe(self) -> ClockJson:
        """Show the clock as JSON.

        ``now`` has nine fractional digits, so that writing back what was read changes nothing.
        """
        return {"mode": self._mode, "speed": self._speed, "now": format_job_time(self.calendar())}

    def past(self) -> list[PastJson]:
        """Give the last changes of the clock, the oldest first: from when on which time passed how fast.

        ``realTime`` is the machine's, ``speed`` 0 while the clock stood still.
        """
        return [
            {"from": self.job_time(tick), "realTime": format_job_time(real), "speed": speed}
            for tick, real, speed in self._past
        ]

    @contextmanager
    def held(self) -> Iterator[int]:
        """Let it be one and the same instant for a while, which is not lost; give that instant."""
        now = self.ticks()
        mode, base = self._mode, self._base
        self._mode, self._base = "frozen", now
        try:
            yield now
        finally:
            self._mode, self._base = mode, base

    def dump(self) -> dict[str, Any]:
        """Describe the clock for a world's document: its age, what it shows, and when it was set back by how much."""
        now = self.ticks()
        steps = zip(self._from[1:], self._offset, self._offset[1:], strict=False)
        return {
            "mode": self._mode,
            "speed": self._speed,
            "now": format_job_time(self.calendar(now)),
            "elapsed": write_span(now),
            "setBack": [
                {"at": write_span(tick), "by": write_span(before - after)} for tick, before, after in steps
            ],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on as a clock that was described; without ``now`` from what this one shows."""
        now = read_span(state.get("elapsed", "0s"), "elapsed")
        shown = parse_time(state["now"]) if "now" in state else self.calendar()
        offset = shown - now
        starts: list[int] = []
        offsets = [offset]
        for place, step in reversed([*enumerate(state.get("setBack", ()))]):
            at = read_span(step["at"], f"setBack[{place}].at")
            if at > (starts[0] if starts else now) or (starts and at == starts[0]):
                raise StateError(f"setBack[{place}].at", step["at"], "instants in their order, up to elapsed")
            starts.insert(0, at)
            offset += read_span(step["by"], f"setBack[{place}].by")
            offsets.insert(0, offset)
        self._from, self._offset = [0, *starts], offsets
        self._set_speed(state.get("speed", self._speed))
        self._mode = state.get("mode", self._mode)
        self._rebase(now)

    def _reached(self, read: int) -> int:
        numerator, denominator = self._ratio
        tick = self._base + (read - self._anchor) * numerator // denominator
        return min(tick, LAST - self._offset[-1])

    def _rebase(self, tick: int) -> None:
        self._base = tick
        self._seen = self._anchor = self._source()
        self._note(tick)

    def _note(self, tick: int) -> None:
        """Remember when the clock was changed, so that the real time of what happened can be told."""
        speed = self._speed if self._mode == "running" else 0.0
        if not self._past or self._past[-1][::2] != (tick, speed):
            self._past.append((tick, self._source(), speed))

    def _set_speed(self, speed: float) -> None:
        number = isinstance(speed, int | float) and not isinstance(speed, bool)
        if not number or not math.isfinite(speed) or not 0 < speed <= MAX_SPEED:
            raise ClockError("speed", speed, f"a number above 0, at most {MAX_SPEED:.0f}")
        self._speed = float(speed)
        self._ratio = self._speed.as_integer_ratio()


def nanoseconds(seconds: float, field: str = "seconds") -> int:
    """Turn seconds into whole nanoseconds, exactly as the decimal number is written (0.1 is 100,000,000)."""
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not math.isfinite(seconds) or not 0 <= seconds <= LAST // SECOND:
        raise ClockError(field, seconds, f"a number of seconds from 0 to {LAST // SECOND}")
    return round(Decimal(repr(seconds)) * SECOND)


def format_job_time(calendar: int) -> str:
    """Write nanoseconds since 1970 like ``2025-02-19T09:15:15.000000000Z`` (COM-TS-JOB)."""
    seconds, fraction = divmod(calendar, SECOND)
    return f"{_to_seconds(seconds)}.{fraction:09d}Z"


def format_resource_time(calendar: int) -> str:
    """Write nanoseconds since 1970 like ``2025-02-04T15:05:24.000Z`` (COM-TS-RES), cut to milliseconds."""
    seconds, fraction = divmod(calendar, SECOND)
    return f"{_to_seconds(seconds)}.{fraction // 1_000_000:03d}Z"


def parse_time(text: str, field: str = "now") -> int:
    """Read ``YYYY-MM-DDTHH:MM:SS[.fraction]`` with ``Z`` or an offset as nanoseconds since 1970."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ClockError(field, text, _TIME_ACCEPTED)
    fraction, sign, hours, minutes = match.group(7, 8, 9, 10)
    away = 0
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            raise ClockError(field, text, _TIME_ACCEPTED)
        away = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
        past = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    except ValueError:
        raise ClockError(field, text, _TIME_ACCEPTED) from None
    calendar = (past.days * 86_400 + past.seconds - away) * SECOND + int((fraction or "").ljust(9, "0"))
    if not FIRST <= calendar <= LAST:
        raise ClockError(field, text, _TIME_ACCEPTED)
    return calendar


@lru_cache(maxsize=1024)
def _to_seconds(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
