"""Headers, forms, and when nothing has to be sent again."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from tests.conftest import BASE_URL, rule_of
from tests.foxy.conftest import FoxyClient, messages

HAL, XML, SIREN = "application/hal+json", "application/hal+xml", "application/vnd.siren+json"
ETAG = re.compile(r'W/"[0-9a-f]{40}"')
EVERYTHING = ["/", "/stores/1", "/users/1", "/stores/1/reports", "/report/1", "/reports/1"]


@pytest.mark.rule("FOXY-H-ACCEPT")
@pytest.mark.parametrize(
    ("headers", "media_type"),
    [
        ({}, HAL),
        ({"Accept": "*/*"}, HAL),
        ({"Accept": "application/json"}, HAL),
        ({"Accept": "image/png"}, HAL),
        ({"Accept": HAL}, HAL),
        ({"Accept": XML}, XML),
        ({"Accept": SIREN}, SIREN),
        ({"Accept": f"{XML};q=0.5, {SIREN}"}, SIREN),
        ({"Accept": f"{XML};q=0, */*"}, HAL),
        ({"Accept": f"{XML};q=high"}, HAL),
        ({"Content-Type": XML}, XML),
        ({"Content-Type": SIREN}, SIREN),
        ({"Content-Type": "application/json"}, HAL),
        ({"Accept": "*/*", "Content-Type": f"{XML}; charset=utf-8"}, XML),
        ({"Accept": HAL, "Content-Type": XML}, HAL),
    ],
)
async def test_accept_or_content_type_chooses_the_form(
    foxy: FoxyClient, headers: dict[str, str], media_type: str
) -> None:
    answer = await foxy.get("/report/1", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type


@pytest.mark.rule("FOXY-XML")
async def test_a_collection_in_xml_holds_its_reports(foxy: FoxyClient) -> None:
    root = etree.fromstring((await foxy.get("/stores/1/reports", headers={"Accept": XML})).content)
    assert root.tag == "resource"
    assert root.get("href") == f"{BASE_URL}/stores/1/reports"
    assert [link.get("rel") for link in root.findall("link")] == ["self", "first", "prev", "next", "last"]
    (report,) = root.findall("resource")
    assert report.get("href") == f"{BASE_URL}/report/1"
    assert report.get("rel") == "https://api.foxycart.com/rels/report"
    assert report.findtext("datetime_end") == "2022-01-31T23:59:59-0800"
    assert root.findtext("total_items") == "1"


@pytest.mark.rule("FOXY-SIREN")
async def test_a_collection_in_siren_holds_its_reports(foxy: FoxyClient) -> None:
    page = (await foxy.get("/stores/1/reports", headers={"Accept": SIREN})).json()
    assert page["properties"] == {"total_items": "1", "returned_items": 1, "limit": 20, "offset": 0}
    assert page["entities"][0]["properties"]["name"] == "complete"
    assert page["links"][0] == {
        "rel": ["self"],
        "href": f"{BASE_URL}/stores/1/reports",
        "title": "This Collection",
    }


async def test_a_new_report_can_be_answered_in_xml(foxy: FoxyClient) -> None:
    answer = await foxy.post(headers={"Accept": XML})
    assert answer.status_code == 201
    assert etree.fromstring(answer.content).findtext("message") == "report 3 created successfully."


async def test_errors_are_json_whatever_is_accepted(foxy: FoxyClient) -> None:
    answer = await foxy.get("/report/9", headers={"Accept": XML})
    assert messages(answer) == ['No route found for "GET /report/9"']


@pytest.mark.rule("FOXY-H-CACHE", "FOXY-H-ETAG")
@pytest.mark.parametrize("path", EVERYTHING)
async def test_everything_can_be_revalidated(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get(path)
    assert answer.headers["cache-control"] == "private, must-revalidate"
    assert ETAG.fullmatch(answer.headers["etag"])


@pytest.mark.rule("FOXY-H-ETAG")
async def test_the_etag_depends_on_address_form_and_content_but_not_on_the_link(foxy: FoxyClient) -> None:
    first = (await foxy.get("/report/1")).headers["etag"]
    await foxy.advance(60)
    assert (await foxy.get("/report/1")).headers["etag"] == first
    assert (await foxy.get("/reports/1")).headers["etag"] != first
    assert (await foxy.get("/report/1?fields=name")).headers["etag"] != first
    assert (await foxy.get("/report/1", headers={"Accept": SIREN})).headers["etag"] != first
    location = await foxy.order()
    queued = (await foxy.get(location)).headers["etag"]
    await foxy.advance(5)
    assert (await foxy.get(location)).headers["etag"] != queued


@pytest.mark.rule("FOXY-H-LASTMOD")
async def test_single_resources_say_when_they_changed(foxy: FoxyClient) -> None:
    report = await foxy.get("/report/1")
    assert report.headers["last-modified"] == "Fri, 11 Mar 2022 17:38:38 -0800"
    assert "last-modified" in (await foxy.get("/stores/1")).headers
    assert "last-modified" not in (await foxy.get("/stores/1/reports")).headers


@pytest.mark.rule("FOXY-H-304")
@pytest.mark.parametrize("path", ["/", "/stores/1", "/users/1", "/stores/1/reports?status=queued"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_the_client_has_is_not_sent_again(foxy: FoxyClient, path: str, method: str) -> None:
    tag = (await foxy.get(path)).headers["etag"]
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        answer = await foxy.send(method, path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert "content-type" not in answer.headers


@pytest.mark.rule("FOXY-H-304")
@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 1 Mar 2022 10:05:11 -0800", 304),
        ("Tue, 01 Mar 2022 18:05:11 GMT", 304),
        ("Tue, 01 Mar 2022 18:05:10 GMT", 200),
        ("last week", 200),
    ],
)
async def test_if_modified_since_reads_both_ways_of_writing(
    foxy: FoxyClient, since: str, status: int
) -> None:
    answer = await foxy.get("/stores/1", headers={"If-Modified-Since": since})
    assert answer.status_code == status


async def test_if_none_match_goes_before_if_modified_since(foxy: FoxyClient) -> None:
    headers = {"If-None-Match": 'W/"other"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert (await foxy.get("/stores/1", headers=headers)).status_code == 200


@pytest.mark.rule("FOXY-H-304")
async def test_a_queued_report_is_not_sent_again_until_it_changes(foxy: FoxyClient) -> None:
    location = await foxy.order()
    known = {"If-None-Match": (await foxy.get(location)).headers["etag"]}
    assert (await foxy.get(location, headers=known)).status_code == 304
    await foxy.advance(5)
    assert (await foxy.get(location, headers=known)).status_code == 200


@pytest.mark.rule("FOXY-LINK-NO304")
@pytest.mark.parametrize("path", ["/report/1", "/stores/1/reports", "/report/1?zoom=user"])
async def test_what_has_a_download_link_is_always_sent(foxy: FoxyClient, path: str) -> None:
    tag = (await foxy.get(path)).headers["etag"]
    headers = {"If-None-Match": tag, "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert (await foxy.get(path, headers=headers)).status_code == 200


@pytest.mark.rule("FOXY-H-LINK")
async def test_link_headers_repeat_the_links_but_not_the_download(foxy: FoxyClient) -> None:
    assert (await foxy.get("/report/1")).headers.get_list("link") == [
        f'<{BASE_URL}/report/1>;rel="self";title="This Report"',
        f'<{BASE_URL}/users/1>;rel="https://api.foxycart.com/rels/user";title="This User"',
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/stores/1",
        "/users/1",
        pytest.param("/report/1", marks=pytest.mark.rule("FOXY-REPORT-HEAD")),
        "/reports/1",
        pytest.param("/stores/1/reports", marks=pytest.mark.rule("FOXY-REPORTS-HEAD")),
    ],
)
async def test_head_has_the_headers_of_get_and_no_body(foxy: FoxyClient, path: str) -> None:
    get, head = await foxy.get(path), await foxy.send("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


async def test_head_fails_as_get_does(foxy: FoxyClient) -> None:
    answer = await foxy.send("HEAD", "/report/9")
    assert (rule_of(answer), answer.content) == ((404, "FOXY-REPORT-404"), b"")


@pytest.mark.rule("FOXY-H-OVERRIDE")
@pytest.mark.parametrize("method", ["PATCH", "put", "DELETE"])
async def test_a_post_can_mean_another_method(foxy: FoxyClient, method: str) -> None:
    answer = await foxy.send("POST", "/report/1", headers={"X-HTTP-Method-Override": method})
    assert rule_of(answer) == (405, "FOXY-REPORT-WRITE-405")
    assert messages(answer)[0].startswith(f'No route found for "{method.upper()} /report/1"')


async def test_a_post_can_mean_a_get(foxy: FoxyClient) -> None:
    meant = await foxy.send("POST", "/report/1", headers={"X-HTTP-Method-Override": "get"})
    assert (meant.status_code, meant.json()) == (200, (await foxy.get("/report/1")).json())


async def test_a_post_that_means_a_head_is_answered_without_a_body_and_says_so(foxy: FoxyClient) -> None:
    answer = await foxy.send("POST", "/report/1", headers={"X-HTTP-Method-Override": "HEAD"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"


async def test_a_post_can_ask_for_the_methods(foxy: FoxyClient) -> None:
    answer = await foxy.send("POST", "/report/1", headers={"X-HTTP-Method-Override": "OPTIONS"})
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, OPTIONS")


async def test_a_post_can_mean_a_method_that_nobody_knows(foxy: FoxyClient) -> None:
    answer = await foxy.send("POST", "/report/1", headers={"X-HTTP-Method-Override": "brew"})
    assert rule_of(answer) == (405, "FOXY-REPORT-WRITE-405")
    assert messages(answer)[0].startswith('No route found for "BREW /report/1"')


@pytest.mark.parametrize("method", ["", "P&T", "GET, PUT"])
async def test_an_override_that_is_no_method_means_nothing(foxy: FoxyClient, method: str) -> None:
    answer = await foxy.send("POST", "/stores/1/reports", headers={"X-HTTP-Method-Override": method})
    assert answer.status_code == 400


async def test_an_override_on_a_get_means_nothing(foxy: FoxyClient) -> None:
    answer = await foxy.get("/report/1", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 200


@pytest.mark.rule("FOXY-ERR-404")
@pytest.mark.parametrize("path", ["/foo/123", "/stores", "/stores/1/reports/", "//report/1"])
async def test_an_unknown_path_has_no_route(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get(f"{BASE_URL}{path}")
    assert rule_of(answer) == (404, "FOXY-ERR-404")
    assert messages(answer) == [f'No route found for "GET {path}"']


@pytest.mark.rule("FOXY-ERR-405")
async def test_other_resources_name_their_methods_too(foxy: FoxyClient) -> None:
    answer = await foxy.send("DELETE", "/stores/1")
    assert rule_of(answer) == (405, "FOXY-ERR-405")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.rule("FOXY-ERR-413")
async def test_a_body_that_is_too_large_can_be_had_on_purpose(foxy: FoxyClient) -> None:
    answer = await foxy.send("POST", "/stores/1/reports", headers={"Prefer": "example=FOXY-ERR-413"})
    assert rule_of(answer) == (413, "FOXY-ERR-413")


@pytest.mark.rule("FOXY-ERR-500")
async def test_a_bug_can_be_had_on_purpose(foxy: FoxyClient) -> None:
    answer = await foxy.get("/report/1", headers={"Prefer": "code=500"})
    assert rule_of(answer) == (500, "FOXY-ERR-500")


async def test_neither_vendor_is_in_the_way_of_the_other(foxy: FoxyClient) -> None:
    export = await foxy.get(
        "/admin/api/v1/report/order/status", headers={"X-Authorization": "Bearer admin-token"}
    )
    assert export.json()["status"] == 0
    assert (await foxy.get("/report/1")).json()["name"] == "complete"
    assert rule_of(await foxy.get("/admin/api/v1/nothing")) == (404, "COM-404-path")
