"""The site of ``make docs`` is whole, and needs nobody else's."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools.docs.markdown import CHECKOUT, pages
from tools.docs.site import build_site, navigation

LOADING = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
OUTSIDE = re.compile(r"(?:https?:)?//")


class Loaded(HTMLParser):
    """Collect what a browser would load with a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name == LOADING.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    return folder


def test_every_page_is_there(site: Path) -> None:
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    wanted = {page.relative_to(CHECKOUT).with_suffix(".html").as_posix() for page in pages()}
    assert {page.replace("README.html", "index.html") for page in wanted} <= built


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = [
        address
        for page in site.rglob("*.html")
        for address in Loaded(page.read_text(encoding="utf-8")).addresses
    ]
    assert loaded
    assert [address for address in loaded if OUTSIDE.match(address)] == []


def test_no_style_loads_anything_from_elsewhere(site: Path) -> None:
    styles = [style.read_text(encoding="utf-8") for style in site.rglob("*.css")]
    assert styles
    assert [
        url for style in styles for url in re.findall(r"""url\(["']?((?:https?:)?//[^)]+)""", style)
    ] == []


def test_the_name_of_a_file_stands_above_its_block(site: Path) -> None:
    page = (site / "docs" / "guides" / "pytest.html").read_text(encoding="utf-8")
    assert "<p><code>conftest.py</code>:</p>" in page
    assert "```" not in page


def test_the_navigation_has_the_sections_of_the_index() -> None:
    titles = [title for section in navigation() for title in section]
    assert titles == ["Start", "Documentation", "Tutorial", "Guides", "Reference", "Explanation", "Project"]
