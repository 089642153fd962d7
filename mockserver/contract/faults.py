"""Faults as the contract sees them: which operations a plan is for, and what a call gets that one hits.

A fault fires once the operation is known and before credentials are looked at, like ``Prefer``, which goes before
it. Control calls are never hit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockserver.contract.answers import Answer
from mockserver.contract.catalogue import Example
from mockserver.contract.errors import Rule
from mockserver.contract.loading import FALLBACK, Contract, find_example
from mockserver.contract.preferences import answer_with, answers_of, first_with_status
from mockserver.contract.wording import meant
from mockserver.simulation.errors import RefusedValue, TooManyFaults
from mockserver.simulation.faults import Fault, Plan

if TYPE_CHECKING:
    from mockserver.contract.exchange import Exchange
    from mockserver.contract.operations import CompiledOperation
    from mockserver.simulation.worlds import World

NO_ANSWER = 0
"""Status of an exchange that ends without an answer."""


def place_fault(contract: Contract, world: World, description: object) -> Fault:
    """Place a fault in a world, described in JSON as the control plane takes it.

    :raises Rule: ``MOCK-400-fault`` when it makes no sense or could never fire, ``MOCK-409-faults`` when the
        world is full.
    """
    now = world.clock.calendar()
    try:
        plan = Plan.from_json(description)
    except RefusedValue as error:
        raise _misuse(error.field, f"{error}.", [error.accepted]) from error
    if plan.until is not None and plan.until <= now:
        shown = world.clock.describe()["now"]
        raise _misuse("until", f"until is past: it is {shown} in this world.", [f"a time after {shown}"])
    operations = _operations_of(contract, plan)
    if plan.operation:
        plan = replace(plan, operation=operations[0].title)
    try:
        return world.faults.add(plan, frozenset(operation.id for operation in operations), now)
    except TooManyFaults as error:
        raise Rule("MOCK-409-faults", explain=f"{error}; remove one.".capitalize()) from error


def fire_faults(exchange: Exchange, operation: CompiledOperation) -> None:
    """Let the world's faults have this call; where one gives the answer, ``exchange.answer`` is set."""
    world = exchange.world
    hit = world.faults.match(operation.id, exchange.path_values, world.clock.calendar)
    if hit is None:
        return
    exchange.hit = hit
    exchange.server.meter.count_faults(hit)
    fault = hit.outcome
    if fault is None:
        return
    if fault.plan.kind == "reset":
        exchange.answer = Answer(NO_ANSWER, body=b"")
    elif fault.plan.replaces:
        example = _answer_of(operation, fault.plan)
        if example is not None:
            exchange.answer = _answer(exchange, fault, example)


def _answer(exchange: Exchange, fault: Fault, example: Example) -> Answer:
    limit = "" if fault.plan.times is None else f" of {fault.plan.times}"
    explain = f"Fault {fault.id} of this world gives the answer; fired: {fault.fired}{limit}."
    answer = answer_with(exchange, example, explain)
    if fault.plan.retry_after is not None:
        answer.headers = [header for header in answer.headers if header[0].lower() != "retry-after"]
        answer.headers.append(("Retry-After", str(fault.plan.retry_after)))
    return answer


def _answer_of(operation: CompiledOperation, plan: Plan) -> Example | None:
    answers = answers_of(operation)
    return find_example(answers, plan.rule) if plan.rule else first_with_status(answers, str(plan.status))


# Which operations a plan is for; each step narrows them down, and one that leaves none says what it would take


def _operations_of(contract: Contract, plan: Plan) -> list[CompiledOperation]:
    found = [operation for operation in contract.operations.values() if operation.api.name != FALLBACK]
    if plan.operation:
        found = _named(found, plan.operation)
    if plan.replaces:
        fitting = [operation for operation in found if _answer_of(operation, plan)]
        if not fitting:
            raise _no_answer(found, plan)
        found = fitting
    return _with_target(found, plan)


def _named(operations: list[CompiledOperation], name: str) -> list[CompiledOperation]:
    """Return the operations of a title; their id and their whole path are understood, too."""
    found = [operation for operation in operations if name in _names(operation)]
    if not found:
        titles = sorted({operation.title for operation in operations})
        raise _misuse("operation", f"No vendor has the operation {name}.{meant(name, titles)}", titles)
    return found


def _names(operation: CompiledOperation) -> tuple[str, ...]:
    verb, _, path = operation.title.partition(" ")
    return operation.title, operation.id, f"{verb} {operation.api.base_path}/{path.lstrip('/')}"


def _no_answer(operations: list[CompiledOperation], plan: Plan) -> Rule:
    answers = [example for operation in operations for example in answers_of(operation).values()]
    if plan.rule:
        names = sorted({example.name for example in answers})
        return _misuse("rule", f"{_lacks(plan, f'answer {plan.rule}')}{meant(plan.rule, names)}", names)
    statuses = sorted({str(example.status) for example in answers})
    return _misuse("status", _lacks(plan, f"answer with the status {plan.status}"), statuses)


def _with_target(operations: list[CompiledOperation], plan: Plan) -> list[CompiledOperation]:
    """Return the operations whose paths have all parts of the target, and can have these values."""
    found = operations
    for name, value in plan.target.items():
        places = {o.id: p for o in found for p in o.parameters if p.place == "path" and p.name == name}
        if not places:
            names = {p.name for operation in found for p in operation.parameters if p.place == "path"}
            raise _misuse(f"target.{name}", _lacks(plan, f"{name} in its path"), sorted(names))
        fitting = {id for id, place in places.items() if place.validator.is_valid(place.convert(value))}
        if not fitting:
            accepted = {text for place in places.values() for text in place.accepted}
            raise _misuse(f"target.{name}", f"{name} is never {value!r}.", sorted(accepted))
        found = [operation for operation in found if operation.id in fitting]
    return found


def _lacks(plan: Plan, what: str) -> str:
    return (
        f"{plan.operation} has no {what}."
        if plan.operation
        else f"Of the vendors' calls none has the {what}."
    )


def _misuse(field: str, explain: str, accepted: list[str]) -> Rule:
    return Rule("MOCK-400-fault", field=field, explain=explain, accepted=accepted)
