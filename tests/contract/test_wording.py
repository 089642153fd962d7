"""What is wrong with a request is said in one sentence, with what would have been accepted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.contract.schemas import Validator, find_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["size"],
    "additionalProperties": False,
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 300},
        "name": {"type": "string", "enum": ["tea", "coffee"]},
        "at": {"type": "string", "pattern": "^[0-9]+$", "example": "7"},
        "weight": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 2},
        "part": {"type": "integer", "maximum": 9},
        "until": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["seconds"],
                    "properties": {"seconds": {"type": "number", "minimum": 0}},
                },
                {"type": "object", "required": ["job"], "properties": {"job": {"type": "string"}}},
            ]
        },
    },
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "size is missing."),
        ({"size": 0}, "size is 0; accepted: 1 to 300."),
        ({"size": "x"}, "size is 'x'; accepted: a whole number, 1 to 300."),
        ({"size": 1, "name": "milk"}, "name is 'milk'; accepted: tea, coffee."),
        ({"size": 1, "name": 1}, "name is 1; accepted: tea, coffee."),
        ({"size": 1, "at": "x"}, "at is 'x'; accepted: something like 7."),
        ({"size": 1, "cup": 1}, "There is no cup; accepted: size, name, at, weight, part, until."),
        ({"size": 1, "until": {"seconds": -1}}, "until.seconds is -1; accepted: at least 0."),
        ({"size": 1, "until": {"seconds": "x"}}, "until.seconds is 'x'; accepted: a number, at least 0."),
        ({"size": 1, "weight": 0}, "weight is 0; accepted: more than 0 and at most 2."),
        ({"size": 1, "weight": "x"}, "weight is 'x'; accepted: a number, more than 0 and at most 2."),
        ({"size": 1, "part": "x"}, "part is 'x'; accepted: a whole number, at most 9."),
        ({"size": 1, "until": {}}, "until is {}; accepted: a mapping with seconds or a mapping with job."),
        ([], "The body is []; accepted: a mapping."),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_would_be_right(value: Any, said: str) -> None:
    fault = next(find_faults(Validator(SCHEMA), value))
    assert fault.said_of("The body") == said


SECRETS = ("S3CRET", "sswörd", "xf6rd", "1234567", "so-called", "short", "deep")


@pytest.mark.parametrize(
    "password",
    [["S3CRET" * 40], ["pässwörd"], [1234567], 1234567, ['it\'s "so-called" \\'], ["short"], {"x": "deep"}],
)
async def test_a_secret_is_not_repeated(client: httpx.AsyncClient, password: Any) -> None:
    answer = await client.post("/admin/api/v1/login", json={"userName": "admin", "password": password})
    number = answer.headers["Link"].partition(">")[0].rpartition("/")[2]
    call = (await client.get(f"/_mock/requests/{number}")).json()
    for said in (answer.headers["X-Mock-Explain"], call["explain"]):
        assert said.startswith("password is ")
        assert "[redacted]" in said
        assert not [secret for secret in SECRETS if secret in said]


def test_what_people_have_written_is_not_taken_for_words_of_ours() -> None:
    fault = next(find_faults(Validator(SCHEMA), {"size": "{place} accepted: evil"}))
    assert (
        fault.said_of("The body") == "size is '{place} accepted: evil'; accepted: a whole number, 1 to 300."
    )
    assert fault.refusal.accepted == "a whole number, 1 to 300"


def test_a_name_without_letters_is_named() -> None:
    fault = next(find_faults(Validator(SCHEMA), {"size": 1, "": 2}))
    assert fault.said_of("The body").startswith('There is no ""; accepted: size')


def test_names_may_be_anything() -> None:
    validator = Validator({"additionalProperties": {"anyOf": [{"type": "string"}, SCHEMA]}})
    for name in ("", "0", "a/b", "~1", "{place}", "$ref"):
        fault = next(find_faults(validator, {name: {"size": 0}}))
        assert "size is 0; accepted: 1 to 300." in fault.said_of("The body")


async def test_an_unknown_path_is_compared_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/admin/api/v1/datafeed/build/all")
    assert answer.status_code == 404
    assert "accepted: /admin/api/v1/datafeeds/build/all" in answer.headers["X-Mock-Explain"]


async def test_an_explanation_can_say_every_character(client: httpx.AsyncClient) -> None:
    answer = await client.get("/admin/api/v1/datafeeds", params={"sort": "gr\u00f6\u0142e"})
    assert "gr\\xf6\\u0142e" in answer.headers["X-Mock-Explain"]


async def test_what_cannot_be_moved_says_what_could(client: httpx.AsyncClient) -> None:
    answer = await client.post("/admin/api/v1/report/order/resume")
    said = "No export of order was ever started in this world; accepted: a paused one."
    assert (answer.status_code, answer.headers["X-Mock-Explain"]) == (404, said)
