"""What follows a build: files delivered to another system, and a webhook.

Both are always recorded in the world's outbox, with everything that would have been sent and without credentials.
Files never leave the server. Webhooks do when ``--deliver-webhooks`` names their host; an attempt takes a few real
seconds at most, and the next one waits on the world's clock.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mockserver.records import Record
from mockserver.simulation.clock import SECOND
from mockserver.simulation.files import File
from mockserver.simulation.outbox import Outbox
from mockserver.simulation.worlds import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What ``webhookTriggerOptions.type`` can be; anything else, and nothing, is POST. No document lists the types."""
BODILESS = ("GET", "DELETE")
TIMEOUT = 5.0
"""Real seconds that one attempt may take."""
BACK_OFF = (10, 60, 300)
"""Virtual seconds before the second, third and fourth attempt; then it is given up."""
SECRET = re.compile(r"auth|token|secret|passw|api-?_?key|cookie|signature|credential", re.IGNORECASE)
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A build that has finished."""

    feed: Record
    job: str
    tick: int
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request that is to be sent, credentials included, and the part of the outbox that says what became of it."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: dict[str, Any] | None
    state: dict[str, Any]


class Deliveries:
    """Record what follows builds, and send the webhooks whose host is allowed.

    :param hosts: ``host`` or ``host:port`` of webhooks that are really sent; empty: none.
    """

    def __init__(self, hosts: Collection[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._running: set[asyncio.Task[None]] = set()

    def announce(self, world: World, delivered: Delivered) -> None:
        """Deliver the files of a build, then trigger its webhook, as far as the feed says so."""
        outbox, feed = world.part(Outbox), delivered.feed
        if feed["externalOutputTarget"]["type"] != "none":
            for file in delivered.files:
                outbox.send("delivery", delivered.tick, _delivery(delivered, file))
        if feed["options"]["webhookTrigger"]:
            webhook = _webhook(delivered)
            outbox.send("webhook", delivered.tick, _facts(delivered, webhook))
            if self._hosts:
                self._try(world, webhook, 0, delivered.tick)

    def allows(self, url: str) -> bool:
        """Tell whether a webhook may really be sent there."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        known = {host, f"{host}:{port or {'http': 80, 'https': 443}.get(parts.scheme)}"}
        return parts.scheme in ("http", "https") and bool(host) and not self._hosts.isdisjoint(known)

    def _try(self, world: World, webhook: Webhook, number: int, _tick: int) -> None:
        if not self.allows(webhook.url):
            webhook.state.update(
                state="refused", reason="The host is none of those that --deliver-webhooks names."
            )
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            webhook.state.update(
                state="failed", reason="The world's time passed outside of the server's loop."
            )
            return
        webhook.state["state"] = "pending"
        task = loop.create_task(self._attempt(world, webhook, number))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _attempt(self, world: World, webhook: Webhook, number: int) -> None:
        result = await _send(webhook)
        now = world.clock.ticks()
        webhook.state["attempts"].append({"time": world.clock.job_time(now), **result})
        status = result.get("status", 0)
        if 200 <= status < 300:
            webhook.state["state"] = "delivered"
        elif 300 <= status < 400:
            webhook.state.update(state="refused", reason="Redirects are not followed.")
        elif number == len(BACK_OFF):
            webhook.state["state"] = "failed"
        else:
            world.agenda.add(now + BACK_OFF[number] * SECOND, partial(self._try, world, webhook, number + 1))


async def _send(webhook: Webhook) -> dict[str, Any]:
    """Send the request; return its status, or why there is none."""
    import httpx

    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            asyncio.timeout(TIMEOUT),
            client.stream(webhook.method, webhook.url, headers=webhook.headers, json=webhook.body) as answer,
        ):
            return {"status": answer.status_code}
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        return {"error": type(error).__name__}


def _delivery(delivered: Delivered, file: File) -> dict[str, Any]:
    target = delivered.feed["externalOutputTarget"]
    return {
        "feed": delivered.feed["id"],
        "job": delivered.job,
        "type": target["type"],
        "host": target["host"],
        "port": target["port"],
        "user": target["user"],
        "password": REDACTED if target["password"] else "",
        "remotePath": posixpath.join(target["remotePath"], file.place, file.name),
        **_describe(file),
    }


def _webhook(delivered: Delivered) -> Webhook:
    feed = delivered.feed
    options = feed["options"]["webhookTriggerOptions"]
    method = options["type"].upper() if options["type"].upper() in METHODS else "POST"
    body = {
        "id": feed["id"],
        "name": feed["name"],
        "status": "finished",
        "files": [_describe(file) for file in delivered.files],
    }
    return Webhook(
        method,
        feed["options"]["webhookTrigger"],
        [(header["key"], header["value"]) for header in options["headerParams"]],
        None if method in BODILESS else body,
        {"state": "recorded", "attempts": []},
    )


def _facts(delivered: Delivered, webhook: Webhook) -> dict[str, Any]:
    return {
        "feed": delivered.feed["id"],
        "job": delivered.job,
        "method": webhook.method,
        "url": redact_url(webhook.url),
        "headers": [
            {"key": key, "value": REDACTED if SECRET.search(key) else value} for key, value in webhook.headers
        ],
        "body": webhook.body,
        "files": [_describe(file) for file in delivered.files],
        "delivery": webhook.state,
    }


def _describe(file: File) -> dict[str, Any]:
    return {"filePath": file.path, "size": file.size, "sha256": file.sha256}


def redact_url(url: str) -> str:
    """Return the address without user, password, and the values of parameters that look like secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return REDACTED
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(SECRET.search(name) for name, _ in query):
        shown = [(name, REDACTED if SECRET.search(name) else value) for name, value in query]
        parts = parts._replace(query=urlencode(shown, safe="[]"))
    _, at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{REDACTED}@{place}" if at else place))
