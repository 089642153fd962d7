"""Builds that start by themselves: at the hours of the plan, and after imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import Steps, make_client

IMMEDIATE = {"Prefer": "profile=immediate"}


async def set_clock(api: Steps, now: str) -> None:
    answer = await api.client.put("/_mock/clock", json={"now": now})
    assert answer.status_code == 200, answer.text


async def started(api: Steps, *, after: str = "") -> list[tuple[str, str]]:
    """Return minute of the start and feed of all builds after an instant, in their order."""
    listed = (await api.client.get("/_mock/jobs")).json()["jobs"]
    return [
        (job["startedAt"][:16], job["target"])
        for job in listed
        if job["api"] == "build" and job["startedAt"] > after
    ]


async def plan(api: Steps, *hours: int, **properties: Any) -> str:
    """Create an active feed that is built at these hours only; the fixtures' feeds have no plan any more."""
    for feed in (await api.get("/datafeeds")).json()["items"]:
        quiet = {"exportAfterImport": False, "exportPlan": []}
        await api.put(f"/datafeeds/{feed['id']}", json={"exportPlanOptions": quiet})
    body = {"active": True, "templateId": 1, "fileName": "f.csv", "exportPlanOptions": {"exportPlan": hours}}
    created = await api.post("/datafeeds", json=body | properties)
    return str(created.json()["id"])


async def test_feeds_are_built_at_the_hours_of_their_plan_each_once_in_order(api: Steps) -> None:
    await set_clock(api, "2027-01-11T22:30:00Z")
    await api.advance(24 * 3600)
    assert await started(api, after="2027-01-11T22:30") == [
        ("2027-01-11T23:00", "4"),  # midnight in Berlin
        ("2027-01-12T02:00", "3"),
        ("2027-01-12T05:00", "1"),
        ("2027-01-12T05:00", "4"),
        ("2027-01-12T11:00", "4"),
        ("2027-01-12T17:00", "1"),
        ("2027-01-12T17:00", "4"),
    ]


async def test_hours_are_the_shops_in_summer_too(api: Steps) -> None:
    feed = await plan(api, 6)
    await set_clock(api, "2027-07-01T00:00:00Z")
    await api.advance(24 * 3600)
    assert await started(api, after="2027-07-01") == [("2027-07-01T04:00", feed)]


async def test_an_hour_that_the_clocks_show_twice_counts_once(api: Steps) -> None:
    feed = await plan(api, 2)
    await set_clock(api, "2027-10-30T20:00:00Z")
    await api.advance(12 * 3600)
    assert await started(api, after="2027-10-30T20") == [("2027-10-31T00:00", feed)]


async def test_an_hour_that_the_clocks_leave_out_is_no_hour(api: Steps) -> None:
    await plan(api, 2)
    await set_clock(api, "2027-03-27T20:00:00Z")
    await api.advance(12 * 3600)
    assert await started(api, after="2027-03-27T20") == []


async def test_a_full_hour_reached_exactly_is_passed_once(api: Steps) -> None:
    feed = await plan(api, 7)
    await set_clock(api, "2027-01-12T05:59:59Z")
    await api.advance(1)
    assert await started(api, after="2027-01-12T05:59") == [("2027-01-12T06:00", feed)]
    await api.advance(3599)
    assert len(await started(api, after="2027-01-12T05:59")) == 1


async def test_a_clock_that_is_set_forward_passes_the_hours_between(api: Steps) -> None:
    feed = await plan(api, 7)
    await set_clock(api, "2027-01-12T00:00:00Z")
    await set_clock(api, "2027-01-14T00:00:00Z")
    assert await started(api, after="2027-01-12") == [("2027-01-12T06:00", feed), ("2027-01-13T06:00", feed)]


async def test_the_plan_holds_for_feeds_that_are_not_active_too(api: Steps) -> None:
    feed = await plan(api, 7, active=False)
    await set_clock(api, "2027-01-12T00:00:00Z")
    await api.advance(24 * 3600)
    assert await started(api, after="2027-01-12") == [("2027-01-12T06:00", feed)]


async def test_a_change_of_the_plan_counts_from_then_on(api: Steps) -> None:
    feed = await plan(api, 7)
    await set_clock(api, "2027-01-12T00:00:00Z")
    await api.advance(11 * 3600)
    await api.put(f"/datafeeds/{feed}", json={"exportPlanOptions": {"exportPlan": [13, 14]}})
    await api.advance(12 * 3600)
    assert [at for at, _ in await started(api, after="2027-01-12")] == [
        "2027-01-12T06:00",
        "2027-01-12T12:00",
        "2027-01-12T13:00",
    ]


