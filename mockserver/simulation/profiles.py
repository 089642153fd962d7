"""Describe how jobs unfold, and remember what was chosen for which kind of job.

A profile's ``kind`` decides its behaviour; the other fields are its measures:

=============  ==========================================================================================
``steady``     a starting phase, then a pace (or a duration), then finished
``immediate``  finished at once
``slow-start`` like steady; its starting phase is meant to be longer than the ten seconds that a start waits
``stuck``      stops making progress at ``stopAtPercent`` and stays running
``failing``    ends in error at ``failAtPercent``, with ``lastError`` and ``globalError``
``polls``      moves by status requests instead of time: the nth one finishes it
=============  ==========================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypedDict

from .clock import SECOND
from .errors import ProfileError, StateError

Kind: TypeAlias = Literal["steady", "immediate", "slow-start", "stuck", "failing", "polls"]

KINDS: tuple[Kind, ...] = ("steady", "immediate", "slow-start", "stuck", "failing", "polls")

#: A target that stands for every target of its API.
ANY = "*"

MAX_SECONDS = 315_360_000.0  # ten years
MIN_PACE = 0.001
MAX_PACE = 1_000_000_000.0
MAX_POLLS = 1_000_000
MAX_TEXT = 10_000
MAX_ERROR = 2**31 - 1


class ProfileJson(TypedDict):
    """Show a profile as the control plane does."""

    kind: Kind
    startingSeconds: float
    recordsPerSecond: float
    durationSeconds: float | None
    stopAtPercent: float | None
    failAtPercent: float | None
    lastError: str
    globalError: int
    polls: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Say how a job unfolds. Every way to make one checks it (``ProfileError``).

    ``duration_seconds``, when set, decides instead of the pace. ``stop_at_percent``, ``fail_at_percent``
    and ``polls`` stand exactly in profiles of kind stuck, failing and polls; ``last_error`` and
    ``global_error`` only in failing ones.
    """

    kind: Kind = "steady"
    starting_seconds: float = 1.0
    records_per_second: float = 100.0
    duration_seconds: float | None = None
    stop_at_percent: float | None = None
    fail_at_percent: float | None = None
    last_error: str = ""
    global_error: int = 0
    polls: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ProfileError("kind", self.kind, ", ".join(KINDS))
        self._measure("startingSeconds", "starting_seconds", 0, MAX_SECONDS)
        self._measure("recordsPerSecond", "records_per_second", MIN_PACE, MAX_PACE)
        self._measure("durationSeconds", "duration_seconds", 0, MAX_SECONDS, optional=True)
        self._measure("stopAtPercent", "stop_at_percent", 0, 100, belongs_to="stuck")
        self._measure("failAtPercent", "fail_at_percent", 0, 100, belongs_to="failing")
        self._whole("polls", self.polls, 1, MAX_POLLS, belongs_to="polls")
        if not isinstance(self.last_error, str) or len(self.last_error) > MAX_TEXT:
            raise ProfileError("lastError", self.last_error, f"a string of at most {MAX_TEXT} characters")
        self._whole("globalError", self.global_error, 0, MAX_ERROR)
        if self.kind != "failing":
            if self.last_error:
                raise ProfileError("lastError", self.last_error, '"" unless kind is failing')
            if self.global_error:
                raise ProfileError("globalError", self.global_error, "0 unless kind is failing")

    def to_json(self) -> ProfileJson:
        """Give the profile with all nine keys."""
        return {
            "kind": self.kind,
            "startingSeconds": self.starting_seconds,
            "recordsPerSecond": self.records_per_second,
            "durationSeconds": self.duration_seconds,
            "stopAtPercent": self.stop_at_percent,
            "failAtPercent": self.fail_at_percent,
            "lastError": self.last_error,
            "globalError": self.global_error,
            "polls": self.polls,
        }

    @classmethod
    def from_json(cls, value: object) -> Profile:
        """Read a profile.

        Absent keys, and null where a kind needs a number, take the value of that kind's built-in profile.
        Unknown keys, wrong types, values out of range and numbers that belong to another kind raise
        ``ProfileError``.
        """
        if not isinstance(value, Mapping):
            raise ProfileError("", value, "an object")
        for key in value:
            if key not in _FIELDS:
                raise ProfileError(str(key), value[key], f"no such field; only {', '.join(_FIELDS)}")
        kind = value.get("kind", "steady")
        if not isinstance(kind, str) or kind not in PROFILES:
            raise ProfileError("kind", kind, ", ".join(KINDS))
        needed = _NEEDED.get(kind)
        given: dict[str, Any] = {
            _FIELDS[key]: given for key, given in value.items() if not (given is None and key == needed)
        }
        return replace(PROFILES[kind], **given)

    def failing_at(self, percent: float, last_error: str, global_error: int = 1) -> Profile:
        """Make the same profile, at the same pace, end in error at ``percent`` (broken import files: 0)."""
        return Profile(
            "failing",
            self.starting_seconds,
            self.records_per_second,
            self.duration_seconds,
            fail_at_percent=percent,
            last_error=last_error,
            global_error=global_error,
        )

    def _measure(
        self,
        key: str,
        name: str,
        low: float,
        high: float,
        *,
        optional: bool = False,
        belongs_to: str | None = None,
    ) -> None:
        value = getattr(self, name)
        accepted = f"a number from {low:g} to {high:.15g}"
        if belongs_to is not None and self.kind != belongs_to:
            if value is not None:
                raise ProfileError(key, value, f"null unless kind is {belongs_to}")
            return
        if value is None and optional:
            return
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            raise ProfileError(key, value, accepted + (", or null" if optional else ""))
        object.__setattr__(self, name, float(value))

    def _whole(self, key: str, value: object, low: int, high: int, *, belongs_to: str | None = None) -> None:
        if belongs_to is not None and self.kind != belongs_to:
            if value is not None:
                raise ProfileError(key, value, f"null unless kind is {belongs_to}")
            return
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ProfileError(key, value, f"a whole number from {low} to {high}")


