"""Tell that the server is alive."""

from __future__ import annotations

from typing import Any

from mockserver import __version__
from mockserver.contract import Exchange


async def read(exchange: Exchange) -> dict[str, Any]:
    """Show the server's health; a violation is an answer that broke this server's own specification."""
    server = exchange.server
    return {
        "status": "ok",
        "version": __version__,
        "worlds": len(server.worlds),
        "violations": server.violations,
        "uptimeSeconds": round(exchange.started - server.started, 3),
        "specifications": list(server.contract.specifications),
    }
