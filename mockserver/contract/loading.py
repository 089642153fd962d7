"""Read every specification and the rule catalogue; see :mod:`mockserver.contract.checks` for how they must agree."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, cast

from mockserver.contract.apis import Api, resolve_function
from mockserver.contract.catalogue import Catalogue, Example
from mockserver.contract.checks import check_examples, check_rules
from mockserver.contract.errors import CatalogueError, Rule, SpecificationError
from mockserver.contract.operations import (
    BeforeBody,
    CheckBody,
    CheckQuery,
    CompiledOperation,
    Handler,
    compile_operation,
)
from mockserver.contract.specification import Specification, load_specification, read_yaml

SLASHES = re.compile("/{2,}")
FALLBACK = "mock-control"
"""The specification whose API answers where no other base path fits, and for misuse of this server itself."""


@dataclass
class Contract:
    """All specifications with everything that was compiled from them.

    :ivar specifications: by file name without suffix, in the order in which they were named.
    :ivar operations: by ``operationId``, over all specifications.
    :ivar apis: by base path.
    :ivar reading: method and path of the operations that change nothing although their method says so (``x-reads``).
    """

    specifications: dict[str, Specification]
    catalogue: Catalogue
    operations: dict[str, CompiledOperation]
    apis: dict[str, Api]

    def __post_init__(self) -> None:
        self._own = self.apis[self.specifications[FALLBACK].base_path]
        self.reading = frozenset(
            (operation.method, operation.template)
            for operation in self.operations.values()
            if operation.source.definition.get("x-reads")
        )

    def api_of(self, path: str) -> Api:
        """Return the API to which a path belongs, whether it exists there or not; slashes too many do not matter."""
        path = SLASHES.sub("/", path)
        fitting = [base for base in self.apis if not base or path == base or path.startswith(base + "/")]
        return self.apis[max(fitting, key=len)] if fitting else self._own

    def unrouted_rule(
        self, path: str, status: int, explain: str, *, template: str = "", **facts: Any
    ) -> Rule:
        """Return the rule of ``x-unrouted`` for a request that no operation of its API can answer."""
        example = self.api_of(path).answer_for(status, template) or self._own.answer_for(status)
        if example is None:
            raise CatalogueError(f"No x-unrouted answers {path} with {status}.")
        return Rule(example.name, field=None, explain=explain, **facts)

    def example_for(self, rule_id: str, operation: CompiledOperation | None, path: str) -> Example:
        """Return the answer of an error rule, looked for from the nearest place to the farthest."""
        api = self.apis[operation.api.base_path] if operation else self.api_of(path)
        places = [operation.examples] if operation else []
        places += [api.examples, *api.of_path.values(), self._own.examples]
        for place in places:
            if example := find_example(place, rule_id):
                return example
        raise CatalogueError(f"{rule_id} is no example of {operation.title if operation else api.base_path}.")


def find_example(examples: dict[str, Example], name: str) -> Example | None:
    """Return the example of that name, else the first variant of the rule of that name."""
    if name in examples:
        return examples[name]
    return next((example for example in examples.values() if example.rule_id == name), None)


def load_contract(
    folder: Traversable,
    names: list[str],
    *,
    resolve: Callable[[str], Handler] = resolve_function,
) -> Contract:
    """Read the named specifications and ``rules.yaml`` in ``folder``.

    :raises SpecificationError: a file cannot be read, referenced or compiled.
    :raises CatalogueError: a rule has no example, an example has no rule, or an example breaks its schema.
    """
    catalogue = Catalogue(read_yaml(folder / "rules.yaml")["rules"])
    files: dict[str, Any] = {}
    specifications = {name: load_specification(folder, name, files) for name in names}
    operations: dict[str, CompiledOperation] = {}
    apis: dict[str, Api] = {}
    for specification in specifications.values():
        base_path = specification.base_path
        apis.setdefault(base_path, Api(base_path)).take_in(specification)
        for source in specification.operations():
            if source.id in operations:
                raise SpecificationError(f"{specification.name}: two operations are called {source.id}.")
            if "x-handler" not in source.definition:
                raise SpecificationError(f"{specification.name}: {source.id} has no x-handler.")
            operation = compile_operation(specification, source, resolve(source.definition["x-handler"]))
            operation.place_of_rule = catalogue.place
            if "x-before-body" in source.definition:
                operation.before_body = cast(BeforeBody, resolve(source.definition["x-before-body"]))
            if "x-check-body" in source.definition:
                operation.check_body = cast(CheckBody, resolve(source.definition["x-check-body"]))
            if "x-check-query" in source.definition:
                operation.check_query = cast(CheckQuery, resolve(source.definition["x-check-query"]))
            operations[source.id] = operation
    methods: dict[str, list[str]] = defaultdict(list)
    for operation in operations.values():
        methods[operation.template].append(operation.method)
    for operation in operations.values():
        operation.common = apis[operation.api.base_path].common_at(operation.template)
        operation.allowed = ", ".join(methods[operation.template])
    check_examples(catalogue, operations, apis)
    check_rules(catalogue, operations, apis)
    return Contract(specifications, catalogue, operations, apis)
