"""Records fit together across the services: whatever the seed, the shop, the counts and the given records."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.fixtures import load_fixtures, read_folder
from mockserver.records import DataSet, Recipes, Service
from mockserver.settings import Settings
from mockserver.starter import write_starter

from .conftest import SERVICES, read
from .relations import Record, Story, breaches

SEEDS = (0, 7, 42, 20261121)
COUNTS: dict[str, dict[str, int]] = {
    "default": {},
    "odd": {
        "product": 7,
        "category": 5,
        "customerAccount": 11,
        "order": 97,
        "voucherTemplate": 3,
        "voucher": 77,
    },
    "few products": {"product": 1, "inventory": 5},
    "one of each": dict.fromkeys(SERVICES, 1),
    "two of each": dict.fromkeys(SERVICES, 2) | {"order": 60},
    "many products": {"product": 5003, "order": 60, "inventory": 60, "voucher": 60},
    "many attempts": {"transaction": 300, "productRating": 300, "inventory": 500, "order": 61},
    "feeds": {"dataFeed": 60, "dataFeedTemplate": 9, "category": 400, "voucherPreset": 7, "adminUser": 3},
    "no categories": {"category": 0},
    "no products": {"product": 0},
    "no customers": {"customerAccount": 0},
    "no orders": {"order": 0},
    "no blueprints": {"voucherTemplate": 0, "voucherPreset": 0, "dataFeedTemplate": 0, "adminUser": 0},
}


def shop_of(subshops: int) -> dict[str, Any]:
    """Return a shop with so many subshops of its own."""
    one = {"locale": "de_CH", "country": "CH", "domain": "s.example"}
    rows = [{"id": f"s{n}", "name": f"S{n}", "language": ("de", "fr")[n % 2], **one} for n in range(subshops)]
    return {**read("shop"), "name": "tea-house", "currency": "CHF", "subshops": rows}


def tell(
    shop: dict[str, Any], dataset: DataSet, services: dict[str, Service], given: dict[str, int]
) -> Story:
    return Story(shop, services, {name: [*dataset.records(name)] for name in services}, given)


@cache
def story_of(seed: int = 42, subshops: int = 3, counts: str = "default") -> Story:
    shop = shop_of(subshops)
    recipes = Recipes(lambda name: shop if name == "shop" else read(name), SERVICES)
    given = {name: len(recipes[name].given) for name in SERVICES}
    return tell(shop, DataSet(SERVICES, recipes, seed, COUNTS[counts]), SERVICES, given)


def own_story(folder: Path, seed: int, counts: dict[str, int]) -> Story:
    """Return the records that a folder of one's own makes."""
    own = read_folder(folder)
    loaded = load_fixtures(Settings(fixtures=str(folder), seed=seed, records=counts))
    recipes = Recipes(read, SERVICES)
    given = {name: len(recipes[name].given) for name in SERVICES}
    given |= {name: max(given[name], len(rows.content["given"])) for name, rows in own.records.items()}
    return tell(own.read("shop"), loaded.dataset, dict(loaded.services), given)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("subshops", [1, 2, 3, 5])
def test_records_fit_together(seed: int, subshops: int) -> None:
    assert breaches(story_of(seed, subshops)) == []


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("subshops", [1, 2, 3])
def test_records_fit_together_whatever_their_number(subshops: int, counts: str) -> None:
    assert breaches(story_of(7, subshops, counts)) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("counts", [{}, {"product": 3, "order": 200}, {"category": 3, "productRating": 25}])
def test_records_of_the_starter_fit_together(tmp_path: Path, seed: int, counts: dict[str, int]) -> None:
    write_starter(tmp_path)
    story = own_story(tmp_path, seed, counts)
    assert breaches(story) == []
    assert breaches(Story(story.shop, story.services, story.records, {**story.given, "product": 0})) == []


