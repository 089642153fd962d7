"""The control plane: clock, worlds, jobs, profiles, rules, specifications, documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mockserver import __version__
from mockserver.app import SPECIFICATIONS, MockServer
from mockserver.settings import Settings
from tests.conftest import Steps, make_client, rule_of

PROBLEM = "application/problem+json"


async def test_health_tells_version_worlds_and_violations(client: httpx.AsyncClient) -> None:
    health = (await client.get("/_mock/health")).json()
    assert health["status"] == "ok"
    assert health["version"] == __version__
    assert health["violations"] == 0
    assert health["worlds"] >= 1
    assert health["specifications"] == SPECIFICATIONS


async def test_health_survives_a_reset(client: httpx.AsyncClient) -> None:
    before = (await client.get("/_mock/health")).json()
    await client.post("/_mock/reset")
    after = (await client.get("/_mock/health")).json()
    assert after["uptimeSeconds"] >= before["uptimeSeconds"]


async def test_control_calls_need_no_token(shared_app: MockServer) -> None:
    async with make_client(shared_app, token=None) as anybody:
        assert (await anybody.get("/_mock/clock")).status_code == 200


async def test_a_frozen_clock_stands_still_until_it_is_advanced(client: httpx.AsyncClient) -> None:
    now = (await client.put("/_mock/clock", json={"now": "2026-03-01T12:00:00Z"})).json()
    assert now == {"mode": "frozen", "speed": 1.0, "now": "2026-03-01T12:00:00.000000000Z"}
    assert (await client.get("/_mock/clock")).json() == now
    later = (await client.post("/_mock/clock/advance", json={"seconds": 90.5})).json()
    assert later["now"] == "2026-03-01T12:01:30.500000000Z"


async def test_absent_keys_of_the_clock_keep_their_value(client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"speed": 60})
    clock = (await client.put("/_mock/clock", json={"now": "2027-01-01T00:00:00Z"})).json()
    assert (clock["mode"], clock["speed"]) == ("frozen", 60.0)


async def test_worlds_begin_at_the_time_that_the_server_was_given() -> None:
    app = MockServer(Settings(clock="frozen", now="2025-07-01T14:00:00+02:00"))
    async with make_client(app) as client:
        await client.post("/_mock/clock/advance", json={"seconds": 60})
        await client.post("/_mock/reset")
        assert (await client.get("/_mock/clock")).json()["now"] == "2025-07-01T12:00:00.000000000Z"


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/_mock/clock", "PUT", {"now": "9999-12-31T23:00:00Z"}),
        ("/_mock/clock", "PUT", {"now": "9999-12-30T23:59:59-00:01", "speed": 2}),
        ("/_mock/clock/advance", "POST", {"seconds": 253402214399}),
    ],
)
async def test_a_time_that_not_all_zones_can_show_is_refused_and_nothing_moves(
    client: httpx.AsyncClient, path: str, method: str, body: dict[str, Any]
) -> None:
    before = (await client.get("/_mock/clock")).json()
    answer = await client.request(method, path, json=body)
    assert rule_of(answer) == (400, "MOCK-400-body")
    assert "9999-12-30" in answer.json()["detail"]
    assert (await client.get("/_mock/clock")).json() == before


async def test_the_last_hours_of_the_calendar_are_like_others(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "9999-12-30T20:59:59Z"})
    await client.post("/_mock/clock/advance", json={"seconds": 10_800})
    assert (await client.get("/_mock/clock")).json()["now"][:19] == "9999-12-30T23:59:59"
    assert (await api.get("/report/order/status")).status_code == 200


async def test_a_running_clock_passes_by_itself() -> None:
    async with make_client(MockServer(Settings(clock="running", speed=1_000_000))) as client:
        first = (await client.get("/_mock/clock")).json()
        second = (await client.get("/_mock/clock")).json()
    assert (first["mode"], first["speed"]) == ("running", 1_000_000)
    assert second["now"] > first["now"]


@pytest.mark.rule("MOCK-400-body")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/_mock/clock", {"mode": "sideways"}),
        ("PUT", "/_mock/clock", {"speed": 0}),
        ("PUT", "/_mock/clock", {"speed": -1}),
        ("PUT", "/_mock/clock", {"now": "yesterday"}),
        ("PUT", "/_mock/clock", {"now": "2025-02-30T00:00:00Z"}),
        ("PUT", "/_mock/clock", {"tempo": 1}),
        ("POST", "/_mock/clock/advance", {}),
        ("POST", "/_mock/clock/advance", {"seconds": -1}),
        ("POST", "/_mock/clock/advance", {"seconds": "ten"}),
        ("POST", "/_mock/clock/advance", {"seconds": 1, "until": "idle"}),
        ("POST", "/_mock/clock/advance", {"until": "tomorrow"}),
        ("POST", "/_mock/clock/advance", {"until": "job:1:done"}),
        ("PUT", "/_mock/profiles/report/order", {"kind": "fast"}),
        ("PUT", "/_mock/profiles/report/order", {"kind": "steady", "recordsPerSecond": 0}),
        ("PUT", "/_mock/profiles/report/order", {"kind": "steady", "polls": 3}),
        ("PUT", "/_mock/profiles/report/order", []),
    ],
)
async def test_a_bad_control_body_is_a_problem_and_changes_nothing(
    client: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    before = (await client.get("/_mock/clock")).json()
    answer = await client.request(method, path, json=body)
    assert rule_of(answer) == (400, "MOCK-400-body")
    assert answer.headers["content-type"] == PROBLEM
    assert (answer.json()["status"], answer.json()["rule"]) == (400, "MOCK-400-body")
    assert answer.json()["detail"]
    assert (await client.get("/_mock/clock")).json() == before


@pytest.mark.rule("MOCK-400-body")
async def test_a_control_body_that_is_no_json_is_a_problem(client: httpx.AsyncClient) -> None:
    assert rule_of(await client.put("/_mock/clock", content=b"{")) == (400, "MOCK-400-body")


async def test_advancing_until_idle_ends_every_job(api: Steps, client: httpx.AsyncClient) -> None:
    for service in ("order", "product", "inquiry"):
        await api.post(f"/report/{service}/start")
    await api.finish()
    jobs = (await client.get("/_mock/jobs")).json()["jobs"]
    assert [job["state"] for job in jobs] == ["finished"] * 3
    assert {job["target"] for job in jobs} == {"order", "product", "inquiry"}


async def test_advancing_until_a_job_is_in_a_state_goes_just_so_far(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.post("/report/order/start")
    job = (await client.get("/_mock/jobs")).json()["jobs"][0]
    await client.post("/_mock/clock/advance", json={"until": f"job:{job['id']}:running"})
    running = (await api.get("/report/order/status")).json()
    assert (running["status"], running["processed"]) == (2, 0)
    clock = await client.post("/_mock/clock/advance", json={"until": f"job:{job['id']}:finished"})
    assert clock.json()["now"] == job["endsAt"]


@pytest.mark.rule("MOCK-409-never")
async def test_waiting_for_what_never_comes_names_the_job_and_leaves_the_clock(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await api.post("/report/order/start", headers={"Prefer": "profile=stuck"})
    before = (await client.get("/_mock/clock")).json()
    answer = await client.post("/_mock/clock/advance", json={"until": "idle"})
    assert rule_of(answer) == (409, "MOCK-409-never")
    assert answer.json()["job"] == "1"
    assert (await client.get("/_mock/clock")).json() == before


@pytest.mark.rule("MOCK-404-job")
async def test_waiting_for_an_unknown_job_is_404(client: httpx.AsyncClient) -> None:
    answer = await client.post("/_mock/clock/advance", json={"until": "job:99:finished"})
    assert rule_of(answer) == (404, "MOCK-404-job")


async def test_a_job_is_shown_with_all_its_facts(api: Steps, client: httpx.AsyncClient) -> None:
    started = (await api.post("/report/order/start")).json()
    (job,) = (await client.get("/_mock/jobs")).json()["jobs"]
    assert job | {"endsAt": ""} == {
        "id": "1",
        "api": "report",
        "target": "order",
        "state": "starting",
        "status": 1,
        "total": started["total"],
        "processed": 0,
        "percentage": 0,
        "failed": 0,
        "startedAt": started["start"],
        "endsAt": "",
        "profile": "steady",
        "file": started["fileName"],
    }


async def test_a_profile_is_chosen_for_a_service_or_for_all(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/profiles/report/*", json={"kind": "immediate"})
    await client.put("/_mock/profiles/report/order", json={"kind": "steady", "durationSeconds": 100})
    assert (await api.post("/report/product/start")).json()["status"] == 5
    await api.post("/report/order/start")
    await api.advance(51)
    assert (await api.get("/report/order/status")).json()["percentage"] == 50
    assert (await client.delete("/_mock/profiles/report/order")).status_code == 204
    assert (await api.post("/report/order/start")).json()["status"] == 5


async def test_profiles_are_listed_and_shown_whole(client: httpx.AsyncClient) -> None:
    await client.put("/_mock/profiles/report/order", json={"kind": "stuck", "stopAtPercent": 10})
    profile = (await client.get("/_mock/profiles/report/order")).json()
    assert profile == {
        "kind": "stuck",
        "startingSeconds": 1.0,
        "recordsPerSecond": 100.0,
        "durationSeconds": None,
        "stopAtPercent": 10.0,
        "failAtPercent": None,
        "lastError": "",
        "globalError": 0,
        "polls": None,
    }
    listed = (await client.get("/_mock/profiles")).json()
    assert listed["chosen"] == [{"api": "report", "target": "order", "profile": profile}]
    assert set(listed["named"]) == {"steady", "immediate", "slow-start", "stuck", "failing", "polls"}


@pytest.mark.rule("MOCK-404-profile")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_profile_for_an_unknown_service_is_404(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/_mock/profiles/report/orders", json={"kind": "steady"})
    assert rule_of(answer) == (404, "MOCK-404-profile")


@pytest.mark.rule("MOCK-404-profile")
async def test_a_profile_for_an_unknown_api_is_404(client: httpx.AsyncClient) -> None:
    assert rule_of(await client.get("/_mock/profiles/exports/order")) == (404, "MOCK-404-profile")


async def test_worlds_do_not_see_each_other(
    shared_app: MockServer, api: Steps, client: httpx.AsyncClient
) -> None:
    await api.post("/report/order/start")
    async with make_client(shared_app, **{"X-Mock-World": "other"}) as other:
        await other.post("/_mock/reset")
        await other.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
        jobs = (await other.get("/_mock/jobs")).json()["jobs"]
        assert {job["api"] for job in jobs} <= {"build"}, "the years that pass build the scheduled feeds"
        assert (await other.get("/admin/api/v1/report/order/status")).json()["status"] == 0
    assert not (await client.get("/_mock/clock")).json()["now"].startswith("2030")


async def test_two_worlds_with_the_same_calls_get_the_same_bytes(shared_app: MockServer) -> None:
    seen = []
    for world in ("twin-a", "twin-b"):
        async with make_client(shared_app, **{"X-Mock-World": world}) as client:
            await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
            body = (await client.post("/admin/api/v1/report/order/start")).text
        seen.append(body.replace(world, "twin"))
    assert seen[0] == seen[1]


async def test_the_control_plane_takes_the_world_as_a_query_parameter_too(client: httpx.AsyncClient) -> None:
    del client.headers["X-Mock-World"]
    await client.put("/_mock/clock?world=by-query", json={"now": "2031-01-01T00:00:00Z"})
    by_prefix = (await client.get("/w/by-query/_mock/clock")).json()
    assert by_prefix["now"] == "2031-01-01T00:00:00.000000000Z"


async def test_worlds_are_listed_and_dropped(client: httpx.AsyncClient, world: str) -> None:
    await client.put("/_mock/clock", json={"now": "2032-01-01T00:00:00Z"})
    names = [entry["name"] for entry in (await client.get("/_mock/worlds")).json()["worlds"]]
    assert world in names
    del client.headers["X-Mock-World"]
    assert (await client.delete(f"/_mock/worlds/{world}")).status_code == 204
    assert not (await client.get(f"/w/{world}/_mock/clock")).json()["now"].startswith("2032")


@pytest.mark.rule("MOCK-404-world")
async def test_dropping_an_unknown_world_is_404(client: httpx.AsyncClient) -> None:
    assert rule_of(await client.delete("/_mock/worlds/never-made")) == (404, "MOCK-404-world")


@pytest.mark.rule("MOCK-400-world")
@pytest.mark.parametrize(
    "path", ["/w/a%20b/_mock/clock", "/w/%2E%2E/_mock/clock", "/w//_mock/clock", "/_mock/clock?world=a/b"]
)
async def test_an_ill_formed_world_name_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    del client.headers["X-Mock-World"]
    answer = await client.get(httpx.URL("http://mock.test", raw_path=path.encode()))
    assert rule_of(answer) == (400, "MOCK-400-world")
    assert answer.headers["content-type"] == PROBLEM


async def test_a_reset_brings_back_clock_jobs_and_randomness(api: Steps, client: httpx.AsyncClient) -> None:
    async def first_name() -> str:
        return str((await api.post("/report/order/start")).json()["fileName"])

    name = await first_name()
    await client.put("/_mock/clock", json={"mode": "running", "speed": 5})
    assert (await client.post("/_mock/reset")).status_code == 200
    assert (await client.get("/_mock/jobs")).json()["jobs"] == []
    assert (await client.get("/_mock/clock")).json()["mode"] == "frozen"
    assert await first_name() == name


async def test_the_rules_are_listed(client: httpx.AsyncClient) -> None:
    rules = {rule["id"]: rule for rule in (await client.get("/_mock/rules")).json()["rules"]}
    rule = rules["REP-START-400-format"]
    assert (rule["operation"], rule["status"]) == ("POST report/{service}/start", 400)
    assert (rule["reason"], rule["evidence"]) == ("The service does not support the format.", "documented")


async def test_a_rule_says_which_operations_can_be_made_to_answer_so(client: httpx.AsyncClient) -> None:
    rules = (await client.get("/_mock/rules")).json()["rules"]
    answered_by = {rule["id"]: rule["answeredBy"] for rule in rules}
    assert answered_by["REP-PAUSE-404"] == ["POST report/{service}/pause"]
    assert {"POST login", "GET report/{service}/status"} <= set(answered_by["COM-500-mock"])
    assert answered_by["COM-BASE"] == answered_by["MOCK-404-job"] == []


async def test_every_error_of_the_vendors_can_be_had_on_purpose(client: httpx.AsyncClient) -> None:
    rules = (await client.get("/_mock/rules")).json()["rules"]
    errors = [rule for rule in rules if rule["api"] != "mock" and (rule["status"] or 0) >= 400]
    assert not [rule["id"] for rule in errors if not rule["answeredBy"]]


async def test_exactly_those_rules_can_be_placed_as_a_fault(client: httpx.AsyncClient) -> None:
    for rule in (await client.get("/_mock/rules")).json()["rules"]:
        answer = await client.post("/_mock/faults", json={"rule": rule["id"], "times": 1})
        assert answer.status_code == (201 if rule["answeredBy"] else 400), rule
        await client.delete("/_mock/faults")


@pytest.mark.parametrize("name", SPECIFICATIONS)
async def test_every_specification_is_served_alike_as_json_and_yaml(
    client: httpx.AsyncClient, name: str
) -> None:
    as_json = await client.get(f"/_mock/openapi/{name}.json")
    as_yaml = await client.get(f"/_mock/openapi/{name}.yaml")
    assert yaml.load(as_yaml.text, Loader=yaml.BaseLoader)["openapi"] == as_json.json()["openapi"] == "3.0.3"
    assert yaml.safe_load(as_yaml.text)["paths"].keys() == as_json.json()["paths"].keys()
    assert ".yaml#" not in as_json.text


async def test_the_specifications_are_listed_with_their_addresses(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/_mock/openapi")).json()["specifications"]
    assert [entry["name"] for entry in listed] == SPECIFICATIONS
    for entry in listed:
        assert (await client.get(entry["json"])).status_code == 200


@pytest.mark.rule("MOCK-404-specification")
@pytest.mark.parametrize(
    "file", ["nothing.json", "websale-report.xml", "foxy.txt", "websale-report", "..%2Frules.yaml"]
)
async def test_an_unknown_specification_is_404(client: httpx.AsyncClient, file: str) -> None:
    answer = await client.get(f"/_mock/openapi/{file}")
    assert rule_of(answer) == (404, "MOCK-404-specification")
    files = [f"{name}.{suffix}" for name in SPECIFICATIONS for suffix in ("json", "yaml")]
    assert answer.json()["accepted"] == files


async def test_the_documentation_needs_nothing_from_outside(client: httpx.AsyncClient) -> None:
    page = await client.get("/_mock/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in (
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "favicon-32x32.png",
    ):
        assert f"docs/{asset}" in page.text
        assert (await client.get(f"/_mock/docs/{asset}")).status_code == 200


async def test_the_documentation_calls_with_the_tokens_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "users.yaml").write_text("users: [{name: admin, token: </script>}]", encoding="utf-8")
    async with make_client(MockServer(Settings(fixtures=tmp_path))) as client:
        page = (await client.get("/_mock/docs")).text
    facts = json.loads(re.search(r"= (\{.*\});", page)[1])
    assert facts["token"] == "</script>"
    assert "admin-token" not in page


@pytest.mark.rule("MOCK-404-path")
@pytest.mark.parametrize(
    "path", ["/_mock", "/_mock/", "/_mock/nothing", "/_mock/clock/", "/content", "/content/x", "/content/"]
)
async def test_an_unknown_path_of_our_own_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert rule_of(answer) == (404, "MOCK-404-path")
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.rule("MOCK-405-method")
async def test_a_wrong_method_of_our_own_is_a_problem_with_allow(client: httpx.AsyncClient) -> None:
    answer = await client.post("/_mock/health")
    assert rule_of(answer) == (405, "MOCK-405-method")
    assert answer.headers["allow"] == "GET"


@pytest.mark.rule("MOCK-403-origin")
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("http://mock.test.evil.example", 403),
        ("null", 403),
        ("http://mock.test", 200),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1:5173", 200),
        ("https://qa.example", 200),
    ],
)
async def test_a_change_from_a_foreign_page_is_refused(origin: str, status: int) -> None:
    async with make_client(MockServer(Settings(control_origin=("https://qa.example",)))) as client:
        answer = await client.post("/_mock/reset", headers={"Origin": origin})
        assert answer.status_code == status
        assert (await client.get("/_mock/clock", headers={"Origin": origin})).status_code == 200


@pytest.mark.rule("COM-413-body", "MOCK-413-body")
@pytest.mark.parametrize(
    ("path", "rule"), [("/admin/api/v1/login", "COM-413-body"), ("/_mock/clock/advance", "MOCK-413-body")]
)
async def test_a_body_over_the_limit_is_413_in_the_apis_shape(path: str, rule: str) -> None:
    async with make_client(MockServer(Settings(max_body=100))) as client:
        answer = await client.post(path, content=b"[" + b"0," * 100 + b"0]")
        assert rule_of(answer) == (413, rule)
        assert (await client.get("/_mock/health")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [
        pytest.param(*row, marks=pytest.mark.rule(row[3]))
        for row in (
            ("GET", "/admin/api/v1/report/order/status", 500, "COM-500-mock"),
            ("GET", "/_mock/health", 500, "MOCK-500-mock"),
            ("POST", "/admin/api/v1/report/order/start", 400, "COM-400-parameter"),
            ("GET", "/_mock/jobs", 400, "MOCK-400-parameter"),
        )
    ],
)
async def test_answers_that_no_request_leads_to_can_be_had_on_purpose(
    client: httpx.AsyncClient, method: str, path: str, status: int, rule: str
) -> None:
    answer = await client.request(method, path, headers={"Prefer": f"example={rule}"})
    assert rule_of(answer) == (status, rule)
