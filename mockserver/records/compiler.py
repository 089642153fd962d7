"""Compile recipes (see `recipes`) to functions from a record's place to the record.

Each recipe becomes the source of one plain function, whose chance is one splitmix64 number a record,
multiplied by an odd constant for each draw. What another recipe refers to becomes a function of its own that
computes just that: the total of an order is had without making the order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from mockserver.records import writing
from mockserver.records.errors import FixtureError
from mockserver.records.mixing import FIRST, GOLDEN, MASK, SECOND, key, unsplitmix
from mockserver.records.recipes import Recipe, Recipes
from mockserver.records.values import Code, Scope, Writer
from mockserver.records.vocabulary import Vocabularies

__all__ = ["Compiler", "KeyIndex", "MakeRecord"]

MakeRecord = Callable[[int], dict[str, Any]]
KeyIndex = Callable[[object], int | None]

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
            "SLUGS": writing.SLUGS,
        }
        self._records: dict[str, MakeRecord] = {}
        self._slices: dict[tuple[object, ...], tuple[str, tuple[str, ...]]] = {}
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

    def slice(self, service: str, fields: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Compile a function for some fields of a service's records; return its name and the kinds."""
        found = self._slices.get((service, fields))
        if found is not None:
            return found
        self._slices[service, fields] = ("", ())  # a recipe that needs itself would come back here
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
        self._slices[service, fields] = (name, tuple(value.kind for value in values))
        return self._slices[service, fields]

    def element(self, scope: Scope, fields: tuple[str, ...] | None) -> tuple[str, tuple[str, ...]]:
        """Compile a function (h, i, n) for the elements of a list: whole ones, or some of their names."""
        index = (id(scope), fields)
        if index not in self._slices:
            writer = Writer(self, scope, whole=fields is None)
            names = ("",) if fields is None else fields
            values = [writer.name(field) for field in names]
            texts = [writer.written(value) if fields is None else value.text for value in values]
            name = f"element{len(self.names)}"
            source = [f"def {name}(h, i, n, start={key(self.seed, scope.path) >> 1}):"]
            mixing = (f"g = (h + n * {GOLDEN} ^ start) * {FIRST} & {MASK}", "g ^= g >> 31")
            source += [f"    {line}" for line in (*mixing, *writer.lines, f"return {', '.join(texts)}")]
            self.define(source, name)
            self._slices[index] = (name, tuple(value.kind for value in values))
        return self._slices[index]

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
