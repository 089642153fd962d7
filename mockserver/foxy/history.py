"""What a Foxy store has sold: customers and transactions, day by day, for its reports to list.

A day's sales are a pure function of (seed, store, day), so a report costs what its period costs, and nothing
is kept. Each new customer makes a first transaction, which may begin a subscription; earlier customers come
back; subscriptions renew. Amounts are whole cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any, NamedTuple

from mockserver.records.mixing import key, splitmix
from mockserver.records.vocabulary import Vocabularies

SLOTS = 4096
"""Numbers that are reserved for each day or customer in the stream of chance."""

OPENING_SECOND, CLOSING_SECOND = 6 * 3600, 24 * 3600
"""Nobody buys at night, when the hour of a clock change would make wall times ambiguous."""


class Product(NamedTuple):
    """Something that the store sells; ``days`` is the frequency of a subscription, 0 for none."""

    code: str
    name: str
    cents: int
    days: int


class Coupon(NamedTuple):
    """A discount in percent of the items' price."""

    code: str
    name: str
    percent: int


@dataclass(frozen=True)
class Recipe:
    """How a store's history is made up (``recipe`` in ``fixtures/foxy.yaml``)."""

    years: int
    new_customers_per_week: int
    most_returning_per_day: int
    subscribing_percent: int
    most_payments: int
    coupon_percent: int
    tax_percent: int
    shipping_cents: int
    free_shipping_cents: int
    mail_hosts: tuple[str, ...]
    products: tuple[Product, ...]
    subscriptions: tuple[Product, ...]
    coupons: tuple[Coupon, ...]
    vocabulary: Mapping[str, Any]

    @classmethod
    def from_fixture(cls, raw: Mapping[str, Any]) -> Recipe:
        """Read the recipe of the fixtures."""
        return cls(
            years=raw["years"],
            new_customers_per_week=raw["newCustomersPerWeek"],
            most_returning_per_day=raw["mostReturningPerDay"],
            subscribing_percent=raw["subscribingPercent"],
            most_payments=raw["mostPayments"],
            coupon_percent=raw["couponPercent"],
            tax_percent=raw["taxPercent"],
            shipping_cents=raw["shippingCents"],
            free_shipping_cents=raw["freeShippingCents"],
            mail_hosts=tuple(raw["mailHosts"]),
            products=tuple(Product(p["code"], p["name"], p["cents"], 0) for p in raw["products"]),
            subscriptions=tuple(
                Product(p["code"], p["name"], p["cents"], p["days"]) for p in raw["subscriptions"]
            ),
            coupons=tuple(Coupon(c["code"], c["name"], c["percent"]) for c in raw["coupons"]),
            vocabulary=raw["vocabulary"],
        )


class Customer(NamedTuple):
    """Somebody who has bought at the store; ``created`` is the moment of the first transaction."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    address: str
    city: str
    region: str
    postal_code: str
    created: datetime


class Transaction(NamedTuple):
    """One sale; ``moment`` is wall time in the store's zone."""

    id: int
    moment: datetime
    customer: int
    first: bool
    products: tuple[tuple[Product, int], ...]
    coupon: Coupon | None
    subscription: int | None
    items: int
    discount: int
    shipping: int
    tax: int

    @property
    def total(self) -> int:
        """What the customer paid."""
        return self.items - self.discount + self.shipping + self.tax


class Renewal(NamedTuple):
    """A payment of a subscription after its first."""

    moment: datetime
    customer: int
    product: Product
    total: int


class _Sale(NamedTuple):
    second: int
    customer: int
    first: bool
    product: Product | None
    chance: int


