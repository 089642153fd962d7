"""What feed templates see of the shop: its subshops, its configuration, its products and categories.

No document says how a feed gets its products; that they are ``$products``, those of the file's subshop, is a
convention (docs/reference/template-language.md). The methods and variables of the modules are documented:
dokumentation.websale.de/en/frontend/referenz/module, its pages wsproducts, wscategories and wsconfig.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload
from zoneinfo import ZoneInfo

from mockserver.records import Record, Snapshot
from mockserver.websale.language import Module, by_id

VARIABLES = frozenset(
    ("products", "categories", "subshop", "feed", "wsProducts", "wsCategories", "wsConfig", "wsViews")
)
SOURCES: Mapping[str, tuple[str, ...]] = {
    "products": ("product",),
    "categories": ("category",),
    "wsProducts": ("product",),
    "wsCategories": ("category", "product"),
}
"""The services that a variable draws on."""
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}

Accepts = Callable[[Record], bool]


@dataclass(frozen=True)
class Storefront:
    """What the fixtures say of the shop; the same in every world.

    :ivar zone: the time zone of the hours in ``exportPlan``.
    :ivar subshops: by id, in the order of the fixture.
    """

    zone: ZoneInfo
    subshops: Mapping[str, Mapping[str, Any]]
    configuration: Mapping[str, Any]

    @classmethod
    def from_fixture(cls, fixture: Mapping[str, Any]) -> Storefront:
        """Read ``fixtures/shop.yaml``."""
        currency = fixture["currency"]
        configuration = {
            "shopId": fixture["name"],
            "host": fixture["host"],
            "currency": {"isoCode": currency, "symbol": SYMBOLS.get(currency, currency)},
            "subshops": fixture["subshops"],
        }
        subshops = {subshop["id"]: subshop for subshop in fixture["subshops"]}
        return cls(ZoneInfo(fixture["timeZone"]), subshops, configuration)

    def context(self, subshop: str, feed: Record, data: Mapping[str, Snapshot]) -> dict[str, object]:
        """Return the variables for the file of one subshop; ``data`` holds snapshots by service."""
        context: dict[str, object] = {
            "subshop": self.subshops.get(subshop, {"id": subshop}),
            "feed": feed,
            "wsConfig": Module(variables=self.configuration),
            "wsViews": Module(variables={"current": None}),  # a feed is no page that is shown
        }
        product, category = data.get("product"), data.get("category")
        if product is not None:
            context["products"] = Rows(product, lambda record: _sold_in(record, subshop))
            context["wsProducts"] = _products(product)
        if category is not None:
            context["categories"] = Rows(category, lambda record: record.get("subshopId") == subshop)
            context["wsCategories"] = _categories(category, product)
        return context


def _sold_in(product: Record, subshop: str) -> bool:
    """Tell whether a subshop has the product; one that names no subshop is everywhere."""
    subshops = product.get("subshopIds")
    return not subshops or subshop in subshops


class Rows(Sequence[Record]):
    """Be a list of records for templates, without holding them: each look goes through them anew."""

    def __init__(self, records: Snapshot, accepts: Accepts) -> None:
        self._records = records
        self._accepts = accepts
        self._length: int | None = None

    def __iter__(self) -> Iterator[Record]:
        return filter(self._accepts, self._records.iterate())

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(1 for _ in self)
        return self._length

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """Return the record at a place."""
        if isinstance(index, slice):
            return list(self)[index]
        for place, record in enumerate(self):
            if place == index:
                return record
        raise IndexError(index)


def _products(products: Snapshot) -> Module:
    by_number: dict[str, str] = {}

    def load_by_number(number: str) -> Record | None:
        if not by_number:
            by_number.update((record["itemNumber"], record["id"]) for record in products)
        return products.get(by_number.get(number))

    return Module(
        {
            "load": by_id(products.get, "productId"),
            "loadByNumber": by_id(load_by_number, "itemNumber"),
            "loadByCustomNumber": by_id(_nothing, "customNumber"),
            "variantInfo": by_id(_nothing, "productId"),
        }
    )


def _nothing(_id: str) -> None:
    """Find nothing: no product of the shop has variants, or a custom number."""


def _categories(categories: Snapshot, products: Snapshot | None) -> Module:
    def load(category: str) -> Record | None:
        return categories.get(int(category)) if category.isdecimal() else None

    def path(category: str) -> list[Record]:
        """Return the categories from the root down to this one."""
        found: list[Record] = []
        record = load(category)
        while record is not None and record not in found:
            found.insert(0, record)
            record = load(str(record.get("parentId", 0)))
        return found

    def memberships(product: str) -> list[Record]:
        record = products.get(product) if products is not None else None
        ids = record.get("categoryIds", ()) if record is not None else ()
        return [category for id in ids if (category := load(str(id))) is not None]

    def children(category: str) -> Iterable[Record]:
        return Rows(categories, lambda record: str(record.get("parentId")) == category)

    def in_category(category: str) -> Iterable[Record]:
        if products is None:
            return ()
        return Rows(products, lambda record: category in map(str, record.get("categoryIds", ())))

    def membership_paths(product: str) -> list[list[Record]]:
        return [path(str(category["id"])) for category in memberships(product)]

    return Module(
        {
            "loadCategory": by_id(load, "categoryId"),
            "loadCategoryMembershipPaths": by_id(membership_paths, "productId"),
            "loadCategoryMemberships": by_id(memberships, "productId"),
            "loadChildren": by_id(children, "categoryId"),
            "loadPath": by_id(path, "categoryId"),
            "loadProducts": by_id(in_category, "categoryId"),
        }
    )
