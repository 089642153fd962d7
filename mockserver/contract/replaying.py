"""Send a call of a journal again, through the whole application, as if its client had sent it once more.

What people are shown of a call is redacted; what is sent again is what came in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from mockserver.contract.delivery import ConnectionBroken
from mockserver.contract.errors import Rule
from mockserver.contract.exchange import Exchange
from mockserver.contract.loading import Contract
from mockserver.contract.recording import note_gone
from mockserver.simulation.journal import Call

PATIENCE = 30.0
"""Real seconds after which the answer to a call that was sent again is not waited for any longer."""

CONNECTION = ("asgi", "http_version", "scheme", "server", "client")
"""What a call that is sent again has in common with the call that asks for it."""


async def replay(exchange: Exchange, call: Call) -> Exchange:
    """Send a call again and return it as it went; its world has it in its journal.

    :raises Rule: ``MOCK-409-replay`` when not all of its body was kept.
    """
    body = _whole_body(exchange.server.contract, call)
    again = Exchange(_scope_of(exchange, call), _client_with(body), exchange.server)
    try:
        async with asyncio.timeout(PATIENCE):
            await exchange.server.serve(again, _ignore)
    except ConnectionBroken:
        pass  # by a fault, on purpose; the journal has what came before
    except TimeoutError:
        if again.answer is None:
            note_gone(again)
    return again


def _whole_body(contract: Contract, call: Call) -> bytes:
    """Return the body that came in; where the operation has none, nobody has read it, and nobody will."""
    kept, size = call.body or (b"", 0)
    headers = dict(call.headers)
    length = headers.get(b"content-length", b"")
    if length.isdigit() and len(length) < 19:
        size = max(size, int(length))
    unread = call.body is None and (size > 0 or b"transfer-encoding" in headers)
    operation = contract.operations.get(call.operation)
    if unread and (operation is None or ("body", "") not in operation.declared):
        return b""
    if unread or len(kept) < size:
        much = f"only {len(kept)} of {size} bytes" if kept else "nothing"
        raise Rule("MOCK-409-replay", explain=f"Of the body of request {call.number} {much} was kept.")
    return kept


def _scope_of(exchange: Exchange, call: Call) -> dict[str, Any]:
    path = call.prefix + call.path
    return {
        **{key: exchange.scope[key] for key in CONNECTION if key in exchange.scope},
        "type": "http",
        "method": call.sent_method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": call.query.encode("latin-1"),
        "headers": call.headers,
    }


def _client_with(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return what gives the application the body, and then nothing more."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    return receive


async def _ignore(_message: Any) -> None:
    """Take a part of the answer; what matters of it is in the journal."""
