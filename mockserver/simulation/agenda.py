"""Keep what must happen at an instant of virtual time ("when job 7 ends", "each full hour").

Nothing runs by itself: whoever looks at a world first lets its agenda catch up. Each callback is told its
own instant, which may be long gone, so what it does is the same however late it is called.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from .errors import RunawayAgenda

#: Callbacks that may call for each other at one instant before it counts as a bug.
MAX_DEPTH = 1_000

Callback = Callable[[int], object]
Ready = Callable[[], object]


class Entry:
    """Be one thing to happen: the handle that ``Agenda.add`` gives and ``Agenda.cancel`` takes."""

    __slots__ = ("callback", "depth", "number", "rank", "ready", "tick")

    def __init__(
        self, tick: int, rank: int, number: int, depth: int, callback: Callback, ready: Ready | None
    ) -> None:
        self.tick = tick
        self.rank = rank
        self.number = number
        self.depth = depth
        self.callback: Callback | None = callback
        self.ready = ready

    def __lt__(self, other: Entry) -> bool:
        return (self.tick, self.rank, self.number) < (other.tick, other.rank, other.number)


class Agenda:
    """Run callbacks in the order of their instants; at one instant, by rank, then in the order of adding."""

    __slots__ = ("_cancelled", "_current", "_goal", "_heap", "_number", "_reached")

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._number = 0
        self._cancelled = 0
        self._reached = 0
        self._current: Entry | None = None
        self._goal: int | None = None

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    @property
    def goal(self) -> int | None:
        """Give the instant that the present run is going to, None outside a run."""
        return self._goal

    def add(self, tick: int, callback: Callback, rank: int = 0, ready: Ready | None = None) -> Entry:
        """Have ``callback(tick)`` called at ``tick``, after those of lower ``rank``.

        ``ready()`` is called before, and may raise to end the run there; the entry stays due then.
        An instant that the agenda has passed becomes the last one it reached.
        """
        tick = max(tick, self._reached)
        current = self._current
        depth = current.depth + 1 if current is not None and current.tick == tick else 0
        if depth > MAX_DEPTH:
            raise RunawayAgenda(tick, depth)
        self._number += 1
        entry = Entry(tick, rank, self._number, depth, callback, ready)
        heapq.heappush(self._heap, entry)
        return entry

    def cancel(self, entry: Entry) -> bool:
        """Take an entry off; False when it was called or taken off before."""
        if entry.callback is None:
            return False
        entry.callback = None
        self._cancelled += 1
        if self._cancelled > 64 and self._cancelled * 2 > len(self._heap):
            self._heap = [kept for kept in self._heap if kept.callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
        return True

    def next_tick(self) -> int | None:
        """Give the instant of the next callback, None when there is none."""
        while self._heap and self._heap[0].callback is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0].tick if self._heap else None

    def run_until(self, tick: int, step: Callable[[int], object] | None = None) -> int:
        """Call what is due up to and including ``tick``, in order; give the number of callbacks called.

        ``step`` is called with an entry's instant before each callback (travel moves the clock with it).
        Called from within a callback, this does nothing: the run under way gets there. A callback's
        exception ends the run; what was not called yet stays due.
        """
        if self._current is not None:
            return 0
        called = 0
        self._goal = tick
        try:
            while (due := self.next_tick()) is not None and due <= tick:
                if (ready := self._heap[0].ready) is not None:
                    ready()
                entry = heapq.heappop(self._heap)
                callback, entry.callback = entry.callback, None
                self._reached = entry.tick
                self._current = entry
                if step is not None:
                    step(entry.tick)
                called += 1
                if callback is not None:
                    callback(entry.tick)
        finally:
            self._current = None
            self._goal = None
        self._reached = max(self._reached, tick)
        return called
