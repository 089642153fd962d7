"""What the base records are like."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import orjson
import pytest

from mockserver.records import EPOCH, DataSet
from mockserver.records.mixing import splitmix, unsplitmix
from mockserver.records.writing import instant

from .conftest import SCHEMAS, SERVICE_NAMES, SERVICES, VALIDATORS, make_dataset

SUBSHOPS = {"deutsch", "english", "outlet"}


def by_id(dataset: DataSet, service: str) -> dict[Any, dict[str, Any]]:
    return {record["id"]: record for record in dataset.records(service)}


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_record_is_valid(dataset: DataSet, service: str) -> None:
    for record in dataset.records(service):
        VALIDATORS[service].validate(record)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_record_has_every_property_in_the_order_of_the_schema(dataset: DataSet, service: str) -> None:
    for record in dataset.records(service):
        assert list(record) == list(SCHEMAS[service]["properties"])
        assert orjson.dumps(record) == orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_the_same_seed_makes_the_same_bytes(dataset: DataSet, service: str) -> None:
    assert orjson.dumps(list(dataset.records(service))) == orjson.dumps(list(make_dataset().records(service)))


@pytest.mark.parametrize("service", sorted({*SERVICE_NAMES} - {"dataFeed", "dataFeedTemplate"}))
def test_another_seed_makes_other_records(dataset: DataSet, service: str) -> None:
    assert list(make_dataset(seed=7).records(service)) != list(dataset.records(service))


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_record_does_not_depend_on_the_count_of_its_service(dataset: DataSet, service: str) -> None:
    more = make_dataset(**{service: 1_000_000})
    last = dataset.count(service) - 1
    assert more.record(service, last) == dataset.record(service, last)
    VALIDATORS[service].validate(more.record(service, 999_999))


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_records_are_the_same_one_by_one_and_in_a_row(dataset: DataSet, service: str) -> None:
    count = dataset.count(service)
    assert list(dataset.records(service, 1, count)) == [dataset.record(service, i) for i in range(1, count)]


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_key_leads_to_its_place_without_a_search(service: str) -> None:
    dataset = make_dataset(**{service: 1_000_000})
    for index in (0, 1, 4, 77_777, 999_999):
        assert dataset.index(service, dataset.record(service, index)["id"]) == index


@pytest.mark.parametrize("key", [0, -1, 251, True, "1", None, 1.0, "x" * 17])
def test_a_key_of_no_record_leads_nowhere(dataset: DataSet, key: object) -> None:
    assert dataset.index("newsletterSubscriber", key) is None


@pytest.mark.parametrize("key", ["01501", "1500", "1621", "١٥٠١", 1501, ""])
def test_a_string_key_has_one_spelling(dataset: DataSet, key: object) -> None:
    assert dataset.index("order", key) is None


def test_a_code_that_was_never_given_out_leads_nowhere(dataset: DataSet) -> None:
    code = dataset.record("voucher", 0)["id"]
    assert dataset.index("voucher", code.lower()) is None
    assert dataset.index("voucher", "0" * 16) is None
    assert dataset.index("transaction", code) is None


@pytest.mark.parametrize("index", [0, 1, 12_345, 2**63, 2**64 - 1])
def test_mixing_can_be_undone(index: int) -> None:
    assert unsplitmix(99, splitmix(99, index)) == index


def test_there_is_no_record_beyond_the_last(dataset: DataSet) -> None:
    with pytest.raises(IndexError, match="adminUser has 12 records"):
        dataset.record("adminUser", 12)


def test_a_given_record_can_be_changed_without_harm(dataset: DataSet) -> None:
    dataset.record("adminUser", 0)["permissions"]["admin"] = {}
    assert dataset.record("adminUser", 0)["permissions"] == {"admin": {"0": True}}


def test_importing_the_package_leaves_faker_alone() -> None:
    script = "import sys, mockserver.records, mockserver.records.codecs; sys.exit('faker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# The shop's story


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_subshop_is_one_of_the_shop(dataset: DataSet, service: str) -> None:
    for record in dataset.records(service):
        for name in ("subshopId", "mainSubshop", "orderSubshop"):
            assert record.get(name, "deutsch") in SUBSHOPS
        for name in ("subshopIds", "allowedSubshopIds"):
            assert set(record.get(name, [])) <= SUBSHOPS


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_nothing_is_changed_before_it_is_made_or_after_the_epoch(dataset: DataSet, service: str) -> None:
    for record in dataset.records(service):
        times = {
            path: instant(record[path])
            for path, field in SERVICES[service].fields.items()
            if field.type.value == "time" and path != "validUntil" and record.get(path)
        }
        assert all(at <= EPOCH for at in times.values())
        assert times.get("createdAt", 0) <= times.get("updatedAt", EPOCH)


def test_orders_belong_to_customers(dataset: DataSet) -> None:
    customers = by_id(dataset, "customerAccount")
    for order in dataset.records("order"):
        customer = customers[order["data"]["customer"]["accountId"]]
        assert order["data"]["customer"]["customerNumber"] == customer["customerNumber"]
        assert order["data"]["billAddress"]["emailAddress"] == customer["email"]
        assert f"{order['data']['billAddress']['firstName']} " in customer["displayName"]
        assert order["subshopId"] == order["data"]["general"]["subshopId"] == customer["mainSubshop"]
        assert order["data"]["general"]["orderId"] == order["id"]
        assert order["createdAt"] >= customer["createdAt"]


def test_orders_are_made_of_products_and_add_up(dataset: DataSet) -> None:
    products = by_id(dataset, "product")
    for order in dataset.records("order"):
        total = Decimal(order["data"]["shipping"]["price"])
        for item in order["data"]["items"]:
            product = products[item["productId"]]
            assert (item["price"], item["name"]) == (product["price"], product["name"])
            assert Decimal(item["total"]) == Decimal(item["price"]) * item["quantity"]
            total += Decimal(item["total"])
        assert Decimal(order["data"]["sums"]["total"]) == total


def test_orders_are_paid_exactly_when_their_status_says_so(dataset: DataSet) -> None:
    for order in dataset.records("order"):
        assert (order["payedAt"] is not None) == (order["paymentStatus"] in (1, 7, 8))


def test_transactions_pay_their_orders(dataset: DataSet) -> None:
    orders = by_id(dataset, "order")
    seen = set()
    for transaction in dataset.records("transaction"):
        order = orders[transaction["orderId"]]
        seen.add(order["id"])
        assert transaction["amount"] == order["data"]["sums"]["total"]
        assert transaction["accountId"] == order["data"]["customer"]["accountId"]
        assert transaction["paymentStatus"] == order["paymentStatus"]
        assert transaction["sessionId"] == order["data"]["general"]["sessionId"]
        assert (transaction["payedAt"] is None) == (order["payedAt"] is None)
        assert (transaction["refundedAt"] is not None) == (transaction["paymentStatus"] in (7, 8))
    assert seen == set(orders)


def test_ratings_come_from_people_who_bought_the_product(dataset: DataSet) -> None:
    orders, products, categories = (by_id(dataset, name) for name in ("order", "product", "category"))
    for rating in dataset.records("productRating"):
        order, product = orders[rating["orderId"]], products[rating["productId"]]
        assert rating["productId"] in [item["productId"] for item in order["data"]["items"]]
        assert rating["accountId"] == str(order["data"]["customer"]["accountId"])
        assert rating["productName"] == product["name"]
        assert [rating["categoryId"]] == product["categoryIds"]
        assert rating["categoryId"] in categories
        assert rating["createdAt"] >= order["createdAt"]


def test_there_is_one_row_of_stock_a_product(dataset: DataSet) -> None:
    products = by_id(dataset, "product")
    rows = list(dataset.records("inventory"))
    assert [row["productId"] for row in rows] == list(products)
    assert all(row["itemNumber"] == products[row["productId"]]["itemNumber"] for row in rows)


def test_categories_form_one_tree_a_subshop(dataset: DataSet) -> None:
    categories = by_id(dataset, "category")
    assert {c["subshopId"] for c in categories.values() if c["parentId"] == 0} == SUBSHOPS
    for category in categories.values():
        if category["parentId"]:
            assert category["parentId"] < category["id"]
            assert categories[category["parentId"]]["subshopId"] == category["subshopId"]


def test_vouchers_follow_their_blueprints(dataset: DataSet) -> None:
    templates, presets = by_id(dataset, "voucherTemplate"), by_id(dataset, "voucherPreset")
    customers = by_id(dataset, "customerAccount")
    for voucher in dataset.records("voucher"):
        template = templates[voucher["templateId"]]
        assert template["presetId"] in presets
        assert (voucher["types"], voucher["value"]) == (template["types"], template["value"])
        for valid in voucher["validCustomers"]:
            assert customers[valid["id"]]["customerNumber"] == valid["number"]


def test_feeds_name_templates_that_exist(dataset: DataSet) -> None:
    templates = by_id(dataset, "dataFeedTemplate")
    feeds = list(dataset.records("dataFeed"))
    assert all(feed["templateId"] == 0 or feed["templateId"] in templates for feed in feeds)
    assert not any(feed["active"] and feed["templateId"] == 0 for feed in feeds)


def test_references_lead_somewhere_when_there_are_few_records() -> None:
    few = make_dataset(customerAccount=1, product=1, category=1, order=50)
    assert {order["data"]["customer"]["accountId"] for order in few.records("order")} == {1}


def test_the_users_of_the_fixture_tokens_exist(dataset: DataSet) -> None:
    users = [user["userName"] for user in dataset.records("adminUser", 0, 5)]
    assert users == ["admin", "editor", "reader", "writer", "nobody"]


@pytest.mark.parametrize("service", sorted({*SERVICE_NAMES} - {"adminUser", "newsletterSubscriber"}))
def test_the_example_of_the_specification_is_the_first_record(dataset: DataSet, service: str) -> None:
    assert SCHEMAS[service]["example"] == dataset.record(service, 0)
