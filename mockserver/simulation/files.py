"""Keep the files that a world's jobs have written, for whoever downloads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Open: TypeAlias = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class File:
    """Be one file.

    ``owner`` and ``place`` say whose file it is and which of them; ``path`` is how the vendor names it, ``tick``
    when it was written. Its content is not held: ``open`` gives it in chunks, the same each time.
    """

    owner: str
    place: str
    name: str
    path: str
    public: bool
    media_type: str
    size: int
    sha256: str
    tick: int
    open: Open


class Files:
    """Hold one file for each owner and place; a new one takes the place of the one before."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], File] = {}

    def put(self, file: File) -> None:
        """Keep a file."""
        self._files[file.owner, file.place] = file

    def get(self, owner: str, place: str) -> File | None:
        """Find a file, None when there is none."""
        return self._files.get((owner, place))

    def drop(self, owner: str) -> None:
        """Forget the files of an owner."""
        self._files = {key: file for key, file in self._files.items() if key[0] != owner}

    def list(self) -> list[File]:
        """Give all files, by owner and place."""
        return sorted(self._files.values(), key=lambda file: (len(file.owner), file.owner, file.place))
