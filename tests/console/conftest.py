"""The console under Flask's own test client, on a server whose event loop runs in another thread, as in life."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from mockserver.app import MockServer
from mockserver.console.application import create_console
from mockserver.console.desk import Line
from mockserver.console.mount import LOOP, WORLD
from mockserver.settings import Settings
from tests.conftest import API, BASE_URL


class Page:
    """What the console answered."""

    def __init__(self, answer: TestResponse) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.html = answer.get_data(as_text=True)
        answer.close()

    @property
    def tree(self) -> Any:
        return html.fromstring(self.html)

    @property
    def text(self) -> str:
        """What a reader sees, with single spaces."""
        return " ".join(self.tree.text_content().split())

    @property
    def messages(self) -> list[str]:
        return [message.text_content().strip() for message in self.tree.xpath("//*[@id='messages']/p")]

    def links(self) -> list[str]:
        return [str(link) for link in self.tree.xpath("//main//a/@href")]

    def row(self, text: str) -> str:
        """Return the text of the table row in which something stands."""
        rows = [" ".join(row.text_content().split()) for row in self.tree.xpath("//tbody/tr")]
        found = [row for row in rows if text in row]
        assert len(found) == 1, rows
        return found[0]


class Console:
    """A browser without JavaScript, in one world."""

    def __init__(self, app: Flask, loop: asyncio.AbstractEventLoop, world: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.root = f"/w/{world}/_mock/ui"
        self._scope = {"scheme": "http", "server": ("mock.test", 80), LOOP: loop, WORLD: world}

    def open(self, path: str, method: str = "GET", **content: Any) -> TestResponse:
        return self.client.open(
            f"/{path}",
            method=method,
            base_url=f"{BASE_URL}{self.root}",
            environ_overrides={"asgi.scope": self._scope},
            **content,
        )

    def get(self, path: str = "", **headers: str) -> Page:
        return Page(self.open(path, headers=headers))

    def post(self, path: str, data: dict[str, Any] | None = None, back: str = "") -> Page:
        """Send a form of the page ``back``, and return the page that it leads to."""
        token = self.get(back).tree.xpath("//input[@name='csrf_token']/@value")[0]
        answer = self.open(path, "POST", data={"csrf_token": token, "back": back, **(data or {})})
        if answer.status_code != 303:
            return Page(answer)
        location = answer.headers["Location"]
        assert location.startswith(f"{self.root}/"), location
        return self.get(location.removeprefix(f"{self.root}/"))


class Server:
    """The server as its clients see it, in one world."""

    def __init__(self, app: MockServer, loop: asyncio.AbstractEventLoop, world: str) -> None:
        self._loop = loop
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url=BASE_URL,
            headers={"X-Mock-World": world, "X-Authorization": "Bearer admin-token"},
        )

    def call(self, method: str, path: str, **content: Any) -> httpx.Response:
        call = self._client.request(method, path, **content)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(30)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Make a control call and return the JSON of its answer."""
        answer = self.call(method, f"/_mock{path}", json=body)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def vendor(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Call the WEBSALE API."""
        return self.call(method, f"{API}{path}", **content)

    def advance(self, seconds: float) -> None:
        self.control("POST", "/clock/advance", {"seconds": seconds})


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="session")
def console_app(shared_app: MockServer) -> Flask:
    app = create_console(Line(shared_app), Settings())
    app.testing = True
    return app


@pytest.fixture
def console(console_app: Flask, loop_thread: asyncio.AbstractEventLoop, world: str) -> Console:
    return Console(console_app, loop_thread, world)


@pytest.fixture
def server(shared_app: MockServer, loop_thread: asyncio.AbstractEventLoop, world: str) -> Server:
    return Server(shared_app, loop_thread, world)
