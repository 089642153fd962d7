"""A folder of fixtures of one's own: what it changes, and what is refused with file, line and reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.app import MockServer
from mockserver.cli import main
from mockserver.contract.documents import Document, DocumentError
from mockserver.contract.shapes import Shape
from mockserver.contract.specification import load_specification
from mockserver.fixtures import FILES, load_fixtures
from mockserver.resources import shipped
from mockserver.settings import Settings
from mockserver.websale.shop import Shop
from tests.conftest import API, make_client
from tests.running import NOW

FIXTURES = shipped("fixtures")
SPECIFICATION = load_specification(shipped("openapi"), "fixtures")
RECIPES = sorted(file.name for file in (FIXTURES / "records").iterdir())

SHOP = """\
name: tea-house
currency: CHF
subshops:
  - {id: nord, name: Nord, locale: de_CH, language: de, country: CH, domain: nord.example}
  - {id: ouest, name: Ouest, locale: fr_CH, language: fr, country: CH, domain: ouest.example}
"""


def folder(path: Path, files: Mapping[str, str]) -> str:
    """Write a folder of fixtures."""
    for name, text in files.items():
        file = path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return str(path / "own")


def start(path: Path, files: Mapping[str, str], **settings: Any) -> MockServer:
    return MockServer(Settings(fixtures=folder(path, files), clock="frozen", now=NOW, **settings))


def records(app: MockServer, service: str) -> list[dict[str, Any]]:
    return [*app.server.worlds.get("default").part(Shop).records.snapshot(service)]


# What the server brings along


def shape(name: str) -> Shape:
    return Shape(SPECIFICATION.inline(SPECIFICATION.document["components"]["schemas"][name]))


@pytest.mark.parametrize("name", FILES)
def test_the_servers_own_fixtures_are_as_specified(name: str) -> None:
    content = Document.read(FIXTURES / f"{name}.yaml").content
    assert content != {}
    assert [*shape(name).refusals(content)] == []


@pytest.mark.parametrize("name", RECIPES)
def test_the_servers_own_recipes_are_as_specified(name: str) -> None:
    content = Document.read(FIXTURES / "records" / name).content
    assert "record" in content
    assert [*shape("recipe").refusals(content)] == []


def test_the_specification_knows_every_service() -> None:
    schemas = SPECIFICATION.document["components"]["schemas"]
    services = [*Document.read(FIXTURES / "services.yaml").content]
    assert [*schemas["services"]["properties"]] == services
    assert [*schemas["User"]["properties"]["rights"]["properties"]] == ["*", *services]


# What a folder changes


async def test_a_service_is_changed_alone(tmp_path: Path) -> None:
    app = start(tmp_path, {"services.yaml": "order: {count: 7, recordsPerSecond: 1}\n"})
    async with make_client(app) as client:
        order = (await client.post(f"{API}/report/order/start")).json()
        product = (await client.post(f"{API}/report/product/start")).json()
        clock = (await client.post("/_mock/clock/advance", json={"until": "idle"})).json()
        ended = (await client.get(f"{API}/report/order/status")).json()
    assert (order["total"], product["total"]) == (7, 200)
    assert ended["duration"] == 7
    assert clock["now"] > ended["start"]


async def test_the_command_lines_number_of_records_goes_first(tmp_path: Path) -> None:
    app = start(tmp_path, {"services.yaml": "order: {count: 7}\n"}, records={"order": 3})
    assert len(records(app, "order")) == 3


async def test_records_follow_the_shop(tmp_path: Path) -> None:
    app = start(tmp_path, {"shop.yaml": SHOP})
    orders = records(app, "order")
    assert {order["subshopId"] for order in orders} == {"nord", "ouest"}
    assert {(order["subshopId"], order["data"]["general"]["shopLanguage"]) for order in orders} == {
        ("nord", "de"),
        ("ouest", "fr"),
    }
    assert {order["data"]["sums"]["currency"] for order in orders} == {"CHF"}
    assert {order["data"]["general"]["shopId"] for order in orders} == {"tea-house"}
    assert {category["subshopId"] for category in records(app, "category")} == {"nord", "ouest"}
    parents = {category["id"]: category for category in records(app, "category")}
    assert all(
        parents[category["parentId"]]["subshopId"] == category["subshopId"]
        for category in parents.values()
        if category["parentId"]
    )


@pytest.mark.parametrize("subshops", [1, 2, 10])
async def test_feeds_are_built_for_the_shops_own_subshops(tmp_path: Path, subshops: int) -> None:
    rows = "".join(
        f"  - {{id: s{n}, name: S, locale: de_DE, language: de, country: DE, domain: s.example}}\n"
        for n in range(subshops)
    )
    app = start(tmp_path, {"shop.yaml": f"subshops:\n{rows}"})
    async with make_client(app) as client:
        assert (await client.post(f"{API}/datafeeds/build/all")).status_code == 200
        await client.post("/_mock/clock/advance", json={"until": "idle"})
        built = (await client.get(f"{API}/datafeeds/build/2/status")).json()
    assert [row["filePath"] for row in built] == [f"feeds/search/s{n}/products.json" for n in range(subshops)]


async def test_a_user_is_added_to_those_that_there_are(tmp_path: Path) -> None:
    text = """\
