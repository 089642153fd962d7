"""What the vendor would have sent."""

from __future__ import annotations

import httpx

from mockserver.app import MockServer
from mockserver.simulation.clock import SECOND
from mockserver.simulation.outbox import Outbox


def fill(app: MockServer, world: str) -> None:
    outbox = app.server.worlds.get(world).part(Outbox)
    outbox.send("mail", 0, {"to": "a@example.com"})
    outbox.send("webhook", 5 * SECOND, {"url": "https://example.com/hook", "body": {"feed": 1}})


async def test_an_outbox_is_empty_at_first(client: httpx.AsyncClient) -> None:
    assert (await client.get("/_mock/outbox")).json() == {"entries": []}


async def test_it_lists_what_was_sent_with_its_time(
    shared_app: MockServer, world: str, client: httpx.AsyncClient
) -> None:
    now = (await client.get("/_mock/clock")).json()["now"]
    outbox = shared_app.server.worlds.get(world).part(Outbox)
    outbox.send("webhook", shared_app.server.worlds.get(world).clock.ticks(), {"body": {"feed": 1}})
    assert (await client.get("/_mock/outbox")).json() == {
        "entries": [
            {
                "id": "1",
                "kind": "webhook",
                "time": now,
                "facts": {"body": {"feed": 1}},
            }
        ]
    }


async def test_it_can_be_emptied_and_its_ids_go_on(
    shared_app: MockServer, world: str, client: httpx.AsyncClient
) -> None:
    fill(shared_app, world)
    assert (await client.delete("/_mock/outbox")).status_code == 204
    assert (await client.get("/_mock/outbox")).json() == {"entries": []}
    fill(shared_app, world)
    entries = (await client.get("/_mock/outbox")).json()["entries"]
    assert [entry["id"] for entry in entries] == ["3", "4"]


async def test_worlds_have_outboxes_of_their_own(
    shared_app: MockServer, world: str, client: httpx.AsyncClient
) -> None:
    fill(shared_app, world)
    other = await client.get("/_mock/outbox", headers={"X-Mock-World": f"{world}-other"})
    assert other.json() == {"entries": []}


def test_the_last_entries_are_kept() -> None:
    outbox = Outbox(kept=3)
    for number in range(5):
        outbox.send("mail", number, {"to": number})
    assert [entry.facts["to"] for entry in outbox.list()] == [2, 3, 4]
    assert (len(outbox), outbox.room) == (3, 3)
