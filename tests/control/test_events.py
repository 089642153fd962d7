"""The stream of events: what happens in a world as it happens, to listeners that come and go."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.contract.events import Listener, follow
from mockserver.contract.exchange import Exchange
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client
from tests.running import run_server

Event = tuple[str, Any]


class Stream:
    """One listener at the application."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: asyncio.Queue[str] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.ended = False

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        elif message.get("more_body"):
            await self.parts.put(message["body"].decode())
        else:
            self.ended = True
            await self.parts.put("")

    async def next(self) -> Event:
        """Return name and data of the next event; a comment has no name."""
        text = await asyncio.wait_for(self.parts.get(), 5)
        lines = dict(line.partition(": ")[::2] for line in text.splitlines())
        return lines.get("event", ""), json.loads(lines["data"]) if "data" in lines else text


@asynccontextmanager
async def listen(app: MockServer, world: str, **headers: str) -> AsyncIterator[Stream]:
    """Listen to a world."""
    stream = Stream()
    sent = {"x-mock-world": world, **headers}
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/_mock/events",
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
    }
    task = asyncio.create_task(app(scope, stream.receive, stream.send))
    try:
        assert (await stream.next())[1].startswith("retry: ")
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(task, 5)


async def test_a_call_is_told_when_it_was_answered(api: Steps, shared_app: MockServer, world: str) -> None:
    async with listen(shared_app, world) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await api.post("/report/order/pause")
        name, call = await stream.next()
    assert name == "request"
    assert (call["id"], call["operation"], call["status"]) == ("1", "POST report/{service}/pause", 404)
    assert (call["rule"], call["world"]) == ("REP-PAUSE-404", world)


async def test_what_happens_to_a_job_is_told(api: Steps, shared_app: MockServer, world: str) -> None:
    async with listen(shared_app, world) as stream:
        await api.post("/report/order/start")
        await api.advance(2)
        await api.post("/report/order/pause")
        events = [await stream.next() for _ in range(5)]
    assert [name for name, _ in events] == ["job", "request", "clock", "job", "request"]
    assert [data["state"] for name, data in events if name == "job"] == ["starting", "paused"]


async def test_an_end_by_itself_is_told_when_the_world_catches_up(
    api: Steps, shared_app: MockServer, world: str
) -> None:
    async with listen(shared_app, world) as stream:
        await api.post("/report/order/start")
        await api.finish()
        events = [await stream.next() for _ in range(3)]
    assert [data["state"] for name, data in events if name == "job"] == ["starting", "finished"]
    assert events[-1][1]["percentage"] == 100


async def test_in_a_world_whose_clock_runs_nobody_has_to_call_for_it() -> None:
    app = MockServer(Settings(clock="running", speed=1000))
    async with listen(app, "default") as stream, make_client(app) as client:
        await client.post(f"{API}/report/order/start")
        events = [await stream.next() for _ in range(3)]
    assert [data["state"] for name, data in events if name == "job"][-1] == "finished"


async def test_what_is_done_to_the_clock_is_told(
    client: httpx.AsyncClient, shared_app: MockServer, world: str
) -> None:
    async with listen(shared_app, world) as stream:
        await client.put("/_mock/clock", json={"now": "2026-03-01T12:00:00Z", "speed": 2})
        await client.post("/_mock/clock/advance", json={"seconds": 5})
        await client.put("/_mock/clock", json={"mode": "frozen"})
        events = [await stream.next() for _ in range(3)]
    assert events == [
        ("clock", {"mode": "frozen", "speed": 2.0, "now": f"2026-03-01T12:00:{seconds}.000000000Z"})
        for seconds in ("00", "05", "05")
    ]


async def test_what_becomes_of_a_fault_is_told(api: Steps, shared_app: MockServer, world: str) -> None:
    async with listen(shared_app, world) as stream:
        await api.client.post("/_mock/faults", json={"rule": "REP-START-503-trigger", "times": 1})
        await api.client.post(f"{API}/report/order/start")
        await api.client.delete("/_mock/faults")
        events = [await stream.next() for _ in range(4)]
    assert [name for name, _ in events] == ["fault", "fault", "request", "fault"]
    told = [data for name, data in events if name == "fault"]
    assert [each["change"] for each in told] == ["placed", "fired", "removed"]
    assert [(each["fault"]["fired"], each["fault"]["active"]) for each in told] == [
        (0, True),
        (1, False),
        (1, False),
    ]


