"""Run the ``js`` examples of a documentation page in Chromium, on pages of other origins than the server's.

``python -m tests.e2e.fetch_snippets docs/guides/browser.md …`` writes what the examples print below them;
``test_browser_guide.py`` compares. A page says 8080 for the server and 5173 for the web page; the ports of the run
stand in for them.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browser import chromium
from tests.running import run_server

EXAMPLE = re.compile(
    r"^```js(?: (?P<origin>\S+))?\n(?P<code>.*?)^```\n\n```text\n(?P<output>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
ORIGIN = "http://127.0.0.1:5173"
SERVER_PORT, PAGE_PORT = "8080", "5173"
FOREIGN = "--host-resolver-rules=MAP shop.example 127.0.0.1"
"""Lets pages of ``http://shop.example`` come from this machine."""
PRINT = "globalThis.printed = []; console.log = (...values) => { printed.push(values.join(' ')) }"
"""Lets what is printed be fetched in the order in which it was, when the example is over."""


class WebPage(BaseHTTPRequestHandler):
    """Answer everything with an empty page."""

    def do_GET(self) -> None:
        content = b'<!doctype html><title>A page</title><link rel="icon" href="data:,">'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def web_server() -> Iterator[str]:
    """Serve a page on a port of its own, and give that port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), WebPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def run(page: Page, code: str) -> str:
    """Run an example as if it was typed into the browser's console; return what it prints.

    What one example declares is there for the next.
    """
    console = page.context.new_cdp_session(page)
    result = console.send(
        "Runtime.evaluate", {"expression": f"{PRINT};\n{code}", "replMode": True, "awaitPromise": True}
    )
    console.detach()
    assert "exceptionDetails" not in result, result["exceptionDetails"]
    printed: list[str] = page.evaluate("printed")
    return "".join(f"{line}\n" for line in printed)


def play(guide: Path) -> Iterator[tuple[re.Match[str], str]]:
    """Run a page's examples in order; yield each with what it really printed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server(Path(folder), "--clock", "frozen", "--no-access-log") as server,
        web_server() as port,
        chromium(FOREIGN) as browser,
    ):
        ports = {SERVER_PORT: server.url.rpartition(":")[2], PAGE_PORT: port}
        context = browser.new_context()
        pages: dict[str, Page] = {}
        for example in EXAMPLE.finditer(guide.read_text(encoding="utf-8")):
            origin = example["origin"] or ORIGIN
            if origin not in pages:
                pages[origin] = context.new_page()
                pages[origin].goto(replaced(origin, ports))
            printed = run(pages[origin], replaced(example["code"], ports))
            yield example, replaced(printed, {real: told for told, real in ports.items()})


def replaced(text: str, ports: dict[str, str]) -> str:
    """Write one set of ports for another."""
    for told, real in ports.items():
        text = text.replace(f":{told}", f":{real}")
    return text


def rewrite(guide: Path) -> None:
    """Write what the examples really print into a page."""
    text = guide.read_text(encoding="utf-8")
    for example, printed in reversed(list(play(guide))):
        text = text[: example.start("output")] + printed + text[example.end("output") :]
    guide.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name))
