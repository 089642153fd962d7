"""Tell Prometheus what this server has done and holds.

Requests only count (:mod:`mockserver.contract.meter`); names, labels and the text are made here, when somebody asks.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from mockserver import __version__
from mockserver.contract import Answer, Exchange
from mockserver.contract.meter import BOUNDS, Timing
from mockserver.contract.server import Server
from mockserver.simulation.job import Job
from mockserver.simulation.jobs import APIS
from mockserver.simulation.timeline import ACTIVE, ENDED, State

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def read(exchange: Exchange) -> Answer:
    """Write everything down; counting the jobs of many worlds takes a while, so a thread does it."""
    text = await asyncio.to_thread(_write, exchange.server)
    return Answer(body=text, media_type=MEDIA_TYPE)


def _write(server: Server) -> bytes:
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(server))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Collector:
    """Read one server for Prometheus."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def collect(self) -> Iterator[Metric]:
        """Yield the families of metrics; those of requests first."""
        yield from self._requests()
        yield from self._failures()
        yield from self._worlds()

    def _requests(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

        meter = self.server.meter
        requests = CounterMetricFamily(
            "mockserver_requests",
            "Requests by what they met and how they were answered; no operation: an unknown path or method.",
            labels=["api", "operation", "status"],
        )
        for (api, operation, status), number in sorted(meter.requests.items()):
            requests.add_metric([api, operation, str(status) if status else "none"], number)
        yield requests
        timings = HistogramMetricFamily(
            "mockserver_request_duration_seconds",
            "Time from the arrival of a request to the end of its answer, the delay of faults included.",
            labels=["api", "operation"],
        )
        for key, timing in sorted(meter.timings.items()):
            timings.add_metric(key, _cumulated(timing), timing.seconds)
        yield timings

    def _failures(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import CounterMetricFamily

        meter = self.server.meter
        rules = CounterMetricFamily(
            "mockserver_rules", "Error answers by the rule that they follow.", labels=["rule"]
        )
        for rule, number in sorted(meter.rules.items()):
            rules.add_metric([rule], number)
        yield rules
        faults = CounterMetricFamily(
            "mockserver_faults_fired", "Calls that a fault has hit, by its kind.", labels=["kind"]
        )
        for kind, number in sorted(meter.faults.items()):
            faults.add_metric([kind], number)
        yield faults
        yield CounterMetricFamily(
            "mockserver_contract_violations",
            "Answers that broke this server's own specification, and other bugs of it.",
            value=self.server.violations,
        )

    def _worlds(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily

        worlds = self.server.worlds
        yield GaugeMetricFamily("mockserver_worlds", "Worlds that exist.", value=len(worlds))
        yield GaugeMetricFamily("mockserver_worlds_limit", "Worlds that may exist.", value=worlds.limit)
        faults = 0
        states: Counter[tuple[str, str]] = Counter()
        for name in worlds.names():
            world = worlds.peek(name)
            if world is None:
                continue
            faults += len(world.faults)
            now = world.clock.ticks()
            states.update((job.api, _state_of(job, now).label) for job in world.jobs.list())
        yield GaugeMetricFamily("mockserver_faults", "Faults that are placed, in all worlds.", value=faults)
        jobs = GaugeMetricFamily(
            "mockserver_jobs", "Jobs that are remembered, in all worlds.", labels=["api", "state"]
        )
        for api in APIS:
            for state in sorted(ACTIVE | ENDED):
                jobs.add_metric([api, state.label], states[api, state.label])
        yield jobs
        yield InfoMetricFamily("mockserver", "This server.", value={"version": __version__})


def _state_of(job: Job, now: int) -> State:
    """Return the state of a job; one whose end nobody knows yet is running, since that is not waited for."""
    if job.has_ended(now) and not job.decided:
        return State.RUNNING
    return job.look(now).state


def _cumulated(timing: Timing) -> list[tuple[str, float]]:
    """Return the buckets as Prometheus has them: each with the requests of all smaller ones."""
    bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(timing.buckets), strict=True))
