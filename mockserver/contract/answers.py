"""What a handler answers with, and how it reaches the client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(slots=True)
class Answer:
    """An answer before it is sent.

    Exactly one of ``payload`` (an object of JSON types, validated against the specification), ``body`` (bytes)
    and ``chunks`` (an iterable of bytes, read in a worker thread and sent as it comes) carries the content.
    """

    status: int = 200
    payload: Any = None
    body: bytes | None = None
    chunks: Iterable[bytes] | None = None
    media_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def essence(self) -> str:
        """The media type without its parameters, as the specification names it."""
        return self.media_type.partition(";")[0].strip()

    def serialised(self) -> Answer:
        """Return the answer with its payload turned into bytes; a streamed one stays as it is."""
        if self.body is None and self.chunks is None:
            self.body = b"" if self.payload is None else orjson.dumps(self.payload)
        return self
