from __future__ import annotations

from tests.console.conftest import Console, Server


def test_the_overview_shows_active_jobs_with_their_progress(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    server.advance(2)
    job = console.get().tree.xpath("//*[@data-key='job-1']")[0]
    assert "report order" in job.text_content()
    assert job.xpath(".//progress/@value") == ["33"]


def test_jobs_that_have_ended_are_not_active(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    server.control("POST", "/clock/advance", {"until": "idle"})
    page = console.get()
    assert "No job is active." in page.text
    assert "All 1 job " in page.text


def test_the_clock_is_frozen_and_run_by_its_button(console: Console, server: Server) -> None:
    page = console.post("clock", {"mode": "running"})
    assert server.control("GET", "/clock")["mode"] == "running"
    assert "The clock is running" in page.messages[0]
    console.post("clock", {"mode": "frozen"})
    assert server.control("GET", "/clock")["mode"] == "frozen"


def test_the_clock_is_advanced_from_any_page(console: Console, server: Server) -> None:
    before = server.control("GET", "/clock")["now"]
    page = console.post("clock/advance", {"seconds": "3600"}, back="jobs?state=running")
    after = server.control("GET", "/clock")["now"]
    assert int(after[11:13]) == (int(before[11:13]) + 1) % 24
    assert page.tree.xpath("//h1/text()") == ["Jobs"]
    assert page.tree.xpath("//select[@name='state']/option[@selected]/text()") == ["running"]


def test_speed_and_time_can_be_set(console: Console, server: Server) -> None:
    console.post("clock", {"speed": "60"})
    console.post("clock", {"now": "2031-05-01T10:00:00Z"})
    clock = server.control("GET", "/clock")
    assert (clock["speed"], clock["now"]) == (60.0, "2031-05-01T10:00:00.000000000Z")


def test_what_the_control_api_refuses_is_said_above_the_page(console: Console) -> None:
    page = console.post("clock", {"speed": "fast"})
    assert page.status == 200
    assert "speed" in page.messages[0]


def test_time_does_not_pass_until_a_stuck_job_is_idle(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start", headers={"Prefer": "profile=stuck"})
    page = console.post("clock/advance", {"until": "idle"})
    assert "order" in page.messages[0]
    assert page.tree.xpath("//*[@data-key='job-1']")


def test_a_reset_brings_the_world_back_to_its_start(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    page = console.post("worlds/reset")
    assert server.control("GET", "/jobs")["jobs"] == []
    assert "as it was at its start" in page.messages[0]


def test_a_dropped_world_is_made_anew(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    console.post("worlds/delete")
    assert server.control("GET", "/jobs")["jobs"] == []


def test_the_world_switcher_leads_to_the_same_page_of_another_world(console: Console) -> None:
    answer = console.open("worlds/switch?name=blue&back=jobs")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/w/blue/_mock/ui/jobs")
    answer = console.open("worlds/switch?name=default&back=")
    assert answer.headers["Location"] == "/_mock/ui/"


def test_the_last_requests_are_shown_with_their_rules(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start?format=pdf")
    row = console.get().row("/report/order/start")
    assert "400" in row
    assert "REP-START-400-format" in row
