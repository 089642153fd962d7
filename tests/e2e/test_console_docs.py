"""The console's page with the API documentation: Swagger UI in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mockserver.app import SPECIFICATIONS
from tests.e2e.browser import Watch, axe
from tests.running import RunningServer, run_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with run_server(tmp_path_factory.mktemp("docs"), "--clock", "frozen", "--no-access-log") as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    watch = Watch(page, server.url)
    yield page
    context.close()
    assert [complaint for complaint in watch.complaints if "status of 4" not in complaint] == []


def open_operation(page: Page, url: str, name: str) -> Locator:
    """Open an operation for trying it out."""
    page.goto(url)
    operation = page.locator(f"[id$='-{name}']").first
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    return operation


def execute(operation: Locator) -> str:
    """Execute a call and return the status of its answer."""
    operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table tbody .response-col_status")
    expect(status).to_be_visible()
    return status.inner_text().split()[0]


def requests(server: RunningServer, world: str) -> list[str]:
    calls = httpx.get(f"{server.url}/w/{world}/_mock/requests", trust_env=False).json()["requests"]
    return [f"{call['method']} {call['path']} {call['status']} {call['principal']}" for call in calls]


def test_a_call_is_made_in_the_pages_world_with_the_token(server: RunningServer, page: Page) -> None:
    operation = open_operation(page, f"{server.url}/w/tried/_mock/ui/docs?api=websale-report", "startReport")
    assert execute(operation) == "200"
    # Only what is mandatory is filled in, so that the export has all records.
    assert requests(server, "tried") == ["POST /admin/api/v1/report/order/start 200 admin"]
    call = httpx.get(f"{server.url}/w/tried/_mock/requests/1", trust_env=False).json()
    assert call["request"]["query"] == [{"name": "format", "value": "json"}]


def test_another_token_is_sent_from_then_on(server: RunningServer, page: Page) -> None:
    url = f"{server.url}/w/acting/_mock/ui/docs?api=websale-report"
    operation = open_operation(page, url, "getReportStatus")
    statuses = []
    for token in ("reader-token", "writer-token", "", "admin-token"):
        page.get_by_label("Act as").select_option(token)
        statuses.append(execute(operation))
        operation.get_by_role("button", name="Clear").click()
    assert statuses == ["200", "401", "401", "200"]
    assert page.url.endswith("as=admin-token#/report/getReportStatus")


def test_foxys_tokens_are_sent_to_foxy(server: RunningServer, page: Page) -> None:
    operation = open_operation(page, f"{server.url}/w/fx/_mock/ui/docs?api=foxy", "listFoxyReports")
    statuses = []
    for token in ("foxy-token", "foxy-user-token", "foxy-expired-token"):
        page.get_by_label("Act as").select_option(token)
        statuses.append(execute(operation))
        operation.get_by_role("button", name="Clear").click()
    assert statuses == ["200", "403", "401"]


def test_the_control_api_can_be_tried_out(server: RunningServer, page: Page) -> None:
    operation = open_operation(page, f"{server.url}/w/held/_mock/ui/docs?api=mock-control", "advanceClock")
    assert execute(operation) == "200"
    expect(operation.locator(".request-url")).to_contain_text("/w/held/_mock/clock/advance")


@pytest.mark.parametrize(
    ("api", "scheme", "width"),
    [
        (api, *look)
        for api, look in zip(SPECIFICATIONS, cycle((("light", 1280), ("dark", 360))), strict=False)
    ],
)
def test_it_is_readable_for_everybody(
    server: RunningServer, browser: Browser, api: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    watch = Watch(page, server.url)
    page.goto(f"{server.url}/w/read/_mock/ui/docs?api={api}")
    controls = page.locator(".opblock-summary-control")
    for number in range(2):
        controls.nth(number).click()
        page.get_by_role("button", name="Try it out").first.click()
    page.get_by_role("button", name="Execute").first.click()
    expect(page.locator(".live-responses-table").first).to_be_visible()
    page.get_by_role("tab", name="Schema").first.click()
    if page.locator(".models-control").count():
        page.locator(".models-control").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [complaint for complaint in watch.complaints if "status of 4" not in complaint] == []
    context.close()


def test_the_dialog_for_other_tokens_is_readable_too(server: RunningServer, page: Page) -> None:
    page.goto(f"{server.url}/_mock/ui/docs?api=websale-report")
    page.get_by_role("button", name="Authorize").first.click()
    expect(page.get_by_role("button", name="Close").first).to_be_visible()
    assert axe(page) == []


def test_a_server_with_a_control_token_shows_it_to_who_is_signed_in(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("guarded")
    with run_server(folder, "--clock", "frozen", "--no-access-log", "--control-token", "s3cret") as server:
        page = browser.new_page()
        watch = Watch(page, server.url)
        page.goto(f"{server.url}/_mock/ui/docs?api=mock-control")
        page.get_by_role("textbox").fill("s3cret")
        page.keyboard.press("Enter")
        expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
        operation = page.locator("[id$='-readClock']")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        assert execute(operation) == "200"
        assert watch.complaints == []
        page.close()
