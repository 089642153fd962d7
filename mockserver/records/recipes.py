"""Read record recipes: what the records of a service are made of, as data.

A recipe is one file, `fixtures/records/<service>.yaml`, with three parts:

    given:    [..]     explicit records; they come first, and their keys must be those of their places
    let:      {..}     helpers that are not part of the record, by name
    record:   {..}     the record, property by property, in the order in which it is written

Values are literals, nested objects, `$name` (another helper or property, by its dotted path), or one of
these, where a *formula* is a string of names, numbers, `+ - * // %`, comparisons, `and or not`, `x if c
else y`, and `a & b` for what two lists have in common; the name `i` is the place of the record, from 0:

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
    {$time: {within: 400d, ago: 500d}}                one that is at least so long before it
    {$time: {after: $createdAt, within: 30d}}         an instant after another one, but not after the epoch
    {$time: {after: [$a, 60d], before: $b}}           one after all of these (60d: so long before the epoch), but
                                                      not after `b`; where `b` is earlier, the last of these
    {$calc: formula, as: kind}                        a computed value; kinds are those of the last paragraph
    {$when: formula, then: value, else: value}        one of two values
    {$template: "{first} {last}"}                     text with names filled in
    {$slug: $first}                                   lower-case ASCII letters and digits of a text
    {$index: customerAccount}                         the place of a random record of another service
    {$index: product, like: formula}                  the place of a certain one, modulo their number
    {$index: product, where: [formula, ..]}           the place of one that meets conditions
    {$ref: [customerAccount, place, email]}           a value of another record: service, place, name
    {$list: {count: [1, 4], let: {..}, of: value}}    a list; `n` is the place in it
    {$sum: [positions, total]}                        the sum of a helper over all elements of a list
    {$lookup: {a: 1, b: 2}, of: $name}                what a table says of a value; empty where it says nothing
    {$value: anything}                                a literal, whatever it looks like

What the shop is comes from `shop.yaml`, so that records suit a shop of one's own:

    $shop.name, $shop.currency                        as it says
    $shop.count                                       the number of its subshops
    $shop.languages                                   a table of the subshops' languages
    [$shop.subshops]                                  the ids of all subshops
    [$shop.first], [$shop.second], [$shop.third]      one of them, nothing where there are not so many

A condition calls what it looks at by the service's name: `product.createdAt <= ordered`. The search begins at the
place that there would be without conditions, takes the next thousand in turn, and starts again from the first. Where
no record meets all conditions, the last one is left out, and so on: at worst it is the place that the search began at.

The kind `money` is for amounts, which are counted in cents and instants in seconds while they are computed
with; they are written out where they are put into a record: `millis` 2025-02-04T15:05:24.000Z (the default),
`seconds` 2025-02-04T15:05:24Z, `sql` 2025-02-04 15:05:24. A time says `as: seconds` to be written otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import orjson

from mockserver.records.errors import FixtureError

__all__ = ["Read", "Recipe", "Recipes"]

Read: TypeAlias = Callable[[str], Any]
"""Reads a fixture by its name, such as `records/order`."""

_SHOP = "$shop."
_PLACES = ("first", "second", "third")


@dataclass(frozen=True)
class Recipe:
    """Hold one recipe as read: the given records, the helpers and the record."""

    service: str
    given: tuple[bytes, ...]
    let: Mapping[str, Any]
    record: Mapping[str, Any]


class Recipes(Mapping[str, Recipe]):
    """Hold the recipes of all services; each file is read when it is first needed.

    `given` are further records that come first, in the place of those that the recipe gives itself.
    """

    def __init__(
        self,
        read: Read,
        services: Iterable[str],
        given: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self._read_file = read
        self._names = tuple(services)
        self._given = given or {}
        self._read: dict[str, Recipe] = {}

    def with_given(self, given: Mapping[str, Sequence[Mapping[str, Any]]]) -> Recipes:
        """Return the same recipes with further given records."""
        return Recipes(self._read_file, self._names, given)

    @cached_property
    def vocabulary(self) -> Mapping[str, Any]:
        """Return the description of the vocabularies."""
        found: Mapping[str, Any] = self._read_file("vocabulary")
        return found

    @cached_property
    def _shop(self) -> Mapping[str, Any]:
        shop = self._read_file("shop")
        ids = [subshop["id"] for subshop in shop["subshops"]]
        return {
            "name": shop["name"],
            "currency": shop["currency"],
            "count": len(ids),
            "languages": {subshop["id"]: subshop["language"] for subshop in shop["subshops"]},
            "subshops": ids,
            **{name: ids[place : place + 1] for place, name in enumerate(_PLACES)},
        }

    def __getitem__(self, service: str) -> Recipe:
        if service not in self._read:
            if service not in self._names:
                raise KeyError(service)
            document = _fill(self._read_file(f"records/{service}"), self._shop)
            if "record" not in document:
                raise FixtureError(f"records/{service}.yaml", "there is no record")
            own = self._given.get(service, ())
            records = (*own, *document.get("given", ())[len(own) :])
            given = tuple(orjson.dumps(record, option=orjson.OPT_SORT_KEYS) for record in records)
            self._read[service] = Recipe(service, given, document.get("let", {}), document["record"])
        return self._read[service]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _fill(value: Any, shop: Mapping[str, Any]) -> Any:
    """Put what the shop is into a recipe; what stands in a list for several values becomes part of the list."""
    if isinstance(value, str) and value.startswith(_SHOP):
        name = value.removeprefix(_SHOP)
        if name not in shop:
            raise FixtureError("shop.yaml", f"there is no {value}; there are {', '.join(shop)}")
        return shop[name]
    if isinstance(value, dict):
        return value if "$value" in value else {name: _fill(part, shop) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    filled: list[Any] = []
    for part in value:
        found = _fill(part, shop)
        several = isinstance(part, str) and isinstance(found, list)
        filled += found if several else [found]
    return filled
