"""Write records to files and read them back: JSON, CSV and XML.

What `encode` writes `decode` reads back unchanged, for every service and format, and both work in constant
memory.

`decode` raises CodecError (see `mockserver.records.errors`) for a file that is broken as a whole:

RecordsError
└── CodecError(line, reason)

A single row that is no object does not break the file: it comes out as a NoRecord, so that an import can
count it as failed. A cell that does not fit its field's type stays a string, so that validation can name the
field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from mockserver.records.codecs import csv, json, xml
from mockserver.records.codecs.rows import NoRecord, Row
from mockserver.records.errors import CodecError
from mockserver.records.services import Service

__all__ = ["MEDIA_TYPES", "CodecError", "NoRecord", "Row", "decode", "encode"]

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "xml": "application/xml"}

_ENCODERS: dict[str, Callable[[Service, Iterable[dict[str, Any]]], Iterator[bytes]]] = {
    "json": json.encode,
    "csv": csv.encode,
    "xml": xml.encode,
}
_DECODERS: dict[str, Callable[[Service, BinaryIO, str | None], Iterator[Row]]] = {
    "json": json.decode,
    "csv": csv.decode,
    "xml": xml.decode,
}


def encode(service: Service, format: str, records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a file with the records, UTF-8, in chunks of about 64 KiB; KeyError for an unknown format."""
    return _ENCODERS[format](service, records)


def decode(service: Service, format: str, stream: BinaryIO, charset: str | None = None) -> Iterator[Row]:
    """Yield the rows of a file; `charset` is what its sender named, None when nothing was said.

    Without a charset the file is UTF-8, a byte-order mark is read over, and XML says for itself. Raises
    CodecError where the file turns out to be broken, after the rows before that place, and KeyError for an
    unknown format.
    """
    return _DECODERS[format](service, stream, charset)
