"""The report API: start, watch, pause, resume and cancel an export."""

from __future__ import annotations

import re

import httpx
import pytest

from mockserver.app import MockServer
from tests.conftest import Steps, make_client, rule_of

from .services import FORMATS, JOB_TIME, OPERATIONS

SERVICES = [pytest.param(name, marks=pytest.mark.rule(f"REP-SVC-{name}")) for name in FORMATS]
READY = {
    "duration": 0,
    "end": "",
    "fileName": "",
    "fileUrl": "",
    "hasProgress": False,
    "lastError": "",
    "percentage": 0,
    "processed": 0,
    "start": "",
    "status": 0,
    "total": 0,
}
FIELDS = list(READY)
ALREADY_SAID = {"X-Authorization": "Bearer admin-token"}


@pytest.mark.rule("COM-BASE", "REP-STATUS-200", "REP-ST-0")
async def test_before_any_start_the_status_is_ready_zeros_and_empty_strings(api: Steps) -> None:
    answer = await api.get("/report/order/status")
    assert (answer.status_code, answer.json()) == (200, READY)


@pytest.mark.rule("REP-START-200", "REP-ST-1", "REP-ST-2", "REP-ST-5", "COM-ASYNC")
async def test_an_export_starts_runs_and_finishes_as_time_passes(api: Steps) -> None:
    started = (await api.post("/report/order/start")).json()
    assert (started["status"], started["processed"], started["percentage"]) == (1, 0, 0)
    await api.advance(1.5)
    running = (await api.get("/report/order/status")).json()
    assert running["status"] == 2
    assert 0 < running["processed"] < running["total"]
    assert running["percentage"] == 100 * running["processed"] // running["total"]
    assert running["hasProgress"] is True
    await api.finish()
    finished = (await api.get("/report/order/status")).json()
    assert (finished["status"], finished["percentage"], finished["processed"]) == (5, 100, finished["total"])
    assert finished["hasProgress"] is False


@pytest.mark.parametrize(
    "field", [pytest.param(name, marks=pytest.mark.rule(f"REP-FIELD-{name}")) for name in FIELDS]
)
async def test_the_status_has_the_documents_field_in_every_state(api: Steps, field: str) -> None:
    kinds = {
        "duration": int,
        "hasProgress": bool,
        "percentage": int,
        "processed": int,
        "status": int,
        "total": int,
    }
    for call in (
        await api.get("/report/product/status"),
        await api.post("/report/product/start"),
        await api.get("/report/product/status"),
        await api.delete("/report/product/cancel"),
    ):
        body = call.json()
        assert sorted(body) == FIELDS
        assert type(body[field]) is kinds.get(field, str)


@pytest.mark.rule("COM-TS-JOB", "REP-FIELD-start", "REP-FIELD-end")
async def test_start_and_end_have_nine_fractional_digits_and_end_is_empty_until_the_end(api: Steps) -> None:
    started = (await api.post("/report/order/start")).json()
    assert JOB_TIME.fullmatch(started["start"])
    assert started["end"] == ""
    await api.finish()
    finished = (await api.get("/report/order/status")).json()
    assert finished["start"] == started["start"]
    assert JOB_TIME.fullmatch(finished["end"])
    assert finished["end"] > finished["start"]


@pytest.mark.rule("REP-FIELD-fileName", "REP-FIELD-fileUrl")
async def test_the_file_is_named_at_the_start_after_the_plural_and_twenty_digits(
    api: Steps, world: str
) -> None:
    started = (await api.post("/report/order/start?format=xml")).json()
    assert re.fullmatch(r"orders_[0-9a-f]{20}\.xml", started["fileName"])
    assert started["fileUrl"] == f"http://mock.test/w/{world}/content/report/{started['fileName']}"


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_exports_in_exactly_the_documents_formats(api: Steps, service: str) -> None:
    for format in ("json", "csv", "xml"):
        answer = await api.post(f"/report/{service}/start?format={format}")
        if format in FORMATS[service]:
            assert answer.status_code == 200
            assert answer.json()["fileName"].endswith(f".{format}")
            assert answer.json()["total"] > 0
        else:
            assert rule_of(answer) == (400, "REP-START-400-format")


@pytest.mark.parametrize(("name", "kind"), [("report", "ReportService"), ("import", "ImportService")])
async def test_the_specification_tells_readers_the_formats(
    client: httpx.AsyncClient, name: str, kind: str
) -> None:
    document = (await client.get(f"/_mock/openapi/websale-{name}.json")).json()
    described = document["components"]["schemas"][kind]
    assert described["x-formats"] == {service: FORMATS[service] for service in described["enum"]}


