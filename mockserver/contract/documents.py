"""Read YAML documents that people write by hand, and say in which line of which file something is wrong.

A document can lie over another one, and then changes only what it says: mappings are merged key by key; lists are
merged where their schema names, as ``x-merge-by``, the property that tells their entries apart; all else, and
mappings that are no more than one value (``x-replaces``), takes the place of what was there. The merged document
still knows the file and the line of every part.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any, TypeAlias

import yaml

from mockserver.contract.shapes import Shape
from mockserver.contract.specification import YamlLoader
from mockserver.contract.wording import Step

Place: TypeAlias = str | Sequence[Step]
"""Where something stands, as steps or as people write it: ``jobs[0].advanceTo``."""

STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class DocumentError(Exception):
    """Raised when a file cannot be used; the message names file, line and reason.

    :ivar line: counted from 1; 0 where the file as a whole is meant.
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class Document:
    """A document with what is needed to say where in it something is wrong.

    :ivar file: the file that people have written; of a merged document the one on top.
    """

    def __init__(self, file: str, root: yaml.Node | None) -> None:
        self.file = file
        self._root = root

    @classmethod
    def read(cls, file: Traversable) -> Document:
        """Read a file; one that is no YAML, or that says something twice, is a :class:`DocumentError`."""
        name = str(file)
        try:
            root = YamlLoader(_Named(file.read_text(encoding="utf-8"), name)).get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = f"This is no valid YAML: {error.problem or error.context}."
            raise DocumentError(name, mark.line + 1 if mark else 1, reason) from error
        except OSError as error:
            raise DocumentError(name, 0, f"This cannot be read: {error.strerror}.") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DocumentError(name, 1, f"This is no valid YAML: {' '.join(str(error).split())}.") from error
        document = cls(name, root)
        if root is not None:
            document._inspect(root, [], set())
        return document

    @cached_property
    def content(self) -> Any:
        """What the document says; a file that says nothing is an empty mapping."""
        return {} if self._root is None else YamlLoader("").construct_document(self._root)

    def over(self, base: Document, shape: Shape) -> Document:
        """Return this document merged into another one of the same shape."""
        if self._root is None or base._root is None:
            return Document(self.file, self._root or base._root)
        return Document(self.file, self._merge(base._root, self._root, shape.schema, ()))

    def check(self, shape: Shape, content: Any = None) -> None:
        """Raise a :class:`DocumentError` for what does not fit, the uppermost if there are several.

        :param content: what to check instead of the content as it is written.
        """
        refusals = shape.refusals(self.content if content is None else content)
        errors = [self.error(refusal.steps, refusal.said_of("{place}")) for refusal in refusals]
        if errors:
            raise min(errors, key=lambda error: error.line)

    def error(self, place: Place, reason: str) -> DocumentError:
        """Return the error for a place; ``{place}`` in the reason stands for it.

        Of a place that is not there the line is that of what should have it.
        """
        node, line, shown = self._root, 1, ""
        if node is not None and node.start_mark.name == self.file:
            line = node.start_mark.line + 1
        for step in _steps(place):
            shown += _show(node, step)
            mark, node = _below(node, step)
            if mark is not None and mark.name == self.file:
                line = mark.line + 1
        return DocumentError(self.file, line, reason.replace("{place}", shown.lstrip(".") or "The document"))

    def _inspect(self, node: yaml.Node, above: list[yaml.Node], seen: set[int]) -> None:
        """Refuse what YAML allows and nobody means: keys that stand there twice, or are no text."""
        if any(node is other for other in above):
            raise self._wrong(node, "This contains itself.")
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            return
        seen.add(id(node))
        parts = node.value
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, _ in node.value:
                if key.tag == MERGE:
                    continue
                if key.tag != TEXT:
                    written = key.value if isinstance(key, yaml.ScalarNode) else "This"
                    raise self._wrong(key, f"{written} is no text; as a key it has to stand in quotes.")
                if key.value in keys:
                    raise self._wrong(key, f"{key.value} stands there twice.")
                keys.add(key.value)
            parts = [value for _, value in node.value]
        for part in parts:
            self._inspect(part, [*above, node], seen)
        if isinstance(node, yaml.MappingNode):
            YamlLoader("").flatten_mapping(node)

    def _wrong(self, node: yaml.Node, reason: str) -> DocumentError:
        return DocumentError(self.file, node.start_mark.line + 1, reason)

    def _merge(
        self, base: yaml.Node, own: yaml.Node, schema: dict[str, Any], above: tuple[Step, ...]
    ) -> yaml.Node:
        if "x-replaces" in schema:
            return own
        if isinstance(base, yaml.MappingNode) and isinstance(own, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in base.value}
            properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
            for key, value in own.value:
                if key.value in pairs:
                    part = properties.get(key.value, extra if isinstance(extra, dict) else {})
                    value = self._merge(pairs[key.value][1], value, part, (*above, key.value))
                pairs[key.value] = key, value
            return yaml.MappingNode(own.tag, [*pairs.values()], own.start_mark, own.end_mark)
        if (
            isinstance(base, yaml.SequenceNode)
            and isinstance(own, yaml.SequenceNode)
            and "x-merge-by" in schema
        ):
            return self._merge_lists(base, own, schema, above)
        return own

    def _merge_lists(
        self, base: yaml.SequenceNode, own: yaml.SequenceNode, schema: dict[str, Any], above: tuple[Step, ...]
    ) -> yaml.Node:
        by = schema["x-merge-by"]
        entries = {_value(entry, by): entry for entry in base.value}
        named: set[str] = set()
        for number, entry in enumerate(own.value):
            name = _value(entry, by)
            if name is None:
                raise Document(self.file, self._root).error((*above, number, by), "{place} is missing.")
            if name in named:
                raise self.error((*above, number, by), f"{{place}} is {name}, like that of an earlier one.")
            named.add(name)
            if name in entries:
                entry = self._merge(entries[name], entry, schema["items"], (*above, number))
            entries[name] = entry
        return _ByName(by, own.tag, [*entries.values()], own.start_mark, own.end_mark)


class _Named(io.StringIO):
    """A text whose parts PyYAML marks with its name."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


class _ByName(yaml.SequenceNode):
    """A merged list: its entries are called by their names, since nobody can know their places."""

    def __init__(self, by: str, *given: Any) -> None:
        super().__init__(*given)
        self.by = by


def _steps(place: Place) -> Iterator[Step]:
    if isinstance(place, str):
        for step in STEP.findall(place):
            yield int(step[1:-1]) if step.startswith("[") else step
    else:
        yield from place


def _show(node: yaml.Node | None, step: Step) -> str:
    if isinstance(node, _ByName) and isinstance(step, int):
        return f"[{_value(node.value[step], node.by)}]"
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _below(node: yaml.Node | None, step: Step) -> tuple[yaml.Mark | None, yaml.Node | None]:
    """Return where an element or a member begins, and its node."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == step:
                return key.start_mark, value
    return None, None


def _value(node: yaml.Node, key: str) -> str | None:
    """Return a scalar of a mapping as it is written."""
    _, value = _below(node, key) if isinstance(node, yaml.MappingNode) else (None, None)
    return value.value if isinstance(value, yaml.ScalarNode) else None
