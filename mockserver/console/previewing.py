"""Show the beginning of a file: unpacked, as a table where it is one, and as text. The rest of it is never read."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree

from mockserver.console.desk import PEEK

ROWS = 25
"""Rows of a table that are shown."""

TEXT = 1024
"""Characters of the text that are shown."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file.

    :ivar columns: names of the table's columns, in the order of the file; none: it is no table.
    :ivar text: the first characters; of a packed file, those of what is packed.
    :ivar more: whether the file goes on behind the text.
    :ivar note: why nothing is shown.
    :ivar packed: how the file is packed.
    """

    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    text: str = ""
    more: bool = False
    note: str = ""
    packed: str = ""


def preview(name: str, data: bytes, *, whole: bool, charset: str = "utf-8") -> Preview:
    """Return what can be seen of a file.

    :param data: its first bytes.
    :param whole: whether these are all of them.
    :param charset: the character set of its text.
    """
    packed = ""
    try:
        if name.endswith(".gz"):
            packed, (data, whole) = "gzip", _gunzip(data, whole=whole)
        elif name.endswith(".zip"):
            packed, (data, whole) = "zip", _unzip(data, whole=whole)
    except (zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        return Preview(note=f"It cannot be unpacked for a look: {error}.", packed=packed)
    text = _decode(data, charset, whole=whole)
    rows = _rows(name.rpartition(".")[0] if packed else name, data, text, whole=whole)
    return Preview(
        columns=list(dict.fromkeys(key for row in rows for key in row)),
        rows=rows,
        text=text[:TEXT],
        more=not whole or len(text) > TEXT,
        packed=packed,
    )


def _gunzip(data: bytes, *, whole: bool) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(wbits=31)
    return unpacker.decompress(data, PEEK), whole and unpacker.eof


def _unzip(data: bytes, *, whole: bool) -> tuple[bytes, bool]:
    """Unpack the first file of an archive, whose list of files is its end."""
    if not whole:
        raise NotImplementedError("the archive is too large")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        first = next(iter(archive.infolist()), None)
        if first is None:
            return b"", True
        with archive.open(first) as file:
            found = file.read(PEEK)
        return found, first.file_size <= PEEK


def _decode(data: bytes, charset: str, *, whole: bool) -> str:
    """Decode a text that may end within a character."""
    try:
        decoder = codecs.getincrementaldecoder(charset)
    except LookupError:
        decoder = codecs.getincrementaldecoder("utf-8")
    return decoder("replace").decode(data, whole).removeprefix("\ufeff")


def _rows(name: str, data: bytes, text: str, *, whole: bool) -> list[Row]:
    """Read the first rows of what is a table; what is none, or broken, has as many as could be read."""
    ending = name.rpartition(".")[2].lower()
    rows: list[Row] = []
    try:
        if ending == "json":
            rows.extend(islice(_json_rows(text), ROWS))
        elif ending in ("csv", "tsv"):
            rows.extend(islice(_csv_rows(text, whole=whole), ROWS))
        elif ending == "xml":
            rows.extend(islice(_xml_rows(data), ROWS))
    except (ValueError, RecursionError, csv.Error, etree.XMLSyntaxError):
        return rows
    return rows


def _json_rows(text: str) -> Iterator[Row]:
    """Yield the objects of an array that may break off."""
    decoder, place = json.JSONDecoder(), _behind(text, 0, "[")
    while place:
        value, end = decoder.raw_decode(text, place)
        if not isinstance(value, dict):
            return
        yield value
        place = _behind(text, end, ",")


def _behind(text: str, start: int, sign: str) -> int:
    """Return the place of what follows a sign, both after blanks; 0 when the sign is not there."""
    rest = text[start : start + TEXT].lstrip()
    if not rest.startswith(sign):
        return 0
    place = text.index(sign, start) + 1
    while text[place : place + 1].isspace():
        place += 1
    return place


def _csv_rows(text: str, *, whole: bool) -> Iterator[Row]:
    """Yield the rows of a file whose first line names its columns; the last one may break off."""
    lines = text if whole else text[: text.rfind("\n") + 1]
    head = lines.partition("\n")[0]
    separator = max(",;\t|", key=head.count)
    if separator not in head:
        return
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=separator)
    names = next(reader)
    for cells in reader:
        if cells:
            yield {
                names[place] if place < len(names) else f"column {place + 1}": cell
                for place, cell in enumerate(cells)
            }


def _xml_rows(data: bytes) -> Iterator[Row]:
    """Yield what stands directly below the root, as far as it is whole."""
    parser = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True)
    parser.feed(data)
    events: Any = parser.read_events()
    depth = 0
    for event, element in events:
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 1:
            value = _xml_value(element)
            yield value if isinstance(value, dict) else {str(element.tag): value}


def _xml_value(element: Any) -> Any:
    """Return an element as JSON would have it: its text, or its attributes and children by name."""
    found: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element.iterchildren(tag=etree.Element):
        name, value = str(child.tag), _xml_value(child)
        before = found.get(name)
        found[name] = (
            value if before is None else [*(before if isinstance(before, list) else [before]), value]
        )
    text = (element.text or "").strip()
    if not found:
        return text
    return {**found, "text": text} if text else found
