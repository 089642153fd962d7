from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote, unquote

import pytest

from mockserver.console.browsing import REFERENCES
from mockserver.console.desk import PEEK
from tests.conftest import BASE_URL
from tests.console.conftest import Console, Page, Server

NOW = {"Prefer": "profile=immediate"}
EVIL = """<script>alert("1")</script> & 'so on'"""
PRODUCT = {"itemNumber": "X-1", "name": "A lamp", "price": "1.000000"}


def bring(server: Server, service: str, *records: Any) -> None:
    """Import records."""
    answer = server.vendor("POST", f"/import/{service}/start?format=json", json=records, headers=NOW).json()
    assert answer["failed"] == 0, answer


def export(server: Server, service: str, format: str = "json") -> str:
    """Export records, and return the id of the job."""
    server.vendor("POST", f"/report/{service}/start?format={format}", headers=NOW).raise_for_status()
    return str(server.control("GET", "/jobs")["jobs"][-1]["id"])


def build(server: Server, feed: int) -> None:
    server.vendor("POST", f"/datafeeds/build/{feed}", headers=NOW).raise_for_status()


def keys(page: Page) -> list[str]:
    return [str(key) for key in page.tree.xpath("//td[@class='key']/a/text()")]


def columns(page: Page) -> list[str]:
    return [head.text_content().split()[0] for head in page.tree.xpath("//table/thead/tr/th")]


def alert(page: Page) -> str:
    return " ".join(element.text_content() for element in page.tree.xpath("//*[@role='alert']"))


def linked(page: Page, text: str) -> str:
    """Return where the link of a text leads to, within the console."""
    (link,) = page.tree.xpath(f"//main//a[normalize-space()='{text}']/@href")
    return str(link).partition("/ui/")[2]


def test_every_service_is_listed_with_the_number_of_its_records(console: Console, server: Server) -> None:
    page = console.get("data")
    for service in server.control("GET", "/records")["services"]:
        assert f" {service['count']} " in page.row(f"{service['name']} ")
    assert page.row("inquiry ") == "inquiry 60 json, csv, xml json, csv, xml"
    assert page.row("transaction ") == "transaction 120 json, csv –"


def test_every_service_and_a_record_of_it_can_be_looked_at(console: Console, server: Server) -> None:
    for service in server.control("GET", "/records")["services"]:
        page = console.get(f"data/{service['name']}")
        assert keys(page), service["name"]
        assert len(columns(page)) >= 4, service["name"]
        record = console.get(linked(page, keys(page)[0]))
        assert record.status == 200
        assert record.tree.xpath("string(//h1)").startswith(f"{service['name']} {keys(page)[0]}")


def test_what_was_imported_is_there(console: Console, server: Server) -> None:
    bring(server, "product", PRODUCT)
    page = console.get("data/product?search=A lamp")
    assert keys(page) == ["X-1"]
    assert "A lamp" in page.row("X-1")
    assert "1 to 1 of 1 found" in page.text


# Pages


def test_records_have_pages(console: Console) -> None:
    first = console.get("data/order")
    second = console.get(linked(first, "Next →"))
    third = console.get(linked(second, "Next →"))
    assert [len(keys(page)) for page in (first, second, third)] == [50, 50, 20]
    assert keys(first)[0] == "1501"
    assert keys(second)[0] == "1551"
    assert "101 to 120 of 120" in third.text
    assert keys(console.get(linked(third, "← Previous"))) == keys(second)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("9", "1601"),
        ("999999999", "1601"),
        ("1" * 5_000, "1501"),
        ("0", "1501"),
        ("-1", "1501"),
        ("x", "1501"),
        ("", "1501"),
    ],
)
def test_a_page_that_there_is_not_is_the_last_or_the_first(console: Console, asked: str, first: str) -> None:
    page = console.get(f"data/order?page={asked}")
    assert page.status == 200
    assert keys(page)[0] == first


