"""Describe exports and imports in a world's document, so that they go on in a world that is made from it."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Rule
from mockserver.simulation.errors import NoSuchJob, StateError
from mockserver.simulation.job import Job
from mockserver.simulation.worlds import World
from mockserver.websale import report
from mockserver.websale.report import Selection
from mockserver.websale.shop import Shop
from mockserver.websale.written import Written


class Exports:
    """The part ``exports``: what each export selects."""

    def __init__(self, world: World) -> None:
        self._world = world

    def dump(self) -> Any:
        """Describe the selections."""
        written = self._world.part(Written)
        return [
            {
                "job": job.id,
                "format": job.payload.format,
                "filters": [[*pair] for pair in job.payload.query],
                "records": written.refer(job.payload.records),
            }
            for job in self._world.jobs.of(report.API)
            if isinstance(job.payload, Selection)
        ]

    def load(self, state: Any) -> None:
        """Give the exports what they select."""
        shop, written = self._world.part(Shop), self._world.part(Written)
        for place, described in enumerate(state):
            job = find_job(self._world, report.API, described["job"], f"[{place}].job")
            service = shop.services.get(job.target)
            if service is None:
                raise StateError(
                    f"[{place}].job", job.target, f"the job of a service: {', '.join(shop.services)}"
                )
            if described["format"] not in service.formats:
                raise StateError(f"[{place}].format", described["format"], ", ".join(service.formats))
            records = written.resolve(job.target, described.get("records"), f"[{place}].records")
            query = [(name, value) for name, value in described["filters"]]
            try:
                job.revive(report.select(service, described["format"], records, query))
            except Rule as rule:
                raise StateError(f"[{place}].filters", query, rule.explain) from rule


def find_job(world: World, api: str, id: str, place: str) -> Job:
    """Return the job that a part describes."""
    try:
        job = world.jobs.get(id)
    except NoSuchJob:
        raise StateError(place, id, "the id of a job of this document") from None
    if job.api != api:
        raise StateError(place, id, f"the id of a job of the API {api}")
    return job
