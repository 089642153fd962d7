"""Write and read the Markdown of this project's pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
TOP_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")

FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^ *(?P=ticks) *$",
    re.MULTILINE | re.DOTALL,
)
HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *#*$", re.MULTILINE)
LINK = re.compile(r"!?\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def pages() -> list[Path]:
    """Return every page that readers are meant to find: those at the top, and all below ``docs/``."""
    top = [CHECKOUT / name for name in TOP_PAGES]
    return [*top, *sorted((CHECKOUT / "docs").rglob("*.md"))]


def slug(heading: str, _separator: str = "-") -> str:
    """Return a heading's anchor as Git hosts make it, so that one link works there and in the site."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def prose(text: str) -> str:
    """Return a page without its code, in which nothing is a link or a heading."""
    return CODE.sub("", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    return {slug(heading["text"]) for heading in HEADING.finditer(FENCE.sub("", text))}


def links(text: str) -> Iterator[str]:
    """Yield the targets of a page's links and pictures."""
    for link in LINK.finditer(prose(text)):
        yield link["target"]


def is_outside(target: str) -> bool:
    """Tell whether a link leads out of the project."""
    return re.match(r"[a-z]+:", target) is not None


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, without columns that have nothing to say, and an empty line."""
    grid = [list(row) for row in rows]
    kept = [place for place in range(len(head)) if any(row[place] for row in grid)]
    head = [head[place] for place in kept]
    rows = [[row[place] for place in kept] for row in grid]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(text) for text in row) + " |" for row in rows]
    return [*lines, ""]


def cell(text: str) -> str:
    """Return text as it can stand in a cell."""
    return " ".join(text.replace("|", "\\|").split())
