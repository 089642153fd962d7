"""Find the operation for a path: a tree of segments, still percent-encoded.

Splitting before decoding keeps what a client wrote apart from what it meant: ``%2F`` is a character of a value,
``//`` an empty segment, which no path has.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote


class Node:
    """One path segment in the tree of routes."""

    __slots__ = ("children", "methods", "names", "template", "variable")

    def __init__(self) -> None:
        self.children: dict[str, Node] = {}
        self.variable: Node | None = None
        self.methods: dict[str, tuple[str, str]] = {}
        self.names: tuple[str, ...] = ()
        self.template = ""


class RouteTree:
    """Find the operation for a path, by segments; a written segment is preferred to a ``{parameter}``."""

    def __init__(self) -> None:
        self.root = Node()
        self.templates: list[str] = []
        self.find = lru_cache(maxsize=8192)(self._find)

    def add(self, method: str, path: str, target: tuple[str, str]) -> None:
        """Register ``(base path, operation id)`` for a method and a path template."""
        node, names = self.root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.variable = node.variable or Node()
                node = node.variable
            else:
                node = node.children.setdefault(segment, Node())
        node.methods[method] = target
        node.names = tuple(names)
        if not node.template:
            self.templates.append(path)
        node.template = path

    def _find(self, path: str) -> tuple[Node, dict[str, str]] | None:
        """Return the node for a percent-encoded path and the decoded values of its parameters."""
        found = self._walk(self.root, path.split("/")[1:], 0, ())
        if found is None:
            return None
        node, values = found
        return node, dict(zip(node.names, values, strict=True))

    def _walk(
        self, node: Node, segments: list[str], depth: int, values: tuple[str, ...]
    ) -> tuple[Node, tuple[str, ...]] | None:
        if depth == len(segments):
            return (node, values) if node.methods else None
        segment = unquote(segments[depth], errors="replace")
        child = node.children.get(segment)
        if child is not None and (found := self._walk(child, segments, depth + 1, values)):
            return found
        if node.variable is not None and segment:
            return self._walk(node.variable, segments, depth + 1, (*values, segment))
        return None