@pytest.mark.rule("REP-START-format")
async def test_the_format_is_json_when_none_is_asked_for(api: Steps) -> None:
    assert (await api.post("/report/product/start")).json()["fileName"].endswith(".json")


@pytest.mark.rule("REP-START-400-format")
@pytest.mark.parametrize("query", ["format=csv", "format=pdf", "format=", "format=JSON"])
async def test_a_format_that_the_service_lacks_is_refused(api: Steps, query: str) -> None:
    answer = await api.post(f"/report/order/start?{query}")
    assert rule_of(answer) == (400, "REP-START-400-format")
    assert answer.json() == {
        "error": "Bad Request",
        "field": "format",
        "reason": "The service does not support the format.",
        "status": 400,
        "type": "",
    }


@pytest.mark.rule("REP-PAUSE-200", "REP-RESUME-200", "REP-ST-3")
async def test_a_paused_export_makes_no_progress_until_it_is_resumed(api: Steps) -> None:
    await api.post("/report/order/start")
    await api.advance(1.5)
    paused = (await api.post("/report/order/pause")).json()
    assert paused["status"] == 3
    await api.advance(3600)
    still = (await api.get("/report/order/status")).json()
    assert still == paused
    resumed = (await api.post("/report/order/resume")).json()
    assert (resumed["status"], resumed["processed"], resumed["duration"]) == (
        2,
        paused["processed"],
        paused["duration"],
    )
    await api.finish()
    assert (await api.get("/report/order/status")).json()["status"] == 5


@pytest.mark.rule("REP-CANCEL-200", "REP-ST-4")
@pytest.mark.parametrize("seconds", [0, 1.5])
async def test_a_canceled_export_has_an_end_and_keeps_its_progress(api: Steps, seconds: float) -> None:
    await api.post("/report/order/start")
    await api.advance(seconds)
    before = (await api.get("/report/order/status")).json()
    canceled = (await api.delete("/report/order/cancel")).json()
    assert (canceled["status"], canceled["processed"]) == (4, before["processed"])
    assert JOB_TIME.fullmatch(canceled["end"])


@pytest.mark.rule("REP-CANCEL-200")
async def test_a_paused_export_can_be_canceled(api: Steps) -> None:
    await api.post("/report/order/start")
    await api.advance(1.5)
    await api.post("/report/order/pause")
    assert (await api.delete("/report/order/cancel")).json()["status"] == 4


@pytest.mark.rule("REP-START-restart")
async def test_a_new_start_cancels_the_running_export(api: Steps, client: httpx.AsyncClient) -> None:
    first = (await api.post("/report/order/start")).json()
    second = (await api.post("/report/order/start")).json()
    assert first["fileName"] != second["fileName"]
    jobs = (await client.get("/_mock/jobs")).json()["jobs"]
    assert [job["state"] for job in jobs] == ["canceled", "starting"]


async def test_services_are_exported_independently(api: Steps) -> None:
    await api.post("/report/order/start")
    assert (await api.get("/report/product/status")).json()["status"] == 0


