"""The parts of a world that a test steers: clock, jobs, profiles, faults, outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from mockserver.testing._http import Transport
from mockserver.testing.models import (
    Api,
    ClockState,
    Fault,
    FaultKind,
    Job,
    JobState,
    JobStep,
    JobTimeline,
    OutboxEntry,
    ProfileName,
    format_time,
    read,
    to_camel,
)


class Resource:
    """A part of a world: what its calls have in common."""

    def __init__(self, transport: Transport, world: str) -> None:
        self._transport = transport
        self._world = world

    def _call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        return self._transport.call(method, path, world=self._world, body=body, query=query)


class Clock(Resource):
    """A world's clock. All jobs, links and tokens of the world follow it."""

    def read(self) -> ClockState:
        """Return mode, speed and time."""
        return read(ClockState, self._call("GET", "/clock"))

    @property
    def now(self) -> datetime:
        """The world's time, asked for anew each time: an aware ``datetime`` in UTC."""
        return self.read().time

    def freeze(self) -> ClockState:
        """Let time stand still until it is advanced or set."""
        return self._write({"mode": "frozen"})

    def run(self, speed: float | None = None) -> ClockState:
        """Let time pass by itself.

        :param speed: virtual seconds for a real one; ``None`` keeps the speed that it has.
        """
        return self._write({"mode": "running"} | ({} if speed is None else {"speed": speed}))

    def set(self, now: datetime | str) -> ClockState:
        """Set the time. Forward lets the time between pass; back only changes what the clock shows.

        :param now: a ``datetime`` (UTC where it has no zone), or RFC 3339 as a string.
        """
        return self._write({"now": format_time(now)})

    def advance(self, seconds: float | timedelta) -> ClockState:
        """Let time pass at once: seconds, or a ``timedelta``."""
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        return self._advance({"seconds": seconds})

    def advance_until_idle(self) -> ClockState:
        """Let time pass until no job is active.

        :raises Refused: with the rule ``MOCK-409-never`` when a job never ends by itself; the clock stays.
        """
        return self._advance({"until": "idle"})

    def advance_until(self, job: Job | str, state: JobState) -> ClockState:
        """Let time pass until the job, or the one with this id, is in the state.

        :raises Refused: with ``MOCK-409-never`` when it is never going to be; the clock stays.
        """
        return self._advance({"until": f"job:{id_of(job)}:{state}"})

    def _write(self, body: Mapping[str, Any]) -> ClockState:
        return read(ClockState, self._call("PUT", "/clock", body))

    def _advance(self, body: Mapping[str, Any]) -> ClockState:
        return read(ClockState, self._call("POST", "/clock/advance", body))


class Jobs(Resource):
    """A world's jobs, of all APIs. Iterating gives them, the oldest first."""

    def __iter__(self) -> Iterator[Job]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def list(
        self, *, api: Api | None = None, target: str | None = None, state: JobState | None = None
    ) -> Sequence[Job]:
        """Return the jobs as they are now, the oldest first; each argument leaves only those that fit it."""
        found = self._call("GET", "/jobs", api=api, target=target, state=state)
        return [read(Job, document) for document in found["jobs"]]

    def get(self, job: Job | str) -> Job:
        """Return a job by its id, as it is now.

        :raises Refused: with ``MOCK-404-job`` when there is none.
        """
        return read(Job, self._call("GET", f"/jobs/{quote(id_of(job), safe='')}"))

    def latest(self, api: Api | None = None, target: str | None = None) -> Job:
        """Return the job that was started last, of the API and the target where they are given.

        :raises LookupError: none was started.
        """
        jobs = self.list(api=api, target=target)
        if not jobs:
            kind = " ".join(part for part in (api, target) if part)
            raise LookupError(f"No job{f' ({kind})' if kind else ''} was started in the world {self._world}.")
        return jobs[-1]

    def timeline(self, job: Job | str) -> JobTimeline:
        """Return what a job has been through, what is to come, and the files that it has made.

        :raises Refused: with ``MOCK-404-job`` when there is none.
        """
        document = self._call("GET", f"/jobs/{quote(id_of(job), safe='')}/timeline")
        return JobTimeline(
            job=read(Job, document["job"]),
            steps=tuple(read(JobStep, step) for step in document["timeline"]),
            files={file["name"]: file["url"] for file in document["files"]},
        )

    def read_file(self, job: Job | str) -> bytes:
        """Return what a finished export has written; this is no call of the vendor's, and no fault meets it.

        :raises Refused: with ``MOCK-404-file`` when the job has not finished, or makes no file.
        """
        return self._transport.fetch(f"/jobs/{quote(id_of(job), safe='')}/file", self._world)

    def pause(self, job: Job | str) -> Job:
        """Hold a running job until it is resumed.

        :raises Refused: with ``MOCK-409-job`` when it is in another state.
        """
        return self._push(job, "pause")

    def resume(self, job: Job | str) -> Job:
        """Let a paused job go on from where it was held.

        :raises Refused: with ``MOCK-409-job`` when it is in another state.
        """
        return self._push(job, "resume")

    def cancel(self, job: Job | str) -> Job:
        """End an active job as canceled, with the progress that it has.

        :raises Refused: with ``MOCK-409-job`` when it has ended already.
        """
        return self._push(job, "cancel")

    def complete(self, job: Job | str) -> Job:
        """Let an active job have done everything now.

        :raises Refused: with ``MOCK-409-job`` when it has ended already.
        """
        return self._push(job, "complete")

    def fail(self, job: Job | str, last_error: str | None = None, global_error: int | None = None) -> Job:
        """Let an active job end in error now, with the progress that it has.

        :param last_error: what its status says; ``None`` leaves that to the server.
        :param global_error: the code that the status of an import has.
        :raises Refused: with ``MOCK-409-job`` when it has ended already.
        """
        facts = {"lastError": last_error, "globalError": global_error}
        return self._push(job, "fail", {name: fact for name, fact in facts.items() if fact is not None})

    def stall(self, job: Job | str) -> Job:
        """Let an active job make no progress from now on; its state stays what it is.

        :raises Refused: with ``MOCK-409-job`` when it has ended already.
        """
        return self._push(job, "stall")

    def _push(self, job: Job | str, action: str, body: Any = None) -> Job:
        return read(Job, self._call("POST", f"/jobs/{quote(id_of(job), safe='')}/{action}", body))


