from __future__ import annotations

from typing import Any

import pytest

from mockserver.app import MockServer
from mockserver.simulation.outbox import Outbox
from tests.console.conftest import Console, Page, Server

NOW = {"Prefer": "profile=immediate"}
EVIL = """<script>alert("1")</script> & 'so on'"""
WEBHOOK = {
    "feed": 4,
    "job": "1",
    "method": "POST",
    "url": "https://shop.example/hook",
    "headers": [{"key": "X-Feed", "value": "4"}],
    "body": {"id": 4},
    "files": [],
    "delivery": {"state": "recorded", "attempts": []},
}


@pytest.fixture
def outbox(shared_app: MockServer, world: str) -> Outbox:
    """The world's outbox itself, for entries that would take a server elsewhere to come about."""
    return shared_app.server.worlds.get(world).part(Outbox)


def build(server: Server) -> None:
    """Build a feed that has a webhook, and is delivered to another server."""
    server.vendor("POST", "/datafeeds/build/4", headers=NOW).raise_for_status()


def mail(server: Server, *users: dict[str, Any]) -> None:
    path = "/import/adminUser/start?format=json&sendMail=true"
    answer = server.vendor("POST", path, json=users, headers=NOW).json()
    assert answer["failed"] == 0, answer


def entries(page: Page) -> list[str]:
    """Return the lines of the entries, without their times."""
    return [" ".join(head.text_content().split()) for head in page.tree.xpath("//article//h2")]


def facts(page: Page) -> dict[str, str]:
    terms = page.tree.xpath("//article//dt")
    return {term.text: " ".join(term.getnext().text_content().split()) for term in terms}


def test_an_empty_outbox_says_what_fills_it(console: Console) -> None:
    page = console.get("outbox")
    assert entries(page) == []
    assert "Nothing yet. These make entries" in page.text
    assert "sendMail=true" in page.text
    assert not page.tree.xpath("//button[.='Clear the outbox']")


def test_what_was_sent_is_listed_the_youngest_first(console: Console, server: Server) -> None:
    build(server)
    mail(server, {"userName": "ada", "email": "ada@example.com"})
    page = console.get("outbox")
    assert entries(page) == [
        "mail to ada@example.com",
        "webhook POST https://hooks.marketplace.example/feeds recorded",
        "delivery english/marketplace.csv.gz to ftp.marketplace.example",
    ]
    assert "All 3 Mails 1 Webhooks 1 Deliveries 1" in page.text


@pytest.mark.parametrize("kind", ["mail", "webhook", "delivery"])
def test_a_kind_can_be_looked_at_alone(console: Console, server: Server, kind: str) -> None:
    build(server)
    mail(server, {"userName": "ada", "email": "ada@example.com"})
    page = console.get(f"outbox?kind={kind}")
    assert [entry.split()[0] for entry in entries(page)] == [kind]
    (current,) = page.tree.xpath("//main//a[@aria-current='page']/@href")
    assert current.endswith(f"outbox?kind={kind}")


@pytest.mark.parametrize("kind", ["mail", "nope", "<script>"])
def test_none_of_a_kind_is_said(console: Console, server: Server, kind: str) -> None:
    build(server)
    page = console.get(f"outbox?kind={kind}")
    assert page.status == 200
    assert "Nothing of this kind." in page.text


def test_a_mail_says_whom_it_is_to_and_why(console: Console, server: Server) -> None:
    mail(server, {"userName": "ada", "email": "ada@example.com"})
    page = console.get("outbox")
    shown = facts(page)
    assert (shown["To"], shown["User"]) == ("ada@example.com", "ada")
    assert shown["Because of"] == "job 1: sendMail=true"
    assert any(link.endswith("/jobs/1") for link in page.links())


