"""Templates of data feeds: read, create, change, delete and check them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockserver.app import MockServer
from tests.conftest import API, Steps, make_client, rule_of

PATH = "/datafeeds/templates"
LINE: dict[str, Any] = {
    "name": "Line",
    "content": "{{ foreach $p in $products }}{{= $p.id }}\n{{ /foreach }}",
}
BROKEN = [
    "{{ foreach $p in $products }}",
    "{{= $undeclared }}",
    "{{ var $x = 1 }}{{ var $x = 2 }}",
    "{{ if true }}{{ /foreach }}",
    "{{= shout(1) }}",
    "{{= 1 + }}",
    "{{ extends 'base' }}",
]


async def created(api: Steps, **properties: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json={**LINE, **properties})
    assert answer.status_code == 200, answer.text
    template: dict[str, Any] = answer.json()
    return template


# Reading


@pytest.mark.rule(
    "DFT-GET-200",
    "DFT-FIELD-id",
    "DFT-FIELD-name",
    "DFT-FIELD-content",
    "DFT-FIELD-createdAt",
    "DFT-FIELD-updatedAt",
)
async def test_a_template_has_the_documents_fields(api: Steps) -> None:
    template = (await api.get(f"{PATH}/1")).json()
    assert template.pop("content").startswith("id;name;price\n{{ foreach $product in $products }}")
    assert template == {
        "createdAt": "2025-02-04T15:05:24.000Z",
        "id": 1,
        "name": "CSV standard",
        "updatedAt": "2025-02-04T15:05:24.000Z",
    }


@pytest.mark.rule("DFT-LIST-200", "DFT-FIELD-usedBy")
async def test_only_the_list_says_which_feeds_use_a_template(api: Steps) -> None:
    rows = (await api.get(PATH)).json()["items"]
    assert [row["usedBy"] for row in rows] == [
        ["Google Shopping", "Marketplace"],
        ["Price comparison"],
        ["Search index"],
        ["Category tree"],
        [],
    ]
    assert "usedBy" not in (await api.get(f"{PATH}/1")).json()
    await api.put("/datafeeds/4", json={"templateId": 5})
    rows = (await api.get(PATH)).json()["items"]
    assert (rows[0]["usedBy"], rows[4]["usedBy"]) == (["Google Shopping"], ["Marketplace"])


CALLS = [("GET", "GET", None), ("PUT", "PUT", {"name": "x"}), ("DELETE", "DEL", None)]


def of_calls(rule: str) -> list[Any]:
    return [
        pytest.param(method, body, marks=pytest.mark.rule(f"DFT-{name}-{rule}"))
        for method, name, body in CALLS
    ]


@pytest.mark.parametrize(("method", "body"), of_calls("400-id"))
@pytest.mark.parametrize("id", ["abc", "0", "-1", "1.0"])
async def test_an_id_that_is_none_is_invalid(api: Steps, method: str, body: Any, id: str) -> None:
    answer = await api.client.request(method, f"{API}{PATH}/{id}", json=body)
    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["reason"]) == ("invalidValue", "id is invalid.")


@pytest.mark.parametrize(("method", "body"), of_calls("404"))
async def test_a_template_that_there_is_not_is_not_found(api: Steps, method: str, body: Any) -> None:
    answer = await api.client.request(method, f"{API}{PATH}/99", json=body)
    said = "The template was not found." if method == "PUT" else "The template with id=99 was not found."
    assert (answer.status_code, answer.json()["reason"]) == (404, said)


async def test_a_missing_template_goes_before_a_bad_body(api: Steps) -> None:
    assert rule_of(await api.put(f"{PATH}/99", content=b"{")) == (404, "DFT-PUT-404")


# Rights


@pytest.mark.parametrize("token", [None, "nobody-token", "expired-token"])
@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        pytest.param("GET", "/1", None, "read", marks=pytest.mark.rule("DFT-GET-401")),
        pytest.param("PUT", "/1", {}, "write", marks=pytest.mark.rule("DFT-PUT-401")),
        pytest.param("POST", "", LINE, "create", marks=pytest.mark.rule("DFT-POST-401")),
        pytest.param("POST", "/validate", {"content": ""}, "read", marks=pytest.mark.rule("DFT-VAL-401")),
        pytest.param("DELETE", "/5", None, "delete", marks=pytest.mark.rule("DFT-DEL-401")),
    ],
)
async def test_without_the_right_a_call_is_unauthorized(
    shared_app: MockServer, world: str, token: str | None, method: str, path: str, body: Any, reason: str
) -> None:
    async with make_client(shared_app, token=token, **{"X-Mock-World": world}) as client:
        answer = await client.request(method, f"{API}{PATH}{path}", json=body)
    assert answer.status_code == 401
    assert answer.json()["reason"].endswith(f"permissions to {reason} data feeds.")


@pytest.mark.rule("DFT-LIST-401")
async def test_the_list_has_a_text_of_its_own_for_a_missing_right(shared_app: MockServer, world: str) -> None:
    async with make_client(shared_app, token="writer-token", **{"X-Mock-World": world}) as client:
        answer = await client.get(f"{API}{PATH}")
    assert answer.status_code == 401
    said = "You are not an administrator and do not have permission to read data feeds."
    assert answer.json()["reason"] == said


async def test_checking_a_template_needs_the_right_to_read_only(shared_app: MockServer, world: str) -> None:
    async with make_client(shared_app, token="reader-token", **{"X-Mock-World": world}) as client:
        assert (await client.post(f"{API}{PATH}/validate", json={"content": ""})).status_code == 200
        assert rule_of(await client.post(f"{API}{PATH}", json=LINE)) == (401, "DFT-POST-401")


# Creating and changing


@pytest.mark.rule("DFT-POST-200", "DFT-POST-ignored", "DFT-PUT-ignored")
async def test_a_template_is_created_and_the_system_sets_its_times(api: Steps) -> None:
    times = {"createdAt": "1999-01-01T00:00:00.000Z", "updatedAt": 5}
    template = await created(api, **times)
    assert (template["id"], template["name"], template["content"]) == (6, LINE["name"], LINE["content"])
    assert template["createdAt"] == template["updatedAt"] > "2026"
    assert (await api.get(f"{PATH}/6")).json() == template
    changed = (await api.put(f"{PATH}/6", json=times)).json()
    assert changed["createdAt"] == template["createdAt"]
    assert changed["updatedAt"] != 5


@pytest.mark.rule("DFT-PUT-200")
async def test_a_change_keeps_what_it_does_not_name(api: Steps) -> None:
    before = (await api.get(f"{PATH}/1")).json()
    await api.advance(60)
    changed = (await api.put(f"{PATH}/1", json={"name": "Renamed"})).json()
    assert changed == before | {"name": "Renamed", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > before["updatedAt"]
    assert (await api.get(f"{PATH}/1")).json() == changed


async def test_a_change_may_empty_name_and_content(api: Steps) -> None:
    changed = (await api.put(f"{PATH}/5", json={"name": "", "content": ""})).json()
    assert (changed["name"], changed["content"]) == ("", "")


@pytest.mark.rule("DFT-POST-400-compile", "DFT-PUT-400-compile")
@pytest.mark.parametrize("content", BROKEN)
async def test_content_that_does_not_compile_is_not_saved(api: Steps, content: str) -> None:
    for answer in (
        await api.post(PATH, json={"name": "Broken", "content": content}),
        await api.put(f"{PATH}/1", json={"content": content}),
    ):
        error = answer.json()
        assert (answer.status_code, error["type"], error["field"]) == (400, "invalidValue", "content")
        assert error["reason"] == "content could not be compiled."
        assert "line 1" in answer.headers["x-mock-explain"]
    assert (await api.get(PATH)).json()["totalCount"] == 5
    assert (await api.get(f"{PATH}/1")).json()["content"].startswith("id;name;price")


@pytest.mark.rule("DFT-POST-400-body", "DFT-PUT-400-body", "DFT-VAL-400-body")
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
async def test_a_body_that_is_no_object_cannot_be_loaded(api: Steps, body: bytes) -> None:
    for answer in (
        await api.post(PATH, content=body),
        await api.put(f"{PATH}/1", content=body),
        await api.post(f"{PATH}/validate", content=body),
    ):
        assert answer.status_code == 400
        assert (answer.json()["type"], answer.json()["reason"]) == ("", "Request body could not be loaded.")


def refused(rule: str, method: str, path: str, body: Any, kind: str, field: str, reason: str) -> Any:
    return pytest.param(method, path, body, kind, field, reason, rule, marks=pytest.mark.rule(rule))


UNKNOWN = "The request body contains something other than name, content, createdAt, updatedAt."


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "field", "reason", "rule"),
    [
        refused("DFT-POST-400-format-name", "POST", "", LINE | {"name": 1}, "invalidFormat", "name", ""),
        refused(
            "DFT-POST-400-format-content", "POST", "", LINE | {"content": []}, "invalidFormat", "content", ""
        ),
        refused("DFT-PUT-400-format-name", "PUT", "/1", {"name": None}, "invalidFormat", "name", ""),
        refused("DFT-PUT-400-format-content", "PUT", "/1", {"content": 1}, "invalidFormat", "content", ""),
        refused(
            "DFT-VAL-400-format",
            "POST",
            "/validate",
            {"content": 1},
            "invalidFormat",
            "content",
            "content is not a string.",
        ),
        refused(
            "DFT-POST-400-missing-name", "POST", "", {"content": "x"}, "missing", "name", "name is missing."
        ),
        refused(
            "DFT-POST-400-missing-content",
            "POST",
            "",
            {"name": "x"},
            "missing",
            "content",
            "content is missing.",
        ),
        refused("DFT-VAL-400-missing", "POST", "/validate", {}, "missing", "content", "content is missing."),
        refused(
            "DFT-POST-400-empty-name",
            "POST",
            "",
            LINE | {"name": ""},
            "invalidValue",
            "name",
            "name is empty.",
        ),
        refused(
            "DFT-POST-400-empty-content",
            "POST",
            "",
            LINE | {"content": ""},
            "invalidValue",
            "content",
            "content is empty.",
        ),
        refused("DFT-POST-400-unknown", "POST", "", LINE | {"id": 1}, "unknownDataField", "id", UNKNOWN),
        refused("DFT-PUT-400-unknown", "PUT", "/1", {"usedBy": []}, "unknownDataField", "usedBy", UNKNOWN),
        refused(
            "DFT-VAL-400-unknown",
            "POST",
            "/validate",
            {"content": "", "name": "x"},
            "unknownDataField",
            "name",
            "The request body contains an unknown field.",
        ),
    ],
)
async def test_a_fault_of_the_body_is_named(
    api: Steps, method: str, path: str, body: Any, kind: str, field: str, reason: str, rule: str
) -> None:
    answer = await api.client.request(method, f"{API}{PATH}{path}", json=body)
    assert rule_of(answer) == (400, rule)
    error = answer.json()
    assert (error["type"], error["field"]) == (kind, field)
    assert reason in ("", error["reason"])


@pytest.mark.rule("DFT-POST-409", "DFT-PUT-409")
async def test_conflicts_of_templates_happen_on_purpose_only(api: Steps) -> None:
    for _ in range(2):
        await created(api)
    prefer = {"Prefer": "example=DFT-POST-409"}
    answer = await api.post(PATH, json=LINE, headers=prefer)
    assert (answer.status_code, answer.json()["reason"]) == (409, "The creation failed.")
    answer = await api.put(f"{PATH}/1", json={}, headers={"Prefer": "example=DFT-PUT-409"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "The update failed.")


# Checking


@pytest.mark.rule("DFT-VAL-200")
async def test_checking_content_that_compiles_says_so_and_saves_nothing(api: Steps) -> None:
    answer = await api.post(f"{PATH}/validate", json={"content": LINE["content"]})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert (await api.get(PATH)).json()["totalCount"] == 5


@pytest.mark.rule("DFT-VAL-nocompile")
@pytest.mark.parametrize("content", BROKEN)
async def test_checking_content_that_does_not_compile_says_what_is_wrong_and_where(
    api: Steps, content: str
) -> None:
    answer = await api.post(f"{PATH}/validate", json={"content": "\n" + content})
    assert answer.status_code == 200
    check = answer.json()
    assert (check["success"], check["line"]) == (False, 2)
    assert check["error"]
    assert check.keys() == {"success", "error", "line"}
    assert answer.headers["x-mock-explain"].startswith("line 2, column ")


async def test_a_long_content_is_compiled_beside_the_other_requests(api: Steps) -> None:
    long = "{{= $feed.name }}\n" * 20_000
    check, _ = await asyncio.gather(
        api.post(f"{PATH}/validate", json={"content": long}), api.get(f"{PATH}/1")
    )
    assert check.json() == {"success": True}
    answer = await api.post(f"{PATH}/validate", json={"content": "x" * 500_001})
    assert answer.json()["success"] is False


# Deleting


@pytest.mark.rule("DFT-DEL-200")
async def test_a_template_that_no_feed_uses_can_be_deleted(api: Steps) -> None:
    answer = await api.delete(f"{PATH}/5")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert rule_of(await api.get(f"{PATH}/5")) == (404, "DFT-GET-404")


@pytest.mark.rule("DFT-DEL-409")
async def test_a_template_in_use_cannot_be_deleted(api: Steps) -> None:
    answer = await api.delete(f"{PATH}/2")
    assert (answer.status_code, answer.json()["reason"]) == (409, "The template is still in use.")
    await api.delete("/datafeeds/3")
    assert (await api.delete(f"{PATH}/2")).status_code == 200


async def test_both_views_of_the_templates_agree(api: Steps) -> None:
    template = await created(api)
    started = (
        await api.post("/report/dataFeedTemplate/start", headers={"Prefer": "profile=immediate"})
    ).json()
    assert (await api.client.get(started["fileUrl"])).json()[-1] == template


@pytest.mark.parametrize(
    ("operation", "path", "body", "rule"),
    [
        ("PUT", f"{PATH}/1", {"content": "{{ if", "name": 1}, "DFT-PUT-400-compile"),
        ("PUT", f"{PATH}/1", {"content": "{{ if", "foo": 1}, "DFT-PUT-400-compile"),
        ("PUT", f"{PATH}/1", {"content": "good", "name": 1}, "DFT-PUT-400-format-name"),
        ("PUT", f"{PATH}/1", {"content": 1, "foo": 1}, "DFT-PUT-400-format-content"),
        ("POST", PATH, {"content": "{{ if", "name": ""}, "DFT-POST-400-empty-name"),
        ("POST", PATH, {"content": "{{ if"}, "DFT-POST-400-missing-name"),
    ],
)
async def test_what_does_not_compile_is_weighed_with_what_the_schema_refuses(
    api: Steps, operation: str, path: str, body: dict[str, Any], rule: str
) -> None:
    answer = await api.client.request(operation, f"{API}{path}", json=body)
    assert rule_of(answer) == (400, rule)
