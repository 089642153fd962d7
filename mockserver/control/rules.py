"""Show the rule catalogue."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Exchange


async def list_all(exchange: Exchange) -> dict[str, Any]:
    """List every rule: id, operation, status, type, reason, evidence, source."""
    return {"rules": [entry.to_json() for entry in exchange.server.contract.catalogue.values()]}
