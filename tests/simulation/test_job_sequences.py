"""Whatever happens to a job in whatever order, it keeps to the documented states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockserver.simulation.clock import SECOND
from mockserver.simulation.errors import TransitionError
from mockserver.simulation.job import Job
from mockserver.simulation.job_history import history
from mockserver.simulation.profiles import KINDS, PROFILES, Profile
from mockserver.simulation.timeline import ACTIVE, Progress, State

READY, STARTING, RUNNING, PAUSED, CANCELED, FINISHED, ERROR = State

#: Where time alone may bring a job.
BY_TIME = {
    STARTING: {STARTING, RUNNING, FINISHED, ERROR},
    RUNNING: {RUNNING, FINISHED, ERROR},
    PAUSED: {PAUSED},
    CANCELED: {CANCELED},
    FINISHED: {FINISHED},
    ERROR: {ERROR},
}
#: What an action needs, and where it brings the job.
BY_ACTION = {
    "pause": ({RUNNING}, PAUSED),
    "resume": ({PAUSED}, RUNNING),
    "cancel": (ACTIVE, CANCELED),
    "complete": (ACTIVE, FINISHED),
    "fail": (ACTIVE, ERROR),
    "stall": (ACTIVE, None),
}

PROFILE = st.builds(
    lambda kind, pace, duration: replace(PROFILES[kind], records_per_second=pace, duration_seconds=duration),
    st.sampled_from(KINDS),
    st.sampled_from([0.3, 7.0, 100.0, 1e6]),
    st.none() | st.sampled_from([0.0, 0.1, 5.0, 3600.0]),
)


class JobMachine(RuleBasedStateMachine):
    """Do things to a job and look at it after each."""

    @initialize(profile=PROFILE, total=st.sampled_from([0, 1, 3, 1000]), tick=st.integers(0, 10 * SECOND))
    def start(self, profile: Profile, total: int, tick: int) -> None:
        self.make = ("1", "report", "product", total, profile, tick)
        self.job = Job(*self.make)
        self.now = tick
        self.events: list[tuple[str, int]] = []
        self.seen: Progress = self.job.look(tick)
        self.running = 0  # nanoseconds that the job was seen running, from look to look
        assert self.seen.state in (STARTING, RUNNING, FINISHED, ERROR)

    @rule(step=st.sampled_from([0, 1, SECOND // 3, SECOND, 7 * SECOND, 10_000 * SECOND]))
    def wait(self, step: int) -> None:
        before, self.now = self.seen, self.now + step
        after = self.job.look(self.now)
        assert after.state in BY_TIME[before.state]
        if before.state is PAUSED:
            assert after == before
        if before.state is after.state is RUNNING:
            self.running += step
        elif before.state is STARTING and after.state is RUNNING:
            self.running += self.now - (self.make[5] + round(self.make[4].starting_seconds * SECOND))
        if after.state is RUNNING:
            assert after.duration == self.running // SECOND
        self.saw(after)

    @rule(action=st.sampled_from(sorted(BY_ACTION)))
    def act(self, action: str) -> None:
        needed, then = BY_ACTION[action]
        before = self.job.look(self.now)
        try:
            after: Progress = getattr(self.job, action)(self.now)
        except TransitionError:
            assert before.state not in needed
            assert self.job.look(self.now) == before
            return
        assert before.state in needed
        self.events.append((action, self.now))
        assert after.state is (before.state if then is None else then)
        self.saw(after)

    @rule()
    def poll(self) -> None:
        before = self.job.look(self.now)
        after = self.job.poll(self.now)
        self.events.append(("poll", self.now))
        assert after.state is before.state or (before.state, after.state) == (RUNNING, FINISHED)
        self.saw(after)

    def saw(self, after: Progress) -> None:
        assert after.processed >= self.seen.processed
        assert after.duration >= self.seen.duration
        assert not self.seen.state.ended or after == self.seen
        self.seen = after

    @invariant()
    def the_same_events_give_the_same_state_without_looking(self) -> None:
        twin = Job(*self.make)
        for event, tick in self.events:
            act: Any = getattr(twin, event)
            act(tick)
        assert twin.look(self.now) == self.job.look(self.now) == self.seen
        assert twin.ends_at() == self.job.ends_at()

    @invariant()
    def the_end_that_is_foretold_comes_then(self) -> None:
        end = self.job.ends_at()
        if end is None:
            assert self.job.standstill() in ("paused", "stalled", "stuck", "polls")
            assert not self.job.look(self.now + 10**18).state.ended
        else:
            assert self.job.standstill() is None
            assert self.job.look(max(end, self.now)).ended_at == end
            assert end <= self.now or not self.job.look(end - 1).state.ended

    @invariant()
    def the_history_leads_to_what_is_seen(self) -> None:
        steps = history(self.job, self.now)
        past = [step for step in steps if not step.expected]
        assert (past[0].tick, past[0].cause) == (self.make[5], "start")
        assert (past[-1].state, past[-1].tick <= self.now) == (self.seen.state, True)
        assert past[-1].percentage == self.seen.percentage or not self.seen.state.ended
        assert [step.tick for step in steps] == sorted(step.tick for step in steps)
        for step in steps[len(past) :]:
            assert step.expected
            assert self.job.when(step.state, self.now) == step.tick
            assert self.job.look(self.now).state is not step.state

    @invariant()
    def the_figures_follow_their_formulae(self) -> None:
        seen = self.seen
        total = seen.total
        assert 0 <= seen.processed <= total
        whole = 100 if seen.state is FINISHED else 0
        assert seen.percentage == (100 * seen.processed // total if total else whole)
        assert seen.has_progress == (seen.state in (RUNNING, PAUSED) and 0 < seen.processed < total)
        assert (seen.ended_at is None) == (seen.state in ACTIVE)
        assert self.job.has_ended(self.now) == seen.state.ended


JobMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnySequence = pytest.mark.rule("COM-STATUSENUM")(JobMachine.TestCase)
