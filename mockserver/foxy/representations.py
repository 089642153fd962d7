"""The forms of a document: HAL in JSON, HAL in XML, Siren "to a limited degree" (H-5).

Documents are built as HAL in JSON; the other forms are made from that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from lxml import etree

HAL_JSON = "application/hal+json"
HAL_XML = "application/hal+xml"
SIREN = "application/vnd.siren+json"
FORMATS = {
    HAL_JSON: HAL_JSON,
    "application/json": HAL_JSON,
    HAL_XML: HAL_XML,
    SIREN: SIREN,
}
UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""

RELS = "https://api.foxycart.com/rels/"


def choose_format(headers: Mapping[str, str]) -> str:
    """Return the form that a request wants: by ``Accept`` where that names one, else by ``Content-Type``.

    The documents have the latter choose the form, Foxy's own clients send the former (H-6). Whatever neither
    names is HAL in JSON, never 406 (G-21).
    """
    wanted = sorted(_accepted(headers.get("accept", "")), key=lambda pair: -pair[1])
    for essence, quality in wanted:
        if essence in FORMATS and quality > 0:
            return FORMATS[essence]
    return FORMATS.get(headers.get("content-type", "").partition(";")[0].strip().lower(), HAL_JSON)


def _accepted(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        essence, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            found.append((essence, float(quality)))
        except ValueError:
            found.append((essence, 0.0))
    return found


def encode(document: dict[str, Any], media_type: str) -> bytes:
    """Return the document's bytes in one of the forms."""
    if media_type == HAL_XML:
        return etree.tostring(_resource(document, None), xml_declaration=True, encoding="UTF-8")
    if media_type == SIREN:
        return orjson.dumps(to_siren(document))
    return orjson.dumps(document)


def full_rel(rel: str) -> str:
    """Return a relation as links outside HAL write it: ``fx:report`` as its URI, ``self`` as it is."""
    return RELS + rel.removeprefix("fx:") if rel.startswith("fx:") else rel


def singular(rel: str) -> str:
    """Return the relation of one item of a collection: ``fx:report`` for ``fx:reports`` (C-10)."""
    return rel.removesuffix("s")


def to_siren(document: dict[str, Any], rel: str | None = None) -> dict[str, Any]:
    """Return the document as Siren: properties, entities, links (C-11)."""
    result: dict[str, Any] = {"rel": [full_rel(rel)]} if rel else {}
    result["properties"] = _properties(document)
    entities = [to_siren(part, name) for name, part in _embedded(document)]
    if entities:
        result["entities"] = entities
    result["links"] = [
        {"rel": [full_rel(name)], **{key: value[key] for key in ("href", "title") if key in value}}
        for name, value in document.get("_links", {}).items()
        if name != "curies"
    ]
    return result


def _resource(document: dict[str, Any], rel: str | None) -> etree._Element:
    """Return the document as HAL in XML: ``<resource href="…"><link rel="self" …/>…`` (C-10)."""
    links = document.get("_links", {})
    element = etree.Element("resource")
    if "self" in links:
        element.set("href", links["self"]["href"])
    if rel:
        element.set("rel", full_rel(rel))
    for name, value in links.items():
        if name != "curies":
            etree.SubElement(
                element, "link", {"rel": full_rel(name), **{k: _text(v) for k, v in value.items()}}
            )
    for name, part in _embedded(document):
        element.append(_resource(part, name))
    for name, value in _properties(document).items():
        etree.SubElement(element, name).text = _text(value)
    return element


def _properties(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("_links", "_embedded")}


def _embedded(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for rel, embedded in document.get("_embedded", {}).items():
        if isinstance(embedded, list):
            found += [(singular(rel), part) for part in embedded]
        else:
            found.append((rel, embedded))
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))
