"""What an import does to the shop's records, and when."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.websale.shop import Shop
from tests.conftest import Steps, make_client

from .test_import import FIRST, SECOND, SUBSCRIBERS, slow_down, subscribers
from .test_import_files import AT_ONCE, HEADER, export, find, load, row


async def ids(api: Steps, service: str = "newsletterSubscriber") -> list[Any]:
    return [record["id"] for record in await export(api, service)]


async def put(api: Steps, service: str, *records: dict[str, Any]) -> dict[str, Any]:
    """Import records at once and return the status."""
    answer = await api.post(f"/import/{service}/start", json=records, headers=AT_ONCE)
    status: dict[str, Any] = answer.json()
    assert (status["status"], status["failed"]) == (5, 0), status
    return status


# When


async def test_records_take_effect_as_the_import_comes_to_them(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    assert await ids(api) == list(range(1, 251))
    await api.advance(4)
    assert (await ids(api))[250:] == [1001, 1002, 1003]
    await api.finish()
    assert (await ids(api))[250:] == [1001, 1002, 1003, 1004, 1005]


async def test_an_import_canceled_at_60_percent_has_imported_60_percent(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(4)
    assert (await api.delete(f"{SUBSCRIBERS}/cancel")).json()["percentage"] == 60
    await api.advance(100)
    assert (await ids(api))[250:] == [1001, 1002, 1003]


async def test_a_paused_import_holds_what_it_has_imported(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(4)
    await api.post(f"{SUBSCRIBERS}/pause")
    await api.advance(100)
    assert (await ids(api))[250:] == [1001, 1002, 1003]
    await api.post(f"{SUBSCRIBERS}/resume")
    await api.finish()
    assert (await ids(api))[250:] == [1001, 1002, 1003, 1004, 1005]


@pytest.mark.rule("IMP-START-restart")
async def test_what_a_canceled_import_has_done_stays_when_the_next_one_starts(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(4)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(2, start=1003))
    await api.finish()
    assert (await ids(api))[250:] == [1001, 1002, 1003, 1004]
    assert (await find(api, 1003))["email"] == "new0@example.com"


async def test_imports_of_several_services_run_side_by_side(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(2)
    users = [{"id": 100 + n, "userName": f"u{n}", "email": f"u{n}@example.com"} for n in range(5)]
    await api.post("/import/adminUser/start", json=users)
    await api.advance(2)
    assert (await ids(api))[250:] == [1001, 1002, 1003]
    assert (await ids(api, "adminUser"))[12:] == [100]


async def test_an_export_sees_the_records_as_they_were_at_its_start(api: Steps) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=[FIRST | {"email": "changed"}, *subscribers(4)])
    await api.advance(1.5)
    started = (await api.post("/report/newsletterSubscriber/start", headers=AT_ONCE)).json()
    await api.finish()
    records = (await api.client.get(started["fileUrl"])).json()
    assert (len(records), records[1]["email"] == "changed") == (250, False)
    assert (await find(api, 2))["email"] == "changed"


async def test_who_needs_other_records_does_not_wait_for_an_import(
    api: Steps, shared_app: MockServer, world: str
) -> None:
    await slow_down(api.client)
    await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
    await api.advance(4)
    shop = shared_app.server.worlds.get(world).part(Shop)
    shop.records_of("dataFeed", "product")
    assert shop.backlog() == 3
    assert shop.records_of("newsletterSubscriber").find("newsletterSubscriber", 1003) is not None
    assert shop.backlog() == 0


async def test_imported_records_are_met_by_filters(api: Steps) -> None:
    await put(api, "newsletterSubscriber", *subscribers(3))
    found = await export(api, query="filter_like[email]=new%25@example.com")
    assert [record["id"] for record in found] == [1001, 1002, 1003]


# What


@pytest.mark.rule("IMP-START-body")
async def test_a_record_is_kept_as_it_was_sent(api: Steps) -> None:
    await put(api, "newsletterSubscriber", FIRST)
    assert await find(api, 2) == FIRST


async def test_faulty_records_leave_the_shop_as_it_was(api: Steps) -> None:
    before = await export(api)
    await api.post(f"{SUBSCRIBERS}/start", json=[SECOND, 1, None], headers=AT_ONCE)
    assert await export(api) == before


async def test_a_record_keeps_what_its_row_does_not_name(api: Steps) -> None:
    before = await find(api, 5)
    await load(api, HEADER + row(5, "Neu", "neu@example.com"))
    fields = {"firstName": "Max", "lastName": "Neu", "salutation": "1"}
    expected = before | {"email": "neu@example.com", "subshopId": "deutsch", "fields": fields}
    assert await find(api, 5) == expected


async def test_declared_objects_are_merged_and_all_else_is_replaced(api: Steps) -> None:
    before = await find(api, 1, "inquiry")
    assert len(before["data"]["fields"]) > 0
    change = {"id": 1, "subshopId": "english", "data": {"inquiryConfigId": "return", "fields": []}}
    await put(api, "inquiry", change)
    data = before["data"] | {"inquiryConfigId": "return", "fields": []}
    assert await find(api, 1, "inquiry") == before | {"subshopId": "english", "data": data}


async def test_a_new_record_has_every_property(api: Steps) -> None:
    await api.client.put("/_mock/clock", json={"now": "2027-03-01T12:00:00Z"})
    await put(api, "dataFeed", {"id": 70, "name": "Neu", "fileName": "neu.csv"})
    assert await find(api, 70, "dataFeed") == {
        "active": False,
        "createdAt": "2027-03-01T12:00:00.000Z",
        "exportPlanOptions": {"exportAfterImport": False, "exportPlan": []},
        "exportStatus": "idle",
        "externalOutputTarget": {
            "host": "",
            "password": "",
            "port": 21,
            "remotePath": "",
            "type": "none",
            "user": "",
        },
        "fileName": "neu.csv",
        "id": 70,
        "lastExportFinished": "",
        "lastExportStarted": "",
        "name": "Neu",
        "options": {
            "exportCharset": "utf-8",
            "webhookTrigger": "",
            "webhookTriggerOptions": {"headerParams": [], "type": ""},
            "zipType": "none",
        },
        "saveTarget": "contentData",
        "subshopIds": [],
        "targetDirectory": "",
        "templateId": 0,
        "updatedAt": "2027-03-01T12:00:00.000Z",
    }


NEW = {
    "adminUser": {"userName": "neu", "email": "neu@example.com"},
    "category": {"name": "Neu", "subshopId": "deutsch"},
    "customerAccount": {"email": "neu@example.com", "mainSubshop": "deutsch"},
    "dataFeed": {"name": "Neu", "fileName": "neu.csv"},
    "dataFeedTemplate": {"name": "Neu", "content": "x"},
    "inquiry": {"subshopId": "deutsch", "data": {"inquiryConfigId": "contact", "inquiryId": "neu"}},
    "inventory": {"productId": "100001", "stock": 3, "storeId": "neu"},
    "order": {"subshopId": "deutsch", "data": {"general": {"orderId": "neu"}}},
    "newsletterSubscriber": {
        "email": "neu@example.com",
        "fields": {"salutation": "1", "lastName": "a", "firstName": "b"},
    },
    "product": {"itemNumber": "neu", "name": "Neu", "price": "1.000000"},
    "productRating": {"productId": "100001", "orderId": "neu", "points": 5},
    "seoViews": {"resourceId": "neu"},
    "voucherPreset": {"name": "Neu"},
    "voucherTemplate": {"name": "Neu", "presetId": 1},
}
"""A record of every service that has a natural key, without its key."""


@pytest.mark.parametrize("service", NEW)
async def test_a_record_without_a_key_is_created_and_then_found_by_its_natural_key(
    api: Steps, service: str
) -> None:
    before = await ids(api, service)
    await put(api, service, NEW[service])
    after = await ids(api, service)
    new = after[-1]
    assert after == [*before, new]
    assert new == ("neu" if isinstance(new, str) else max(before) + 1)
    await put(api, service, NEW[service])
    assert await ids(api, service) == after
    whole = await find(api, new, service)
    assert (await put(api, service, whole))["failed"] == 0
    assert await find(api, new, service) == whole


async def test_rows_without_a_key_and_with_the_same_natural_key_are_duplicates(api: Steps) -> None:
    rows = [NEW["seoViews"], {"resourceId": "other"}, NEW["seoViews"], {"resourceId": "home"}]
    status = (await api.post("/import/seoViews/start", json=rows, headers=AT_ONCE)).json()
    assert status["importErrors"] == [
        {"errors": [{"entryId": "", "error": 3, "field": "resourceId"}], "index": 2}
    ]
    assert await ids(api, "seoViews") == list(range(1, 27))


async def test_made_up_keys_stay_clear_of_those_in_the_file(api: Steps) -> None:
    await put(api, "seoViews", {"resourceId": "a"}, {"resourceId": "b", "id": 500}, {"resourceId": "c"})
    found = {record["resourceId"]: record["id"] for record in await export(api, "seoViews")}
    assert (found["a"], found["b"], found["c"]) == (501, 500, 502)


async def test_a_voucher_has_no_natural_key_and_needs_its_id(api: Steps) -> None:
    answer = await api.post("/import/voucher/start", json=[{"chargeId": "1"}], headers=AT_ONCE)
    assert answer.json()["importErrors"][0]["errors"] == [{"entryId": "", "error": 0, "field": "id"}]


async def test_worlds_do_not_see_each_others_imports(shared_app: MockServer, world: str) -> None:
    async with (
        make_client(shared_app, **{"X-Mock-World": f"{world}-a"}) as first,
        make_client(shared_app, **{"X-Mock-World": f"{world}-b"}) as second,
    ):
        await put(Steps(first), "newsletterSubscriber", *subscribers(1))
        assert len(await ids(Steps(first))) == 251
        assert len(await ids(Steps(second))) == 250


async def test_a_reset_takes_imports_back(api: Steps) -> None:
    await put(api, "newsletterSubscriber", *subscribers(1))
    await api.client.post("/_mock/reset")
    assert len(await ids(api)) == 250


# What else


def users(count: int) -> list[dict[str, Any]]:
    return [{"id": 100 + n, "userName": f"u{n}", "email": f"u{n}@example.com"} for n in range(count)]


async def mails(api: Steps) -> list[dict[str, Any]]:
    entries = (await api.client.get("/_mock/outbox")).json()["entries"]
    return [entry for entry in entries if entry["kind"] == "mail"]


@pytest.mark.rule("IMP-START-sendMail")
@pytest.mark.parametrize("value", ["true", "1"])
async def test_with_send_mail_each_imported_user_gets_a_mail_when_the_import_ends(
    api: Steps, value: str
) -> None:
    await api.post(f"/import/adminUser/start?sendMail={value}", json=[*users(2), {"id": 7}])
    assert await mails(api) == []
    await api.finish()
    end = (await api.get("/import/adminUser/status")).json()["end"]
    assert await mails(api) == [
        {
            "id": str(n + 1),
            "kind": "mail",
            "time": end,
            "facts": {"job": "1", "to": f"u{n}@example.com", "userName": f"u{n}"},
        }
        for n in range(2)
    ]


@pytest.mark.rule("IMP-START-sendMail")
async def test_a_canceled_import_sends_mails_to_those_it_has_imported(api: Steps) -> None:
    await slow_down(api.client)
    await api.post("/import/adminUser/start?sendMail=true", json=users(5))
    await api.advance(4)
    await api.delete("/import/adminUser/cancel")
    assert [entry["facts"]["userName"] for entry in await mails(api)] == ["u0", "u1", "u2"]
    assert (await ids(api, "adminUser"))[12:] == [100, 101, 102]


@pytest.mark.rule("IMP-START-sendMail")
@pytest.mark.parametrize("query", ["", "?sendMail=false", "?sendMail=0"])
async def test_nobody_gets_a_mail_unless_asked_for(api: Steps, query: str) -> None:
    await api.post(f"/import/adminUser/start{query}", json=users(2), headers=AT_ONCE)
    assert await mails(api) == []


@pytest.mark.rule("IMP-START-sendMail")
async def test_other_services_take_no_notice_of_send_mail(api: Steps) -> None:
    await api.post(f"{SUBSCRIBERS}/start?sendMail=true", json=subscribers(2), headers=AT_ONCE)
    assert await mails(api) == []


async def test_whoever_waits_for_the_end_of_imports_is_told() -> None:
    app = MockServer(Settings(clock="frozen"))
    told: list[tuple[str, str, int]] = []
    async with make_client(app) as client:
        api = Steps(client)
        shop = app.server.worlds.get("default").part(Shop)
        shop.after_import(
            lambda job, progress: told.append((job.target, progress.state.label, progress.processed))
        )
        await slow_down(client)
        await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
        await api.finish()
        await api.post(f"{SUBSCRIBERS}/start", json=subscribers(5))
        await api.advance(4)
        await api.delete(f"{SUBSCRIBERS}/cancel")
        await api.finish()
    assert told == [
        ("newsletterSubscriber", "finished", 5),
        ("newsletterSubscriber", "canceled", 3),
    ]


async def test_a_large_import_is_applied_in_a_worker_thread_and_whole(api: Steps) -> None:
    lines = "".join(row(1000 + n) for n in range(12_000))
    await api.post(f"{SUBSCRIBERS}/start?format=csv", content=HEADER + lines, headers=AT_ONCE)
    assert (await api.get(f"{SUBSCRIBERS}/status")).json()["processed"] == 12_000
    assert (await ids(api))[250:] == list(range(1000, 13_000))


@pytest.mark.parametrize(
    ("feed", "fields"),
    [
        ({"subshopIds": ["deutsch", "nope/../.."]}, ["subshopIds[1]"]),
        ({"targetDirectory": "a/../../b"}, ["targetDirectory"]),
        ({"targetDirectory": "/etc"}, ["targetDirectory"]),
        ({"fileName": "a/b"}, ["fileName"]),
        ({"fileName": "a\\b"}, ["fileName"]),
        ({"fileName": "a:b"}, ["fileName"]),
        ({"fileName": "..", "subshopIds": ["x"]}, ["fileName", "subshopIds[0]"]),
        ({"fileName": "a.csv", "targetDirectory": "a/../b", "subshopIds": ["deutsch"]}, []),
        ({"templateId": 999}, []),
    ],
)
async def test_an_imported_feed_has_a_path(api: Steps, feed: dict[str, Any], fields: list[str]) -> None:
    rows = [{"id": 1, "name": "x"} | feed, {"name": "good"}]
    status = (await api.post("/import/dataFeed/start", json=rows, headers=AT_ONCE)).json()
    assert (status["status"], status["total"], status["failed"]) == (5, 2, 1 if fields else 0)
    errors = [fault for entry in status["importErrors"] for fault in entry["errors"]]
    assert errors == [{"entryId": "", "error": 1, "field": field} for field in fields]


@pytest.mark.parametrize("format", ["json", "csv"])
async def test_feeds_and_templates_that_say_nothing_can_be_imported_again(api: Steps, format: str) -> None:
    await api.post("/datafeeds", json={})
    await api.put("/datafeeds/templates/1", json={"name": "", "content": ""})
    for service in ("dataFeed", "dataFeedTemplate"):
        started = (await api.post(f"/report/{service}/start?format={format}", headers=AT_ONCE)).json()
        before = (await api.client.get(started["fileUrl"])).content
        status = await load(api, before, format, service)
        assert (status["status"], status["failed"]) == (5, 0)
    assert (await api.get("/datafeeds/templates/1")).json()["content"] == ""
    assert (await api.get("/datafeeds/7")).json()["fileName"] == ""
