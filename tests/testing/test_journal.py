"""What was called, as the client shows and verifies it."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from mockserver.testing import Coverage, NotVerified, Refused, World

START = "POST report/{service}/start"
STATUS = "GET report/{service}/status"


def test_calls_are_there_in_their_order_with_all_that_is_known(own_world: World, shop: httpx.Client) -> None:
    own_world.clock.set("2026-03-01T12:00:00Z")
    shop.post("/order/start", params={"format": "xml"})
    shop.post("/product/pause")
    start, pause = own_world.requests
    assert (start.method, start.path) == ("POST", "/admin/api/v1/report/order/start")
    assert (start.operation, start.status, start.rule, start.query) == (START, 200, "", (("format", "xml"),))
    assert start.at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert start.answer.json()["status"] == 1
    assert start.answer.headers["content-type"] == "application/json"
    assert (pause.status, pause.rule) == (404, "REP-PAUSE-404")
    assert pause.explain == "No export of product was ever started in this world; accepted: a running one."
    assert own_world.requests[1] == own_world.requests.get(pause.id) == pause
    assert len(own_world.requests) == 2


def test_secrets_are_not_there(own_world: World, shop: httpx.Client) -> None:
    shop.get("/order/status")
    assert "admin-token" not in str(own_world.requests[0].document)


def test_a_call_reads_as_a_line(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start", params={"format": "csv"})
    shop.get("/order/status")
    refused, status = own_world.requests
    assert str(refused) == (
        "POST /admin/api/v1/report/order/start?format=csv 400 REP-START-400-format: " + refused.explain
    )
    assert str(status) == "GET /admin/api/v1/report/order/status 200"


def test_calls_are_listed_by_what_they_are(own_world: World, shop: httpx.Client) -> None:
    for service in ("order", "product", "spoon"):
        shop.get(f"/{service}/status")
    journal = own_world.requests
    assert [request.path[-13:] for request in journal.list(status="4xx")] == ["/spoon/status"]
    assert len(journal.list(STATUS)) == len(journal.list(method="GET", path="*/status")) == 3
    assert len(journal.list(rule="REP-STATUS-400-service")) == 1
    assert [request.id for request in journal.list(limit=1)] == ["3"]
    journal.clear()
    assert list(journal) == []
    with pytest.raises(Refused, match="MOCK-404-request"):
        journal.get("1")


def test_verifying_counts_calls(own_world: World, shop: httpx.Client) -> None:
    for service in ("order", "product"):
        shop.get(f"/{service}/status")
    assert own_world.verify(STATUS).count == 2
    assert own_world.verify(STATUS, 1, parameters={"service": "order"}).matches == ("1",)
    own_world.verify(STATUS, {"atLeast": 1, "atMost": 2})
    own_world.verify(START, 0)
    own_world.verify(method="GET", path="*/order/*", status=200, since=datetime(2000, 1, 1, tzinfo=UTC))
    assert not own_world.requests.verify(START).verified


def test_verifying_follows_an_order(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start")
    shop.get("/order/status")
    own_world.verify(order=[{"operation": START}, {"operation": STATUS}])
    with pytest.raises(NotVerified, match="Step 2 was made, but not after request 2"):
        own_world.verify(order=[{"operation": STATUS}, {"operation": START}])


def test_what_is_not_verified_says_what_came_close(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start", params={"format": "xml"})
    with pytest.raises(AssertionError) as caught:
        own_world.verify(START, query={"format": "csv"})
    assert isinstance(caught.value, NotVerified)
    assert caught.value.verification.near_misses[0].differences == (("query.format", "csv", "xml"),)
    assert str(caught.value).splitlines() == [
        "0 requests match; expected: at least once.",
        'Asked for: {"operation": "POST report/{service}/start", "query": {"format": "csv"}}',
        "Near miss: POST /admin/api/v1/report/order/start 200",
        "  query.format: expected csv, was xml",
    ]


def test_asking_for_what_there_is_not_is_refused(own_world: World) -> None:
    with pytest.raises(Refused, match=r"No vendor has the operation POST spoon"):
        own_world.verify("POST spoon")


def test_coverage_counts_operations_statuses_and_rules(own_world: World, shop: httpx.Client) -> None:
    for service in ("order", "product", "spoon"):
        shop.get(f"/{service}/status")
    coverage = own_world.coverage
    assert coverage.operations[STATUS] == 3
    assert coverage.operations[START] == 0
    assert coverage.statuses[STATUS, 200] == 2
    assert (coverage.statuses[STATUS, 400], coverage.statuses[STATUS, 503]) == (1, 0)
    assert (coverage.rules["REP-STATUS-400-service"], coverage.rules["REP-STATUS-401"]) == (1, 0)


def test_coverage_begins_anew(own_world: World, shop: httpx.Client) -> None:
    shop.get("/order/status")
    own_world.clear_coverage()
    assert own_world.coverage.operations[STATUS] == 0


def test_a_call_is_sent_again(own_world: World, shop: httpx.Client) -> None:
    shop.post("/order/start", params={"format": "xml"})
    again = own_world.requests.replay(own_world.requests[0])
    assert (again.id, again.operation, again.status, again.query) == ("2", START, 200, (("format", "xml"),))
    assert len(own_world.jobs) == 2


def test_coverage_of_several_worlds_adds_up() -> None:
    one = Coverage({"GET a": 1, "GET b": 0}, {("GET a", 200): 1}, {"A-1": 0, "B-1": 0}, {"GET a": ["A-1"]})
    other = Coverage({"GET a": 2}, {("GET a", 200): 1, ("GET a", 400): 1}, {"A-1": 1}, {"GET a": ["A-1"]})
    one.merge(Coverage.unpack(other.pack()))
    assert one.operations == {"GET a": 3, "GET b": 0}
    assert one.statuses == {("GET a", 200): 2, ("GET a", 400): 1}
    assert (one.rules, one.rules_of) == ({"A-1": 1, "B-1": 0}, {"GET a": ["A-1"]})


def test_a_summary_of_coverage_names_what_was_met_and_what_not() -> None:
    coverage = Coverage(
        operations={"GET a": 3, "GET b": 0},
        statuses={("GET a", 200): 2, ("GET a", 400): 1, ("GET a", 503): 0, ("GET b", 200): 0},
        rules={"A-1": 1, "A-2": 0, "C-1": 1},
        rules_of={"GET a": ["A-1", "A-2"], "": ["C-1"]},
    )
    assert coverage.lines() == [
        "operations  1 of 2",
        "statuses    2 of 4",
        "rules       2 of 3",
        "",
        "GET a  3 calls",
        "  met      200 (2), 400 (1), A-1 (1)",
        "  not met  503",
        "",
        "Rules of several operations",
        "  met      C-1 (1)",
    ]
    assert coverage.lines(verbose=True)[-2:] == ["Never called", "  GET b"]
    assert "  not met  503, A-2" in coverage.lines(verbose=True)