def test_filters_search_and_order_stay_from_page_to_page(console: Console) -> None:
    first = console.get("data/newsletterSubscriber?filter_gte[id]=100&sort=id:desc&search=example")
    second = console.get(linked(first, "Next →"))
    assert len(keys(first)) == 50
    assert int(keys(second)[0]) == int(keys(first)[-1]) - 1
    assert second.tree.xpath("//input[@name='search']/@value") == ["example"]


# Filters, order, search


def test_a_row_of_the_form_is_a_filter_in_the_vendors_notation(console: Console) -> None:
    answer = console.open(
        "data/order?field=id&operator=gte&value=1619&field=&operator=gte&value=9&search=&sort=id:desc"
    )
    assert answer.status_code == 303
    assert unquote(answer.headers["Location"]).endswith("/data/order?filter_gte[id]=1619&sort=id:desc")
    page = console.get("data/order?filter_gte[id]=1619&sort=id:desc")
    assert keys(page) == ["1620", "1619"]
    assert page.tree.xpath("//select[@id='field-1']/option[@selected]/text()") == ["id"]
    assert page.tree.xpath("//input[@name='value']/@value")[0] == "1619"


def test_a_field_can_have_several_filters_and_each_can_be_removed(console: Console) -> None:
    page = console.get(
        "data/order?filter_gte[id]=1510&filter_lte[id]=1512&filter[data.general.shopId]=myshop"
    )
    assert keys(page) == ["1510", "1511", "1512"]
    (link,) = page.tree.xpath("//a[@aria-label='Remove filter 2']/@href")
    assert link.endswith("/data/order?filter_gte[id]=1510&filter[data.general.shopId]=myshop")
    assert linked(page, "Show all") == "data/order"


def test_what_is_filtered_and_sorted_by_is_a_column(console: Console) -> None:
    usual = columns(console.get("data/order"))
    assert "city" not in usual
    page = console.get("data/order?filter[data.billAddress.city]=Amberg&sort=deliveryStatus.status:asc")
    assert columns(page) == [*usual, "status", "city"]
    assert page.tree.xpath("//th[@aria-sort]/@aria-sort") == ["ascending"]
    assert linked(page, "status ▲").endswith("sort=deliveryStatus.status:desc")


def test_the_exports_of_the_filtered_can_be_copied(console: Console, server: Server, world: str) -> None:
    page = console.get("data/order?filter_gte[createdAt]=2025-12-01&search=a")
    (call,) = page.tree.xpath("//pre[@id='call-1']/text()")
    url = f"{BASE_URL}/w/{world}/admin/api/v1/report/order/start?format=json&filter_gte[createdAt]=2025-12-01"
    assert call == f"curl -s -g -X POST '{url}' \\\n  -H 'X-Authorization: Bearer admin-token'"
    started = server.call("POST", url, headers=NOW).json()
    assert started["total"] == len(keys(console.get("data/order?filter_gte[createdAt]=2025-12-01")))
    assert "An export knows no search" in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("filter[nope]=1", "'nope' is no field to filter by; accepted: "),
        ("filter_foo[id]=1", "'foo' is no operator; accepted: eq, neq,"),
        ("filter_gte[createdAt]=yesterday", "'yesterday' is no time for createdAt"),
        ("sort=id", "sort"),
        ("sort=nope:asc", "nope"),
        ("sort=id:sideways", "sideways"),
        (f"search={'a' * 201}", "accepted: at most 200 characters"),
        ("filter[<script>]=1", "'<script>' is no field"),
    ],
)
def test_a_wrong_question_gets_a_message_and_can_be_corrected(
    console: Console, query: str, said: str
) -> None:
    page = console.get(f"data/order?{query}")
    assert page.status == 200
    assert said in alert(page)
    assert "<script>]" not in page.html
    assert page.tree.xpath("//form[@role='search']")
    assert page.tree.xpath("//table") == page.tree.xpath("//pre") == []


def test_nothing_found_is_said(console: Console) -> None:
    assert "No record like that." in console.get("data/order?search=zzzzzz").text


