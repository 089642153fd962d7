"""Builds: start them, watch them, download what they write; what makes them fail."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from mockserver.websale.language import Limits
from mockserver.websale.packing import encode, media_type_of, pack
from mockserver.websale.rendering import Order, Rendering
from mockserver.websale.shop import Shop
from mockserver.websale.storefront import Storefront
from tests.conftest import API, Steps, make_client, rule_of
from tests.running import NOW

BUILD = "/datafeeds/build"
IMMEDIATE = {"Prefer": "profile=immediate"}
LOOP = "{{ foreach $p in $products }}{{= $p.id }}{{ /foreach }}"


async def feed_of(api: Steps, content: str = "{{= $subshop.id }}", **properties: Any) -> int:
    """Create a template and a feed that uses it; return the feed's id."""
    template = await api.post("/datafeeds/templates", json={"name": "T", "content": content})
    assert template.status_code == 200, template.headers["x-mock-explain"]
    body = {"fileName": "f.txt", "subshopIds": ["deutsch"], "templateId": template.json()["id"]}
    feed = await api.post("/datafeeds", json=body | properties)
    assert feed.status_code == 200, feed.text
    return int(feed.json()["id"])


async def status_of(api: Steps, id: int) -> Any:
    answer = await api.get(f"{BUILD}/{id}/status")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def built(api: Steps, id: int, **query: Any) -> Any:
    answer = await api.post(f"{BUILD}/{id}", params=query)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    await api.finish()
    return await status_of(api, id)


