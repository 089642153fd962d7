"""Draw how late an answer comes: always alike, uniformly between two bounds, or log-normally as networks do."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .errors import FaultError

#: Longest delay in seconds; what a distribution draws above it is cut.
MAX_LATENCY = 3_600.0

MAX_SIGMA = 10.0

_ACCEPTED = (
    'a number of seconds, {"distribution": "uniform", "min", "max"} or '
    '{"distribution": "lognormal", "median", "sigma"}'
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Delay every answer alike."""

    seconds: float

    def __post_init__(self) -> None:
        check_seconds("latencySeconds", self.seconds)

    def to_json(self) -> float:
        """Write it as the control plane does."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Delay answers by anything between two bounds."""

    least: float
    most: float

    def __post_init__(self) -> None:
        check_seconds("latencySeconds.min", self.least)
        check_seconds("latencySeconds.max", self.most)
        if self.least > self.most:
            raise FaultError("latencySeconds.min", self.least, f"a number up to max, which is {self.most}")

    def draw(self, draws: random.Random) -> float:
        """Give the delay of one answer, in seconds."""
        return draws.uniform(self.least, self.most)

    def to_json(self) -> dict[str, Any]:
        """Write it as the control plane does."""
        return {"distribution": "uniform", "min": self.least, "max": self.most}


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Delay half of the answers by less than the median, some by much more: the larger sigma, the longer the tail."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        check_seconds("latencySeconds.median", self.median)
        check_seconds("latencySeconds.sigma", self.sigma, MAX_SIGMA)

    def draw(self, draws: random.Random) -> float:
        """Give the delay of one answer, in seconds."""
        return min(self.median * math.exp(draws.gauss(0.0, self.sigma)), MAX_LATENCY)

    def to_json(self) -> dict[str, Any]:
        """Write it as the control plane does."""
        return {"distribution": "lognormal", "median": self.median, "sigma": self.sigma}


Latency: TypeAlias = Fixed | Uniform | LogNormal


def read_latency(value: object) -> Latency | None:
    """Read the value of ``latencySeconds``; zero and null are no delay."""
    if value is None or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(value)
    if isinstance(value, Mapping):
        distribution = value.get("distribution")
        if distribution == "uniform" and value.keys() == {"distribution", "min", "max"}:
            return Uniform(value["min"], value["max"])
        if distribution == "lognormal" and value.keys() == {"distribution", "median", "sigma"}:
            return LogNormal(value["median"], value["sigma"])
    raise FaultError("latencySeconds", value, _ACCEPTED)


def check_seconds(field: str, value: object, most: float = MAX_LATENCY) -> None:
    """Raise ``FaultError`` unless the value is a number from 0 to ``most``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= most:  # type: ignore[operator]
        raise FaultError(field, value, f"a number from 0 to {most:g}")