users:
  - name: picker
    id: 77
    email: picker@example.com
    password: secret
    apiKey: picker-key
    token: picker-token
    rights: {order: [read]}
  - name: editor
    rights: {product: [read]}
"""
    async with make_client(start(tmp_path, {"users.yaml": text}), token=None) as client:

        async def status(token: str, service: str) -> int:
            answer = await client.get(
                f"{API}/report/{service}/status", headers={"X-Authorization": f"Bearer {token}"}
            )
            return answer.status_code

        assert await status("picker-token", "order") == 200
        assert await status("picker-token", "product") == 401
        assert await status("admin-token", "order") == 200
        assert await status("editor-token", "order") == 200  # rights were merged: `*` is still there
        assert await status("nobody-token", "order") == 401


async def test_a_store_of_foxy_is_added_with_its_token(tmp_path: Path) -> None:
    text = """\
stores:
  - id: 9
    user: 1
    opened: 2021-05-01
    properties:
      store_name: Tea House
      timezone: Europe/Zurich
      date_created: 2021-05-01T09:00:00+0200
      date_modified: 2021-05-01T09:00:00+0200
clients:
  - {id: tea-client, secret: tea-secret, user: 1, store: 9}
accessTokens:
  - {token: tea-token, client: tea-client, scope: store_full_access}
