from __future__ import annotations

from typing import Any

import pytest

from tests.console.conftest import Console, Page, Server

PAUSE = "REP-PAUSE-503-stop"


def rule_rows(page: Page) -> dict[str, Any]:
    """Return the rows of the catalogue that are shown, by the rules' ids."""
    rows = page.tree.xpath("//form[@id='catalogue']//li[not(@hidden)]")
    return {row.xpath(".//*[@class='rule']")[0].text: row for row in rows}


def problem(page: Page) -> str:
    return " ".join(page.tree.xpath("//*[@role='alert']")[0].text_content().split())


def test_one_click_makes_the_next_answer_an_error(console: Console, server: Server) -> None:
    page = console.post("faults", {"next": PAUSE}, back="faults")
    answers = [server.vendor("POST", "/report/order/pause").status_code for _ in range(2)]
    assert page.messages == [f"The next call that can be answered with {PAUSE} will be."]
    assert answers == [503, 404]


def test_one_click_makes_all_answers_an_error(console: Console, server: Server) -> None:
    console.post("faults", {"all": PAUSE}, back="faults")
    assert [server.vendor("POST", "/report/order/pause").status_code for _ in range(3)] == [503, 503, 503]


def test_active_faults_show_what_they_do_and_how_often(console: Console, server: Server) -> None:
    plan = {
        "rule": PAUSE,
        "target": {"service": "product"},
        "times": 3,
        "probability": 1,
        "latencySeconds": 2,
    }
    server.control("POST", "/faults", {**plan, "virtual": True})
    server.vendor("POST", "/report/product/pause")
    row = console.get("faults").row("REP-PAUSE")
    assert row.startswith(
        f"1 Answers {PAUSE}, 2 s late by the world's clock every call that can answer so, where"
    )
    assert "where service is product 1 of 1 met 2 100 % Remove" in row


def test_a_fault_that_cannot_fire_any_more_says_so(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"rule": PAUSE, "times": 1})
    server.vendor("POST", "/report/product/pause")
    assert "used up" in console.get("faults").row(PAUSE)


def test_a_rule_in_force_is_marked(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"rule": PAUSE})
    marked = [id for id, row in rule_rows(console.get("faults")).items() if "in force" in row.text_content()]
    assert marked == [PAUSE]


def test_one_fault_is_removed(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"rule": PAUSE})
    server.control("POST", "/faults", {"rule": "REP-STATUS-503-redis"})
    page = console.post("faults/1/remove", back="faults")
    assert page.messages == ["Fault 1 is gone."]
    assert [fault["id"] for fault in server.control("GET", "/faults")["faults"]] == ["2"]


def test_all_faults_are_removed(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"rule": PAUSE})
    page = console.post("faults/clear", back="faults")
    assert server.control("GET", "/faults")["faults"] == []
    assert "None: every call is answered as the documents say." in page.text


def test_the_catalogue_has_every_rule(console: Console, server: Server) -> None:
    rules = server.control("GET", "/rules")["rules"]
    page = console.get("faults")
    assert rule_rows(page).keys() == {rule["id"] for rule in rules}
    assert f"{len(rules)} of {len(rules)} rules" in page.text


def test_exactly_those_rules_have_buttons_that_can_be_had(console: Console, server: Server) -> None:
    rules = {rule["id"]: rule for rule in server.control("GET", "/rules")["rules"]}
    for id, row in rule_rows(console.get("faults")).items():
        assert bool(row.xpath(".//button")) == bool(rules[id]["answeredBy"]) != bool(row.xpath(".//p"))


@pytest.mark.parametrize(
    ("id", "why"),
    [
        ("COM-BASE", "Not about an answer."),
        ("REP-PAUSE-200", "No error: calls are answered so by themselves."),
        ("MOCK-404-job", "An error of the control API, which no fault ever hits."),
    ],
)
def test_a_rule_that_cannot_be_had_says_why(console: Console, id: str, why: str) -> None:
    assert rule_rows(console.get("faults"))[id].xpath("string(./p)") == why


def test_a_rule_says_what_is_known_of_it(console: Console) -> None:
    row = " ".join(rule_rows(console.get("faults"))[PAUSE].xpath("./div")[0].text_content().split())
    assert row == f"503 {PAUSE} The process could not be stopped. internalError · documented · S0, S1"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("REP-PAUSE-404", {"REP-PAUSE-404"}),
        ("rep-pause 503 redis", {"REP-PAUSE-503-redis-read", "REP-PAUSE-503-redis-conn"}),
        ("report/{service}/pause could not be stopped", {PAUSE}),
        ("<script>", set()),
    ],
)
def test_rules_are_searched_for_by_words(console: Console, search: str, found: set[str]) -> None:
    page = console.get(f"faults?search={search}")
    assert rule_rows(page).keys() == found
    assert page.tree.xpath("//input[@id='search']/@value") == [search]
    assert bool(page.tree.xpath("//p[@id='nothing'][not(@hidden)]")) == (not found)


def test_groups_are_closed_until_somebody_looks_for_something(console: Console) -> None:
    closed = console.get("faults").tree.xpath("//details[contains(@class, 'group')][@open]")
    (group,) = console.get("faults?search=REP-PAUSE-404").tree.xpath("//details[@open]")
    assert (closed, group.xpath("string(summary/span)")) == ([], "POST report/{service}/pause")


