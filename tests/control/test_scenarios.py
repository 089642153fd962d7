"""Scenarios: named states of a world, which are also the provider states of contract tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.app import MockServer
from mockserver.cli import main
from mockserver.contract.documents import DocumentError
from mockserver.settings import Settings, SettingsError
from tests.conftest import API, Steps, make_client, rule_of
from tests.control.test_jobs import FOXY
from tests.running import NOW

NAMES = [
    "failed-export",
    "feed-build-error",
    "flaky-redis",
    "foxy-link-expired",
    "foxy-report-error",
    "fresh-shop",
    "import-with-bad-rows",
    "nearly-finished-order-export",
    "paused-export",
    "redis-down",
    "slow-start",
    "token-expired",
]


async def apply(api: Steps, name: str, **body: Any) -> Any:
    answer = await api.client.post(f"/_mock/scenarios/{name}", json=body or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def orders(api: Steps) -> dict[str, Any]:
    answer = await api.get("/report/order/status")
    assert answer.status_code == 200, answer.text
    status: dict[str, Any] = answer.json()
    return status


# Those that come with the server


async def test_scenarios_are_listed_with_what_they_set(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/_mock/scenarios")).json()["scenarios"]
    assert [scenario["name"] for scenario in listed] == NAMES
    (paused,) = (scenario for scenario in listed if scenario["name"] == "paused-export")
    assert paused == {
        "name": "paused-export",
        "description": "The export of orders was paused halfway.",
        "states": ["an export of orders is paused"],
        "parameters": {"service": "order", "percent": 50},
        "sets": {
            "jobs": [{"api": "report", "target": "order", "advanceTo": {"percent": 50}, "then": "pause"}]
        },
    }


@pytest.mark.parametrize("name", NAMES)
async def test_each_can_be_applied_by_its_name_and_by_its_sentences(
    client: httpx.AsyncClient, name: str
) -> None:
    scenarios = (await client.get("/_mock/scenarios")).json()["scenarios"]
    (scenario,) = (scenario for scenario in scenarios if scenario["name"] == name)
    for state in (name, *scenario["states"]):
        answer = await client.post("/_mock/scenarios", json={"state": state})
        assert (answer.status_code, answer.json()["applied"]) == (200, [name])


async def test_a_fresh_shop_is_as_the_fixtures_have_it(api: Steps) -> None:
    await api.post("/report/order/start")
    await apply(api, "fresh-shop")
    assert (await orders(api))["status"] == 0


async def test_a_nearly_finished_export_finishes_in_six_seconds(api: Steps) -> None:
    await apply(api, "nearly-finished-order-export")
    seen = await orders(api)
    assert (seen["status"], seen["percentage"], seen["processed"]) == (2, 90, 108)
    await api.advance(6)
    assert (await orders(api))["status"] == 5


async def test_a_paused_export_waits_to_be_resumed(api: Steps) -> None:
    await apply(api, "paused-export")
    assert [(await orders(api))[key] for key in ("status", "percentage")] == [3, 50]
    assert (await api.post("/report/order/resume")).json()["status"] == 2


async def test_a_failed_export_says_why(api: Steps) -> None:
    await apply(api, "failed-export")
    seen = await orders(api)
    assert (seen["status"], seen["percentage"]) == (6, 40)
    assert seen["lastError"] == "The process was terminated unexpectedly."


@pytest.mark.parametrize(("api_name", "prefix"), [("report", "REP"), ("import", "IMP")])
async def test_slow_jobs_fail_to_start(api: Steps, api_name: str, prefix: str) -> None:
    await apply(api, "slow-start")
    answer = await api.post(
        f"/{api_name}/order/start?format=json", content=b"[]" if api_name == "import" else b""
    )
    assert rule_of(answer) == (503, f"{prefix}-START-503-10s")


async def test_an_import_has_bad_rows(api: Steps) -> None:
    await apply(api, "import-with-bad-rows")
    seen = (await api.get("/import/newsletterSubscriber/status")).json()
    assert (seen["status"], seen["total"], seen["failed"]) == (5, 5, 2)
    assert [entry["index"] for entry in seen["importErrors"]] == [2, 4]


@pytest.mark.parametrize("service", ["order", "product"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, f"{kind}/{{}}/{verb}")
        for kind in ("report", "import")
        for method, verb in (
            ("GET", "status"),
            ("POST", "start"),
            ("POST", "pause"),
            ("POST", "resume"),
            ("DELETE", "cancel"),
        )
    ],
)
async def test_without_redis_nothing_works(api: Steps, method: str, path: str, service: str) -> None:
    await apply(api, "redis-down")
    for _ in range(2):
        status, rule = rule_of(await api.client.request(method, f"{API}/{path.format(service)}"))
        assert status == 503
        assert "503-redis" in str(rule)


async def test_a_flaky_redis_fails_now_and_then(api: Steps) -> None:
    await apply(api, "flaky-redis")
    statuses = [(await api.get("/report/order/status")).status_code for _ in range(60)]
    assert set(statuses) == {200, 503}
    assert 5 < statuses.count(503) < 35


async def test_an_expired_token_is_no_good_but_a_new_one_is(api: Steps) -> None:
    await apply(api, "token-expired")
    assert rule_of(await api.get("/report/order/status")) == (401, "REP-STATUS-401")
    token = (await api.post("/login", json={"apiKey": "admin-key"})).json()["accessToken"]
    again = await api.get("/report/order/status", headers={"X-Authorization": f"Bearer {token}"})
    assert again.status_code == 200


async def test_a_token_of_foxy_can_expire_too(api: Steps) -> None:
    await apply(api, "token-expired", params={"token": "foxy-token"})
    answer = await api.client.get("/stores/1/reports", headers=FOXY)
    assert rule_of(answer) == (401, "FOXY-AUTH-401-EXPIRED")


async def test_the_build_of_a_feed_has_failed(api: Steps) -> None:
    await apply(api, "feed-build-error")
    rows = (await api.get("/datafeeds/build/1/status")).json()
    assert {row["status"] for row in rows} == {"error"}
    assert (await api.get("/datafeeds/1")).json()["exportStatus"] == "error"


async def test_a_report_of_foxy_has_failed(api: Steps) -> None:
    await apply(api, "foxy-report-error")
    reports = (await api.client.get("/stores/1/reports", headers=FOXY)).json()
    assert reports["_embedded"]["fx:reports"][-1]["status"] == "error"


async def test_a_link_of_foxy_has_expired(api: Steps) -> None:
    await apply(api, "foxy-link-expired")
    report = (await api.client.get("/report/1", headers=FOXY)).json()
    answer = await api.client.get(report["_links"]["fx:download_url"]["href"])
    assert rule_of(answer) == (403, "FOXY-DOWNLOAD-EXPIRED")


# How they are applied


async def test_a_scenario_begins_with_a_new_world(api: Steps) -> None:
    await api.post("/report/product/start")
    await api.client.put("/_mock/profiles/report/*", json={"kind": "immediate"})
    assert (await apply(api, "paused-export"))["world"]["jobs"] == 1
    assert (await api.client.get("/_mock/profiles")).json()["chosen"] == []


async def test_a_scenario_can_be_added_to_what_there_is(api: Steps) -> None:
    await api.post("/report/product/start")
    assert (await apply(api, "paused-export", reset=False))["world"]["jobs"] == 2


async def test_a_scenario_takes_parameters(api: Steps) -> None:
    await apply(api, "paused-export", params={"service": "product", "percent": 25})
    seen = (await api.get("/report/product/status")).json()
    assert (seen["status"], seen["percentage"]) == (3, 25)


async def test_the_same_scenario_gives_the_same_world(api: Steps) -> None:
    names = set()
    for _ in range(2):
        await apply(api, "paused-export")
        names.add((await orders(api))["fileName"])
    assert len(names) == 1


@pytest.mark.parametrize("mode", ["running", "frozen"])
async def test_a_scenario_leaves_the_clock_as_it_was(api: Steps, mode: str) -> None:
    await api.client.put("/_mock/clock", json={"mode": mode})
    assert (await apply(api, "paused-export", reset=False))["world"]["clock"]["mode"] == mode


@pytest.mark.rule("MOCK-404-scenario")
@pytest.mark.parametrize("name", ["nothing", "..%2F..", "%20"])
async def test_an_unknown_scenario_is_not_found(client: httpx.AsyncClient, name: str) -> None:
    assert rule_of(await client.post(f"/_mock/scenarios/{name}")) == (404, "MOCK-404-scenario")


@pytest.mark.rule("MOCK-400-scenario")
@pytest.mark.parametrize(
    ("name", "params", "field", "accepted"),
    [
        ("fresh-shop", {"x": 1}, "params.x", "nothing, fresh-shop has no parameters"),
        ("paused-export", {"percnt": 1}, "params.percnt", "service, percent"),
        ("paused-export", {"service": "spoon"}, "jobs[0].target", "adminUser"),
        ("paused-export", {"percent": 100}, "jobs[0].then", "finished"),
        ("failed-export", {"percent": "much"}, "jobs[0].profile", "0 to 100"),
        ("feed-build-error", {"feed": "99"}, "jobs[0].target", "data feed"),
        ("token-expired", {"token": "x"}, "tokens.expire[0]", "access token"),
        ("foxy-report-error", {"store": "7"}, "jobs[0].target", "1, 2"),
        ("foxy-report-error", {"name": "all"}, "jobs[0].name", "complete"),
        ("flaky-redis", {"probability": 2}, "faults[0].probability", "1"),
    ],
)
async def test_what_is_impossible_is_refused_with_the_place_and_changes_nothing(
    api: Steps, name: str, params: dict[str, Any], field: str, accepted: str
) -> None:
    await api.post("/report/product/start")
    before = (await api.client.get("/_mock/state")).json()
    answer = await api.client.post(f"/_mock/scenarios/{name}", json={"params": params})
    assert rule_of(answer) == (400, "MOCK-400-scenario")
    assert answer.json()["field"] == field
    assert accepted in str(answer.json()["accepted"])
    assert (await api.client.get("/_mock/state")).json() == before


@pytest.mark.rule("MOCK-400-body")
@pytest.mark.parametrize("body", [{"reset": "yes"}, {"params": {"a": []}}, {"prams": {}}, []])
async def test_a_bad_body_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/_mock/scenarios/fresh-shop", json=body)
    assert rule_of(answer) == (400, "MOCK-400-body")


# As provider states


async def test_a_provider_state_has_parameters(api: Steps) -> None:
    body = {"state": "an export of orders is running", "params": {"percent": 40}, "action": "setup"}
    answer = await api.client.post("/_mock/scenarios", json=body)
    assert answer.json()["applied"] == ["nearly-finished-order-export"]
    assert (await orders(api))["percentage"] == 40


async def test_several_provider_states_add_up(api: Steps) -> None:
    states: list[Any] = [
        "an export of orders is paused",
        {"name": "redis is down"},
        {"name": "an export of orders has failed", "params": {"service": "product"}},
    ]
    answer = await api.client.post("/_mock/scenarios", json={"consumer": "shop", "states": states})
    assert answer.json()["applied"] == ["paused-export", "redis-down", "failed-export"]
    assert answer.json()["world"]["jobs"] == 2


@pytest.mark.parametrize("body", [{"params": {"reset": False}}, {"reset": False}])
async def test_states_that_come_one_by_one_add_up_without_a_reset(api: Steps, body: dict[str, Any]) -> None:
    await api.client.post("/_mock/scenarios", json={"state": "redis is down"})
    await api.client.post("/_mock/scenarios", json={"state": "an export of orders is paused", **body})
    assert (await api.client.get("/_mock/faults")).json()["faults"]


@pytest.mark.parametrize(
    "body", [{"state": "redis is down", "action": "teardown"}, {"state": ""}, {"state": None}, {}]
)
async def test_the_end_of_an_interaction_and_no_state_at_all_reset_the_world(
    api: Steps, body: dict[str, Any]
) -> None:
    await apply(api, "redis-down")
    answer = await api.client.post("/_mock/scenarios", json=body)
    assert (answer.status_code, answer.json()["applied"]) == (200, [])
    assert (await api.client.get("/_mock/faults")).json()["faults"] == []


@pytest.mark.rule("MOCK-404-scenario")
async def test_an_unknown_provider_state_is_not_found_and_the_known_are_listed(api: Steps) -> None:
    answer = await api.client.post("/_mock/scenarios", json={"state": "it rains"})
    assert rule_of(answer) == (404, "MOCK-404-scenario")
    assert {"paused-export", "redis is down"} <= set(answer.json()["accepted"])


# Files of one's own


def write(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(folder)


EVERYTHING = """\
description: A bit of everything.
clock: {now: "2026-03-01T12:00:00Z", mode: frozen, speed: 2, advance: 60}
profiles:
  - {api: report, target: "*", profile: {kind: immediate}}
