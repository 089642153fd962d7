"""Read every specification and the rule catalogue, and check that they agree."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from mockserver.contract.catalogue import Catalogue, Example
from mockserver.contract.errors import CatalogueError, Rule, SpecificationError
from mockserver.contract.operations import CompiledOperation, Handler, compile_operation, response_examples
from mockserver.contract.schemas import compile_schema, find_faults
from mockserver.contract.specification import Specification, load_specification, read_yaml

FALLBACK = "mock-control"
"""The API that answers where no vendor's base path fits."""


@dataclass
class Contract:
    """All specifications with everything that was compiled from them.

    :ivar specifications: by file name without suffix, in the order in which they were named.
    :ivar operations: by ``operationId``, over all specifications.
    :ivar unrouted: by base path and status, the answers to requests that meet no operation.
    """

    specifications: dict[str, Specification]
    catalogue: Catalogue
    operations: dict[str, CompiledOperation]
    unrouted: dict[str, dict[str, Example]]

    def base_path_of(self, path: str) -> str:
        """Return the base path of the API to which an unknown path belongs."""
        fitting = [base for base in self.unrouted if path == base or path.startswith(base + "/") or not base]
        return max(fitting, key=len) if fitting else self.specifications[FALLBACK].base_path

    def examples_of(self, operation: CompiledOperation) -> dict[str, Example]:
        """Return the examples that every operation of the same API can answer with."""
        return self.unrouted[operation.api.base_path]

    def unrouted_rule(self, path: str, status: int, explain: str, **facts: Any) -> Rule:
        """Return the rule of ``x-unrouted`` for a request that no operation of its API can answer."""
        examples = self.unrouted[self.base_path_of(path)]
        name = next(example.name for example in examples.values() if example.status == status)
        return Rule(name, explain=explain, **facts)

    def example_for(self, rule_id: str, operation: CompiledOperation | None, path: str) -> Example:
        """Return the answer of an error rule, looked for from the nearest place to the farthest."""
        base_path = operation.api.base_path if operation else self.base_path_of(path)
        places = [operation.examples] if operation else []
        places += [self.unrouted[base_path], self.unrouted[self.specifications[FALLBACK].base_path]]
        for place in places:
            if rule_id in place:
                return place[rule_id]
        raise CatalogueError(f"{rule_id} is no example of {operation.title if operation else base_path}.")


def resolve_handler(name: str) -> Handler:
    """Import the function that ``x-handler`` names: ``websale.report:start``."""
    module_name, _, function_name = name.partition(":")
    try:
        handler: Handler = getattr(importlib.import_module(f"mockserver.{module_name}"), function_name)
    except (ImportError, AttributeError) as error:
        raise SpecificationError(f"x-handler {name}: {error}.") from error
    return handler


def load_contract(
    folder: Traversable,
    names: list[str],
    *,
    resolve: Callable[[str], Handler] = resolve_handler,
) -> Contract:
    """Read the named specifications and ``rules.yaml`` in ``folder``.

    :raises SpecificationError: a file cannot be read, referenced or compiled.
    :raises CatalogueError: a rule has no example, an example has no rule, or an example breaks its schema.
    """
    catalogue = Catalogue(read_yaml(folder / "rules.yaml")["rules"])
    specifications = {name: load_specification(folder, name) for name in names}
    operations: dict[str, CompiledOperation] = {}
    unrouted: dict[str, dict[str, Example]] = {}
    for specification in specifications.values():
        common = unrouted.setdefault(specification.base_path, {})
        for status, response in specification.unrouted.items():
            for example in response_examples(specification, int(status), response):
                common.setdefault(example.name, example)
                _check_schema(specification, example, response)
        for source in specification.operations():
            if source.id in operations:
                raise SpecificationError(f"{specification.name}: two operations are called {source.id}.")
            try:
                handler = resolve(source.definition["x-handler"])
            except KeyError as error:
                raise SpecificationError(f"{specification.name}: {source.id} has no x-handler.") from error
            operation = compile_operation(specification, source, handler)
            operation.place_of_rule = catalogue.place
            operations[source.id] = operation
    contract = Contract(specifications, catalogue, operations, unrouted)
    _check_examples(contract)
    _check_rules(contract)
    return contract


def _check_schema(specification: Specification, example: Example, response: dict[str, Any]) -> None:
    schema = response["content"][example.media_type].get("schema")
    if schema is None:
        return
    fault = next(find_faults(compile_schema(specification.inline(schema)), example.value), None)
    if fault is not None:
        raise CatalogueError(
            f"{specification.name}: example {example.name} breaks its schema at {fault.path or '(root)'}: {fault.message}"
        )


def _check_examples(contract: Contract) -> None:
    """Every example fits its schema, and every example of an error is a rule of the catalogue."""
    for operation in contract.operations.values():
        for example in operation.examples.values():
            where = f"{operation.api.name}: {operation.title}: example {example.name}"
            validator = operation.responses[example.status, example.media_type]
            fault = next(find_faults(validator, example.value), None) if validator else None
            if fault is not None:
                raise CatalogueError(f"{where} breaks its schema at {fault.path or '(root)'}: {fault.message}")
            _check_rule_of(contract, example, operation.title, where)
        for rule_id in operation.violations.values():
            if rule_id not in operation.examples and rule_id not in contract.examples_of(operation):
                raise CatalogueError(
                    f"{operation.api.name}: {operation.title}: x-violations names {rule_id}, which is no example there."
                )
    for base_path, examples in contract.unrouted.items():
        for example in examples.values():
            _check_rule_of(contract, example, "*", f"x-unrouted of {base_path or '/'}: example {example.name}")


def _check_rule_of(contract: Contract, example: Example, title: str, where: str) -> None:
    if example.status < 400:
        return
    entry = contract.catalogue.get(example.rule_id)
    if entry is None:
        raise CatalogueError(f"{where} is no rule of rules.yaml.")
    if entry.status != example.status:
        raise CatalogueError(f"{where} has status {example.status}, its rule {entry.status}.")
    if entry.operation not in (title, "*"):
        raise CatalogueError(f"{where} belongs to {entry.operation} by rules.yaml.")
    if entry.reason and locate_reason(example.value, entry.reason_pattern) is None:
        raise CatalogueError(f"{where} does not say the rule's reason: {entry.reason!r}.")


def locate_reason(value: Any, pattern: Any, _path: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
    """Return where in an example the reason of its rule stands, or ``None``."""
    if isinstance(value, str):
        return _path if pattern.fullmatch(value) else None
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found = locate_reason(item, pattern, (*_path, key))
        if found is not None:
            return found
    return None


def _check_rules(contract: Contract) -> None:
    """Every error rule of the catalogue can be answered: it is an example somewhere."""
    known = {example.rule_id for operation in contract.operations.values() for example in operation.examples.values()}
    known |= {example.rule_id for examples in contract.unrouted.values() for example in examples.values()}
    missing = [entry.id for entry in contract.catalogue.values() if entry.is_error and entry.id not in known]
    if missing:
        raise CatalogueError(f"rules.yaml: no example in any specification for {', '.join(missing)}.")
