"""What has to hold between the records of a shop: each relation yields a sentence for whatever breaks it.

A relation is excused in three cases only. What a given record says of itself is its author's. A reference may
lead nowhere when the other service is empty. And a choice that has to meet conditions may miss the last ones
when no record meets them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from mockserver.records import EPOCH, FieldType, Service
from mockserver.records.writing import instant

Record = dict[str, Any]
Breaches = Iterator[str]

_SUBSHOP = ("subshopId", "mainSubshop", "orderSubshop")
_SUBSHOPS = ("subshopIds", "allowedSubshopIds")


@dataclass(frozen=True)
class Story:
    """Hold all records of a shop; `given` says how many of a service's are given, they are the first."""

    shop: Record
    services: dict[str, Service]
    records: dict[str, list[Record]]
    given: dict[str, int]

    @cached_property
    def subshops(self) -> list[str]:
        return [subshop["id"] for subshop in self.shop["subshops"]]

    @cached_property
    def _by_id(self) -> dict[str, dict[Any, Record]]:
        return {name: {record["id"]: record for record in records} for name, records in self.records.items()}

    def made(self, service: str) -> list[Record]:
        """Return the records that are not given."""
        return self.records[service][self.given.get(service, 0) :]

    def is_made(self, service: str, record: Record) -> bool:
        return all(record is not other for other in self.records[service][: self.given.get(service, 0)])

    def of(self, service: str, id: object) -> Record | None:
        """Return the record that is referred to; None when its service is empty."""
        if not self.records[service]:
            return None
        assert id in self._by_id[service], f"there is no {service} {id}"
        return self._by_id[service][id]

    def misses(self, service: str, chosen: Record, by: int, wanted: Callable[[Record], object]) -> list[str]:
        """Return what a chosen record lacks although one that has it could be chosen.

        It has to be there `by` an instant, and to be as wanted; where none is both, the first will do.
        """
        there = [record for record in self.records[service] if at(record) <= by]
        lacks = ["time"] if there and at(chosen) > by else []
        if any(map(wanted, there)) and not wanted(chosen):
            lacks.append("subshop")
        return lacks


def at(record: Record, path: str = "createdAt") -> int:
    return instant(_dig(record, path))


def _dig(record: Any, path: str) -> Any:
    for part in path.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def ids_are_unique(story: Story) -> Breaches:
    for name, records in story.records.items():
        for id, times in Counter(record["id"] for record in records).items():
            if times > 1:
                yield f"{name} {id} is there {times} times"


def subshops_are_those_of_the_shop(story: Story) -> Breaches:
    def strange(value: Any) -> Iterator[object]:
        if isinstance(value, list):
            for part in value:
                yield from strange(part)
        elif isinstance(value, dict):
            for key, part in value.items():
                named = [part] if key in _SUBSHOP else part if key in _SUBSHOPS else []
                yield from (subshop for subshop in named if subshop not in story.subshops)
                if key == "shopId" and part != story.shop["name"]:
                    yield part
                if key == "currency" and part != story.shop["currency"]:
                    yield part
                yield from strange(part)

    for name, records in story.records.items():
        for record in records:
            yield from (f"{name} {record['id']} is of {value}" for value in strange(record))


def times_follow_each_other(story: Story) -> Breaches:
    """Nothing is later than the epoch, but for what follows a given record that is."""

    def times_of(service: Service, record: Record) -> dict[str, int]:
        paths = [path for path, field in service.fields.items() if field.type is FieldType.TIME]
        return {path: at(record, path) for path in paths if path != "validUntil" and _dig(record, path)}

    last = EPOCH
    for name, service in story.services.items():
        for record in story.records[name][: story.given.get(name, 0)]:
            last = max(last, *times_of(service, record).values(), 0)
    for name, service in story.services.items():
        for record in story.made(name):
            times = times_of(service, record)
            for path, time in times.items():
                if not times.get("createdAt", 0) <= time <= times.get("updatedAt", last) <= last:
                    yield f"{name} {record['id']}: {path} is not between createdAt, updatedAt and the epoch"