async def test_virtual_latency_moves_the_clock_and_says_so(
    api: Steps, shared_app: MockServer, world: str
) -> None:
    await api.client.post("/_mock/faults", json={"latencySeconds": 30, "virtual": True})
    before = (await api.client.get("/_mock/clock")).json()["now"]
    async with listen(shared_app, world) as stream:
        await api.get("/report/order/status")
        events = dict([await stream.next() for _ in range(3)])
    assert events.keys() == {"fault", "clock", "request"}
    passed = datetime.fromisoformat(events["clock"]["now"]) - datetime.fromisoformat(before)
    assert passed == timedelta(seconds=30)


async def test_several_listeners_are_told_and_worlds_do_not_hear_each_other(
    api: Steps, shared_app: MockServer, world: str
) -> None:
    async with (
        listen(shared_app, world) as one,
        listen(shared_app, world) as other,
        listen(shared_app, f"{world}-other") as elsewhere,
    ):
        await api.get("/report/order/status")
        assert (await one.next())[1]["id"] == (await other.next())[1]["id"] == "1"
        assert elsewhere.parts.empty()


async def test_who_comes_back_gets_what_was_missed(api: Steps, shared_app: MockServer, world: str) -> None:
    for _ in range(3):
        await api.get("/report/order/status")
    async with listen(shared_app, world, last_event_id="1") as stream:
        assert [(await stream.next())[1]["id"] for _ in range(2)] == ["2", "3"]


async def test_no_secrets_are_told(client: httpx.AsyncClient, shared_app: MockServer, world: str) -> None:
    async with listen(shared_app, world) as stream:
        await client.get(f"{API}/login/checkToken/s3cret-token")
        _, call = await stream.next()
    assert call["path"] == f"{API}/login/checkToken/[redacted]"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/reset"),
        ("DELETE", "/worlds/{world}"),
        ("POST", "/snapshots/before/restore"),
        ("POST", "/scenarios/fresh-shop"),
    ],
)
async def test_reset_is_the_last_event_of_a_world(
    client: httpx.AsyncClient, shared_app: MockServer, world: str, method: str, path: str
) -> None:
    await client.put("/_mock/snapshots/before")
    async with listen(shared_app, world) as stream, make_client(shared_app) as other:
        await other.request(method, f"/_mock{path}".format(world=world), headers={"X-Mock-World": world})
        assert await stream.next() == ("reset", {"world": world})
        await stream.next()
        assert stream.ended


async def test_nothing_is_left_of_a_listener_that_went(shared_app: MockServer, world: str) -> None:
    listeners = shared_app.server.worlds.get(world).announcer
    async with listen(shared_app, world):
        assert len(listeners.listeners) == 1
    assert listeners.listeners == ()
    assert shared_app.server.at_stop == set()


async def test_the_stream_ends_when_the_server_stops(shared_app: MockServer, world: str) -> None:
    async with listen(shared_app, world) as stream:
        shared_app.stop()
        await stream.next()
        assert stream.ended


def exchange_of(app: MockServer, world: str) -> Exchange:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    scope = {"method": "GET", "path": "/_mock/events", "query_string": b"", "headers": []}
    exchange = Exchange(scope, receive, app.server)
    exchange.world = app.server.worlds.get(world)
    return exchange


async def test_a_silent_stream_shows_that_it_is_alive(shared_app: MockServer, world: str) -> None:
    stream = follow(exchange_of(shared_app, world), heartbeat=0.001)
    await anext(stream)
    assert await anext(stream) == b": still here\n\n"
    await stream.aclose()


async def test_a_listener_that_does_not_read_is_dropped(
    api: Steps, shared_app: MockServer, world: str
) -> None:
    stream = follow(exchange_of(shared_app, world), limit=2)
    await anext(stream)
    for _ in range(3):
        await api.get("/report/order/status")
    assert [part.partition(b"\n")[0] async for part in stream] == [b"event: dropped"]


async def test_a_listener_can_be_told_from_another_thread() -> None:
    listener = Listener()
    taking = asyncio.create_task(listener.take(5))
    await asyncio.to_thread(listener.tell, "job", {"id": "1"})
    assert await taking == [("job", {"id": "1"})]
    await asyncio.to_thread(listener.tell, "end", None)
    assert (await listener.take(5), listener.open) == ([], False)


def test_a_server_with_listeners_ends_without_cutting_them_off(tmp_path: Path) -> None:
    with (
        run_server(tmp_path, "--no-access-log") as server,
        httpx.stream("GET", f"{server.url}/_mock/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        httpx.get(f"{server.url}{API}/report/order/status")
        assert any(line == "event: request" for line in lines)
        server.process.send_signal(signal.SIGTERM)
        _, log = server.process.communicate(timeout=10)
        assert server.process.returncode == 0
        # What uvicorn says after a second when it has to cancel what does not end by itself.
        assert "running task(s)" not in log
        assert [line for line in lines if line.startswith("event")] == []
