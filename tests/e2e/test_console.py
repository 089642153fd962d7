"""The operator's console in a real browser: what it is for, and how every page looks and behaves.

``MOCKSERVER_SCREENSHOTS=<folder>`` keeps pictures of every page, light and dark, narrow and wide.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Watch, axe
from tests.running import RunningServer, run_server

API = "/admin/api/v1"
PAGES = {
    "overview": "",
    "jobs": "jobs",
    "job": "jobs/1",
    "data": "data",
    "records": "data/order?filter_gte[id]=1510&sort=id:desc",
    "record": "data/order/1501",
    "feed": "data/dataFeed/4",
    "file": "data/files/feed/4/english/marketplace.csv.gz",
    "faults": "faults",
    "profiles": "faults/profiles",
    "scenarios": "scenarios",
    "requests": "requests",
    "request": "requests/1",
    "coverage": "coverage",
    "outbox": "outbox",
    "docs": "docs",
    "start": "start",
}
SHOTS = os.environ.get("MOCKSERVER_SCREENSHOTS", "")


class World:
    """One world of the server, as its clients see it."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self.console = f"{server.url}/w/{name}/_mock/ui/"
        self.http = httpx.Client(
            base_url=f"{server.url}/w/{name}",
            headers={"X-Authorization": "Bearer admin-token"},
            trust_env=False,
        )

    def start(self, service: str, **options: Any) -> httpx.Response:
        return self.http.post(f"{API}/report/{service}/start", **options)

    def state(self, job: str = "1") -> str:
        state: str = self.http.get(f"/_mock/jobs/{job}").json()["state"]
        return state


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    options = [
        "--clock",
        "frozen",
        "--no-access-log",
        "--journal",
        "10000",
        "--journal-size",
        "64",
    ]
    with run_server(tmp_path_factory.mktemp("console"), *options) as running:
        yield running