def categories_hang_below_older_ones_of_their_subshop(story: Story) -> Breaches:
    for category in story.made("category"):
        parent = story.of("category", category["parentId"]) if category["parentId"] else None
        if parent is None:
            continue
        if parent["subshopId"] != category["subshopId"]:
            yield f"category {category['id']} is of another subshop than {parent['id']}"
        if parent["id"] >= category["id"] or at(parent) > at(category):
            yield f"category {category['id']} is older than {parent['id']}"
    roots = {category["subshopId"] for category in story.records["category"] if not category["parentId"]}
    for category in story.records["category"]:
        if category["subshopId"] not in roots:
            yield f"{category['subshopId']} has no root"


def products_lie_in_categories_of_their_subshops(story: Story) -> Breaches:
    for product in story.made("product"):
        if not product["subshopIds"]:
            yield f"product {product['id']} is in no subshop"
        for id in product["categoryIds"]:
            if category := story.of("category", id):
                for missed in story.misses(
                    "category",
                    category,
                    at(product),
                    lambda other, ids=product["subshopIds"]: other["subshopId"] in ids,
                ):
                    yield f"product {product['id']} lies in category {id}: {missed}"


def stock_is_of_products(story: Story) -> Breaches:
    for row in story.made("inventory"):
        if product := story.of("product", row["productId"]):
            if (row["itemNumber"], row["storeId"]) != (product["itemNumber"], product["storeId"]):
                yield f"inventory {row['id']} is not like product {product['id']}"
            if at(row, "updatedAt") < at(product):
                yield f"inventory {row['id']} is older than product {product['id']}"
    rows = Counter(row["productId"] for row in story.records["inventory"])
    if max(rows.values(), default=0) - min(rows.values(), default=0) > 1:
        yield "some products have more rows of stock than others"


def customers_are_allowed_where_they_are_at_home(story: Story) -> Breaches:
    for customer in story.made("customerAccount"):
        if customer["mainSubshop"] not in customer["allowedSubshopIds"]:
            yield f"customer {customer['id']} is not allowed in {customer['mainSubshop']}"


def orders_are_of_customers(story: Story) -> Breaches:
    languages = {subshop["id"]: subshop["language"] for subshop in story.shop["subshops"]}
    for order in story.made("order"):
        general, said = order["data"]["general"], order["data"]["customer"]
        if (general["orderId"], general["subshopId"]) != (order["id"], order["subshopId"]):
            yield f"order {order['id']} says something else of itself"
        if general["shopLanguage"] != languages[order["subshopId"]]:
            yield f"order {order['id']} is in {general['shopLanguage']}"
        if at(general, "dateTime") != at(order):
            yield f"order {order['id']} was made twice"
        customer = story.of("customerAccount", said["accountId"])
        if customer is None:
            continue
        names = ("customerNumber", "emailAddress")
        if tuple(said[name] for name in names) != (customer["customerNumber"], customer["email"]):
            yield f"order {order['id']} is not like customer {customer['id']}"
        if order["subshopId"] != customer["mainSubshop"]:
            yield f"order {order['id']} is not of the subshop of customer {customer['id']}"
        if at(order) < at(customer):
            yield f"order {order['id']} is older than customer {customer['id']}"
        if story.is_made("customerAccount", customer) and at(order) > at(customer, "meta.currentLogin"):
            yield f"order {order['id']} is younger than the last login of customer {customer['id']}"


def orders_are_of_products_that_their_subshop_has_by_then(story: Story) -> Breaches:
    for order in story.made("order"):
        total = Decimal(order["data"]["sums"]["shipping"])
        for item in order["data"]["items"]:
            total += Decimal(item["total"])
            product = story.of("product", item["productId"])
            if product is None:
                continue
            for name in ("itemNumber", "name", "price", "taxRateId"):
                if item[name] != product[name]:
                    yield f"order {order['id']}: {name} is not that of product {product['id']}"
            for missed in story.misses(
                "product",
                product,
                at(order),
                lambda other, id=order["subshopId"]: id in other["subshopIds"],
            ):
                yield f"order {order['id']} holds product {product['id']}: {missed}"
        if Decimal(order["data"]["sums"]["total"]) != total:
            yield f"order {order['id']} does not add up"


