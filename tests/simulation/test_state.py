"""A world that is made from another's document goes on exactly as that one does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockserver.simulation import travel
from mockserver.simulation.clock import SECOND, Clock
from mockserver.simulation.errors import (
    NoSuchSnapshot,
    ShelfFull,
    StateError,
    TooLarge,
    TransitionError,
)
from mockserver.simulation.job import Job
from mockserver.simulation.job_history import history
from mockserver.simulation.job_view import describe
from mockserver.simulation.profiles import KINDS, PROFILES, Profile
from mockserver.simulation.randomness import Randomness
from mockserver.simulation.snapshots import Shelf, Snapshot
from mockserver.simulation.spans import read_span, write_span
from mockserver.simulation.state import FORMAT, Documents, Later, encode
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.worlds import World, Worlds, WorldSettings

START = 1_767_225_600 * SECOND
ACTIONS = ("pause", "resume", "cancel", "complete", "fail", "stall", "poll")
STEPS = [0, 1, SECOND // 3, SECOND, 7 * SECOND, 3600 * SECOND]


class Ends:
    """A part that notes when jobs end, and knows in a document which it still waits for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.noted: list[list[Any]] = []
        self.awaited: list[str] = []

    def wait_for(self, job: Job) -> None:
        self.awaited.append(job.id)
        self.world.on_end(job, self.note)

    def note(self, job: Job, progress: Progress) -> None:
        self.awaited.remove(job.id)
        self.noted.append([job.id, progress.ended_at, self.world.hex(4)])

    def dump(self) -> Any:
        return {"noted": self.noted, "awaited": self.awaited}

    def load(self, state: Any) -> None:
        self.noted = state["noted"]
        for id in state["awaited"]:
            self.wait_for(self.world.jobs.get(id))


DOCUMENTS = Documents({"ends": Ends})


def make_worlds(**changes: Any) -> Worlds:
    start = WorldSettings(**{"start": START, "mode": "frozen", **changes})
    return Worlds(start, factories={Ends: Ends}, limit=1000)


def copy_of(worlds: Worlds, world: World, name: str = "copy") -> World:
    document = orjson.loads(encode(DOCUMENTS.dump(world)))
    return worlds.replace(name, lambda made: DOCUMENTS.fill(made, document))


def everything(world: World) -> Any:
    """What can be seen of a world, however it came to be."""
    now = world.clock.ticks()
    return (
        world.clock.describe(),
        now,
        [describe(job, now, world.clock) for job in world.jobs.list()],
        [job.look(now) for job in world.jobs.list()],
        [history(job, now) for job in world.jobs.list()],
        [(job.target, job.profile) for job in world.jobs.active(now)],
        [world.jobs.current("report", target) is not None for target in ("order", "product")],
        world.profiles.list(),
        world.part(Ends).noted,
    )


class Twins(RuleBasedStateMachine):
    """Do the same to a world and to its copy."""

    @initialize()
    def make(self) -> None:
        self.worlds = make_worlds()
        self.pair = [self.worlds.get("original")]

    @rule()
    @precondition(lambda self: len(self.pair) == 1)
    def copy(self) -> None:
        self.pair.append(copy_of(self.worlds, self.pair[0]))

    @rule()
    @precondition(lambda self: len(self.pair) == 2)
    def put_the_copy_of_the_copy_in_its_place(self) -> None:
        self.pair[1] = copy_of(self.worlds, self.pair[1])

    @rule(
        kind=st.sampled_from(KINDS),
        total=st.sampled_from([0, 1, 3, 1000]),
        service=st.sampled_from(["order", "product"]),
        pace=st.sampled_from([0.3, 7.0, 1e6]),
        watched=st.booleans(),
    )
    def start(self, kind: Any, total: int, service: str, pace: float, watched: bool) -> None:
        profile = Profile.from_json({"kind": kind, "recordsPerSecond": pace})
        for world in self.pair:
            job = world.jobs.start("report", service, total, profile, world.catch_up(), file=world.hex(20))
            if watched:
                world.part(Ends).wait_for(job)

    @rule(action=st.sampled_from(ACTIONS), service=st.sampled_from(["order", "product"]))
    def push(self, action: str, service: str) -> None:
        outcomes = []
        for world in self.pair:
            job, now = world.jobs.current("report", service), world.catch_up()
            try:
                outcomes.append(job and getattr(job, action)(now))
            except TransitionError as error:
                outcomes.append(str(error))
            world.catch_up()
        assert all(outcome == outcomes[0] for outcome in outcomes)

    @rule(step=st.sampled_from(STEPS))
    def wait(self, step: int) -> None:
        for world in self.pair:
            travel.advance_to(world, world.clock.ticks() + step)

    @rule(back=st.integers(1, 100_000))
    def set_the_clock_back(self, back: int) -> None:
        for world in self.pair:
            travel.set_calendar(world, world.clock.calendar() - back * SECOND)

    @rule(speed=st.sampled_from([0.1, 1.0, 1000.0]))
    def speed_up(self, speed: float) -> None:
        for world in self.pair:
            world.clock.set_speed(speed)

    @rule(kind=st.sampled_from(KINDS), service=st.sampled_from(["order", "*"]))
    def choose(self, kind: str, service: str) -> None:
        for world in self.pair:
            world.profiles.set("report", service, PROFILES[kind])

    @rule(digits=st.integers(1, 40))
    def draw(self, digits: int) -> None:
        drawn = {(world.hex(digits), world.random.random()) for world in self.pair}
        assert len(drawn) == 1

    @invariant()
    def nobody_can_tell_them_apart(self) -> None:
        seen = [everything(world) for world in self.pair]
        assert all(look == seen[0] for look in seen)

    @invariant()
    def their_documents_are_the_same(self) -> None:
        documents = {encode(DOCUMENTS.dump(world)) for world in self.pair}
        assert len(documents) == 1


