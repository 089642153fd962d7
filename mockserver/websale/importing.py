"""Read the file of an import: check every record, stage the good ones, remember the faulty ones.

All of this runs in a worker thread and holds a few hundred records at a time.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

import orjson
from starlette.concurrency import run_in_threadpool

from mockserver.records import CodecError, Records, Service, Snapshot
from mockserver.records.codecs import NoRecord, Row, decode
from mockserver.records.overlay import Key
from mockserver.records.staging import DUPLICATE as SEEN
from mockserver.records.staging import NaturalKeys, StagedRow, Staging
from mockserver.websale.checking import DUPLICATE, INVALID, MISSING, Fault, checker_of
from mockserver.websale.completing import Record, blank, merge
from mockserver.websale.shop import RecordCheck

IN_MEMORY = 1024 * 1024
"""Bodies up to this size are not written to disk."""
BATCH_ROWS = 500
BATCH_BYTES = 1024 * 1024
BLOCK = 8192
CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


async def spool(body: AsyncIterator[bytes]) -> BinaryIO:
    """Keep a request body in a file without a name; one that breaks off leaves nothing."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        buffer = bytearray()
        async for part in body:
            buffer += part
            if len(buffer) >= IN_MEMORY:
                await run_in_threadpool(file.write, buffer)
                buffer = bytearray()
        file.write(buffer)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast(BinaryIO, file)


def charset_of(content_type: str) -> str | None:
    """Return the charset that a Content-Type announces; nothing else of it matters."""
    match = CHARSET.search(content_type)
    return match[1] if match else None