profile: {kind: immediate}
"""
    headers = {"Authorization": "Bearer tea-token", "FOXY-API-VERSION": "1"}
    async with make_client(start(tmp_path, {"foxy.yaml": text}), token=None) as client:
        store = await client.get("/stores/9", headers=headers)
        assert (store.status_code, store.json()["store_name"]) == (200, "Tea House")
        assert (await client.get("/stores/1", headers=headers)).status_code == 403
        body = {
            "name": "customers",
            "version": "1",
            "datetime_start": "2022-01-01",
            "datetime_end": "2022-02-01",
        }
        made = await client.post("/stores/9/reports", headers=headers, json=body)
        assert made.status_code == 201
        reports = (await client.get("/stores/9/reports", headers=headers)).json()
    assert [report["status"] for report in reports["_embedded"]["fx:reports"]] == ["ready"]


def test_records_of_ones_own_come_first_and_others_refer_to_them(tmp_path: Path) -> None:
    text = 'given:\n  - {name: Oolong, price: "7.500000", custom: {weight: 1.5}}\n  - id: "100002"\n'
    app = start(tmp_path, {"records/product.yaml": text})
    plain = MockServer(Settings(clock="frozen", now=NOW))
    before, after = records(plain, "product"), records(app, "product")
    assert after[0]["custom"] == {**before[0]["custom"], "weight": 1.5}
    assert after[0] == {**before[0], "name": "Oolong", "price": "7.500000", "custom": after[0]["custom"]}
    assert after[1:] == before[1:]
    bought = [item for order in records(app, "order") for item in order["data"]["items"]]
    names = {item["name"] for item in bought if item["productId"] == after[0]["id"]}
    assert names <= {"Oolong"}
    assert {rating["productName"] for rating in records(app, "productRating")} <= {p["name"] for p in after}


@pytest.mark.parametrize("service", ["customerAccount", "order", "voucherTemplate", "category", "dataFeed"])
def test_a_given_record_can_leave_out_everything(tmp_path: Path, service: str) -> None:
    app = start(tmp_path, {f"records/{service}.yaml": "given: [{}, {}]\n"})
    plain = MockServer(Settings(clock="frozen", now=NOW))
    for name in ("order", "voucher", "transaction", service):
        assert records(app, name) == records(plain, name)


def test_words_of_ones_own_are_used(tmp_path: Path) -> None:
    text = "locale: fr_FR\nvocabularies:\n  city: {values: [Genf, Bern]}\n"
    app = start(tmp_path, {"vocabulary.yaml": text})
    assert {order["data"]["billAddress"]["city"] for order in records(app, "order")} == {"Genf", "Bern"}


async def test_a_scenario_of_the_folder_can_be_applied_and_one_of_another_folder_goes_before_it(
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.yaml").write_text("description: Theirs.\n", encoding="utf-8")
    files = {"scenarios/one.yaml": "description: Ours.\n", "scenarios/two.yaml": "description: Ours, too.\n"}
    async with make_client(start(tmp_path, files, scenarios=str(other), scenario="two")) as client:
        listed = (await client.get("/_mock/scenarios")).json()["scenarios"]
        told = {scenario["name"]: scenario["description"] for scenario in listed}
        assert (told["one"], told["two"]) == ("Theirs.", "Ours, too.")
        assert "redis-down" in told
        assert (await client.post("/_mock/scenarios/two")).status_code == 200


def test_notes_and_hidden_files_do_no_harm_and_comments_change_nothing(tmp_path: Path) -> None:
    files = {"README.md": "x", ".git/config": "x", "scenarios/notes.md": "x", "services.yaml": "# nothing\n"}
    loaded = load_fixtures(Settings(fixtures=folder(tmp_path, files)))
    assert loaded.services["order"].count == 120


# What is refused

ALICE = "name: alice, id: 9, email: a@x.test, password: x, apiKey: x, token: alice-token"


@pytest.mark.parametrize(
    ("file", "text", "line", "reason"),
    [
        ("shop.yaml", "name: [", 2, "This is no valid YAML: "),
        ("shop.yaml", "name: a\n\tb: c\n", 2, "This is no valid YAML: "),
        ("shop.yaml", "name: a\nhost: b.test\nname: c\n", 3, "name stands there twice."),
        ("shop.yaml", "name: a\nno: b\n", 2, "no is no text; as a key it has to stand in quotes."),
        ("shop.yaml", "host: x\nname: &a\n  b: *a\n", 2, "This contains itself."),
        ("shop.yaml", "- name\n", 1, "The document is ['name']; accepted: a mapping."),
        ("shop.yaml", "name: a\nnmae: b\n", 2, "There is no nmae; accepted: name, host, timeZone,"),
        ("shop.yaml", "name: 7\n", 1, "name is 7; accepted: a text."),
        ("shop.yaml", "name: a b\n", 1, "name is 'a b'; accepted: something like myshop."),
        (
            "shop.yaml",
            "\ntimeZone: Europe\n",
            2,
            "timeZone is 'Europe'; accepted: something like Europe/Berlin.",
        ),
        ("shop.yaml", "subshops: []\n", 1, "subshops is []; accepted: a list of at least 1."),
        ("shop.yaml", "subshops:\n  - {id: a}\n", 2, "subshops[0].name is missing."),
        (
            "shop.yaml",
            SHOP.replace("ouest", "nord"),
            5,
            "subshops[1].id is 'nord', and another one has that, too.",
        ),
        ("shop.yaml", SHOP.replace("id: nord", "id: .."), 4, "subshops[0].id is '..'; accepted: "),
        (
            "services.yaml",
            "\n\norders: {count: 1}\n",
            3,
            "There is no orders; accepted: adminUser, category,",
        ),
        (
            "services.yaml",
            "order:\n  count: many\n",
            2,
            "order.count is 'many'; accepted: a whole number, 0 to 100000000.",
        ),
        ("services.yaml", "order:\n  count: -1\n", 2, "order.count is -1; accepted: 0 to 100000000."),
        (
            "services.yaml",
            "order:\n  count: null\n",
            2,
            "order.count is null; accepted: a whole number, 0 to 100000000.",
        ),
        ("services.yaml", "order: 7\n", 1, "order is 7; accepted: a mapping."),
        (
            "services.yaml",
            "order:\n  formats: [json, csv]\n",
            2,
            "order.formats[1] is 'csv'; accepted: json, xml.",
        ),
        (
            "services.yaml",
            "order:\n  formats: [pdf]\n",
            2,
            "order.formats[0] is 'pdf'; accepted: json, csv, xml.",
        ),
        (
            "services.yaml",
            "order:\n  mandatory:\n    - mail\n",
            3,
            "order.mandatory[0] is 'mail'; accepted: create",
        ),
        ("services.yaml", "order:\n  mandatory: [id, id]\n", 2, "accepted: no value twice."),
        ("users.yaml", "users:\n  - id: 9\n", 2, "users[0].name is missing."),
        ("users.yaml", f"users:\n  - {{{ALICE}}}\n", 2, "users[alice].rights is missing."),
        (
            "users.yaml",
            f"users:\n  - {{{ALICE}, rights: {{}}}}\n  - {{{ALICE}, rights: {{}}}}\n",
            3,
            "users[1].name is alice, like that of an earlier one.",
        ),
        (
            "users.yaml",
            f"users:\n  - {{{ALICE}, rights: {{ordr: [read]}}}}\n",
            2,
            "There is no users[alice].rights.ordr; accepted: *, adminUser",
        ),
        (
            "users.yaml",
            "users:\n  - name: editor\n    token: admin-token\n",
            3,
            "users[editor].token is 'admin-token'",
        ),
        (
            "users.yaml",
            "users:\n  - name: editor\n    rights:\n      order: [eat]\n",
            4,
            "accepted: read, write",
        ),
        ("foxy.yaml", "stores:\n  - id: 1\n    user: 7\n", 3, "stores[1].user is 7; accepted: 1, 2."),
        ("foxy.yaml", "profile:\n  kind: odd\n", 2, "profile.kind is 'odd'; accepted: steady, immediate"),
        (
            "foxy.yaml",
            "profile: {kind: steady}\nrecipe:\n  years: 0\n",
            3,
            "recipe.years is 0; accepted: 1 to 1000.",
        ),
        (
            "foxy.yaml",
            "reports:\n  - id: 1\n    datetime_end: 2022-02-30 10:00\n",
            3,
            "reports[1].datetime_end is '2022-02-30 10:00'; accepted: a time such as",
        ),
        ("foxy.yaml", "recipe:\n  coupons: []\n", 2, "recipe.coupons is []; accepted: a list of at least 1."),
        (
            "vocabulary.yaml",
            "vocabularies:\n  city: {faker: citty}\n",
            2,
            "vocabularies.city cannot be drawn: ",
        ),
        (
            "vocabulary.yaml",
            "vocabularies:\n  city: {}\n",
            2,
            "a mapping with values or a mapping with faker",
        ),
        ("vocabulary.yaml", "vocabularies:\n  city: {join: [towns]}\n", 2, "towns: no such vocabulary."),
        (
            "vocabulary.yaml",
            "vocabularies:\n  city: {join: [city]}\n",
            2,
            "vocabularies.city cannot be drawn: ",
        ),
        ("vocabulary.yaml", "locale: xx_XX\n", 1, "cannot be drawn: Invalid configuration for faker locale"),
        ("records/product.yaml", "record: {}\n", 1, "There is no record; accepted: given."),
        ("records/product.yaml", "given: {}\n", 1, "given is {}; accepted: a list."),
        ("records/product.yaml", "given:\n  - nmae: x\n", 2, "There is no given[0].nmae; accepted: active,"),
        (
            "records/product.yaml",
            "given:\n  - name: x\n    price: 7\n",
            3,
            "given[0].price is 7; accepted: a text.",
        ),
        (
            "records/product.yaml",
            "given:\n  - name: x\n    subshopIds: [deutsch, nord]\n",
            3,
            "given[0].subshopIds[1] is 'nord'; accepted: deutsch, ",
        ),
        (
            "records/order.yaml",
            "given:\n  - subshopId: deutsch\n    data:\n      general: {subshopId: nord}\n",
            4,
            "given[0].data.general.subshopId is 'nord'; accepted: deutsch, ",
        ),
        (
            "records/product.yaml",
            "given:\n  - {}\n  - id: '7'\n",
            3,
            "given[1].id is '7'; accepted: '100002', or nothing.",
        ),
        (
            "records/voucherPreset.yaml",
            "given:\n  - {}\n  - {}\n  - {}\n  - {}\n",
            5,
            "voucherPreset has 3 records",
        ),
        (
            "scenarios/one.yaml",
            "description: x\njbos: []\n",
            2,
            "There is no jbos; accepted: description, states,",
        ),
        (
            "scenarios/one.yaml",
            "description: x\njobs:\n  - {api: report, target: ordr}\n",
            3,
            "jobs[0].target is 'ordr'; accepted: adminUser",
        ),
        (
            "scenarios/one.yaml",
            "description: x\njobs:\n  - api: report\n    target: order\n    profile: {kind: stuck, pollz: 3}\n",
            5,
            "There is no jobs[0].profile.pollz; accepted: kind, ",
        ),
        (
            "scenarios/one.yaml",
            "description: x\nfaults:\n  - rule: IMP-START-503-redis\n",
            3,
            "accepted: IMP-STATUS-503-redis, IMP-START-503-redis-read, IMP-START-503-redis-write and ",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_file_line_and_reason(
    tmp_path: Path, file: str, text: str, line: int, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        start(tmp_path, {file: text})
    assert str(caught.value).startswith(f"{tmp_path}/own/{file}, line {line}: ")
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"shops.yaml": ""},
            "own/shops.yaml: Nobody reads this file; read are shop.yaml, services.yaml, users",
        ),
        ({"shop.yml": ""}, "own/shop.yml: Nobody reads this file; read are shop.yaml"),
        ({"scenario/a.yaml": ""}, "own/scenario: Nobody reads this file; read are shop.yaml"),
        ({"records/orders.yaml": ""}, "own/records/orders.yaml: Nobody reads this file; read are adminUser"),
        (
            {"scenarios/a.json": "{}"},
            "own/scenarios/a.json: Nobody reads this file; read are scenarios/<name>.yaml",
        ),
        (
            {"scenarios/a b.yaml": "description: x"},
            "own/scenarios/a b.yaml: The scenario's name is 'a b'; accepted",
        ),
        (
            {"scenarios/a.yaml": "description: x", "scenarios/a.yml": "description: x"},
            "There are two files for the scenario a.",
        ),
        ({"README.md": "x"}, "own: There are no fixtures here; read are shop.yaml"),
        ({"shop.yaml/x": ""}, "own/shop.yaml: This cannot be read: Is a directory."),
        ({"records": ""}, "own/records: This is no folder."),
    ],
)
def test_a_file_that_nobody_reads_is_refused(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        start(tmp_path, files)
    assert reason in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    own = folder(tmp_path, {"shop.yaml": ""})
    (Path(own) / "shop.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(DocumentError, match=r"shop\.yaml, line 1: This is no valid YAML: 'utf-8' codec"):
        MockServer(Settings(fixtures=own))


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"shop.yaml": "nmae: x\n"}, [], "shop.yaml, line 1: There is no nmae; accepted: name"),
        (
            {"services.yaml": "dataFeed: {count: 0}\n"},
            ["--scenario", "feed-build-error"],
            "feed-build-error.yaml, line",
        ),
    ],
)
def test_the_command_line_says_it_in_one_line(
    tmp_path: Path, files: dict[str, str], options: list[str], message: str
) -> None:
    result = CliRunner().invoke(main, ["serve", "--fixtures", folder(tmp_path, files), *options])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert message in result.output


def test_a_folder_that_is_not_there_is_named() -> None:
    result = CliRunner().invoke(main, ["serve", "--fixtures", "/nowhere"])
    assert (result.exit_code, result.output) == (1, "Error: /nowhere: There is no such folder.\n")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with a small shop of its own."""
    app = start(tmp_path, {"shop.yaml": SHOP, "services.yaml": "order: {count: 9}\n"})
    async with make_client(app) as client:
        yield client


async def test_every_scenario_of_the_server_suits_a_shop_of_ones_own(client: httpx.AsyncClient) -> None:
    for scenario in (await client.get("/_mock/scenarios")).json()["scenarios"]:
        answer = await client.post(f"/_mock/scenarios/{scenario['name']}")
        assert answer.status_code == 200, answer.text


async def test_a_reset_brings_the_shop_of_ones_own_back(client: httpx.AsyncClient) -> None:
    await client.post("/_mock/reset")
    assert (await client.post(f"{API}/report/order/start")).json()["total"] == 9