_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "kind",
        "startingSeconds": "starting_seconds",
        "recordsPerSecond": "records_per_second",
        "durationSeconds": "duration_seconds",
        "stopAtPercent": "stop_at_percent",
        "failAtPercent": "fail_at_percent",
        "lastError": "last_error",
        "globalError": "global_error",
        "polls": "polls",
    }
)
_NEEDED: Mapping[str, str] = MappingProxyType(
    {"stuck": "stopAtPercent", "failing": "failAtPercent", "polls": "polls"}
)

#: The built-in profiles. Each has the name of its kind.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "steady": Profile(),
        "immediate": Profile("immediate", starting_seconds=0.0),
        "slow-start": Profile("slow-start", starting_seconds=15.0),
        "stuck": Profile("stuck", stop_at_percent=50.0),
        "failing": Profile(
            "failing",
            fail_at_percent=50.0,
            last_error="The process was terminated unexpectedly.",
            global_error=1,
        ),
        "polls": Profile("polls", starting_seconds=0.0, polls=3),
    }
)


def named(name: str) -> Profile:
    """Give a built-in profile; an unknown name is a ``ProfileError`` that lists the known ones."""
    profile = PROFILES.get(name)
    if profile is None:
        raise ProfileError("profile", name, ", ".join(PROFILES))
    return profile


def exact(number: float) -> Fraction:
    """Read a float as the decimal number that people wrote: 0.1 is a tenth."""
    return Fraction(Decimal(repr(number)))


def to_nanoseconds(seconds: float) -> int:
    """Turn a profile's seconds into whole nanoseconds."""
    return math.ceil(exact(seconds) * SECOND)


Default: TypeAlias = Callable[[str, str], Profile]


class ProfileBook:
    """Remember which profile was chosen for the jobs of an API and a target.

    The choice for the target itself comes first, then the one for every target of the API (``*``), then the
    fixtures' default.
    """

    __slots__ = ("_chosen", "_default")

    def __init__(self, default: Default) -> None:
        self._default = default
        self._chosen: dict[tuple[str, str], Profile] = {}

    def get(self, api: str, target: str) -> Profile:
        """Give the profile that a job started now would follow."""
        chosen = self._chosen
        return chosen.get((api, target)) or chosen.get((api, ANY)) or self._default(api, target)

    def chosen(self, api: str, target: str) -> Profile | None:
        """Give what was set for exactly this target, None when nothing was."""
        return self._chosen.get((api, target))

    def set(self, api: str, target: str, profile: Profile) -> None:
        """Choose a profile for the jobs of a target (``*``: of all) that are started from now on."""
        self._chosen[api, target] = profile

    def delete(self, api: str, target: str) -> bool:
        """Take a choice back; False when there was none."""
        return self._chosen.pop((api, target), None) is not None

    def dump(self) -> Any:
        """Describe the choices for a world's document."""
        return [
            {"api": api, "target": target, "profile": dict(profile.to_json())}
            for api, target, profile in self.list()
        ]

    def load(self, state: Any) -> None:
        """Choose what was described."""
        for place, choice in enumerate(state):
            try:
                self.set(choice["api"], choice["target"], Profile.from_json(choice["profile"]))
            except ProfileError as error:
                field = f"[{place}].profile.{error.field}".rstrip(".")
                raise StateError(field, error.value, error.accepted) from error

    def list(self) -> list[tuple[str, str, Profile]]:
        """Give the choices as (api, target, profile), sorted."""
        return [
            (api, target, profile)
            for (api, target), profile in sorted(self._chosen.items(), key=itemgetter(0))
        ]
