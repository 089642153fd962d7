"""Import the records of a service from a file: ``import/{service}/…`` (S2).

The whole file is read and checked before ``start`` answers, so that the status knows how many records there are.
What is good takes effect record by record as the job proceeds; what is faulty is counted and listed as it does.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, BinaryIO

from starlette.concurrency import run_in_threadpool

from mockserver.contract import Exchange
from mockserver.records import Records, Service
from mockserver.records.staging import Staging
from mockserver.simulation.job import Job
from mockserver.simulation.outbox import Outbox
from mockserver.simulation.profiles import Profile
from mockserver.simulation.timeline import Progress
from mockserver.simulation.worlds import World
from mockserver.websale.importing import Failures, Importer, ImportFile, charset_of, spool
from mockserver.websale.shop import Shop
from mockserver.websale.steering import check_begun, check_format, move

API = "import"
MAILED = "adminUser"
"""The service whose imported users get a mail with ``sendMail`` (IMP-START-sendMail)."""

READY: dict[str, Any] = {
    "duration": 0,
    "end": "",
    "failed": 0,
    "globalError": 0,
    "importErrors": [],
    "lastError": "",
    "percentage": 0,
    "processed": 0,
    "start": "",
    "status": 0,
    "total": 0,
}
"""The status before any start, like that of an export."""


async def status(exchange: Exchange, service: str) -> dict[str, Any]:
    """Show the service's import (IMP-STATUS-200)."""
    world = exchange.world
    job = world.jobs.current(API, service)
    if job is None:
        return READY
    seen = job.poll(world.clock.ticks())
    world.part(Shop).settle_soon()
    return _show(exchange, job, seen)


async def start(exchange: Exchange, service: str, format: str, send_mail: str) -> dict[str, Any]:
    """Start an import, canceling the one that runs (IMP-START-200, IMP-START-restart)."""
    shop = exchange.world.part(Shop)
    described = shop.services[service]
    check_format(API, described, format, "IMP-START-400-format")
    profile = exchange.choose_profile(API, service)
    mails = service == MAILED and send_mail in ("true", "1")
    with closing(await spool(exchange.stream())) as body:
        _cancel(exchange.world, service)
        file = await _read(exchange, described, format, body, mails=mails)
    if file.broken:
        coding = exchange.headers.get("content-encoding", "")
        hint = f"; its Content-Encoding is {coding}, and bodies are not decoded" if coding else ""
        profile = profile.failing_at(0, file.broken + hint)
    job = begin(exchange.world, service, profile, file)
    await shop.settled()  # a large import that is over at once
    check_begun(API, profile, "IMP-START-503-10s")
    return _show(exchange, job)


async def pause(exchange: Exchange, service: str) -> dict[str, Any]:
    """Pause a running import (IMP-PAUSE-200)."""
    return _show(exchange, move(exchange, API, service, "pause", "IMP-PAUSE-404"))


async def resume(exchange: Exchange, service: str) -> dict[str, Any]:
    """Resume a paused import (IMP-RESUME-200)."""
    return _show(exchange, move(exchange, API, service, "resume", "IMP-RESUME-404"))


async def cancel(exchange: Exchange, service: str) -> dict[str, Any]:
    """Cancel an import that is starting, running or paused (IMP-CANCEL-200)."""
    return _show(exchange, move(exchange, API, service, "cancel", "IMP-CANCEL-404"))


async def _read(
    exchange: Exchange, service: Service, format: str, body: BinaryIO, *, mails: bool
) -> ImportFile:
    """Check and stage the records of a file, in a worker thread."""
    charset = charset_of(exchange.headers.get("content-type", ""))
    records = await exchange.world.part(Shop).settled()
    importer = importer_of(exchange.world, service, records, mails=mails)
    return await run_in_threadpool(importer.read, body, format, charset)


def importer_of(world: World, service: Service, records: Records, *, mails: bool) -> Importer:
    """Return what reads a file for the world's shop; with ``mails``, its new records are written to at the end."""
    shop = world.part(Shop)
    now = world.clock.resource_time(world.clock.ticks())
    check = shop.record_checks.get(service.name)
    return Importer(service, records, now, shop.import_errors, check=check, kept=mails)


def begin(world: World, service: str, profile: Profile, file: ImportFile) -> Job:
    """Start the job, in the place of the one before it."""
    before = world.jobs.current(API, service)
    job = world.jobs.start(
        API,
        service,
        file.total,
        profile,
        world.clock.ticks(),
        payload=file,
        failed_at=file.failures.count,
    )
    if before is not None and isinstance(before.payload, ImportFile):
        before.payload.failures.forget()
    attend(world, job, file)
    return job


def attend(world: World, job: Job, file: ImportFile) -> None:
    """Let the rows take effect as the job proceeds, and do what is to be done when it has ended."""
    shop, staging = world.part(Shop), file.staging
    if staging is not None:
        shop.admit(job, staging)

    def end(job: Job, progress: Progress) -> None:
        if staging is not None and staging.kept:
            _send_mails(world, job, progress, staging)
        shop.import_ended(job, progress)

    world.on_end(job, end)


def _cancel(world: World, service: str) -> None:
    """Cancel the import that is running, so that the new file meets what that one has done (IMP-START-restart)."""
    job, now = world.jobs.current(API, service), world.clock.ticks()
    if job is not None and not job.has_ended(now):
        job.cancel(now)


def _send_mails(world: World, job: Job, progress: Progress, staging: Staging) -> None:
    """Put a mail to each imported user into the outbox, at the time at which the import ended."""
    outbox = world.part(Outbox)
    for user in staging.last(progress.processed, outbox.room):
        facts = {"job": job.id, "to": user["email"], "userName": user["userName"]}
        outbox.send("mail", progress.ended_at or 0, facts)


def _show(exchange: Exchange, job: Job, seen: Progress | None = None) -> dict[str, Any]:
    """Return the eleven fields of the status (IMP-FIELD-*)."""
    clock = exchange.world.clock
    seen = seen or job.look(clock.ticks())
    failures = job.payload.failures if isinstance(job.payload, ImportFile) else Failures(0)
    return {
        "duration": seen.duration,
        "end": clock.job_time(seen.ended_at),
        "failed": failures.count(seen.processed),
        "globalError": seen.global_error,
        "importErrors": failures.among(seen.processed),
        "lastError": seen.last_error,
        "percentage": seen.percentage,
        "processed": seen.processed,
        "start": clock.job_time(job.started_at),
        "status": int(seen.state),
        "total": seen.total,
    }
