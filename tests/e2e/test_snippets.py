"""What the documentation shows is what a reader gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.snippets import CHECKOUT, comparable, pages, play


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_the_pages_sessions_print_what_the_page_says(page: Path) -> None:
    played = 0
    for step, output in play(page):
        assert comparable(output) == comparable(step.output), step.command
        played += 1
    assert played > 0
