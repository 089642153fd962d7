"""What a handler answers with, and how it reaches the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.concurrency import iterate_in_threadpool


@dataclass(slots=True)
class Answer:
    """An answer before it is sent.

    Exactly one of ``payload`` (an object of JSON types, validated against the specification), ``body`` (bytes)
    and ``chunks`` (bytes that are sent as they come: an iterable is read in a worker thread, an asynchronous
    generator where it is) carries the content.
    """

    status: int = 200
    payload: Any = None
    body: bytes | None = None
    chunks: Iterable[bytes] | AsyncGenerator[bytes, None] | None = None
    media_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def essence(self) -> str:
        """The media type without its parameters, as the specification names it."""
        return self.media_type.partition(";")[0].strip()

    def parts(self) -> AsyncGenerator[bytes, None]:
        """Return what yields the chunks as they come; whoever does not read it to its end closes it."""
        if isinstance(self.chunks, AsyncGenerator):
            return self.chunks
        return _threaded(self.chunks or ())

    def serialised(self) -> Answer:
        """Return the answer with its payload turned into bytes; a streamed one stays as it is."""
        if self.body is None and self.chunks is None:
            self.body = b"" if self.payload is None else orjson.dumps(self.payload)
        return self


async def _threaded(chunks: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    async for chunk in iterate_in_threadpool(chunks):
        yield chunk
