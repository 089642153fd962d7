"""Verify what was called: how often, in which order; show near misses, and say when the journal cannot know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .matching import Difference, Facts, Matcher

#: Near misses and matches that an answer names.
NEAR = 3
MATCHES = 100

#: A call that shares less with what was wanted is no near miss.
CLOSE = 0.5


@dataclass(frozen=True, slots=True)
class Times:
    """How often: at least, and at most unless ``None``."""

    at_least: int = 1
    at_most: int | None = None

    def __str__(self) -> str:
        if self.at_most == 0:
            return "never"
        if self.at_most is None:
            return f"at least {_times(self.at_least)}"
        if self.at_least == self.at_most:
            return f"exactly {_times(self.at_least)}"
        upper = f"at most {_times(self.at_most)}"
        return upper if not self.at_least else f"at least {_times(self.at_least)} and {upper}"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A call that almost was what was wanted, with what is different about it."""

    number: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.

    ``count`` is the number of calls that match, or for an order of the steps that happened in it. ``evicted`` says
    that calls which may have mattered are gone; then what cannot be known is not verified.
    """

    verified: bool
    count: int
    matches: tuple[int, ...]
    near: tuple[NearMiss, ...]
    evicted: bool
    explanation: str


def verify_times(calls: Sequence[Facts], matcher: Matcher, times: Times, *, evicted: bool) -> Verdict:
    """Verify how often something was called."""
    found = [call.number for call in calls if matcher.meets(call)]
    count = len(found)
    enough = count >= times.at_least
    too_many = times.at_most is not None and count > times.at_most
    unknown = evicted and not too_many and not (enough and times.at_most is None)
    verified = enough and not too_many and not unknown
    what = "1 request matches" if count == 1 else f"{count} requests match"
    explanation = f"{what}; expected: {times}."
    if unknown:
        explanation += (
            " More may have matched: the journal had no room for all requests, the oldest are gone."
        )
    near = () if enough else near_misses(calls, matcher)
    return Verdict(verified, count, tuple(found[-MATCHES:]), near, evicted, explanation)


def verify_order(
    calls: Sequence[Facts], within: Matcher, steps: Sequence[Matcher], *, evicted: bool
) -> Verdict:
    """Verify that calls were made one after the other, with whatever in between."""
    calls = [call for call in calls if within.meets(call)]
    found: list[int] = []
    place = 0
    for number, step in enumerate(steps, 1):
        hit = next((at for at in range(place, len(calls)) if step.meets(calls[at])), None)
        if hit is None:
            return _broken(calls, place, step, number, found, evicted)
        found.append(calls[hit].number)
        place = hit + 1
    explanation = f"All {len(steps)} requests were made in this order."
    return Verdict(True, len(found), tuple(found[-MATCHES:]), (), evicted, explanation)


def _broken(
    calls: Sequence[Facts], place: int, step: Matcher, number: int, found: list[int], evicted: bool
) -> Verdict:
    earlier = [call.number for call in calls[:place] if step.meets(call)]
    if earlier:
        after = f"after request {found[-1]}"
        near = tuple(
            NearMiss(one, (Difference("order", after, f"request {one}", 0.9),)) for one in earlier[-NEAR:]
        )
        explanation = f"Step {number} was made, but not {after}, in which step {number - 1} was found."
    else:
        near = near_misses(calls[place:], step)
        explanation = f"Step {number} was not made" + (f" after request {found[-1]}." if found else ".")
    if evicted:
        explanation += " It may have been: the journal had no room for all requests, the oldest are gone."
    return Verdict(False, len(found), tuple(found), near, evicted, explanation)


def near_misses(calls: Sequence[Facts], matcher: Matcher) -> tuple[NearMiss, ...]:
    """Return the calls that come nearest to what was wanted, the nearest first, of equal ones the latest."""
    ranked = []
    for call in calls:
        differences = tuple(matcher.differences(call))
        closeness = matcher.closeness(differences)
        if differences and closeness >= CLOSE:
            ranked.append((-closeness, -call.number, NearMiss(call.number, differences)))
    ranked.sort(key=lambda entry: entry[:2])
    return tuple(entry[2] for entry in ranked[:NEAR])


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
