"""Find the names that a recipe, or the elements of a list in it, can use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.records.errors import FixtureError

__all__ = ["Scope"]


class Scope:
    """Hold the names that a recipe, or the elements of a list in it, can use.

    `references` are the names wanted of other records, by service and place; `sums` those wanted of all
    elements of a list, by its name: what is had from the same place is computed together.
    """

    def __init__(
        self, path: str, let: Mapping[str, Any], value: Any, parent: Scope | None = None, state: str = "h"
    ) -> None:
        self.path = path
        self.parent = parent
        self.state = state
        self.let = let
        self.value = value
        self.lists: dict[str, Scope] = {}
        self.references: dict[tuple[str, str], list[str]] = {}
        self.sums: dict[str, list[str]] = {}
        for service, at, field in _uses("$ref", [let, value]):
            _add(self.references.setdefault((service, at), []), field)
        for name, field in _uses("$sum", [let, value]):
            _add(self.sums.setdefault(name, []), field)

    def find(self, name: str) -> tuple[Scope, Any]:
        """Return the value of a name and the scope it belongs to; "" is the value of the scope itself."""
        if name == "":
            return self, self.value
        if name in self.let:
            return self, self.let[name]
        value: Any = self.value
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                if self.parent is not None:
                    return self.parent.find(name)
                raise FixtureError(self.path, f"there is no {name}")
            value = value[part]
        return self, value


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _uses(keyword: str, value: Any) -> Iterator[tuple[str, ...]]:
    """Yield what a keyword says below a value, but not inside lists: they have a scope of their own."""
    if isinstance(value, Mapping):
        if keyword in value:
            yield tuple(value[keyword])
        for name, part in value.items():
            if name != "$list":
                yield from _uses(keyword, part)
    elif isinstance(value, list):
        for part in value:
            yield from _uses(keyword, part)
