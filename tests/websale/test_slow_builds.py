"""Who has to wait for a template that takes its time: those who ask for what comes of it, and nobody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.websale.rendering import Rendering
from tests.conftest import Steps

BUILD = "/datafeeds/build"
Ask = Callable[[Steps], Any]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let no rendering go on before the gate is opened; what waits where it may not fails instead of hanging."""
    opened, render = threading.Event(), Rendering._render

    def wait(rendering: Rendering) -> str:
        return render(rendering) if opened.wait(5) else "the gate was never opened"

    monkeypatch.setattr(Rendering, "_render", wait)
    yield opened
    opened.set()


async def is_answered_only_through(gate: threading.Event, api: Steps, ask: Ask) -> httpx.Response:
    """Return the answer to a request, which has to wait while others are answered."""
    asked = asyncio.ensure_future(ask(api))
    for path, headers in (
        ("/_mock/health", {}),
        ("/_mock/metrics", {}),
        ("/_mock/clock", {"X-Mock-World": "another"}),
    ):
        answer = await api.client.get(path, headers=headers)
        assert answer.status_code == 200
    assert not asked.done()
    gate.set()
    answer = await asked
    assert answer.status_code == 200, answer.text
    return answer


ASKS: dict[str, Ask] = {
    "status": lambda api: api.get(f"{BUILD}/1/status"),
    "feed": lambda api: api.get("/datafeeds/1"),
    "feeds": lambda api: api.get("/datafeeds"),
    "export": lambda api: api.post("/report/dataFeed/start"),
    "jobs": lambda api: api.client.get("/_mock/jobs"),
    "timeline": lambda api: api.client.get("/_mock/jobs/1/timeline"),
    "state": lambda api: api.client.get("/_mock/state"),
    "other": lambda api: api.get("/report/order/status"),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
async def test_only_who_asks_waits_for_a_build_that_is_over_at_once(
    api: Steps, gate: threading.Event, ask: Ask
) -> None:
    started = await api.post(f"{BUILD}/1", headers={"Prefer": "profile=immediate"})
    assert started.json() == {"success": True}
    await is_answered_only_through(gate, api, ask)
    gate.set()
    assert {row["status"] for row in (await api.get(f"{BUILD}/1/status")).json()} == {"finished"}


MOVES: dict[str, Ask] = {
    "seconds": lambda api: api.client.post("/_mock/clock/advance", json={"seconds": 86_400}),
    "idle": lambda api: api.client.post("/_mock/clock/advance", json={"until": "idle"}),
    "finished": lambda api: api.client.post("/_mock/clock/advance", json={"until": "job:1:finished"}),
    "set": lambda api: api.client.put("/_mock/clock", json={"now": "2031-01-01T00:00:00Z"}),
    "complete": lambda api: api.client.post("/_mock/jobs/1/complete"),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_only_who_lets_time_pass_waits_for_the_builds_on_the_way(
    api: Steps, gate: threading.Event, move: Ask
) -> None:
    await api.post(f"{BUILD}/1")
    await is_answered_only_through(gate, api, move)
    assert {row["status"] for row in (await api.get(f"{BUILD}/1/status")).json()} == {"finished"}


async def test_time_goes_as_far_as_it_was_to_go_whatever_it_waited_for(
    api: Steps, gate: threading.Event
) -> None:
    await api.post(f"{BUILD}/all")
    before = (await api.client.get("/_mock/clock")).json()["now"]
    answer = await is_answered_only_through(gate, api, MOVES["seconds"])
    assert before[:10] < answer.json()["now"][:10]
    assert before[10:] == answer.json()["now"][10:]


async def test_who_polls_a_build_waits_for_it(api: Steps, gate: threading.Event) -> None:
    await api.post(f"{BUILD}/1", headers={"Prefer": "profile=polls"})
    await api.advance(1)
    await is_answered_only_through(gate, api, ASKS["status"])


async def test_many_who_ask_wait_together(api: Steps, gate: threading.Event) -> None:
    await api.post(f"{BUILD}/1", headers={"Prefer": "profile=immediate"})
    others = [asyncio.ensure_future(ASKS["status"](api)) for _ in range(50)]
    async with asyncio.timeout(60):
        while sum(thread.name == "verdict" for thread in threading.enumerate()) == 0:
            await asyncio.sleep(0)  # lets them have their turns
    await api.client.get("/_mock/health")
    assert sum(thread.name == "verdict" for thread in threading.enumerate()) == 1
    await is_answered_only_through(gate, api, ASKS["status"])
    assert {answer.status_code for answer in await asyncio.gather(*others)} == {200}


async def test_spans_that_pass_while_others_wait_add_up(api: Steps, gate: threading.Event) -> None:
    before = await now(api)
    await api.post(f"{BUILD}/1")
    others = [asyncio.ensure_future(MOVES["seconds"](api)) for _ in range(2)]
    await is_answered_only_through(gate, api, MOVES["seconds"])
    await asyncio.gather(*others)
    assert await now(api) - before == timedelta(days=3)


async def now(api: Steps) -> datetime:
    return datetime.fromisoformat((await api.client.get("/_mock/clock")).json()["now"])


async def test_a_scenario_on_top_waits_for_the_builds_that_are_under_way(
    api: Steps, gate: threading.Event
) -> None:
    await api.post(f"{BUILD}/1")
    scenario = "/_mock/scenarios/nearly-finished-order-export"
    await is_answered_only_through(gate, api, lambda api: api.client.post(scenario, json={"reset": False}))


async def test_a_listener_is_told_of_a_build_when_it_is_through(
    api: Steps, shared_app: MockServer, world: str, gate: threading.Event
) -> None:
    told: list[tuple[str, Any]] = []
    shared_app.server.worlds.get(world).announcer.listen(lambda topic, what: told.append((topic, what)))
    await api.post(f"{BUILD}/1", headers={"Prefer": "profile=immediate"})
    assert [what for topic, what in told if topic == "job"] == []
    await is_answered_only_through(gate, api, ASKS["status"])
    assert [what["state"] for topic, what in told if topic == "job"] == ["finished"]