def orders_are_paid_as_their_status_says(story: Story) -> Breaches:
    for order in story.made("order"):
        if (order["payedAt"] is not None) != (order["paymentStatus"] in (1, 7, 8)):
            yield f"order {order['id']} is paid or not"
        if order["deliveryStatus"]["status"] and order["payedAt"] is None:
            yield f"order {order['id']} was delivered unpaid"


def transactions_are_of_orders(story: Story) -> Breaches:
    for place, transaction in enumerate(story.records["transaction"]):
        order = story.of("order", transaction["orderId"])
        if order is None or place < story.given.get("transaction", 0):
            continue
        name, data = f"transaction {transaction['id']} of order {order['id']}", order["data"]
        wanted = {
            "accountId": data["customer"]["accountId"],
            "amount": data["sums"]["total"],
            "paymentMethod": data["payment"]["methodId"],
            "sessionId": data["general"]["sessionId"],
            "subshopId": order["subshopId"],
        }
        if place < len(story.records["order"]):
            wanted["paymentStatus"] = order["paymentStatus"]
            if story.is_made("order", order) and bool(transaction["payedAt"]) != bool(order["payedAt"]):
                yield f"{name} is paid or not"
            if transaction["payedAt"] and at(transaction, "payedAt") != at(order, "payedAt"):
                yield f"{name} was paid at another time"
        elif transaction["paymentStatus"] != 2 or transaction["payedAt"]:
            yield f"{name} has not failed"
        yield from (f"{name}: {key}" for key, value in wanted.items() if transaction[key] != value)
        if at(transaction) != at(order):
            yield f"{name} was made at another time"
        refunded = transaction["refundedAt"]
        if (refunded is not None) != (transaction["paymentStatus"] in (7, 8)):
            yield f"{name} is refunded or not"
        elif refunded and not at(order, "payedAt") <= at(transaction, "refundedAt") <= at(order, "updatedAt"):
            yield f"{name} was refunded before it was paid, or the order does not know"


def ratings_are_of_what_was_bought(story: Story) -> Breaches:
    of_products: dict[str, set[tuple[object, object]]] = {}
    for rating in story.made("productRating"):
        told = (rating["averageRating"], rating["totalRating"])
        of_products.setdefault(rating["productId"], set()).add(told)
        order, product = story.of("order", rating["orderId"]), story.of("product", rating["productId"])
        name = f"rating {rating['id']}"
        if order is not None:
            if rating["accountId"] != str(order["data"]["customer"]["accountId"]):
                yield f"{name} is not by who bought"
            if not rating["subshopId"] == rating["orderSubshop"] == order["subshopId"]:
                yield f"{name} is of another subshop than order {order['id']}"
            if at(rating) < at(order):
                yield f"{name} is older than order {order['id']}"
            bought = [item["productId"] for item in order["data"]["items"]]
            if story.is_made("order", order) and rating["productId"] not in bought:
                yield f"{name} is of what order {order['id']} does not hold"
        if product is not None:
            if (rating["productName"], rating["productNumber"]) != (product["name"], product["itemNumber"]):
                yield f"{name} is not like product {product['id']}"
            known = [id for id in product["categoryIds"] if id in story._by_id["category"]]
            if known and rating["categoryId"] not in known:
                yield f"{name} is of another category than product {product['id']}"
    yield from (f"ratings of product {id} tell {told}" for id, told in of_products.items() if len(told) > 1)
    if len(story.records["productRating"]) <= len(story.records["order"]):
        orders = Counter(rating["orderId"] for rating in story.made("productRating"))
        yield from (f"order {id} is rated {times} times" for id, times in orders.items() if times > 1)