def test_a_webhook_that_is_only_recorded_says_how_it_would_be_sent(console: Console, server: Server) -> None:
    build(server)
    page = console.get("outbox?kind=webhook")
    shown = facts(page)
    assert shown["Call"] == "POST https://hooks.marketplace.example/feeds"
    assert shown["Outcome"].startswith("Only recorded: --deliver-webhooks of mockserver serve")
    assert shown["Headers"] == "X-Feed: 4"
    assert '"name": "Marketplace"' in shown["Body"]
    assert any(link.endswith("/data/dataFeed/4") for link in page.links())


def test_a_webhook_that_was_sent_shows_its_attempts(console: Console, outbox: Outbox) -> None:
    attempts = [
        {"time": "2025-01-01T00:00:00Z", "error": "connection refused"},
        {"time": "2025-01-01T00:00:05Z", "status": 204},
    ]
    outbox.send("webhook", 0, WEBHOOK | {"delivery": {"state": "delivered", "attempts": attempts}})
    page = console.get("outbox")
    assert entries(page) == ["webhook POST https://shop.example/hook delivered"]
    shown = facts(page)
    assert shown["Outcome"] == "Delivered"
    assert shown["Attempts"] == "2025-01-01 00:00:00 connection refused2025-01-01 00:00:05 204"


def test_a_webhook_that_is_refused_says_why(console: Console, outbox: Outbox) -> None:
    refused = {"state": "refused", "reason": "shop.example is not allowed", "attempts": []}
    outbox.send("webhook", 0, WEBHOOK | {"headers": [], "body": None, "delivery": refused})
    shown = facts(console.get("outbox"))
    assert shown["Outcome"] == "Refused: shop.example is not allowed"
    assert (shown["Headers"], shown["Body"]) == ("none of the feed's", "none")


def test_the_page_looks_again_while_a_webhook_is_on_its_way(console: Console, outbox: Outbox) -> None:
    outbox.send("webhook", 0, WEBHOOK | {"delivery": {"state": "pending", "attempts": []}})
    assert console.get("outbox").tree.xpath("//*[@id='entries'][@data-moving]")


def test_a_delivery_says_where_its_file_goes(console: Console, server: Server) -> None:
    build(server)
    shown = facts(console.get("outbox?kind=delivery"))
    assert shown["To"] == "ftp server ftp.marketplace.example, port 21"
    assert shown["As"] == "myshop, password [redacted]"
    assert shown["Path"] == "/incoming/english/marketplace.csv.gz"


def test_a_full_outbox_has_pages(console: Console, outbox: Outbox) -> None:
    for place in range(1_100):
        outbox.send("mail", 0, {"job": "1", "to": f"{place}@example.com"})
    first, last = console.get("outbox?kind=mail"), console.get("outbox?kind=mail&page=99")
    assert len(entries(first)) == len(entries(last)) == 50
    assert entries(first)[0] == "mail to 1099@example.com"
    assert entries(last)[-1] == "mail to 100@example.com"
    assert "Page 20 of 20 (1 000 entries)" in last.text
    assert any("kind=mail" in link and "page=2" in link for link in first.links())


def test_the_outbox_is_cleared(console: Console, server: Server) -> None:
    build(server)
    page = console.post("outbox/clear", back="outbox")
    assert page.messages == ["The outbox is empty."]
    assert entries(page) == []
    assert server.control("GET", "/outbox") == {"entries": []}


def test_what_entries_hold_stays_text(console: Console, server: Server, outbox: Outbox) -> None:
    mail(server, {"userName": EVIL, "email": "ada@example.com"})
    outbox.send("mail", 0, {"job": "1", "to": EVIL, "subject": EVIL, "body": EVIL})
    outbox.send(
        "webhook", 0, WEBHOOK | {"url": EVIL, "headers": [{"key": EVIL, "value": EVIL}], "body": EVIL}
    )
    outbox.send("delivery", 0, {"type": "ftp", "host": EVIL, "filePath": EVIL, "size": 1, "remotePath": EVIL})
    page = console.get("outbox")
    assert len(entries(page)) == 4
    assert page.text.count(EVIL) > 8
    assert "<script>alert" not in page.html
    assert page.tree.xpath("//@*[starts-with(local-name(), 'on')]") == []
