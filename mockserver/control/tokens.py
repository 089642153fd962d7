"""Show the tokens that a tester can call with."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Exchange


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List the access tokens of the fixtures; passwords and keys are not shown."""
    return {"tokens": exchange.server.tokens}
