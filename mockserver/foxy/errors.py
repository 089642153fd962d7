"""Put Foxy's error bodies together."""

from __future__ import annotations

from typing import Any


def merge(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one body with the entries of all, numbered (FOXY-MULTI-ERR, FOXY-ERR-SHAPE)."""
    entries = [entry for body in bodies for entry in body["_embedded"]["fx:errors"]]
    numbered = [{**entry, "logref": f"id-{number}"} for number, entry in enumerate(entries, 1)]
    return {**bodies[0], "total": len(numbered), "_embedded": {"fx:errors": numbered}}
