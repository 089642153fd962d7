"""Read record recipes: what the records of a service are made of, as data.

A recipe is one file, `fixtures/records/<service>.yaml`, with three parts:

    given:    [..]     explicit records; they come first, and their keys must be those of their places
    let:      {..}     helpers that are not part of the record, by name
    record:   {..}     the record, property by property, in the order in which it is written

Values are literals, nested objects, `$name` (another helper or property, by its dotted path), or one of
these, where a *formula* is a string of names, numbers, `+ - * // %`, comparisons, `and or not` and `x if c
else y`; the name `i` is the place of the record, from 0:

    {$sequence: 1}                                    1, 2, 3, … by place; with `as: string` "1", "2", …
    {$unique: {case: upper, suffix: F}}               16 hexadecimal digits that no other record has
    {$hex: 20}                                        random hexadecimal digits
    {$pick: firstName}                                an entry of a vocabulary
    {$choice: [1, 1, 2]}                              one of the values; repeat a value to have it more often
    {$item: [EUR, GBP], at: formula}                  the value at that place, modulo the length
    {$subset: [1, 2, 3], least: 1}                    some of up to six values, in their order
    {$number: [low, high]}                            an integer; the bounds are integers or formulas
    {$decimal: [low, high, digits]}                   a number with that many decimal places
    {$chance: 0.25}                                   true that often
    {$price: [low, high]}                             an amount such as "89.900000"
    {$time: {within: 400d}}                           an instant before the epoch of the data set
    {$time: {after: $createdAt, within: 30d}}         an instant after another one, never after the epoch
    {$calc: formula, as: kind}                        a computed value; kinds are those of the last paragraph
    {$when: formula, then: value, else: value}        one of two values
    {$template: "{first} {last}"}                     text with names filled in
    {$slug: $first}                                   lower-case ASCII letters and digits of a text
    {$index: customerAccount}                         the place of a random record of another service
    {$index: product, like: formula}                  the place of a certain one, modulo their number
    {$ref: [customerAccount, place, email]}           a value of another record: service, place, name
    {$list: {count: [1, 4], let: {..}, of: value}}    a list; `n` is the place in it
    {$sum: [positions, total]}                        the sum of a helper over all elements of a list
    {$value: anything}                                a literal, whatever it looks like

The kind `money` is for amounts, which are counted in cents and instants in seconds while they are computed
with; they are written out where they are put into a record: `millis` 2025-02-04T15:05:24.000Z (the default),
`seconds` 2025-02-04T15:05:24Z, `sql` 2025-02-04 15:05:24. A time says `as: seconds` to be written otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import orjson

from mockserver.records.errors import FixtureError
from mockserver.records.fixtures import read_yaml
from mockserver.records.vocabulary import load_vocabulary

__all__ = ["Recipe", "Recipes", "load_recipes"]


@dataclass(frozen=True)
class Recipe:
    """Hold one recipe as read: the given records, the helpers and the record."""

    service: str
    given: tuple[bytes, ...]
    let: Mapping[str, Any]
    record: Mapping[str, Any]


class Recipes(Mapping[str, Recipe]):
    """Hold the recipes of all services; each file is read when it is first needed."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._read: dict[str, Recipe] = {}

    @cached_property
    def vocabulary(self) -> Mapping[str, Any]:
        """Return the description of the vocabularies."""
        return load_vocabulary(self._folder)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        files = (entry.name for entry in (self._folder / "records").iterdir())
        return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))

    def __getitem__(self, service: str) -> Recipe:
        if service not in self._read:
            if service not in self._names:
                raise KeyError(service)
            document = read_yaml(self._folder / "records" / f"{service}.yaml")
            if "record" not in document:
                raise FixtureError(f"records/{service}.yaml", "there is no record")
            given = tuple(
                orjson.dumps(record, option=orjson.OPT_SORT_KEYS) for record in document.get("given", ())
            )
            self._read[service] = Recipe(service, given, document.get("let", {}), document["record"])
        return self._read[service]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def load_recipes(fixtures: Traversable) -> Recipes:
    """Return the recipes below `fixtures`."""
    return Recipes(fixtures)
