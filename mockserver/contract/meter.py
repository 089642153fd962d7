"""Count requests while they pass; ``GET /_mock/metrics`` writes it all down in Prometheus' words.

Counting is a look-up and a few additions, since every request pays for it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.contract.exchange import Exchange
    from mockserver.simulation.faults import Hit

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds of the latencies' buckets; the last bucket has none."""

UNROUTED = ("", "")
"""Stands for the operation of requests that meet none."""


class Timing:
    """How long the requests of one operation took.

    :ivar buckets: number of requests by bucket, those of smaller buckets not included.
    """

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0


class Meter:
    """What this server has done since it was started.

    :ivar requests: number of requests by specification, operation and status; 0 is the status of none.
    :ivar timings: how long they took, by specification and operation.
    :ivar rules: how often each rule was answered.
    :ivar faults: how often faults have fired, by kind.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.timings: dict[tuple[str, str], Timing] = {}
        self.rules: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def count(self, exchange: Exchange, status: int) -> None:
        """Count a request that has been answered, from its arrival to the last byte handed over."""
        operation = exchange.operation
        key = (operation.api.name, operation.title) if operation is not None else UNROUTED
        self.requests[*key, status] += 1
        timing = self.timings.get(key)
        if timing is None:
            timing = self.timings[key] = Timing()
        seconds = time.perf_counter() - exchange.started
        timing.buckets[bisect_left(BOUNDS, seconds)] += 1
        timing.seconds += seconds
        if exchange.rule:
            self.rules.update(exchange.rule.split(", "))

    def count_faults(self, hit: Hit) -> None:
        """Count the faults that a call was hit by."""
        for fault in hit.faults:
            self.faults["delay" if fault.plan.only_delays else fault.plan.kind] += 1
