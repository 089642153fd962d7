"""Each row of the document's table on formats and unknown fields, for creating and changing a feed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import API, Steps, rule_of


def options(**value: Any) -> dict[str, Any]:
    return {"options": value}


def webhook(**value: Any) -> dict[str, Any]:
    return options(webhookTriggerOptions=value)


def second_header(value: Any) -> dict[str, Any]:
    return webhook(headerParams=[{"key": "A", "value": "1"}, value])


def target(**value: Any) -> dict[str, Any]:
    return {"externalOutputTarget": value}


def plan(**value: Any) -> dict[str, Any]:
    return {"exportPlanOptions": value}


HEADERS = "options.webhookTriggerOptions.headerParams"
FORMATS: list[tuple[str, list[dict[str, Any]]]] = [
    ("name", [{"name": 5}, {"name": None}]),
    ("fileName", [{"fileName": True}, {"fileName": None}]),
    ("targetDirectory", [{"targetDirectory": []}]),
    ("saveTarget", [{"saveTarget": 1}]),
    ("active", [{"active": "true"}, {"active": 1}, {"active": None}]),
    ("templateId", [{"templateId": "1"}, {"templateId": 1.5}, {"templateId": -1.5}, {"templateId": None}]),
    ("subshopIds", [{"subshopIds": "deutsch"}, {"subshopIds": {}}]),
    ("options", [{"options": []}, {"options": None}]),
    ("options.zipType", [options(zipType=1)]),
    ("options.exportCharset", [options(exportCharset=8)]),
    ("options.webhookTrigger", [options(webhookTrigger={})]),
    ("options.webhookTriggerOptions", [options(webhookTriggerOptions="post")]),
    ("options.webhookTriggerOptions.type", [webhook(type=1)]),
    (HEADERS, [webhook(headerParams={})]),
    (f"{HEADERS}[1]", [second_header("A: 1"), second_header(None)]),
    (f"{HEADERS}[1].key", [second_header({"key": 1})]),
    (f"{HEADERS}[1].value", [second_header({"value": 1})]),
    ("externalOutputTarget", [{"externalOutputTarget": "ftp"}]),
    ("externalOutputTarget.type", [target(type=0)]),
    ("externalOutputTarget.host", [target(host=1)]),
    ("externalOutputTarget.user", [target(user=[])]),
    ("externalOutputTarget.password", [target(password=1234)]),
    ("externalOutputTarget.remotePath", [target(remotePath=None)]),
    ("externalOutputTarget.port", [target(port="21")]),
    ("exportPlanOptions", [{"exportPlanOptions": [6]}]),
    ("exportPlanOptions.exportAfterImport", [plan(exportAfterImport=1)]),
    ("exportPlanOptions.exportPlan", [plan(exportPlan=6)]),
]
UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("options.compression", options(compression="zip")),
    ("options.webhookTriggerOptions.headers", webhook(headers={"A": "1"})),
    (f"{HEADERS}[1].name", second_header({"name": "A"})),
    ("externalOutputTarget.timeout", target(timeout=1)),
    ("exportPlanOptions.minutes", plan(minutes=[0])),
    ("templateName", {"templateName": "CSV standard"}),
]
PATHS = {"POST": "/datafeeds", "PUT": "/datafeeds/1"}


def rows(kind: str, table: list[tuple[str, Any]], digits: int) -> list[Any]:
    return [
        pytest.param(operation, rule, field, body, marks=pytest.mark.rule(rule))
        for operation in PATHS
        for number, (field, bodies) in enumerate(table, start=1)
        for rule in [f"DF-{operation}-400-{kind}-{number:0{digits}d}"]
        for body in (bodies if isinstance(bodies, list) else [bodies])
    ]


@pytest.mark.parametrize(("operation", "rule", "field", "body"), rows("format", FORMATS, 2))
async def test_a_value_of_the_wrong_type_is_named(
    api: Steps, operation: str, rule: str, field: str, body: dict[str, Any]
) -> None:
    answer = await api.client.request(operation, f"/admin/api/v1{PATHS[operation]}", json=body)
    assert rule_of(answer) == (400, rule)
    assert (answer.json()["type"], answer.json()["field"]) == ("invalidFormat", field)


@pytest.mark.parametrize("operation", PATHS)
async def test_an_element_of_subshop_ids_that_is_no_string_is_named(api: Steps, operation: str) -> None:
    body = {"subshopIds": ["deutsch", 1]}
    answer = await api.client.request(operation, f"/admin/api/v1{PATHS[operation]}", json=body)
    assert rule_of(answer) == (400, f"DF-{operation}-400-format-07")
    assert answer.json()["field"] == "subshopIds[1]"


@pytest.mark.parametrize(("operation", "rule", "field", "body"), rows("unknown", UNKNOWN, 1))
async def test_an_unknown_field_is_named(
    api: Steps, operation: str, rule: str, field: str, body: dict[str, Any]
) -> None:
    answer = await api.client.request(operation, f"/admin/api/v1{PATHS[operation]}", json=body)
    assert rule_of(answer) == (400, rule)
    assert (answer.json()["type"], answer.json()["field"]) == ("unknownDataField", field)


@pytest.mark.parametrize("operation", PATHS)
@pytest.mark.parametrize("name", ["id", "templateName", "usedBy", ""])
async def test_ids_and_names_of_templates_are_unknown_fields(api: Steps, operation: str, name: str) -> None:
    answer = await api.client.request(operation, f"/admin/api/v1{PATHS[operation]}", json={name: 1})
    assert rule_of(answer) == (400, f"DF-{operation}-400-unknown-6")


@pytest.mark.parametrize("operation", PATHS)
async def test_of_several_faults_the_first_of_the_table_is_answered(api: Steps, operation: str) -> None:
    body = {"unknown": 1, "active": "yes", "name": 5, "options": {"unknown": 1}}
    answer = await api.client.request(operation, f"/admin/api/v1{PATHS[operation]}", json=body)
    assert rule_of(answer) == (400, f"DF-{operation}-400-format-01")


@pytest.mark.parametrize("operation", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"fileName": "a/b", "name": 1}, "invalidCharacters", "fileName"),
        ({"fileName": "a/b", "foo": 1, "options": {"zipType": 1}}, "invalidCharacters", "fileName"),
        ({"active": True, "templateId": 0, "foo": 1}, "invalidCombination", "templateId"),
        ({"templateId": 99, "foo": 1}, "invalidValue", "templateId"),
        ({"subshopIds": ["nope"], "name": 1}, "invalidValue", "subshopIds[0]"),
        ({"active": True, "templateId": "1"}, "invalidFormat", "templateId"),
        ({"active": 1, "templateId": 0}, "invalidFormat", "active"),
        ({"fileName": ["/"], "foo": 1}, "invalidFormat", "fileName"),
        ({"options": 1, "externalOutputTarget": {"port": "x"}, "a.b": 1}, "invalidFormat", "options"),
    ],
)
async def test_what_the_schema_cannot_say_is_weighed_too(
    api: Steps, operation: str, body: dict[str, Any], kind: str, field: str
) -> None:
    answer = await api.client.request(operation, f"{API}{PATHS[operation]}", json=body)
    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["field"]) == (kind, field)
