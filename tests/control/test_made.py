"""What exports and builds have made can be looked at through the control plane."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import Steps, rule_of

NOW = {"Prefer": "profile=immediate"}


@pytest.mark.parametrize("format", ["json", "csv", "xml"])
async def test_the_file_of_an_export_is_what_its_link_leads_to(api: Steps, format: str) -> None:
    started = (await api.post(f"/report/inquiry/start?format={format}", headers=NOW)).json()
    file = await api.client.get("/_mock/jobs/1/file")
    assert file.content == (await api.client.get(started["fileUrl"])).content
    assert file.headers["content-disposition"] == f'attachment; filename="{started["fileName"]}"'


async def test_no_fault_hits_the_file_and_no_journal_has_it(api: Steps) -> None:
    await api.post("/report/order/start", headers=NOW)
    await api.client.post("/_mock/faults", json={"status": 503})
    assert (await api.client.get("/_mock/jobs/1/file")).status_code == 200
    assert len((await api.client.get("/_mock/requests")).json()["requests"]) == 1


@pytest.mark.rule("MOCK-404-file")
async def test_an_export_that_has_not_finished_has_no_file(api: Steps) -> None:
    await api.post("/report/order/start")
    answer = await api.client.get("/_mock/jobs/1/file")
    assert rule_of(answer) == (404, "MOCK-404-file")
    assert "is starting, not finished" in answer.json()["detail"]


@pytest.mark.rule("MOCK-404-file")
async def test_other_jobs_have_no_file_there(api: Steps) -> None:
    await api.post("/import/order/start?format=json", json=[], headers=NOW)
    await api.post("/datafeeds/build/1", headers=NOW)
    for job in ("1", "2"):
        assert rule_of(await api.client.get(f"/_mock/jobs/{job}/file")) == (404, "MOCK-404-file")


@pytest.mark.rule("MOCK-404-job")
@pytest.mark.parametrize("job", ["7", "x", "1" * 30])
async def test_an_unknown_job_has_no_file(client: httpx.AsyncClient, job: str) -> None:
    assert rule_of(await client.get(f"/_mock/jobs/{job}/file")) == (404, "MOCK-404-job")


async def test_the_builds_of_a_feed_are_shown_by_subshop(api: Steps) -> None:
    before = (await api.client.get("/_mock/files/3")).json()
    await api.post("/datafeeds/build/3?subshopId=outlet", headers=NOW)
    after = (await api.client.get("/_mock/files/3")).json()
    assert [row["status"] for row in before["subshops"]] == ["idle", "idle"]
    assert after == {
        "feed": "3",
        "lastError": "",
        "subshops": [
            {"subshop": "deutsch", "filePath": "feeds/deutsch/prices.xml.zip", "status": "idle"},
            {"subshop": "outlet", "filePath": "feeds/outlet/prices.xml.zip", "status": "finished"},
        ],
    }


async def test_why_a_build_has_failed_is_said(api: Steps) -> None:
    await api.put("/datafeeds/templates/1", json={"content": "{{= 1 / 0 }}"})
    await api.post("/datafeeds/build/1", headers=NOW)
    found = (await api.client.get("/_mock/files/1")).json()
    assert found["lastError"] == "line 1: division by zero"
    assert [row["status"] for row in found["subshops"]] == ["error"]


async def test_a_feed_without_template_is_shown_too(client: httpx.AsyncClient) -> None:
    found = (await client.get("/_mock/files/6")).json()
    assert found["subshops"] == [{"subshop": "deutsch", "filePath": "deutsch/draft.txt", "status": "idle"}]


@pytest.mark.rule("MOCK-404-file")
@pytest.mark.parametrize("feed", ["77", "x", "0", "1" * 30])
async def test_an_unknown_feed_has_no_files(client: httpx.AsyncClient, feed: str) -> None:
    answer = await client.get(f"/_mock/files/{feed}")
    assert rule_of(answer) == (404, "MOCK-404-file")
    assert answer.json().keys() == {"type", "title", "status", "detail", "rule"}
