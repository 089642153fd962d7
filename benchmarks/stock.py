"""Serve the report specification with stock Connexion, ``FlaskApp`` and ``AsyncApp``.

Each has a handler that returns a constant, and a security function that compares a constant, so that what is
measured is Connexion. Run by uvicorn: ``uvicorn --factory benchmarks.stock:flask_app``, with the path of the
bundled specification in ``BENCHMARK_SPECIFICATION``.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # Connexion 3.3 imports Starlette's test client, which warns about httpx.
    warnings.simplefilter("ignore")
    import connexion
    from connexion.resolver import Resolver

SPECIFICATION = "BENCHMARK_SPECIFICATION"
STATUS: dict[str, Any] = {
    "duration": 12,
    "end": "",
    "fileName": "orders_947bbbc6b27914ea35c0.json",
    "fileUrl": "http://127.0.0.1:8080/content/report/orders_947bbbc6b27914ea35c0.json",
    "hasProgress": True,
    "lastError": "",
    "percentage": 10,
    "processed": 12,
    "start": "2025-02-19T09:15:15.000000000Z",
    "status": 2,
    "total": 120,
}
"""An export's state, as long as the one that this server answers with while it is measured."""


def write_specification(bundled: bytes, folder: Path) -> Path:
    """Write the bundled specification, with this module's security function instead of the server's own."""
    document = json.loads(bundled)
    for scheme in document["components"]["securitySchemes"].values():
        scheme["x-apikeyInfoFunc"] = "benchmarks.stock.check_key"
    file = folder / "stock.json"
    file.write_text(json.dumps(document))
    return file


def check_key(apikey: str) -> dict[str, str] | None:
    """Accept the one token that the measurement sends."""
    return {"sub": "admin"} if apikey == "Bearer admin-token" else None


def status(service: str) -> dict[str, Any]:
    """Answer for Flask."""
    return STATUS


async def status_async(service: str) -> dict[str, Any]:
    """Answer for AsyncApp."""
    return STATUS


def flask_app() -> Any:
    """Make a ``FlaskApp``."""
    return _with_specification(connexion.FlaskApp(__name__), status)


def async_app() -> Any:
    """Make an ``AsyncApp``."""
    return _with_specification(connexion.AsyncApp(__name__), status_async)


def _with_specification(app: Any, handler: Callable[..., Any]) -> Any:
    """Add the specification; operations that are never called have the same handler."""
    file = Path(os.environ[SPECIFICATION])
    app.add_api(file, resolver=Resolver(lambda operation_id: handler), validate_responses=True)
    return app
