"""Keep what the vendor would have sent: mails, webhooks, files delivered elsewhere. Nothing leaves the server."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .spans import read_span, write_span

Kind: TypeAlias = Literal["mail", "webhook", "delivery"]

#: Entries that an outbox keeps; older ones go first.
KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Be one thing that would have been sent at ``tick``; ``facts`` are values of JSON that say what and where."""

    id: str
    kind: Kind
    tick: int
    facts: Mapping[str, Any]


class Outbox:
    """Hold the last things that one world would have sent, in the order of sending."""

    __slots__ = ("_entries", "_next")

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._next = 1

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def room(self) -> int:
        """Give the number of entries that are kept; a sender of many may leave out those before."""
        return self._entries.maxlen or 0

    def send(self, kind: Kind, tick: int, facts: Mapping[str, Any]) -> Entry:
        """Keep what would be sent now."""
        entry = Entry(str(self._next), kind, tick, dict(facts))
        self._next += 1
        self._entries.append(entry)
        return entry

    def list(self) -> list[Entry]:
        """Give what is kept, the oldest first."""
        return [*self._entries]

    def dump(self) -> Any:
        """Describe what is kept for a world's document, and the number of the next entry."""
        if self._next == 1:
            return None
        entries = [
            {"id": entry.id, "kind": entry.kind, "at": write_span(entry.tick), "facts": dict(entry.facts)}
            for entry in self._entries
        ]
        return {"next": self._next, "entries": entries}

    def load(self, state: Any) -> None:
        """Keep what was described."""
        for place, described in enumerate(state["entries"]):
            tick = read_span(described["at"], f"entries[{place}].at")
            self._entries.append(Entry(described["id"], described["kind"], tick, dict(described["facts"])))
        self._next = state["next"]

    def clear(self) -> None:
        """Forget everything; ids go on."""
        self._entries.clear()