@pytest.mark.rule("REP-PAUSE-404")
@pytest.mark.parametrize("state", ["ready", "starting", "paused", "finished"])
async def test_only_a_running_export_can_be_paused(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.post("/report/order/pause")
    assert rule_of(answer) == (404, "REP-PAUSE-404")
    assert answer.json()["reason"] == "The process is not running."


@pytest.mark.rule("REP-RESUME-404")
@pytest.mark.parametrize("state", ["ready", "starting", "running", "finished"])
async def test_only_a_paused_export_can_be_resumed(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.post("/report/order/resume")
    assert rule_of(answer) == (404, "REP-RESUME-404")
    assert answer.json()["reason"] == "The process has not been paused."


@pytest.mark.rule("REP-CANCEL-404")
@pytest.mark.parametrize("state", ["ready", "finished", "canceled"])
async def test_an_export_that_has_ended_cannot_be_canceled(api: Steps, state: str) -> None:
    await _bring(api, state)
    answer = await api.delete("/report/order/cancel")
    assert rule_of(answer) == (404, "REP-CANCEL-404")
    assert answer.json()["reason"] == "The process is not running."


async def _bring(api: Steps, state: str) -> None:
    """Bring the export of orders into a state."""
    if state == "ready":
        return
    await api.post("/report/order/start")
    if state in ("running", "paused"):
        await api.advance(1.5)
    if state == "paused":
        await api.post("/report/order/pause")
    if state == "finished":
        await api.finish()
    if state == "canceled":
        await api.delete("/report/order/cancel")


@pytest.mark.rule("REP-CANCEL-method", "COM-405-method")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
async def test_cancel_is_a_delete(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/admin/api/v1/report/order/cancel")
    assert rule_of(answer) == (405, "COM-405-method")
    assert answer.headers["allow"] == "DELETE"


@pytest.mark.parametrize(
    ("method", "verb", "rule"),
    [pytest.param(*o, marks=pytest.mark.rule(f"REP-{o[2]}-400-service")) for o in OPERATIONS],
)
@pytest.mark.parametrize("service", ["orders", "ORDER", "%0A", "a%2Fb", "import"])
async def test_an_unknown_service_is_refused(
    client: httpx.AsyncClient, method: str, verb: str, rule: str, service: str
) -> None:
    answer = await client.request(method, f"/admin/api/v1/report/{service}/{verb}")
    assert rule_of(answer) == (400, f"REP-{rule}-400-service")
    assert answer.json() == {
        "error": "Bad Request",
        "field": "",
        "reason": "service is unknown.",
        "status": 400,
        "type": "",
    }


@pytest.mark.parametrize(
    ("method", "verb", "rule"),
    [pytest.param(*o, marks=pytest.mark.rule(f"REP-{o[2]}-401", "COM-401")) for o in OPERATIONS],
)
@pytest.mark.parametrize("token", [None, "wrong-token", "expired-token", "nobody-token", "writer-token", ""])
async def test_without_the_read_right_every_call_is_401(
    shared_app: MockServer, world: str, method: str, verb: str, rule: str, token: str | None
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        answer = await client.request(method, f"/admin/api/v1/report/order/{verb}")
        unknown = await client.request(method, f"/admin/api/v1/report/nothing/{verb}")
    assert rule_of(answer) == (401, f"REP-{rule}-401")
    assert answer.json()["error"] == "Unauthorized"
    assert answer.json()["reason"].startswith("Not authorized: you are not logged in or you do not have")
    assert unknown.status_code == 401


@pytest.mark.parametrize("token", ["admin-token", "editor-token", "reader-token"])
async def test_the_read_right_is_enough(shared_app: MockServer, world: str, token: str) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        assert (await client.post("/admin/api/v1/report/order/start")).status_code == 200


UNAVAILABLE = [
    ("GET", "status", "REP-STATUS-503-redis", "internalError", "Redis did not return a status."),
    (
        "POST",
        "start",
        "REP-START-503-trigger",
        "Service currently unavailable",
        "The export process could not be triggered.",
    ),
    ("POST", "start", "REP-START-503-redis-read", "internalError", "Redis did not return a status."),
    (
        "POST",
        "start",
        "REP-START-503-redis-write",
        "internalError",
        "The status could not be updated in Redis.",
    ),
    ("POST", "start", "REP-START-503-10s", "internalError", "The status has not changed for 10 seconds."),
    *(
        (method, verb, f"REP-{verb.upper()}-503-{name}", "internalError", reason)
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
        method, f"/admin/api/v1/report/order/{verb}", headers={"Prefer": f"example={rule}"}
    )
    assert rule_of(answer) == (503, rule)
    assert answer.headers["preference-applied"] == f"example={rule}"
    assert answer.json() == {
        "error": "Service Unavailable",
        "field": "",
        "reason": reason,
        "status": 503,
        "type": kind,
    }


@pytest.mark.rule("REP-START-503-10s")
async def test_a_starting_phase_over_ten_seconds_is_a_503_and_the_export_goes_on_starting(api: Steps) -> None:
    answer = await api.post("/report/order/start", headers={"Prefer": "profile=slow-start"})
    assert rule_of(answer) == (503, "REP-START-503-10s")
    assert (await api.get("/report/order/status")).json()["status"] == 1
    await api.finish()
    assert (await api.get("/report/order/status")).json()["status"] == 5


@pytest.mark.rule("REP-ST-6")
async def test_a_failing_export_ends_in_error_and_says_why(api: Steps) -> None:
    answer = await api.post("/report/order/start", headers={"Prefer": "profile=failing"})
    assert answer.headers["preference-applied"] == "profile=failing"
    await api.finish()
    failed = (await api.get("/report/order/status")).json()
    assert failed["status"] == 6
    assert failed["lastError"] != ""
    assert JOB_TIME.fullmatch(failed["end"])


async def test_an_immediate_export_is_finished_when_start_answers(api: Steps) -> None:
    answer = await api.post("/report/order/start", headers={"Prefer": "profile=immediate"})
    assert (answer.json()["status"], answer.json()["percentage"]) == (5, 100)


async def test_an_export_by_polls_moves_with_each_status_request(api: Steps) -> None:
    await api.post("/report/order/start", headers={"Prefer": "profile=polls"})
    seen = [(await api.get("/report/order/status")).json()["percentage"] for _ in range(3)]
    assert seen == [33, 66, 100]


@pytest.mark.rule("MOCK-400-prefer")
@pytest.mark.parametrize(
    "preference", ["example=REP-PAUSE-404", "example=nonsense", "code=418", "profile=fast"]
)
async def test_a_preference_that_cannot_be_met_lists_what_can(api: Steps, preference: str) -> None:
    answer = await api.post("/report/order/start", headers={"Prefer": preference})
    assert rule_of(answer) == (400, "MOCK-400-prefer")
    assert answer.headers["content-type"] == "application/problem+json"
    accepted = answer.json()["accepted"]
    assert "profile=steady" in accepted or "example=REP-START-503-trigger" in accepted
    assert (await api.get("/report/order/status")).json()["status"] == 0


async def test_the_documents_sample_can_be_had_verbatim(api: Steps) -> None:
    answer = await api.post("/report/order/start", headers={"Prefer": "example=document-sample"})
    assert answer.json() == {
        "duration": 0,
        "end": "",
        "fileName": "orders_947bbbc6b27914ea35c0.json",
        "fileUrl": "https://content.<your-shop>.de/report/orders_947bbbc6b27914ea35c0.json",
        "hasProgress": False,
        "lastError": "",
        "percentage": 100,
        "processed": 4,
        "start": "2025-02-19T09:15:15.000000000Z",
        "status": 2,
        "total": 4,
    }


@pytest.mark.rule("COM-404-path")
@pytest.mark.parametrize(
    "path",
    [
        "/report",
        "/report/order",
        "/report/order/",
        "/report/order/status/",
        "/report//status",
        "//report/order/status",
        "///",
        "/report/order/status/x",
        "/nothing",
        "",
        "/",
    ],
)
async def test_an_unknown_path_is_the_vendors_404_and_never_a_redirect(
    client: httpx.AsyncClient, path: str
) -> None:
    url = httpx.URL("http://mock.test", raw_path=f"/admin/api/v1{path}".encode())
    answer = await client.get(url)
    assert rule_of(answer) == (404, "COM-404-path")
    assert answer.json()["error"] == "Not Found"


@pytest.mark.rule("COM-405-method")
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "TRACE"])
async def test_an_undeclared_method_is_405(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/admin/api/v1/report/order/status")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.rule("COM-404-path")
async def test_slashes_before_the_base_path_are_the_vendors_404_too(client: httpx.AsyncClient) -> None:
    answer = await client.get(httpx.URL("http://mock.test", raw_path=b"//admin/api/v1/report/order/status"))
    assert rule_of(answer) == (404, "COM-404-path")


@pytest.mark.rule("COM-JSON")
async def test_every_answer_is_a_json_object(api: Steps) -> None:
    for answer in (
        await api.get("/report/order/status"),
        await api.get("/report/x/status"),
        await api.get("/x"),
    ):
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json(), dict)


# Filters


@pytest.mark.rule("REP-START-400-filter-value")
async def test_a_filter_of_an_export_knows_the_values_that_a_field_can_have(api: Steps) -> None:
    answer = await api.post("/report/dataFeed/start", params={"filter[exportStatus]": "nope"})
    assert rule_of(answer) == (400, "REP-START-400-filter-value")
    assert "idle, starting, running, finished, error" in answer.headers["X-Mock-Explain"]


async def test_inquiries_can_be_filtered_by_the_name_that_the_document_has(api: Steps) -> None:
    short, long = [
        (await api.post("/report/inquiry/start", params={f"filter[{name}]": "contact"})).json()["total"]
        for name in ("inquiryConfigId", "data.inquiryConfigId")
    ]
    assert 0 < short == long < 60


@pytest.mark.rule("REP-START-400-format")
@pytest.mark.parametrize("format", ["csv", "pdf", ""])
async def test_a_bad_format_is_explained_with_those_of_the_service(api: Steps, format: str) -> None:
    answer = await api.post("/report/order/start", params={"format": format})
    assert rule_of(answer) == (400, "REP-START-400-format")
    assert answer.headers["X-Mock-Explain"] == f"order can be exported as json and xml, not as {format}."
