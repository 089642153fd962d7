"""The import API: start, watch, pause, resume and cancel an import."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import Steps, make_client, rule_of

from .services import FORMATS as EXPORTED
from .services import JOB_TIME, OPERATIONS

FORMATS = {service: formats for service, formats in EXPORTED.items() if service != "transaction"}
SERVICES = [pytest.param(name, marks=pytest.mark.rule(f"IMP-SVC-{name}")) for name in FORMATS]
READY = {
    "duration": 0,
    "end": "",
    "failed": 0,
    "globalError": 0,
    "importErrors": [],
    "lastError": "",
    "percentage": 0,
    "processed": 0,
    "start": "",
    "status": 0,
    "total": 0,
}
FIELDS = list(READY)
FIVE_SECONDS = {"kind": "steady", "startingSeconds": 1, "durationSeconds": 5}
SUBSCRIBERS = "/import/newsletterSubscriber"
FIRST = {
    "blacklisted": False,
    "createdAt": "2025-02-04T15:05:24.000Z",
    "createdBy": 0,
    "email": "subscriber@websale.de",
    "fields": {"firstName": "fda", "lastName": "fafdsa", "salutation": "1"},
    "id": 2,
    "isImport": True,
    "subshopId": "deutsch",
    "targetGroupIds": [1, 2, 3],
}
SECOND = {
    "blacklisted": True,
    "createdAt": "2025-02-04T16:06:23.000Z",
    "createdBy": 1,
    "email": "foo@example.com",
    "fields": {},
    "id": 3,
    "isImport": False,
    "subshopId": "deutsch",
    "targetGroupIds": [1],
}
WITHOUT_NAMES = [
    {"entryId": "", "error": 0, "field": "salutation"},
    {"entryId": "", "error": 0, "field": "lastName"},
    {"entryId": "", "error": 0, "field": "firstName"},
]


def subscribers(count: int, start: int = 1001) -> list[dict[str, Any]]:
    """Return so many good records with ids of their own."""
    return [FIRST | {"id": start + n, "email": f"new{n}@example.com"} for n in range(count)]


async def slow_down(client: httpx.AsyncClient) -> None:
    """Have every import take one second to start and five to run."""
    answer = await client.put("/_mock/profiles/import/*", json=FIVE_SECONDS)
    assert answer.status_code == 200


@pytest.mark.rule("COM-BASE", "IMP-STATUS-200")
async def test_before_any_start_the_status_is_ready_zeros_and_empty(api: Steps) -> None:
    answer = await api.get(f"{SUBSCRIBERS}/status")
    assert (answer.status_code, answer.json()) == (200, READY)


@pytest.mark.rule(
    "IMP-START-200",
    "IMP-START-body",
    "IMP-START-partial",
    "IMP-FIELD-importErrors",
    "IMP-ERR-index",
    "IMP-ERR-errors",
    "IMP-ERR-entryId",
    "IMP-ERR-error",
    "IMP-ERR-field",
)
async def test_the_documents_sample_fails_where_the_documents_answer_says(api: Steps) -> None:
    """Twelve records like the two that the sample shows, nine of them like the second."""
    faulty = (1, 3, 4, 5, 6, 7, 8, 9, 10)
    body = [(SECOND if n in faulty else FIRST) | {"id": n + 2} for n in range(12)]
    started = (await api.post(f"{SUBSCRIBERS}/start?format=json", json=body)).json()
    assert (started["status"], started["total"], started["failed"]) == (1, 12, 0)
    await api.finish()
    answer = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert answer["importErrors"][:2] == [
        {"errors": WITHOUT_NAMES, "index": 1},
        {"errors": WITHOUT_NAMES, "index": 3},
    ]
    assert len(answer.pop("importErrors")) == 9
    assert JOB_TIME.fullmatch(answer.pop("start"))
    assert JOB_TIME.fullmatch(answer.pop("end"))
    assert answer == {
        "duration": 0,
        "failed": 9,
        "globalError": 0,
        "lastError": "",
        "percentage": 100,
        "processed": 12,
        "status": 5,
        "total": 12,
    }


@pytest.mark.rule("IMP-START-200", "IMP-FIELD-percentage", "IMP-FIELD-duration", "COM-ASYNC")
async def test_an_import_starts_runs_and_finishes_as_time_passes(api: Steps) -> None:
    await slow_down(api.client)
    started = (await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))).json()
    assert (started["status"], started["processed"], started["total"]) == (1, 0, 5)
    await api.advance(4)
    running = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (running["status"], running["processed"], running["percentage"]) == (2, 3, 60)
    assert (running["duration"], running["end"]) == (3, "")
    await api.finish()
    finished = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (finished["status"], finished["processed"], finished["percentage"]) == (5, 5, 100)
    assert (finished["duration"], finished["start"]) == (5, started["start"])


@pytest.mark.parametrize(
    "field", [pytest.param(name, marks=pytest.mark.rule(f"IMP-FIELD-{name}")) for name in FIELDS]
)
async def test_the_status_has_the_documents_field_in_every_state(api: Steps, field: str) -> None:
    texts = {"end", "lastError", "start"}
    kind = str if field in texts else list if field == "importErrors" else int
    for call in (
        await api.get(f"{SUBSCRIBERS}/status"),
        await api.post(f"{SUBSCRIBERS}/start", json=[SECOND]),
        await api.get(f"{SUBSCRIBERS}/status"),
        await api.delete(f"{SUBSCRIBERS}/cancel"),
        await api.post(f"{SUBSCRIBERS}/start", content=b"broken"),
    ):
        body = call.json()
        assert sorted(body) == FIELDS
        assert type(body[field]) is kind


@pytest.mark.rule("IMP-FIELD-failed", "IMP-FIELD-processed", "IMP-FIELD-importErrors")
async def test_faulty_records_are_counted_and_listed_as_the_import_comes_to_them(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=[FIRST, SECOND, FIRST | {"id": 9}, SECOND | {"id": 8}, 7])
    await api.advance(2)
    first = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (first["processed"], first["failed"], first["importErrors"]) == (1, 0, [])
    await api.advance(1)
    second = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (second["processed"], second["failed"]) == (2, 1)
    assert [entry["index"] for entry in second["importErrors"]] == [1]
    await api.finish()
    last = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (last["processed"], last["failed"]) == (5, 3)
    assert [entry["index"] for entry in last["importErrors"]] == [1, 3, 4]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_is_imported_in_exactly_the_documents_formats(api: Steps, service: str) -> None:
    for format in ("json", "csv", "xml"):
        answer = await api.post(f"/import/{service}/start?format={format}", content=b"[]")
        if format in FORMATS[service]:
            assert answer.status_code == 200
        else:
            assert rule_of(answer) == (400, "IMP-START-400-format")


@pytest.mark.rule("IMP-SVC-no-transaction")
async def test_transactions_are_exported_but_not_imported(api: Steps) -> None:
    answer = await api.post("/import/transaction/start", content=b"[]")
    assert rule_of(answer) == (400, "IMP-START-400-service")
    assert (await api.post("/report/transaction/start")).status_code == 200


@pytest.mark.rule("IMP-START-format")
async def test_the_format_is_json_when_none_is_named_whatever_the_content_type(api: Steps) -> None:
    answer = await api.post(
        f"{SUBSCRIBERS}/start", content=b"[{}]", headers={"Content-Type": "text/csv; charset=utf-8"}
    )
    assert answer.json()["total"] == 1


@pytest.mark.rule("IMP-START-400-format")
@pytest.mark.parametrize("query", ["format=csv", "format=pdf", "format=", "format=JSON"])
async def test_a_format_that_the_service_lacks_is_refused(api: Steps, query: str) -> None:
    answer = await api.post(f"/import/order/start?{query}", content=b"[]")
    assert rule_of(answer) == (400, "IMP-START-400-format")
    assert answer.json() == {
        "error": "Bad Request",
        "field": "format",
        "reason": "The service does not support the format.",
        "status": 400,
        "type": "",
    }


@pytest.mark.rule("IMP-PAUSE-200", "IMP-RESUME-200")
async def test_a_paused_import_makes_no_progress_until_it_is_resumed(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(4)
    paused = (await api.post(f"{SUBSCRIBERS}/pause")).json()
    assert (paused["status"], paused["processed"], paused["percentage"]) == (3, 3, 60)
    await api.advance(3600)
    assert (await api.get(f"{SUBSCRIBERS}/status")).json() == paused
    resumed = (await api.post(f"{SUBSCRIBERS}/resume")).json()
    assert resumed == paused | {"status": 2}
    await api.finish()
    assert (await api.get(f"{SUBSCRIBERS}/status")).json()["processed"] == 5


@pytest.mark.rule("IMP-CANCEL-200")
@pytest.mark.parametrize("seconds", [0, 4])
async def test_a_canceled_import_has_an_end_and_keeps_its_progress(api: Steps, seconds: float) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(seconds)
    before = (await api.get(f"{SUBSCRIBERS}/status")).json()
    canceled = (await api.delete(f"{SUBSCRIBERS}/cancel")).json()
    assert JOB_TIME.fullmatch(canceled["end"])
    assert canceled == before | {"status": 4, "end": canceled["end"]}


@pytest.mark.rule("IMP-CANCEL-200")
async def test_a_paused_import_can_be_canceled(api: Steps) -> None:
    await _bring(api, "paused")
    assert (await api.delete(f"{SUBSCRIBERS}/cancel")).json()["status"] == 4


@pytest.mark.rule("IMP-START-restart")
async def test_a_new_start_cancels_the_running_import(api: Steps, client: httpx.AsyncClient) -> None:
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(3))
    jobs = (await client.get("/_mock/jobs")).json()["jobs"]
    assert [(job["api"], job["state"], job["total"]) for job in jobs] == [
        ("import", "canceled", 5),
        ("import", "starting", 3),
    ]


async def test_services_are_imported_independently(api: Steps) -> None:
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    assert (await api.get("/import/product/status")).json() == READY


@pytest.mark.rule("IMP-PAUSE-404")
@pytest.mark.parametrize("state", ["ready", "starting", "paused", "finished"])
async def test_only_a_running_import_can_be_paused(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.post(f"{SUBSCRIBERS}/pause")
    assert rule_of(answer) == (404, "IMP-PAUSE-404")
    assert answer.json()["reason"] == "The process is not running or is not in the RUNNING status."


@pytest.mark.rule("IMP-RESUME-404")
@pytest.mark.parametrize("state", ["ready", "starting", "running", "finished"])
async def test_only_a_paused_import_can_be_resumed(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.post(f"{SUBSCRIBERS}/resume")
    assert rule_of(answer) == (404, "IMP-RESUME-404")
    assert answer.json()["reason"] == "The process is not in the PAUSED status."


@pytest.mark.rule("IMP-CANCEL-404")
@pytest.mark.parametrize("state", ["ready", "finished", "canceled"])
async def test_an_import_that_has_ended_cannot_be_canceled(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.delete(f"{SUBSCRIBERS}/cancel")
    assert rule_of(answer) == (404, "IMP-CANCEL-404")
    assert answer.json()["reason"] == (
        "The process is not running or is not in a cancelable status (RUNNING, STARTING, or PAUSED)."
    )


async def _bring(api: Steps, state: str) -> None:
    """Bring the import of subscribers into a state."""
    if state == "ready":
        return
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    if state in ("running", "paused"):
        await api.advance(4)
    if state == "paused":
        await api.post(f"{SUBSCRIBERS}/pause")
    if state == "finished":
        await api.finish()
    if state == "canceled":
        await api.delete(f"{SUBSCRIBERS}/cancel")


@pytest.mark.rule("IMP-CANCEL-method")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
async def test_cancel_is_a_delete(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/admin/api/v1/import/order/cancel")
    assert rule_of(answer) == (405, "COM-405-method")
    assert answer.headers["allow"] == "DELETE"


@pytest.mark.parametrize(
    ("method", "verb", "rule"),
    [pytest.param(*o, marks=pytest.mark.rule(f"IMP-{o[2]}-400-service")) for o in OPERATIONS],
)
@pytest.mark.parametrize("service", ["orders", "ORDER", "%0A", "a%2Fb", "transaction"])
async def test_an_unknown_service_is_refused(
    client: httpx.AsyncClient, method: str, verb: str, rule: str, service: str
) -> None:
    answer = await client.request(method, f"/admin/api/v1/import/{service}/{verb}")
    assert rule_of(answer) == (400, f"IMP-{rule}-400-service")
    assert answer.json() == {
        "error": "Bad Request",
        "field": "",
        "reason": "service is unknown.",
        "status": 400,
        "type": "",
    }


REFUSALS = {
    "status": " for the service.",
    "start": " to write or create the service’s data.",
    "pause": ".",
    "resume": ".",
    "cancel": ".",
}


@pytest.mark.parametrize(
    ("method", "verb", "rule"),
    [pytest.param(*o, marks=pytest.mark.rule(f"IMP-{o[2]}-401", "COM-401")) for o in OPERATIONS],
)
@pytest.mark.parametrize("token", [None, "wrong-token", "expired-token", "nobody-token", "reader-token"])
async def test_without_the_rights_to_write_and_create_every_call_is_401(
    shared_app: MockServer, world: str, method: str, verb: str, rule: str, token: str | None
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        answer = await client.request(method, f"/admin/api/v1/import/order/{verb}")
    assert rule_of(answer) == (401, f"IMP-{rule}-401")
    assert answer.json()["reason"] == (
        "Not authorized: you are not logged in or do not have the required permissions" + REFUSALS[verb]
    )


@pytest.mark.rule("IMP-START-right")
@pytest.mark.parametrize("token", ["admin-token", "editor-token", "writer-token"])
async def test_the_rights_to_write_and_create_are_enough(
    shared_app: MockServer, world: str, token: str
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        assert (await client.post("/admin/api/v1/import/order/start", content=b"[]")).status_code == 200


UNAVAILABLE = [
    ("GET", "status", "IMP-STATUS-503-redis", "internalError", "Redis did not return a status."),
    (
        "POST",
        "start",
        "IMP-START-503-trigger",
        "serviceUnavailable",
        "The import process could not be triggered.",
    ),
    ("POST", "start", "IMP-START-503-redis-read", "internalError", "Redis did not return a status."),
    (
        "POST",
        "start",
        "IMP-START-503-fileservice",
        "internalError",
        "The internal FileService cannot be reached.",
    ),
    ("POST", "start", "IMP-START-503-store", "internalError", "Request could not be stored in a file."),
    (
        "POST",
        "start",
        "IMP-START-503-redis-write",
        "internalError",
        "The status could not be updated in Redis.",
    ),
    (
        "POST",
        "start",
        "IMP-START-503-10s",
        "internalError",
        "The import process did not start within 10 seconds.",
    ),
    *(
        (method, verb, f"IMP-{verb.upper()}-503-{name}", "internalError", reason)
        for method, verb in (("POST", "pause"), ("POST", "resume"), ("DELETE", "cancel"))
        for name, reason in (
            ("redis-read", "Redis did not return a status."),
            ("redis-conn", "Redis cannot be reached."),
            ("stop", "The process could not be stopped."),
        )
    ),
]


@pytest.mark.parametrize(
    ("method", "verb", "rule", "kind", "reason"),
    [pytest.param(*row, marks=pytest.mark.rule(row[2])) for row in UNAVAILABLE],
)
async def test_a_503_can_be_had_on_purpose(
    client: httpx.AsyncClient, method: str, verb: str, rule: str, kind: str, reason: str
) -> None:
    answer = await client.request(
        method, f"/admin/api/v1/import/order/{verb}", headers={"Prefer": f"example={rule}"}
    )
    assert rule_of(answer) == (503, rule)
    assert answer.json() == {
        "error": "Service Unavailable",
        "field": "",
        "reason": reason,
        "status": 503,
        "type": kind,
    }


@pytest.mark.rule("IMP-START-503-10s")
async def test_a_starting_phase_over_ten_seconds_is_a_503_and_the_import_goes_on_starting(api: Steps) -> None:
    answer = await api.post(
        f"{SUBSCRIBERS}/start", json=subscribers(5), headers={"Prefer": "profile=slow-start"}
    )
    assert rule_of(answer) == (503, "IMP-START-503-10s")
    assert (await api.get(f"{SUBSCRIBERS}/status")).json()["status"] == 1
    await api.finish()
    assert (await api.get(f"{SUBSCRIBERS}/status")).json()["status"] == 5


async def test_a_failing_import_ends_in_error_and_says_why(api: Steps) -> None:
    answer = await api.post(
        f"{SUBSCRIBERS}/start", json=subscribers(4), headers={"Prefer": "profile=failing"}
    )
    assert answer.headers["preference-applied"] == "profile=failing"
    await api.finish()
    failed = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (failed["status"], failed["processed"], failed["globalError"]) == (6, 2, 1)
    assert failed["lastError"] != ""


async def test_an_import_by_polls_moves_with_each_status_request(api: Steps) -> None:
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(6), headers={"Prefer": "profile=polls"})
    seen = [(await api.get(f"{SUBSCRIBERS}/status")).json()["processed"] for _ in range(3)]
    assert seen == [2, 4, 6]


async def test_an_import_of_nothing_is_finished_when_start_answers(api: Steps) -> None:
    answer = (await api.post(f"{SUBSCRIBERS}/start", content=b" [ ] ")).json()
    assert (answer["status"], answer["percentage"], answer["total"]) == (5, 100, 0)


@pytest.mark.parametrize(
    ("method", "verb", "state", "duration"),
    [("GET", "status", 2, 2), ("POST", "pause", 3, 0), ("POST", "resume", 2, 0), ("DELETE", "cancel", 4, 2)],
)
async def test_the_documents_samples_can_be_had_verbatim(
    client: httpx.AsyncClient, method: str, verb: str, state: int, duration: int
) -> None:
    answer = await client.request(
        method,
        f"/admin/api/v1/import/newsletterSubscriber/{verb}",
        headers={"Prefer": "example=document-sample"},
    )
    assert answer.json() == READY | {
        "duration": duration,
        "end": "2025-02-19T13:39:19.000000000Z" if verb == "cancel" else "",
        "percentage": 60,
        "processed": 3,
        "start": f"2025-02-19T13:{'31:40' if verb == 'status' else '39:17'}.000000000Z",
        "status": state,
        "total": 5,
    }


async def test_the_list_of_faulty_records_is_limited_and_their_number_is_not() -> None:
    app = MockServer(Settings(clock="frozen", import_errors=3))
    async with make_client(app) as client:
        answer = await client.post(
            "/admin/api/v1/import/newsletterSubscriber/start",
            json=[1] * 1000,
            headers={"Prefer": "profile=immediate"},
        )
    assert (answer.json()["failed"], answer.json()["total"]) == (1000, 1000)
    assert [entry["index"] for entry in answer.json()["importErrors"]] == [0, 1, 2]


async def test_a_thousand_faulty_records_are_listed_unless_told_otherwise(api: Steps) -> None:
    answer = await api.post(
        f"{SUBSCRIBERS}/start", json=[SECOND] * 1500, headers={"Prefer": "profile=immediate"}
    )
    assert (answer.json()["failed"], len(answer.json()["importErrors"])) == (1500, 1000)


@pytest.mark.rule("COM-400-parameter")
async def test_send_mail_is_true_or_false(api: Steps) -> None:
    for value in ("true", "false", "1", "0"):
        answer = await api.post(f"/import/adminUser/start?sendMail={value}", content=b"[]")
        assert answer.status_code == 200
    answer = await api.post("/import/adminUser/start?sendMail=maybe", content=b"[]")
    assert rule_of(answer) == (400, "COM-400-parameter")


async def test_send_mail_means_nothing_to_other_services(api: Steps) -> None:
    answer = await api.post("/import/order/start?sendMail=maybe", content=b"[]")
    assert answer.status_code == 200