class Profiles(Resource):
    """How a world's jobs unfold, by API and target."""

    def set(
        self, profile: ProfileName, *, api: Api = "report", target: str = "*", **measures: Any
    ) -> dict[str, Any]:
        """Choose how the jobs that are started from now on unfold; return the profile with all members.

        :param target: a service, the id of a feed or of a store; ``*`` stands for all.
        :param measures: what differs from the built-in profile, such as ``duration_seconds=5``,
            ``starting_seconds``, ``records_per_second``, ``stop_at_percent``, ``fail_at_percent``, ``last_error``,
            ``global_error`` or ``polls``.
        """
        body = {"kind": profile} | {to_camel(name): value for name, value in measures.items()}
        chosen: dict[str, Any] = self._call("PUT", self._path(api, target), body)
        return chosen

    def get(self, api: Api, target: str = "*") -> dict[str, Any]:
        """Return the profile that the next job of API and target will have, with all members."""
        profile: dict[str, Any] = self._call("GET", self._path(api, target))
        return profile

    def clear(self, api: Api, target: str = "*") -> None:
        """Go back to the fixtures' profile."""
        self._call("DELETE", self._path(api, target))

    @staticmethod
    def _path(api: str, target: str) -> str:
        return f"/profiles/{api}/{quote(target, safe='*')}"


class Faults(Resource):
    """What goes wrong on purpose in a world. Iterating gives the faults, the oldest first."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def add(
        self,
        rule: str | None = None,
        *,
        status: int | None = None,
        operation: str | None = None,
        target: Mapping[str, str] | None = None,
        kind: FaultKind = "answer",
        times: int | None = None,
        after: int = 0,
        probability: float = 1.0,
        latency: float | timedelta | Mapping[str, Any] | None = None,
        virtual: bool = False,
        body_seconds: float | None = None,
        retry_after: int | None = None,
        until: datetime | str | None = None,
    ) -> Fault:
        """Place a fault: what goes wrong, for which calls, how often.

        :param rule: answer with this rule, such as ``REP-START-503-trigger``; it is met by the rule's operations.
        :param status: answer with the first rule of this status instead of naming one.
        :param operation: such as ``POST report/{service}/pause``; ``None`` is every operation that it can meet.
        :param target: values of the path's parameters, such as ``{"service": "order"}``.
        :param kind: ``answer``, or how the answer breaks: ``reset`` closes the connection, ``truncate`` cuts the body,
            ``slow-body`` sends it in pieces.
        :param times: how often it fires; ``None`` lasts until it is removed.
        :param after: how many calls are let through first.
        :param probability: of each call that it meets; drawn from the world's seed, so the same in each run.
        :param latency: real seconds, or a distribution such as
            ``{"distribution": "uniform", "min": 0.1, "max": 0.5}``.
        :param virtual: let the world's clock do the waiting.
        :param retry_after: seconds in a ``Retry-After`` header.
        :param until: the instant of the world's clock from which on it does not fire.
        :raises Refused: the server does not take it; the message lists what would have been accepted.
        """
        if isinstance(latency, timedelta):
            latency = latency.total_seconds()
        plan: dict[str, Any] = {
            "rule": rule,
            "status": status,
            "operation": operation,
            "target": dict(target) if target else None,
            "kind": None if kind == "answer" else kind,
            "times": times,
            "after": after or None,
            "probability": None if probability == 1 else probability,
            "latencySeconds": latency,
            "virtual": virtual or None,
            "bodySeconds": body_seconds,
            "retryAfterSeconds": retry_after,
            "until": None if until is None else format_time(until),
        }
        given = {key: value for key, value in plan.items() if value is not None}
        return read(Fault, self._call("POST", "/faults", given))

    def list(self) -> Sequence[Fault]:
        """Return the faults with what became of them so far."""
        return [read(Fault, document) for document in self._call("GET", "/faults")["faults"]]

    def remove(self, fault: Fault | str) -> None:
        """Take a fault away, by itself or by its id."""
        self._call("DELETE", f"/faults/{quote(fault if isinstance(fault, str) else fault.id, safe='')}")

    def clear(self) -> None:
        """Take all faults away."""
        self._call("DELETE", "/faults")


class Outbox(Resource):
    """What the vendor would have sent: mails, webhooks, files. Iterating gives the entries, the oldest first."""

    def __iter__(self) -> Iterator[OutboxEntry]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def list(self, kind: str | None = None) -> Sequence[OutboxEntry]:
        """Return the entries, or those of one kind."""
        entries = [read(OutboxEntry, document) for document in self._call("GET", "/outbox")["entries"]]
        return [entry for entry in entries if kind in (None, entry.kind)]

    def clear(self) -> None:
        """Forget what was sent so far."""
        self._call("DELETE", "/outbox")


def id_of(job: Job | str) -> str:
    """Return the id of a job, which may be given as such."""
    return job if isinstance(job, str) else job.id
