"""Who may use the console, and what a page may do in a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import make_client
from tests.console.conftest import Console, Page, Server


def token_of(html: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert match is not None
    return match[1]


def test_a_form_without_its_token_is_refused(console: Console, server: Server) -> None:
    console.get()
    page = Page(console.open("clock", "POST", data={"mode": "running"}))
    assert page.status == 400
    assert "not valid any more" in page.text
    assert server.control("GET", "/clock")["mode"] == "frozen"


def test_a_form_with_a_wrong_token_is_refused(console: Console, server: Server) -> None:
    console.get()
    assert console.open("clock", "POST", data={"mode": "running", "csrf_token": "x"}).status_code == 400
    assert server.control("GET", "/clock")["mode"] == "frozen"


def test_a_script_may_send_the_token_as_a_header(console: Console, server: Server) -> None:
    headers = {"X-CSRFToken": token_of(console.get().html)}
    assert console.open("clock", "POST", data={"mode": "running"}, headers=headers).status_code == 303
    assert server.control("GET", "/clock")["mode"] == "running"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://mock.test.evil.example", "null"])
def test_a_foreign_origin_is_refused(console: Console, server: Server, origin: str) -> None:
    data = {"mode": "running", "csrf_token": token_of(console.get().html)}
    page = Page(console.open("clock", "POST", data=data, headers={"Origin": origin}))
    assert page.status == 403
    assert f"{origin} is a foreign origin" in page.text
    assert server.control("GET", "/clock")["mode"] == "frozen"


def test_the_own_origin_is_not_foreign(console: Console) -> None:
    data = {"mode": "running", "csrf_token": token_of(console.get().html)}
    headers = {"Origin": "http://mock.test"}
    assert console.open("clock", "POST", data=data, headers=headers).status_code == 303


def test_a_form_leads_back_into_the_console_and_nowhere_else(console: Console) -> None:
    data = {"mode": "running", "csrf_token": token_of(console.get().html), "back": "//evil.example/x"}
    answer = console.open("clock", "POST", data=data)
    assert answer.headers["Location"] == f"{console.root}/evil.example/x"


@pytest.mark.parametrize("back", ["jobs\r\nX-Injected: 1", "\njobs", "jobs\x00"])
def test_an_address_to_go_back_to_cannot_end_the_header(console: Console, back: str) -> None:
    data = {"mode": "running", "csrf_token": token_of(console.get().html), "back": back}
    answer = console.open("clock", "POST", data=data)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{console.root}/jobs")
    query = urlencode({"name": "blue", "back": back})
    assert console.open(f"worlds/switch?{query}").headers["Location"].startswith("/w/blue/_mock/ui/jobs")


def test_a_page_may_load_nothing_from_elsewhere_and_run_nothing_of_its_own(console: Console) -> None:
    page = console.get()
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.tree.xpath("//script[not(@src)] | //style | //@style") == []


def test_other_origins_cannot_read_a_page(console: Console) -> None:
    assert "Access-Control-Allow-Origin" not in console.get(Origin="https://evil.example").headers


def test_what_clients_send_is_text(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start?format=<script>alert(1)</script>")
    page = console.get()
    assert "<script>alert" not in page.html
    assert "alert(1)" in page.text


@pytest.mark.parametrize("name", ["no world", ".", "..", "a/b"])
def test_an_impossible_world_is_explained(console_app: object, console: Console, name: str) -> None:
    console._scope["mockserver.world"] = name
    page = console.get()
    assert page.status == 400
    assert f"world is '{name}'" in page.text


@pytest.mark.parametrize(
    "path",
    ["nothing/here", "jobs/1%3F", "jobs/1%23x", "jobs/%2E%2E", "jobs/%00", "requests/%2E%2E", "data/%2E%2E"],
)
def test_what_there_is_not_is_not_found(console: Console, server: Server, path: str) -> None:
    server.vendor("POST", "/report/order/start")
    assert console.get(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "jobs/1",
        "data/order",
        "data/dataFeed/1",
        "data/dataFeedTemplate/1",
        "faults",
        "requests/1",
        "start",
    ],
)
def test_what_a_button_copies_is_there_once(console: Console, server: Server, path: str) -> None:
    server.vendor("POST", "/report/order/start")
    tree = console.get(path).tree
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(tree.xpath("//@data-copy")) <= set(ids)


def test_scripts_are_asked_for_anew_so_that_they_fit_the_server(console: Console) -> None:
    script = console.get("static/console.js")
    assert script.headers["Cache-Control"] == "no-cache"
    assert console.get("static/console.js", **{"If-None-Match": script.headers["ETag"]}).status == 304


@pytest.mark.parametrize("page", ["jobs", "jobs/", "faults/profiles/", "data/order/"])
def test_an_address_may_end_in_a_slash(console: Console, page: str) -> None:
    assert console.get(page).status == 200


# --- Through the whole server ---------------------------------------------------------------------


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = MockServer(Settings(clock="frozen", control_token="s3cret-token"))
    async with make_client(app, token=None, Accept="text/html,*/*;q=0.8") as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, token: str) -> httpx.Response:
    form = await browser.get("/_mock/ui/sign-in")
    data = {"csrf_token": token_of(form.text), "token": token, "back": "jobs"}
    return await browser.post("/_mock/ui/sign-in", data=data)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", "/_mock/ui/"),
        ("/w/blue/", "/w/blue/_mock/ui/"),
        ("/w/blue", "/w/blue/_mock/ui/"),
        ("/_mock", "/_mock/ui/"),
        ("/_mock/", "/_mock/ui/"),
    ],
)
async def test_a_browser_is_shown_the_console(client: httpx.AsyncClient, path: str, location: str) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (302, location)
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["TEXT/HTML", "text/html;charset=utf-8", "*/*;q=0.1, Text/Html; level=1"])
async def test_a_browser_is_known_however_it_writes_the_media_type(
    client: httpx.AsyncClient, accept: str
) -> None:
    answer = await client.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["location"]) == (302, "/_mock/ui/")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/hal+json, text/html;q=0.5"])
async def test_others_get_foxys_home(client: httpx.AsyncClient, accept: str) -> None:
    headers = {"Accept": accept, "FOXY-API-VERSION": "1"}
    assert "_links" in (await client.get("/", headers=headers)).json()


async def test_without_a_control_token_there_is_nothing_to_sign_out_of(client: httpx.AsyncClient) -> None:
    assert "Sign out" not in (await client.get("/_mock/ui/")).text


async def test_the_console_is_served_where_the_control_plane_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/w/blue/_mock/ui/")
    assert answer.status_code == 200
    assert 'href="/w/blue/_mock/ui/jobs"' in answer.text
    assert "set-cookie" in answer.headers


async def test_the_header_chooses_the_world_too(client: httpx.AsyncClient, world: str) -> None:
    assert f"World {world}" in (await client.get("/_mock/ui/")).text


async def test_who_has_not_shown_the_token_is_asked_for_it(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/_mock/ui/jobs?state=running")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/_mock/ui/sign-in?back=jobs%3Fstate%3Drunning"


async def test_a_wrong_token_opens_nothing(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, "guess")
    assert answer.status_code == 401
    assert "not the token" in answer.text
    assert (await browser.get("/_mock/ui/jobs")).status_code == 303


async def test_the_token_opens_the_console_and_what_its_pages_load(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, "s3cret-token")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_mock/ui/jobs")
    assert "s3cret-token" not in str(answer.headers)
    assert (await browser.get("/_mock/ui/jobs")).status_code == 200
    assert (await browser.get("/_mock/jobs")).status_code == 200
    assert (await browser.get("/_mock/docs")).status_code == 200


async def test_who_signs_out_is_asked_for_the_token_again(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "s3cret-token")
    page = await browser.get("/_mock/ui/jobs")
    assert "Sign out" in page.text
    answer = await browser.post("/_mock/ui/sign-out", data={"csrf_token": token_of(page.text)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_mock/ui/sign-in")
    assert (await browser.get("/_mock/ui/jobs")).status_code == 303
    assert (await browser.get("/_mock/jobs")).status_code == 401


async def test_a_signed_in_browser_does_nothing_for_foreign_pages(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "s3cret-token")
    answer = await browser.post("/_mock/reset", headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.headers["X-Mock-Rule"]) == (403, "MOCK-403-origin")


@pytest.mark.parametrize(("url", "secure"), [("https://mock.example", True), ("http://mock.example", False)])
async def test_the_session_of_a_server_with_https_is_sent_to_no_other(url: str, secure: bool) -> None:
    async with make_client(MockServer(Settings(public_url=url, control_token="s3cret-token"))) as browser:
        cookie = (await browser.get("/_mock/ui/sign-in")).headers["Set-Cookie"]
    assert ("Secure" in cookie.split("; ")) is secure


async def test_cookies_of_other_programs_on_the_machine_do_not_matter(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "s3cret-token")
    (cookie,) = (f"{one.name}={one.value}" for one in browser.cookies.jar if one.name == "mock_control")
    headers = {"Cookie": f'other@shop=1; panes={{"left": [1, 2]}}; {cookie}'}
    assert (await browser.get("/_mock/ui/jobs", headers=headers)).status_code == 200
    assert (await browser.get("/_mock/jobs", headers=headers)).status_code == 200


async def test_a_forged_cookie_opens_nothing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/_mock/jobs", headers={"Cookie": "mock_control=0123"})
    assert (answer.status_code, answer.headers["X-Mock-Rule"]) == (401, "MOCK-401-token")
