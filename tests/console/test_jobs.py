from __future__ import annotations

import pytest

from tests.console.conftest import Console, Server


def test_jobs_of_all_apis_are_listed_the_youngest_first(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    server.vendor("POST", "/import/voucher/start?format=json", content=b"[]")
    server.vendor("POST", "/datafeeds/build/1")
    rows = [row.text_content().split() for row in console.get("jobs").tree.xpath("//tbody/tr")]
    numbers = [int(row[0]) for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert {row[2] for row in rows} == {"report", "import", "build"}


def test_jobs_can_be_filtered(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    server.vendor("POST", "/report/product/start")
    server.advance(2)
    server.vendor("POST", "/report/order/pause")
    page = console.get("jobs?api=report&state=paused")
    assert "report order" in page.row("paused")
    assert console.get("jobs?target=inquiry").text.count("No job like that.") == 1


def test_a_list_of_many_jobs_has_pages(console: Console, server: Server) -> None:
    for _ in range(51):
        server.vendor("POST", "/report/order/start")
    page = console.get("jobs")
    assert len(page.tree.xpath("//tbody/tr")) == 50
    assert "Page 1 of 2" in page.text
    assert "1 · report order" in console.get("jobs?page=2").row("report order")


@pytest.mark.parametrize(
    ("action", "state"),
    [("pause", "paused"), ("cancel", "canceled"), ("complete", "finished"), ("fail", "error")],
)
def test_a_button_pushes_a_job(console: Console, server: Server, action: str, state: str) -> None:
    server.vendor("POST", "/report/order/start")
    server.advance(2)
    console.post(f"jobs/1/{action}", back="jobs/1")
    assert server.control("GET", "/jobs/1")["state"] == state


def test_a_paused_job_can_be_resumed(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    server.advance(2)
    console.post("jobs/1/pause")
    page = console.post("jobs/1/resume")
    assert page.messages == ["Job 1 (report order) was resumed."]
    assert server.control("GET", "/jobs/1")["state"] == "running"


def test_buttons_are_those_that_the_state_allows(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    starting = console.get("jobs").tree.xpath("//tbody//button/text()")
    server.control("POST", "/clock/advance", {"until": "idle"})
    finished = console.get("jobs").tree.xpath("//tbody//button/text()")
    assert (starting, finished) == (["Cancel", "Complete", "Fail", "Stall"], [])


def test_what_a_job_cannot_do_is_said(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start")
    page = console.post("jobs/1/resume", back="jobs")
    assert "cannot be made to resume" in page.messages[0]


def test_an_unknown_action_or_job_is_not_found(console: Console) -> None:
    assert console.post("jobs/1/explode").status == 404
    page = console.get("jobs/77")
    assert page.status == 404
    assert "This world has no job 77." in page.text
