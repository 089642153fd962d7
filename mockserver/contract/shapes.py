"""Check what people have written against its schema, and say what would have been accepted.

Beyond what OpenAPI's schemas can say there are two keywords of our own, for lists of things that have names:

``x-unique: [id, token]``   on a list: no two entries have the same value there
``x-refers-to: users.id``   on a value: some entry of the document's list ``users`` has this ``id``
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.contract.schemas import Validator
from mockserver.contract.wording import Refusal, Step, Steps, listed, refusals, shorten


class Shape:
    """The shape of a document.

    :ivar schema: an OpenAPI schema without references.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._validator = Validator(schema)

    def refusals(self, value: Any) -> Iterator[Refusal]:
        """Yield every place where the value does not fit, and why."""
        fits = True
        for error in self._validator.iter_errors(value):
            fits = False
            yield from refusals(error, self.schema)
        if fits:
            yield from _relations(self.schema, value, value, ())


def _relations(schema: dict[str, Any], value: Any, document: Any, steps: Steps) -> Iterator[Refusal]:
    target = schema.get("x-refers-to", "")
    if target:
        name, _, key = target.partition(".")
        known = [entry[key] for entry in document[name]]
        if value not in known:
            yield Refusal(steps, "", f" is {shorten(value)}; accepted: {listed(known)}.", listed(known))
    if isinstance(value, list):
        for key in schema.get("x-unique", ()):
            yield from _repeated(value, key, steps)
    for step, part, below in _parts(schema, value):
        yield from _relations(part, below, document, (*steps, step))


def _parts(schema: dict[str, Any], value: Any) -> Iterator[tuple[Step, dict[str, Any], Any]]:
    """Yield the parts of a value that have schemas of their own."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield number, schema.get("items", {}), entry
    elif isinstance(value, dict):
        extra = schema.get("additionalProperties")
        for key, entry in value.items():
            yield (
                key,
                schema.get("properties", {}).get(key) or (extra if isinstance(extra, dict) else {}),
                entry,
            )


def _repeated(entries: list[Any], key: str, steps: Steps) -> Iterator[Refusal]:
    seen: set[object] = set()
    for number, entry in enumerate(entries):
        value = entry.get(key)
        if value is not None and value in seen:
            yield Refusal((*steps, number, key), "", f" is {shorten(value)}, and another one has that, too.")
        seen.add(value)
