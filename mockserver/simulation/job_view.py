"""Show a job as the control plane does."""

from __future__ import annotations

from typing import TypedDict

from .clock import Clock
from .job import Job


class JobJson(TypedDict):
    """Show a job as the control plane does."""

    id: str
    api: str
    target: str
    state: str
    status: int
    total: int
    processed: int
    percentage: int
    failed: int
    startedAt: str
    endsAt: str | None
    profile: str
    file: str | None


def describe(job: Job, tick: int, clock: Clock) -> JobJson:
    """Show a job as JSON. ``endsAt`` is when it ended or will end, null when it never does by itself.

    ``profile`` is the kind.
    """
    seen = job.look(tick)
    ends_at = job.ends_at()
    return {
        "id": job.id,
        "api": job.api,
        "target": job.target,
        "state": seen.state.label,
        "status": int(seen.state),
        "total": seen.total,
        "processed": seen.processed,
        "percentage": seen.percentage,
        "failed": job.failed(tick),
        "startedAt": clock.job_time(job.started_at),
        "endsAt": None if ends_at is None else clock.job_time(ends_at),
        "profile": job.profile.kind,
        "file": job.file,
    }
