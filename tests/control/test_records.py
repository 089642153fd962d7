"""The records of every service can be looked at as they are now: paged, filtered, sorted, searched."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.websale import browsing
from tests.conftest import Steps, make_client, rule_of

RECORDS = "/_mock/records"
SUBSCRIBER = {
    "email": "Grüß.Gott@example.com",
    "subshopId": "deutsch",
    "fields": {"salutation": "2", "firstName": 'Ada "the first"', "lastName": "Lovelace"},
}


async def page(client: httpx.AsyncClient, service: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"{RECORDS}/{service}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def add_subscriber(api: Steps, **other: Any) -> None:
    answer = await api.post(
        "/import/newsletterSubscriber/start?format=json",
        json=[SUBSCRIBER | other],
        headers={"Prefer": "profile=immediate"},
    )
    assert answer.json()["status"] == 5, answer.text


async def test_every_service_is_listed_with_the_number_of_its_records(client: httpx.AsyncClient) -> None:
    services = {each["name"]: each for each in (await client.get(RECORDS)).json()["services"]}
    assert len(services) == 16
    order = services["order"]
    assert (order["plural"], order["key"], order["count"]) == ("orders", "id", 120)
    assert (order["exportFormats"], order["importFormats"]) == (["json", "xml"], ["json", "xml"])
    assert services["transaction"]["importFormats"] == []
    assert {"path": "createdAt", "type": "time"} in order["fields"]


async def test_the_number_is_that_of_now(api: Steps, client: httpx.AsyncClient) -> None:
    async def count() -> int:
        services = (await client.get(RECORDS)).json()["services"]
        (number,) = (each["count"] for each in services if each["name"] == "newsletterSubscriber")
        return int(number)

    before = await count()
    await add_subscriber(api)
    assert await count() == before + 1


async def test_every_service_has_records_that_can_be_read_one_by_one(client: httpx.AsyncClient) -> None:
    for service in (await client.get(RECORDS)).json()["services"]:
        record = (await page(client, service["name"], size=1))["items"][0]
        answer = await client.get(f"{RECORDS}/{service['name']}/{record[service['key']]}")
        assert answer.json() == record


async def test_pages_follow_each_other_in_the_order_of_an_export(
    api: Steps, client: httpx.AsyncClient
) -> None:
    started = await api.post("/report/category/start", headers={"Prefer": "profile=immediate"})
    exported = (await client.get(started.json()["fileUrl"])).json()
    found, token = [], "0"
    while token:
        part = await page(client, "category", size=7, pageToken=token)
        assert part["totalCount"] == len(exported)
        assert part["endReached"] == (part["nextPageToken"] == "")
        found += part["items"]
        token = part["nextPageToken"]
    assert found == exported


async def test_a_page_behind_the_last_one_is_empty(client: httpx.AsyncClient) -> None:
    for query in ({}, {"sort": "id:asc"}, {"search": "a"}):
        last = await page(client, "category", pageToken=10**9, **query)
        assert (last["items"], last["endReached"], last["nextPageToken"]) == ([], True, "")


async def test_filters_have_the_vendors_notation(client: httpx.AsyncClient) -> None:
    everything = (await page(client, "order", size=300))["items"]
    wanted = [record for record in everything if record["createdAt"] >= "2025-07-01"]
    found = await page(client, "order", size=300, **{"filter_gte[createdAt]": "2025-07-01"})
    assert found["items"] == wanted
    assert 0 < found["totalCount"] == len(wanted) < len(everything)


@pytest.mark.parametrize("run", [3, 10_000])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_records_are_sorted_and_equal_ones_keep_their_order(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, direction: str, run: int
) -> None:
    monkeypatch.setattr(browsing, "RUN", run)
    everything = (await page(client, "category", size=300))["items"]
    wanted = sorted(everything, key=lambda record: record["subshopId"], reverse=direction == "desc")
    order = f"subshopId:{direction}"
    found = [
        *(await page(client, "category", sort=order, size=10))["items"],
        *(await page(client, "category", sort=order, size=300, pageToken=10))["items"],
    ]
    assert found == wanted


@pytest.mark.parametrize("text", ["grüss.gott@", "LOVELACE", 'ada "THE', "deutsch"])
async def test_a_search_looks_into_every_value_whatever_the_case(api: Steps, text: str) -> None:
    await add_subscriber(api)
    found = await page(api.client, "newsletterSubscriber", search=text, size=300)
    assert any(record["email"] == SUBSCRIBER["email"] for record in found["items"])
    assert found["totalCount"] == len(found["items"])


@pytest.mark.parametrize("text", ["firstName", '","', "no such text"])
async def test_a_search_does_not_look_at_names_and_commas(client: httpx.AsyncClient, text: str) -> None:
    assert (await page(client, "newsletterSubscriber", search=text))["totalCount"] == 0


async def test_a_search_finds_numbers_and_elements_of_lists(client: httpx.AsyncClient) -> None:
    feed = (await page(client, "dataFeed", **{"filter[exportPlanOptions.exportPlan]": "3"}))["items"]
    template = await page(client, "dataFeed", search=str(feed[0]["options"]["exportCharset"]))
    assert feed[0] in template["items"]
    by_number = await page(client, "product", search="true", size=1)
    assert by_number["totalCount"] > 0


async def test_filter_search_and_order_go_together(client: httpx.AsyncClient) -> None:
    everything = (await page(client, "customerAccount", size=300))["items"]
    wanted = [
        record["id"]
        for record in everything
        if record["mainSubshop"] == "deutsch" and "example.com" in record["email"]
    ]
    query = {"filter[mainSubshop]": "deutsch", "search": "EXAMPLE.com", "sort": "id:desc"}
    found = await page(client, "customerAccount", size=300, **query)
    assert [record["id"] for record in found["items"]] == sorted(wanted, reverse=True)


async def test_feeds_and_templates_are_shown_as_they_are_now(api: Steps, client: httpx.AsyncClient) -> None:
    assert (await api.put("/datafeeds/1", json={"name": "Renamed"})).status_code == 200
    created = await api.post("/datafeeds/templates", json={"name": "New", "content": "text"})
    await api.post("/datafeeds/build/1")
    await api.finish()
    feed = (await client.get(f"{RECORDS}/dataFeed/1")).json()
    assert (feed["name"], feed["exportStatus"]) == ("Renamed", "finished")
    template = (await client.get(f"{RECORDS}/dataFeedTemplate/{created.json()['id']}")).json()
    assert template["name"] == "New"
    await api.delete("/datafeeds/1")
    assert rule_of(await client.get(f"{RECORDS}/dataFeed/1")) == (404, "MOCK-404-record")


async def test_a_running_import_shows_as_far_as_it_is(api: Steps, client: httpx.AsyncClient) -> None:
    await client.put("/_mock/profiles/import/*", json={"kind": "steady", "durationSeconds": 10})
    subscribers = [{**SUBSCRIBER, "email": f"{number}@new.example"} for number in range(10)]
    await api.post("/import/newsletterSubscriber/start?format=json", json=subscribers)
    await api.advance(6)
    assert (await page(client, "newsletterSubscriber", search="@new.example"))["totalCount"] == 5


async def test_worlds_have_records_of_their_own(api: Steps, shared_app: MockServer) -> None:
    await add_subscriber(api)
    async with make_client(shared_app, **{"X-Mock-World": "records-of-another"}) as other:
        assert (await page(other, "newsletterSubscriber", search="lovelace"))["totalCount"] == 0


async def test_a_large_service_is_searched_beside_other_calls() -> None:
    app = MockServer(Settings(clock="frozen", records={"product": 30_000}))
    async with make_client(app) as client:
        searching = asyncio.create_task(client.get(f"{RECORDS}/product?search=nowhere&sort=name:desc"))
        answered = 0
        while not searching.done():
            assert (await client.get("/_mock/health")).status_code == 200
            answered += 1
            await asyncio.sleep(0)  # lets the other call have its turn
        assert searching.result().json()["totalCount"] == 0
        assert answered > 1
        last = await page(client, "product", size=10, pageToken=29_995)
        assert (len(last["items"]), last["endReached"], last["totalCount"]) == (5, True, 30_000)


@pytest.mark.rule("MOCK-404-service")
@pytest.mark.parametrize("path", ["/orders", "/orders/1", "/%20", "/%20/1"])
async def test_an_unknown_service_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(RECORDS + path)
    assert rule_of(answer) == (404, "MOCK-404-service")


async def test_the_services_that_there_are_are_named(client: httpx.AsyncClient) -> None:
    assert "order" in (await client.get(f"{RECORDS}/orders")).json()["accepted"]


@pytest.mark.rule("MOCK-404-record")
@pytest.mark.parametrize("id", ["999999999", "x", "0x1", "1.0", "٣", "9" * 200, "9" * 201])
async def test_an_unknown_record_is_not_found(client: httpx.AsyncClient, id: str) -> None:
    assert rule_of(await client.get(f"{RECORDS}/category/{id}")) == (404, "MOCK-404-record")


@pytest.mark.rule("MOCK-400-parameter")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 301}, "size"),
        ({"pageToken": -1}, "pageToken"),
        ({"sort": "id"}, "sort"),
        ({"sort": "nothing:asc"}, "sort"),
        ({"sort": "id:up"}, "sort"),
        ({"search": ""}, "search"),
        ({"search": "x" * 201}, "search"),
        ({"filter[nothing]": "1"}, "nothing"),
        ({"filter_near[id]": "1"}, "id"),
        ({"filter_gt[id]": "x"}, "id"),
    ],
)
async def test_a_bad_question_is_refused(
    client: httpx.AsyncClient, query: dict[str, Any], field: str
) -> None:
    answer = await client.get(f"{RECORDS}/category", params=query)
    assert rule_of(answer) == (400, "MOCK-400-parameter")
    assert answer.json()["field"] == field
