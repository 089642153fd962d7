"""Write a world as one document, and make a world from one.

The document is for people too: JSON of a few parts, each of which describes itself.

============  ====================================================================
``clock``     mode, speed, time, and when it was set back
``random``    how many words were drawn from the world's randomness
``profiles``  how jobs unfold, as far as somebody chose it
``jobs``      every job that is kept, with what happened to it
...           one part for each ``Stateful`` part of a world that is registered
============  ====================================================================

A part that is absent is as it is at the start. Parts are loaded in the order in which they were registered, so one
can refer to those before it; they are dumped in the reverse order, so one knows who has referred to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import orjson

from .errors import RefusedValue, StateError, TooLarge
from .randomness import MAX_DRAWN
from .worlds import World

FORMAT = "commerce-mockserver/world"
VERSION = 1

#: Bytes that a document may have.
MAX_BYTES = 64 * 1024 * 1024


class Stateful(Protocol):
    """Be a part of a world that can describe itself, and be made again from the description.

    ``dump`` gives values of JSON, whose leaves may be ``Later``; None says that everything is as at the start.
    ``load`` is called on a part that is as at the start, with what ``dump`` gave; ``RefusedValue`` names the place at
    fault. The shape of what is loaded has been checked against the specification; what it means has not.
    """

    def dump(self) -> Any: ...  # noqa: D102
    def load(self, state: Any) -> None: ...  # noqa: D102


class Later:
    """Be an array in a document whose elements, JSON in bytes, are fetched when the document is written.

    What they are has to be fixed when this is made.
    """

    __slots__ = ("_fetch",)

    def __init__(self, fetch: Callable[[], Iterable[bytes]]) -> None:
        self._fetch = fetch

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._fetch())


class Documents:
    """Write worlds as documents and make worlds from them.

    ``parts`` are the types of the parts of a world that belong to its document, by the name that they have in it.
    """

    def __init__(self, parts: Mapping[str, type[Stateful]] | None = None) -> None:
        self._parts = dict(parts or {})

    @property
    def names(self) -> list[str]:
        """Give the names of the registered parts."""
        return [*self._parts]

    def dump(self, world: World) -> dict[str, Any]:
        """Describe a world as it is now."""
        mode = world.clock.mode
        clock = world.clock
        with world.lock, clock.held() as now:
            world.agenda.run_until(now)
            found = {name: world.part(kind).dump() for name, kind in reversed(self._parts.items())}
            document: dict[str, Any] = {
                "format": FORMAT,
                "version": VERSION,
                "seed": world.seed,
                "clock": {**clock.dump(), "mode": mode},
                "random": world.random.drawn or None,
                "profiles": world.profiles.dump(),
                "jobs": world.jobs.dump(),
            }
        document |= {name: found[name] for name in self._parts}
        return {name: part for name, part in document.items() if part not in (None, {}, [])}

    def fill(self, world: World, document: Mapping[str, Any]) -> None:
        """Bring a new world into the state that a document describes; ``StateError`` says where that fails."""
        _check_head(world, document)
        place = ""
        try:
            place = "clock"
            world.clock.load(document.get("clock", {}))
            now = world.clock.ticks()
            place = "random"
            world.random.skip(_drawn(document.get("random", 0)))
            place = "profiles"
            world.profiles.load(document.get("profiles", []))
            place = "jobs"
            world.jobs.load(document.get("jobs", []), now)
            world.begin()
            for place, kind in self._parts.items():
                if document.get(place) is not None:
                    world.part(kind).load(document[place])
        except RefusedValue as error:
            raise StateError(join(place, error.field), error.value, error.accepted) from error


def join(place: str, field: str) -> str:
    """Write a place within a place: ``jobs`` and ``[3].id`` are ``jobs[3].id``."""
    return f"{place}{field}" if not field or field.startswith("[") else f"{place}.{field}"


def encode(document: Mapping[str, Any], limit: int = MAX_BYTES) -> bytes:
    """Write a document as JSON; one of more than ``limit`` bytes is ``TooLarge``."""
    size = 0

    def fetch(value: object) -> list[orjson.Fragment]:
        nonlocal size
        if not isinstance(value, Later):
            raise TypeError(f"a document cannot hold {value!r}")
        fragments = []
        for content in value:
            size += len(content)
            if size > limit:
                raise TooLarge(limit)
            fragments.append(orjson.Fragment(content))
        return fragments

    try:
        written = orjson.dumps(document, default=fetch)
    except orjson.JSONEncodeError as error:
        if isinstance(error.__cause__, TooLarge):
            raise error.__cause__ from None
        raise
    if len(written) > limit:
        raise TooLarge(limit)
    return written


def _check_head(world: World, document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise StateError("format", document.get("format"), FORMAT)
    if document.get("version") != VERSION:
        raise StateError("version", document.get("version"), str(VERSION))
    if document.get("seed", world.seed) != world.seed:
        raise StateError("seed", document["seed"], f"{world.seed}, which this server was started with")


def _drawn(words: int) -> int:
    if not 0 <= words <= MAX_DRAWN:
        raise StateError("", words, f"0 to {MAX_DRAWN}")
    return words
