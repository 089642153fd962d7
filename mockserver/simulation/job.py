"""Simulate the vendors' background jobs (COM-ASYNC) without any background.

A job stores what happened to it and when (ticks). What it shows is computed when somebody looks, and
looking changes nothing: the same events give the same state, however often somebody looked in between.
Nothing runs while nobody asks, so running jobs cost only their memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from .clock import SECOND
from .errors import TransitionError
from .profiles import Profile, exact
from .timeline import ACTIVE, Cause, Course, Event, Progress, State, course_of

Notify: TypeAlias = Callable[["Job", int], object]
Verdict: TypeAlias = Callable[[], str]
Known: TypeAlias = Callable[[], bool]

#: So much of what somebody did to a job is kept; the oldest is forgotten.
EVENTS = 100


class Job:
    """Be one export, import or build.

    ``payload`` is whatever the domain wants to find again. ``failed_at``, set by the domain, says how many
    of the first n records failed. ``verdict`` says, when the work is done, why it came to nothing ("" when it
    did not): the job then ends in Error instead of Finished. It is asked once, as late as possible, and must not
    depend on when; ``known`` says whether it answers without delay. Ticks handed in never lie before what happened
    last; earlier ones count as that instant.
    """

    __slots__ = (
        "_course",
        "_events",
        "_failure",
        "_final",
        "_known",
        "_last",
        "_notify",
        "_paused",
        "_polled",
        "_ran",
        "_since",
        "_stalled",
        "_verdict",
        "api",
        "failed_at",
        "file",
        "id",
        "payload",
        "profile",
        "started_at",
        "target",
        "total",
    )

    def __init__(
        self,
        id: str,
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
        notify: Notify | None = None,
    ) -> None:
        if total < 0:
            raise ValueError(f"total is {total}; accepted: 0 or more")
        self.id = id
        self.api = api
        self.target = target
        self.total = total
        self.profile = profile
        self.payload = payload
        self.file = file
        self.failed_at = failed_at
        self.started_at = tick
        self._notify = notify
        self._course: Course = course_of(profile, total)
        self._events: tuple[Event, ...] = ()  # what somebody did
        self._last = tick  # when something happened last
        self._ran = 0  # nanoseconds of Running up to _since
        self._since: int | None = (
            tick + self._course.starting
        )  # Running since; None: not (yet, again) running
        self._paused = False
        self._polled = 0
        self._stalled: int | None = None  # running time at which progress stopped
        self._final: Progress | None = None  # what is seen for ever, once something ended the job
        self._verdict = verdict
        self._known = known
        self._failure = ""
        if self._course.at_once and verdict is None:
            self._final = self._progress(State.FINISHED, 0, tick)

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.api} {self.target} {self.profile.kind} {self.total}>"

    # --- looking ----------------------------------------------------------------------------------

    def look(self, tick: int) -> Progress:
        """Compute what is seen at ``tick``; change nothing."""
        if self._final is not None:
            return self._final
        tick = max(tick, self._last)
        if self._since is None:
            return self._progress(State.PAUSED if self._paused else State.STARTING, self._ran, None)
        if tick < self._since:
            return self._progress(State.STARTING, 0, None)
        end = self._end()
        if end is not None and tick >= end:
            if self._course.outcome is State.FINISHED:
                return self._done(self._course.end or 0, end)
            errors = self.profile.last_error, self.profile.global_error
            return self._progress(self._course.outcome, self._course.end or 0, end, *errors)
        return self._progress(State.RUNNING, self._ran + tick - self._since, None)

    def failed(self, tick: int) -> int:
        """Count the failed among the records processed at ``tick``."""
        return 0 if self.failed_at is None else self.failed_at(self.look(tick).processed)

    def ends_at(self) -> int | None:
        """Give the instant at which the job ends, or ended, if nothing else happens; None when it never does.

        Paused, stuck and stalled jobs and those that move by polls never end by themselves.
        """
        if self._final is not None:
            return self._final.ended_at
        return self._end()

    def has_ended(self, tick: int) -> bool:
        """Say whether the job has ended at ``tick``; cheaper than a look."""
        end = self.ends_at()
        return end is not None and end <= tick

    def when(self, state: State, tick: int) -> int | None:
        """Give the first instant from ``tick`` on at which the job is in ``state``.

        None when it never will be if nothing else happens.
        """
        now = max(tick, self._last)
        seen = self.look(now)
        if seen.state is state:
            return now
        if seen.state.ended or self._since is None:
            return None
        end = self._end()
        if state is State.RUNNING and seen.state is State.STARTING and end != self._since:
            return self._since
        if end is not None and state.ended and state is self._outcome():
            return end
        return None

    def when_done(self, percent: float, tick: int) -> int | None:
        """Give the first instant from ``tick`` on at which at least ``percent`` of the records are processed.

        None when they never will be if nothing else happens.
        """
        now = max(tick, self._last)
        needed = math.ceil(exact(float(percent)) * self.total / 100)
        if self.look(now).processed >= needed:
            return now
        course = self._course
        if self._since is None or self._stalled is not None or not course.step or needed > course.cap:
            end = self.ends_at()
            return end if end is not None and self.look(end).processed >= needed else None
        return max(now, self._since - self._ran - needed * course.per // -course.step)

    @property
    def decided(self) -> bool:
        """Whether a look at the job's end does not have to wait for its verdict."""
        if self._verdict is None or self._course.outcome is not State.FINISHED:
            return True
        return self._known is not None and self._known()

    def decide(self) -> None:
        """Ask for the verdict, which may take its time; any thread may do that."""
        self._came_to_nothing()

    def standstill(self) -> str | None:
        """Say why the job never ends by itself: paused, stalled, stuck or polls; None when it does."""
        if self.ends_at() is not None:
            return None
        if self._paused:
            return "paused"
        if self._stalled is not None:
            return "stalled"
        return "polls" if self.profile.kind == "polls" else "stuck"

    def revive(
        self,
        payload: object,
        *,
        failed_at: Callable[[int], int] | None = None,
        verdict: Verdict | None = None,
        known: Known | None = None,
    ) -> None:
        """Give a job that was made from a description what it works on (see ``job_state``)."""
        self.payload = payload
        self.failed_at = failed_at
        self._verdict = verdict if self._final is None else None
        self._known = known

    # --- what clients do --------------------------------------------------------------------------

    def pause(self, tick: int) -> Progress:
        """Hold the work: from Running only (REP-PAUSE-404 else)."""
        self._allow("pause", tick, State.RUNNING)
        now = max(tick, self._last)
        self._ran += now - (self._since or 0)
        self._since = None
        self._paused = True
        return self._happened(now, "pause")

    def resume(self, tick: int) -> Progress:
        """Go on with the work: from Paused only (REP-RESUME-404 else)."""
        self._allow("resume", tick, State.PAUSED)
        now = max(tick, self._last)
        self._since = now
        self._paused = False
        return self._happened(now, "resume")

    def cancel(self, tick: int) -> Progress:
        """End the job as Canceled: from Starting, Running, Paused (REP-CANCEL-404 else)."""
        return self._push("cancel", tick, State.CANCELED)

    def poll(self, tick: int) -> Progress:
        """Count a status request: it moves a Running job of kind polls by 1/n, the nth one finishes it.

        Others take no notice.
        """
        if self.profile.kind != "polls" or self._final is not None:
            return self.look(tick)
        now = max(tick, self._last)
        seen = self.look(now)
        if seen.state is not State.RUNNING or self._stalled is not None:
            return seen
        self._polled += 1
        if self._polled < (self.profile.polls or 1):
            return self._happened(now)
        self._final = self._done(self._running(now), now)
        return self._happened(now, "poll")

    # --- what the control plane pushes ------------------------------------------------------------

    def complete(self, tick: int) -> Progress:
        """Finish the job now, with everything processed: from Starting, Running, Paused."""
        self._allow("complete", tick, *ACTIVE)
        now = max(tick, self._last)
        self._final = self._done(self._running(now), now)
        return self._happened(now, "complete")

    def fail(self, tick: int, last_error: str = "", global_error: int = 1) -> Progress:
        """End the job in Error now, with the progress it has: from Starting, Running, Paused."""
        return self._push("fail", tick, State.ERROR, last_error, global_error)

    def stall(self, tick: int) -> Progress:
        """Stop all progress until complete, fail or cancel: from Starting, Running, Paused.

        The state shown stays what it is.
        """
        seen = self._allow("stall", tick, *ACTIVE)
        now = max(tick, self._last)
        if self._stalled is not None:
            return seen
        self._stalled = self._running(now)
        if seen.state is State.STARTING:
            self._since = None
        return self._happened(now, "stall")

    # --- inner ------------------------------------------------------------------------------------

    def _end(self) -> int | None:
        end = self._course.end
        if end is None or self._since is None or self._stalled is not None:
            return None
        return self._since + end - self._ran

    def _running(self, now: int) -> int:
        if self._since is None or now < self._since:
            return self._ran
        return self._ran + now - self._since

    def _came_to_nothing(self) -> str:
        verdict = self._verdict  # which another thread may be asking, too
        if verdict is not None and self._course.outcome is State.FINISHED:
            self._failure = verdict()
            self._verdict = None
        return self._failure

    def _outcome(self) -> State:
        return State.ERROR if self._came_to_nothing() else self._course.outcome

    def _done(self, ran: int, ended_at: int) -> Progress:
        failure = self._came_to_nothing()
        if failure:
            return self._progress(State.ERROR, ran, ended_at, failure, 1)
        return self._progress(State.FINISHED, ran, ended_at)

    def _progress(
        self, state: State, ran: int, ended_at: int | None, last_error: str = "", global_error: int = 0
    ) -> Progress:
        total = self.total
        if state is State.FINISHED:
            processed, percentage = total, 100
        else:
            if self.profile.kind == "polls":
                processed = total * self._polled // (self.profile.polls or 1)
            else:
                processed = self._course.processed(ran if self._stalled is None else min(ran, self._stalled))
            percentage = 100 * processed // total if total else 0
        moving = (state is State.RUNNING or state is State.PAUSED) and 0 < processed < total
        return Progress(
            state,
            total,
            processed,
            percentage,
            moving,
            ran // SECOND,
            self.started_at,
            ended_at,
            last_error,
            global_error,
        )

    def _allow(self, wanted: str, tick: int, *states: State) -> Progress:
        seen = self.look(tick)
        if seen.state not in states:
            raise TransitionError(self.id, self.api, self.target, seen.state.label, wanted)
        return seen

    def _push(
        self, wanted: Cause, tick: int, state: State, last_error: str = "", global_error: int = 0
    ) -> Progress:
        self._allow(wanted, tick, *ACTIVE)
        now = max(tick, self._last)
        self._final = self._progress(state, self._running(now), now, last_error, global_error)
        self._verdict = None
        return self._happened(now, wanted)

    def _happened(self, now: int, cause: Cause | None = None) -> Progress:
        self._last = now
        if cause is not None:
            event = Event(now, cause, self.look(now).percentage)
            self._events = (*self._events, event)[-EVENTS:]
        if self._notify is not None:
            self._notify(self, now)
        return self.look(now)
