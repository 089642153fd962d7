"""Write and read XML: `<orders><order>…</order></orders>`.

An array is `<field><item>…</item></field>` and null is `nil="true"`; read is also XML Schema's `xsi:nil="true"`.
Types come from the schema; a value that the schema says nothing about carries its own (`type="number"`; text is
the default). Two things that XML cannot say have a notation of their own: a text with control characters is a
JSON string (`encoding="json"`), and a property whose name is no XML name becomes `<property name="…">`.

Expat reads, without building a tree of the file. A document type declaration is refused, so there are no
entities to expand and nothing to fetch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from mockserver.records.codecs.rows import (
    CHUNK,
    BatchSizer,
    NoRecord,
    Row,
    check_charset,
    to_integer,
    to_number,
)
from mockserver.records.errors import CodecError
from mockserver.records.services import Schema, Service

__all__ = ["decode", "encode"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\r]")
_DEEPEST = 100
_NOTHING: Schema = {}


# Writing


def encode(service: Service, records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a document with one line a record."""
    iterator, sizer = iter(records), BatchSizer()
    before = f'<?xml version="1.0" encoding="UTF-8"?>\n<{service.root}>\n'
    while batch := list(islice(iterator, sizer.size)):
        out = [before]
        for record in batch:
            out.append(f"<{service.item}>")
            _write_properties(out, record, service.schema)
            out.append(f"</{service.item}>\n")
        chunk = "".join(out).encode()
        sizer.learn(len(chunk), len(batch))
        yield chunk
        before = ""
    yield f"{before}</{service.root}>\n".encode()


def _write_properties(out: list[str], value: Mapping[str, Any], schema: Schema) -> None:
    properties = schema.get("properties", _NOTHING)
    for name, part in value.items():
        if _NAME.fullmatch(name):
            _write(out, name, "", part, properties.get(name, _NOTHING))
        elif _ILLEGAL.search(name):
            _write(
                out,
                "property",
                f" json-name={quoteattr(json.dumps(name))}",
                part,
                properties.get(name, _NOTHING),
            )
        else:
            _write(out, "property", f" name={quoteattr(name)}", part, properties.get(name, _NOTHING))


def _write(out: list[str], tag: str, attributes: str, value: Any, schema: Schema) -> None:
    if value is None:
        out.append(f'<{tag}{attributes} nil="true"/>')
        return
    kind = _kind(value)
    expected = schema.get("type") or ("object" if kind == "object" and value else "string")
    if kind != expected and not (kind == "integer" and expected == "number"):
        attributes += f' type="{"number" if kind == "integer" else kind}"'
    if kind == "object":
        out.append(f"<{tag}{attributes}>")
        _write_properties(out, value, schema)
    elif kind == "array":
        out.append(f"<{tag}{attributes}>")
        items = schema.get("items", _NOTHING)
        for item in value:
            _write(out, "item", "", item, items)
    elif kind == "string":
        if _ILLEGAL.search(value):
            attributes, value = f'{attributes} encoding="json"', json.dumps(value)
        if _SPECIAL.search(value):
            value = escape(value, {"\r": "&#13;"})
        out.append(f"<{tag}{attributes}>{value}")
    else:
        out.append(
            f"<{tag}{attributes}>{('true' if value else 'false') if kind == 'boolean' else repr(value)}"
        )
    out.append(f"</{tag}>")


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "object" if isinstance(value, Mapping) else "array"


# Reading


def decode(service: Service, stream: BinaryIO, charset: str | None = None) -> Iterator[Row]:
    """Yield the records; a charset that the sender named goes before the one that the document declares."""
    reader = _Reader(service, check_charset(charset) if charset else None)
    while data := stream.read(CHUNK):
        yield from reader.feed(data)
    yield from reader.feed(b"")


class _Node:
    """Hold an element while its record is being read."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[_Node] = []
        self.text = ""


class _Reader:
    """Turn what Expat reports to rows; holds one record at a time."""

    def __init__(self, service: Service, charset: str | None) -> None:
        self._service = service
        self._open: list[_Node] = []
        self._depth = 0
        self._rows: list[Row] = []
        self._parser = expat.ParserCreate(charset)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, data: bytes) -> Iterator[Row]:
        """Read some bytes, none at the end; yield the rows that they complete, then raise what is wrong."""
        problem: CodecError | None = None
        try:
            self._parser.Parse(data, not data)
        except CodecError as error:
            problem = error
        except expat.ExpatError as error:
            problem = CodecError(error.lineno, expat.ErrorString(error.code))
        except (LookupError, ValueError) as error:
            problem = CodecError(self._parser.CurrentLineNumber, f"the charset cannot be read: {error}")
        rows, self._rows = self._rows, []
        yield from rows
        if problem is not None:
            raise problem

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            if tag != self._service.root:
                reason = f"the document is <{tag}>, not <{self._service.root}>"
                raise CodecError(self._parser.CurrentLineNumber, reason)
        elif self._depth > _DEEPEST:
            raise CodecError(self._parser.CurrentLineNumber, f"elements are nested deeper than {_DEEPEST}")
        else:
            node = _Node(tag, attributes)
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if self._open:
            node = self._open.pop()
            if not self._open:
                self._rows.append(self._row(node))

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text
        elif text.strip():
            reason = f"<{self._service.root}> holds text where records should be"
            raise CodecError(self._parser.CurrentLineNumber, reason)

    def _refuse(self, *_: object) -> None:
        raise CodecError(self._parser.CurrentLineNumber, "a document type declaration is not allowed")

    def _row(self, node: _Node) -> Row:
        line = self._parser.CurrentLineNumber
        if node.tag != self._service.item:
            return NoRecord(line, f"<{node.tag}> is no <{self._service.item}>")
        if not node.children and node.text.strip():
            return NoRecord(line, "a row is text, not an object")
        value = _read(node, self._service.schema)
        return value if isinstance(value, dict) else NoRecord(line, "a row is not an object")


def _read(node: _Node, schema: Schema) -> Any:
    attributes = node.attributes
    if attributes:
        if attributes.get("nil", attributes.get("xsi:nil")) in ("true", "1"):
            return None
        kind = attributes.get("type") or schema.get("type")
    else:
        kind = schema.get("type")
    if kind is None:
        kind = "object" if node.children else "string"
    if kind == "object":
        properties = schema.get("properties", _NOTHING)
        names = ((_property_name(child), child) for child in node.children)
        if not node.children and node.text.strip():
            return node.text
        return {name: _read(child, properties.get(name, _NOTHING)) for name, child in names}
    if kind == "array":
        if not node.children and node.text.strip():
            return node.text
        items = schema.get("items", _NOTHING)
        return [_read(child, items) for child in node.children]
    if node.children:  # an object where the schema has a scalar: validation names it
        return {_property_name(child): _read(child, _NOTHING) for child in node.children}
    if kind == "string":
        return _json_string(node.text) if attributes.get("encoding") == "json" else node.text
    return _scalar(node.text, kind)


def _scalar(text: str, kind: str) -> Any:
    stripped = text.strip()
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(stripped, text)
    value = to_number(stripped) if kind == "number" else to_integer(stripped)
    return text if value is None else value


def _property_name(node: _Node) -> str:
    if not node.attributes:
        return node.tag
    if "json-name" in node.attributes:
        return _json_string(node.attributes["json-name"])
    return node.attributes.get("name", node.tag) if node.tag == "property" else node.tag


def _json_string(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text
