"""Refuse to start when specifications and rule catalogue disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.contract.apis import Api
from mockserver.contract.catalogue import Catalogue, Example
from mockserver.contract.errors import CatalogueError
from mockserver.contract.operations import CompiledOperation
from mockserver.contract.schemas import find_faults

Operations = dict[str, CompiledOperation]


def check_examples(catalogue: Catalogue, operations: Operations, apis: dict[str, Api]) -> None:
    """Every example fits its schema, and every example of an error is a rule of the catalogue."""
    for operation in operations.values():
        for example in operation.examples.values():
            _check(catalogue, example, operation.rules_of, f"{operation.api.name}: {operation.title}")
        for rule_id in operation.violations.values():
            if rule_id not in operation.examples and rule_id not in operation.common:
                raise CatalogueError(
                    f"{operation.api.name}: {operation.title}: x-violations names {rule_id}, which is no example there."
                )
        for part in operation.unruled():
            raise CatalogueError(
                f"{operation.api.name}: {operation.title}: x-violations names no rule for {part}."
            )
    for api in apis.values():
        where = f"x-unrouted of {api.base_path or '/'}"
        for examples in (api.examples, *api.of_path.values()):
            for example in examples.values():
                _check(catalogue, example, None, where)


def check_rules(catalogue: Catalogue, operations: Operations, apis: dict[str, Api]) -> None:
    """Every error rule of the catalogue can be answered: it is an example somewhere."""
    known = {example.rule_id for example in _all_examples(operations, apis)}
    missing = [entry.id for entry in catalogue.values() if entry.is_error and entry.id not in known]
    if missing:
        raise CatalogueError(f"rules.yaml: no example in any specification for {', '.join(missing)}.")


def _all_examples(operations: Operations, apis: dict[str, Api]) -> Iterator[Example]:
    for operation in operations.values():
        yield from operation.examples.values()
    for api in apis.values():
        for examples in (api.examples, *api.of_path.values()):
            yield from examples.values()


def _check(catalogue: Catalogue, example: Example, title: str | None, where: str) -> None:
    where = f"{where}: example {example.name}"
    if example.validator is not None:
        fault = next(find_faults(example.validator, example.value), None)
        if fault is not None:
            raise CatalogueError(f"{where} breaks its schema: {fault.said_of('It')}")
    if example.status < 400:
        return
    entry = catalogue.get(example.rule_id)
    if entry is None:
        raise CatalogueError(f"{where} is no rule of rules.yaml.")
    if entry.status != example.status:
        raise CatalogueError(f"{where} has status {example.status}, its rule {entry.status}.")
    if title is not None and entry.operation not in (title, "*"):
        raise CatalogueError(f"{where} belongs to {entry.operation} by rules.yaml.")
    if entry.reason and locate_reason(example.value, entry.reason_pattern) is None:
        raise CatalogueError(f"{where} does not say the rule's reason: {entry.reason!r}.")


def locate_reason(
    value: Any, pattern: re.Pattern[str], _path: tuple[Any, ...] = ()
) -> tuple[Any, ...] | None:
    """Return where in an example the reason of its rule stands, or ``None``."""
    if isinstance(value, str):
        return _path if pattern.fullmatch(value) else None
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found = locate_reason(item, pattern, (*_path, key))
        if found is not None:
            return found
    return None
