"""Keep named copies of a world: each is the world's document as it was, in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import NoSuchSnapshot, ShelfFull

#: Snapshots that a world keeps.
MAX_SNAPSHOTS = 50

#: Bytes that all snapshots of a world take together.
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Be one copy; ``time`` is what the world's clock showed when it was taken (nanoseconds since 1970)."""

    name: str
    time: int
    document: bytes


class Shelf:
    """Hold the snapshots of one world. It outlives resets, and goes when the world is dropped."""

    __slots__ = ("_limit", "_max_bytes", "_snapshots")

    def __init__(self, limit: int = MAX_SNAPSHOTS, max_bytes: int = MAX_BYTES) -> None:
        self._limit = limit
        self._max_bytes = max_bytes
        self._snapshots: dict[str, Snapshot] = {}

    def put(self, snapshot: Snapshot) -> bool:
        """Keep a snapshot, in the place of one of the same name; True when there was none."""
        others = [kept for kept in self._snapshots.values() if kept.name != snapshot.name]
        if len(others) >= self._limit:
            raise ShelfFull("snapshots", self._limit)
        if sum(len(kept.document) for kept in others) + len(snapshot.document) > self._max_bytes:
            raise ShelfFull("bytes of snapshots", self._max_bytes)
        new = snapshot.name not in self._snapshots
        self._snapshots[snapshot.name] = snapshot
        return new

    def get(self, name: str) -> Snapshot:
        """Give a snapshot, or raise ``NoSuchSnapshot``."""
        found = self._snapshots.get(name)
        if found is None:
            raise NoSuchSnapshot(name)
        return found

    def delete(self, name: str) -> None:
        """Forget a snapshot, or raise ``NoSuchSnapshot``."""
        self.get(name)
        del self._snapshots[name]

    def list(self) -> list[Snapshot]:
        """Give all snapshots, by name."""
        return sorted(self._snapshots.values(), key=lambda snapshot: snapshot.name)
