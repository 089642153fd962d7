"""Compile recipes (see `recipes`) to functions from a record's place to the record.

Each recipe becomes the source of one plain function, whose chance is one splitmix64 number a record,
multiplied by an odd constant for each draw. What another recipe refers to becomes a function of its own that
computes just that: the total of an order is had without making the order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import orjson

from mockserver.records import writing
from mockserver.records.errors import FixtureError
from mockserver.records.mixing import FIRST, GOLDEN, MASK, SECOND, key, unsplitmix
from mockserver.records.recipes import Recipe, Recipes
from mockserver.records.scopes import Scope
from mockserver.records.values import Code, Outer, Writer
from mockserver.records.vocabulary import Vocabularies

__all__ = ["Compiler", "KeyIndex", "MakeRecord"]

MakeRecord = Callable[[int], dict[str, Any]]
KeyIndex = Callable[[object], int | None]
_Names: TypeAlias = tuple[str, ...]
_Codes: TypeAlias = tuple[Code, ...]

_OPEN: tuple[str, _Codes] = ("", ())
_FEW = 16_384

_MIX = (
    f"x = start + i * {GOLDEN} & {MASK}",
    f"x = (x ^ x >> 30) * {FIRST} & {MASK}",
    f"x = (x ^ x >> 27) * {SECOND} & {MASK}",
    "h = x ^ x >> 31",
)


class Compiler:
    """Compile the recipes of one data set.

    `counts` says how many records the services have (references stay below that), `epoch` is the instant in
    seconds since 1970 that no timestamp lies after.
    """

    def __init__(self, recipes: Recipes, seed: int, counts: Mapping[str, int], epoch: int) -> None:
        self.recipes = recipes
        self.seed = seed
        self.counts = counts
        self.epoch = epoch
        self.vocabularies = Vocabularies(recipes.vocabulary, seed)
        self.names: dict[str, Any] = {
            "money": writing.money,
            "millis": writing.millis,
            "seconds": writing.seconds,
            "sql": writing.sql,
            "common": _common,
            "SLUGS": writing.SLUGS,
        }
        self._records: dict[str, MakeRecord] = {}
        self._slices: dict[tuple[str, _Names], tuple[str, _Codes]] = {}
        self._elements: dict[tuple[int, _Names], tuple[str, _Codes, tuple[Outer, ...]]] = {}
        self._tables: dict[tuple[str, _Names], str] = {}
        self._scopes: dict[str, Scope] = {}
        self._lock = threading.RLock()

    def record(self, service: str) -> MakeRecord:
        """Return the function that makes the records of a service."""
        with self._lock:
            if service not in self._records:
                self._records[service] = self._compile_record(service)
            return self._records[service]

    def constant(self, value: object) -> str:
        """Give a value a name in compiled sources."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def define(self, source: list[str], name: str) -> Callable[..., Any]:
        """Run the source of one function and return the function."""
        exec(compile("\n".join(source), f"<recipe {name}>", "exec"), self.names)
        function: Callable[..., Any] = self.names[name]
        return function

    def scope(self, service: str) -> Scope:
        """Return the names of a recipe."""
        if service not in self._scopes:
            recipe = self._recipe(service)
            self._scopes[service] = Scope(service, recipe.let, recipe.record)
        return self._scopes[service]

    def start(self, service: str) -> int:
        """Return where the splitmix64 sequence of a service starts."""
        return key(self.seed, service)

    def slice(self, service: str, fields: _Names) -> tuple[str, _Codes]:
        """Compile a function for some fields of a service's records; return its name and what it returns."""
        found = self._slices.get((service, fields))
        if found == _OPEN:
            raise FixtureError(
                f"records/{service}.yaml", "the recipe and what it refers to go round in a circle"
            )
        if found is not None:
            return found
        self._slices[service, fields] = _OPEN  # a recipe that needs itself would come back here
        writer = Writer(self, self.scope(service), whole=False)
        values = [writer.name(field) for field in fields]
        name = f"slice{len(self.names)}"
        result = ", ".join(value.text for value in values)
        body = [f"    {line}" for line in (*_MIX, *writer.lines, f"return {result}")]
        make = self.define([f"def {name}(i, start={self.start(service)}):", *body], name)
        given = self._recipe(service).given
        if given:
            made = [make(place) if len(fields) > 1 else (make(place),) for place in range(len(given))]
            rows = [
                _raw(orjson.loads(row), fields, values, other) for row, other in zip(given, made, strict=True)
            ]
            first = f"    if i < {len(given)}: return {self.constant(rows)}[i]"
            self.define([f"def {name}(i, start={self.start(service)}):", first, *body], name)
        self._slices[service, fields] = (name, tuple(values))
        return self._slices[service, fields]

    def row(self, service: str, fields: _Names, count: int) -> str:
        """Return the source of some fields of the record at a `place`, for whoever looks at many records.

        Of few records they are computed once. They must not be put into a record: all would share them.
        """
        function, _ = self.slice(service, fields)
        if count > _FEW:
            return f"{function}(place)"
        if (service, fields) not in self._tables:
            self._tables[service, fields] = self.constant([self.names[function](i) for i in range(count)])
        return f"{self._tables[service, fields]}[place]"

    def element(self, scope: Scope, fields: _Names, outer: Writer) -> tuple[str, _Codes, tuple[Outer, ...]]:
        """Compile a function (h, i, n, ...) for names of a list's elements; "" is a whole element.

        Return its name, what it returns, and the names of `outer` that it takes as further arguments.
        """
        index = (id(scope), fields)
        if index not in self._elements:
            writer = Writer(self, scope, whole="" in fields, outer=outer)
            values = [writer.name(field) for field in fields]
            texts = [
                value.text if field else writer.written(value)
                for field, value in zip(fields, values, strict=True)
            ]
            name = f"element{len(self.names)}"
            taken = ", ".join(("h", "i", "n", *(f"p{n + 1}" for n in range(len(writer.taken)))))
            source = [f"def {name}({taken}, start={key(self.seed, scope.path) >> 1}):"]
            mixing = (f"g = (h + n * {GOLDEN} ^ start) * {FIRST} & {MASK}", "g ^= g >> 31")
            source += [f"    {line}" for line in (*mixing, *writer.lines, f"return {', '.join(texts)}")]
            self.define(source, name)
            self._elements[index] = (name, tuple(values), tuple(writer.taken))
        return self._elements[index]

    def key_index(self, service: str, property_name: str) -> KeyIndex:
        """Return the function from a key to the place of its record: the inverse of the recipe."""
        expression = self._recipe(service).record.get(property_name)
        if isinstance(expression, Mapping) and "$sequence" in expression:
            return _sequence_index(int(expression["$sequence"]), expression.get("as") == "string")
        if isinstance(expression, Mapping) and "$unique" in expression:
            options = expression["$unique"]
            return _unique_index(
                self.start(service), options.get("case") == "upper", options.get("suffix", "")
            )
        raise FixtureError(f"records/{service}.yaml", f"{property_name} is neither a $sequence nor $unique")

    def _recipe(self, service: str) -> Recipe:
        try:
            return self.recipes[service]
        except KeyError:
            raise FixtureError(f"records/{service}.yaml", "there is no such recipe") from None

    def _compile_record(self, service: str) -> MakeRecord:
        recipe = self._recipe(service)
        writer = Writer(self, self.scope(service), whole=True)
        result = writer.object(recipe.record, "")
        name = f"record_{service}"
        lines = (*_MIX, *writer.lines, f"return {result}")
        make: MakeRecord = self.define(
            [f"def {name}(i, start={self.start(service)}):", *(f"    {line}" for line in lines)], name
        )
        given = recipe.given
        if not given:
            return make

        def make_or_give(index: int) -> dict[str, Any]:
            record: dict[str, Any] = orjson.loads(given[index]) if index < len(given) else make(index)
            return record

        return make_or_give


