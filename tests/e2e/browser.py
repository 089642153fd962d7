"""Debian's Chromium, driven by Playwright, with an eye on what a page must not do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("MOCKSERVER_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Start the browser, and close it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """What a page has said and loaded that it should not have."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._see(request.url, base_url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _see(self, url: str, base_url: str) -> None:
        if not url.startswith((f"{base_url}/", "data:", "blob:")):
            self.complaints.append(f"request to {url}")


def axe(page: Page) -> list[str]:
    """Return the serious findings of axe-core: rule, element, what is wrong."""
    page.evaluate(
        AXE.read_text(encoding="utf-8")
    )  # as a program of the debugger, which no policy of the page forbids
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