@pytest.fixture
def world(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[World]:
    name = "".join(char if char.isalnum() else "-" for char in request.node.name)[:64]
    world = World(server, name)
    with world.http:
        yield world


@pytest.fixture(scope="module")
def full(server: RunningServer) -> Iterator[World]:
    """A world with a thousand jobs and ten thousand calls."""
    world = World(server, "full")
    with world.http:
        for _ in range(1_000):
            world.start("order").raise_for_status()
        for _ in range(9_000):
            world.http.get(f"{API}/report/order/status")
        yield world


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """A page that must not complain, nor ask other hosts for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    watch = Watch(page, server.url)
    yield page
    context.close()
    assert watch.complaints == []


def fill(world: World) -> None:
    """Let something happen, so that the pages have something to show."""
    world.start("order")
    world.start("product", params={"format": "csv"})
    world.start("inquiry", headers={"Prefer": "profile=failing"})
    world.start("order", params={"format": "pdf"})
    world.http.post("/_mock/clock/advance", json={"seconds": 1.8}).raise_for_status()
    world.http.post(f"{API}/report/product/pause").raise_for_status()
    world.http.get(f"{API}/report/<b>/status")
    world.http.post("/_mock/faults", json={"rule": "REP-PAUSE-503-redis-conn", "times": 2}).raise_for_status()
    user = {"userName": "ada", "email": "ada@example.com"}
    now = {"Prefer": "profile=immediate"}
    mails = {"format": "json", "sendMail": "true"}
    world.http.post(f"{API}/import/adminUser/start", params=mails, json=[user], headers=now)
    world.http.post(f"{API}/datafeeds/build/4", headers=now)
    world.http.post(f"{API}/datafeeds/build/1")


def test_an_exports_bar_moves_while_the_clock_is_advanced(world: World, page: Page) -> None:
    page.goto(world.console)
    expect(page.locator("#link")).to_have_text("live")
    world.start("order").raise_for_status()
    bar = page.get_by_role("progressbar", name="Progress of job 1")
    expect(bar).to_have_attribute("value", "0")
    page.get_by_label("Let pass").fill("2")
    page.get_by_role("button", name="Advance").click()
    expect(bar).to_have_attribute("value", "33")
    page.get_by_label("Let pass").fill("1")
    page.get_by_role("button", name="Advance").click()
    expect(bar).to_have_attribute("value", "66")


def test_an_export_is_paused_and_resumed_from_the_page(world: World, page: Page) -> None:
    world.start("order").raise_for_status()
    world.http.post("/_mock/clock/advance", json={"seconds": 2})
    page.goto(world.console)
    page.get_by_role("button", name="Pause job 1").click()
    expect(page.locator("[data-key=job-1] .badge")).to_have_text("paused")
    assert world.state() == "paused"
    page.get_by_role("button", name="Resume job 1").click()
    expect(page.locator("[data-key=job-1] .badge")).to_have_text("running")
    assert world.state() == "running"


def test_time_until_all_is_done_passes_with_one_click(world: World, page: Page) -> None:
    world.start("order").raise_for_status()
    page.goto(world.console + "jobs/1")
    page.get_by_role("button", name="Until idle").click()
    expect(page.locator("#job .badge")).to_have_text("finished")
    file = page.locator("#files a").first.get_attribute("href")
    assert file is not None
    assert len(httpx.get(file, trust_env=False).json()) == 120


def test_the_next_start_fails_with_one_click_and_everybody_sees_why(world: World, page: Page) -> None:
    rule = "REP-START-503-redis-read"
    page.goto(f"{world.console}coverage")
    expect(page.locator(f"[data-rule={rule}]")).to_have_attribute("data-met", "no")

    page.goto(f"{world.console}faults?search={rule}")
    page.get_by_role("button", name=f"Next answer {rule}").click()
    expect(page.locator("#messages")).to_contain_text(rule)
    assert world.start("order").status_code == 503
    assert world.start("order").status_code == 200

    page.goto(f"{world.console}requests")
    row = page.get_by_role("row").filter(has_text=rule)
    expect(row).to_contain_text("503")
    row.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text(rule)

    page.goto(f"{world.console}coverage")
    expect(page.locator(f"[data-rule={rule}]")).to_have_attribute("data-met", "yes")


def test_rules_are_found_while_somebody_types(world: World, page: Page) -> None:
    page.goto(f"{world.console}faults")
    expect(page.get_by_text("REP-PAUSE-503-stop", exact=True)).not_to_be_visible()
    page.get_by_role("searchbox", name="Search").press_sequentially("pause STOPPED report")
    expect(page.locator("#found")).to_contain_text("1 of ")
    expect(page.get_by_text("REP-PAUSE-503-stop", exact=True)).to_be_visible()
    page.get_by_role("button", name="All answers REP-PAUSE-503-stop").click()
    expect(page.locator("#catalogue .badge", has_text="in force")).to_be_visible()
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#catalogue .badge", has_text="in force")).to_have_count(0)


def test_what_is_wrong_with_a_fault_stands_beside_its_form(world: World, page: Page) -> None:
    page.goto(f"{world.console}faults")
    page.get_by_text("Another fault").click()
    page.get_by_label("Answer with").fill("555")
    page.get_by_role("button", name="Place the fault").click()
    expect(page.get_by_role("alert")).to_contain_text("none has the answer with the status 555")
    expect(page.get_by_label("Answer with")).to_have_value("555")
    page.get_by_label("Answer with").fill("503")
    page.get_by_role("button", name="Place the fault").click()
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator("#active")).to_contain_text("Answers 503")


def test_a_request_is_replayed_from_its_page(world: World, page: Page) -> None:
    world.start("order", params={"format": "pdf"})
    page.goto(f"{world.console}requests/1")
    page.get_by_role("button", name="Replay").click()
    expect(page).to_have_url(f"{world.console}requests/2")
    expect(page.locator("#messages")).to_contain_text("answered with 400")


def test_new_requests_appear_by_themselves(world: World, page: Page) -> None:
    page.goto(world.console + "requests")
    expect(page.locator("#link")).to_have_text("live")
    world.start("voucher", params={"format": "pdf"})
    expect(page.get_by_role("row").filter(has_text="REP-START-400-format")).to_be_visible()


def test_without_events_the_page_looks_for_itself(world: World, page: Page) -> None:
    page.add_init_script("delete window.EventSource")
    page.goto(world.console)
    expect(page.locator("#link")).to_have_text("polling")
    world.start("order").raise_for_status()
    expect(page.get_by_role("progressbar", name="Progress of job 1")).to_be_visible()


def test_without_javascript_forms_work_as_forms(world: World, browser: Browser) -> None:
    world.start("order").raise_for_status()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(world.console)
    page.get_by_role("button", name="Complete job 1").click()
    expect(page.locator("#messages")).to_have_text("Job 1 (report order) was completed.")
    assert world.state() == "finished"
    context.close()


def test_a_clock_that_runs_is_seen_running(world: World, page: Page) -> None:
    page.goto(world.console)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#clock .badge")).to_have_text("running")
    before = page.locator("#now").inner_text()
    expect(page.locator("#now")).not_to_have_text(before)
    page.get_by_role("button", name="Freeze").click()
    expect(page.locator("#clock .badge")).to_have_text("frozen")


def test_the_keyboard_is_enough(world: World, page: Page) -> None:
    world.start("order").raise_for_status()
    page.goto(world.console)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stall job 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("stalled")
    expect(page.get_by_role("button", name="Stall job 1")).to_be_focused()


def test_another_world_is_one_step_away(world: World, page: Page) -> None:
    page.goto(world.console + "jobs")
    page.get_by_label("World", exact=True).fill("another-world")
    page.keyboard.press("Enter")
    expect(page).to_have_url(world.console.partition("/w/")[0] + "/w/another-world/_mock/ui/jobs")


def test_what_clients_send_stays_text(world: World, page: Page) -> None:
    record = {"id": 1, "name": "<script>document.title = 'taken'</script>"}
    world.http.post(f"{API}/import/product/start", params={"format": "json"}, json=[record])
    world.http.get(f"{API}/report/<img src=x onerror=alert(1)>/status")
    for path in ("", "requests", "requests/1", "requests/2", "data/product"):
        page.goto(world.console + path)
        expect(page.locator("h1")).to_be_visible()
        assert "taken" not in page.title()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_for_everybody(
    server: RunningServer, world: World, browser: Browser, name: str, scheme: Literal["light", "dark"]
) -> None:
    fill(world)
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    watch = Watch(page, server.url)
    for width in (360, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(world.console + PAGES[name])
        expect(page.locator("h1").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if SHOTS:
            page.wait_for_load_state("networkidle" if name == "docs" else "load")
            page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{width}.png", full_page=True)
    assert axe(page) == []
    assert watch.complaints == []
    context.close()


def test_the_number_of_jobs_is_live(world: World, page: Page) -> None:
    page.goto(world.console)
    expect(page.get_by_role("link", name="All 0 jobs")).to_be_visible()
    world.start("order")
    expect(page.get_by_role("link", name="All 1 job")).to_be_visible()


def test_the_focus_stays_while_jobs_above_it_end(world: World, page: Page) -> None:
    world.start("order")
    world.start("product")
    page.goto(world.console)
    page.get_by_role("button", name="Stall job 1").focus()
    world.http.post("/_mock/jobs/2/complete").raise_for_status()
    expect(page.get_by_role("article", name="Job 2")).to_have_count(0)
    expect(page.get_by_role("button", name="Stall job 1")).to_be_focused()


def test_after_a_button_that_goes_the_next_one_is_that_of_the_next_job(world: World, page: Page) -> None:
    world.start("order")
    world.start("product")
    page.goto(world.console)
    page.get_by_role("button", name="Cancel job 2").press("Enter")
    expect(page.get_by_role("article", name="Job 2")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(page.get_by_role("article", name="Job 1").get_by_role("link")).to_be_focused()


def test_what_is_gone_to_does_not_hide_behind_the_top(world: World, page: Page) -> None:
    fill(world)
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(world.console + "coverage")
    page.get_by_role("link", name="Foxy", exact=False).first.click()
    place = page.evaluate("document.querySelector(location.hash).getBoundingClientRect().top")
    top = page.evaluate("document.querySelector('.top').getBoundingClientRect().bottom")
    assert place >= top
    page.get_by_role("button", name="Copy the command").focus()
    page.evaluate(
        "scrollTo({top: document.body.scrollHeight, behavior: 'instant'})"
    )  # a key's scrolling goes on
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        page.wait_for_function("top => document.activeElement.getBoundingClientRect().bottom > top", arg=top)


@pytest.mark.parametrize("name", ["overview", "jobs", "data", "requests", "coverage"])
def test_a_full_world_is_shown_in_pages(full: World, page: Page, name: str) -> None:
    page.goto(full.console + PAGES[name])
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 8_000