def test_a_service_without_records_says_what_to_do(console: Console, server: Server) -> None:
    for feed in server.control("GET", "/records/dataFeed")["items"]:
        server.vendor("DELETE", f"/datafeeds/{feed['id']}").raise_for_status()
    assert "The service has no records. Import some" in console.get("data/dataFeed").text


def test_records_stay_while_the_clock_goes_on(console: Console) -> None:
    page = console.get("data/order?search=a", **{"X-Refresh": "1"})
    assert page.tree.xpath("//*[@id='clock']")
    assert page.tree.xpath("//table") == []


def test_an_unknown_service_is_told_which_there_are(console: Console) -> None:
    page = console.get("data/nope")
    assert page.status == 404
    assert "The shop has no service nope." in page.text
    assert "voucherTemplate" in page.text


# Records


def test_a_record_is_shown_with_all_that_is_nested_in_it(console: Console, server: Server) -> None:
    custom = {"map": {"keys": "a", "items": "b"}, "weight": 1.5, "liste": ["one", "two"]}
    bring(server, "product", PRODUCT | {"custom": custom, "subshopIds": []})
    page = console.get("data/product/X-1")
    shown = " ".join(" ".join(page.tree.xpath("//dl[@class='tree whole']//text()")).split())
    for part in ("map", "keys a", "items b", "weight 1.5", "liste one , two", "subshopIds none"):
        assert part in shown
    record = server.control("GET", "/records/product/X-1")
    assert json.loads(page.tree.xpath("string(//pre[@id='json'])")) == record


def test_a_record_links_to_those_it_refers_to(console: Console, server: Server) -> None:
    order = server.control("GET", "/records/order/1501")["data"]
    page = console.get("data/order/1501")
    assert linked(page, str(order["customer"]["accountId"])) == "data/customerAccount/143"
    for item in order["items"]:
        assert linked(page, item["productId"]) == f"data/product/{item['productId']}"


def test_a_record_links_to_those_that_refer_to_it(console: Console, server: Server) -> None:
    rating = server.control("GET", "/records/productRating?size=1")["items"][0]
    page = console.get(f"data/product/{rating['productId']}")
    found = console.get(linked(page, "productRating records"))
    assert str(rating["id"]) in keys(found)


def test_references_are_of_services_and_fields_that_there_are(server: Server) -> None:
    services = {service["name"]: service for service in server.control("GET", "/records")["services"]}
    for service, references in REFERENCES.items():
        record = server.control("GET", f"/records/{service}?size=1")["items"][0]
        for path, target in references.items():
            assert target in services
            assert path.partition(".")[0] in record


@pytest.mark.parametrize("key", ["a/b", "a?b#c", "a%2Fb", '<b>"x', "ä ö"])
def test_a_record_is_found_whatever_its_key(console: Console, server: Server, key: str) -> None:
    bring(server, "product", PRODUCT | {"itemNumber": key})
    page = console.get("data/product?search=A lamp")
    assert keys(page) == [key]
    assert page.tree.xpath("//td[@class='key']/a/@href")[0].endswith(quote(key, safe="/"))
    assert (
        console.get(f"data/product/{quote(key, safe='')}").tree.xpath("string(//h1)")
        == f"product {key}: A lamp"
    )


@pytest.mark.parametrize("id", ["99999", "x", "1" * 30])
def test_a_record_that_there_is_not(console: Console, id: str) -> None:
    page = console.get(f"data/order/{id}")
    assert page.status == 404
    assert f"order has no record whose id is {id}." in page.text


@pytest.mark.parametrize("id", ["50% off?", "a/b#c", "Ä+"])
def test_forms_lead_back_to_a_record_whatever_its_key(console: Console, server: Server, id: str) -> None:
    bring(server, "product", PRODUCT | {"itemNumber": id})
    page = console.get(f"data/product/{quote(id)}")
    back = page.tree.xpath("//input[@name='back']/@value")[0]
    assert f"product {id}" in console.post("clock", {"mode": "frozen"}, back=back).text


