"""Describe exports and imports in a world's document, so that they go on in a world that is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Rule
from mockserver.records import Service
from mockserver.records.staging import StagedRow, Staging
from mockserver.simulation.errors import StateError, TooLarge
from mockserver.simulation.job import Job
from mockserver.simulation.state import MAX_BYTES, Later, join
from mockserver.simulation.worlds import World
from mockserver.websale import imports, report
from mockserver.websale.checking import checker_of
from mockserver.websale.importing import Failures, ImportFile
from mockserver.websale.report import Selection
from mockserver.websale.shop import Shop
from mockserver.websale.written import Written, find_job


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


class Imports:
    """The part ``imports``: what each import has read, and which of it has not taken effect."""

    def __init__(self, world: World) -> None:
        self._world = world

    def dump(self) -> Any:
        """Describe the files."""
        self._world.part(Shop).settle()
        return [
            {
                "job": job.id,
                "broken": job.payload.broken,
                **job.payload.failures.dump(),
                **_describe(job.payload.staging),
            }
            for job in self._world.jobs.of(imports.API)
            if isinstance(job.payload, ImportFile)
        ]

    def load(self, state: Any) -> None:
        """Give the imports what is left to be done."""
        for place, described in enumerate(state):
            job = find_job(self._world, imports.API, described["job"], f"[{place}].job")
            try:
                self._load(job, described)
            except StateError as error:
                raise StateError(join(f"[{place}]", error.field), error.value, error.accepted) from error

    def _load(self, job: Job, described: Mapping[str, Any]) -> None:
        shop, total = self._world.part(Shop), job.total
        service = shop.services.get(job.target)
        if service is None:
            raise StateError("job", job.target, f"the job of a service: {', '.join(shop.services)}")
        if any(not 0 <= number < total for number in described["faulty"]):
            raise StateError("faulty", None, f"numbers of records, 0 to {total - 1}")
        failures = Failures(shop.import_errors)
        failures.load(sorted({*described["faulty"]}), described["errors"])
        staging = None
        now = self._world.clock.ticks()
        if "rows" in described and not job.has_ended(now):
            staging = shop.records.stage(service.name, kept=described["kept"])
            staging.add([self._row(service, total, *numbered) for numbered in enumerate(described["rows"])])
            staging.applied = described["applied"]
        file = ImportFile(staging, failures, total, described["broken"])
        job.revive(file, failed_at=failures.count)
        if not job.has_ended(now):
            imports.attend(self._world, job, file)

    def _row(self, service: Service, total: int, place: int, row: Mapping[str, Any]) -> StagedRow:
        record, number = row["record"], row["number"]
        content = checker_of(service).write(record)
        if content is None or record.get(service.key) is None:
            raise StateError(f"rows[{place}].record", None, f"what the schema of {service.name} says")
        if not 0 <= number < total:
            raise StateError(f"rows[{place}].number", number, f"0 to {total - 1}")
        return number, record[service.key], content


def _describe(staging: Staging | None) -> dict[str, Any]:
    """Return the rows of an import that are still needed. They are read now: soon they may be gone."""
    rows, size = [], 0
    if staging is None:
        return {}
    for number, _, content in staging.rows():
        size += len(content)
        if size > MAX_BYTES:
            raise TooLarge(MAX_BYTES)
        rows.append(b'{"number":%d,"record":%b}' % (number, content))
    if not rows:
        return {}
    return {"applied": staging.applied, "kept": staging.kept, "rows": Later(lambda: rows)}
