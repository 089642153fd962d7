from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import API, BASE_URL
from tests.console.conftest import Console, Page, Server

EVIL = "<script>alert(1)</script>"


def ids(page: Page) -> list[int]:
    """Return the numbers of the requests that a page lists."""
    return [
        int(link.rpartition("/")[2])
        for link in page.tree.xpath("//tbody//a[contains(@href, '/requests/')]/@href")
    ]


def facts(page: Page) -> dict[str, str]:
    """Return what stands in the page's lists, by its name."""
    terms = page.tree.xpath("//dt")
    return {term.text: " ".join(term.getnext().text_content().split()) for term in terms}


def call_often(server: Server, times: int) -> None:
    for _ in range(times):
        server.vendor("GET", "/report/order/status")


def link_to(page: Page, text: str) -> str:
    (link,) = page.tree.xpath(f"//nav[@class='pager']//a[contains(., '{text}')]/@href")
    return str(link).partition("/ui/")[2]


def test_requests_are_listed_the_newest_first(console: Console, server: Server) -> None:
    server.vendor("GET", "/report/order/status")
    server.vendor("POST", "/report/product/pause")
    page = console.get("requests")
    assert ids(page) == [2, 1]
    assert "404 REP-PAUSE-404" in page.row("/report/product/pause")


def test_a_long_journal_has_pages(console: Console, server: Server) -> None:
    call_often(server, 120)
    newest = console.get("requests")
    older = console.get(link_to(newest, "Older"))
    oldest = console.get(link_to(older, "Older"))
    assert [ids(page) for page in (newest, older, oldest)] == [
        list(range(120, 70, -1)),
        list(range(70, 20, -1)),
        list(range(20, 0, -1)),
    ]
    assert ids(console.get(link_to(oldest, "Newer"))) == ids(older)
    assert ids(console.get(link_to(older, "Newer"))) == ids(newest)
    assert "Older" not in oldest.text
    assert "Newer" not in newest.text


def test_the_page_of_the_newest_requests_is_full_and_live(console: Console, server: Server) -> None:
    call_often(server, 60)
    page = console.get("requests?after=55")
    assert ids(page) == list(range(60, 10, -1))
    assert page.tree.xpath("//body/@data-live") == ["clock request"]
    assert console.get("requests?before=20").tree.xpath("//body/@data-live") == ["clock"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=404", [2]),
        ("status=2xx", [3, 1]),
        ("rule=REP-PAUSE-404", [2]),
        ("method=POST", [2, 1]),
        ("path=*/order/*", [3, 1]),
        ("principal=reader", [3]),
        ("operation=startReport", [1]),
        ("operation=startReport&status=404", []),
    ],
)
def test_requests_are_filtered(console: Console, server: Server, query: str, found: list[int]) -> None:
    server.vendor("POST", "/report/order/start")
    server.vendor("POST", "/report/product/pause")
    server.vendor("GET", "/report/order/status", headers={"X-Authorization": "Bearer reader-token"})
    page = console.get(f"requests?{query}")
    assert ids(page) == found
    assert ("No request like that." in page.text) == (not found)


def test_filters_stay_from_page_to_page(console: Console, server: Server) -> None:
    for _ in range(60):
        server.vendor("GET", "/report/order/status")
        server.vendor("GET", "/datafeeds")
    older = console.get(link_to(console.get("requests?path=*/datafeeds"), "Older"))
    assert ids(older) == list(range(20, 0, -2))
    assert older.tree.xpath("//input[@name='path']/@value") == ["*/datafeeds"]


def test_a_filter_that_fits_nothing_there_is_says_what_would(console: Console) -> None:
    page = console.get("requests?rule=REP-PAUSE-405")
    assert page.status == 200
    assert "There is no rule REP-PAUSE-405." in page.text
    assert "REP-PAUSE-404" in page.tree.xpath("//*[@role='alert']")[0].text_content()


def test_exports_are_of_what_is_shown(console: Console, server: Server) -> None:
    call_often(server, 60)
    server.vendor("GET", "/datafeeds")
    page = console.get("requests?path=*/status&before=40")
    call_often(server, 1)
    har, curl = [link for link in page.links() if "format=" in link]
    entries = server.call("GET", har).json()["log"]["entries"]
    assert [int(entry["_id"]) for entry in entries] == ids(page)[::-1] == list(range(1, 40))
    assert server.call("GET", curl).text.count("curl ") == 39


def test_the_journal_is_cleared(console: Console, server: Server) -> None:
    call_often(server, 1)
    page = console.post("requests/clear", back="requests")
    assert page.messages == ["The journal is empty."]
    assert ids(page) == []
    assert page.tree.xpath("//form[@data-confirm]//button[.='Clear the journal']")


# One request


def test_a_request_is_shown_with_its_answer(console: Console, server: Server, world: str) -> None:
    server.vendor("POST", "/report/order/start?format=csv")
    page = console.get("requests/1")
    found = facts(page)
    assert f"POST {BASE_URL}{API}/report/order/start?format=csv" in page.text
    assert '{ "error": "Bad Request", "field": "format",' in page.text
    assert (found["format"], found["x-authorization"]) == ("csv", "Bearer [redacted]")
    assert found["x-mock-rule"] == "REP-START-400-format"
    assert found["Operation"] == "POST report/{service}/start startReport, websale-report"
    assert (found["service"], found["User"], found["World"]) == ("order", "admin", world)
    assert (found["Preferences"], found["Faults"]) == ("none", "none that its answer names")


