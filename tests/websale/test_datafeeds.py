"""Data feeds: read, create, change and delete them; what may be written to them, and what may not."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from mockserver.app import MockServer
from tests.conftest import API, Steps, make_client, rule_of

BARGAINS: dict[str, Any] = {"name": "Bargains", "fileName": "bargains.csv", "templateId": 1}
IGNORED: dict[str, Any] = {
    "createdAt": "1999-01-01T00:00:00.000Z",
    "updatedAt": 7,
    "lastExportStarted": None,
    "lastExportFinished": ["never"],
    "exportStatus": "nonsense",
}
FIELDS: dict[str, Any] = {
    "active": True,
    "createdAt": "2025-05-19T12:00:00.000Z",
    "exportPlanOptions.exportAfterImport": True,
    "exportPlanOptions.exportPlan": [0, 6, 12, 18],
    "exportStatus": "idle",
    "externalOutputTarget.host": "ftp.marketplace.example",
    "externalOutputTarget.password": "secret",
    "externalOutputTarget.port": 21,
    "externalOutputTarget.remotePath": "/incoming",
    "externalOutputTarget.type": "ftp",
    "externalOutputTarget.user": "myshop",
    "fileName": "marketplace.csv",
    "id": 4,
    "lastExportFinished": "",
    "lastExportStarted": "",
    "name": "Marketplace",
    "options.exportCharset": "iso-8859-1",
    "options.webhookTrigger": "https://hooks.marketplace.example/feeds",
    "options.webhookTriggerOptions": {"headerParams": [{"key": "X-Feed", "value": "4"}], "type": "post"},
    "options.webhookTriggerOptions.type": "post",
    "options.zipType": "gzip",
    "saveTarget": "system",
    "subshopIds": ["english"],
    "targetDirectory": "",
    "templateId": 1,
    "updatedAt": "2025-07-02T09:15:15.000Z",
}


def at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[step]
    return document


async def created(api: Steps, **properties: Any) -> dict[str, Any]:
    answer = await api.post("/datafeeds", json={**BARGAINS, **properties})
    assert answer.status_code == 200, answer.text
    feed: dict[str, Any] = answer.json()
    return feed


# Reading


@pytest.mark.rule("DF-GET-200")
@pytest.mark.parametrize(
    ("field", "value"),
    [pytest.param(name, FIELDS[name], marks=pytest.mark.rule(f"DF-FIELD-{name}")) for name in FIELDS],
)
async def test_a_feed_has_the_documents_field(api: Steps, field: str, value: Any) -> None:
    feed = (await api.get("/datafeeds/4")).json()
    assert at(feed, field) == value


@pytest.mark.rule("DF-FIELD-options.webhookTriggerOptions.headers")
async def test_the_webhooks_headers_are_called_header_params(api: Steps) -> None:
    feed = (await api.get("/datafeeds/4")).json()
    assert feed["options"]["webhookTriggerOptions"]["headerParams"] == [{"key": "X-Feed", "value": "4"}]
    assert "headers" not in feed["options"]["webhookTriggerOptions"]


@pytest.mark.rule("DF-FIELD-templateName", "DF-LIST-templateName")
async def test_only_the_list_has_the_name_of_the_template(api: Steps) -> None:
    rows = (await api.get("/datafeeds")).json()["items"]
    assert [row["templateName"] for row in rows[:2]] == ["CSV standard", "JSON products"]
    assert rows[5]["templateName"] == ""
    assert "templateName" not in (await api.get("/datafeeds/1")).json()


@pytest.mark.rule("COM-TS-RES")
async def test_times_of_feeds_have_three_fractional_digits(api: Steps) -> None:
    await api.client.put("/_mock/clock", json={"now": "2026-03-01T12:00:00.1239Z"})
    feed = await created(api)
    assert feed["createdAt"] == feed["updatedAt"] == "2026-03-01T12:00:00.123Z"


# Ids, and feeds that there are not

CALLS = [("GET", "GET", None), ("PUT", "PUT", {"name": "x"}), ("DELETE", "DEL", None)]


def of_calls(rule: str) -> list[Any]:
    ids = {"PUT": "DF-PUT-400-blankrow"} if rule == "400-id" else {}
    return [
        pytest.param(method, body, marks=pytest.mark.rule(ids.get(method, f"DF-{name}-{rule}")))
        for method, name, body in CALLS
    ]


@pytest.mark.parametrize(("method", "body"), of_calls("400-id"))
@pytest.mark.parametrize("id", ["abc", "0", "-1", "1.5"])
async def test_an_id_that_is_none_is_invalid(api: Steps, method: str, body: Any, id: str) -> None:
    answer = await api.client.request(method, f"{API}/datafeeds/{id}", json=body)
    assert answer.status_code == 400
    said = answer.json()
    assert (said["type"], said["reason"], said["field"]) == ("invalidValue", "id is invalid.", "id")


@pytest.mark.parametrize("id", [2**53, 2**63, 10**30])
@pytest.mark.parametrize(("method", "body"), of_calls("404"))
async def test_a_number_is_never_too_large_for_an_id(api: Steps, method: str, body: Any, id: int) -> None:
    assert (await api.client.request(method, f"{API}/datafeeds/{id}", json=body)).status_code == 404


@pytest.mark.parametrize(("method", "body"), of_calls("404"))
async def test_a_feed_that_there_is_not_is_not_found(api: Steps, method: str, body: Any) -> None:
    answer = await api.client.request(method, f"{API}/datafeeds/99", json=body)
    assert answer.status_code == 404
    assert answer.json()["reason"] == "Data feed with id=99 was not found."


async def test_a_missing_feed_goes_before_a_bad_body(api: Steps) -> None:
    assert rule_of(await api.put("/datafeeds/99", content=b"{")) == (404, "DF-PUT-404")
    assert rule_of(await api.put("/datafeeds/99", json={"name": 1})) == (404, "DF-PUT-404")


# Rights


@pytest.mark.parametrize("token", [None, "nobody-token", "expired-token", "made-up"])
@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        pytest.param("GET", "", None, "read", marks=pytest.mark.rule("DF-LIST-401")),
        pytest.param("GET", "/1", None, "read", marks=pytest.mark.rule("DF-GET-401")),
        pytest.param("PUT", "/1", {}, "write", marks=pytest.mark.rule("DF-PUT-401")),
        pytest.param("POST", "", {}, "create", marks=pytest.mark.rule("DF-POST-401")),
        pytest.param("DELETE", "/1", None, "delete", marks=pytest.mark.rule("DF-DEL-401")),
    ],
)
async def test_without_the_right_a_call_is_unauthorized(
    shared_app: MockServer, world: str, token: str | None, method: str, path: str, body: Any, reason: str
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        answer = await client.request(method, f"{API}/datafeeds{path}", json=body)
    assert answer.status_code == 401
    wanted = f"do not have the required permissions to {reason} data feeds."
    assert answer.json()["reason"].endswith(wanted)


async def test_the_right_to_read_is_not_the_right_to_write(shared_app: MockServer, world: str) -> None:
    async with make_client(shared_app, token="reader-token", **{"X-Mock-World": world}) as client:
        assert (await client.get(f"{API}/datafeeds/1")).status_code == 200
        assert rule_of(await client.put(f"{API}/datafeeds/1", json={})) == (401, "DF-PUT-401")
        assert rule_of(await client.delete(f"{API}/datafeeds/1")) == (401, "DF-DEL-401")


# Creating


@pytest.mark.rule("DF-POST-200")
async def test_a_feed_of_which_nothing_is_said_has_the_defaults(api: Steps) -> None:
    answer = await api.post("/datafeeds", json={})
    assert answer.status_code == 200
    feed = answer.json()
    times = feed.pop("createdAt"), feed.pop("updatedAt")
    assert times[0] == times[1]
    assert feed == {
        "active": False,
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
        "fileName": "",
        "id": 7,
        "lastExportFinished": "",
        "lastExportStarted": "",
        "name": "",
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
    }
    assert (await api.get("/datafeeds/7")).json() == answer.json()


async def test_a_created_feed_is_what_was_sent(api: Steps) -> None:
    sent = {
        "active": True,
        "exportPlanOptions": {"exportAfterImport": True, "exportPlan": [23, 0]},
        "externalOutputTarget": {
            "host": "sftp.example",
            "password": "p",
            "port": 22.0,
            "remotePath": "/in",
            "type": "sftp",
            "user": "u",
        },
        "fileName": "a.xml",
        "name": "A",
        "options": {
            "exportCharset": "utf-16",
            "webhookTrigger": "https://x.example/?a=1",
            "webhookTriggerOptions": {"headerParams": [{"key": "A", "value": "1"}], "type": "put"},
            "zipType": "zip",
        },
        "saveTarget": "system",
        "subshopIds": ["outlet"],
        "targetDirectory": "a/b",
        "templateId": 2,
    }
    feed = await created(api, **sent)
    assert {name: feed[name] for name in sent} == sent


@pytest.mark.rule("DF-POST-ignored", "DF-PUT-ignored")
async def test_what_the_system_sets_may_be_sent_and_is_ignored(api: Steps) -> None:
    feed = await created(api, **IGNORED)
    changed = (await api.put(f"/datafeeds/{feed['id']}", json=IGNORED)).json()
    for name in IGNORED:
        assert changed[name] == feed[name] != IGNORED[name]


async def test_ids_of_deleted_feeds_are_not_given_again(api: Steps) -> None:
    first = await created(api)
    await api.delete(f"/datafeeds/{first['id']}")
    assert (await created(api))["id"] == first["id"] + 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"feed"', b"null", b"\xff"])
@pytest.mark.rule("DF-POST-400-body", "DF-PUT-400-body")
async def test_a_body_that_is_no_object_cannot_be_loaded(api: Steps, body: bytes) -> None:
    for answer in (await api.post("/datafeeds", content=body), await api.put("/datafeeds/1", content=body)):
        assert answer.status_code == 400
        assert (answer.json()["type"], answer.json()["reason"]) == ("", "Request body could not be loaded.")


# Changing


@pytest.mark.rule("DF-PUT-200")
async def test_a_change_keeps_what_it_does_not_name(api: Steps) -> None:
    before = (await api.get("/datafeeds/4")).json()
    await api.advance(60)
    changed = (
        await api.put("/datafeeds/4", json={"options": {"zipType": "zip"}, "subshopIds": ["outlet"]})
    ).json()
    assert changed["updatedAt"] > before["updatedAt"]
    expected = before | {
        "options": before["options"] | {"zipType": "zip"},
        "subshopIds": ["outlet"],
        "updatedAt": changed["updatedAt"],
    }
    assert changed == expected
    assert (await api.get("/datafeeds/4")).json() == expected


async def test_both_views_of_the_feeds_agree(api: Steps) -> None:
    await created(api, name="Seen by both")
    await api.delete("/datafeeds/2")
    started = (await api.post("/report/dataFeed/start", headers={"Prefer": "profile=immediate"})).json()
    exported = (await api.client.get(started["fileUrl"])).json()
    listed = (await api.get("/datafeeds")).json()["items"]
    assert [{k: v for k, v in row.items() if k != "templateName"} for row in listed] == exported


async def test_an_imported_feed_is_there(api: Steps) -> None:
    row = {"name": "Imported", "fileName": "imported.csv", "templateId": 1}
    await api.post("/import/dataFeed/start", json=[row], headers={"Prefer": "profile=immediate"})
    found = (await api.get("/datafeeds", params={"filter[name]": "Imported"})).json()["items"]
    assert [feed["fileName"] for feed in found] == ["imported.csv"]
    changed = await api.put(f"/datafeeds/{found[0]['id']}", json={"active": True})
    assert changed.status_code == 200, changed.text


@pytest.mark.rule("DF-DEL-200")
async def test_a_deleted_feed_is_gone(api: Steps) -> None:
    answer = await api.delete("/datafeeds/1")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert rule_of(await api.get("/datafeeds/1")) == (404, "DF-GET-404")
    assert rule_of(await api.delete("/datafeeds/1")) == (404, "DF-DEL-404")


# Values

POST_VALUE, PUT_VALUE = "DF-POST-400-value", "DF-PUT-400-blankrow"
BAD_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"fileName": ""}, "fileName"),
    ({"fileName": "."}, "fileName"),
    ({"fileName": ".."}, "fileName"),
    ({"saveTarget": "public"}, "saveTarget"),
    ({"saveTarget": ""}, "saveTarget"),
    ({"templateId": -1}, "templateId"),
    ({"templateId": 99}, "templateId"),
    ({"targetDirectory": "/feeds"}, "targetDirectory"),
    ({"targetDirectory": "\\feeds"}, "targetDirectory"),
    ({"targetDirectory": "C:feeds"}, "targetDirectory"),
    ({"targetDirectory": ".."}, "targetDirectory"),
    ({"targetDirectory": "a/../../b"}, "targetDirectory"),
    ({"targetDirectory": "a\\..\\.."}, "targetDirectory"),
    ({"subshopIds": ["deutsch", "nowhere"]}, "subshopIds[1]"),
    ({"options": {"zipType": "rar"}}, "options.zipType"),
    ({"externalOutputTarget": {"type": "scp"}}, "externalOutputTarget.type"),
    ({"externalOutputTarget": {"port": -1}}, "externalOutputTarget.port"),
    ({"externalOutputTarget": {"port": 65536}}, "externalOutputTarget.port"),
    ({"externalOutputTarget": {"port": 21.5}}, "externalOutputTarget.port"),
    ({"exportPlanOptions": {"exportPlan": [6, 24]}}, "exportPlanOptions.exportPlan[1]"),
    ({"exportPlanOptions": {"exportPlan": [-1]}}, "exportPlanOptions.exportPlan[0]"),
    ({"exportPlanOptions": {"exportPlan": ["6"]}}, "exportPlanOptions.exportPlan[0]"),
]


@pytest.mark.rule(POST_VALUE, PUT_VALUE)
@pytest.mark.parametrize(("body", "field"), BAD_VALUES)
async def test_a_value_that_cannot_be_is_invalid(api: Steps, body: dict[str, Any], field: str) -> None:
    for answer, rule in (
        (await api.post("/datafeeds", json=body), POST_VALUE),
        (await api.put("/datafeeds/1", json=body), PUT_VALUE),
    ):
        assert rule_of(answer) == (400, rule)
        error = answer.json()
        assert (error["type"], error["field"], error["reason"]) == (
            "invalidValue",
            field,
            f"{field} is invalid.",
        )


@pytest.mark.parametrize("directory", ["", "feeds", "feeds/a/", "./a", "a//b", "a/../b", "..a", "a..", "ä b"])
async def test_a_directory_below_the_storage_is_valid(api: Steps, directory: str) -> None:
    assert (await created(api, targetDirectory=directory))["targetDirectory"] == directory


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a/b.csv", "slash"), ("a\\b.csv", "backslash"), ("c:b.csv", "colon"), ("../x", "slash")],
)
@pytest.mark.parametrize("operation", ["POST", "PUT"])
@pytest.mark.rule(
    *(f"DF-{op}-400-chars-{name}" for op in ("POST", "PUT") for name in ("slash", "backslash", "colon"))
)
async def test_a_file_name_has_no_separators(api: Steps, operation: str, name: str, suffix: str) -> None:
    call = api.post("/datafeeds", json={"fileName": name})
    if operation == "PUT":
        call.close()
        call = api.put("/datafeeds/1", json={"fileName": name})
    answer = await call
    assert rule_of(answer) == (400, f"DF-{operation}-400-chars-{suffix}")
    error = answer.json()
    assert (error["type"], error["field"]) == ("invalidCharacters", "fileName")
    assert error["reason"] == "fileName contains /, \\, or :."


@pytest.mark.rule("DF-POST-400-combination", "DF-PUT-400-combination")
async def test_an_active_feed_needs_a_template(api: Steps) -> None:
    for answer in (
        await api.post("/datafeeds", json={"active": True}),
        await api.put("/datafeeds/6", json={"active": True}),
        await api.put("/datafeeds/1", json={"templateId": 0}),
    ):
        assert answer.status_code == 400
        error = answer.json()
        assert error["type"] == "invalidCombination"
        assert error["reason"] == "If active=true applies, templateId cannot be 0 (default value)."
    assert (await api.put("/datafeeds/6", json={"active": True, "templateId": 1})).status_code == 200


async def test_a_refused_change_changes_nothing(api: Steps) -> None:
    before = (await api.get("/datafeeds/1")).json()
    await api.put("/datafeeds/1", json={"name": "New", "fileName": "a/b"})
    await api.put("/datafeeds/1", json={"name": "New", "targetDirectory": "/"})
    assert (await api.get("/datafeeds/1")).json() == before


# Conflicts


@pytest.mark.rule("DF-POST-409")
@pytest.mark.parametrize(
    ("other", "conflicts"),
    [
        ({}, True),
        ({"subshopIds": []}, True),
        ({"subshopIds": ["english", "deutsch"]}, True),
        ({"subshopIds": ["english"]}, False),
        ({"targetDirectory": "feeds/./x/.."}, True),
        ({"targetDirectory": "other"}, False),
        ({"saveTarget": "system"}, False),
        ({"fileName": "Google.csv"}, False),
        ({"options": {"zipType": "zip"}}, True),
        ({"active": False}, True),
    ],
)
async def test_no_two_feeds_write_the_same_file(api: Steps, other: dict[str, Any], conflicts: bool) -> None:
    google = {"fileName": "google.csv", "targetDirectory": "feeds", "subshopIds": ["deutsch"]}
    answer = await api.post("/datafeeds", json=google | other)
    assert answer.status_code == (409 if conflicts else 200)
    if conflicts:
        assert (answer.json()["reason"], answer.json()["type"]) == ("The creation failed.", "")


@pytest.mark.rule("DF-PUT-409")
async def test_a_feed_cannot_be_moved_onto_another_ones_file(api: Steps) -> None:
    feed = await created(api, targetDirectory="feeds", subshopIds=["deutsch"])
    answer = await api.put(f"/datafeeds/{feed['id']}", json={"fileName": "google.csv"})
    assert rule_of(answer) == (409, "DF-PUT-409")
    assert answer.json()["reason"] == "The update failed. The file path is already in use."
    elsewhere = {"fileName": "google.csv", "subshopIds": ["outlet"]}
    assert (await api.put(f"/datafeeds/{feed['id']}", json=elsewhere)).status_code == 200
    assert rule_of(await api.put(f"/datafeeds/{feed['id']}", json={"subshopIds": []})) == (409, "DF-PUT-409")


async def test_a_feed_is_not_in_its_own_way(api: Steps) -> None:
    feed = (await api.get("/datafeeds/1")).json()
    body = {name: value for name, value in feed.items() if name != "id"}
    assert (await api.put("/datafeeds/1", json=body)).status_code == 200


async def test_feeds_without_a_file_name_are_in_nobodys_way(api: Steps) -> None:
    for _ in range(2):
        assert (await api.post("/datafeeds", json={"name": "Nameless"})).status_code == 200


async def test_of_many_creates_with_one_path_exactly_one_succeeds(api: Steps) -> None:
    body = {"name": "Race", "fileName": "race.csv"}
    answers: list[httpx.Response] = await asyncio.gather(
        *(api.post("/datafeeds", json=body) for _ in range(200))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 199
    found = (await api.get("/datafeeds", params={"filter[fileName]": "race.csv"})).json()
    assert found["totalCount"] == 1


async def test_exactly_one_succeeds_among_thousands_of_feeds_too(api: Steps) -> None:
    rows = [{"name": f"F{n}", "fileName": f"f{n}.csv"} for n in range(2500)]
    await api.post("/import/dataFeed/start", json=rows, headers={"Prefer": "profile=immediate"})
    body = {"name": "Race", "fileName": "race.csv"}
    answers = await asyncio.gather(*(api.post("/datafeeds", json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
