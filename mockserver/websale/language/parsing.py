"""Read expressions: recursive descent with one function for all binary operators.

From loose to tight: ``or``, ``and``, ``not``, comparisons and ``in``, ``+ -``, ``* / %``, ``-x``, ``x |
modifier``. Depth is counted, so that ten thousand parentheses are a ``CompileError`` like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import CompileError, shorten
from .expressions import (
    Call,
    Chain,
    Comparison,
    Expression,
    ListOf,
    Literal,
    Logic,
    MethodCall,
    Modified,
    Negative,
    Not,
    Path,
    Variable,
)
from .functions import FUNCTIONS, Function
from .scanner import Source, Tag, Token
from .scope import Scope
from .signatures import Mismatch
from .values import LARGEST

#: How deep expressions may be nested.
DEEPEST = 25

_COMPARISON, _SUM = 3, 4
_LEVELS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not in"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/%", 5),
}
_LEFT = Literal(None)
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}


class ExpressionParser:
    """Read the expressions of one tag, from left to right."""

    def __init__(self, source: Source, tag: Tag, scope: Scope) -> None:
        self._source = source
        self._tokens = tag.tokens
        self._scope = scope
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """Be the next token; the last one, the end, stays."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """Give the next token and pass it."""
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def skip(self, symbol: str) -> bool:
        """Pass the next token when it is this symbol; say whether it was."""
        found = self.token.is_symbol(symbol)
        if found:
            self.take()
        return found

    def need(self, symbol: str) -> None:
        """Pass this symbol or raise."""
        if not self.skip(symbol):
            raise self.error(f'"{symbol}" is expected, not {self.token.show()}')

    def end(self) -> None:
        """Raise unless the tag ends here."""
        if self.token.kind != "end":
            raise self.error(f"the instruction should end here, not go on with {self.token.show()}")

    def error(self, message: str, token: Token | None = None) -> CompileError:
        """Make the error that points to a token (default: the next one)."""
        return self._source.error(message, (token or self.token).offset)

    def expression(self) -> Expression:
        """Read an expression."""
        with self._deeper():
            return self._climb(1)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        if self._depth >= DEEPEST:
            raise self.error(f"the expression is nested more than {DEEPEST} deep")
        self._depth += 1
        yield
        self._depth -= 1

    def _operator(self) -> str:
        token = self.token
        if token.is_name("not") and self._tokens[self._at + 1].is_name("in"):
            return "not in"
        return token.text if token.kind in ("name", "symbol") and token.text in _LEVELS else ""

    def _climb(self, minimum: int) -> Expression:
        left = self._operand()
        while (level := _LEVELS.get(self._operator(), 0)) >= minimum:
            rest: list[tuple[str, Expression]] = []
            while _LEVELS.get(operator := self._operator(), 0) == level:
                if level == _COMPARISON and rest:
                    raise self.error("comparisons cannot be chained: use parentheses or and")
                self.take()
                if operator == "not in":
                    self.take()
                rest.append((operator, self._climb(level + 1)))
            left = _combine(level, left, rest)
        return left

    def _operand(self) -> Expression:
        if self.token.is_name("not"):
            self.take()
            with self._deeper():
                return Not(self._climb(_COMPARISON))
        value = self._signed()
        modifiers: list[Call] = []
        while self.skip("|"):
            modifiers.append(self._modifier())
        return Modified(value, tuple(modifiers)) if modifiers else value

    def _signed(self) -> Expression:
        if not self.skip("-"):
            return self._value()
        with self._deeper():
            return Negative(self._signed())

    def _value(self) -> Expression:
        token = self.take()
        if token.kind == "string":
            return Literal(token.text)
        if token.kind == "number":
            return Literal(self._number(token))
        if token.kind == "variable":
            return self._path(Variable(self._scope.use(token)))
        if token.kind == "name":
            return self._named(token)
        if token.is_symbol("("):
            inner = self.expression()
            self.need(")")
            return inner
        if token.is_symbol("["):
            return self._list()
        raise self.error(f"a value is expected, not {token.show()}", token)

    def _number(self, token: Token) -> int | float:
        digits = token.text
        value = float(digits) if "." in digits else int(digits[:30])
        if len(digits) > 30 or value > LARGEST:
            raise self.error("the number is too large", token)
        return value

    def _named(self, token: Token) -> Expression:
        if self.token.is_symbol("("):
            function = self._function(token, "function")
            self.take()
            positional, names, arguments = self._arguments(")")
            self._no_chain()
            return self._call(token, function, positional, names, arguments)
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        name = shorten(token.text)
        raise self.error(f'"{name}" is no value: variables begin with $, strings stand in quotes', token)

    def _function(self, token: Token, what: str) -> Function:
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise self.error(f'there is no {what} "{shorten(token.text)}"', token)
        return function

    def _modifier(self) -> Call:
        """Read a modifier: a call that lacks its first argument, the value to the left."""
        token = self.take()
        if token.kind != "name":
            raise self.error(f"the name of a modifier is expected, not {token.show()}", token)
        function = self._function(token, "modifier")
        if not self.skip("("):
            return self._call(token, function, 1, (), [_LEFT])
        positional, names, arguments = self._arguments(")")
        return self._call(token, function, positional + 1, names, [_LEFT, *arguments])

    def _call(
        self,
        token: Token,
        function: Function,
        positional: int,
        names: tuple[str, ...],
        arguments: list[Expression],
    ) -> Call:
        try:
            order = function.signature.bind(positional, names)
        except Mismatch as mismatch:
            raise self.error(f"{function.name} {mismatch}", token) from None
        return Call(
            function,
            tuple(
                Literal(function.signature.default(place)) if index is None else arguments[index]
                for place, index in enumerate(order)
            ),
        )

    def _arguments(self, closing: str) -> tuple[int, tuple[str, ...], list[Expression]]:
        """Read up to the closing symbol: how many are positional, the names of the others, all of them."""
        names: list[str] = []
        arguments: list[Expression] = []
        while not self.skip(closing):
            if arguments:
                self.need(",")
            if self.token.kind == "name" and self._tokens[self._at + 1].is_symbol("="):
                names.append(self.take().text)
                self.take()
            elif names:
                raise self.error("a positional argument stands behind a named one")
            arguments.append(self.expression())
        return len(arguments) - len(names), tuple(names), arguments

    def _list(self) -> Expression:
        items: list[Expression] = []
        while not self.skip("]"):
            if items:
                self.need(",")
            items.append(self.expression())
        return ListOf(tuple(items))

    def _path(self, base: Variable) -> Expression:
        steps: list[str | Expression] = []
        while True:
            if self.skip("["):
                steps.append(self.expression())
                self.need("]")
            elif self.skip("."):
                token = self.take()
                if token.kind != "name":
                    hint = ": elements of a list are read with [ ]" if token.kind == "number" else ""
                    raise self.error(f"a name is expected after the dot, not {token.show()}{hint}", token)
                if self.token.is_symbol("("):
                    return self._method(base, steps, token)
                steps.append(token.text)
            elif self.token.is_symbol("("):
                raise self.error("a variable cannot be called")
            else:
                return Path(base, tuple(steps)) if steps else base

    def _method(self, base: Variable, steps: list[str | Expression], token: Token) -> Expression:
        if steps:
            raise self.error("only modules have methods", token)
        self.take()
        positional, names, arguments = self._arguments(")")
        self._no_chain()
        return MethodCall(base, token.text, positional, names, tuple(arguments))

    def _no_chain(self) -> None:
        """Refuse ``f().x``: "Variable and method calls cannot be chained arbitrarily" (referenz/module)."""
        if self.token.is_symbol(".") or self.token.is_symbol("["):
            raise self.error("the result of a call has to be stored in a variable first")


def _combine(level: int, left: Expression, rest: list[tuple[str, Expression]]) -> Expression:
    if level >= _SUM:
        return Chain(left, tuple(rest))
    operator, right = rest[0]
    if level == _COMPARISON:
        return Comparison(operator, left, right)
    return Logic(operator, (left, *(operand for _, operand in rest)))
