"""Read request bodies in every form that Foxy takes: JSON, XML, urlencoded, multipart (H-7, H-8, G-20).

The label of a body says little: Foxy's own SDK labels JSON ``text/plain``. What names no form of its own is
read as JSON if it is JSON, else as a form.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import orjson
from lxml import etree

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
XML = frozenset(("application/xml", "text/xml", "application/hal+xml"))
JSON = frozenset(("", "application/json", "application/hal+json", "text/plain"))
ROOT = "report"
"""Root element of an XML body (convention)."""


class BodyError(Exception):
    """Raised when a body cannot be read; the message says why."""


def parse_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """Return the properties in a body; an empty body, and one that is no object, has none.

    :raises BodyError: the body is not what its type says.
    """
    if not raw.strip():
        return {}
    essence = content_type.partition(";")[0].strip().lower()
    if essence == URLENCODED:
        return _parse_urlencoded(raw)
    if essence == MULTIPART:
        return _parse_multipart(raw, content_type)
    if essence in XML:
        return _parse_xml(raw)
    try:
        return _parse_json(raw)
    except BodyError:
        if essence in JSON:
            raise
        return _parse_urlencoded(raw)


def parse_form(raw: bytes, content_type: str) -> dict[str, str]:
    """Return the fields of a form, urlencoded or multipart; JSON does as well (FOXY-AUTH-FORM)."""
    try:
        fields = parse_body(raw, content_type)
    except BodyError:
        fields = _parse_urlencoded(raw)
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _parse_json(raw: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BodyError(f"The body is not JSON: {error}.") from error
    return value if isinstance(value, dict) else {}


def _parse_urlencoded(raw: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise BodyError(f"The form has more than 1000 fields: {error}.") from error


def _parse_multipart(raw: bytes, content_type: str) -> dict[str, Any]:
    message = BytesParser(policy=HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode("latin-1") + raw
    )
    if not message.is_multipart():
        raise BodyError("The body is not multipart/form-data, or its boundary is missing.")
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace")
    return fields


def _parse_xml(raw: bytes) -> dict[str, Any]:
    """Read ``<report><name>complete</name>…</report>``; entities are never resolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BodyError(f"The body is not XML: {error}.") from error
    if etree.QName(root).localname != ROOT:
        raise BodyError(f"The body's root element is <{etree.QName(root).localname}>, not <{ROOT}>.")
    return {etree.QName(child).localname: child.text or "" for child in root if isinstance(child.tag, str)}
