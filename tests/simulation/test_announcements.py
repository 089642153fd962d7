"""Listeners are told what happens in a world, once for each thing that happens."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.simulation import travel
from mockserver.simulation.announcements import Topic
from mockserver.simulation.clock import SECOND
from mockserver.simulation.profiles import PROFILES, Profile
from mockserver.simulation.worlds import World, Worlds, WorldSettings

TEN_SECONDS = Profile("steady", starting_seconds=0, duration_seconds=10)


class Ears:
    """What one listener has heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, topic: Topic, what: Any) -> None:
        self.heard.append(f"{what['id']} {what['state']}" if topic == "job" else topic)


@pytest.fixture
def world() -> World:
    return Worlds(WorldSettings(mode="frozen", start=0)).get()


@pytest.fixture
def ears(world: World) -> Ears:
    ears = Ears()
    world.announcer.listen(ears)
    return ears


def test_every_thing_that_happens_to_a_job_is_told(world: World, ears: Ears) -> None:
    job = world.jobs.start("report", "order", 10, TEN_SECONDS, 0)
    job.pause(SECOND)
    job.resume(2 * SECOND)
    job.cancel(3 * SECOND)
    travel.advance(world, 60)
    assert ears.heard == ["1 running", "1 paused", "1 running", "1 canceled", "clock"]


def test_an_end_by_itself_is_told_when_the_world_catches_up(world: World, ears: Ears) -> None:
    world.jobs.start("report", "order", 10, TEN_SECONDS, 0)
    world.clock.advance_to(11 * SECOND)
    assert ears.heard == ["1 running"]
    world.catch_up()
    world.catch_up()
    assert ears.heard == ["1 running", "1 finished"]


def test_a_job_is_told_as_it_was_then(world: World, ears: Ears) -> None:
    world.jobs.start("report", "order", 10, PROFILES["immediate"], 0)
    world.jobs.start("report", "order", 10, TEN_SECONDS, 0)
    world.jobs.start("report", "order", 10, TEN_SECONDS, SECOND)
    world.catch_up()
    assert ears.heard == ["1 finished", "2 running", "2 canceled", "3 running"]


def test_the_end_of_a_job_that_ran_before_is_told_too(world: World) -> None:
    world.jobs.start("report", "order", 10, TEN_SECONDS, 0)
    ears = Ears()
    world.announcer.listen(ears)
    travel.until_idle(world)
    assert ears.heard == ["1 finished", "clock"]


def test_who_does_not_listen_any_more_hears_nothing(world: World, ears: Ears) -> None:
    other = Ears()
    world.announcer.listen(other)
    world.announcer.unlisten(ears)
    world.jobs.start("report", "order", 10, TEN_SECONDS, 0)
    assert (ears.heard, other.heard) == ([], ["1 running"])
    world.announcer.unlisten(other)
    world.jobs.start("report", "product", 10, TEN_SECONDS, 0)
    assert other.heard == ["1 running"]
    assert (world.jobs.listener, world.faults.listener) == (None, None)


def test_a_world_that_goes_says_so() -> None:
    worlds = Worlds()
    ears = Ears()
    worlds.get("blue").announcer.listen(ears)
    worlds.reset("blue")
    assert ears.heard == ["reset", "end"]