def test_a_request_says_why_it_was_answered_so(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/order/start?format=csv")
    text = console.get("requests/1").text
    assert "order can be exported as json and xml, not as csv." in text
    assert "At fault: format" in text
    assert "Accepted would have been: json csv xml" in text
    assert "REP-START-400-format POST report/{service}/start The service does not support the format." in text
    assert "documented; source: S0, S1" in text


def test_a_request_says_what_had_a_hand_in_its_answer(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"latencySeconds": 1, "virtual": True})
    server.vendor("GET", "/report/order/status", headers={"Prefer": "example=REP-STATUS-503-redis"})
    server.vendor("GET", "/report/order/status")
    assert facts(console.get("requests/1"))["Preferences"] == "example=REP-STATUS-503-redis"
    assert facts(console.get("requests/2"))["Faults"] == "fault 1"


def test_a_request_without_an_answer_says_so(console: Console, server: Server) -> None:
    server.control("POST", "/faults", {"kind": "reset"})
    with pytest.raises(ConnectionError):
        server.vendor("GET", "/report/order/status")
    page = console.get("requests/1")
    assert "None: a fault reset the connection" in page.text
    assert page.tree.xpath("string(//h1/span)") == "none"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01" * 3, "6 B of application/octet-stream Not kept: it is no text."),
        (b'["' + b"x" * 20_000 + b'"]', "19.5 KiB of application/octet-stream; only the beginning is kept"),
    ],
)
def test_of_a_body_that_was_not_kept_it_is_said(
    console: Console, server: Server, content: bytes, said: str
) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    server.vendor("POST", "/import/voucher/start?format=json", content=content, headers=headers)
    assert said in console.get("requests/1").text


def test_a_request_leads_to_those_beside_it(console: Console, server: Server) -> None:
    call_often(server, 3)
    beside = [
        [link for link in console.get(f"requests/{id}").links() if link[-1].isdigit()] for id in (1, 2, 3)
    ]
    assert beside == [[f"{console.root}/requests/{id}" for id in found] for found in ([2], [1, 3], [2])]


def test_a_request_can_be_copied_as_curl_and_as_fetch(console: Console, server: Server) -> None:
    server.vendor("POST", "/datafeeds", json={"name": "<b>"}, headers={"X-Quote": 'it\'s "so"'})
    tree = console.get("requests/1").tree
    assert f"curl {BASE_URL}{API}/datafeeds" in tree.xpath("string(//pre[@id='curl'])")
    fetch = tree.xpath("string(//pre[@id='fetch'])")
    assert fetch.startswith("// [redacted] stands for secrets")
    assert f'fetch("{BASE_URL}{API}/datafeeds", {{\n  "method": "POST",' in fetch
    assert '"x-quote": "it\'s \\"so\\""' in fetch
    assert '"body": "{\\"name\\":\\"<b>\\"}"' in fetch


def test_a_request_is_made_once_more(console: Console, server: Server) -> None:
    server.vendor("POST", "/report/product/pause")
    page = console.post("requests/1/replay", back="requests/1")
    assert page.messages == ["Request 1 was made again, as request 2. It was answered with 404."]
    assert "Request 2" in page.tree.xpath("string(//nav[@id='beside'])")
    assert facts(page)["User"] == "admin"


def test_a_request_that_a_fault_breaks_is_not_answered(console: Console, server: Server) -> None:
    call_often(server, 1)
    server.control("POST", "/faults", {"kind": "reset"})
    page = console.post("requests/1/replay", back="requests/1")
    assert page.messages == ["Request 1 was made again, as request 2. It was not answered."]


def test_a_request_that_was_not_kept_whole_cannot_be_made_again(console: Console, server: Server) -> None:
    server.vendor("POST", "/import/voucher/start?format=json", content=b"x" * 20_000)
    page = console.post("requests/1/replay", back="requests/1")
    assert page.messages[0].startswith("Of the body of request 1 ")
    assert "Request 1" in page.tree.xpath("string(//nav[@id='beside'])")


def test_everything_shown_is_escaped(console: Console, server: Server) -> None:
    server.call(
        "POST",
        f'{API}/datafeeds/{quote(EVIL)}?q="{EVIL}',
        json={EVIL: EVIL},
        headers={"X-Evil": f'">{EVIL}', "X-Mock-World": console.root.split("/")[2]},
    )
    server.vendor("POST", "/datafeeds", json={EVIL: EVIL})
    for page in (console.get("requests"), console.get("requests/1"), console.get("requests/2")):
        assert EVIL not in page.html
    assert facts(console.get("requests/1"))["x-evil"] == f'">{EVIL}'
    assert EVIL in console.get(f"requests?path={EVIL}&rule={EVIL}").tree.xpath("//input[@name='path']/@value")


@pytest.mark.parametrize("id", ["77", "x", "../jobs"])
def test_an_unknown_request_is_not_found(console: Console, id: str) -> None:
    assert console.get(f"requests/{id}").status in (400, 404)
