from __future__ import annotations

from typing import Any

import pytest

from mockserver.simulation.errors import ProfileError
from mockserver.simulation.profiles import KINDS, PROFILES, Profile, ProfileBook, named

STEADY = {
    "kind": "steady",
    "startingSeconds": 1.0,
    "recordsPerSecond": 100.0,
    "durationSeconds": None,
    "stopAtPercent": None,
    "failAtPercent": None,
    "lastError": "",
    "globalError": 0,
    "polls": None,
}


def test_the_default_profile_is_steady_with_all_nine_keys() -> None:
    assert Profile().to_json() == STEADY
    assert list(Profile().to_json()) == list(STEADY)


def test_every_kind_has_a_built_in_profile_of_its_name() -> None:
    assert tuple(PROFILES) == KINDS
    assert all(profile.kind == name for name, profile in PROFILES.items())


def test_a_slow_start_is_longer_than_the_ten_seconds_that_a_start_waits() -> None:
    assert named("slow-start").starting_seconds == 15


@pytest.mark.parametrize("name", KINDS)
def test_a_profile_survives_json(name: str) -> None:
    assert Profile.from_json(named(name).to_json()) == named(name)


@pytest.mark.parametrize("name", KINDS)
def test_absent_keys_take_the_value_of_the_built_in_profile(name: str) -> None:
    assert Profile.from_json({"kind": name}) == named(name)


def test_null_takes_the_kind_s_default_where_the_kind_needs_a_number() -> None:
    assert Profile.from_json({**STEADY, "kind": "stuck"}).stop_at_percent == 50
    assert Profile.from_json({**STEADY, "kind": "polls"}).polls == 3


def test_an_empty_object_is_steady() -> None:
    assert Profile.from_json({}) == Profile()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "brisk"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["steady"]}, "kind"),
        ({"speed": 1}, "speed"),
        ({"startingSeconds": -1}, "startingSeconds"),
        ({"startingSeconds": None}, "startingSeconds"),
        ({"startingSeconds": "1"}, "startingSeconds"),
        ({"startingSeconds": True}, "startingSeconds"),
        ({"startingSeconds": 1e12}, "startingSeconds"),
        ({"recordsPerSecond": 0}, "recordsPerSecond"),
        ({"recordsPerSecond": float("nan")}, "recordsPerSecond"),
        ({"durationSeconds": -0.5}, "durationSeconds"),
        ({"durationSeconds": float("inf")}, "durationSeconds"),
        ({"stopAtPercent": 50}, "stopAtPercent"),
        ({"kind": "stuck", "stopAtPercent": 101}, "stopAtPercent"),
        ({"kind": "failing", "failAtPercent": -1}, "failAtPercent"),
        ({"kind": "stuck", "failAtPercent": 10}, "failAtPercent"),
        ({"kind": "failing", "lastError": 3}, "lastError"),
        ({"kind": "failing", "lastError": "x" * 20_000}, "lastError"),
        ({"kind": "failing", "globalError": 1.5}, "globalError"),
        ({"lastError": "oops"}, "lastError"),
        ({"globalError": 1}, "globalError"),
        ({"polls": 3}, "polls"),
        ({"kind": "polls", "polls": 0}, "polls"),
        ({"kind": "polls", "polls": 2.0}, "polls"),
        ({"kind": "polls", "polls": True}, "polls"),
    ],
)
def test_a_senseless_profile_is_refused_with_the_facts(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ProfileError) as caught:
        Profile.from_json(change)
    assert caught.value.field == field
    assert caught.value.accepted


@pytest.mark.parametrize("value", [None, [], "steady", 1])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(ProfileError, match="an object"):
        Profile.from_json(value)


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ProfileError) as caught:
        named("brisk")
    assert caught.value.accepted == "steady, immediate, slow-start, stuck, failing, polls"


def test_a_broken_file_fails_with_the_pace_of_the_profile_it_replaces() -> None:
    broken = Profile(records_per_second=7.0).failing_at(0, "The file could not be read.", 1)
    assert (broken.kind, broken.records_per_second, broken.fail_at_percent) == ("failing", 7.0, 0.0)
    assert (broken.last_error, broken.global_error) == ("The file could not be read.", 1)


def test_any_profile_can_be_made_failing() -> None:
    assert all(profile.failing_at(10, "x").kind == "failing" for profile in PROFILES.values())


def book() -> ProfileBook:
    return ProfileBook(lambda api, target: named("polls" if target == "order" else "steady"))


def test_without_a_choice_the_fixtures_decide() -> None:
    assert book().get("report", "order") == named("polls")
    assert book().get("report", "product") == named("steady")


def test_a_choice_for_all_targets_beats_the_fixtures_and_one_for_the_target_beats_both() -> None:
    profiles = book()
    profiles.set("report", "*", named("stuck"))
    profiles.set("report", "product", named("failing"))
    assert profiles.get("report", "order") == named("stuck")
    assert profiles.get("report", "product") == named("failing")
    assert profiles.get("import", "product") == named("steady")


def test_a_choice_can_be_seen_listed_and_taken_back() -> None:
    profiles = book()
    profiles.set("report", "product", named("stuck"))
    profiles.set("build", "*", named("failing"))
    assert profiles.chosen("report", "product") == named("stuck")
    assert profiles.chosen("report", "order") is None
    assert profiles.list() == [("build", "*", named("failing")), ("report", "product", named("stuck"))]
    assert profiles.delete("report", "product")
    assert not profiles.delete("report", "product")
    assert profiles.get("report", "product") == named("steady")
