"""Hold a world's jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .errors import NoSuchJob, StateError
from .job import Job, Known, Notify, Verdict
from .job_state import dump_job, load_job
from .profiles import Profile
from .timeline import State

#: The kinds of job there are.
APIS = ("report", "import", "build", "foxy")

#: Ended jobs that a book keeps.
KEPT = 10_000

Jobs: TypeAlias = list[Job]


class JobBook:
    """Hold a world's jobs.

    Kept are all that are active, the current one of every (api, target), and the last ``kept`` ended ones.
    """

    __slots__ = (
        "_current",
        "_jobs",
        "_kept",
        "_next",
        "_notify",
        "_sweep_at",
        "_watchers",
        "changes",
        "listener",
    )

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._next = 1
        self._jobs: dict[str, Job] = {}
        self._current: dict[tuple[str, str], Job] = {}
        self._watchers: dict[str, list[Notify]] = {}
        self._sweep_at = kept + 64
        self._notify: Notify = self._changed
        self.changes = 0  # grows with everything that happens to a job, so that a traveller notices
        self.listener: Notify | None = None  # is told of all that happens to all jobs, their start included

    def __len__(self) -> int:
        return len(self._jobs)

    def start(
        self,
        api: str,
        target: str,
        total: int,
        profile: Profile,
        tick: int,
        payload: object = None,
        file: str | None = None,
        *,
        failed_at: Callable[[int], int] | None = None,
        verdict: Verdict | None = None,
        known: Known | None = None,
        replace: bool = True,
    ) -> Job:
        """Start a job and make it the current one of (api, target).

        With ``replace``, one that is still active is canceled first, at the same instant (REP-START-restart).
        """
        before = self._current.get((api, target))
        if replace and before is not None and not before.has_ended(tick):
            before.cancel(tick)
        job = Job(
            str(self._next),
            api,
            target,
            total,
            profile,
            tick,
            payload,
            file,
            failed_at=failed_at,
            verdict=verdict,
            known=known,
            notify=self._notify,
        )
        self._next += 1
        self._jobs[job.id] = job
        self._current[api, target] = job
        self.changes += 1
        if len(self._jobs) >= self._sweep_at:
            self._sweep(tick)
        if self.listener is not None:
            self.listener(job, tick)
        return job

    def current(self, api: str, target: str) -> Job | None:
        """Give the job started last for (api, target), None before any start."""
        return self._current.get((api, target))

    def get(self, id: str) -> Job:
        """Give a job by its id, or raise ``NoSuchJob``."""
        job = self._jobs.get(id)
        if job is None:
            raise NoSuchJob(id)
        return job

    def list(self) -> Jobs:
        """Give all jobs that are kept, in the order of their start."""
        return list(self._jobs.values())

    def pick(
        self, tick: int, api: str | None = None, target: str | None = None, state: State | None = None
    ) -> Jobs:
        """Give those jobs, in the order of their start, that fit all that is given, as they are at ``tick``."""
        return [
            job
            for job in self._jobs.values()
            if (api is None or job.api == api)
            and (target is None or job.target == target)
            and (state is None or job.look(tick).state is state)
        ]

    def active(self, tick: int) -> Jobs:
        """Give the jobs that are starting, running or paused at ``tick``, in the order of their start."""
        return [job for job in self._jobs.values() if not job.has_ended(tick)]

    def of(self, api: str) -> Jobs:
        """Give the jobs of an API that are kept, in the order of their start."""
        return [job for job in self._jobs.values() if job.api == api]

    def dump(self) -> Any:
        """Describe all jobs for a world's document, but not what they work on, which is their APIs' to do."""
        return [dump_job(job) for job in self._jobs.values()]

    def load(self, state: Sequence[Mapping[str, Any]], now: int) -> None:
        """Hold the jobs that were described, as they were at the instant ``now``."""
        for place, described in enumerate(state):
            try:
                job = load_job(described, self._notify, now)
            except StateError as error:
                raise StateError(f"[{place}].{error.field}", error.value, error.accepted) from error
            number = int(job.id)
            if number < self._next:
                raise StateError(f"[{place}].id", job.id, f"ids that grow: {self._next} or more")
            self._next = number + 1
            self._jobs[job.id] = job
            self._current[job.api, job.target] = job

    def watch(self, job: Job, notify: Notify) -> None:
        """Have ``notify(job, tick)`` called when somebody, not time, does something to the job."""
        self._watchers.setdefault(job.id, []).append(notify)

    def unwatch(self, job: Job, notify: Notify) -> None:
        """Take a watcher off."""
        watchers = self._watchers.get(job.id, [])
        if notify in watchers:
            watchers.remove(notify)
            if not watchers:
                del self._watchers[job.id]

    def _changed(self, job: Job, tick: int) -> None:
        self.changes += 1
        for notify in tuple(self._watchers.get(job.id, ())):
            notify(job, tick)
        if self.listener is not None:
            self.listener(job, tick)

    def _sweep(self, tick: int) -> None:
        # Costs as much as there are jobs, so the next one waits until there are an eighth more.
        currents = {job.id for job in self._current.values()}
        ended = [
            id
            for id, job in self._jobs.items()
            if id not in currents and id not in self._watchers and job.has_ended(tick)
        ]
        for id in ended[: max(0, len(ended) - self._kept)]:
            del self._jobs[id]
        self._sweep_at = len(self._jobs) + max(64, len(self._jobs) // 8)
