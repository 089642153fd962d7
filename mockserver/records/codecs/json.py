"""Write and read JSON: one array, one record a line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, BinaryIO

import ijson
import orjson

from mockserver.records.codecs.rows import CHUNK, BatchSizer, NoRecord, Row, check_charset
from mockserver.records.errors import CodecError
from mockserver.records.services import Service

__all__ = ["decode", "encode"]

_DEEPEST = 200
_BEYOND = 1 << 64
_MOST_DIGITS = 4000
_ENDLESS = re.compile(rb"(?<![0-9])[0-9]{%d}" % (_MOST_DIGITS + 1))
_NO_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'"[]{}')


def encode(service: Service, records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield an array of the records."""
    iterator, sizer, before, dumps = iter(records), BatchSizer(), b"[\n", orjson.dumps
    while lines := [dumps(record) for record in islice(iterator, sizer.size)]:
        chunk = before + b",\n".join(lines)
        sizer.learn(len(chunk), len(lines))
        yield chunk
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def decode(service: Service, stream: BinaryIO, charset: str | None = None) -> Iterator[Row]:
    """Yield the elements of an array.

    Numbers with a fraction become floats. Where one is beyond 64 bits, the file is read once more from its beginning,
    slowly, so that only its record suffers. RFC 8259 knows UTF-8 only; another charset is translated on the
    way.
    """
    encoding = check_charset(charset)
    read = 0
    try:
        for row in _read(_Source(stream, encoding), encoding):
            read += 1
            yield row
    except _OutOfRange:
        stream.seek(0)
        yield from islice(_read(_ExactSource(stream, encoding), encoding, exact=True), read, None)


def _read(source: _Source, encoding: str | None, *, exact: bool = False) -> Iterator[Row]:
    """Yield the elements; a number beyond 64 bits is ``_OutOfRange``, unless numbers are read exactly."""
    events = ijson.items(source, "item", use_float=not exact, buf_size=CHUNK)
    try:
        source.begin()
        for item in events:
            if not isinstance(item, dict):
                yield NoRecord(0, f"a row is {_kind(item)}, not an object")
            else:
                yield _rounded(item) if exact else item
    except ijson.JSONError as error:
        if not exact and "overflow" in str(error).partition("\n")[0]:
            raise _OutOfRange from None
        raise source.explain(error) from None
    except UnicodeError:  # not always a UnicodeDecodeError: UTF-16 without a byte-order mark is a plain one
        raise CodecError(source.line, f"the file is not {encoding or 'utf-8'}") from None
    except (ArithmeticError, ValueError):
        raise CodecError(source.line, "a number is out of range") from None


class _Source:
    """Feed a file to ijson: skip the byte-order mark, translate the charset, know the line."""

    def __init__(self, stream: BinaryIO, charset: str | None) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(charset)() if charset else None
        self._chunk = b""
        self._ahead: bytes | None = None
        self._lines_before = 0
        self._nesting = _Nesting()

    @property
    def line(self) -> int:
        """Return the last line that has been read."""
        return self._lines_before + self._chunk.count(b"\n") + 1

    def begin(self) -> None:
        """Read the first chunk; CodecError unless it begins an array."""
        first = self._fetch(CHUNK).removeprefix(codecs.BOM_UTF8)
        while first and not first.strip() and (more := self._fetch(CHUNK)):
            first += more
        begin = first.lstrip()[:1]
        if not begin:
            raise CodecError(1, "the file is empty")
        line = 1 + first[: len(first) - len(first.lstrip())].count(b"\n")
        if begin != b"[":
            raise CodecError(line, "the file is no JSON array")
        self._ahead = first

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        if size == 0:  # ijson asks for nothing to see what type it gets
            return b""
        self._lines_before += self._chunk.count(b"\n")
        if self._ahead is not None:
            self._chunk, self._ahead = self._ahead, None
        else:
            self._chunk = self._fetch(size)
        if self._nesting.feed(self._chunk) > _DEEPEST:
            raise CodecError(self.line, f"values are nested deeper than {_DEEPEST}")
        return self._chunk

    def _fetch(self, size: int) -> bytes:
        data = self._stream.read(size)
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final=not data)
        while data and not text:
            data = self._stream.read(size)
            text = self._decoder.decode(data, final=not data)
        return text.encode()

    def explain(self, error: Exception) -> CodecError:
        """Turn ijson's complaint, which shows the place but not its number, into a line and a sentence."""
        message = error.args[0] if error.args else ""
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        lines = text.splitlines()
        reason = lines[0].strip().rstrip(".") if lines else "the file is no JSON"
        if "EOF" in reason or "premature" in reason.lower() or isinstance(error, ijson.IncompleteJSONError):
            marks = [line for line in lines if "(right here)" in line]
            if not marks:
                return CodecError(self.line, "the file ends in the middle of a value")
        return CodecError(self._line_of(lines), reason)

    def _line_of(self, lines: list[str]) -> int:
        """Find the excerpt that ijson shows, in which line ends are blanks, in the chunk read last."""
        if len(lines) >= 3 and "^" in lines[2]:
            excerpt, mark = lines[1], lines[2].index("^")
            begin = len(excerpt) - len(excerpt.lstrip())
            flat = self._chunk.replace(b"\n", b" ").replace(b"\r", b" ")
            found = flat.find(excerpt[begin:].encode("utf-8", "replace"))
            if found >= 0:
                return self._lines_before + self._chunk[: found + max(0, mark - begin)].count(b"\n") + 1
        return self.line


class _OutOfRange(Exception):
    """Stop reading fast: the file has a number that is no float and no integer of 64 bits."""


class _ExactSource(_Source):
    """Feed a file whose numbers are read exactly; one that ijson could not take ends it."""

    def __init__(self, stream: BinaryIO, charset: str | None) -> None:
        super().__init__(stream, charset)
        self._digits = b""

    def read(self, size: int) -> bytes:
        """Return the next bytes; CodecError for an integer with more digits than Python converts."""
        chunk = super().read(size)
        seen = self._digits + chunk
        if _ENDLESS.search(seen):
            raise CodecError(self.line, f"a number has more than {_MOST_DIGITS} digits")
        self._digits = seen[len(seen.rstrip(b"0123456789")) :]
        return chunk


def _rounded(value: Any) -> Any:
    """Return what was read exactly as it is read otherwise; what no file can hold is an integer beyond 64 bits."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, Decimal):
        number = float(value)
        return number if isfinite(number) else _BEYOND
    if isinstance(value, int) and not -_BEYOND // 2 <= value < _BEYOND // 2:
        return _BEYOND
    return value


class _Nesting:
    """Measure how deeply the values of a file are nested, before ijson does: it needs the square of that.

    What is not structure is thrown out by functions that run at the speed of C, then what is nested flatly; so
    little is left to count.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._rest = b""

    def feed(self, chunk: bytes) -> int:
        """Take in the next part of the file; return the greatest depth in it, less up to eight."""
        data = self._rest + chunk
        self._rest = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        data = data.removesuffix(self._rest) if self._rest else data
        parts = data.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_STRUCTURE).split(b'"')
        structure = b"".join(parts[1 if self._in_string else 0 :: 2])
        self._in_string ^= len(parts) % 2 == 0
        for _ in range(8):
            structure = structure.replace(b"[]", b"").replace(b"{}", b"")
        deepest = depth = self._depth
        for mark in structure:
            depth += 1 if mark in b"[{" else -1
            deepest = max(deepest, depth)
        self._depth = depth
        return deepest


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return "a string" if isinstance(value, str) else "an array"
