from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from mockserver.simulation.clock import HOUR, SECOND, parse_time
from mockserver.simulation.errors import NoSuchPart, WorldNameError
from mockserver.simulation.job import Job
from mockserver.simulation.profiles import named
from mockserver.simulation.timeline import Progress, State
from mockserver.simulation.travel import advance, set_calendar
from mockserver.simulation.worlds import DEFAULT, MAX_HOURS, World, Worlds, WorldSettings

NOON = parse_time("2025-02-19T12:00:00Z")
FROZEN = WorldSettings(mode="frozen", start=NOON)


class Shelf:
    """Be a domain part that can be closed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.closed = False

    def close(self) -> None:
        self.closed = True


def worlds(limit: int = 1000) -> Worlds:
    return Worlds(FROZEN, factories={Shelf: Shelf}, limit=limit)


@pytest.fixture
def world() -> World:
    return worlds().get()


def start(world: World, profile: str = "steady", target: str = "product") -> Job:
    return world.jobs.start("report", target, 400, named(profile), world.clock.ticks())


def recorder(ended: list[tuple[str, State, int | None]]) -> Callable[[Job, Progress], None]:
    return lambda job, seen: ended.append((job.id, seen.state, seen.ended_at))


def test_a_world_is_made_on_first_use_and_found_again() -> None:
    registry = worlds()
    assert len(registry) == 0
    assert registry.get("a") is registry.get("a")
    assert registry.get() is registry.get(DEFAULT)
    assert registry.names() == ["a", "default"]
    assert "a" in registry


def test_peeking_makes_no_world() -> None:
    registry = worlds()
    assert registry.peek("a") is None
    assert registry.get("a") is registry.peek("a")


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "x" * 64, "...", ".a"])
def test_a_well_formed_name_is_accepted(name: str) -> None:
    assert worlds().get(name).name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "ä", "x" * 65, "a\n", "%41"])
def test_any_other_name_is_refused_with_the_facts(name: str) -> None:
    registry = worlds()
    with pytest.raises(WorldNameError) as caught:
        registry.get(name)
    assert caught.value.value == name
    assert "64" in caught.value.accepted
    assert len(registry) == 0


def test_worlds_do_not_see_each_other() -> None:
    registry = worlds()
    one, two = registry.get("one"), registry.get("two")
    start(one)
    advance(one, 10)
    assert two.jobs.list() == []
    assert two.clock.ticks() == 0
    assert one.part(Shelf) is not two.part(Shelf)


def test_every_world_draws_the_same_from_the_same_seed() -> None:
    registry = worlds()
    drawn = [registry.get(name).hex(20) for name in ("one", "two")]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 20
    assert Worlds(WorldSettings(seed=7)).get().hex(20) != drawn[0]


def test_hexadecimal_strings_have_the_length_asked_for(world: World) -> None:
    assert {len(world.hex(5)) for _ in range(200)} == {5}
    assert world.hex(0) == ""


def test_a_part_is_made_once_for_its_world(world: World) -> None:
    assert world.part(Shelf) is world.part(Shelf)
    assert world.part(Shelf).world is world


def test_a_part_without_a_factory_is_named(world: World) -> None:
    with pytest.raises(NoSuchPart, match="there is no part dict"):
        world.part(dict)


def test_the_least_recently_used_world_goes_first_and_its_parts_are_closed() -> None:
    registry = worlds(limit=3)
    registry.get()
    old = registry.get("old").part(Shelf)
    registry.get("new")
    registry.get("old")
    registry.get("newer")
    assert registry.names() == ["default", "newer", "old"]
    assert not old.closed
    registry.get("newest")
    assert registry.names() == ["default", "newer", "newest"]
    assert old.closed


def test_the_default_world_is_never_evicted() -> None:
    registry = worlds(limit=2)
    default = registry.get()
    for number in range(10):
        registry.get(str(number))
    assert registry.peek(DEFAULT) is default
    assert len(registry) == 2


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit is 0"):
        worlds(limit=0)


def test_a_deleted_world_is_made_anew_on_its_next_use() -> None:
    registry = worlds()
    old = registry.get("a")
    assert registry.delete("a")
    assert not registry.delete("a")
    assert registry.get("a") is not old


def test_a_reset_brings_back_clock_seed_and_an_empty_book() -> None:
    registry = worlds()
    old = registry.get("a")
    first = old.hex(8)
    shelf = old.part(Shelf)
    start(old)
    old.profiles.set("report", "*", named("stuck"))
    advance(old, 100)
    old.clock.run(5.0)
    new = registry.reset("a")
    assert new is registry.get("a")
    assert new.clock.describe() == {"mode": "frozen", "speed": 1.0, "now": "2025-02-19T12:00:00.000000000Z"}
    assert new.hex(8) == first
    assert new.jobs.list() == []
    assert new.profiles.list() == []
    assert shelf.closed


def test_new_jobs_follow_the_default_profile_of_the_settings() -> None:
    registry = Worlds(WorldSettings(default_profile=lambda api, target: named("polls")))
    assert registry.get().profiles.get("report", "order") == named("polls")
    assert Worlds().get().profiles.get("report", "order") == named("steady")


@pytest.mark.rule("COM-ASYNC")
def test_the_end_of_a_job_is_told_at_its_own_instant_however_late_one_looks(world: World) -> None:
    ended: list[tuple[str, State, int | None]] = []
    world.on_end(start(world), recorder(ended))
    world.clock.advance(3600)
    assert ended == []
    world.catch_up()
    world.catch_up()
    assert ended == [("1", State.FINISHED, 5 * SECOND)]


def test_the_end_of_a_job_is_told_wherever_pauses_move_it(world: World) -> None:
    ended: list[tuple[str, State, int | None]] = []
    job = start(world)
    world.on_end(job, recorder(ended))
    advance(world, 2)
    job.pause(world.clock.ticks())
    advance(world, 100)
    assert ended == []
    job.resume(world.clock.ticks())
    advance(world, 100)
    assert ended == [("1", State.FINISHED, 105 * SECOND)]


def test_a_watch_is_over_once_the_end_was_told(world: World) -> None:
    for target in ("order", "product"):
        world.on_end(start(world, target=target), recorder([]))
    advance(world, 10)
    assert world.jobs._watchers == {}
    assert len(world.agenda) == 0


@pytest.mark.parametrize(("action", "state"), [("cancel", 4), ("complete", 5), ("fail", 6)])
def test_an_end_that_somebody_brought_about_is_told_too(world: World, action: str, state: int) -> None:
    ended: list[tuple[str, State, int | None]] = []
    job = start(world, "stuck")
    world.on_end(job, recorder(ended))
    advance(world, 2)
    getattr(job, action)(world.clock.ticks())
    world.catch_up()
    advance(world, 100)
    assert ended == [("1", state, 2 * SECOND)]


def test_the_end_of_an_immediate_job_is_told_when_the_world_catches_up(world: World) -> None:
    ended: list[tuple[str, State, int | None]] = []
    world.on_end(start(world, "immediate"), recorder(ended))
    world.catch_up()
    assert ended == [("1", State.FINISHED, 0)]


def test_an_exceeding_number_of_hours_is_told_only_for_the_last_of_them(world: World) -> None:
    told: list[int] = []
    world.each_hour(told.append)
    set_calendar(world, NOON + 1000 * 8760 * HOUR)
    assert MAX_HOURS <= len(told) <= MAX_HOURS + 2
    assert told[-1] == 1000 * 8760 * HOUR
    assert all(later - earlier == HOUR for earlier, later in pairwise(told[1:]))


def test_each_full_hour_of_the_calendar_is_told(world: World) -> None:
    told: list[int] = []
    advance(world, 600)
    world.each_hour(told.append)
    advance(world, 2 * 3600)
    assert told == [HOUR, 2 * HOUR]


def test_full_hours_follow_the_calendar_when_it_is_set_back(world: World) -> None:
    labels: list[int] = []
    world.each_hour(lambda tick: labels.append(world.clock.calendar(tick)))
    advance(world, 600)
    set_calendar(world, NOON - 2 * HOUR - 900 * SECOND)  # 09:45
    advance(world, 3600)
    assert labels == [NOON - 2 * HOUR]
