"""What a job of any API has been through, what is to come, and what it has made."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Steps, rule_of
from tests.control.test_jobs import push, start, take_it_slowly

SUBSHOPS = ["deutsch", "english"]


async def timeline(api: Steps, job: dict[str, Any]) -> dict[str, Any]:
    answer = await api.client.get(f"/_mock/jobs/{job['id']}/timeline")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def files(api: Steps, job: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await timeline(api, job))["files"]
    return found


def course(found: dict[str, Any]) -> list[tuple[str, str, str, int, bool]]:
    return [
        (step["state"], step["cause"], step["time"], step["percentage"], step["expected"])
        for step in found["timeline"]
    ]


def at(seconds: int) -> str:
    return f"2030-01-01T00:00:{seconds:02}.000000000Z"


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_the_course_of_a_job_of_any_api_is_told(api: Steps, kind: str) -> None:
    await api.client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await take_it_slowly(api, kind)
    job = await start(api, kind)
    assert course(await timeline(api, job)) == [
        ("starting", "start", at(0), 0, False),
        ("running", "time", at(1), 0, True),
        ("finished", "time", at(10), 100, True),
    ]
    await api.advance(4)
    share = (await push(api, job, "pause")).json()["percentage"]
    await api.advance(20)
    await push(api, job, "resume")
    found = await timeline(api, job)
    assert course(found) == [
        ("starting", "start", at(0), 0, False),
        ("running", "time", at(1), 0, False),
        ("paused", "pause", at(4), share, False),
        ("running", "resume", at(24), share, False),
        ("finished", "time", at(30), 100, True),
    ]
    assert found["job"] == (await api.client.get(f"/_mock/jobs/{job['id']}")).json()
    await api.finish()
    assert course(await timeline(api, job))[-1] == ("finished", "time", at(30), 100, False)


async def test_what_clients_do_and_what_is_pushed_is_told_alike(api: Steps) -> None:
    await take_it_slowly(api, "report")
    job = await start(api, "report")
    await api.advance(3)
    await api.post("/report/order/pause")
    await api.post("/report/order/resume")
    await push(api, job, "stall")
    await api.post("/report/order/start")
    causes = [(step["state"], step["cause"]) for step in (await timeline(api, job))["timeline"]]
    assert causes[2:] == [
        ("paused", "pause"),
        ("running", "resume"),
        ("running", "stall"),
        ("canceled", "cancel"),
    ]


async def test_times_of_before_the_clock_was_set_back_stay(api: Steps) -> None:
    await api.client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await take_it_slowly(api, "report")
    job = await start(api, "report")
    await api.advance(3)
    await api.client.put("/_mock/clock", json={"now": "2029-01-01T00:00:00Z"})
    times = [time for _, _, time, _, _ in course(await timeline(api, job))]
    assert times == [at(0), at(1), "2029-01-01T00:00:07.000000000Z"]


async def test_a_finished_export_links_to_its_file(api: Steps) -> None:
    job = await start(api, "report")
    assert await files(api, job) == []
    await api.finish()
    (file,) = await files(api, job)
    status = (await api.get("/report/order/status")).json()
    assert (file["name"], file["url"]) == (status["fileName"], status["fileUrl"])
    assert len((await api.client.get(file["url"])).json()) == job["total"]


async def test_a_finished_import_has_made_no_file(api: Steps) -> None:
    job = await start(api, "import")
    await push(api, job, "complete")
    assert await files(api, job) == []


async def test_a_finished_build_links_to_its_files_public_or_not(api: Steps) -> None:
    for feed, target in ((1, "contentData"), (2, "system")):
        changed = {"saveTarget": target, "fileName": "ä b.csv", "targetDirectory": "", "subshopIds": SUBSHOPS}
        assert (await api.put(f"/datafeeds/{feed}", json=changed)).status_code == 200
        await api.post(f"/datafeeds/build/{feed}")
    await api.finish()
    for job in (await api.client.get("/_mock/jobs")).json()["jobs"]:
        found = await files(api, job)
        assert [file["name"] for file in found] == ["deutsch/ä b.csv", "english/ä b.csv"]
        assert all(("/content/feeds/" in file["url"]) == (job["target"] == "1") for file in found)
        for file in found:
            assert (await api.client.get(file["url"])).status_code == 200


async def test_files_that_a_later_build_has_replaced_are_not_linked_to(api: Steps) -> None:
    await api.put("/datafeeds/1", json={"subshopIds": SUBSHOPS, "targetDirectory": ""})
    first = await start(api, "build")
    await api.finish()
    assert len(await files(api, first)) == 2
    await api.post("/datafeeds/build/1?subshopId=english")
    await api.finish()
    second = (await api.client.get("/_mock/jobs")).json()["jobs"][-1]
    assert [file["name"].partition("/")[0] for file in await files(api, first)] == ["deutsch"]
    assert [file["name"].partition("/")[0] for file in await files(api, second)] == ["english"]
    await api.delete("/datafeeds/1")
    assert await files(api, first) == []


async def test_a_finished_report_of_foxy_links_to_its_file(api: Steps) -> None:
    job = await start(api, "foxy")
    await api.finish()
    (file,) = await files(api, job)
    assert file["name"].startswith("complete_report.")
    answer = await api.client.get(file["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")


@pytest.mark.parametrize("push_of", ["fail", "cancel"])
@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_what_came_to_nothing_has_made_no_file(api: Steps, kind: str, push_of: str) -> None:
    await take_it_slowly(api, kind)
    job = await start(api, kind)
    await push(api, job, push_of)
    assert await files(api, job) == []


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_world_that_is_made_from_a_document_tells_the_same(api: Steps, kind: str) -> None:
    await take_it_slowly(api, kind)
    job = await start(api, kind)
    await api.advance(5)
    for verb in ("pause", "resume", "stall", "complete"):
        await push(api, job, verb)
    before = await timeline(api, job)
    document = (await api.client.get("/_mock/state")).json()
    assert (await api.client.put("/_mock/state", json=document)).status_code == 200
    assert await timeline(api, job) == before
    for described in document["jobs"]:
        described.pop("events", None)  # as documents were once
    assert (await api.client.put("/_mock/state", json=document)).status_code == 200
    assert course(await timeline(api, job))[-1] == course(before)[-1]


@pytest.mark.rule("MOCK-400-state")
async def test_a_document_whose_events_lead_elsewhere_is_refused(api: Steps) -> None:
    await take_it_slowly(api, "report")
    job = await start(api, "report")
    await api.advance(5)
    await push(api, job, "pause")
    document = (await api.client.get("/_mock/state")).json()
    document["jobs"][0]["events"][0]["cause"] = "resume"
    answer = await api.client.put("/_mock/state", json=document)
    assert rule_of(answer) == (400, "MOCK-400-state")
    assert answer.json()["field"] == "jobs[0].events"


@pytest.mark.rule("MOCK-404-job")
@pytest.mark.parametrize("id", ["7", "0", "x"])
async def test_an_unknown_job_has_no_timeline(client: httpx.AsyncClient, id: str) -> None:
    assert rule_of(await client.get(f"/_mock/jobs/{id}/timeline")) == (404, "MOCK-404-job")