def test_what_records_hold_stays_text(console: Console, server: Server) -> None:
    bring(server, "product", PRODUCT | {"name": EVIL, "descr": EVIL, "custom": {"map": {EVIL: EVIL}}})
    bring(server, "dataFeedTemplate", {"id": 900, "name": EVIL, "content": f"</pre>{EVIL}"})
    table = console.get(f"data/product?search={quote(EVIL)}")
    assert keys(table) == ["X-1"]
    record, template = console.get("data/product/X-1"), console.get("data/dataFeedTemplate/900")
    assert EVIL in record.tree.xpath("//dt/text()")
    assert template.tree.xpath("string(//pre[@id='template'])") == f"</pre>{EVIL}"
    for page in (table, record, template):
        assert EVIL in page.text
        assert "<script>alert" not in page.html
        assert page.tree.xpath("//@*[starts-with(local-name(), 'on')]") == []


# Feeds and templates


def test_a_feed_is_shown_with_its_files_and_builds(console: Console, server: Server) -> None:
    before = console.get("data/dataFeed/3")
    assert "There was none in this world." in before.text
    assert "not built yet" in before.row("outlet")
    build(server, 3)
    page = console.get("data/dataFeed/3")
    assert "outlet finished feeds/outlet/prices.xml.zip · Download" in page.row("outlet")
    assert [link for link in page.links() if "/jobs/" in link]
    assert linked(page, "feeds/outlet/prices.xml.zip") == "data/files/feed/3/outlet/prices.xml.zip"
    assert linked(page, "template 2") == "data/dataFeedTemplate/2"


def test_a_feed_can_be_pushed_while_it_is_built(console: Console, server: Server) -> None:
    server.vendor("POST", "/datafeeds/build/3").raise_for_status()
    page = console.get("data/dataFeed/3")
    (action,) = page.tree.xpath("//form[.//button[starts-with(@aria-label, 'Complete job')]]/@action")
    page = console.post(action.partition("/ui/")[2], back="data/dataFeed/3")
    assert "finished" in page.row("outlet")


def test_a_feed_whose_build_has_failed_says_why(console: Console, server: Server) -> None:
    bring(server, "dataFeed", {"id": 900, "name": "No template", "fileName": "none.csv"})
    build(server, 900)
    assert "The last build failed: the feed has no template" in console.get("data/dataFeed/900").text


def test_a_template_is_shown_with_its_feeds(console: Console, server: Server) -> None:
    template = server.control("GET", "/records/dataFeedTemplate/2")
    page = console.get("data/dataFeedTemplate/2")
    assert page.tree.xpath("string(//pre[@id='template'])") == template["content"]
    assert linked(page, "Price comparison") == "data/dataFeed/3"


# Files


def test_without_files_the_page_says_how_they_come(console: Console) -> None:
    for path in ("data", "data/files"):
        assert "None yet. An export or the build of a feed makes one" in console.get(path).text


def test_files_are_listed_the_youngest_first(console: Console, server: Server) -> None:
    export(server, "order")
    server.advance(60)
    build(server, 3)
    server.advance(60)
    export(server, "inquiry", "csv")
    page = console.get("data/files")
    makers = page.tree.xpath("//td[@data-label='Made by']/a/text()")
    assert makers == ["report inquiry", "feed 3", "feed 3", "report order"]
    assert "120 records Download" in page.row("report order")


def test_a_report_of_foxys_is_listed_and_leads_to_its_job(console: Console, server: Server) -> None:
    headers = {"Authorization": "Bearer foxy-token", "FOXY-API-VERSION": "1"}
    wanted = {
        "name": "customers",
        "version": "1",
        "datetime_start": "2025-01-01",
        "datetime_end": "2025-02-01",
    }
    server.call("POST", "/stores/1/reports", json=wanted, headers=headers).raise_for_status()
    assert "None yet." in console.get("data/files").text
    server.control("POST", "/clock/advance", {"until": "idle"})
    page = console.get("data/files")
    assert page.row("report of store 1").startswith("report of store 1 foxy 1 ")
    assert linked(page, "report of store 1") == "jobs/1"
    (link,) = console.get("jobs/1").tree.xpath("//*[@id='files']//a/text()")
    assert link.startswith("customers_report.")