class Failures:
    """Remember which records of an import are faulty, and why the first of them are.

    One bit a record says whether it is; so millions of faulty records take no memory worth mentioning.

    :param cap: how many faulty records are listed; all are counted.
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._bits = bytearray()
        self._before = array("Q")  # faulty records before each block
        self._numbers: list[int] = []
        self._entries: list[dict[str, Any]] = []
        self._count = 0

    def add(self, number: int, faults: list[Fault]) -> None:
        """Note a faulty record; numbers only grow."""
        while len(self._before) <= number // BLOCK:
            self._before.append(self._count)
            self._bits.extend(bytes(BLOCK // 8))
        self._bits[number // 8] |= 1 << number % 8
        self._count += 1
        if len(self._entries) < self._cap:
            self._numbers.append(number)
            self._entries.append({"errors": [fault.to_json() for fault in faults], "index": number})

    def count(self, processed: int) -> int:
        """Return how many of the first records are faulty (IMP-FIELD-failed)."""
        block = processed // BLOCK
        if block >= len(self._before):
            return self._count
        bits = int.from_bytes(self._bits[block * BLOCK // 8 : (block + 1) * BLOCK // 8], "little")
        return self._before[block] + (bits & ((1 << processed % BLOCK) - 1)).bit_count()

    def among(self, processed: int) -> list[dict[str, Any]]:
        """Return the entries for the first records (IMP-FIELD-importErrors)."""
        return self._entries[: bisect_left(self._numbers, processed)]

    def dump(self) -> dict[str, Any]:
        """Describe which records are faulty, and why, for a world's document."""
        marked = ((8 * place, byte) for place, byte in enumerate(self._bits) if byte)
        faulty = [first + bit for first, byte in marked for bit in range(8) if byte >> bit & 1]
        return {"faulty": faulty, "errors": self._entries}

    def load(self, faulty: Sequence[int], errors: Sequence[dict[str, Any]]) -> None:
        """Remember what was described."""
        cap, self._cap = self._cap, 0
        for number in faulty:
            self.add(number, [])
        self._cap = cap
        self._entries = [*errors]
        self._numbers = [entry["index"] for entry in errors]

    def forget(self) -> None:
        """Forget why records are faulty: nobody can ask any more once another import was started."""
        self._numbers, self._entries = [], []


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file that has been read: the payload of the job.

    :ivar staging: the good records; None where the file is none of its format.
    :ivar total: number of records.
    :ivar broken: line and reason where the file is none of its format; empty for a good one.
    """

    staging: Staging | None
    failures: Failures
    total: int
    broken: str = ""


class Importer:
    """Read one file for one service.

    :param now: the time of the import, for records that do not say when they were made.
    :param check: what is to be checked of a record besides its schema.
    :param kept: whether the records are needed once more when the import has ended.
    """

    def __init__(
        self,
        service: Service,
        records: Records,
        now: str,
        cap: int,
        *,
        check: RecordCheck | None = None,
        kept: bool = False,
    ) -> None:
        self._service = service
        self._records = records
        self._now = now
        self._checker = checker_of(service)
        self._check = check
        self._failures = Failures(cap)
        self._staging = records.stage(service.name, kept=kept)
        self._before: Snapshot = records.snapshot(service.name)
        self._blank: Record | None = None
        self._natural: NaturalKeys | None = None
        self._batch: list[StagedRow] = []
        self._bytes = 0
        self._faulty: dict[int, list[Fault]] = {}
        self._keyless = False

    def read(self, stream: BinaryIO, format: str, charset: str | None) -> ImportFile:
        """Read the whole file; one that breaks off somewhere has no records at all."""
        total, good_rows = 0, 0
        first_bad: NoRecord | None = None
        try:
            for row in decode(self._service, format, stream, charset):
                if isinstance(row, NoRecord):
                    first_bad = first_bad or row
                else:
                    good_rows += 1
                self._take(total, row)
                total += 1
            if format == "csv" and first_bad is not None and not good_rows:
                raise CodecError(first_bad.line, first_bad.reason)
        except CodecError as error:
            return self._give_up(str(error))
        finally:
            if self._natural is not None:
                self._natural.drop()
        self._flush()
        if self._keyless:
            self._staging.make_up_keys(lambda: self._records.next_id(self._service.name))
        return ImportFile(self._staging, self._failures, total)

    def _give_up(self, reason: str) -> ImportFile:
        self._staging.drop()
        return ImportFile(None, Failures(0), 0, reason)

    def _take(self, number: int, row: Row) -> None:
        """Put one row among the good or the faulty ones."""
        if isinstance(row, NoRecord):
            self._faulty[number] = [Fault("", INVALID)]
        else:
            content = self._checker.write(row)
            if content is None:
                self._faulty[number] = self._checker.faults(row)
            elif self._check is not None and (fields := list(self._check(row))):
                self._faulty[number] = [Fault(field, INVALID) for field in fields]
            else:
                self._stage(number, row, content)
        if len(self._batch) + len(self._faulty) >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self._flush()

    def _stage(self, number: int, row: Record, content: bytes) -> None:
        key: Key | None = row.get(self._service.key)
        if key is None:
            found = self._identify(row)
            if isinstance(found, Fault):
                self._faulty[number] = [found]
                return
            key = found
            self._keyless = self._keyless or key is None
            content = self._complete(key, row)
        elif not self._checker.is_whole(row):
            content = self._complete(key, row)
        self._batch.append((number, key, content))
        self._bytes += len(content)

    def _identify(self, row: Record) -> Key | Fault | None:
        """Return the key for a row that has none, None for one that is to be made up."""
        paths = self._service.natural_key
        values = [_value_at(row, path) for path in paths]
        text_keys = self._service.schema["properties"][self._service.key]["type"] == "string"
        if values[0] in (None, ""):
            return Fault(self._service.key, MISSING) if text_keys else None
        name = _name_of(row, paths)
        found = self._names().claim(name)
        if found is SEEN:
            return Fault(paths[0], DUPLICATE)
        if found is None and text_keys:
            return cast(str, values[0])
        return cast(Key | None, found)

    def _names(self) -> NaturalKeys:
        if self._natural is None:
            paths, key = self._service.natural_key, self._service.key
            self._natural = self._records.natural_keys(
                (_name_of(record, paths), record[key]) for record in self._before
            )
        return self._natural

    def _complete(self, key: Key | None, row: Record) -> bytes:
        before = None if key is None else self._before.get(key)
        if before is None:
            if self._blank is None:
                self._blank = blank(self._service.schema, self._now)
            before = self._blank
        record = merge(before, row, self._service.schema)
        if key is not None:
            record[self._service.key] = key
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)

    def _flush(self) -> None:
        """Stage the good rows; a key that an earlier row has is a fault of its own."""
        field = self._service.key
        for number in self._staging.add(self._batch) if self._batch else ():
            self._faulty[number] = [Fault(field, DUPLICATE)]
        for number in sorted(self._faulty):
            self._failures.add(number, self._faulty[number])
        self._batch, self._faulty, self._bytes = [], {}, 0


def _name_of(record: Record, paths: tuple[str, ...]) -> str:
    """Return the natural key as one text; what is absent, empty or 0 is the same, as in a completed record."""
    return orjson.dumps([_value_at(record, path) or None for path in paths]).decode()


def _value_at(record: Record, path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