def blueprints_follow_presets(story: Story) -> Breaches:
    for template in story.made("voucherTemplate"):
        preset = story.of("voucherPreset", template["presetId"])
        if preset is not None and at(template) < at(preset):
            yield f"voucherTemplate {template['id']} is older than voucherPreset {preset['id']}"


def vouchers_follow_blueprints(story: Story) -> Breaches:
    for voucher in story.made("voucher"):
        name = f"voucher {voucher['id']}"
        if template := story.of("voucherTemplate", voucher["templateId"]):
            same = ("labels", "maxUseCount", "subshopIds", "types", "value")
            yield from (f"{name}: {key}" for key in same if voucher[key] != template[key])
            if at(voucher) < at(template):
                yield f"{name} is older than voucherTemplate {template['id']}"
            days = template["validDays"]
            until = at(voucher, "validUntil") if voucher["validUntil"] else None
            if until != (at(voucher) + days * 86400 if days else None):
                yield f"{name} is valid for other than {days} days"
        since, subshops = at(voucher), set(voucher["subshopIds"])  # none: all
        numbers = {product["itemNumber"]: product for product in story.records["product"]}
        for valid in voucher["validProducts"] if numbers else ():
            for missed in story.misses(
                "product",
                numbers[valid["number"]],
                since,
                lambda other, ids=subshops: not ids or ids & {*other["subshopIds"]},
            ):
                yield f"{name} is valid for product {valid['number']}: {missed}"
        for valid in voucher["validCustomers"]:
            if customer := story.of("customerAccount", valid["id"]):
                if customer["customerNumber"] != valid["number"]:
                    yield f"{name} is not valid for customer {valid['number']}"
                for missed in story.misses(
                    "customerAccount",
                    customer,
                    since,
                    lambda other, ids=subshops: not ids or ids & {*other["allowedSubshopIds"]},
                ):
                    yield f"{name} is valid for customer {valid['id']}: {missed}"


def feeds_are_built_from_templates_that_compile(story: Story) -> Breaches:
    whole = [record for record in story.records["dataFeedTemplate"] if record["name"] != "Broken on purpose"]
    for feed in story.made("dataFeed"):
        template = story.of("dataFeedTemplate", feed["templateId"]) if feed["templateId"] else None
        if template is not None:
            if whole and template not in whole:
                yield f"dataFeed {feed['id']} is built from a broken template"
            if at(feed) < at(template):
                yield f"dataFeed {feed['id']} is older than dataFeedTemplate {template['id']}"
        if feed["active"] and not feed["templateId"]:
            yield f"dataFeed {feed['id']} is active without a template"


def inquiries_and_subscribers_say_one_thing(story: Story) -> Breaches:
    for inquiry in story.made("inquiry"):
        if inquiry["data"]["subshopId"] != inquiry["subshopId"]:
            yield f"inquiry {inquiry['id']} is of two subshops"
    admins = {0, *(user["id"] for user in story.records["adminUser"])}
    for subscriber in story.made("newsletterSubscriber") if len(admins) > 1 else ():
        if subscriber["createdBy"] not in admins:
            yield f"newsletterSubscriber {subscriber['id']} was added by nobody"


RELATIONS: tuple[Callable[[Story], Breaches], ...] = (
    ids_are_unique,
    subshops_are_those_of_the_shop,
    times_follow_each_other,
    categories_hang_below_older_ones_of_their_subshop,
    products_lie_in_categories_of_their_subshops,
    stock_is_of_products,
    customers_are_allowed_where_they_are_at_home,
    orders_are_of_customers,
    orders_are_of_products_that_their_subshop_has_by_then,
    orders_are_paid_as_their_status_says,
    transactions_are_of_orders,
    ratings_are_of_what_was_bought,
    blueprints_follow_presets,
    vouchers_follow_blueprints,
    feeds_are_built_from_templates_that_compile,
    inquiries_and_subscribers_say_one_thing,
)


def breaches(story: Story) -> list[str]:
    """Return everything that does not fit together."""
    return [breach for relation in RELATIONS for breach in relation(story)]