def test_many_files_have_pages(console: Console, server: Server) -> None:
    for _ in range(51):
        export(server, "voucherPreset")
    assert "All 51 files" in console.get("data").text
    assert len(console.get("data/files").tree.xpath("//tbody/tr")) == 50
    assert len(console.get("data/files?page=2").tree.xpath("//tbody/tr")) == 1


@pytest.mark.parametrize("format", ["json", "csv", "xml"])
def test_an_exported_file_can_be_opened(console: Console, server: Server, format: str) -> None:
    export(server, "inquiry", format)
    first = server.control("GET", "/records/inquiry?size=1")["items"][0]
    page = console.get("data/files/job/1")
    assert "The first 25 rows" in page.text
    assert len(page.tree.xpath("//tbody/tr")) == 25
    assert first["createdAt"][:10] in page.tree.xpath("string(//tbody/tr[1])")
    file = server.call("GET", "/_mock/jobs/1/file").text
    assert page.tree.xpath("string(//pre[@aria-label='The text'])") == f"{file[:1024]}…".replace("\r\n", "\n")


def test_the_download_and_the_clients_link_have_the_file(
    console: Console, server: Server, world: str
) -> None:
    export(server, "order")
    page = console.get(linked(console.get("jobs/1"), "Look into it"))
    (download,) = page.tree.xpath("//a[@download]/@href")
    (link,) = page.tree.xpath("//a[@target]/@href")
    assert download == f"/w/{world}/_mock/jobs/1/file"
    assert server.call("GET", download).json() == server.call("GET", link).json()


def test_of_a_large_file_only_the_beginning_is_read(console: Console, server: Server) -> None:
    large = {"descr": "x" * 2_000}
    bring(server, "product", *(PRODUCT | large | {"itemNumber": f"X-{place}"} for place in range(1_000)))
    job = export(server, "product")
    assert len(server.call("GET", f"/_mock/jobs/{job}/file").content) > 4 * PEEK
    page = console.get(f"data/files/job/{job}")
    assert page.status == 200
    assert "more than 256.0 KiB" in page.text
    assert "The first 25 rows" in page.text


def test_files_of_feeds_are_unpacked(console: Console, server: Server) -> None:
    build(server, 3)
    build(server, 4)
    zipped = console.get("data/files/feed/3/outlet/prices.xml.zip")
    assert "KiB, zip" in zipped.text
    assert "<?xml" in zipped.tree.xpath("string(//pre)")
    packed = console.get("data/files/feed/4/english/marketplace.csv.gz")
    (download,) = packed.tree.xpath("//a[@download]/@href")
    text = gzip.decompress(server.call("GET", download).content).decode("utf-8", "replace")
    assert packed.tree.xpath("//thead//th/text()") == text.splitlines()[0].lstrip("\ufeff").split(";")


def test_what_files_hold_stays_text(console: Console, server: Server) -> None:
    bring(server, "voucherPreset", {"id": 1, "name": EVIL, "codeLength": 8, "characters": "ab"})
    job = export(server, "voucherPreset", "csv")
    page = console.get(f"data/files/job/{job}")
    assert EVIL in page.tree.xpath("string(//tbody/tr[1])")
    assert "<script>alert" not in page.html


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("data/files/job/77", "This world has no job 77."),
        ("data/files/job/1%3Fx", "1?x"),
        ("data/files/job/1", "is starting, not finished"),
        ("data/files/job/2", "import"),
        ("data/files/feed/9/x/y", "This world has no file y of the feed 9 for x."),
    ],
)
def test_a_file_that_there_is_not(console: Console, server: Server, path: str, said: str) -> None:
    server.vendor("POST", "/report/order/start").raise_for_status()
    bring(server, "product", PRODUCT)
    page = console.get(path)
    assert page.status == 404
    assert said in page.text