async def test_a_scheduled_build_ends_like_any_other(api: Steps) -> None:
    feed = await plan(api, 7, subshopIds=["outlet"])
    await set_clock(api, "2027-01-12T05:00:00Z")
    await api.advance(3600 + 100)
    [row] = (await api.get(f"/datafeeds/build/{feed}/status")).json()
    assert row["status"] == "finished"
    shown = (await api.get(f"/datafeeds/{feed}")).json()
    assert shown["lastExportStarted"] == "2027-01-12T06:00:00.000Z"
    assert shown["lastExportFinished"] == "2027-01-12T06:00:03.000Z"


async def test_a_scheduled_build_that_fails_shows_it(api: Steps) -> None:
    template = await api.post("/datafeeds/templates", json={"name": "T", "content": "{{= 1 / 0 }}"})
    feed = await plan(api, 7, templateId=template.json()["id"])
    await set_clock(api, "2027-01-12T05:00:00Z")
    await api.advance(3600 + 100)
    answer = await api.get(f"/datafeeds/build/{feed}/status")
    assert {row["status"] for row in answer.json()} == {"error"}
    assert answer.headers["x-mock-explain"] == "line 1: division by zero"


async def test_years_of_scheduled_builds_take_no_time(api: Steps) -> None:
    await set_clock(api, "2040-01-01T00:00:00Z")
    shown = (await api.get("/datafeeds/4")).json()
    assert shown["lastExportStarted"] == "2039-12-31T23:00:00.000Z"
    outbox = (await api.client.get("/_mock/outbox")).json()["entries"]
    assert outbox[-1]["time"].startswith("2039-12-31T23:00:0") or outbox[-1]["time"].startswith(
        "2039-12-31T17"
    )


# After imports


async def imported(api: Steps, **kwargs: Any) -> httpx.Response:
    change = [{"id": "100001", "itemNumber": "A-1", "name": "New", "price": "1.000000"}]
    return await api.post("/import/product/start", json=change, **kwargs)


async def test_feeds_are_built_when_an_import_has_finished(api: Steps) -> None:
    await imported(api)
    assert await started(api) == []
    await api.finish()
    assert [feed for _, feed in await started(api)] == ["2", "4"]
    ended = next(
        job for job in (await api.client.get("/_mock/jobs")).json()["jobs"] if job["api"] == "import"
    )
    builds = [job for job in (await api.client.get("/_mock/jobs")).json()["jobs"] if job["api"] == "build"]
    assert {build["startedAt"] for build in builds} == {ended["endsAt"]}


async def test_a_build_after_an_import_sees_what_was_imported(api: Steps) -> None:
    content = "{{ var $p = $wsProducts.load('100001') }}{{= $p.name }}"
    template = await api.post("/datafeeds/templates", json={"name": "T", "content": content})
    feed = await plan(
        api,
        templateId=template.json()["id"],
        subshopIds=["outlet"],
        exportPlanOptions={"exportAfterImport": True, "exportPlan": []},
    )
    await imported(api, headers=IMMEDIATE)
    await api.finish()
    [row] = (await api.get(f"/datafeeds/build/{feed}/status")).json()
    assert (await api.client.get(row["url"])).text == "New"


@pytest.mark.parametrize("end", ["cancel", "fail"])
async def test_an_import_that_does_not_finish_builds_nothing(api: Steps, end: str) -> None:
    await imported(api, headers={"Prefer": "profile=failing"} if end == "fail" else {})
    if end == "cancel":
        await api.delete("/import/product/cancel")
    await api.finish()
    assert await started(api) == []


async def test_only_active_feeds_are_built_after_an_import(api: Steps) -> None:
    await api.put("/datafeeds/2", json={"active": False})
    await imported(api, headers=IMMEDIATE)
    await api.finish()
    assert [feed for _, feed in await started(api)] == ["4"]


# Without the scheduler


@pytest.fixture
async def unscheduled() -> AsyncIterator[Steps]:
    app = MockServer(Settings(clock="frozen", scheduler=False))
    async with make_client(app) as client:
        yield Steps(client)


async def test_without_the_scheduler_nothing_is_built_by_itself(unscheduled: Steps) -> None:
    await unscheduled.advance(48 * 3600)
    await imported(unscheduled, headers=IMMEDIATE)
    await unscheduled.finish()
    assert await started(unscheduled) == []
    await unscheduled.post("/datafeeds/build/import")
    assert [feed for _, feed in await started(unscheduled)] == ["2", "4"]
