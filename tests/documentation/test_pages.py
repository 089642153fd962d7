"""Pages are up to date, can be found, and lead where they say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tools.docs.markdown import CHECKOUT, anchors, is_outside, links, pages, slug
from tools.docs.option_tables import fill_tables
from tools.docs.reference import generated_pages

INDEX = CHECKOUT / "docs" / "README.md"
PAGES = pages()


def name(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_generated_pages_are_up_to_date() -> None:
    stale = [name(path) for path, text in generated_pages() if not path.exists() or read(path) != text]
    assert stale == [], "Run make docs."


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in links(read(page)):
        if is_outside(target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        missing = not linked.exists() or (anchor and anchor not in anchors(read(linked)))
        if missing or not linked.is_relative_to(CHECKOUT):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_found_from_the_index() -> None:
    found, todo = set(), [CHECKOUT / "README.md", INDEX]
    while todo:
        page = todo.pop()
        if page in PAGES and page not in found:
            found.add(page)
            todo += [(page.parent / target.partition("#")[0]).resolve() for target in links(read(page))]
    assert [name(page) for page in PAGES if page not in found] == []


def test_the_index_lists_every_page_of_its_sections() -> None:
    listed = {(INDEX.parent / target).resolve() for target in links(read(INDEX)) if not is_outside(target)}
    sections = ("tutorial", "guides", "reference", "explanation")
    missing = [name(page) for page in PAGES if page.parent.name in sections and page not in listed]
    assert missing == []


def test_the_index_lists_each_page_once() -> None:
    targets = list(links(read(INDEX)))
    assert sorted(target for target in set(targets) if targets.count(target) > 1) == []


def test_a_table_of_variables_says_what_a_switch_takes() -> None:
    filled = fill_tables("<!-- options: trust-proxy scheduler port -->\n<!-- end of options -->")
    assert "| `MOCKSERVER_TRUST_PROXY` | `on/off` | off |" in filled
    assert "| `MOCKSERVER_SCHEDULER` | `on/off` | on |" in filled
    assert "| `MOCKSERVER_PORT` | `PORT` | 8080 |" in filled


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("GET report/{service}/status", "get-reportservicestatus"),
        ("What was called", "what-was-called"),
        ("`Prefer`, and more", "prefer-and-more"),
        ("A [link](page.md) in a heading", "a-link-in-a-heading"),
        ("Straße & Weg", "straße--weg"),
    ],
)
def test_anchors_are_those_of_git_hosts(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_the_architecture_knows_every_room() -> None:
    folders = {path.parent.name for path in (CHECKOUT / "mockserver").glob("*/__init__.py")}
    layers = tomllib.loads(read(CHECKOUT / "pyproject.toml"))["tool"]["importlinter"]["contracts"][-1][
        "layers"
    ]
    rooms = folders | {
        one.strip().removeprefix("mockserver.") for layer in layers for one in layer.split("|")
    }
    text = read(CHECKOUT / "ARCHITECTURE.md")
    assert sorted(room for room in rooms if f"`{room}`" not in text) == []
