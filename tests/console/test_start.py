from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from flask import Flask

from mockserver.app import MockServer
from mockserver.console.application import create_console
from mockserver.console.desk import Line
from mockserver.console.pages.start import SNIPPETS
from mockserver.settings import Settings
from tests.conftest import BASE_URL
from tests.console.conftest import Console, Page, Server


def snippet(page: Page, name: str) -> str:
    return str(page.tree.get_element_by_id(name).text)


def console_of(settings: Settings, loop: asyncio.AbstractEventLoop) -> Console:
    """Return the console of a server with other settings, in a world that is not the default one."""
    return Console(create_console(Line(MockServer(settings)), settings), loop, "elsewhere")


def test_addresses_are_those_of_the_page_and_its_world(console: Console, world: str) -> None:
    page = console.get("start")
    base = f"{BASE_URL}/w/{world}"
    assert snippet(page, "websale") == f"{base}/admin/api/v1"
    assert snippet(page, "foxy-api") == f"{base}/"
    assert snippet(page, "control") == f"{base}/_mock"


@pytest.mark.parametrize("name", ["curl", "fetch", "python", "foxy"])
def test_programs_call_the_pages_world(console: Console, world: str, name: str) -> None:
    assert f"{BASE_URL}/w/{world}" in snippet(console.get("start"), name)


@pytest.mark.parametrize("name", ["websale", *SNIPPETS])
def test_the_default_world_needs_no_prefix(
    console_app: Flask, loop_thread: asyncio.AbstractEventLoop, name: str
) -> None:
    page = Console(console_app, loop_thread, "default").get("start")
    assert "/w/" not in snippet(page, name)
    assert "put /w/<name> before the path" in page.text


def test_every_snippet_has_a_button_that_copies_it(console: Console) -> None:
    tree = console.get("start").tree
    copied = tree.xpath("//button/@data-copy")
    assert copied == tree.xpath("//pre/@id")
    assert {*SNIPPETS} < {*copied}
    assert len(set(tree.xpath("//pre/@aria-label"))) == len(copied)


def test_tokens_are_listed_with_what_they_allow(console: Console) -> None:
    tree = console.get("start").tree
    names = [name.text_content() for name in tree.xpath("//main//dt")]
    allowed = dict(zip(names, (text.text_content() for text in tree.xpath("//main//dd")), strict=True))
    assert allowed["reader-token"] == "read on every service"
    assert allowed["foxy-user-token"] == "its user; reports are a 403"


def test_an_address_is_quoted_and_escaped(loop_thread: asyncio.AbstractEventLoop) -> None:
    url = """https://mock.example/<script>"$(id)'"""
    page = console_of(Settings(public_url=url), loop_thread).get("start")
    assert "<script>" not in page.html.partition("</head>")[2]
    assert """base='https://mock.example/<script>"$(id)'"'"'/w/elsewhere'""" in snippet(page, "curl")
    line = next(line for line in snippet(page, "fetch").splitlines() if line.startswith("const base = "))
    assert json.loads(line.removeprefix("const base = ").rstrip(";")) == f"{url}/w/elsewhere"


def test_a_container_in_the_place_of_a_local_server_stays_local(console: Console, server: Server) -> None:
    server.control("PUT", "/clock", {"mode": "running", "speed": 60})
    page = console.get("start", Host="localhost:9000")
    assert snippet(page, "docker").splitlines() == [
        "docker run --rm -p 127.0.0.1:9000:8080 \\",
        "  -e MOCKSERVER_SEED=42 \\",
        "  -e MOCKSERVER_CLOCK=running \\",
        "  -e MOCKSERVER_SPEED=60.0 \\",
        "  commerce-mockserver",
    ]


def test_a_container_in_the_place_of_a_public_server_is_told_its_address(
    loop_thread: asyncio.AbstractEventLoop,
) -> None:
    page = console_of(Settings(public_url="https://mock.example"), loop_thread).get("start")
    command = snippet(page, "docker")
    assert "-p 8080:8080 " in command
    assert "-e MOCKSERVER_PUBLIC_URL=https://mock.example " in command


def test_snippets_use_an_administrator_of_ones_own(
    loop_thread: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    (tmp_path / "users.yaml").write_text(
        json.dumps({"users": [{"name": "admin", "token": "boss"}]}), encoding="utf-8"
    )
    page = console_of(Settings(fixtures=str(tmp_path)), loop_thread).get("start")
    for name in ("curl", "fetch", "python", "pytest"):
        assert "Bearer boss" in snippet(page, name)
