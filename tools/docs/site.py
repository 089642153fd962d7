"""Build the HTML site: every page in its place, as a Git host shows them, so that the same links work in both.

The pages are copied into a folder of their own first, with the files that they link to. The site's navigation is
what ``docs/README.md`` lists.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from properdocs.commands.build import build
from properdocs.config import load_config

from tools.docs.markdown import CHECKOUT, FENCE, LINK, is_outside, links, pages

CONFIGURATION = CHECKOUT / "properdocs.yml"
STYLE = Path(__file__).with_name("site.css")
INDEX = CHECKOUT / "docs" / "README.md"
HOME = "docs/README.md"
CODE_IN_CELL = re.compile(r"`[^`\n]*\\\|[^`\n]*`")
"""Code with an escaped bar, which only means something in a table."""


def build_site(target: Path) -> None:
    """Build the site; a broken link or anchor is an error."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    with TemporaryDirectory() as folder:
        stage(Path(folder))
        configuration = load_config(
            str(CONFIGURATION), docs_dir=folder, site_dir=str(target), nav=navigation(), strict=True
        )
        build(configuration)


def stage(folder: Path) -> None:
    """Copy the pages and what they link to."""
    shutil.copyfile(STYLE, folder / STYLE.name)
    for page in pages():
        copy = folder / page.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = page.read_text(encoding="utf-8")
        copy.write_text(_for_site(text, page), encoding="utf-8")
        for target in links(text):
            linked = (page.parent / target.partition("#")[0]).resolve()
            if not is_outside(target) and linked.is_file() and linked.suffix != ".md":
                place = folder / linked.relative_to(CHECKOUT)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(linked, place)


def navigation() -> list[dict[str, Any]]:
    """Return the sections of the index page with the pages that they link to."""
    sections: list[dict[str, Any]] = [{"Start": "README.md"}, {"Documentation": HOME}]
    for title, body in _sections(INDEX.read_text(encoding="utf-8")):
        entries = [{text: place} for text, place in _local_pages(body)]
        if entries:
            sections.append({title: entries})
    return sections


def _sections(text: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _local_pages(text: str) -> Iterator[tuple[str, str]]:
    for link in LINK.finditer(text):
        target = link["target"]
        if target.endswith(".md"):
            page = (INDEX.parent / target).resolve().relative_to(CHECKOUT)
            yield link["text"].replace("`", ""), PurePosixPath(page).as_posix()


def _for_site(text: str, page: Path) -> str:
    """Return a page as the site's dialect of Markdown needs it."""
    text = FENCE.sub(_with_caption, text)
    text = CODE_IN_CELL.sub(lambda code: code[0].replace("\\|", "|"), text)
    return LINK.sub(partial(_without_folder, page), text)


def _with_caption(fence: re.Match[str]) -> str:
    """Write the name of a file, which Git hosts ignore behind the language, above its block."""
    language, _, name = fence["info"].strip().partition(" ")
    if not name:
        return fence[0]
    return f"`{name}`:\n\n{fence['ticks']}{language}\n{fence['body']}{fence['ticks']}"


def _without_folder(page: Path, link: re.Match[str]) -> str:
    """Let the link to a folder lead to its page; where it has none there is nothing that a site could show."""
    target = link["target"]
    if is_outside(target) or not (page.parent / target).is_dir():
        return link[0]
    index = page.parent / target / "README.md"
    return f"[{link['text']}]({target.rstrip('/')}/README.md)" if index in pages() else link["text"]
