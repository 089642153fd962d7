"""What follows a build: deliveries and webhooks in the outbox, and webhooks that are really sent."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.simulation import travel
from mockserver.simulation.outbox import Outbox
from mockserver.websale.delivery import BACK_OFF, Deliveries, redact_url
from tests.conftest import Steps, make_client
from tests.running import NOW

IMMEDIATE = {"Prefer": "profile=immediate"}


async def entries(api: Steps) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await api.client.get("/_mock/outbox")).json()["entries"]
    return listed


async def built(api: Steps, id: int) -> list[dict[str, Any]]:
    await api.post(f"/datafeeds/build/{id}", headers=IMMEDIATE)
    return await entries(api)


# The outbox


async def test_a_build_with_an_external_target_is_delivered_there(api: Steps) -> None:
    delivery, _ = await built(api, 4)
    [file] = (await api.client.get("/_mock/files")).json()["files"]
    assert delivery["kind"] == "delivery"
    assert delivery["time"] == file["time"]
    assert delivery["facts"] == {
        "feed": 4,
        "job": "1",
        "type": "ftp",
        "host": "ftp.marketplace.example",
        "port": 21,
        "user": "myshop",
        "password": "[redacted]",
        "remotePath": "/incoming/english/marketplace.csv.gz",
        "filePath": "english/marketplace.csv.gz",
        "size": file["size"],
        "sha256": file["sha256"],
    }


async def test_each_subshops_file_is_delivered(api: Steps) -> None:
    await api.put("/datafeeds/4", json={"subshopIds": [], "options": {"webhookTrigger": ""}})
    delivered = [entry["facts"]["remotePath"] for entry in await built(api, 4)]
    assert delivered == [f"/incoming/{name}/marketplace.csv.gz" for name in ("deutsch", "english", "outlet")]


async def test_a_webhook_is_recorded_with_all_that_would_have_been_sent(api: Steps) -> None:
    _, webhook = await built(api, 4)
    [file] = (await api.client.get("/_mock/files")).json()["files"]
    described = {key: file[key] for key in ("filePath", "size", "sha256")}
    assert webhook["kind"] == "webhook"
    assert webhook["facts"] == {
        "feed": 4,
        "job": "1",
        "method": "POST",
        "url": "https://hooks.marketplace.example/feeds",
        "headers": [{"key": "X-Feed", "value": "4"}],
        "body": {"id": 4, "name": "Marketplace", "status": "finished", "files": [described]},
        "files": [described],
        "delivery": {"state": "recorded", "attempts": []},
    }


@pytest.mark.parametrize(
    ("kind", "method", "has_body"),
    [("get", "GET", False), ("PUT", "PUT", True), ("", "POST", True), ("x", "POST", True)],
)
async def test_the_type_of_the_webhook_is_its_method(
    api: Steps, kind: str, method: str, has_body: bool
) -> None:
    await api.put("/datafeeds/4", json={"options": {"webhookTriggerOptions": {"type": kind}}})
    facts = (await built(api, 4))[-1]["facts"]
    assert (facts["method"], facts["body"] is not None) == (method, has_body)


async def test_credentials_do_not_get_into_the_outbox(api: Steps) -> None:
    headers = [{"key": "Authorization", "value": "Bearer hidden"}, {"key": "X-Api-Key", "value": "hidden"}]
    hook = {
        "webhookTrigger": "https://me:hidden@hooks.example/a?token=hidden&x=1",
        "webhookTriggerOptions": {"headerParams": headers, "type": "post"},
    }
    feed = (
        await api.put("/datafeeds/4", json={"options": hook, "externalOutputTarget": {"password": "hidden"}})
    ).json()
    assert feed["externalOutputTarget"]["password"] == "hidden", "the feed itself shows it, like the vendor"
    sent = await built(api, 4)
    assert "hidden" not in json.dumps(sent)
    assert sent[-1]["facts"]["url"] == "https://[redacted]@hooks.example/a?token=[redacted]&x=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("https://u@a.example:81/", "https://[redacted]@a.example:81/"),
        ("nonsense", "nonsense"),
        ("http://[", "[redacted]"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


async def test_nothing_follows_a_build_that_has_failed_or_was_replaced(api: Steps) -> None:
    await api.post("/datafeeds/build/4")
    await api.post("/datafeeds/build/4", headers={"Prefer": "profile=failing"})
    await api.finish()
    assert await entries(api) == []


async def test_a_feed_without_target_and_webhook_sends_nothing(api: Steps) -> None:
    assert await built(api, 1) == []


# Really sending


@dataclass
class Receiver:
    """A server that takes webhooks; it answers with one status after the other, the last one for ever."""

    statuses: list[int]
    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            ),
            0,
        )
        self.requests.append(head + await reader.readexactly(length))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        place = f"location: http://127.0.0.1:{self.port}/elsewhere\r\n" if status // 100 == 3 else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{place}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver([*statuses])
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


@asynccontextmanager
async def delivering(*hosts: str) -> AsyncIterator[Steps]:
    app = MockServer(Settings(clock="frozen", now=NOW, deliver_webhooks=hosts))
    async with make_client(app) as client:
        yield Steps(client)


async def hook(api: Steps, url: str) -> None:
    await api.put("/datafeeds/4", json={"options": {"webhookTrigger": url}})
    await built(api, 4)


async def outcome(api: Steps, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for the sender, which works beside the requests, and return what the outbox says."""
    async with asyncio.timeout(60):
        while True:
            [*_, webhook] = await entries(api)
            delivery: dict[str, Any] = webhook["facts"]["delivery"]
            if until(delivery):
                return delivery
            await asyncio.sleep(0)


