"""The typed client of the control plane."""

from __future__ import annotations

import hashlib
import json
import socket
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mockserver import __version__
from mockserver.testing import Client, Refused, ServerThread, Unreachable, World
from tests.testing.conftest import REPORT, TOKEN


def test_health_tells_version_and_violations(running: Client) -> None:
    health = running.health()
    assert (health.status, health.version, health.violations) == ("ok", __version__, 0)
    assert "websale-report" in health.specifications


def test_rules_and_specifications_are_there(running: Client) -> None:
    rules = {rule.id: rule for rule in running.rules()}
    assert rules["REP-PAUSE-404"].reason == "The process is not running."
    assert running.specification("foxy")["openapi"] == "3.0.3"


def test_a_world_is_reached_by_its_url_and_by_its_headers(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    for url, headers in ((own_world.url, TOKEN), (own_world.server_url, TOKEN | own_world.headers)):
        answer = httpx.get(f"{url}{REPORT}/order/status", headers=headers)
        assert answer.json()["status"] == 1
    outside = httpx.get(
        f"{own_world.server_url}{REPORT}/order/status", headers=TOKEN | {"X-Mock-World": "other"}
    )
    assert outside.json()["status"] == 0


def test_worlds_are_listed_reset_and_dropped(running: Client, own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    assert own_world.name in {each.name for each in running.worlds()}
    assert own_world.reset().jobs == 0
    assert list(own_world.jobs) == []
    own_world.delete()
    assert own_world.name not in {each.name for each in running.worlds()}
    own_world.delete()


def test_the_clock_is_set_advanced_and_run(own_world: World) -> None:
    clock = own_world.clock
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert clock.set(noon).time == noon
    assert clock.set("2026-03-01T12:00:00Z").time == noon
    assert clock.set(datetime(2026, 3, 1, 12)).time == noon
    assert clock.advance(1.5).now == "2026-03-01T12:00:01.500000000Z"
    assert clock.advance(timedelta(minutes=1)).time == noon + timedelta(seconds=61.5)
    assert clock.now == noon + timedelta(seconds=61.5)
    assert (clock.run(60).mode, clock.read().speed) == ("running", 60.0)
    assert clock.freeze().mode == "frozen"


def test_the_clock_goes_to_where_jobs_are(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    job = own_world.jobs.latest("report", "order")
    own_world.clock.advance_until(job, "running")
    assert own_world.jobs.get(job).state == "running"
    assert own_world.clock.advance_until_idle().now == job.ends_at
    assert not own_world.jobs.get(job.id).active


def test_what_never_comes_says_why(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start", headers={"Prefer": "profile=stuck"})
    with pytest.raises(Refused) as caught:
        own_world.clock.advance_until_idle()
    assert (caught.value.status, caught.value.rule) == (409, "MOCK-409-never")
    assert caught.value.problem["job"] == "1"
    assert "MOCK-409-never job 1 (report order)" in str(caught.value)


def test_jobs_are_listed_by_what_they_are(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    shop.post("/product/start", headers={"Prefer": "profile=immediate"})
    jobs = own_world.jobs
    assert [job.target for job in jobs] == ["order", "product"]
    assert [job.target for job in jobs.list(state="finished")] == ["product"]
    assert jobs.list(api="report", target="order")[0].file is not None
    assert len(jobs) == 2
    with pytest.raises(LookupError, match=r"No job \(foxy\) was started"):
        jobs.latest("foxy")


def test_jobs_are_pushed(own_world: World, shop: httpx.Client) -> None:
    for service in ("order", "product", "inquiry"):
        shop.post(f"/{service}/start")
    jobs = own_world.jobs
    assert jobs.complete(jobs.latest(target="order")).state == "finished"
    assert jobs.fail(jobs.latest(target="product"), "The disk is full.").state == "error"
    assert shop.get("/product/status").json()["lastError"] == "The disk is full."
    assert jobs.stall(jobs.latest(target="inquiry")).ends_at is None
    with pytest.raises(Refused, match="MOCK-409-job"):
        jobs.complete(jobs.latest(target="order"))
    with pytest.raises(Refused, match="MOCK-404-job"):
        jobs.get("99")


def test_jobs_are_paused_resumed_and_canceled(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    own_world.clock.advance(1.5)
    jobs = own_world.jobs
    job = jobs.latest()
    assert [push(job).state for push in (jobs.pause, jobs.resume, jobs.cancel)] == [
        "paused",
        "running",
        "canceled",
    ]
    with pytest.raises(Refused, match="MOCK-409-job"):
        jobs.pause(job)


def test_a_job_tells_what_it_has_been_through(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    own_world.clock.advance(1.5)
    job = own_world.jobs.pause(own_world.jobs.latest())
    timeline = own_world.jobs.timeline(job)
    assert (timeline.job, timeline.files) == (job, {})
    assert [(step.state, step.cause) for step in timeline.steps] == [
        ("starting", "start"),
        ("running", "time"),
        ("paused", "pause"),
    ]
    assert (timeline.steps[2].at - timeline.steps[0].at).total_seconds() == 1.5
    own_world.jobs.complete(job)
    (url,) = own_world.jobs.timeline(job).files.values()
    assert httpx.get(url).status_code == 200


def test_profiles_are_chosen_and_taken_back(own_world: World, shop: httpx.Client) -> None:
    profiles = own_world.profiles
    assert profiles.set("steady", target="order", duration_seconds=100)["durationSeconds"] == 100
    assert profiles.get("report", "order")["durationSeconds"] == 100
    profiles.clear("report", "order")
    assert profiles.get("report", "order")["durationSeconds"] is None
    profiles.set("immediate")
    assert shop.post("/order/start").json()["status"] == 5


def test_faults_are_placed_counted_and_removed(own_world: World, shop: httpx.Client) -> None:
    faults = own_world.faults
    fault = faults.add("REP-START-503-trigger", target={"service": "order"}, times=1)
    assert shop.post("/product/start").status_code == 200
    assert shop.post("/order/start").headers["x-mock-rule"] == "REP-START-503-trigger"
    assert shop.post("/order/start").status_code == 200
    assert [(each.id, each.fired) for each in faults] == [(fault.id, 1)]
    faults.remove(fault)
    faults.add(status=503, operation="GET report/{service}/status")
    assert shop.get("/order/status").status_code == 503
    faults.clear()
    assert len(faults) == 0
    assert shop.get("/order/status").status_code == 200


def test_every_measure_of_a_fault_reaches_the_server(own_world: World) -> None:
    fault = own_world.faults.add(
        "FOXY-RATE-429",
        after=10,
        probability=0.5,
        latency=timedelta(seconds=0.25),
        virtual=True,
        retry_after=60,
        until=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert (fault.after, fault.probability, fault.latency_seconds, fault.virtual) == (10, 0.5, 0.25, True)
    assert (fault.retry_after_seconds, fault.until) == (60, "2030-01-01T00:00:00.000000000Z")
    slow = own_world.faults.add(operation="GET report/{service}/status", kind="slow-body", body_seconds=2)
    assert (slow.kind, slow.body_seconds) == ("slow-body", 2)


def test_a_fault_that_makes_no_sense_says_what_would(own_world: World) -> None:
    with pytest.raises(Refused) as caught:
        own_world.faults.add("REP-SPOON")
    assert caught.value.rule == "MOCK-400-fault"
    assert "REP-PAUSE-404" in caught.value.accepted


def test_scenarios_are_applied_on_top_of_what_there_is(own_world: World, shop: httpx.Client) -> None:
    own_world.clock.set("2026-03-01T12:00:00Z")
    assert "redis-down" in {scenario.name for scenario in own_world.scenarios()}
    own_world.scenario("nearly-finished-order-export", percent=40)
    assert shop.get("/order/status").json()["percentage"] == 40
    own_world.scenario("redis is down")
    assert shop.get("/order/status").status_code == 503
    assert len(own_world.jobs) == 1
    own_world.scenario("fresh-shop", reset=True)
    assert shop.get("/order/status").json()["status"] == 0
    with pytest.raises(Refused, match=r"MOCK-404-scenario .*Accepted: .*redis-down"):
        own_world.scenario("spoon")


def test_worlds_are_copied_and_brought_back(running: Client, own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    own_world.snapshot("started")
    document = own_world.state()
    own_world.clock.advance_until_idle()
    assert own_world.restore("started").jobs == 1
    assert own_world.jobs.latest().state == "starting"
    assert list(own_world.snapshots()) == ["started"]
    copy = running.world(f"{own_world.name}.copy")
    assert copy.load(document).jobs == 1
    assert copy.jobs.latest().state == "starting"


def test_a_copy_is_forgotten(own_world: World) -> None:
    own_world.snapshot("here")
    own_world.delete_snapshot("here")
    assert own_world.snapshots() == []
    with pytest.raises(Refused, match="MOCK-404-snapshot"):
        own_world.delete_snapshot("here")


def test_records_are_listed_and_read(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.testing.contents.PAGE", 90)
    records = own_world.records
    product = next(service for service in records.services() if service.name == "product")
    assert (product.plural, product.key) == ("products", "id")
    everything = records.list("product", limit=product.count)
    assert len(everything) == product.count > 90
    dearest, *_ = records.list("product", sort="id:desc", limit=1)
    assert dearest == everything[-1] == records.get("product", dearest["id"])
    assert records.list("product", filters={"filter_eq[id]": dearest["id"]}) == [dearest]
    with pytest.raises(Refused, match="MOCK-404-service"):
        records.list("spoon")


def test_the_files_of_feeds_and_exports_are_read(own_world: World, shop: httpx.Client) -> None:
    own_world.profiles.set("immediate", api="build")
    httpx.post(f"{own_world.url}/admin/api/v1/datafeeds/build/1", headers=TOKEN).raise_for_status()
    file, *_ = own_world.files
    assert len(own_world.files) > 0
    assert hashlib.sha256(own_world.files.read(file)).hexdigest() == file.sha256
    shop.post("/order/start", headers={"Prefer": "profile=immediate"})
    export = own_world.jobs.latest("report", "order")
    assert len(json.loads(own_world.jobs.read_file(export))) == export.total
    with pytest.raises(Refused, match="MOCK-404-file"):
        own_world.jobs.read_file(own_world.jobs.latest("build"))


def test_the_outbox_is_read_and_emptied(own_world: World) -> None:
    own_world.scenario("fresh-shop")
    assert list(own_world.outbox.list("mail")) == []
    own_world.outbox.clear()
    assert len(own_world.outbox) == 0


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://127.0.0.1"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no base URL like"):
        Client(url)


def test_nobody_answering_is_said_with_the_url() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"{url} does not answer as a mock server: .*refused"):
        Client(url).health()


def test_something_else_answering_is_said_with_the_url() -> None:
    async def other(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"<html>"})  # type: ignore[operator]

    with ServerThread(app=other) as server, pytest.raises(Unreachable, match="200 and no JSON"):
        server.client().health()


def test_an_ill_formed_name_of_a_world_is_refused(running: Client) -> None:
    with pytest.raises(Refused, match="MOCK-400-world"):
        running.world("../spoon").clock.read()


def test_calls_are_not_caught_by_proxies_of_the_environment(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert own_world.clock.read().mode == "frozen"
