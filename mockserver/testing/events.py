"""What happens in a world while a test listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias, cast

from mockserver.testing._http import Transport

Topic: TypeAlias = Literal["request", "job", "clock", "fault", "reset", "dropped"]


@dataclass(frozen=True)
class Event:
    """Something that has happened in a world.

    :ivar topic: what it happened to; after ``reset`` and ``dropped`` nothing more comes.
    :ivar data: what the server says of it: the call, the job, the clock; of a fault its ``change`` and the ``fault``.
    """

    topic: Topic
    data: dict[str, Any]


class Events:
    """Listen to a world: a context manager, within which nothing is missed.

    Iterating waits for each event, and ends when the server ends the stream.
    """

    def __init__(self, transport: Transport, world: str) -> None:
        self._transport = transport
        self._world = world

    def __enter__(self) -> Self:
        self._connection, self._answer = self._transport.stream("/events", self._world)
        self._read_block()  # the server's greeting: from then on it listens
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._connection.close()

    def __iter__(self) -> Iterator[Event]:
        while (event := self._read_event()) is not None:
            yield event

    def next(self, topic: Topic | None = None, *, seconds: float = 10.0) -> Event:
        """Return the next event, or the next one of a topic; what comes before that is passed over.

        :param seconds: real ones to wait at most.
        :raises TimeoutError: it has not come.
        :raises EOFError: the server has ended the stream.
        """
        until = time.monotonic() + seconds
        while (event := self._read_event(until)) is not None:
            if topic in (None, event.topic):
                return event
        raise EOFError(f"Nothing more is to be heard of the world {self._world}.")

    def _read_event(self, until: float | None = None) -> Event | None:
        """Wait for an event; ``None`` when the stream has ended."""
        while (fields := self._read_block(until)) is not None:
            if "event" in fields:
                return Event(cast(Topic, fields["event"]), json.loads(fields["data"]))
        return None

    def _read_block(self, until: float | None = None) -> dict[str, str] | None:
        """Read up to the next empty line; heartbeats are blocks without fields."""
        fields: dict[str, str] = {}
        while line := self._read_line(until):
            if line == b"\n":
                return fields
            name, _, value = line.decode().rstrip("\n").partition(": ")
            fields[name] = value
        return None

    def _read_line(self, until: float | None) -> bytes:
        seconds = self._transport.timeout if until is None else max(until - time.monotonic(), 0.001)
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
        return self._answer.readline()