Twins.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestTwins = Twins.TestCase


def test_jobs_that_end_at_one_instant_do_so_in_the_same_order_in_a_copy() -> None:
    worlds = make_worlds()
    world = worlds.get()
    for service in ("order", "product"):
        world.part(Ends).wait_for(world.jobs.start("import", service, 100, PROFILES["steady"], 0))
    travel.advance(world, 1.5)
    job = world.jobs.get("1")
    job.pause(world.clock.ticks())
    job.resume(world.clock.ticks())
    copy = copy_of(worlds, world)
    for one in (world, copy):
        travel.until_idle(one)
    assert [id for id, _, _ in world.part(Ends).noted] == ["1", "2"]
    assert everything(copy) == everything(world)


@given(st.integers(0, 10**21 - 1))
def test_spans_are_exact(nanoseconds: int) -> None:
    assert read_span(write_span(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    "text", ["", "1", "1.s", ".5s", "01s", "-1s", "1.0000000001s", "1s\n", "1e3s", 5, None]
)
def test_what_is_no_span_is_refused(text: Any) -> None:
    with pytest.raises(StateError, match=r"such as 90\.5s"):
        read_span(text)


@given(st.lists(st.sampled_from([1, 31, 32, 33, 80, 160, 0])), st.integers(0, 50))
def test_randomness_is_its_seed_and_how_much_was_drawn(draws: list[int], seed: int) -> None:
    one, other = Randomness(seed), Randomness(seed)
    for bits in draws:
        one.getrandbits(bits) if bits else one.random()
    other.skip(one.drawn)
    assert one.getstate() == other.getstate()


def test_a_running_clock_goes_on_from_where_its_document_left_it() -> None:
    machine = [START]
    worlds = make_worlds(mode="running", speed=2.0, source=lambda: machine[0])
    world = worlds.get()
    machine[0] += 5 * SECOND
    document = DOCUMENTS.dump(world)
    assert (document["clock"]["mode"], document["clock"]["elapsed"]) == ("running", "10s")
    machine[0] += 100 * SECOND
    copy = worlds.replace("copy", lambda made: DOCUMENTS.fill(made, document))
    machine[0] += SECOND
    assert copy.clock.ticks() == 12 * SECOND
    assert copy.clock.calendar() == START + 12 * SECOND


def test_time_is_not_lost_while_a_clock_is_held() -> None:
    machine = [START]
    clock = Clock(START, source=lambda: machine[0])
    with clock.held() as now:
        machine[0] += 3 * SECOND
        assert clock.ticks() == now == 0
    assert (clock.mode, clock.ticks()) == ("running", 3 * SECOND)


def test_instants_before_a_clock_was_set_back_keep_their_label() -> None:
    worlds = make_worlds()
    world = worlds.get()
    for _ in range(3):
        travel.advance(world, 10)
        travel.set_calendar(world, world.clock.calendar() - 3600 * SECOND)
    copy = copy_of(worlds, world)
    ticks = range(0, 40 * SECOND, SECOND)
    assert [copy.clock.calendar(tick) for tick in ticks] == [world.clock.calendar(tick) for tick in ticks]


def test_a_world_that_nobody_touched_has_a_short_document() -> None:
    document = DOCUMENTS.dump(make_worlds().get())
    assert [*document] == ["format", "version", "seed", "clock", "ends"]


def job_of(**changes: Any) -> dict[str, Any]:
    world = make_worlds().get()
    world.jobs.start("report", "order", 100, PROFILES["steady"], 0, file="a.json")
    (job,) = DOCUMENTS.dump(world)["jobs"]
    return {**job, **changes}


END = {
    "state": "finished",
    "at": "1s",
    "processed": 100,
    "percentage": 100,
    "duration": 1,
    "lastError": "",
    "globalError": 0,
}


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"format": "something"}, "format"),
        ({"version": 2}, "version"),
        ({"seed": 7}, "seed"),
        ({"random": 10**9}, "random"),
        ({"clock": {"now": "tomorrow"}}, "clock.now"),
        ({"clock": {"elapsed": "ten"}}, "clock.elapsed"),
        ({"clock": {"speed": 0}}, "clock.speed"),
        ({"clock": {"elapsed": "5s", "setBack": [{"at": "6s", "by": "1s"}]}}, "clock.setBack[0].at"),
        (
            {"profiles": [{"api": "report", "target": "*", "profile": {"polls": 1}}]},
            "profiles[0].profile.polls",
        ),
        ({"jobs": [job_of(startedAt="11s")]}, "jobs[0].startedAt"),
        ({"jobs": [job_of(startedAt="3s", lastEventAt="2s")]}, "jobs[0].lastEventAt"),
        ({"jobs": [job_of(paused=True)]}, "jobs[0].runningSince"),
        ({"jobs": [job_of(runningSince=None)]}, "jobs[0].runningSince"),
        ({"jobs": [job_of(polled=1)]}, "jobs[0].polled"),
        ({"jobs": [job_of(profile={"kind": "fast"})]}, "jobs[0].profile.kind"),
        ({"jobs": [job_of(end={**END, "state": "running"})]}, "jobs[0].end.state"),
        ({"jobs": [job_of(end={**END, "processed": 101})]}, "jobs[0].end.processed"),
        ({"jobs": [job_of(end={**END, "at": "11s"})]}, "jobs[0].end.at"),
        ({"jobs": [job_of(), job_of()]}, "jobs[1].id"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place_and_changes_nothing(
    part: dict[str, Any], place: str
) -> None:
    worlds = make_worlds()
    before = worlds.get()
    document = {"format": FORMAT, "version": 1, "clock": {"elapsed": "10s"}, **part}
    with pytest.raises(StateError) as caught:
        worlds.replace("default", lambda made: DOCUMENTS.fill(made, document))
    assert caught.value.field == place
    assert worlds.get() is before


def test_what_is_written_later_counts_for_the_size() -> None:
    def fetch() -> Iterable[bytes]:
        return (b'{"a":1}' for _ in range(10))

    assert orjson.loads(encode({"rows": Later(fetch)})) == {"rows": [{"a": 1}] * 10}
    with pytest.raises(TooLarge):
        encode({"rows": Later(fetch)}, limit=50)
    with pytest.raises(TooLarge):
        encode({"text": "x" * 100}, limit=50)
    with pytest.raises(TypeError):
        encode({"rows": object()})


def test_a_shelf_is_bounded_in_number_and_size() -> None:
    shelf = Shelf(limit=2, max_bytes=100)
    assert shelf.put(Snapshot("a", 0, b"x" * 60))
    assert not shelf.put(Snapshot("a", 1, b"x" * 70))
    with pytest.raises(ShelfFull, match="at most 100 bytes"):
        shelf.put(Snapshot("b", 0, b"x" * 31))
    shelf.put(Snapshot("b", 0, b"x" * 30))
    with pytest.raises(ShelfFull, match="at most 2 snapshots"):
        shelf.put(Snapshot("c", 0, b""))
    shelf.delete("a")
    assert [snapshot.name for snapshot in shelf.list()] == ["b"]
    with pytest.raises(NoSuchSnapshot):
        shelf.get("a")


def test_snapshots_outlive_resets_and_go_with_the_world() -> None:
    worlds = make_worlds()
    worlds.get("a").shelf.put(Snapshot("s", 0, b"{}"))
    assert worlds.reset("a").shelf.list()
    worlds.delete("a")
    assert not worlds.get("a").shelf.list()


@given(
    kind=st.sampled_from(["steady", "stuck", "failing", "polls", "immediate"]),
    total=st.sampled_from([0, 1, 3, 7, 1000]),
    percent=st.sampled_from([0, 0.5, 33, 50, 90, 99.9, 100]),
    pace=st.sampled_from([0.3, 7.0, 1e6]),
    paused=st.booleans(),
)
def test_a_job_foretells_when_so_much_of_it_will_be_done(
    kind: Any, total: int, percent: float, pace: float, paused: bool
) -> None:
    job = Job("1", "import", "order", total, Profile.from_json({"kind": kind, "recordsPerSecond": pace}), 0)
    now = 2 * SECOND
    if job.look(now).state is State.RUNNING:
        job.pause(now)
        now += 100 * SECOND
        if not paused:
            job.resume(now)
    there = job.when_done(percent, now)
    if there is None:
        assert job.look(10**20).processed * 100 < percent * total
    else:
        assert there >= now
        assert job.look(there).processed * 100 >= percent * total
        assert there == now or job.look(there - 1).processed * 100 < percent * total
