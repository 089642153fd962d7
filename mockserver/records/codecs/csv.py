"""Write and read CSV as RFC 4180 has it: commas, a header row, CRLF.

A nested object becomes one column a property (`meta.currentLogin`); an array, or an object that may have any
property, is JSON in its cell. An empty cell is null where the schema allows that, and else absent; a quoted
empty cell, `""`, is the empty string. Python's `csv` cannot tell the two apart, neither on writing nor on
reading, but is fast: so it does the work, and a stand-in that no text contains takes the place of empty
strings around it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import orjson

from mockserver.records.codecs.rows import (
    CHUNK,
    BatchSizer,
    NoRecord,
    Row,
    check_charset,
    counted,
    to_integer,
    to_number,
)
from mockserver.records.errors import CodecError
from mockserver.records.services import FieldType, Schema, Service, is_free_form, scalar_type

__all__ = ["decode", "encode", "header"]

_EMPTY = "\udc80"
"""Stands for an empty string: half of a surrogate pair, which is part of no valid text."""

_LARGEST_CELL = 16 * 1024 * 1024
_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^,\r\n]*))(,|\r\n|\r|\n|\Z)')
_BOOLEANS = {"true": True, "false": False}

csv.field_size_limit(_LARGEST_CELL)


@dataclass(frozen=True, slots=True)
class Column:
    """Describe a column; `type` is None for a cell with JSON in it."""

    path: tuple[str, ...]
    type: FieldType | None
    nullable: bool

    @property
    def name(self) -> str:
        """Return what the header calls the column."""
        return ".".join(self.path)


def header(service: Service) -> tuple[str, ...]:
    """Return the columns of a service in the order of its schema."""
    return tuple(column.name for column in _columns(service.schema))


def encode(service: Service, records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a header and the records."""
    columns = tuple(_columns(service.schema))
    to_cells = _compile_writer(columns)
    iterator, sizer, buffer = iter(records), BatchSizer(), io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([column.name for column in columns])
    while batch := list(islice(iterator, sizer.size)):
        writer.writerows(map(to_cells, batch))
        chunk = _taken(buffer)
        sizer.learn(len(chunk), len(batch))
        yield chunk
    if rest := _taken(buffer):
        yield rest


def decode(service: Service, stream: BinaryIO, charset: str | None = None) -> Iterator[Row]:
    """Yield the rows; the header may name any of the service's columns in any order, and unknown ones too.

    A cell that does not fit its column stays a string. An unknown column becomes a string property.
    """
    encoding = check_charset(charset)
    seen: list[str] = []
    reader = csv.reader(counted(_lines(stream, encoding), seen), strict=True)
    try:
        columns = _read_header(service, next(reader, None))
        to_record, width = _compile_reader(columns), len(columns)
        seen.clear()
        for cells in reader:
            if "" in cells and any('""' in line for line in seen):
                cells = _tokens("".join(seen))
            seen.clear()
            if len(cells) == width:
                yield to_record(cells)
            elif cells:
                reason = f"a row has {len(cells)} cells, the header has {width}"
                yield NoRecord(reader.line_num, reason)
    except csv.Error as error:
        raise CodecError(max(1, reader.line_num), f"{error}") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        reason = f"byte 0x{byte:02X} is not {error.encoding}; name the charset in Content-Type"
        raise CodecError(reader.line_num + 1, reason) from None
    except UnicodeError:  # UTF-16 without a byte-order mark
        raise CodecError(reader.line_num + 1, f"the file is not {encoding}") from None


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.replace(_EMPTY, '""').encode("utf-8", "replace")


def _lines(stream: BinaryIO, encoding: str | None) -> Iterator[str]:
    """Yield the lines of a file, decoded one by one so that a bad byte is reported with its line."""
    if encoding is not None and encoding.startswith(("utf-16", "utf-32")):
        wrapper = io.TextIOWrapper(stream, encoding=encoding, newline="")
        try:
            yield from wrapper
        finally:
            wrapper.detach()  # or it would close the caller's stream
        return
    first = True
    for line in _split(stream):
        text = line.decode(encoding or "utf-8")
        if first:
            text, first = text.removeprefix("\ufeff"), False
        yield text


def _split(stream: BinaryIO) -> Iterator[bytes]:
    r"""Yield the lines of a file with their ends: \r\n, \n, or \r alone, as some spreadsheets write them."""
    parts: list[bytes] = []
    while chunk := stream.read(CHUNK):
        parts.append(chunk)
        if b"\n" in chunk or b"\r" in chunk:
            lines = b"".join(parts).splitlines(keepends=True)
            parts = [lines.pop()]  # the rest of the line, or its \n, may follow
            yield from lines
    yield from b"".join(parts).splitlines(keepends=True)


def _tokens(row: str) -> list[str]:
    """Split a row, known to be well-formed, and mark quoted empty cells."""
    cells: list[str] = []
    position = 0
    while match := _CELL.match(row, position):
        quoted, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"') or _EMPTY)
        if end != ",":
            break
        position = match.end()
    return cells


# Columns


