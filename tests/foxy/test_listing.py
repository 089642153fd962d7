"""A store's reports: pages, order, fields, zoom and filters."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import BASE_URL, rule_of
from tests.foxy.conftest import FoxyClient, messages

OWN = f"{BASE_URL}/stores/1/reports"
TITLES = {
    "self": "This Collection",
    "first": "First Page of this Collection",
    "prev": "Previous Page of this Collection",
    "next": "Next Page of this Collection",
    "last": "Last Page of this Collection",
}


@pytest.fixture
async def four(foxy: FoxyClient) -> FoxyClient:
    """Three reports beside the one of the fixtures, a day apart, the last one queued."""
    for name in ("customers", "customers_ltv", "transactions"):
        await foxy.order(name=name, datetime_end="2022-06-30 23:59:59")
        if name != "transactions":
            await foxy.advance(86_400)
    return foxy


ALL = ["complete", "customers", "customers_ltv", "transactions"]


@pytest.mark.rule(
    "FOXY-REPORTS-GET", "FOXY-COLL-KEYS", "FOXY-COLL-EMBED", "FOXY-COLL-TOTAL-STR", "FOXY-COLL-LINKS"
)
async def test_a_collection_has_six_keys_and_five_pages(foxy: FoxyClient) -> None:
    page = (await foxy.get("/stores/1/reports")).json()
    links = page.pop("_links")
    links.pop("curies")
    assert {rel: link["title"] for rel, link in links.items()} == TITLES
    assert links.pop("self")["href"] == OWN
    assert {link["href"] for link in links.values()} == {f"{OWN}?offset=0"}
    rows = page.pop("_embedded")["fx:reports"]
    assert page == {"total_items": "1", "returned_items": 1, "limit": 20, "offset": 0}
    assert rows == [(await foxy.get("/report/1")).json()]


async def test_an_empty_collection_has_an_empty_array(foxy: FoxyClient) -> None:
    page = (await foxy.get("/stores/1/reports?status=error")).json()
    assert page["_embedded"] == {"fx:reports": []}
    assert page["total_items"] == "0"


@pytest.mark.rule("FOXY-COLL-NEXT-LAST")
@pytest.mark.parametrize(
    ("query", "first", "prev", "next_", "last"),
    [
        ("limit=3", 0, 0, 3, 3),
        ("limit=3&offset=3", 0, 0, 3, 3),
        ("limit=2", 0, 0, 2, 4),
        ("limit=2&offset=2", 0, 0, 4, 4),
        ("limit=2&offset=4", 0, 2, 4, 4),
        ("limit=1&offset=3", 0, 2, 4, 4),
    ],
)
async def test_pages_lead_to_one_another(
    four: FoxyClient, query: str, first: int, prev: int, next_: int, last: int
) -> None:
    links = (await four.get(f"/stores/1/reports?{query}")).json()["_links"]
    offsets = [int(links[rel]["href"].rpartition("offset=")[2]) for rel in ("first", "prev", "next", "last")]
    assert offsets == [first, prev, next_, last]


async def test_a_client_that_follows_next_sees_every_report_once_and_stops(four: FoxyClient) -> None:
    for limit in (1, 2, 3, 4, 5):
        seen, href = [], f"{OWN}?limit={limit}"
        for _ in range(10):
            page = (await four.get(href)).json()
            seen += [row["name"] for row in page["_embedded"]["fx:reports"]]
            if page["returned_items"] < page["limit"]:
                break
            href = page["_links"]["next"]["href"]
        assert seen == ALL


@pytest.mark.rule("FOXY-COLL-QS")
async def test_links_to_pages_keep_the_query(four: FoxyClient) -> None:
    query = "limit=2&order=name+desc&fields=name&name%3Anot=complete&zoom=user"
    links = (await four.get(f"/stores/1/reports?{query}")).json()["_links"]
    assert links["self"]["href"] == f"{OWN}?{query}"
    assert links["next"]["href"] == f"{OWN}?{query}&offset=2"


async def test_a_limit_in_links_is_the_one_in_effect(four: FoxyClient) -> None:
    links = (await four.get("/stores/1/reports?limit=9999")).json()["_links"]
    assert links["next"]["href"] == f"{OWN}?limit=300&offset=0"


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        pytest.param("", 20, marks=pytest.mark.rule("FOXY-Q-LIMIT-DEFAULT")),
        pytest.param("limit=300", 300, marks=pytest.mark.rule("FOXY-Q-LIMIT-MAX")),
        pytest.param("limit=301", 300, marks=pytest.mark.rule("FOXY-Q-LIMIT-OVER")),
        ("limit=" + "9" * 5000, 300),
        pytest.param("limit=0", 20, marks=pytest.mark.rule("FOXY-Q-LIMIT-BAD")),
        ("limit=-5", 20),
        ("limit=many", 20),
        ("limit=", 20),
        ("limit=7&limit=8", 8),
    ],
)
async def test_the_limit_in_effect_is_shown(foxy: FoxyClient, query: str, limit: int) -> None:
    assert (await foxy.get(f"/stores/1/reports?{query}")).json()["limit"] == limit


@pytest.mark.rule("FOXY-Q-OFFSET-0")
@pytest.mark.parametrize("query", ["", "offset=-1", "offset=x", "offset="])
async def test_a_bad_offset_is_0(foxy: FoxyClient, query: str) -> None:
    page = (await foxy.get(f"/stores/1/reports?{query}")).json()
    assert (page["offset"], page["returned_items"]) == (0, 1)


@pytest.mark.rule("FOXY-Q-OFFSET-BEYOND")
async def test_an_offset_past_the_end_gives_an_empty_page(foxy: FoxyClient) -> None:
    page = (await foxy.get("/stores/1/reports?offset=40")).json()
    assert (page["total_items"], page["returned_items"], page["offset"]) == ("1", 0, 40)
    assert page["_embedded"]["fx:reports"] == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ALL, marks=pytest.mark.rule("FOXY-Q-ORDER-DEFAULT")),
        pytest.param("order=name", ALL, marks=pytest.mark.rule("FOXY-Q-ORDER")),
        pytest.param("order=name+desc", ALL[::-1], marks=pytest.mark.rule("FOXY-Q-ORDER-DIR")),
        ("order=name%20asc", ALL),
        ("order=date_created desc", ALL[::-1]),
        ("order=id DESC", ALL[::-1]),
        ("order=version", ALL),
        ("order=version desc", ALL),
        pytest.param(
            "order=status desc,name desc",
            ["customers_ltv", "customers", "complete", "transactions"],
            marks=pytest.mark.rule("FOXY-Q-ORDER-MULTI"),
        ),
        (
            "order=datetime_end desc, date_created asc",
            ["customers", "customers_ltv", "transactions", "complete"],
        ),
    ],
)
async def test_reports_are_sorted(four: FoxyClient, query: str, names: list[str]) -> None:
    assert await four.names(query) == names


@pytest.mark.rule("FOXY-Q-ORDER-BAD")
@pytest.mark.parametrize("order", ["color", "name down", "name,,status"])
async def test_an_unknown_order_is_refused(foxy: FoxyClient, order: str) -> None:
    answer = await foxy.get(f"/stores/1/reports?order={order}")
    assert rule_of(answer) == (400, "FOXY-Q-ORDER-BAD")
    assert messages(answer) == ["order is invalid"]


@pytest.mark.rule("FOXY-Q-FIELDS")
async def test_fields_leave_properties_out_and_links_in(foxy: FoxyClient) -> None:
    report = (await foxy.get("/report/1?fields=name,status,color")).json()
    assert list(report) == ["_links", "name", "status"]
    row = (await foxy.get("/stores/1/reports?fields=version")).json()["_embedded"]["fx:reports"][0]
    assert list(row) == ["_links", "version"]


@pytest.mark.rule("FOXY-Q-ZOOM")
async def test_zoom_embeds_the_user_and_ignores_what_it_does_not_know(foxy: FoxyClient) -> None:
    report = (await foxy.get("/report/1?zoom=user:stores,payments")).json()
    assert list(report["_embedded"]) == ["fx:user"]
    assert report["_embedded"]["fx:user"] == (await foxy.get("/users/1")).json()
    assert "_embedded" not in (await foxy.get("/report/1?zoom=payments")).json()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("name=complete", ["complete"], marks=pytest.mark.rule("FOXY-Q-EQ")),
        ("name=COMPLETE", ["complete"]),
        ("status=queued", ["transactions"]),
        ("version=1&id=3", ["customers"]),
        ("date_modified=2022-03-11T17:38:38-0800", ["complete"]),
        ("date_modified=2022-03-12T01:38:38Z", ["complete"]),
        pytest.param("name:lessthan=customers", ["complete"], marks=pytest.mark.rule("FOXY-Q-LT")),
        pytest.param("name:lessthanorequal=customers", ALL[:2], marks=pytest.mark.rule("FOXY-Q-LTE")),
        pytest.param(
            "date_created:greaterthan=2022-03-11T17:38:02-0800", ALL[1:], marks=pytest.mark.rule("FOXY-Q-GT")
        ),
        pytest.param(
            "date_created:greaterthanorequal=2022-03-11T17:38:02-0800",
            ALL,
            marks=pytest.mark.rule("FOXY-Q-GTE"),
        ),
        pytest.param("name:not=customers", [ALL[0], *ALL[2:]], marks=pytest.mark.rule("FOXY-Q-NOT")),
        pytest.param("name:in=customers,complete", ALL[:2], marks=pytest.mark.rule("FOXY-Q-IN")),
        pytest.param("status:isdefined=true", ALL, marks=pytest.mark.rule("FOXY-Q-ISDEFINED")),
        ("status:isdefined=false", []),
        ("color:isdefined=true", []),
        ("color:isdefined=false", ALL),
        pytest.param("status=ready&name:not=complete", ALL[1:3], marks=pytest.mark.rule("FOXY-Q-AND")),
        pytest.param(
            "date_created=2022-03-11T17:38:02.000Z..2022-03-12",
            ["complete"],
            marks=pytest.mark.rule("FOXY-Q-RANGE"),
        ),
        ("date_created=2022-03-01..2022-03-11T17:38:02-0800", ["complete"]),
        ("date_created=2022-03-01..2022-03-11", []),
        ("datetime_end=2022-06-30T23:59:59..", ALL[1:]),
        ("name=customers..customers_ltv", ALL[1:3]),
        ("date_created=never..2022-03-12", []),
        pytest.param(
            "name=complete|status=queued", ["complete", "transactions"], marks=pytest.mark.rule("FOXY-Q-OR")
        ),
        ("name=complete|name:in=customers,transactions", ["complete", "customers", "transactions"]),
        ("name=complete|status", ["complete"]),
        ("color=red", []),
        ("color:not=red", []),
        ("name:like=c", []),
        ("attributes:name[color]=red", []),
        ("date_created=red", []),
        pytest.param(
            quote("date_created:greaterthanorequal") + "=2023-01-01",
            ALL[1:],
            marks=pytest.mark.rule("FOXY-Q-ENC"),
        ),
        ("date_modified=2022-03-12T01:38:38+0000", ["complete"]),
    ],
)
async def test_filters_select(four: FoxyClient, query: str, names: list[str]) -> None:
    assert await four.names(query) == names


@pytest.mark.rule("FOXY-Q-TOTAL")
async def test_the_total_counts_what_filters_select(four: FoxyClient) -> None:
    page = (await four.get("/stores/1/reports?status=ready&limit=1")).json()
    assert (page["total_items"], page["returned_items"]) == ("3", 1)


@pytest.mark.rule("FOXY-REPORTS-OTHER-405")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_the_collection_cannot_be_changed(foxy: FoxyClient, method: str) -> None:
    answer = await foxy.send(method, "/stores/1/reports")
    assert rule_of(answer) == (405, "FOXY-REPORTS-OTHER-405")
    assert answer.headers["allow"] == "GET, POST, HEAD, OPTIONS"
