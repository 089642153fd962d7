"""Faults through the control plane: what they do to calls of the vendors' APIs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import Steps, make_client, rule_of

FAULTS = "/_mock/faults"
STATUS = "GET report/{service}/status"


async def place(client: httpx.AsyncClient, **plan: Any) -> dict[str, Any]:
    answer = await client.post(FAULTS, json=plan)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"{FAULTS}/{answer.json()['id']}")
    placed: dict[str, Any] = answer.json()
    return placed


async def fired(client: httpx.AsyncClient) -> list[tuple[int, int]]:
    return [(f["seen"], f["fired"]) for f in (await client.get(FAULTS)).json()["faults"]]


# What happens


async def test_the_rules_answer_is_given_so_often_and_no_more(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, rule="REP-PAUSE-503-stop", target={"service": "product"}, times=2)
    for number in (1, 2):
        answer = await api.post("/report/product/pause")
        assert rule_of(answer) == (503, "REP-PAUSE-503-stop")
        assert answer.json()["reason"] == "The process could not be stopped."
        assert f"fired: {number} of 2." in answer.headers["x-mock-explain"]
        assert answer.headers["x-mock-fault"] == "1"
    after = await api.post("/report/product/pause")
    assert rule_of(after) == (404, "REP-PAUSE-404")
    assert "x-mock-fault" not in after.headers
    assert await fired(client) == [(2, 2)]


async def test_other_targets_are_spared(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, status=503, operation="POST report/{service}/start", target={"service": "product"})
    assert (await api.post("/report/order/start")).status_code == 200
    assert (await api.post("/report/product/start")).status_code == 503


async def test_nothing_is_done_where_an_answer_is_given(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, status=503, times=1)
    assert (await api.post("/report/order/start")).status_code == 503
    assert (await client.get("/_mock/jobs")).json()["jobs"] == []


async def test_a_status_alone_meets_the_next_vendor_call_and_no_control_call(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await place(client, status=500, times=1)
    for path in ("/_mock/clock", "/_mock/jobs", FAULTS, "/_mock/health"):
        assert (await client.get(path)).status_code == 200
    answer = await client.get("/stores/1", headers={"FOXY-API-VERSION": "1"})
    assert rule_of(answer) == (500, "FOXY-ERR-500")
    assert (await api.get("/report/order/status")).status_code == 200


async def test_a_status_is_the_operations_own_before_it_is_its_apis(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await place(client, status=404)
    assert rule_of(await api.post("/report/order/pause")) == (404, "REP-PAUSE-404")


async def test_it_goes_before_credentials(shared_app: MockServer, client: httpx.AsyncClient) -> None:
    await place(client, status=503)
    async with make_client(shared_app, token=None, **dict(client.headers)) as anybody:
        del anybody.headers["x-authorization"]
        assert (await anybody.get("/admin/api/v1/report/order/status")).status_code == 503


async def test_prefer_goes_before_it(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, status=503)
    answer = await api.post("/report/order/pause", headers={"Prefer": "code=401"})
    assert answer.status_code == 401
    assert await fired(client) == [(0, 0)]


async def test_a_preferred_profile_is_no_answer_and_does_not_keep_it_away(
    api: Steps, client: httpx.AsyncClient
) -> None:
    await place(client, status=503)
    answer = await api.post("/report/order/start", headers={"Prefer": "profile=immediate"})
    assert answer.status_code == 503


@pytest.mark.rule("COM-429-rate")
async def test_a_rate_limit_of_websale_says_when_to_come_back(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, rule="COM-429-rate", after=2, retryAfterSeconds=30)
    answers = [await api.get("/report/order/status") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "30"
    assert answers[2].json() == {
        "error": "Too Many Requests",
        "field": "",
        "reason": "Too many requests.",
        "status": 429,
        "type": "",
    }


@pytest.mark.rule("FOXY-RATE-429")
@pytest.mark.parametrize(("seconds", "header"), [(None, "1"), (90, "90")])
async def test_a_rate_limit_of_foxy_says_when_to_come_back(
    client: httpx.AsyncClient, seconds: int | None, header: str
) -> None:
    await place(client, rule="FOXY-RATE-429", retryAfterSeconds=seconds)
    answer = await client.get("/report/1", headers={"FOXY-API-VERSION": "1"})
    assert rule_of(answer) == (429, "FOXY-RATE-429")
    assert answer.headers.get_list("retry-after") == [header]


async def test_the_same_seed_gives_the_same_failures() -> None:
    seen = []
    for seed in (1, 1, 2):
        async with make_client(MockServer(Settings(clock="frozen", seed=seed))) as client:
            await place(client, status=503, probability=0.5)
            answers = [await client.get("/admin/api/v1/report/order/status") for _ in range(32)]
            seen.append([answer.status_code for answer in answers])
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
    assert set(seen[0]) == {200, 503}


async def test_faults_leave_the_data_as_they_are(shared_app: MockServer) -> None:
    files = []
    for world, probability in (("calm", None), ("stormy", 0.5)):
        async with make_client(shared_app, **{"X-Mock-World": world}) as client:
            if probability:
                await place(client, operation=STATUS, status=503, probability=probability)
            for _ in range(10):
                await client.get("/admin/api/v1/report/order/status")
            files.append((await client.post("/admin/api/v1/report/order/start")).json()["fileName"])
    assert files[0] == files[1]


async def test_it_ends_at_the_worlds_instant(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    fault = await place(client, operation=STATUS, status=503, until="2030-01-01T00:01:00Z")
    assert fault["until"] == "2030-01-01T00:01:00.000000000Z"
    assert (await api.get("/report/order/status")).status_code == 503
    await api.advance(60)
    assert (await api.get("/report/order/status")).status_code == 200
    assert (await client.get(f"{FAULTS}/1")).json()["active"] is False


# Late answers


async def now(client: httpx.AsyncClient) -> str:
    return str((await client.get("/_mock/clock")).json()["now"])


async def test_a_virtual_delay_advances_the_worlds_clock(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await place(client, latencySeconds=90.5, virtual=True, times=1)
    answer = await api.get("/report/order/status")
    assert (answer.status_code, answer.headers["x-mock-fault"]) == (200, "1")
    assert await now(client) == "2030-01-01T00:01:30.500000000Z"


async def test_a_real_delay_leaves_the_worlds_clock_alone(api: Steps, client: httpx.AsyncClient) -> None:
    before = await now(client)
    await place(client, latencySeconds=0.001)
    assert (await api.get("/report/order/status")).headers["x-mock-fault"] == "1"
    assert await now(client) == before


@pytest.mark.parametrize(
    "latency",
    [
        {"distribution": "uniform", "min": 10, "max": 20},
        {"distribution": "lognormal", "median": 15, "sigma": 0.01},
    ],
)
async def test_a_drawn_delay_is_near_what_was_asked_for(
    api: Steps, client: httpx.AsyncClient, latency: dict[str, Any]
) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    assert (await place(client, latencySeconds=latency, virtual=True))["latencySeconds"] == latency
    await api.get("/report/order/status")
    assert "2030-01-01T00:00:10" <= await now(client) <= "2030-01-01T00:00:20"


async def test_what_is_late_is_done_at_once(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await place(client, operation="POST report/{service}/start", latencySeconds=60, virtual=True)
    started = (await api.post("/report/order/start")).json()
    assert started["start"] == "2030-01-01T00:00:00.000000000Z"
    assert (await api.get("/report/order/status")).json()["status"] == 5


async def test_errors_come_late_too_with_their_rule(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, latencySeconds=5, virtual=True)
    answer = await api.post("/report/order/pause")
    assert rule_of(answer) == (404, "REP-PAUSE-404")
    assert answer.headers["x-mock-fault"] == "1"


async def test_delays_come_with_the_answer_of_another_fault(api: Steps, client: httpx.AsyncClient) -> None:
    await place(client, latencySeconds=5, virtual=True)
    await place(client, status=503, times=1)
    before = await now(client)
    answer = await api.get("/report/order/status")
    assert (answer.status_code, answer.headers["x-mock-fault"]) == (503, "1, 2")
    assert await now(client) > before


async def test_no_time_is_left_at_the_end_of_the_calendar(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "9999-12-30T23:59:59Z"})
    await place(client, latencySeconds=60, virtual=True)
    assert (await api.get("/report/order/status")).status_code == 200


async def test_a_slow_body_arrives_whole(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/clock", json={"now": "2030-01-01T00:00:00Z"})
    await place(client, kind="slow-body", bodySeconds=20, virtual=True)
    answer = await api.get("/report/order/status")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.json()["status"] == 0
    assert (await now(client))[:19] == "2030-01-01T00:00:20"


@pytest.mark.parametrize("kind", ["reset", "truncate"])
async def test_without_a_connection_of_ours_the_caller_meets_an_exception(
    client: httpx.AsyncClient, kind: str
) -> None:
    await place(client, kind=kind)
    with pytest.raises(ConnectionResetError):
        await client.get("/admin/api/v1/report/order/status")


# Placing, listing, removing


async def test_a_fault_is_shown_with_all_its_members(client: httpx.AsyncClient) -> None:
    placed = await place(client, status=503, operation="pauseReport", target={"service": "order"}, times=3)
    assert placed == {
        "id": "1",
        "rule": None,
        "status": 503,
        "operation": "POST report/{service}/pause",
        "target": {"service": "order"},
        "kind": "answer",
        "after": 0,
        "times": 3,
        "probability": 1.0,
        "latencySeconds": 0,
        "virtual": False,
        "bodySeconds": None,
        "retryAfterSeconds": None,
        "until": None,
        "seen": 0,
        "fired": 0,
        "active": True,
    }
    assert (await client.get(f"{FAULTS}/1")).json() == placed
    assert (await client.get(FAULTS)).json() == {"faults": [placed]}


async def test_what_is_shown_can_be_placed_again(client: httpx.AsyncClient) -> None:
    placed = await place(client, kind="slow-body", bodySeconds=2, until="2200-01-01T00:00:00Z")
    counted = ("id", "seen", "fired", "active")
    again = await place(client, **{key: value for key, value in placed.items() if key not in counted})
    assert again == {**placed, "id": "2"}


@pytest.mark.parametrize(
    "name",
    ["POST report/{service}/pause", "pauseReport", "POST /admin/api/v1/report/{service}/pause"],
)
async def test_an_operation_has_three_names(api: Steps, client: httpx.AsyncClient, name: str) -> None:
    await place(client, operation=name, status=503)
    assert (await api.post("/report/order/pause")).status_code == 503
    assert (await api.post("/report/order/start")).status_code == 200


async def test_the_aliases_of_foxys_report_have_one_name_each(client: httpx.AsyncClient) -> None:
    await place(client, operation="GET reports/{id}", status=500)
    version = {"FOXY-API-VERSION": "1"}
    assert (await client.get("/reports/1", headers=version)).status_code == 500
    assert (await client.get("/report/1", headers=version)).status_code != 500


@pytest.mark.rule("MOCK-404-fault")
async def test_one_is_removed_or_all(api: Steps, client: httpx.AsyncClient) -> None:
    for status in (500, 503):
        await place(client, operation=STATUS, status=status)
    assert (await client.delete(f"{FAULTS}/1")).status_code == 204
    assert (await api.get("/report/order/status")).status_code == 503
    for method in ("GET", "DELETE"):
        assert rule_of(await client.request(method, f"{FAULTS}/1")) == (404, "MOCK-404-fault")
    assert (await client.delete(FAULTS)).status_code == 204
    assert (await client.get(FAULTS)).json() == {"faults": []}
    assert (await api.get("/report/order/status")).status_code == 200


async def test_a_reset_of_the_world_removes_them_and_ids_begin_anew(client: httpx.AsyncClient) -> None:
    await place(client, status=503)
    await client.post("/_mock/reset")
    assert (await client.get(FAULTS)).json() == {"faults": []}
    assert (await place(client, status=503))["id"] == "1"


async def test_other_worlds_know_nothing_of_them(shared_app: MockServer, client: httpx.AsyncClient) -> None:
    await place(client, status=503)
    async with make_client(shared_app, **{"X-Mock-World": "spared"}) as other:
        assert (await other.get(FAULTS)).json() == {"faults": []}
        assert (await other.get("/admin/api/v1/report/order/status")).status_code == 200


@pytest.mark.rule("MOCK-400-fault")
@pytest.mark.parametrize(
    ("plan", "field", "accepted"),
    [
        ({"rule": "REP-PAUSE-503-stp"}, "rule", "REP-PAUSE-503-stop"),
        ({"rule": "MOCK-409-never"}, "rule", "COM-429-rate"),
        (
            {"rule": "REP-PAUSE-404", "operation": "POST report/{service}/start"},
            "rule",
            "REP-START-503-trigger",
        ),
        ({"status": 418}, "status", "503"),
        ({"status": 409, "operation": STATUS}, "status", "503"),
        ({"status": 503, "operation": "PAUSE report"}, "operation", "POST report/{service}/pause"),
        ({"kind": "reset", "operation": "GET clock"}, "operation", STATUS),
        (
            {"status": 503, "operation": STATUS, "target": {"servce": "order"}},
            "target.servce",
            "service",
        ),
        ({"status": 503, "target": {"service": "orders"}}, "target.service", "order"),
        ({"rule": "FOXY-ERR-500", "target": {"service": "order"}}, "target.service", "id"),
        ({"kind": "answer"}, "kind", None),
        ({"rule": "COM-429-rate", "status": 429}, "status", None),
        ({"kind": "reset", "until": "1999-01-01T00:00:00Z"}, "until", None),
        ({"latencySeconds": {"distribution": "uniform", "min": 2, "max": 1}}, "latencySeconds.min", None),
    ],
)
async def test_what_can_never_happen_is_refused_with_what_could(
    client: httpx.AsyncClient, plan: dict[str, Any], field: str, accepted: str | None
) -> None:
    answer = await client.post(FAULTS, json=plan)
    assert rule_of(answer) == (400, "MOCK-400-fault")
    problem = answer.json()
    assert (problem["field"], problem["status"]) == (field, 400)
    assert problem["accepted"] if accepted is None else accepted in problem["accepted"]
    assert (await client.get(FAULTS)).json() == {"faults": []}


async def test_a_name_that_is_nearly_right_is_guessed(client: httpx.AsyncClient) -> None:
    answer = await client.post(FAULTS, json={"rule": "REP-PAUSE-503-stp"})
    assert "Did you mean REP-PAUSE-503-stop?" in answer.json()["detail"]


@pytest.mark.rule("MOCK-400-body")
@pytest.mark.parametrize("body", [[], {"status": "503"}, {"rules": "X"}, {"kind": "sulk"}, {"status": 503.5}])
async def test_what_is_no_fault_at_all_is_a_bad_body(client: httpx.AsyncClient, body: Any) -> None:
    assert rule_of(await client.post(FAULTS, json=body)) == (400, "MOCK-400-body")


async def test_every_rule_that_a_vendor_answers_with_can_be_a_fault(
    shared_app: MockServer, client: httpx.AsyncClient
) -> None:
    contract = shared_app.server.contract
    vendors = [
        operation for operation in contract.operations.values() if operation.api.name != "mock-control"
    ]
    rules = {example.rule_id for o in vendors for example in o.examples.values() if example.status >= 400}
    assert len(rules) > 50
    for rule in sorted(rules):
        await place(client, rule=rule)
        await client.delete(FAULTS)


async def test_a_world_that_is_copied_takes_its_faults_along(
    shared_app: MockServer, client: httpx.AsyncClient, world: str
) -> None:
    await place(client, operation=STATUS, rule="REP-STATUS-401", after=1, times=2)
    await client.get("/admin/api/v1/report/order/status")
    worlds = shared_app.server.worlds
    state = worlds.get(world).faults.dump()
    assert state is not None
    copy = worlds.get(f"{world}-copy")
    copy.faults.load(state)
    async with make_client(shared_app, **{"X-Mock-World": copy.name}) as other:
        answers = [await other.get("/admin/api/v1/report/order/status") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 200]