OWN = {
    "category": [{"subshopId": "deutsch"}] * 5
    + [{"subshopId": "english", "createdAt": "2025-11-11T00:00:00.000Z"}],
    "customerAccount": [
        {"createdAt": "2025-12-24T00:00:00.000Z", "mainSubshop": "outlet", "allowedSubshopIds": ["outlet"]},
        {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"},
    ]
    * 3,
    "dataFeedTemplate": [{"name": "Ours", "createdAt": "2025-12-01T00:00:00.000Z"}],
    "order": [
        {
            "createdAt": "2025-12-12T00:00:00.000Z",
            "payedAt": "2025-12-14T00:00:00.000Z",
            "updatedAt": "2026-02-01T00:00:00.000Z",
            "paymentStatus": 7,
            "data": {"sums": {"total": "1.000000"}},
        },
        {"data": {"items": []}, "paymentStatus": 0, "payedAt": None},
    ]
    * 4,
    "product": [
        {"subshopIds": ["english"], "createdAt": "2025-12-30T00:00:00.000Z"},
        {"subshopIds": ["outlet"], "categoryIds": [2]},
        {"categoryIds": [], "createdAt": "2027-01-01T00:00:00.000Z"},
        {"subshopIds": []},
    ]
    * 5,
    "voucherPreset": [{"createdAt": "2025-12-01T00:00:00.000Z"}],
    "voucherTemplate": [{"subshopIds": ["outlet"], "createdAt": "2025-12-31T00:00:00.000Z", "validDays": 30}],
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("counts", [{}, {"product": 20}, {"product": 4, "customerAccount": 6, "order": 20}])
def test_what_is_made_fits_to_what_is_given(tmp_path: Path, seed: int, counts: dict[str, int]) -> None:
    (tmp_path / "records").mkdir()
    for name, given in OWN.items():
        (tmp_path / "records" / f"{name}.yaml").write_bytes(orjson.dumps({"given": given}))
    assert breaches(own_story(tmp_path, seed, counts)) == []


# What the relations leave open stays various


@pytest.mark.parametrize("seed", SEEDS)
def test_records_are_various(seed: int) -> None:
    records = story_of(seed).records
    assert {len(product["subshopIds"]) for product in records["product"]} == {1, 2, 3}
    assert {order["subshopId"] for order in records["order"]} == {"s0", "s1", "s2"}
    late = [order for order in records["order"] if order["createdAt"] >= "2025-07-01"]
    assert 10 < len(late) < 80
    assert len({order["createdAt"][:7] for order in records["order"]}) > 12
    bought = {item["productId"] for order in records["order"] for item in order["data"]["items"]}
    assert len(bought) > 80
    young = {product["id"] for product in records["product"] if product["createdAt"] > "2025-01-01"}
    assert len(bought & young) > 3


def test_what_cannot_be_met_is_done_without() -> None:
    """One product of one subshop is bought in all of them, but never before it is there."""
    story = story_of(7, 3, "few products")
    (product,) = story.records["product"]
    strange = [order for order in story.records["order"] if order["subshopId"] not in product["subshopIds"]]
    assert strange != []
    assert all(order["createdAt"] >= product["createdAt"] for order in story.records["order"])


# The check notices what does not fit


def _first(service: str, **values: Any) -> Callable[[dict[str, list[Record]]], None]:
    return lambda records: records[service][0].update(values)


def _in_order(records: dict[str, list[Record]]) -> Record:
    data: Record = records["order"][0]["data"]
    return data


OLD, NEW = "2020-01-01T00:00:00.000Z", "2025-12-31T23:59:59.000Z"
HARM: dict[str, Callable[[dict[str, list[Record]]], object]] = {
    "a key that is there twice": lambda records: records["order"].append(records["order"][0]),
    "a subshop of another shop": _first("inquiry", subshopId="s9"),
    "another shop": lambda records: _in_order(records)["general"].update(shopId="b"),
    "another currency": _first("transaction", currency="XXX"),
    "a change before the making": _first("seoViews", updatedAt="2020-01-01 00:00:00"),
    "a time after the epoch": _first("newsletterSubscriber", createdAt="2026-01-01T00:00:01.000Z"),
    "a category below one of another subshop": lambda records: records["category"][3].update(parentId=2),
    "a category older than its parent": lambda records: records["category"][3].update(createdAt=OLD),
    "a subshop without a root": _first("category", parentId=4),
    "a product in the category of another subshop": lambda records: [
        product.update(categoryIds=[2]) for product in records["product"] if "s1" not in product["subshopIds"]
    ],
    "a product older than its category": lambda records: [
        category.update(createdAt=NEW) for category in records["category"][3:]
    ],
    "stock of another number": _first("inventory", itemNumber="X"),
    "stock older than its product": _first("inventory", updatedAt=OLD),
    "a customer who is not allowed": _first("customerAccount", allowedSubshopIds=[]),
    "an order older than its customer": _first("order", createdAt=OLD),
    "an order after the last login": _first("order", createdAt=NEW),
    "an order of another subshop": lambda records: _in_order(records)["general"].update(subshopId="s9"),
    "an order of another customer": lambda records: _in_order(records)["customer"].update(accountId=1),
    "an order in another language": lambda records: _in_order(records)["general"].update(shopLanguage="it"),
    "an order of a product that is not there yet": lambda records: [
        product.update(createdAt=NEW) for product in records["product"][:150]
    ],
    "an order of a product of another subshop": lambda records: [
        product.update(subshopIds=["s2"]) for product in records["product"][:150]
    ],
    "an order that does not add up": lambda records: _in_order(records)["sums"].update(total="0.000000"),
    "an order that is paid or not": _first("order", paymentStatus=0, payedAt=NEW),
    "a transaction of another amount": _first("transaction", amount="0.000000"),
    "a transaction of another time": _first("transaction", createdAt="2025-12-31T23:59:59Z"),
    "a transaction that is refunded or not": _first("transaction", refundedAt="2025-12-31T23:59:59Z"),
    "a rating by somebody else": _first("productRating", accountId="0"),
    "a rating older than the order": _first("productRating", createdAt=OLD),
    "a rating of another product": _first("productRating", productId="100001"),
    "a rating of another category": _first("productRating", categoryId=-1),
    "a second rating": lambda records: records["productRating"][1].update(
        records["productRating"][0], id=999
    ),
    "a blueprint older than its preset": _first("voucherTemplate", createdAt=OLD),
    "a voucher older than its blueprint": _first("voucher", createdAt=OLD),
    "a voucher of other subshops": _first("voucher", subshopIds=["s9"]),
    "a voucher for what another subshop has": lambda records: [
        voucher.update(validProducts=[{"number": product["itemNumber"]}], subshopIds=["s0"])
        for voucher in records["voucher"]
        for product in records["product"][:20]
        if "s0" not in product["subshopIds"]
    ],
    "a feed without its template": _first("dataFeed", active=True, templateId=0),
    "an inquiry of two subshops": lambda records: records["inquiry"][0]["data"].update(subshopId="s9"),
    "a subscriber added by nobody": _first("newsletterSubscriber", createdBy=99),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_does_not_fit_is_noticed(harm: str) -> None:
    story = story_of()
    records = deepcopy(story.records)
    HARM[harm](records)
    assert breaches(Story(story.shop, story.services, records, {})) != breaches(
        Story(story.shop, story.services, story.records, {})
    )


def test_a_reference_to_nothing_is_noticed() -> None:
    story = story_of()
    records = deepcopy(story.records)
    records["order"][0]["data"]["customer"]["accountId"] = 151
    with pytest.raises(AssertionError, match="there is no customerAccount 151"):
        breaches(Story(story.shop, story.services, records, {}))
