"""Encode and compress the text of a feed as it comes (``options.exportCharset``, ``options.zipType``).

The same text gives the same bytes: archives carry no time.
"""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

EXTENSIONS: Mapping[str, str] = {"none": "", "zip": ".zip", "gzip": ".gz"}
NO_CHARSETS = frozenset(("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"))
"""Codecs of Python that are no character sets of files."""
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can hold."""
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


class UnknownCharset(LookupError):
    """Name a character set that nobody knows."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the character set {name} is unknown")


def encode(chunks: Iterable[str], charset: str) -> Iterator[bytes]:
    """Encode the text; characters that the character set lacks become question marks.

    :raises UnknownCharset: at the first chunk.
    """
    encoder = _encoder(charset)
    for chunk in chunks:
        yield encoder.encode(chunk)
    yield encoder.encode("", final=True)


def pack(chunks: Iterable[bytes], zip_type: str, name: str) -> Iterator[bytes]:
    """Compress the file of this name."""
    if zip_type == "gzip":
        return _gzip(chunks)
    return _zip(chunks, name) if zip_type == "zip" else iter(chunks)


def media_type_of(name: str, charset: str) -> str:
    """Return the Content-Type for a file by its name, with the character set where it is a text."""
    _, dot, extension = name.lower().rpartition(".")
    essence = MEDIA_TYPES.get(dot + extension, "application/octet-stream")
    if essence.startswith("text/") or essence == "application/xml":
        return f"{essence}; charset={charset}" if charset.isascii() and charset.isprintable() else essence
    return essence


def _encoder(charset: str) -> codecs.IncrementalEncoder:
    try:
        info = codecs.lookup(charset)
        "".encode(charset)
    except (LookupError, ValueError):
        raise UnknownCharset(charset) from None
    if info.name in NO_CHARSETS or info.incrementalencoder is None:
        raise UnknownCharset(charset)
    return info.incrementalencoder("replace")


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # 16 + 15: a gzip header, with neither name nor time, and the largest window.
    compressor = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for chunk in chunks:
        if compressed := compressor.compress(chunk):
            yield compressed
    yield compressor.flush()


class _Sink(io.RawIOBase):
    """Be a file that cannot be gone back in; what is written is taken out again at once."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _zip(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, BEGINNING)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3
        entry.external_attr = 0o644 << 16
        with archive.open(entry, "w") as file:
            for chunk in chunks:
                file.write(chunk)
                if taken := sink.take():
                    yield taken
    yield sink.take()
