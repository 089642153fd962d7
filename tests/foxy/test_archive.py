"""What the files of reports hold, and that it fits together."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mockserver.contract.specification import read_yaml
from mockserver.foxy.archive import Content, write_archive
from mockserver.foxy.world import Directory
from mockserver.resources import shipped
from tests.foxy.conftest import FoxyClient

PERIOD = {"datetime_start": "2022-01-01 00:00:00", "datetime_end": "2022-12-31 23:59:59"}
DIRECTORY = Directory.from_fixture(read_yaml(shipped("fixtures") / "foxy.yaml"))
PACIFIC = ZoneInfo("America/Los_Angeles")
LATER = datetime(2025, 1, 1)

Rows = list[dict[str, str]]


def content(
    start: datetime, end: datetime, now: datetime = LATER, *, seed: int = 42, store: int = 1
) -> Content:
    """Return what a report over a period lists."""
    found = DIRECTORY.stores[store]
    return Content(DIRECTORY.history(seed, found), found.zone, start, end, now)


def total(rows: Rows, column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal())


@pytest.mark.parametrize(
    ("name", "files"),
    [
        (
            "complete",
            ["transactions.csv", "summary.csv", "coupon_usage.csv", "subscription_forecast.csv"],
        ),
        ("customers", ["customers.csv"]),
        ("customers_ltv", ["customers_ltv.csv"]),
        ("transactions", ["transactions.csv"]),
    ],
)
async def test_each_report_has_the_files_that_its_name_promises(
    foxy: FoxyClient, name: str, files: list[str]
) -> None:
    archive = await foxy.download(await foxy.ready(name=name, **PERIOD))
    assert list(archive) == files
    assert all(archive.values())


async def test_a_lifetime_value_is_the_sum_of_the_customers_transactions(foxy: FoxyClient) -> None:
    sales = (await foxy.download(await foxy.ready(name="transactions", **PERIOD)))["transactions.csv"]
    values = (await foxy.download(await foxy.ready(name="customers_ltv", **PERIOD)))["customers_ltv.csv"]
    customers = (await foxy.download(await foxy.ready(name="customers", **PERIOD)))["customers.csv"]
    spent: Counter[str] = Counter()
    for sale in sales:
        spent[sale["customer_id"]] += Decimal(sale["total_order"])  # type: ignore[assignment]
    assert {row["customer_id"]: Decimal(row["lifetime_value"]) for row in values} == spent
    assert {row["id"] for row in customers} == set(spent)
    assert {row["id"]: row["email"] for row in customers} == {
        r["customer_id"]: r["customer_email"] for r in sales
    }


async def test_the_parts_of_a_complete_report_agree(foxy: FoxyClient) -> None:
    files = await foxy.download(await foxy.ready(**PERIOD))
    sales, days, coupons = files["transactions.csv"], files["summary.csv"], files["coupon_usage.csv"]
    for column in ("total_item_price", "total_discount", "total_shipping", "total_tax", "total_order"):
        assert total(days, column) == total(sales, column)
    assert total(days, "transactions") == len(sales)
    assert Counter(s["coupon_code"] for s in sales if s["coupon_code"]) == {
        row["coupon_code"]: int(row["uses"]) for row in coupons
    }
    assert total(coupons, "total_discount") == total(sales, "total_discount")
    renewals = [
        (row["date"], row["subscription_id"], row["amount"]) for row in files["subscription_forecast.csv"]
    ]
    listed = [
        (s["transaction_date"], s["subscription_id"], s["total_order"]) for s in sales if s["subscription_id"]
    ]
    assert renewals
    assert set(renewals) <= set(listed)


async def test_every_transaction_adds_up(foxy: FoxyClient) -> None:
    for sale in (await foxy.download(await foxy.ready(**PERIOD)))["transactions.csv"]:
        parts = [
            Decimal(sale[f"total_{part}"]) for part in ("item_price", "discount", "shipping", "tax", "order")
        ]
        assert parts[0] - parts[1] + parts[2] + parts[3] == parts[4]


async def test_rows_lie_in_the_period_of_the_stores_zone(foxy: FoxyClient) -> None:
    first, last = "2022-03-13T00:00:00", "2022-03-14T12:00:00"
    report = await foxy.ready(name="transactions", datetime_start=first, datetime_end=last)
    dates = [row["transaction_date"] for row in (await foxy.download(report))["transactions.csv"]]
    assert dates
    assert all(first <= date[:19] <= last for date in dates)
    assert {date[19:] for date in dates} == {"-0700"}


async def test_the_same_world_gives_the_same_bytes(foxy: FoxyClient) -> None:
    report = (await foxy.get("/report/1")).json()
    link = report["_links"]["fx:download_url"]["href"]
    assert (await foxy.get(link)).content == (await foxy.get(link)).content


async def test_the_file_is_for_the_store_of_the_report(foxy: FoxyClient) -> None:
    headers = {"Authorization": "Bearer other-token"}
    other = (await foxy.get("/report/2", headers=headers)).json()
    rows = (await foxy.download(other))["customers.csv"]
    own = (await foxy.download(await foxy.ready(name="customers")))["customers.csv"]
    assert rows
    assert {row["email"] for row in rows}.isdisjoint(row["email"] for row in own)


def test_a_period_is_the_sum_of_its_parts() -> None:
    whole = content(datetime(2022, 1, 1), datetime(2022, 3, 1)).transactions
    parts = content(datetime(2022, 1, 1), datetime(2022, 1, 20, 12)).transactions
    parts += content(datetime(2022, 1, 20, 12, 0, 1), datetime(2022, 3, 1)).transactions
    assert parts == whole


def test_the_end_of_a_period_is_included() -> None:
    sale = content(datetime(2022, 1, 1), datetime(2022, 2, 1)).transactions[3]
    assert content(sale.moment, sale.moment).transactions == [sale]


def test_a_customer_first_appears_with_a_first_transaction() -> None:
    sales = content(datetime(2019, 1, 1), datetime(2021, 1, 1)).transactions
    seen: set[int] = set()
    for sale in sales:
        assert sale.first == (sale.customer not in seen)
        seen.add(sale.customer)
        if sale.first:
            assert content(LATER, LATER).history.customer(sale.customer).created == sale.moment
    assert seen == set(range(len(seen)))


def test_ids_of_transactions_grow_with_time_and_are_unique() -> None:
    sales = content(datetime(2019, 1, 1), datetime(2023, 1, 1)).transactions
    ids = [sale.id for sale in sales]
    assert ids == sorted(set(ids))
    assert [sale.moment for sale in sales] == sorted(sale.moment for sale in sales)


def test_nothing_has_been_sold_before_the_store_opened_or_after_the_order() -> None:
    assert content(datetime(1, 1, 1), datetime(2019, 3, 3, 23, 59, 59)).transactions == []
    now = datetime(2022, 1, 15, 12)
    sales = content(datetime(2022, 1, 1), datetime(2022, 1, 31), now).transactions
    assert sales
    assert all(sale.moment <= now for sale in sales)


def test_the_forecast_looks_into_the_future_but_not_at_subscriptions_to_come() -> None:
    now = datetime(2022, 1, 15)
    history = content(LATER, LATER).history
    renewals = list(history.renewals(now, datetime(2022, 3, 1), now))
    assert renewals
    assert all(history.customer(renewal.customer).created <= now for renewal in renewals)


def test_another_seed_or_store_has_other_sales() -> None:
    period = datetime(2022, 1, 1), datetime(2022, 2, 1)
    assert content(*period).transactions != content(*period, seed=7).transactions
    assert content(*period).transactions != content(*period, store=2).transactions


def test_the_whole_of_time_can_be_asked_for() -> None:
    sales = content(datetime(1, 1, 1), datetime(9999, 12, 31), datetime(9999, 12, 31)).transactions
    assert sales[-1].moment.date() <= date(2059, 3, 4) + timedelta(days=1)


def test_files_in_an_archive_have_a_fixed_time_and_end_their_lines_as_rfc_4180_says() -> None:
    raw = write_archive("complete", content(datetime(2022, 1, 1), datetime(2022, 2, 1)))
    archive = zipfile.ZipFile(io.BytesIO(raw))
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    text = archive.read("summary.csv").decode()
    assert text.count("\n") == text.count("\r\n") > 1


def test_a_store_far_from_utc_has_its_own_days() -> None:
    found: Any = DIRECTORY.stores[2]
    assert found.zone.key == "America/Chicago"
    sale = content(datetime(2022, 1, 1), datetime(2022, 2, 1), store=2)
    assert sale.date(datetime(2022, 1, 1)) == "2022-01-01T00:00:00-0600"
    assert (
        Content(sale.history, PACIFIC, sale.start, sale.end, LATER)
        .date(datetime(2022, 1, 1))
        .endswith("-0800")
    )