def _common(some: list[Any], others: list[Any]) -> list[Any]:
    """Return what two lists have in common."""
    return [value for value in some if value in others]


def _raw(
    record: dict[str, Any], fields: tuple[str, ...], values: list[Code], made: tuple[object, ...]
) -> object:
    """Return the fields of a given record as compiled recipes compute with them.

    Helpers of the recipe are no part of the record: they are as they were `made`.
    """
    raw: list[object] = []
    for field, code, other in zip(fields, values, made, strict=True):
        try:
            value: Any = record
            for part in field.split("."):
                value = value[part]
        except KeyError:
            raw.append(other)
            continue
        if code.kind == "money":
            value = writing.cents(value)
        elif code.kind in ("millis", "seconds", "sql") and value is not None:
            value = writing.instant(value)
        raw.append(value)
    return raw[0] if len(raw) == 1 else tuple(raw)


def _sequence_index(first: int, is_string: bool) -> KeyIndex:
    def of_integer(value: object) -> int | None:
        return value - first if type(value) is int and value >= first else None

    def of_string(value: object) -> int | None:
        if not (isinstance(value, str) and value.isascii() and value.isdigit()) or len(value) > 18:
            return None
        return int(value) - first if int(value) >= first and str(int(value)) == value else None

    return of_string if is_string else of_integer


def _unique_index(start: int, upper: bool, suffix: str) -> KeyIndex:
    def of_digits(value: object) -> int | None:
        if not isinstance(value, str) or len(value) != 16 + len(suffix) or not value.endswith(suffix):
            return None
        digits = value[:16]
        if any(digit not in ("0123456789ABCDEF" if upper else "0123456789abcdef") for digit in digits):
            return None
        return unsplitmix(start, int(digits, 16))

    return of_digits
