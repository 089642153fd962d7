"""Home, stores and users."""

from __future__ import annotations

import pytest

from tests.conftest import BASE_URL, rule_of
from tests.foxy.conftest import CURIES, FoxyClient, messages

PUBLIC = {
    "curies",
    "self",
    "fx:property_helpers",
    "fx:reporting",
    "fx:encode",
    "fx:token",
    "fx:create_client",
}
PERSONAL = {"fx:stores", "fx:store", "fx:user"}
RELS = "https://api.foxycart.com/rels"


@pytest.mark.rule("FOXY-HOME-ANON")
async def test_home_shows_public_links_without_a_token(foxy: FoxyClient) -> None:
    answer = await foxy.get_as(None, "/")
    assert answer.status_code == 200
    assert set(answer.json()["_links"]) == PUBLIC | {RELS}
    assert answer.json()["message"]


@pytest.mark.rule("FOXY-HOME-GET")
async def test_home_shows_the_links_of_the_token(foxy: FoxyClient) -> None:
    links = (await foxy.get("/")).json()["_links"]
    assert set(links) == PUBLIC | PERSONAL | {RELS}
    assert links["self"] == {"href": f"{BASE_URL}/", "title": "Your API starting point."}
    assert links["fx:store"]["href"] == f"{BASE_URL}/stores/1"
    assert links["fx:token"]["type"] == "application/json"


async def test_home_refuses_a_bad_token(foxy: FoxyClient) -> None:
    assert rule_of(await foxy.get_as("nonsense", "/")) == (401, "FOXY-AUTH-401-INVALID")


@pytest.mark.rule("FOXY-STORE-GET")
async def test_a_store_links_to_its_reports_and_shows_its_time_zone(foxy: FoxyClient) -> None:
    store = (await foxy.get("/stores/1")).json()
    assert store["_links"]["fx:reports"] == {
        "href": f"{BASE_URL}/stores/1/reports",
        "title": "Reports for This Store",
    }
    assert store["timezone"] == "America/Los_Angeles"


@pytest.mark.rule("FOXY-USER-GET")
async def test_a_user_shows_names_roles_and_dates(foxy: FoxyClient) -> None:
    user = (await foxy.get("/users/1")).json()
    assert set(user["_links"]) == {"curies", "self", "fx:attributes", "fx:default_store", "fx:stores"}
    assert set(user) - {"_links"} == {
        "first_name",
        "last_name",
        "email",
        "phone",
        "affiliate_id",
        "is_programmer",
        "is_front_end_developer",
        "is_designer",
        "is_merchant",
        "date_created",
        "date_modified",
    }


@pytest.mark.rule("FOXY-REP-CURIES", "FOXY-REP-ABS")
@pytest.mark.parametrize("path", ["/", "/stores/1", "/users/1", "/stores/1/reports", "/report/1"])
async def test_every_document_has_the_curies_and_absolute_links(foxy: FoxyClient, path: str) -> None:
    links = (await foxy.get(path)).json()["_links"]
    assert links.pop("curies") == CURIES
    assert all(link["href"].startswith(("http://", "https://")) for link in links.values())


@pytest.mark.parametrize("path", ["/stores/9", "/stores/x", "/users/9", "/users/-1"])
async def test_unknown_stores_and_users_are_not_found(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get(path)
    assert rule_of(answer) == (404, "FOXY-ERR-404")
    assert messages(answer) == [f'No route found for "GET {path}"']


@pytest.mark.rule("FOXY-ERR-403")
@pytest.mark.parametrize("path", ["/stores/2", "/users/2", "/stores/2/reports", "/report/2"])
async def test_what_belongs_to_somebody_else_is_forbidden(foxy: FoxyClient, path: str) -> None:
    answer = await foxy.get(path)
    assert rule_of(answer) == (403, "FOXY-ERR-403")
    assert messages(answer) == [f'You can\'t perform "GET {path}"']


async def test_links_carry_the_prefix_of_the_world_when_the_request_did(foxy: FoxyClient, world: str) -> None:
    prefixed = (await foxy.get(f"/w/{world}/report/1")).json()["_links"]
    assert prefixed["self"]["href"] == f"{BASE_URL}/w/{world}/report/1"
    plain = (await foxy.get("/report/1")).json()["_links"]
    assert plain["self"]["href"] == f"{BASE_URL}/report/1"
    assert plain["fx:download_url"]["href"].startswith(f"{BASE_URL}/w/{world}/downloads/store_1/")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/stores/1", "GET, HEAD, OPTIONS"),
        ("/users/1", "GET, HEAD, OPTIONS"),
        pytest.param("/token", "POST, OPTIONS", marks=pytest.mark.rule("FOXY-TOKEN-OPTIONS")),
        pytest.param(
            "/stores/1/reports", "GET, POST, HEAD, OPTIONS", marks=pytest.mark.rule("FOXY-REPORTS-OPTIONS")
        ),
        pytest.param("/report/1", "GET, HEAD, OPTIONS", marks=pytest.mark.rule("FOXY-REPORT-OPTIONS")),
        ("/reports/1", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_names_the_methods(foxy: FoxyClient, path: str, methods: str) -> None:
    answer = await foxy.send("OPTIONS", path)
    assert answer.status_code == 200
    assert answer.headers["allow"] == methods
    assert set(answer.json()["_links"]) == {"curies", "self"}


async def test_options_is_refused_like_the_rest(foxy: FoxyClient) -> None:
    assert rule_of(await foxy.send("OPTIONS", "/report/9")) == (404, "FOXY-REPORT-404")
    assert rule_of(await foxy.send("OPTIONS", "/stores/2/reports")) == (403, "FOXY-ERR-403")


@pytest.mark.parametrize("host", ["a b", "x:abc", "[::1", 'evil"<>'])
async def test_links_name_the_servers_own_address_where_a_request_names_no_host(
    foxy: FoxyClient, host: str
) -> None:
    answer = await foxy.get("/", headers={"Host": host})
    assert answer.status_code == 200
    assert answer.json()["_links"]["self"]["href"] == f"{BASE_URL}/"