def settled(delivery: dict[str, Any]) -> bool:
    return delivery["state"] != "pending"


async def test_a_webhook_is_really_sent_to_an_allowed_host() -> None:
    async with receiving(204) as receiver, delivering("127.0.0.1") as api:
        await hook(api, f"http://127.0.0.1:{receiver.port}/feeds?a=1")
        delivery = await outcome(api, settled)
    assert delivery["state"] == "delivered"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [204]
    [request] = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /feeds?a=1 HTTP/1.1\r\n")
    assert b"X-Feed: 4" in head
    sent = json.loads(body)
    assert (sent["id"], len(sent["files"])) == (4, 1)


async def test_nothing_is_sent_unless_the_host_was_named() -> None:
    async with receiving(200) as receiver, delivering("localhost", "127.0.0.1:1") as api:
        await hook(api, f"http://127.0.0.1:{receiver.port}/")
        assert (await outcome(api, settled))["state"] == "refused"
    assert receiver.requests == []


async def test_without_the_option_webhooks_are_recorded_only(api: Steps) -> None:
    async with receiving(200) as receiver:
        await hook(api, f"http://127.0.0.1:{receiver.port}/")
        assert (await outcome(api, settled))["state"] == "recorded"
    assert receiver.requests == []


async def test_a_redirect_is_not_followed() -> None:
    async with receiving(302) as receiver, delivering("127.0.0.1") as api:
        await hook(api, f"http://127.0.0.1:{receiver.port}/")
        delivery = await outcome(api, settled)
    assert (delivery["state"], delivery["reason"]) == ("refused", "Redirects are not followed.")
    assert len(receiver.requests) == 1


async def test_a_refused_attempt_is_repeated_on_the_worlds_clock() -> None:
    async with receiving(500, 503, 200) as receiver, delivering("127.0.0.1") as api:
        await hook(api, f"http://127.0.0.1:{receiver.port}/")
        for number, pause in enumerate(BACK_OFF[:2], start=1):
            delivery = await outcome(api, lambda d, number=number: len(d["attempts"]) == number)
            assert delivery["state"] == "pending"
            await api.advance(pause - 1)
            assert len(receiver.requests) == number
            await api.advance(1)
        delivery = await outcome(api, settled)
    assert delivery["state"] == "delivered"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 503, 200]


async def test_a_host_that_does_not_answer_is_given_up_in_the_end() -> None:
    async with receiving(200) as receiver:
        port = receiver.port
    async with delivering("127.0.0.1") as api:
        await hook(api, f"http://127.0.0.1:{port}/")
        for number, pause in enumerate(BACK_OFF, start=1):
            await outcome(api, lambda d, number=number: len(d["attempts"]) == number)
            await api.advance(pause)
        delivery = await outcome(api, settled)
    assert delivery["state"] == "failed"
    assert {attempt["error"] for attempt in delivery["attempts"]} == {"ConnectError"}
    assert len(delivery["attempts"]) == 1 + len(BACK_OFF)


@pytest.mark.parametrize("header", [{"key": "Bad\nName", "value": "x"}, {"key": "X", "value": "é\r\nY: 1"}])
async def test_headers_that_cannot_be_sent_are_no_bug(header: dict[str, str]) -> None:
    async with receiving(200) as receiver, delivering("127.0.0.1") as api:
        options = {"webhookTriggerOptions": {"headerParams": [header]}}
        await api.put("/datafeeds/4", json={"options": options})
        await hook(api, f"http://127.0.0.1:{receiver.port}/")
        delivery = await outcome(api, lambda d: bool(d["attempts"]))
    assert "error" in delivery["attempts"][0]
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://hooks.example/x", True),
        ("https://HOOKS.example:8443/x", True),
        ("https://only.example:81/", True),
        ("https://only.example/", False),
        ("http://hooks.example.evil/", False),
        ("http://hooks.example@evil/", False),
        ("http://sub.hooks.example/", False),
        ("ftp://hooks.example/", False),
        ("//hooks.example/", False),
        ("hooks.example", False),
        ("http://hooks.example:x/", False),
        ("http://[/", False),
        ("", False),
    ],
)
def test_only_named_hosts_are_allowed(url: str, allowed: bool) -> None:
    assert Deliveries(["Hooks.example", "only.example:81"]).allows(url) is allowed


async def test_the_digest_in_the_outbox_is_that_of_the_file(api: Steps) -> None:
    delivery, _ = await built(api, 4)
    content = (await api.client.get("/_mock/files/4/english/marketplace.csv.gz")).content
    assert delivery["facts"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert delivery["facts"]["size"] == len(content)


async def test_the_log_has_no_credentials(api: Steps, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="mockserver"):
        await api.put("/datafeeds/4", json={"externalOutputTarget": {"password": "hidden"}})
        await built(api, 4)
    assert "hidden" not in caplog.text


def test_time_that_passes_outside_of_the_loop_sends_nothing() -> None:
    app = MockServer(Settings(clock="frozen", now=NOW, deliver_webhooks=("hooks.marketplace.example",)))
    world = app.server.worlds.get()
    travel.advance(world, 24 * 3600)
    webhooks = [entry for entry in world.part(Outbox).list() if entry.kind == "webhook"]
    assert {entry.facts["delivery"]["state"] for entry in webhooks} == {"failed"}
