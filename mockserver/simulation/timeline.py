"""Compute how a job unfolds: its states, its course under a profile, what is seen at an instant.

All arithmetic is in whole numbers.
"""

from __future__ import annotations

import math
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from .clock import SECOND
from .profiles import Profile, exact, to_nanoseconds


class State(IntEnum):
    """Number a job's states as the documents do (COM-STATUSENUM)."""

    READY = 0
    STARTING = 1
    RUNNING = 2
    PAUSED = 3
    CANCELED = 4
    FINISHED = 5
    ERROR = 6

    @property
    def label(self) -> str:
        """Give the lower-case name: ready, starting, running, paused, canceled, finished, error."""
        return _LABELS[self]

    @classmethod
    def of(cls, label: str) -> State | None:
        """Find a state by its lower-case name, None when there is none."""
        return _STATES.get(label)

    @property
    def active(self) -> bool:
        """Say whether a job in this state can still be canceled."""
        return self in ACTIVE

    @property
    def ended(self) -> bool:
        """Say whether nothing can happen to a job in this state any more."""
        return self in ENDED


_LABELS = {state: state.name.lower() for state in State}
_STATES = {label: state for state, label in _LABELS.items()}
ACTIVE = frozenset({State.STARTING, State.RUNNING, State.PAUSED})
ENDED = frozenset({State.CANCELED, State.FINISHED, State.ERROR})


class Progress(NamedTuple):
    """Be what somebody sees who looks at a job at an instant.

    ``duration`` is whole seconds of Running only. ``started_at`` and ``ended_at`` are ticks (None: has not).
    """

    state: State
    total: int
    processed: int
    percentage: int
    has_progress: bool
    duration: int
    started_at: int | None
    ended_at: int | None
    last_error: str
    global_error: int


Cause: TypeAlias = Literal["start", "time", "poll", "pause", "resume", "stall", "complete", "fail", "cancel"]


class Event(NamedTuple):
    """Be something that somebody did to a job, and how much of it was done then in percent."""

    tick: int
    cause: Cause
    percentage: int


class Course(NamedTuple):
    """Be what a profile makes of a job over ``total`` records.

    ``starting`` and ``end`` are nanoseconds; the pace is ``step / per`` records a nanosecond.
    """

    starting: int
    step: int
    per: int
    cap: int
    end: int | None
    outcome: State
    at_once: bool

    def processed(self, work: int) -> int:
        """Count the records processed in ``work`` nanoseconds of undisturbed running."""
        if self.per == 0:
            return self.cap
        return min(self.cap, work * self.step // self.per)


def _records_at(percent: float, total: int) -> int:
    """Return how many records make the percentage, rounded so that it is shown; never all of them below 100."""
    wanted = math.ceil(total * exact(percent) / 100)
    return wanted if percent >= 100 else min(wanted, max(total - 1, 0))


@lru_cache(maxsize=4096)
def course_of(profile: Profile, total: int) -> Course:
    """Work out a job's course.

    A job over nothing is finished at once; but one that is to fail or get stuck does so over nothing too.
    ``end`` is the running time after which it ends with ``outcome``, None when time alone never ends it.
    """
    kind = profile.kind
    starting = to_nanoseconds(profile.starting_seconds)
    if kind == "immediate" or (total == 0 and kind not in ("stuck", "failing")):
        return Course(0, 0, 0, total, 0, State.FINISHED, True)
    if profile.duration_seconds is not None:
        length = to_nanoseconds(profile.duration_seconds)
        step, per = total, length
        exact_length = Fraction(length)
    else:
        pace = exact(profile.records_per_second)
        step, per = pace.numerator, pace.denominator * SECOND
        exact_length = total * SECOND / pace
        length = math.ceil(exact_length)
    if kind == "stuck":
        cap = _records_at(profile.stop_at_percent or 0.0, total)
        return Course(starting, step, per, cap, None, State.FINISHED, False)
    if kind == "failing":
        percent = profile.fail_at_percent or 0.0
        cap = _records_at(percent, total)
        share = max(exact(percent) / 100, Fraction(cap, total or 1))
        return Course(starting, step, per, cap, math.ceil(exact_length * share), State.ERROR, False)
    if kind == "polls":
        return Course(starting, 0, 0, total, None, State.FINISHED, False)
    return Course(starting, step, per, total, length, State.FINISHED, False)
