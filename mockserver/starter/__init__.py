"""Write a folder of fixtures to begin with; its files lie in ``files``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


class FileThereError(Exception):
    """Raised for a file that is there already; its text is the file's path."""


def write_starter(folder: Path, *, replace: bool = False) -> list[Path]:
    """Write the files and return their paths; nothing is written where one is there already.

    :raises FileThereError: names the first such file, unless they are to be replaced.
    """
    contents = {folder / name: file.read_bytes() for name, file in _files()}
    for path in contents:
        if path.exists() and not replace:
            raise FileThereError(str(path))
    for path in contents:
        path.parent.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        path.write_bytes(content)
    return [*contents]


def _files() -> Iterator[tuple[str, Traversable]]:
    """Yield the files with their names in the folder, those at its top first."""
    entries = sorted((files(__name__) / "files").iterdir(), key=lambda entry: (entry.is_dir(), entry.name))
    for entry in entries:
        if entry.is_file():
            yield entry.name, entry
        else:
            for below in sorted(entry.iterdir(), key=lambda file: file.name):
                yield f"{entry.name}/{below.name}", below