async def fetch(api: Steps, row: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(transport=api.client._transport) as stranger:
        return await stranger.get(row["url"])


async def jobs(api: Steps) -> list[dict[str, Any]]:
    listed = (await api.client.get("/_mock/jobs")).json()["jobs"]
    return [job for job in listed if job["api"] == "build"]


# A build from its start to its end


@pytest.mark.rule("DFB-STATUS-200", "DFB-ID-200", "COM-ASYNC")
async def test_a_build_starts_runs_and_finishes_as_time_passes(api: Steps) -> None:
    seen = [(await status_of(api, 1))[0]["status"]]
    answer = await api.post(f"{BUILD}/1")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    for seconds in (0, 1.5, 10):
        await api.advance(seconds)
        seen.append((await status_of(api, 1))[0]["status"])
    assert seen == ["idle", "starting", "running", "finished"]


async def test_the_feed_shows_the_state_of_its_last_export(api: Steps) -> None:
    await api.client.put("/_mock/clock", json={"now": "2026-03-01T12:00:00Z"})
    await api.post(f"{BUILD}/1")
    started = (await api.get("/datafeeds/1")).json()
    assert (started["exportStatus"], started["lastExportFinished"]) == ("starting", "")
    assert started["lastExportStarted"] == "2026-03-01T12:00:00.000Z"
    await api.advance(2)
    found = (await api.get("/datafeeds", params={"filter[exportStatus]": "running"})).json()["items"]
    assert [feed["id"] for feed in found] == [1]
    await api.finish()
    finished = (await api.get("/datafeeds/1")).json()
    assert (finished["exportStatus"], finished["lastExportFinished"]) == (
        "finished",
        "2026-03-01T12:00:03.000Z",
    )
    assert finished["updatedAt"] == started["updatedAt"], "a build is no change of the feed"


async def test_an_export_of_the_feeds_sees_the_state_of_builds(api: Steps) -> None:
    await built(api, 1)
    started = (await api.post("/report/dataFeed/start", headers=IMMEDIATE)).json()
    exported = (await api.client.get(started["fileUrl"])).json()
    assert [feed["exportStatus"] for feed in exported] == ["finished", *["idle"] * 5]


async def test_a_build_is_a_job_of_the_shared_engine(api: Steps) -> None:
    await api.post(f"{BUILD}/3")
    [job] = await jobs(api)
    assert (job["target"], job["state"], job["total"], job["file"]) == (
        "3",
        "starting",
        400,
        "prices.xml.zip",
    )
    await api.client.put("/_mock/profiles/build/3", json={"kind": "stuck", "stopAtPercent": 10})
    await api.post(f"{BUILD}/3")
    await api.advance(1000)
    assert [(job["state"], job["percentage"]) for job in await jobs(api)] == [
        ("canceled", 0),
        ("running", 10),
    ]


async def test_a_profile_is_for_feeds_that_there_are(api: Steps) -> None:
    answer = await api.client.put("/_mock/profiles/build/99", json={"kind": "steady"})
    assert rule_of(answer) == (404, "MOCK-404-profile")


async def test_status_requests_move_a_build_of_the_kind_polls(api: Steps) -> None:
    await api.post(f"{BUILD}/1", headers={"Prefer": "profile=polls"})
    seen = [(await status_of(api, 1))[0]["status"] for _ in range(3)]
    assert seen == ["running", "running", "finished"]


# Files


@pytest.mark.rule("DFB-STATUS-url")
async def test_a_file_of_a_public_feed_can_be_downloaded_by_everybody(api: Steps) -> None:
    [row] = await built(api, 1)
    assert row["filePath"] == "feeds/deutsch/google.csv"
    assert row["url"].endswith("/content/feeds/1/deutsch/google.csv")
    answer = await fetch(api, row)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    lines = answer.text.splitlines()
    products = [p for p in await records(api, "product") if "deutsch" in p["subshopIds"]]
    assert lines[0] == "id;name;price"
    assert lines[1:] == [*(f"{p['id']};{p['name']};{p['price']}" for p in products), ""]


async def records(api: Steps, service: str) -> list[dict[str, Any]]:
    started = (await api.post(f"/report/{service}/start", headers=IMMEDIATE)).json()
    found: list[dict[str, Any]] = (await api.client.get(started["fileUrl"])).json()
    return found


async def test_the_url_names_the_world(api: Steps, world: str) -> None:
    [row] = await built(api, 1)
    assert f"/w/{world}/content/feeds/" in row["url"]


@pytest.mark.rule("MOCK-404-file")
async def test_there_is_no_file_until_the_build_has_finished(api: Steps) -> None:
    [row] = await status_of(api, 1)
    assert rule_of(await fetch(api, row)) == (404, "MOCK-404-file")
    await api.post(f"{BUILD}/1")
    await api.advance(2)
    assert rule_of(await fetch(api, row)) == (404, "MOCK-404-file")
    await api.finish()
    assert (await fetch(api, row)).status_code == 200


@pytest.mark.rule("DFB-STATUS-url")
async def test_a_file_of_the_system_can_be_had_through_the_control_plane_only(api: Steps) -> None:
    [row] = await built(api, 4)
    assert row == {"filePath": "english/marketplace.csv.gz", "status": "finished"}
    public = "/content/feeds/4/english/marketplace.csv.gz"
    assert rule_of(await api.client.get(public)) == (404, "MOCK-404-file")
    [file] = (await api.client.get("/_mock/files")).json()["files"]
    assert (file["filePath"], file["public"]) == (row["filePath"], False)
    answer = await api.client.get(f"/_mock/files/{file['feed']}/{file['subshop']}/{file['name']}")
    assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
    assert gzip.decompress(answer.content).decode("iso-8859-1").startswith("id;name;price\n")


@pytest.mark.rule("MOCK-404-file")
async def test_files_that_there_are_not_are_not_found(api: Steps) -> None:
    await built(api, 1)
    for place in ("/_mock/files", "/content/feeds"):
        for path in ("1/deutsch/other.csv", "1/outlet/google.csv", "9/deutsch/google.csv", "x/y/z"):
            assert rule_of(await api.client.get(f"{place}/{path}")) == (404, "MOCK-404-file")


async def test_head_tells_of_the_file_without_sending_it(api: Steps) -> None:
    [row] = await built(api, 1)
    got, head = await fetch(api, row), await api.client.head(row["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("charset", ["utf-8", "UTF-16", "iso-8859-1", "cp1252", "us-ascii"])
async def test_the_file_has_the_feeds_character_set(api: Steps, charset: str) -> None:
    id = await feed_of(api, "Grüße, 5 € — ☃", options={"exportCharset": charset})
    [row] = await built(api, id)
    assert (await fetch(api, row)).content == "Grüße, 5 € — ☃".encode(charset, "replace")


async def test_a_zip_is_an_archive_with_the_file_in_it(api: Steps) -> None:
    id = await feed_of(api, "x" * 100_000, fileName="ä.txt", options={"zipType": "zip"})
    [row] = await built(api, id)
    assert row["filePath"] == "deutsch/ä.txt.zip"
    answer = await fetch(api, row)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["ä.txt"]
        assert archive.read("ä.txt") == b"x" * 100_000


async def test_a_gzip_is_the_file_compressed(api: Steps) -> None:
    id = await feed_of(api, "x" * 100_000, options={"zipType": "gzip"})
    [row] = await built(api, id)
    assert row["filePath"] == "deutsch/f.txt.gz"
    answer = await fetch(api, row)
    assert answer.headers["content-type"] == "application/gzip"
    assert gzip.decompress(answer.content) == b"x" * 100_000


async def test_there_is_one_file_a_subshop_each_with_what_belongs_to_it(api: Steps) -> None:
    content = "{{= $subshop.name }}:{{ foreach $c in $categories }}{{= $c.subshopId }},{{ /foreach }}"
    id = await feed_of(api, content, subshopIds=[], targetDirectory="a//b/../c/")
    rows = await built(api, id)
    assert [row["filePath"] for row in rows] == [
        f"a/c/{name}/f.txt" for name in ("deutsch", "english", "outlet")
    ]
    texts = [(await fetch(api, row)).text for row in rows]
    assert [set(text.partition(":")[2].split(",")) - {""} for text in texts] == [
        {"deutsch"},
        {"english"},
        {"outlet"},
    ]
    assert [text.partition(":")[0] for text in texts] == ["Deutschland", "International", "Outlet"]


async def test_templates_see_the_shop_through_its_modules(api: Steps) -> None:
    content = (
        "{{ var $p = $wsProducts.load('100001') }}{{ var $same = $wsProducts.loadByNumber($p.itemNumber) }}"
        "{{= $same.id }} {{= $wsProducts.load('nothing') }}"
        "{{= $wsProducts.loadByCustomNumber('x') }}{{= $wsProducts.variantInfo('100001') }}|"
        "{{ var $c = $wsCategories.loadCategory(4) }}"
        "{{ foreach $up in $wsCategories.loadPath(4) }}{{= $up.id }}>{{ /foreach }}|"
        "{{ foreach $down in $wsCategories.loadChildren(1) }}{{= $down.parentId }},{{ /foreach }}|"
        "{{ foreach $of in $wsCategories.loadCategoryMemberships('100001') }}{{= $of.id }}{{ /foreach }}"
        "{{ foreach $path in $wsCategories.loadCategoryMembershipPaths('100001') }}"
        ":{{= $path[0].parentId }}{{ /foreach }}|"
        "{{= $wsConfig.currency.isoCode }} {{= $feed.name }} {{= $feed.externalOutputTarget }}{{= $wsViews.current }}|"
        "{{ foreach $in in $wsCategories.loadProducts($p.categoryIds[0]) }}"
        "{{ if $in.id == $p.id }}found{{ /if }}{{ /foreach }}|"
        "{{= length($products) > 0 and $products[0].id == $products[0].id }} {{= $products[9999] }}"
    )
    id = await feed_of(api, content, name="Mine", externalOutputTarget={"type": "none", "password": "secret"})
    [row] = await built(api, id)
    [product] = [p for p in await records(api, "product") if p["id"] == "100001"]
    ids = product["categoryIds"]
    assert (await fetch(api, row)).text == (f"100001 |1>4>|1,1,1,1,|{ids[0]}:0|EUR Mine |found|true ")


async def test_a_build_sees_the_records_as_they_were_at_its_start(api: Steps) -> None:
    id = await feed_of(api, "{{ var $p = $wsProducts.load('100001') }}{{= $p.name }}")
    await api.post(f"{BUILD}/{id}")
    change = [{"id": "100001", "itemNumber": "A-1", "name": "New name", "price": "1.000000"}]
    await api.post("/import/product/start", json=change, headers=IMMEDIATE)
    await api.finish()
    [row] = await status_of(api, id)
    assert (await fetch(api, row)).text != "New name"
    [row] = await built(api, id)
    assert (await fetch(api, row)).text == "New name"


@pytest.mark.rule("DF-PUT-nobuild")
async def test_a_change_of_the_feed_has_no_effect_until_it_is_built_again(api: Steps) -> None:
    [row] = await built(api, 1)
    before = await fetch(api, row)
    await api.put("/datafeeds/1", json={"fileName": "other.csv", "templateId": 2})
    await api.put("/datafeeds/templates/1", json={"content": "changed"})
    assert (await status_of(api, 1)) == [row]
    assert (await fetch(api, row)).content == before.content
    [new] = await built(api, 1)
    assert new["filePath"] == "feeds/deutsch/other.csv"
    assert rule_of(await fetch(api, row)) == (404, "MOCK-404-file")
    assert (await fetch(api, new)).text.startswith("<?xml")


async def test_the_same_world_gives_the_same_bytes(shared_app: MockServer) -> None:
    digests = []
    for name in ("bytes-1", "bytes-2"):
        async with make_client(shared_app, **{"X-Mock-World": name}) as client:
            await client.post(f"{API}{BUILD}/all", headers=IMMEDIATE)
            files = (await client.get("/_mock/files")).json()["files"]
            digests.append({file["filePath"]: file["sha256"] for file in files})
    assert digests[0] == digests[1]
    assert len(digests[0]) == 10


async def test_a_deleted_feed_takes_its_files_and_builds_along(api: Steps) -> None:
    [row] = await built(api, 1)
    await api.post(f"{BUILD}/1")
    await api.delete("/datafeeds/1")
    assert rule_of(await fetch(api, row)) == (404, "MOCK-404-file")
    await api.finish()
    assert (await jobs(api))[-1]["state"] == "canceled"
    assert (await api.client.get("/_mock/files")).json()["files"] == []


# Subshops, and builds that follow one another


@pytest.mark.rule("DFB-ID-subshopId")
async def test_a_build_can_be_restricted_to_subshops(api: Steps) -> None:
    rows = await built(api, 5, subshopId=["english", "outlet"])
    assert [row["status"] for row in rows] == ["idle", "finished", "finished"]
    await api.post(f"{BUILD}/5", params={"subshopId": "deutsch"})
    assert [row["status"] for row in await status_of(api, 5)] == ["starting", "finished", "finished"]


async def test_subshops_that_a_feed_is_not_for_are_not_built(api: Steps) -> None:
    [row] = await built(api, 1, subshopId="outlet")
    assert row["status"] == "idle"
    assert await jobs(api) == []


@pytest.mark.rule("DFB-ID-400-subshopId")
async def test_a_subshop_that_there_is_not_is_invalid(api: Steps) -> None:
    answer = await api.post(f"{BUILD}/1", params={"subshopId": ["deutsch", "nowhere"]})
    error = answer.json()
    assert (answer.status_code, error["type"], error["field"]) == (400, "invalidValue", "subshopId")


async def test_a_build_replaces_the_one_that_is_running(api: Steps) -> None:
    await api.post(f"{BUILD}/1")
    await api.advance(2)
    await api.post(f"{BUILD}/1")
    assert [job["state"] for job in await jobs(api)] == ["canceled", "starting"]
    assert (await status_of(api, 1))[0]["status"] == "starting"
    await api.finish()
    assert (await status_of(api, 1))[0]["status"] == "finished"


async def test_what_a_replaced_build_was_for_is_what_it_was_before(api: Steps) -> None:
    await built(api, 5, subshopId="english")
    await api.post(f"{BUILD}/5")
    rows = await built(api, 5, subshopId="outlet")
    assert [row["status"] for row in rows] == ["idle", "finished", "finished"]


async def test_the_old_file_stays_until_the_new_one_is_there(api: Steps) -> None:
    id = await feed_of(api, "old")
    [row] = await built(api, id)
    template = (await api.get(f"/datafeeds/{id}")).json()["templateId"]
    await api.put(f"/datafeeds/templates/{template}", json={"content": "new"})
    await api.post(f"{BUILD}/{id}")
    await api.advance(0.5)
    assert (await fetch(api, row)).text == "old"
    await api.finish()
    assert (await fetch(api, row)).text == "new"


# Several at once


@pytest.mark.rule("DFB-ALL-200")
async def test_all_feeds_with_a_template_are_built_active_or_not(api: Steps) -> None:
    answer = await api.post(f"{BUILD}/all", content=b"whatever")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [job["target"] for job in await jobs(api)] == ["1", "2", "3", "4", "5"]
    await api.finish()
    found = (await api.get("/datafeeds", params={"filter[exportStatus]": "finished"})).json()
    assert found["totalCount"] == 5


@pytest.mark.rule("DFB-HOUR-200")
@pytest.mark.parametrize(("hour", "targets"), [(0, ["4"]), (3, ["3"]), (6, ["1", "4"]), (23, [])])
async def test_feeds_whose_plan_has_the_hour_are_built(api: Steps, hour: int, targets: list[str]) -> None:
    answer = await api.post(f"{BUILD}/hour/{hour}")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [job["target"] for job in await jobs(api)] == targets


@pytest.mark.rule("DFB-IMPORT-200")
async def test_feeds_that_are_exported_after_an_import_are_built(api: Steps) -> None:
    answer = await api.post(f"{BUILD}/import")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [job["target"] for job in await jobs(api)] == ["2", "4"]


async def test_a_preferred_profile_is_for_all_of_them(api: Steps) -> None:
    answer = await api.post(f"{BUILD}/all", headers=IMMEDIATE)
    assert answer.headers["preference-applied"] == "profile=immediate"
    assert {job["state"] for job in await jobs(api)} == {"finished"}


# Failures


async def failed(api: Steps, id: int) -> str:
    """Build a feed that cannot be built; return what the status says of the reason."""
    await api.post(f"{BUILD}/{id}")
    assert (await jobs(api))[-1]["state"] == "starting"
    await api.finish()
    assert (await jobs(api))[-1]["state"] == "error"
    feed = (await api.get(f"/datafeeds/{id}")).json()
    assert (feed["exportStatus"], feed["lastExportFinished"]) == ("error", "")
    assert feed["lastExportStarted"]
    answer = await api.get(f"{BUILD}/{id}/status")
    if answer.status_code == 200:
        assert {row["status"] for row in answer.json()} == {"error"}
    return answer.headers.get("x-mock-explain", "")


async def test_a_template_that_meets_data_that_do_not_fit_ends_the_build_in_error(api: Steps) -> None:
    id = await feed_of(api, "a\n{{= 1 / 0 }}")
    assert await failed(api, id) == "line 2: division by zero"
    [row] = await status_of(api, id)
    assert rule_of(await fetch(api, row)) == (404, "MOCK-404-file")


async def test_a_failure_in_one_subshop_fails_the_whole_build(api: Steps) -> None:
    content = "{{ if $subshop.id == 'outlet' }}{{= 1 / 0 }}{{ /if }}"
    assert await failed(api, await feed_of(api, content, subshopIds=[])) == "line 1: division by zero"
    assert (await api.client.get("/_mock/files")).json()["files"] == []


async def test_a_feed_without_a_template_starts_and_ends_in_error(api: Steps) -> None:
    assert await failed(api, 6)


async def test_a_feed_without_a_file_name_ends_in_error(api: Steps) -> None:
    feed = (await api.post("/datafeeds", json={"templateId": 1})).json()
    assert await failed(api, feed["id"]) == "the feed has no file name"


@pytest.mark.parametrize("charset", ["utf-9", "base64", "idna", "", "a\x00b"])
async def test_a_character_set_that_nobody_knows_ends_the_build_in_error(api: Steps, charset: str) -> None:
    id = await feed_of(api, options={"exportCharset": charset})
    assert (await failed(api, id)).startswith("the character set ")


async def test_a_template_that_does_not_compile_ends_the_build_in_error(api: Steps) -> None:
    await api.put("/datafeeds/5", json={"templateId": 5})
    assert "$undeclared is not declared" in await failed(api, 5)


async def test_a_template_that_wants_too_much_ends_the_build_in_error(api: Steps) -> None:
    content = "{{ var $x = 'xxxxxxxxxx' }}{{ foreach $p in $products }}{{ $x = $x + $x }}{{ /foreach }}"
    assert "a value is larger than" in await failed(api, await feed_of(api, content))


async def test_a_failed_build_leaves_the_files_of_the_one_before(api: Steps) -> None:
    id = await feed_of(api, "good")
    [row] = await built(api, id)
    finished = (await api.get(f"/datafeeds/{id}")).json()
    await api.put(f"/datafeeds/templates/{finished['templateId']}", json={"content": "{{= 1 / 0 }}"})
    await api.advance(60)
    assert [row["status"] for row in await built(api, id)] == ["error"]
    feed = (await api.get(f"/datafeeds/{id}")).json()
    assert feed["lastExportFinished"] == finished["lastExportFinished"]
    assert feed["lastExportStarted"] > finished["lastExportStarted"]
    assert (await fetch(api, row)).text == "good"


async def test_a_build_can_be_made_to_fail(api: Steps) -> None:
    await api.post(f"{BUILD}/1", headers={"Prefer": "profile=failing"})
    await api.finish()
    answer = await api.get(f"{BUILD}/1/status")
    assert [row["status"] for row in answer.json()] == ["error"]
    assert answer.headers["x-mock-explain"] == "The process was terminated unexpectedly."


async def test_a_large_feed_is_rendered_beside_the_requests() -> None:
    app = MockServer(Settings(clock="frozen", now=NOW, records={"product": 25_000}))
    async with make_client(app) as client:
        large = Steps(client)
        [row] = await built(large, 1)
        assert len((await fetch(large, row)).text.splitlines()) > 10_000


# What is refused

STARTS = [("ALL", "all"), ("ID", "1"), ("HOUR", "hour/6"), ("IMPORT", "import")]


@pytest.mark.parametrize(
    ("path", "rule"),
    [pytest.param(p, f"DFB-{n}-401", marks=pytest.mark.rule(f"DFB-{n}-401")) for n, p in STARTS],
)
@pytest.mark.parametrize("token", [None, "reader-token", "writer-token"])
async def test_a_build_needs_the_right_to_publish(
    shared_app: MockServer, world: str, token: str | None, path: str, rule: str
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        answer = await client.post(f"{API}{BUILD}/{path}")
    assert rule_of(answer) == (401, rule)
    assert answer.json()["reason"].endswith("permissions to publish data feeds.")


@pytest.mark.parametrize("path", ["hour", "hour/"])
async def test_a_missing_hour_needs_the_right_too(shared_app: MockServer, world: str, path: str) -> None:
    async with make_client(shared_app, token="reader-token", **{"X-Mock-World": world}) as client:
        assert rule_of(await client.post(f"{API}{BUILD}/{path}")) == (401, "DFB-HOUR-401")


@pytest.mark.rule("DFB-STATUS-401")
async def test_the_status_needs_the_right_to_read(shared_app: MockServer, world: str) -> None:
    async with make_client(shared_app, token="writer-token", **{"X-Mock-World": world}) as client:
        answer = await client.get(f"{API}{BUILD}/1/status")
    assert rule_of(answer) == (401, "DFB-STATUS-401")


@pytest.mark.parametrize(
    ("path", "rule"),
    [pytest.param(p, f"DFB-{n}-503", marks=pytest.mark.rule(f"DFB-{n}-503")) for n, p in STARTS],
)
async def test_the_service_is_unavailable_on_purpose(api: Steps, path: str, rule: str) -> None:
    answer = await api.post(f"{BUILD}/{path}", headers={"Prefer": f"example={rule}"})
    assert rule_of(answer) == (503, rule)
    error = answer.json()
    assert error["type"] == "serviceUnavailable"
    assert error["reason"] == "FeedBuilderUrl does not exist, or generation failed."


@pytest.mark.rule("DFB-ID-400-id", "DFB-STATUS-400-id")
@pytest.mark.parametrize("id", ["0", "x", "-1", "1.0"])
async def test_an_id_that_is_none_is_invalid(api: Steps, id: str) -> None:
    for answer in (await api.post(f"{BUILD}/{id}"), await api.get(f"{BUILD}/{id}/status")):
        assert answer.status_code == 400
        assert (answer.json()["type"], answer.json()["reason"]) == ("invalidValue", "id is invalid.")


@pytest.mark.rule("DFB-ID-404", "DFB-STATUS-404")
async def test_a_feed_that_there_is_not_is_not_found(api: Steps) -> None:
    for answer in (await api.post(f"{BUILD}/99"), await api.get(f"{BUILD}/99/status")):
        assert answer.status_code == 404
        assert answer.json()["reason"] == "Data feed with id=99 was not found."


@pytest.mark.rule("DFB-STATUS-400-template")
async def test_the_status_of_a_feed_without_template_is_an_error_without_type(api: Steps) -> None:
    answer = await api.get(f"{BUILD}/6/status")
    assert answer.status_code == 400
    error = answer.json()
    assert (error["type"], error["reason"]) == ("", "The corresponding template could not be found.")


@pytest.mark.rule("DFB-HOUR-404")
@pytest.mark.parametrize("hour", ["/24", "/-1", "/six", "/6.0", "/", ""])
async def test_an_hour_that_is_none_is_not_found(api: Steps, hour: str) -> None:
    answer = await api.post(f"{BUILD}/hour{hour}")
    assert answer.status_code == 404
    assert answer.json()["reason"] == "The hour parameter is missing or invalid."


# The bounds of rendering


def rendering(content: str, limits: Limits) -> Rendering:
    app = MockServer(Settings(clock="frozen", now=NOW))
    products = app.server.worlds.get().part(Shop).records.snapshot("product")
    front = Storefront.from_fixture(
        {"name": "s", "host": "h", "currency": "EUR", "timeZone": "UTC", "subshops": [{"id": "deutsch"}]}
    )
    order = Order(content, {}, "f.txt", "utf-8", "none", ("deutsch",), {"product": products})
    return Rendering(order, front, limits)


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (LOOP, Limits(iterations=10), "the loops run more than 10 times"),
        (LOOP, Limits(output_bytes=10), "the output is longer than 10 bytes"),
        (LOOP, Limits(seconds=-1), "rendering takes longer than -1 seconds"),
        (LOOP, Limits(nesting=0), "blocks are nested more than 0 deep"),
    ],
)
def test_what_exceeds_a_bound_says_so(content: str, limits: Limits, reason: str) -> None:
    assert reason in rendering(content, limits).error()


def test_a_rendering_that_nobody_waits_for_any_more_stops() -> None:
    given_up = rendering(LOOP, Limits())
    given_up.abandon()
    assert given_up.error() == "the build was given up"


def test_the_same_text_gives_the_same_archive() -> None:
    for kind in ("zip", "gzip"):
        one, other = (b"".join(pack(encode(["a", "b"], "utf-8"), kind, "f")) for _ in range(2))
        assert one == other


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.XML", "application/xml; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.csv.gz", "application/gzip"),
        ("a", "application/octet-stream"),
        ("csv", "application/octet-stream"),
        (".txt", "text/plain; charset=utf-8"),
    ],
)
def test_the_media_type_is_that_of_the_name(name: str, media_type: str) -> None:
    assert media_type_of(name, "utf-8") == media_type