def _columns(schema: Schema, parents: tuple[str, ...] = ()) -> Iterator[Column]:
    for name, part in schema.get("properties", {}).items():
        path = (*parents, name)
        if part.get("type") == "object" and not is_free_form(part):
            yield from _columns(part, path)
        else:
            yield Column(path, scalar_type(part), bool(part.get("nullable", False)))


def _column(service: Service, name: str) -> Column:
    """Return the column that a header names; properties of free-form objects may be named one by one too."""
    path = tuple(name.split("."))
    schema: Schema = service.schema
    for part in path:
        schema = schema.get("properties", {}).get(part, {"type": "string"})
    return Column(path, scalar_type(schema), bool(schema.get("nullable", False)))


def _read_header(service: Service, names: list[str] | None) -> list[Column]:
    if not names:
        raise CodecError(1, "the file is empty: there is no header row")
    known = {column.path[0] for column in _columns(service.schema)}
    columns = [_column(service, name) for name in names]
    if not any(column.path[0] in known for column in columns):
        raise CodecError(1, f"the header names no field of {service.name}; columns are separated by commas")
    paths: set[tuple[str, ...]] = set()
    for place, column in enumerate(columns, 1):
        if "" in column.path:
            raise CodecError(
                1, f"column {place} has no name" if not names[place - 1] else f"{column.name} is no name"
            )
        if column.path in paths:
            raise CodecError(1, f"the column {column.name} is there twice")
        paths.add(column.path)
    for path in paths:
        for length in range(1, len(path)):
            if path[:length] in paths:
                raise CodecError(
                    1, f"the columns {'.'.join(path[:length])} and {'.'.join(path)} exclude each other"
                )
    return columns


# Cells


def _compile_writer(columns: Iterable[Column]) -> Callable[[dict[str, Any]], list[Any]]:
    """Compile a function from a record to its cells."""
    source, cells = ["def to_cells(r0):"], list[str]()
    objects: dict[tuple[str, ...], str] = {(): "r0"}
    for column in columns:
        for length in range(1, len(column.path)):
            path = column.path[:length]
            if path not in objects:
                name = f"r{len(objects)}"
                source.append(f"    {name} = {objects[path[:-1]]}.get({path[-1]!r}) or {{}}")
                objects[path] = name
        value = f"{objects[column.path[:-1]]}.get({column.path[-1]!r})"
        if column.type in (FieldType.STRING, FieldType.TIME):
            cells.append(f"EMPTY if (v := {value}) == '' else v")
        elif column.type is FieldType.BOOLEAN:
            cells.append(f"BOOLEANS.get({value})")
        elif column.type is None:
            cells.append(f"None if (v := {value}) is None else dumps(v).decode()")
        else:
            cells.append(value)
    source.append(f"    return [{', '.join(cells)}]")
    names = {"EMPTY": _EMPTY, "BOOLEANS": {True: "true", False: "false"}, "dumps": orjson.dumps}
    return _define("to_cells", source, names)


def _compile_reader(columns: Iterable[Column]) -> Callable[[list[str]], dict[str, Any]]:
    """Compile a function from cells to a record; an object is there when one of its cells is."""
    tree: dict[str, Any] = {}
    for place, column in enumerate(columns):
        node = tree
        for name in column.path[:-1]:
            node = node.setdefault(name, {})
        node[column.path[-1]] = (place, column)
    source = ["def to_record(c):"]
    _read_object(tree, 0, source)
    source.append("    return r0")
    names = {"EMPTY": _EMPTY, "integer": _integer, "number": _number, "boolean": _boolean, "json": _json}
    return _define("to_record", source, names)


def _read_object(tree: Mapping[str, Any], depth: int, source: list[str]) -> None:
    source.append(f"    r{depth} = {{}}")
    nullable = []
    for name, node in tree.items():
        if isinstance(node, dict):
            _read_object(node, depth + 1, source)
            source.append(f"    if r{depth + 1}: r{depth}[{name!r}] = r{depth + 1}")
            continue
        place, column = node
        if column.type in (FieldType.STRING, FieldType.TIME):
            value = "'' if v == EMPTY else v"
        else:
            value = f"{'json' if column.type is None else column.type.value}(v)"
        source.append(f"    if v := c[{place}]: r{depth}[{name!r}] = {value}")
        if column.nullable:
            nullable.append(name)
    for name in nullable:
        condition = f"r{depth} and " if depth else ""
        source.append(f"    if {condition}{name!r} not in r{depth}: r{depth}[{name!r}] = None")


def _define(name: str, source: list[str], names: dict[str, Any]) -> Callable[[Any], Any]:
    exec(compile("\n".join(source), f"<csv {name}>", "exec"), names)
    function: Callable[[Any], Any] = names[name]
    return function


def _text(cell: str) -> str:
    return "" if cell == _EMPTY else cell


def _integer(cell: str) -> int | str:
    value = to_integer(cell)
    return _text(cell) if value is None else value


def _number(cell: str) -> int | float | str:
    value = to_number(cell)
    return _text(cell) if value is None else value


def _boolean(cell: str) -> bool | str:
    return _BOOLEANS.get(cell.lower(), _text(cell))


def _json(cell: str) -> Any:
    try:
        return orjson.loads(cell)
    except ValueError:
        return _text(cell)