records:
  newsletterSubscriber:
    put:
      - {id: 1, email: changed@example.com}
      - {id: 9999, email: new@example.com, subshopId: deutsch}
    delete: [2]
jobs:
  - {api: report, target: newsletterSubscriber, format: csv, filters: {"filter_like[email]": example.com}}
  - {api: import, target: adminUser, format: csv, body: "userName,email\\nada,ada@example.com\\n", sendMail: true,
     profile: immediate}
  - {api: build, target: "1", subshops: [deutsch], advanceTo: {seconds: 2}, then: cancel}
  - {api: foxy, target: "1", start: "2022-02-01", end: "2022-02-28", then: complete}
  - {api: report, target: order, profile: {kind: steady, durationSeconds: 100}, advanceTo: {state: running},
     then: fail, lastError: Why not.}
faults:
  - {rule: REP-PAUSE-503-stop, times: 1}
tokens:
  expire: [reader-token]
"""


async def test_a_scenario_of_ones_own_can_set_everything(tmp_path: Path) -> None:
    app = MockServer(Settings(scenarios=write(tmp_path, "mine", EVERYTHING)))
    async with make_client(app) as client:
        api = Steps(client)
        world = (await apply(api, "mine"))["world"]
        assert (world["clock"]["mode"], world["clock"]["speed"]) == ("frozen", 2)
        assert world["clock"]["now"] == "2026-03-01T12:01:03.000000000Z"
        jobs = (await client.get("/_mock/jobs")).json()["jobs"]
        jobs = [job for job in jobs if job["api"] != "build" or job["target"] == "1"]
        assert [job["state"] for job in jobs] == ["finished", "finished", "canceled", "finished", "error"]
        content = (await client.get(f"/content/report/{jobs[0]['file']}")).text
        assert "changed@example.com" in content
        assert "new@example.com" in content
        assert (await client.get("/_mock/outbox")).json()["entries"][0]["facts"]["to"] == "ada@example.com"
        assert (await orders(api))["lastError"] == "Why not."


def test_the_example_of_the_guide_can_be_applied(tmp_path: Path) -> None:
    guide = Path(__file__).parent.parent.parent / "docs" / "guides" / "scenarios-and-state.md"
    _, _, rest = guide.read_text(encoding="utf-8").partition("```yaml\n")
    MockServer(Settings(scenarios=write(tmp_path, "nightly", rest.partition("```")[0]), scenario="nightly"))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("description: ]", 1, "This is no valid YAML: "),
        ("states: [x]\n", 1, "description"),
        ("- description: x\n", 1, "A scenario is a mapping"),
        ("description: x\n\ncolour: red\n", 3, "colour"),
        ("description: x\njobs:\n  - api: report\n    target: order\n    thn: pause\n", 5, "thn"),
        ("description: x\njobs:\n  - api: coffee\n    target: order\n", 3, "coffee"),
        ("description: x\njobs:\n  - target: order\n", 3, "api"),
        ("description: x\nclock:\n  mode: sideways\n", 3, "sideways"),
        ("description: x\njobs:\n  - api: report\n    target: spoon\n", 4, "'spoon'; accepted: adminUser"),
        ("description: x\njobs:\n  - {api: report, target: order, then: resume}\n", 3, "resume"),
        (
            "description: x\njobs:\n  - {api: report, target: order, then: pause}\n",
            3,
            "what a job that is starting can do",
        ),
        ("description: x\njobs:\n  - {api: report, target: order, format: pdf}\n", 3, "json, xml"),
        (
            'description: x\njobs:\n  - api: report\n    target: order\n    filters: {"filter_eq[spoon]": a}\n',
            5,
            "no field to filter by",
        ),
        (
            "description: x\njobs:\n  - api: report\n    target: order\n    profile: stuck\n"
            "    advanceTo:\n      percent: 60\n",
            7,
            "a share that its profile comes to",
        ),
        (
            "description: x\njobs:\n  - {api: report, target: order, advanceTo: {state: error}}\n",
            3,
            "will never be error",
        ),
        (
            "description: x\nprofiles:\n  - api: report\n    target: '*'\n    profile: {kind: steady, polls: 1}\n",
            5,
            "polls",
        ),
        ("description: x\nfaults:\n  - rule: REP-NOTHING\n", 3, "REP-NOTHING"),
        ("description: x\nrecords:\n  order:\n    delete: [0]\n", 4, "a record of order"),
        (
            "description: x\nrecords:\n  order:\n    put:\n      - {id: 1, total: []}\n",
            5,
            "records.order.put[0]",
        ),
        ("description: x\nrecords:\n  spoon:\n    delete: [0]\n", 3, "services: adminUser"),
        ("description: x\njobs:\n  - {api: import, target: order, format: xml}\n", 3, "the file"),
        ("description: x\njobs:\n  - {api: build, target: '1', subshops: [mars]}\n", 3, "built for"),
        ("description: x\nstates:\n  - redis is down\n", 3, "redis-down says 'redis is down', too."),
    ],
)
def test_a_wrong_file_is_refused_with_file_line_and_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        MockServer(Settings(scenarios=write(tmp_path, "wrong", text)))
    assert f"{tmp_path}/wrong.yaml, line {line}: " in str(caught.value)
    assert reason in str(caught.value)


async def test_a_file_of_ones_own_replaces_that_of_the_server(tmp_path: Path) -> None:
    app = MockServer(Settings(scenarios=write(tmp_path, "redis-down", "description: Not so.\n")))
    async with make_client(app) as client:
        listed = (await client.get("/_mock/scenarios")).json()["scenarios"]
        assert {"name": "redis-down", "description": "Not so.", "sets": {}} in listed
        assert len(listed) == len(NAMES)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="There is no such folder"):
        MockServer(Settings(scenarios=str(tmp_path / "nowhere")))


# In every new world


async def test_every_new_world_can_begin_in_a_scenario() -> None:
    async with make_client(MockServer(Settings(scenario="paused-export", clock="frozen", now=NOW))) as client:
        for name in ("default", "other"):
            headers = {"X-Mock-World": name}
            assert (await client.get(f"{API}/report/order/status", headers=headers)).json()["status"] == 3
        await client.delete(f"{API}/report/order/cancel")
        await client.post("/_mock/reset")
        assert (await client.get(f"{API}/report/order/status")).json()["status"] == 3
        await client.post("/_mock/scenarios/fresh-shop")
        assert (await client.get(f"{API}/report/order/status")).json()["status"] == 0


def test_a_scenario_that_is_not_there_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="There is no scenario x; there are failed-export"):
        MockServer(Settings(scenario="x"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "x"], "There is no scenario x; there are failed-export"),
        (["--scenarios", "/nowhere"], "/nowhere: There is no such folder."),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 1
    assert message in result.output
