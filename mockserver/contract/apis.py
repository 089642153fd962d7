"""What the operations of one base path have in common: ``/admin/api/v1`` is one API, whatever the files.

The keys at the root of a specification that make it up:

``x-unrouted``
    by status, the response for a request that meets no operation (404, 405), or that the server itself fails
    (413, 500), or that answers another way on purpose (429, 503). A path item may have its own, which is then
    the answer with that status there.
``x-merge``
    function ``module:name`` that makes one body of several, for answers that report several failures.
``x-method-override``
    name of a header: a POST with it is treated as the method that the header names.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract.catalogue import Example
from mockserver.contract.errors import SpecificationError
from mockserver.contract.operations import response_examples
from mockserver.contract.specification import Specification

Merge = Callable[[list[dict[str, Any]]], dict[str, Any]]


@dataclass
class Api:
    """One API.

    :ivar examples: the answers of ``x-unrouted`` by name.
    :ivar of_path: the same for single paths, by path template with the base path.
    """

    base_path: str
    examples: dict[str, Example] = field(default_factory=dict)
    of_path: dict[str, dict[str, Example]] = field(default_factory=dict)
    merge: Merge | None = None
    override_header: str = ""

    def take_in(self, specification: Specification) -> None:
        """Add what one specification of this API says."""
        document = specification.document
        _add(self.examples, specification, document.get("x-unrouted", {}))
        for path, item in document["paths"].items():
            if "x-unrouted" in item:
                _add(self.of_path.setdefault(self.base_path + path, {}), specification, item["x-unrouted"])
        if "x-merge" in document:
            self.merge = resolve_function(document["x-merge"])
        if "x-method-override" in document:
            self.override_header = document["x-method-override"].lower()

    def common_at(self, template: str) -> dict[str, Example]:
        """Return what every operation of a path can answer with, by name."""
        own = self.of_path.get(template, {})
        replaced = {example.status for example in own.values()}
        return own | {name: one for name, one in self.examples.items() if one.status not in replaced}

    def answer_for(self, status: int, template: str = "") -> Example | None:
        """Return the answer with this status for requests that no operation answers."""
        found = self.common_at(template).values()
        return next((example for example in found if example.status == status), None)


def _add(examples: dict[str, Example], specification: Specification, responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        for example in response_examples(specification, int(status), specification.resolve(response)):
            examples.setdefault(example.name, example)


def resolve_function(name: str) -> Callable[..., Any]:
    """Import the function that a specification names, below this package: ``websale.report:start``."""
    module_name, _, function_name = name.partition(":")
    try:
        function: Callable[..., Any] = getattr(
            importlib.import_module(f"mockserver.{module_name}"), function_name
        )
    except (ImportError, AttributeError) as error:
        raise SpecificationError(f"{name} names no function: {error}.") from error
    return function
