from __future__ import annotations

import pytest

from mockserver.app import SPECIFICATIONS
from tests.console.conftest import Console, Server


def test_every_specification_can_be_chosen(console: Console) -> None:
    page = console.get("docs")
    tabs = page.tree.xpath("//nav[@aria-label='Specifications']//a/@href")
    assert tabs == [f"{console.root}/docs?api={name}" for name in SPECIFICATIONS]
    for name in SPECIFICATIONS:
        chosen = console.get(f"docs?api={name}").tree
        assert chosen.xpath("//nav[@aria-label='Specifications']//a[@aria-current]/@href") == [
            f"{console.root}/docs?api={name}"
        ]


def test_the_specification_is_the_one_of_the_pages_world(
    console: Console, server: Server, world: str
) -> None:
    place = console.get("docs?api=foxy").tree.get_element_by_id("docs")
    assert place.get("data-root") == f"/w/{world}"
    answer = server.call("GET", place.get("data-specification"))
    assert answer.json()["info"]["title"] == "Foxy report API"


def test_servers_of_the_specifications_fit_below_a_world(console: Console, server: Server) -> None:
    for name in SPECIFICATIONS:
        specification = server.control("GET", f"/openapi/{name}.json")
        for entry in specification["servers"]:
            assert entry["url"].startswith("/")


def tokens(console: Console, api: str) -> list[str]:
    return [
        str(name)
        for name in console.get(f"docs?api={api}").tree.xpath("//select[@id='act-as']/option/@value")
    ]


def test_calls_can_be_made_as_any_of_the_fixtures_users_or_as_nobody(console: Console) -> None:
    assert tokens(console, "websale-import") == [
        "admin-token",
        "editor-token",
        "reader-token",
        "writer-token",
        "nobody-token",
        "expired-token",
        "",
    ]
    assert tokens(console, "foxy")[:2] == ["foxy-token", "foxy-user-token"]


@pytest.mark.parametrize("api", ["websale-login", "websale-content", "mock-control"])
def test_an_api_without_tokens_offers_none(console: Console, api: str) -> None:
    assert tokens(console, api) == []
    assert "need no token" in console.get(f"docs?api={api}").text


def test_what_a_token_allows_is_said(console: Console) -> None:
    text = console.get("docs").text
    assert "reader-token: read on every service" in text
    assert "nobody-token: nothing: every call is a 401" in text
    assert "expired-token: nothing: it has expired" in text


def test_the_choice_is_part_of_the_address(console: Console) -> None:
    page = console.get("docs?as=reader-token")
    assert page.tree.xpath("//select[@id='act-as']/option[@selected]/@value") == ["reader-token"]


def test_scripts_and_styles_are_this_servers_own(console: Console, server: Server) -> None:
    page = console.get("docs")
    assert "script-src 'self'; style-src 'self'" in page.headers["Content-Security-Policy"]
    parts = [*page.tree.xpath("//script/@src"), *page.tree.xpath("//link/@href")]
    assert all(part.startswith("/") for part in parts)
    for part in parts:
        if "/_mock/docs/" in part:
            assert server.call("GET", part).status_code == 200


def test_an_unknown_specification_is_not_found(console: Console) -> None:
    page = console.get("docs?api=<script>")
    assert page.status == 404
    assert "There is no specification <script>." in page.text
    assert "<script>." not in page.html
