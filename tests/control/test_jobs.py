"""Jobs of all APIs can be looked at and pushed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Steps, rule_of

FOXY = {"Authorization": "Bearer foxy-token", "FOXY-API-VERSION": "1"}
JANUARY = {
    "name": "complete",
    "datetime_start": "2022-01-01 00:00:00",
    "datetime_end": "2022-01-31 23:59:59",
}
SUBSCRIBER = {
    "email": "ada@example.com",
    "subshopId": "deutsch",
    "fields": {"salutation": "2", "firstName": "Ada", "lastName": "Lovelace"},
}

VERBS = ["pause", "resume", "cancel", "complete", "fail", "stall"]


async def start(api: Steps, kind: str) -> dict[str, Any]:
    """Start a job of an API; return it as the control plane shows it."""
    if kind == "report":
        answer = await api.post("/report/order/start")
    elif kind == "import":
        answer = await api.post("/import/newsletterSubscriber/start?format=json", json=[SUBSCRIBER])
    elif kind == "build":
        answer = await api.post("/datafeeds/build/1")
    else:
        answer = await api.client.post("/stores/1/reports", json=JANUARY, headers=FOXY)
    assert answer.status_code in (200, 201), answer.text
    job: dict[str, Any] = (await api.client.get("/_mock/jobs")).json()["jobs"][-1]
    assert job["api"] == kind
    return job


async def take_it_slowly(api: Steps, kind: str) -> None:
    """Let jobs of an API take ten seconds, the first of them to begin."""
    profile = {"kind": "steady", "startingSeconds": 1, "durationSeconds": 9}
    assert (await api.client.put(f"/_mock/profiles/{kind}/*", json=profile)).status_code == 200


async def push(api: Steps, job: dict[str, Any], verb: str, **body: Any) -> httpx.Response:
    return await api.client.post(f"/_mock/jobs/{job['id']}/{verb}", json=body or None)


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_job_of_any_api_can_be_completed(api: Steps, kind: str) -> None:
    job = await start(api, kind)
    done = (await push(api, job, "complete")).json()
    assert (done["state"], done["status"], done["percentage"]) == ("finished", 5, 100)
    assert done["processed"] == done["total"]
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json() == done


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_job_of_any_api_can_be_made_to_fail(api: Steps, kind: str) -> None:
    job = await start(api, kind)
    failed = (await push(api, job, "fail", lastError="The disk is full.", globalError=7)).json()
    assert (failed["state"], failed["status"]) == ("error", 6)


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_stalled_job_gets_no_further(api: Steps, kind: str) -> None:
    job = await start(api, kind)
    stalled = (await push(api, job, "stall")).json()
    assert (stalled["state"], stalled["endsAt"]) == (
        "starting" if job["state"] == "starting" else "running",
        None,
    )
    await api.advance(600)
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json() == stalled


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_job_of_any_api_can_be_paused_and_resumed(api: Steps, kind: str) -> None:
    await take_it_slowly(api, kind)
    job = await start(api, kind)
    await api.advance(3)
    paused = (await push(api, job, "pause")).json()
    assert (paused["state"], paused["status"], paused["endsAt"]) == ("paused", 3, None)
    await api.advance(600)
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json() == paused
    resumed = (await push(api, job, "resume")).json()
    assert (resumed["state"], resumed["processed"]) == ("running", paused["processed"])
    await api.advance(7)
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json()["state"] == "finished"


@pytest.mark.parametrize("kind", ["report", "import", "build", "foxy"])
async def test_a_job_of_any_api_can_be_canceled(api: Steps, kind: str) -> None:
    await take_it_slowly(api, kind)
    job = await start(api, kind)
    await api.advance(3)
    canceled = (await push(api, job, "cancel")).json()
    assert (canceled["state"], canceled["status"]) == ("canceled", 4)
    await api.advance(600)
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json() == canceled


async def test_a_pause_shows_in_the_vendors_status(api: Steps) -> None:
    job = await start(api, "report")
    await api.advance(2)
    await push(api, job, "pause")
    assert (await api.get("/report/order/status")).json()["status"] == 3
    await api.post("/report/order/resume")
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json()["state"] == "running"


@pytest.mark.rule("MOCK-409-job")
@pytest.mark.parametrize(
    ("seconds", "done", "verb", "state"),
    [
        (0, [], "pause", "starting"),
        (0, [], "resume", "starting"),
        (3, [], "resume", "running"),
        (3, ["pause"], "pause", "paused"),
        (3, ["cancel"], "resume", "canceled"),
        (3, ["cancel"], "cancel", "canceled"),
    ],
)
async def test_a_push_that_the_state_does_not_allow_is_refused(
    api: Steps, seconds: int, done: list[str], verb: str, state: str
) -> None:
    await take_it_slowly(api, "report")
    job = await start(api, "report")
    await api.advance(seconds)
    for earlier in done:
        await push(api, job, earlier)
    answer = await push(api, job, verb)
    assert rule_of(answer) == (409, "MOCK-409-job")
    assert answer.json()["state"] == state


async def test_a_failure_shows_in_the_vendors_status(api: Steps) -> None:
    job = await start(api, "report")
    await api.advance(2)
    await push(api, job, "fail", lastError="The disk is full.")
    seen = (await api.get("/report/order/status")).json()
    assert (seen["status"], seen["lastError"], seen["percentage"]) == (6, "The disk is full.", 33)


async def test_a_failure_without_a_reason_has_the_usual_one(api: Steps) -> None:
    await push(api, await start(api, "import"), "fail")
    seen = (await api.get("/import/newsletterSubscriber/status")).json()
    assert seen["lastError"] == "The process was terminated unexpectedly."
    assert (seen["status"], seen["globalError"]) == (6, 1)


async def test_the_records_of_a_completed_import_are_there(api: Steps) -> None:
    await push(api, await start(api, "import"), "complete")
    found = await api.post(
        "/report/newsletterSubscriber/start?format=json&filter_eq[email]=ada@example.com",
        headers={"Prefer": "profile=immediate"},
    )
    assert found.json()["total"] == 1


async def test_a_completed_build_publishes_its_files(api: Steps) -> None:
    await push(api, await start(api, "build"), "complete")
    assert (await api.client.get("/_mock/files")).json()["files"]


async def test_a_completed_report_of_foxy_is_ready(api: Steps) -> None:
    await push(api, await start(api, "foxy"), "complete")
    reports = (await api.client.get("/stores/1/reports", headers=FOXY)).json()
    assert reports["_embedded"]["fx:reports"][-1]["status"] == "ready"


@pytest.mark.rule("MOCK-409-job")
@pytest.mark.parametrize("verb", VERBS)
async def test_a_job_that_is_over_cannot_be_pushed(api: Steps, verb: str) -> None:
    job = await start(api, "report")
    await push(api, job, "complete")
    answer = await push(api, job, verb)
    assert rule_of(answer) == (409, "MOCK-409-job")
    assert (answer.json()["job"], answer.json()["state"]) == (job["id"], "finished")


@pytest.mark.rule("MOCK-404-job")
@pytest.mark.parametrize(("method", "path"), [("GET", ""), *(("POST", f"/{verb}") for verb in VERBS)])
@pytest.mark.parametrize("id", ["7", "0", "x"])
async def test_an_unknown_job_is_not_found(
    client: httpx.AsyncClient, method: str, path: str, id: str
) -> None:
    assert rule_of(await client.request(method, f"/_mock/jobs/{id}{path}")) == (404, "MOCK-404-job")


@pytest.mark.rule("MOCK-400-body")
@pytest.mark.parametrize("body", [{"lastError": 7}, {"globalError": -1}, {"why": ""}, []])
async def test_a_bad_failure_is_refused(api: Steps, body: Any) -> None:
    job = await start(api, "report")
    answer = await api.client.post(f"/_mock/jobs/{job['id']}/fail", json=body)
    assert rule_of(answer) == (400, "MOCK-400-body")
    assert (await api.client.get(f"/_mock/jobs/{job['id']}")).json() == job


@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ("", ["order", "product", "order"]),
        ("?api=report", ["order", "product"]),
        ("?api=import", ["order"]),
        ("?api=foxy", []),
        ("?state=finished", ["order"]),
        ("?state=running", ["product", "order"]),
        ("?target=order", ["order", "order"]),
        ("?api=report&state=running&target=product", ["product"]),
    ],
)
async def test_jobs_are_listed_that_fit_all_criteria(
    api: Steps, client: httpx.AsyncClient, query: str, targets: list[str]
) -> None:
    await api.post("/report/order/start", headers={"Prefer": "profile=immediate"})
    await api.post("/report/product/start", headers={"Prefer": "profile=stuck"})
    await api.post("/import/order/start?format=json", json=[{}], headers={"Prefer": "profile=stuck"})
    await api.advance(1)
    found = (await client.get(f"/_mock/jobs{query}")).json()["jobs"]
    assert [job["target"] for job in found] == targets


@pytest.mark.parametrize("query", ["api=shop", "state=done", "state="])
async def test_a_criterion_for_jobs_that_cannot_be_met_is_refused(
    client: httpx.AsyncClient, query: str
) -> None:
    assert rule_of(await client.get(f"/_mock/jobs?{query}")) == (400, "MOCK-400-parameter")
