"""Be the tree of an expression. Each node turns into a closure once, so that rendering walks no tree.

Chains (``a + b + c``, ``$a.b.c``, ``x or y or z``) are one node each: the depth of closures is the depth of
parentheses, which the parser bounds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from .errors import LimitExceeded, RenderError, shorten
from .frame import Frame, Made
from .functions import Function
from .modules import Module
from .signatures import Mismatch
from .values import a, calculate, compare, contains, element, kind, member, number, truth

Evaluate = Callable[[Frame], object]


class Expression(ABC):
    """Be a node that has a value."""

    @abstractmethod
    def compile(self) -> Evaluate:
        """Give the closure that computes the value; it raises ``RenderError`` without a line."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """Be a constant."""

    value: object

    def compile(self) -> Evaluate:
        """Give the constant."""
        value = self.value
        return lambda frame: value


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    """Be a variable; names are resolved to slots by the parser."""

    slot: int

    def compile(self) -> Evaluate:
        """Read the slot."""
        slot = self.slot
        return lambda frame: frame.slots[slot]


@dataclass(frozen=True, slots=True)
class Path(Expression):
    """Be ``$base.name[key]…``; a step is a name or the expression in brackets."""

    base: Variable
    steps: tuple[str | Expression, ...]

    def compile(self) -> Evaluate:
        """Read step by step; ``$p.name`` on a dict, by far the most frequent, takes a short cut."""
        slot = self.base.slot
        if len(self.steps) == 1 and isinstance(self.steps[0], str):
            name = self.steps[0]

            def read_one(frame: Frame) -> object:
                value = frame.slots[slot]
                return value.get(name) if type(value) is dict else member(value, name)

            return read_one
        steps = [step if isinstance(step, str) else step.compile() for step in self.steps]

        def read(frame: Frame) -> object:
            value = frame.slots[slot]
            for step in steps:
                value = member(value, step) if isinstance(step, str) else element(value, step(frame))
            return value

        return read


@dataclass(frozen=True, slots=True)
class ListOf(Expression):
    """Be ``[a, b]``."""

    items: tuple[Expression, ...]

    def compile(self) -> Evaluate:
        """Make a new list each time."""
        items = [item.compile() for item in self.items]

        def make(frame: Frame) -> object:
            made = Made()
            for item in items:
                made.add(item(frame), frame.limits)
            return made

        return make


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """Be a call of a global function, its arguments in the order of the signature."""

    function: Function
    arguments: tuple[Expression, ...]

    def compile(self) -> Evaluate:
        """Compute the arguments and call."""
        run = self.function.run
        arguments = [argument.compile() for argument in self.arguments]
        return lambda frame: _call(run, frame, [argument(frame) for argument in arguments])


def _call(run: Callable[..., object], frame: Frame, values: list[object]) -> object:
    """Call a function; look at the clock before and at the size of the result after."""
    frame.check_time()
    result = run(frame.limits, *values)
    if isinstance(result, str) and len(result) > frame.limits.value_size:
        raise LimitExceeded("value_size", frame.limits.value_size)
    return result


@dataclass(frozen=True, slots=True)
class Modified(Expression):
    """Be ``value | f | g(x)``; the value takes the place of each call's first argument."""

    value: Expression
    modifiers: tuple[Call, ...]

    def compile(self) -> Evaluate:
        """Pass the value from one modifier to the next."""
        first = self.value.compile()
        steps = [
            (modifier.function.run, [argument.compile() for argument in modifier.arguments[1:]])
            for modifier in self.modifiers
        ]

        def modify(frame: Frame) -> object:
            value = first(frame)
            for run, arguments in steps:
                value = _call(run, frame, [value, *[argument(frame) for argument in arguments]])
            return value

        return modify


@dataclass(frozen=True, slots=True)
class MethodCall(Expression):
    """Be ``$module.name(…)``; which module it is, and so its signature, is known only when rendering."""

    base: Variable
    name: str
    positional: int
    named: tuple[str, ...]
    arguments: tuple[Expression, ...]

    def compile(self) -> Evaluate:
        """Look the method up among those that the module offers, bind, call."""
        slot, name, positional, named = self.base.slot, self.name, self.positional, self.named
        arguments = [argument.compile() for argument in self.arguments]

        def call(frame: Frame) -> object:
            frame.check_time()
            module = frame.slots[slot]
            if not isinstance(module, Module):
                raise RenderError(f"only modules have methods, not {a(module)}")
            method = module.methods.get(name)
            if method is None:
                known = ", ".join(module.methods) or "none"
                raise RenderError(f"the module has no method {shorten(name)}(); its methods: {known}")
            try:
                order = method.signature.bind(positional, named)
            except Mismatch as mismatch:
                raise RenderError(f"{name}() {mismatch}") from None
            given = [argument(frame) for argument in arguments]
            return method.call(
                *[
                    method.signature.default(place) if index is None else given[index]
                    for place, index in enumerate(order)
                ]
            )

        return call


@dataclass(frozen=True, slots=True)
class Chain(Expression):
    """Be ``a + b - c`` or ``a * b / c``, from left to right."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]

    def compile(self) -> Evaluate:
        """Calculate from left to right."""
        first = self.first.compile()
        rest = [(operator, operand.compile()) for operator, operand in self.rest]

        def run(frame: Frame) -> object:
            value = first(frame)
            for operator, operand in rest:
                frame.check_time()
                value = calculate(operator, value, operand(frame), frame.limits)
            return value

        return run


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """Be ``a == b``, ``a in b``, ``a not in b`` and their like."""

    operator: str
    left: Expression
    right: Expression

    def compile(self) -> Evaluate:
        """Compare."""
        operator, left, right = self.operator, self.left.compile(), self.right.compile()

        def run(frame: Frame) -> object:
            frame.check_time()
            item, value = left(frame), right(frame)
            if operator in ("in", "not in"):
                return contains(item, value, frame.limits) == (operator == "in")
            return compare(operator, item, value)

        return run


@dataclass(frozen=True, slots=True)
class Logic(Expression):
    """Be ``a and b and c`` or ``a or b or c``: true or false; what follows the decision is not computed."""

    operator: str
    operands: tuple[Expression, ...]

    def compile(self) -> Evaluate:
        """Stop at the first operand that decides."""
        operands = [operand.compile() for operand in self.operands]
        if self.operator == "and":
            return lambda frame: all(truth(operand(frame)) for operand in operands)
        return lambda frame: any(truth(operand(frame)) for operand in operands)


@dataclass(frozen=True, slots=True)
class Not(Expression):
    """Be ``not a``."""

    operand: Expression

    def compile(self) -> Evaluate:
        """Turn round what the operand says as a condition."""
        operand = self.operand.compile()
        return lambda frame: not truth(operand(frame))


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    """Be ``-a``."""

    operand: Expression

    def compile(self) -> Evaluate:
        """Change the sign."""
        operand = self.operand.compile()

        def negate(frame: Frame) -> object:
            value = operand(frame)
            if kind(value) != "number" or not isinstance(value, int | float):
                raise RenderError(f"- needs a number, not {a(value)}")
            return number(-value)

        return negate
