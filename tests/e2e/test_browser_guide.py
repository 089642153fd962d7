"""Pages of other origins, in Chromium: the guide's examples, and what else the guide says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.fetch_snippets import FOREIGN, play, run, web_server
from tests.running import run_server

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "browser.md"
STATUS = "/admin/api/v1/report/order/status"
AUTHORIZED = '{ headers: { "X-Authorization": "Bearer admin-token" } }'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(FOREIGN) as browser:
        yield browser


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    with web_server() as port:
        yield port


def ask(browser: Browser, address: str, code: str) -> str:
    """Run a line in a fresh page; return what it prints."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        return run(page, code).strip()


def get(url: str) -> str:
    return f"console.log(await fetch('{url}{STATUS}', {AUTHORIZED}).then(({{ status }}) => status, String))"


def reset(url: str) -> str:
    return f"console.log((await fetch('{url}/_mock/reset', {{ method: 'POST' }})).status)"


def test_the_guides_examples_print_what_the_guide_says() -> None:
    examples = list(play(GUIDE))
    assert len(examples) == GUIDE.read_text(encoding="utf-8").count("```js") > 10
    for example, printed in examples:
        assert printed == example["output"], example["code"]


def test_a_foreign_page_can_be_allowed_to_steer(tmp_path: Path, browser: Browser, port: str) -> None:
    page = f"http://shop.example:{port}"
    with run_server(tmp_path, "--control-origin", page) as server:
        assert ask(browser, page, reset(server.url)) == "200"


def test_a_page_that_is_a_file_can_call_but_not_steer(tmp_path: Path, browser: Browser) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>A page</title>", encoding="utf-8")
    with run_server(tmp_path) as server:
        assert ask(browser, page.as_uri(), get(server.url)) == "200"
        assert ask(browser, page.as_uri(), reset(server.url)) == "403"


def test_with_narrowed_origins_fetch_throws_on_other_pages(
    tmp_path: Path, browser: Browser, port: str
) -> None:
    with run_server(tmp_path, "--cors-origin", f"http://shop.example:{port}") as server:
        assert ask(browser, f"http://shop.example:{port}", get(server.url)) == "200"
        assert ask(browser, f"http://127.0.0.1:{port}", get(server.url)) == "TypeError: Failed to fetch"


def test_a_call_that_the_browser_asks_for_first_is_one_call(
    tmp_path: Path, browser: Browser, port: str
) -> None:
    with run_server(tmp_path) as server:
        journal = f"(await (await fetch('{server.url}/_mock/requests')).json()).requests"
        code = f"{get(server.url)}; console.log(...{journal}.map((call) => call.method))"
        assert ask(browser, f"http://127.0.0.1:{port}", code).split() == ["200", "GET"]


def test_a_page_can_send_the_control_token(tmp_path: Path, browser: Browser, port: str) -> None:
    with run_server(tmp_path, "--control-token", "secret") as server:
        call = (
            f"fetch('{server.url}/_mock/clock', {{ headers: {{ Authorization: `Bearer ${{token}}` }} }})"
            ".then(({ status }) => status)"
        )
        code = f"for (const token of ['secret', 'guess']) console.log(await {call})"
        assert ask(browser, f"http://127.0.0.1:{port}", code).split() == ["200", "401"]
