"""Build HAL documents and answer with them: links, headers, ETag, 304."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha1
from typing import Any, TypeAlias
from urllib.parse import quote

import orjson

from mockserver.contract import Answer, Exchange
from mockserver.contract.specification import Specification
from mockserver.foxy.conventions import (
    API_ZONE,
    LINK_HEADER_HAS_DOWNLOAD,
    NOT_MODIFIED_WITH_DOWNLOAD,
)
from mockserver.foxy.dates import format_last_modified, parse_http_date
from mockserver.foxy.representations import HAL_JSON, choose_format, encode, full_rel
from mockserver.simulation.clock import SECOND

Document: TypeAlias = dict[str, Any]

CURIES = [{"name": "fx", "href": "https://api.foxycart.com/rels/{rel}", "templated": True}]
"""The only entry there ever is, whatever the API's own host (FOXY-REP-CURIES)."""

DOWNLOAD = "fx:download_url"
CACHE_CONTROL = ("Cache-Control", "private, must-revalidate")


def link(href: str, title: str, **more: str) -> dict[str, str]:
    """Return one link."""
    return {"href": href, "title": title, **more}


def links(**by_rel: Any) -> Document:
    """Return the links of a document, the curies before them."""
    return {"curies": CURIES, **by_rel}


def respond(
    exchange: Exchange,
    document: Document,
    *,
    status: int = 200,
    modified: int | None = None,
    location: str = "",
) -> Answer:
    """Answer with a document, in the form that the request wants, or with 304 when the client has it already.

    :param modified: calendar time for ``Last-Modified``, of single resources (FOXY-H-LASTMOD).
    """
    media_type = choose_format(exchange.headers)
    headers = [CACHE_CONTROL, *link_headers(document)]
    if location:
        headers.append(("Location", location))
    if status == 200 and exchange.method in ("GET", "HEAD"):
        tag = etag(_address(exchange), media_type, document)
        headers.append(("ETag", tag))
        if modified is not None:
            headers.append(("Last-Modified", format_last_modified(modified, API_ZONE)))
        if _is_current(exchange.headers, tag, modified) and may_be_not_modified(document):
            return Answer(304, body=b"", headers=headers)
    if media_type == HAL_JSON:
        return Answer(status, document, media_type=media_type, headers=headers)
    return Answer(status, body=encode(document, media_type), media_type=media_type, headers=headers)


def respond_allowed(exchange: Exchange) -> Answer:
    """Answer OPTIONS: which methods the resource has, in the order of the specification (G-11)."""
    if exchange.operation is None:
        raise TypeError("OPTIONS was answered without an operation.")
    own = link(f"{exchange.api_url}{exchange.path}", "This Resource")
    answer = respond(exchange, {"_links": links(self=own)})
    answer.headers.append(("Allow", _methods(exchange.operation.api, exchange.operation.title)))
    return answer


@lru_cache(maxsize=256)
def _methods(api: Specification, title: str) -> str:
    sources = list(api.operations())
    path = next(source.path for source in sources if source.title == title)
    return ", ".join(source.method.upper() for source in sources if source.path == path)


def may_be_not_modified(document: Document) -> bool:
    """Tell whether 304 can stand for the document: not if it has a download link, which would be a dead one.

    (FOXY-LINK-NO304)
    """
    if NOT_MODIFIED_WITH_DOWNLOAD:
        return True
    return not any(DOWNLOAD in part.get("_links", {}) for part in _parts(document))


def etag(address: str, media_type: str, document: Document) -> str:
    """Return a weak ETag of forty digits for the address and the representation, download links left out."""
    text = orjson.dumps([address, media_type, _stable(document)])
    return f'W/"{sha1(text, usedforsecurity=False).hexdigest()}"'


def _stable(document: Document) -> Document:
    """Return the document without the links that change with every look at it."""
    stable = dict(document)
    if "_links" in document:
        stable["_links"] = {rel: value for rel, value in document["_links"].items() if rel != DOWNLOAD}
    if "_embedded" in document:
        stable["_embedded"] = {
            rel: [_stable(part) for part in value] if isinstance(value, list) else _stable(value)
            for rel, value in document["_embedded"].items()
        }
    return stable


def link_headers(document: Document) -> list[tuple[str, str]]:
    """Return the document's links as ``Link`` headers (FOXY-H-LINK)."""
    return [
        ("Link", f'<{value["href"]}>;rel="{full_rel(rel)}";title="{value["title"]}"')
        for rel, value in document["_links"].items()
        if rel != "curies" and (rel != DOWNLOAD or LINK_HEADER_HAS_DOWNLOAD)
    ]


def _parts(document: Document) -> list[Document]:
    """Return the document and all that is embedded in it."""
    found = [document]
    for embedded in document.get("_embedded", {}).values():
        for part in embedded if isinstance(embedded, list) else [embedded]:
            found += _parts(part)
    return found


def _address(exchange: Exchange) -> str:
    query = f"?{exchange.query_string}" if exchange.query_string else ""
    return f"{exchange.api_url}{quote(exchange.path, safe='/%')}{query}"


def _is_current(headers: dict[str, str], tag: str, modified: int | None) -> bool:
    """Tell whether the client's copy is current; ``If-None-Match`` goes first (RFC 9110)."""
    known = headers.get("if-none-match")
    if known is not None:
        opaque = tag.removeprefix("W/")
        return known.strip() == "*" or opaque in (
            part.strip().removeprefix("W/") for part in known.split(",")
        )
    since = headers.get("if-modified-since")
    instant = parse_http_date(since) if since is not None else None
    return instant is not None and modified is not None and modified // SECOND * SECOND <= instant
