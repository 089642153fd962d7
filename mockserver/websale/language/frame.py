"""Hold what one rendering needs: its variables, its output so far, and what it has used of its limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .errors import LimitExceeded, RenderError

#: Characters that are gathered before a chunk is handed out.
CHUNK = 65_536

Snippets = Mapping[str, str] | Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Say how much a rendering may use; what exceeds a limit ends in ``LimitExceeded``.

    ``iterations`` passes of all loops together; ``nesting`` depth of blocks; ``output_bytes`` of the output
    in UTF-8; ``seconds`` of work, waiting for whoever takes the chunks left out; ``value_size`` characters
    of one value (an element of a list counts 8 more); ``held_size`` characters in all variables together.
    """

    iterations: int = 5_000_000
    nesting: int = 40
    output_bytes: int = 1_000_000_000
    seconds: float = 60.0
    value_size: int = 1_000_000
    held_size: int = 16_000_000


DEFAULT_LIMITS = Limits()


class Made(list[object]):
    """Be a list that the template has made; ``weight`` is its size as ``Limits.value_size`` counts."""

    __slots__ = ("weight",)

    def __init__(self) -> None:
        super().__init__()
        self.weight = 0

    def add(self, value: object, limits: Limits) -> None:
        """Append ``value``. A list cannot hold a list, so that no template can build towers of them."""
        if isinstance(value, list | tuple):
            raise RenderError("a list cannot be an element of a list")
        self.weight += 8 + (len(value) if isinstance(value, str) else 0)
        if self.weight > limits.value_size:
            raise LimitExceeded("value_size", limits.value_size)
        self.append(value)


class Frame:
    """Be the state of one rendering."""

    __slots__ = (
        "_clock",
        "_deadline",
        "_held",
        "_left",
        "_out",
        "_pending",
        "_room",
        "_snippets",
        "_walked",
        "_weights",
        "limits",
        "slots",
    )

    def __init__(
        self,
        slots: list[object],
        limits: Limits,
        clock: Callable[[], float] | None,
        snippets: Snippets | None,
    ) -> None:
        self.slots = slots
        self.limits = limits
        self._clock = clock or time.monotonic
        self._deadline = self._clock() + limits.seconds
        self._snippets: Snippets = {} if snippets is None else snippets
        self._left = limits.iterations
        self._room = limits.output_bytes
        self._out: list[str] = []
        self._pending = 0
        self._weights = [0] * len(slots)
        self._held = 0
        self._walked: dict[int, object] = {}

    def write(self, text: str) -> None:
        """Add to the output."""
        self._out.append(text)
        self._pending += len(text)
        if self._pending > self._room:
            raise LimitExceeded("output_bytes", self.limits.output_bytes)

    @property
    def full(self) -> bool:
        """Say whether there is enough output for a chunk."""
        return self._pending >= CHUNK

    def flush(self) -> str:
        """Take the output that has gathered."""
        chunk = "".join(self._out)
        self._room -= len(chunk) if chunk.isascii() else len(chunk.encode("utf-8", "surrogatepass"))
        if self._room < 0:
            raise LimitExceeded("output_bytes", self.limits.output_bytes)
        self._out.clear()
        self._pending = 0
        return chunk

    def hand_out(self, chunks: Iterator[str]) -> Iterator[str]:
        """Pass the chunks on, with what is left at the end; the time until the next is asked for is free."""
        for chunk in chunks:
            paused = self._clock()
            yield chunk
            self._deadline += self._clock() - paused
        if self._pending:
            yield self.flush()

    def check_time(self) -> None:
        """Raise when the time is over."""
        if self._clock() > self._deadline:
            raise LimitExceeded("seconds", self.limits.seconds)

    def iterate(self) -> None:
        """Count one pass of a loop."""
        self._left -= 1
        if self._left < 0:
            raise LimitExceeded("iterations", self.limits.iterations)
        self.check_time()

    def walk_once(self, iterator: object) -> None:
        """Refuse to walk a second time through what can be read only once, instead of finding it empty."""
        if id(iterator) in self._walked:
            raise RenderError("this list can be walked only once")
        self._walked[id(iterator)] = iterator

    def store(self, slot: int, value: object) -> None:
        """Give a variable its value."""
        weight = len(value) if isinstance(value, str) else value.weight if isinstance(value, Made) else 1
        self._held += weight - self._weights[slot]
        self._weights[slot] = weight
        if self._held > self.limits.held_size:
            raise LimitExceeded("held_size", self.limits.held_size)
        self.slots[slot] = value

    def snippet(self, name: str) -> str | None:
        """Look a text snippet up; None when there is none of that name."""
        found = self._snippets(name) if callable(self._snippets) else self._snippets.get(name)
        return found if isinstance(found, str) else None
