"""Remember what a world's clients called and what they got: the last calls, bounded in number and in bytes.

A call is kept raw, as it came and as it went. Nothing is decoded, formatted or redacted until somebody looks, so
that keeping costs next to nothing; whoever shows a call to people takes the secrets out
(:mod:`mockserver.simulation.redaction`). It is kept marshalled, in one piece: the fifty small objects that it is
made of would be cold when they are freed a thousand calls later, which costs three times as much as the marshalling.
"""

from __future__ import annotations

import marshal
import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .errors import NoSuchCall

#: Calls that a world remembers, and bytes that they may take.
CALLS = 1_000
ROOM = 8 * 1024 * 1024

#: Bytes of a body that are kept; of one that was read or sent as a stream only the first.
BODY = 16 * 1024
STREAM = 1024

#: Version of the marshalling that does not look for objects that it has met before.
PLAIN = 2

#: What a call takes besides its bytes.
OVERHEAD = 250


#: The beginning of a body, and its whole length in bytes.
Body: TypeAlias = tuple[bytes, int]


class Call(NamedTuple):
    """Be one request and the answer to it.

    ``number`` counts the world's calls in the order in which they came in. ``tick`` is the instant of the world at
    which that was, ``started`` and ``seconds`` are the machine's time. ``sent_method`` is what was sent where another
    method was meant. ``path`` is without the world's ``prefix``. ``status`` is 0 when nobody was there to answer to.
    ``rule`` names the rules that the answer follows; ``fields`` are the names of what was at fault, ``accepted``
    what would have been accepted.
    """

    number: int
    tick: int
    started: float
    seconds: float
    method: str
    sent_method: str
    prefix: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: Body | None
    operation: str
    path_values: Mapping[str, str]
    principal: str
    status: int
    answer_headers: list[tuple[bytes, bytes]]
    answer_body: Body | None
    rule: str
    explain: str
    fields: tuple[str, ...]
    accepted: tuple[Any, ...]
    applied: list[str]


class Journal:
    """Hold a world's last calls. With ``limit`` 0 it keeps none.

    ``evicted`` counts the calls that had to go to make room, or found none; those that somebody cleared away do
    not count.
    """

    __slots__ = ("_calls", "_next", "_size", "evicted", "evicted_number", "evicted_tick", "limit", "room")

    def __init__(self, limit: int = CALLS, room: int = ROOM) -> None:
        self.limit = limit
        self.room = room
        self.evicted = 0
        self.evicted_number = 0
        self.evicted_tick = -1
        self._calls: deque[tuple[int, int, bytes]] = deque()
        self._next = 1
        self._size = 0

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def size(self) -> int:
        """Give the bytes that the calls take."""
        return self._size

    def number(self) -> int:
        """Give the next call its number; 0 when none is kept."""
        if not self.limit:
            self.evicted += 1
            return 0
        number = self._next
        self._next = number + 1
        return number

    def add(self, call: tuple[Any, ...]) -> None:
        """Keep a call that has been answered: the fields of a :class:`Call`, all of built-in types.

        The oldest go when there are too many, or they take too much.
        """
        calls, packed = self._calls, marshal.dumps(call, PLAIN)
        calls.append((call[0], call[1], packed))
        self._size += len(packed) + OVERHEAD
        while len(calls) > self.limit or self._size > self.room:
            number, tick, packed = calls.popleft()
            self._size -= len(packed) + OVERHEAD
            self.evicted += 1
            if number > self.evicted_number:
                self.evicted_number = number
            if tick > self.evicted_tick:
                self.evicted_tick = tick

    def pick(
        self, after: int = 0, before: int | None = None, *, newest_first: bool = False
    ) -> Iterable[Call]:
        """Give the calls between two numbers that there are now, in the order in which they came in or the other."""
        last = math.inf if before is None else before
        packed = sorted((entry for entry in self._calls if after < entry[0] < last), reverse=newest_first)
        return (_unpack(entry[2]) for entry in packed)

    def get(self, number: int) -> Call:
        """Give one call, or raise ``NoSuchCall``."""
        for entry in self._calls:
            if entry[0] == number:
                return _unpack(entry[2])
        raise NoSuchCall(number)

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self._calls.clear()
        self._size = 0
        self.evicted = 0
        self.evicted_number = 0
        self.evicted_tick = -1


def _unpack(packed: bytes) -> Call:
    return Call._make(marshal.loads(packed))