class History:
    """The sales of one store.

    :param seed: the world's seed.
    :param store: the store's id.
    :param opened: the store's first day; there is nothing before it.
    """

    def __init__(self, recipe: Recipe, seed: int, store: int, opened: date) -> None:
        self.recipe = recipe
        self.opened = opened
        self.last = opened.replace(year=opened.year + recipe.years, day=min(opened.day, 28))
        self._days = key(seed, "foxy", str(store), "days")
        self._customers = key(seed, "foxy", str(store), "customers")
        self._words = Vocabularies(recipe.vocabulary, seed)
        self._lock = Lock()  # files are written in worker threads, and drawing words is not for two at once

    def days(self, start: datetime, end: datetime) -> range:
        """Return the days of the period on which the store existed, counted from its first."""
        first = max(start.date(), self.opened)
        last = min(end.date(), self.last)
        return range((first - self.opened).days, (last - self.opened).days + 1)

    def transactions(self, start: datetime, end: datetime) -> Iterator[Transaction]:
        """Yield the sales from ``start`` to ``end``, both included, in the order in which they happened."""
        for day in self.days(start, end):
            midnight = datetime.combine(self.opened + timedelta(days=day), time())
            for place, sale in enumerate(self._sales(day)):
                moment = midnight + timedelta(seconds=sale.second)
                if start <= moment <= end:
                    yield self._transaction(1_000_000 + day * 100 + place, moment, sale)

    def renewals(self, start: datetime, end: datetime, begun: datetime) -> Iterator[Renewal]:
        """Yield the payments that subscriptions begun up to ``begun`` make, or are to make, in the period."""
        for day in self.days(start, end):
            midnight = datetime.combine(self.opened + timedelta(days=day), time())
            for sale in self._sales(day):
                if sale.product is None or sale.first:
                    continue
                moment = midnight + timedelta(seconds=sale.second)
                if start <= moment <= end and self._created(sale.customer) <= begun:
                    shipping, tax = self._charges(sale.product.cents)
                    yield Renewal(moment, sale.customer, sale.product, sale.product.cents + shipping + tax)

    def customer(self, index: int) -> Customer:
        """Return a customer by number, from 0 in the order of their first transactions."""
        first = self._word("firstName", index, 0)
        last = self._word("lastName", index, 1)
        chance = self._of_customer(index, 6)
        mail = f"{first}.{last}.{index}".lower().replace(" ", "").replace("'", "")
        return Customer(
            id=10_000 + index,
            first_name=first,
            last_name=last,
            email=f"{mail}@{self.recipe.mail_hosts[chance % len(self.recipe.mail_hosts)]}",
            phone=f"({200 + chance % 790}) 555-{chance // 790 % 10_000:04d}",
            address=f"{1 + self._of_customer(index, 7) % 9_999} {self._word('street', index, 2)}",
            city=self._word("city", index, 3),
            region=self._word("region", index, 4),
            postal_code=self._word("postcode", index, 5),
            created=self._created(index),
        )

    def _created(self, index: int) -> datetime:
        day = self.opened + timedelta(days=self._day_of(index))
        return datetime.combine(day, time()) + timedelta(seconds=self._first_second(index))

    # There is a fixed number of new customers a week, so that a day's newcomers need no look at earlier days.

    def _known(self, day: int) -> int:
        """Return how many customers have bought up to the end of the day."""
        return (day + 1) * self.recipe.new_customers_per_week // 7

    def _day_of(self, index: int) -> int:
        """Return the day on which the customer bought first: the earliest on which so many are known."""
        return -(-7 * (index + 1) // self.recipe.new_customers_per_week) - 1

    def _newcomers(self, day: int) -> range:
        return range(self._known(day - 1), self._known(day)) if day >= 0 else range(0)

    def _sales(self, day: int) -> list[_Sale]:
        """Return the day's sales in the order in which they happen."""
        sales = [
            _Sale(self._first_second(i), i, True, self._subscribed(i), self._of_customer(i, 9))
            for i in self._newcomers(day)
        ]
        known = self._known(day - 1)
        for k in range(self._of_day(day, 0) % (self.recipe.most_returning_per_day + 1) if known else 0):
            who = self._of_day(day, 3 * k + 1) % known
            sales.append(
                _Sale(_second(self._of_day(day, 3 * k + 2)), who, False, None, self._of_day(day, 3 * k + 3))
            )
        for days in {product.days for product in self.recipe.subscriptions}:
            for payment in range(1, self.recipe.most_payments):
                for i in self._newcomers(day - days * payment):
                    product = self._subscribed(i)
                    if product and product.days == days and payment < self._payments(i):
                        sales.append(_Sale(self._first_second(i), i, False, product, self._of_customer(i, 9)))
        return sorted(sales, key=lambda sale: (sale.second, sale.customer, sale.first))

    def _transaction(self, id: int, moment: datetime, sale: _Sale) -> Transaction:
        recipe, chance = self.recipe, sale.chance
        coupon = None
        if sale.product is not None:
            products: tuple[tuple[Product, int], ...] = ((sale.product, 1),)
        else:
            picked = (
                recipe.products[chance % len(recipe.products)],
                recipe.products[chance // 64 % len(recipe.products)],
            )
            quantities = {product: 1 + (chance >> 16 + 4 * k) % 3 for k, product in enumerate(picked)}
            products = tuple(quantities.items())
            if (chance >> 32) % 100 < recipe.coupon_percent:
                coupon = recipe.coupons[(chance >> 40) % len(recipe.coupons)]
        items = sum(product.cents * quantity for product, quantity in products)
        discount = items * coupon.percent // 100 if coupon else 0
        shipping, tax = self._charges(items - discount)
        return Transaction(
            id=id,
            moment=moment,
            customer=sale.customer,
            first=sale.first,
            products=products,
            coupon=coupon,
            subscription=self.subscription(sale.customer) if sale.product else None,
            items=items,
            discount=discount,
            shipping=shipping,
            tax=tax,
        )

    def _charges(self, paid: int) -> tuple[int, int]:
        """Return shipping and tax for what the items cost after discounts."""
        recipe = self.recipe
        shipping = 0 if paid >= recipe.free_shipping_cents else recipe.shipping_cents
        return shipping, (paid * recipe.tax_percent + 50) // 100

    @staticmethod
    def subscription(customer: int) -> int:
        """Return the id of the subscription that a customer has."""
        return 50_000 + customer

    def _subscribed(self, index: int) -> Product | None:
        chance = self._of_customer(index, 10)
        if chance % 100 >= self.recipe.subscribing_percent:
            return None
        return self.recipe.subscriptions[(chance >> 16) % len(self.recipe.subscriptions)]

    def _payments(self, index: int) -> int:
        return 1 + self._of_customer(index, 11) % self.recipe.most_payments

    def _first_second(self, index: int) -> int:
        return _second(self._of_customer(index, 8))

    def _of_day(self, day: int, slot: int) -> int:
        return splitmix(self._days, day * SLOTS + slot)

    def _of_customer(self, index: int, slot: int) -> int:
        return splitmix(self._customers, index * SLOTS + slot)

    def _word(self, vocabulary: str, index: int, slot: int) -> str:
        with self._lock:
            words = self._words[vocabulary]
        return words[self._of_customer(index, slot) % len(words)]


def _second(chance: int) -> int:
    return OPENING_SECOND + chance % (CLOSING_SECOND - OPENING_SECOND)
