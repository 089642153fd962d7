"""Serve the interactive API documentation: Swagger UI, from this server alone."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import orjson

from mockserver.contract import Answer, Exchange
from mockserver.contract.server import administrators_token

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}


async def page(exchange: Exchange) -> Answer:
    """Serve the page; it opens on the first vendor API."""
    names = sorted(exchange.server.contract.specifications, key=lambda name: name.startswith("mock-"))
    facts = {
        "urls": [{"name": name, "url": f"openapi/{name}.json"} for name in names],
        "token": administrators_token(exchange.server.tokens),
    }
    html = (files("mockserver.control") / "docs.html").read_bytes()
    shown = orjson.dumps(facts).replace(b"<", b"\\u003c")  # a token must not end the script
    return Answer(body=html.replace(b"__FACTS__", shown), media_type="text/html; charset=utf-8")


async def asset(asset: str) -> Answer:
    """Serve one of Swagger UI's files; the specification lists which there are."""
    return Answer(
        body=_read(asset),
        media_type=MEDIA_TYPES[Path(asset).suffix],
        headers=[("Cache-Control", "max-age=3600")],
    )


@cache
def _read(asset: str) -> bytes:
    from swagger_ui_bundle import swagger_ui_path

    return (Path(swagger_ui_path) / asset).read_bytes()
