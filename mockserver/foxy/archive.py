"""Write a report's file: a zip archive with the CSV files that the report's name promises.

"Complete" includes transaction details, summaries, coupon usage, subscription forecasts, and more (S4). The
columns are a convention (G-35). The same period of the same store gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from mockserver.foxy.conventions import LIFETIME_WITHIN_PERIOD
from mockserver.foxy.dates import format_wall
from mockserver.foxy.history import Customer, History, Transaction

Row = Iterable[object]
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive: the earliest that the format knows."""

CURRENCY = "USD"


@dataclass
class Content:
    """What a report lists: a store's sales in a period, as far as they have happened.

    :ivar start: wall time in the store's zone, included.
    :ivar end: wall time, included ("you likely want to pass 23:59:59").
    :ivar now: wall time at which the report was ordered; there is nothing after it but forecasts.
    """

    history: History
    zone: ZoneInfo
    start: datetime
    end: datetime
    now: datetime

    @cached_property
    def transactions(self) -> list[Transaction]:
        """The sales of the period."""
        return list(self.history.transactions(self.start, min(self.end, self.now)))

    @cached_property
    def customers(self) -> dict[int, Customer]:
        """Those who bought in the period, by number."""
        buyers = sorted({transaction.customer for transaction in self.transactions})
        return {index: self.history.customer(index) for index in buyers}

    @cached_property
    def counted(self) -> list[Transaction]:
        """The sales that a lifetime value adds up."""
        if LIFETIME_WITHIN_PERIOD:
            return self.transactions
        opened = datetime.combine(self.history.opened, datetime.min.time())
        return list(self.history.transactions(opened, min(self.end, self.now)))

    def date(self, wall: datetime) -> str:
        """Write a wall time as the API does."""
        return format_wall(wall, self.zone)


def transactions(content: Content) -> Iterator[Row]:
    """Yield the transaction details."""
    yield [
        "id",
        "transaction_date",
        "status",
        "customer_id",
        "customer_first_name",
        "customer_last_name",
        "customer_email",
        "products",
        "item_count",
        "coupon_code",
        "subscription_id",
        "currency_code",
        "total_item_price",
        "total_discount",
        "total_shipping",
        "total_tax",
        "total_order",
    ]
    for sale in content.transactions:
        customer = content.customers[sale.customer]
        yield (
            sale.id,
            content.date(sale.moment),
            "captured",
            customer.id,
            customer.first_name,
            customer.last_name,
            customer.email,
            "; ".join(f"{quantity} x {product.code}" for product, quantity in sale.products),
            sum(quantity for _, quantity in sale.products),
            sale.coupon.code if sale.coupon else "",
            sale.subscription or "",
            CURRENCY,
            *map(money, (sale.items, sale.discount, sale.shipping, sale.tax, sale.total)),
        )


def summary(content: Content) -> Iterator[Row]:
    """Yield one row a day on which something was sold."""
    yield [
        "date",
        "transactions",
        "new_customers",
        "total_item_price",
        "total_discount",
        "total_shipping",
        "total_tax",
        "total_order",
    ]
    days: dict[str, list[Transaction]] = {}
    for sale in content.transactions:
        days.setdefault(sale.moment.date().isoformat(), []).append(sale)
    for day, sales in days.items():
        amounts = zip(*((s.items, s.discount, s.shipping, s.tax, s.total) for s in sales), strict=True)
        yield day, len(sales), sum(sale.first for sale in sales), *(money(sum(column)) for column in amounts)


def coupon_usage(content: Content) -> Iterator[Row]:
    """Yield one row a coupon that was used."""
    yield ["coupon_code", "name", "uses", "total_discount", "total_order"]
    used = [sale for sale in content.transactions if sale.coupon]
    for coupon in sorted({sale.coupon for sale in used if sale.coupon}):
        sales = [sale for sale in used if sale.coupon == coupon]
        discount, total = sum(sale.discount for sale in sales), sum(sale.total for sale in sales)
        yield coupon.code, coupon.name, len(sales), money(discount), money(total)


def subscription_forecast(content: Content) -> Iterator[Row]:
    """Yield the renewals that are due in the period, those of the past as processed."""
    yield [
        "date",
        "subscription_id",
        "customer_id",
        "product_code",
        "frequency",
        "amount",
        "currency_code",
        "state",
    ]
    for renewal in content.history.renewals(content.start, content.end, content.now):
        yield (
            content.date(renewal.moment),
            content.history.subscription(renewal.customer),
            content.history.customer(renewal.customer).id,
            renewal.product.code,
            f"{renewal.product.days}d",
            money(renewal.total),
            CURRENCY,
            "processed" if renewal.moment <= content.now else "scheduled",
        )


def customers(content: Content) -> Iterator[Row]:
    """Yield the customers for import elsewhere."""
    yield [
        "id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "address1",
        "city",
        "region",
        "postal_code",
        "country",
        "date_created",
    ]
    for customer in content.customers.values():
        *plain, created = customer
        yield *plain, "US", content.date(created)


def customers_ltv(content: Content) -> Iterator[Row]:
    """Yield each customer with the sum of their transactions."""
    yield [
        "customer_id",
        "first_name",
        "last_name",
        "email",
        "transactions",
        "first_transaction_date",
        "last_transaction_date",
        "currency_code",
        "lifetime_value",
    ]
    sales: dict[int, list[Transaction]] = {}
    for sale in content.counted:
        sales.setdefault(sale.customer, []).append(sale)
    for index, customer in content.customers.items():
        own = sales[index]
        yield (
            *customer[:4],
            len(own),
            content.date(own[0].moment),
            content.date(own[-1].moment),
            CURRENCY,
            money(sum(sale.total for sale in own)),
        )


FILES: dict[str, tuple[Callable[[Content], Iterator[Row]], ...]] = {
    "complete": (transactions, summary, coupon_usage, subscription_forecast),
    "customers": (customers,),
    "customers_ltv": (customers_ltv,),
    "transactions": (transactions,),
}
"""The files of each report, named after the functions that write them."""


def money(cents: int) -> str:
    """Write an amount with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def write_archive(name: str, content: Content) -> bytes:
    """Return the archive of the report of this name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for rows in FILES[name]:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows(content))
            entry = zipfile.ZipInfo(f"{rows.__name__}.csv", TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, text.getvalue().encode())
    return archive.getvalue()