def test_a_look_at_what_has_changed_leaves_the_catalogue_out(console: Console) -> None:
    assert rule_rows(console.get("faults", **{"X-Refresh": "1"})) == {}


@pytest.mark.parametrize(
    ("form", "plan"),
    [
        ({"answer": "503", "times": "2"}, {"status": 503, "times": 2}),
        ({"answer": PAUSE, "probability": "0.5"}, {"rule": PAUSE, "probability": 0.5}),
        (
            {"answer": "503", "operation": "GET report/{service}/status"},
            {"operation": "GET report/{service}/status"},
        ),
        ({"kind": "reset", "target": "service = order"}, {"kind": "reset", "target": {"service": "order"}}),
        ({"kind": "truncate", "after": "3"}, {"kind": "truncate", "after": 3}),
        ({"kind": "slow-body", "bodySeconds": "2"}, {"kind": "slow-body", "bodySeconds": 2}),
        ({"seconds": "0.5", "waits": "virtual"}, {"latencySeconds": 0.5, "virtual": True}),
        (
            {"seconds": "1", "most": "2"},
            {"latencySeconds": {"distribution": "uniform", "min": 1, "max": 2}, "virtual": False},
        ),
        (
            {"seconds": "0.2", "sigma": "1"},
            {"latencySeconds": {"distribution": "lognormal", "median": 0.2, "sigma": 1}},
        ),
        (
            {"answer": "429", "retryAfterSeconds": "60", "until": "2099-01-01T00:00:00Z"},
            {"status": 429, "retryAfterSeconds": 60, "until": "2099-01-01T00:00:00.000000000Z"},
        ),
    ],
)
def test_the_form_places_any_fault(
    console: Console, server: Server, form: dict[str, str], plan: dict[str, Any]
) -> None:
    page = console.post("faults", {"kind": "answer", **form}, back="faults")
    assert page.messages == ["Fault 1 is placed."], problem(page)
    (fault,) = server.control("GET", "/faults")["faults"]
    assert {name: fault[name] for name in plan} == plan


def test_what_the_control_api_has_against_a_fault_stands_beside_the_form(console: Console) -> None:
    page = console.post("faults", {"kind": "answer", "answer": '<script>"', "times": "2"}, back="faults")
    assert problem(page).startswith("rule Of the vendors' calls none has the answer <script>\". Accepted: ")
    assert page.tree.xpath("//input[@name='answer']/@value") == ['<script>"']
    assert page.tree.xpath("//input[@name='times']/@value") == ["2"]
    assert page.tree.xpath("//details[@id='other']/@open") == [""]


def test_what_is_no_number_is_said_by_the_control_api(console: Console) -> None:
    page = console.post("faults", {"kind": "answer", "answer": "503", "times": "often"}, back="faults")
    assert problem(page).startswith("times ")


def test_what_a_fault_is_for_is_escaped(console: Console, server: Server) -> None:
    target = {"otok": '<script>alert("1")</script>`'}
    server.control(
        "POST", "/faults", {"operation": "GET login/checkToken/{otok}", "kind": "reset", "target": target}
    )
    page = console.get("faults")
    assert '<script>alert("1")' in page.row("Resets the connection")
    assert "<script>alert" not in page.html


# How jobs unfold


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "immediate"}, "Finished at once"),
        ({"kind": "polls", "polls": "5"}, "Finished by status requests after 5 of them"),
        (
            {"kind": "stuck", "stopAtPercent": "30"},
            "Starts for 1 s, then does 100 records a second, then gets stuck at 30 %",
        ),
        (
            {"kind": "failing", "failAtPercent": "10", "durationSeconds": "60", "lastError": "<b>"},
            "Starts for 1 s, then runs for 60 s, then fails at 10 %: “<b>”",
        ),
        ({"kind": "steady", "polls": "7"}, "Starts for 1 s, then does 100 records a second"),
    ],
)
def test_how_the_next_jobs_unfold_is_chosen(console: Console, form: dict[str, str], said: str) -> None:
    page = console.post(
        "faults/profiles", {"api": "report", "target": "order", **form}, back="faults/profiles"
    )
    assert page.messages == [f"The next jobs of report (order) are {form['kind']}."]
    assert said in page.row("report exports")


def test_without_a_target_all_jobs_are_meant(console: Console, server: Server) -> None:
    console.post("faults/profiles", {"api": "import", "target": "", "kind": "stuck"}, back="faults/profiles")
    (choice,) = server.control("GET", "/profiles")["chosen"]
    assert (choice["api"], choice["target"], choice["profile"]["kind"]) == ("import", "*", "stuck")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"target": "<b>nothing"}, "<b>nothing"),
        ({"target": "order", "startingSeconds": "-1"}, "startingSeconds"),
    ],
)
def test_a_profile_that_is_refused_keeps_the_form(console: Console, form: dict[str, str], said: str) -> None:
    page = console.post(
        "faults/profiles", {"api": "report", "kind": "steady", **form}, back="faults/profiles"
    )
    assert said in problem(page)
    assert page.tree.xpath("//input[@id='target']/@value") == [form["target"]]


def test_a_profile_can_be_forgotten(console: Console, server: Server) -> None:
    server.control("PUT", "/profiles/report/*", {"kind": "stuck"})
    page = console.post("faults/profiles/report/*/forget", back="faults/profiles")
    assert page.messages == ["The next jobs of report (*) unfold as the fixtures say."]
    assert server.control("GET", "/profiles")["chosen"] == []
