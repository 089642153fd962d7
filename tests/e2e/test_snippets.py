"""What the documentation shows is what a reader gets: every block of every page is run, checked, or excused."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
import yaml

from mockserver.app import MockServer
from mockserver.cli import main
from mockserver.settings import Settings
from tests.e2e.snippets import CHECKOUT, comparable, pages, play
from tools.docs import markdown

COMMAND = re.compile(
    r"^(?:- run: |\$ )?mockserver +(?P<name>[a-z]+)(?P<arguments>(?:(?! 2>)[^|&>;\n])*)", re.MULTILINE
)
GENERATED = "<!-- Made by `make docs`"


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yield every block of the pages that are written by hand."""
    for page in markdown.pages():
        text = page.read_text(encoding="utf-8")
        if GENERATED not in text:
            for fence in markdown.FENCE.finditer(text):
                line = text.count("\n", 0, fence.start()) + 1
                language = fence["info"].partition(" ")[0]
                yield Block(page.relative_to(CHECKOUT).as_posix(), line, language, fence["body"])


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_the_pages_sessions_print_what_the_page_says(page: Path) -> None:
    played = 0
    for step, output in play(page):
        assert comparable(output) == comparable(step.output), step.command
        played += 1
    assert played > 0


def check_commands(block: Block, _folder: Path) -> None:
    """Take the calls of ``mockserver`` apart as the command itself does."""
    for call in COMMAND.finditer(block.text.replace("\\\n", " ")):
        command = main.commands[call["name"]]
        command.make_context(call["name"], shlex.split(call["arguments"]), resilient_parsing=False)


def check_shell(block: Block, folder: Path) -> None:
    script = folder / "snippet.sh"
    script.write_text(block.text, encoding="utf-8")
    result = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    check_commands(block, folder)


def check_python(block: Block, _folder: Path) -> None:
    ast.parse(block.text)


def check_javascript(block: Block, folder: Path) -> None:
    program = folder / "snippet.mjs"
    program.write_text(block.text, encoding="utf-8")
    result = subprocess.run(["node", "--check", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def check_yaml(block: Block, folder: Path) -> None:
    document, *_ = yaml.safe_load_all(block.text)
    assert document is not None
    if isinstance(document, dict) and "description" in document and "openapi" not in document:
        (folder / "snippet.yaml").write_text(block.text, encoding="utf-8")
        server = MockServer(Settings(scenarios=str(folder))).server
        assert server.scenarios.find("snippet").description == document["description"]
    if isinstance(document, dict) and document.keys() == {"users"}:
        (folder / "users.yaml").write_text(block.text, encoding="utf-8")
        tokens = MockServer(Settings(fixtures=str(folder))).server.tokens
        assert document["users"][0]["token"] in [one["token"] for one in tokens]
    check_commands(block, folder)


def check_json(block: Block, _folder: Path) -> None:
    json.loads(block.text)


def check_toml(block: Block, _folder: Path) -> None:
    assert tomllib.loads(block.text)


def check_html(block: Block, _folder: Path) -> None:
    HTMLParser().feed(block.text)
    assert "<" in block.text


CHECKS: dict[str, Callable[[Block, Path], None]] = {
    "console": check_commands,  # and run, see above
    "sh": check_shell,
    "python": check_python,  # the tutorial's and the pytest guide's are run
    "js": check_javascript,  # the guides' to browsers and to the Foxy SDK are run
    "yaml": check_yaml,
    "json": check_json,
    "toml": check_toml,
    "html": check_html,
}
EXCUSED = {
    "text": "what a program prints, or a drawing",
    "ts": "parts of examples/playwright, which tests/e2e/test_playwright.py compares and runs",
    "": "templates of feeds and what they give, which tests/websale/language runs",
}


@pytest.mark.parametrize("block", [one for one in blocks() if one.language in CHECKS], ids=str)
def test_a_block_is_what_its_language_says(block: Block, tmp_path: Path) -> None:
    CHECKS[block.language](block, tmp_path)


def test_every_language_is_checked_or_excused() -> None:
    unknown = [
        f"{block}: {block.language}" for block in blocks() if block.language not in {*CHECKS, *EXCUSED}
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("language", "page"),
    [("", "docs/reference/template-language.md"), ("ts", "docs/guides/playwright.md")],
)
def test_what_other_tests_run_stands_where_they_look(language: str, page: str) -> None:
    assert {block.page for block in blocks() if block.language == language} == {page}


def test_a_command_that_does_not_exist_is_noticed(tmp_path: Path) -> None:
    block = Block("page.md", 1, "sh", "mockserver serve --prot 8080\n")
    with pytest.raises(click.UsageError, match="--prot"):
        check_commands(block, tmp_path)
