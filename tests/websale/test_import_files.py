"""What files an import takes, and how it ends with those that it cannot read."""

from __future__ import annotations

import gzip
import json
import tempfile
from encodings.aliases import aliases
from typing import Any

import httpx
import orjson
import pytest

from mockserver.app import MockServer
from mockserver.settings import Settings
from tests.conftest import API, Steps, make_client, rule_of

from .test_import import FIRST, SECOND, SUBSCRIBERS, subscribers

HEADER = "id,email,subshopId,fields.salutation,fields.lastName,fields.firstName\r\n"
AT_ONCE = {"Prefer": "profile=immediate"}


async def load(
    api: Steps,
    content: bytes | str,
    format: str = "csv",
    service: str = "newsletterSubscriber",
    **headers: str,
) -> dict[str, Any]:
    """Import a file at once and return the status."""
    data = content.encode() if isinstance(content, str) else content
    answer = await api.post(
        f"/import/{service}/start?format={format}", content=data, headers=AT_ONCE | headers
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def export(api: Steps, service: str = "newsletterSubscriber", query: str = "") -> list[dict[str, Any]]:
    """Export the records as JSON."""
    started = (await api.post(f"/report/{service}/start?{query}", headers=AT_ONCE)).json()
    records: list[dict[str, Any]] = (await api.client.get(started["fileUrl"])).json()
    return records


async def find(api: Steps, id: object, service: str = "newsletterSubscriber") -> dict[str, Any]:
    """Return one record, by an export that selects it."""
    found = await export(api, service, f"filter[id]={id}")
    assert len(found) == 1, found
    return found[0]


def row(id: int, last: str = "Muster", email: str = "a@example.com") -> str:
    return f"{id},{email},deutsch,1,{last},Max\r\n"


# Files of CSV


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (HEADER + row(900, "Größe"), {}),
        ("\ufeff" + HEADER + row(900, "Größe"), {}),
        (HEADER + row(900, "Größe"), {"Content-Type": "text/csv; charset=UTF-8"}),
        ((HEADER + row(900, "Größe")).encode("cp1252"), {"Content-Type": "text/csv; charset=cp1252"}),
        ((HEADER + row(900, "Größe")).encode("latin-1"), {"Content-Type": 'text/plain; charset="latin-1"'}),
    ],
)
async def test_csv_is_utf_8_or_what_the_content_type_announces(
    api: Steps, content: bytes | str, headers: dict[str, str]
) -> None:
    assert (await load(api, content, **headers))["failed"] == 0
    assert (await find(api, 900))["fields"]["lastName"] == "Größe"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("padding", [1, 64 * 1024 - len(HEADER + "900,a@example.com,deutsch,1,,Max") + 1])
async def test_lines_end_as_any_system_writes_them(api: Steps, end: str, padding: int) -> None:
    name, plain = "x" * padding, (HEADER + row(900, "@") + row(901, '"a\rb"')).replace("\r\n", end)
    status = await load(api, plain.replace("@", name))  # with padding, \r and \n are in two chunks
    assert (status["lastError"], status["total"], status["failed"]) == ("", 2, 0)
    assert (await find(api, 900))["fields"] == {"salutation": "1", "lastName": name, "firstName": "Max"}
    assert (await find(api, 901))["fields"]["lastName"] == "a\rb"


async def test_cells_may_hold_quotes_commas_and_line_breaks(api: Steps) -> None:
    await load(api, HEADER + row(900, '"a ""b"", c\r\nd"'))
    assert (await find(api, 900))["fields"]["lastName"] == 'a "b", c\r\nd'


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-5", "@cmd", "\t=x", "'=1", "=HYPERLINK(1)"])
async def test_cells_that_look_like_formulas_are_kept_as_they_are(api: Steps, cell: str) -> None:
    await load(api, HEADER + row(900, cell))
    assert (await find(api, 900))["fields"]["lastName"] == cell


async def test_columns_may_come_in_any_order(api: Steps) -> None:
    header = "fields.firstName,id,fields.salutation,email,fields.lastName\r\n"
    assert (await load(api, header + "Max,900,1,a@example.com,Muster\r\n"))["failed"] == 0


async def test_a_row_of_another_width_is_one_faulty_record(api: Steps) -> None:
    status = await load(api, HEADER + row(900) + "901,b\r\n" + row(902))
    assert (status["status"], status["total"], status["failed"]) == (5, 3, 1)
    assert status["importErrors"] == [{"errors": [{"entryId": "", "error": 1, "field": ""}], "index": 1}]


# Files that are none


BROKEN = [
    pytest.param("json", b"", "line 1: the file is empty", id="empty"),
    pytest.param("json", b" \n ", "line 1: the file is empty", id="blank"),
    pytest.param("json", b'{"id": 1}', "line 1: the file is no JSON array", id="object"),
    pytest.param("json", b"id,email\n1,a", "line 1: the file is no JSON array", id="csv-as-json"),
    pytest.param("json", b'[\n{"id": 1},\n{"id": 2 "x"}]', "line 3: ", id="syntax"),
    pytest.param("json", b'[{"id": 1},\n{"id"', "line 2: ", id="ends-early"),
    pytest.param("json", b'[{"id": 1}] x', "line 1: ", id="trailing"),
    pytest.param("json", b'[{"email": "\xff"}]', "line 1: ", id="invalid-utf-8"),
    pytest.param("json", b'[{"id": 1e999999999999999999999}]', "line 1: ", id="number-beyond-all-bounds"),
    pytest.param("json", b"[" * 100_000, "line 1: values are nested deeper", id="nested-deeply"),
    pytest.param("csv", b"", "line 1: the file is empty", id="csv-empty"),
    pytest.param("csv", b"a;b;c\r\n1;2;3\r\n", "line 1: the header names no field", id="csv-semicolons"),
    pytest.param("csv", HEADER.encode() + b"1,a\r\n2,b\r\n", "line 2: a row has 2 cells", id="csv-width"),
    pytest.param("csv", HEADER.encode() + b'"1,a\r\n', "line 2: ", id="csv-open-quote"),
    pytest.param("csv", HEADER.encode() + row(1, "Größe").encode("cp1252"), "line 2: ", id="csv-cp1252"),
    pytest.param("csv", b"id,id\r\n1,1\r\n", "line 1: the column id is there twice", id="csv-twice"),
]


@pytest.mark.parametrize(("format", "content", "reason"), BROKEN)
async def test_a_file_that_is_none_starts_and_ends_in_error_with_line_and_reason(
    api: Steps, format: str, content: bytes, reason: str
) -> None:
    answer = await api.post(f"{SUBSCRIBERS}/start?format={format}", content=content)
    assert (answer.status_code, answer.json()["status"]) == (200, 1)
    await api.finish()
    status = (await api.get(f"{SUBSCRIBERS}/status")).json()
    assert (status["status"], status["globalError"], status["processed"]) == (6, 1, 0)
    assert status["lastError"].startswith(reason)
    assert status["importErrors"] == []


XML = '<?xml version="1.0"?>\n<inquiries>{}</inquiries>'
BROKEN_XML = [
    pytest.param("", "no element found", id="empty"),
    pytest.param("<inquiries><inquiry></inquiries>", "mismatched tag", id="mismatched"),
    pytest.param("<orders></orders>", "the document is <orders>", id="other-root"),
    pytest.param(
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + XML.format("&b;")[22:],
        "a document type declaration is not allowed",
        id="entity-bomb",
    ),
    pytest.param(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + XML.format("&a;")[22:],
        "a document type declaration is not allowed",
        id="external-entity",
    ),
    pytest.param(XML.format("<inquiry><id>&a;</id></inquiry>"), "undefined entity", id="undefined-entity"),
    pytest.param(XML.format("<a>" * 200), "elements are nested deeper", id="nested-deeply"),
    pytest.param(XML.format("\x00"), "not well-formed", id="nul"),
]


@pytest.mark.parametrize(("content", "reason"), BROKEN_XML)
async def test_xml_that_cannot_be_read_ends_in_error(api: Steps, content: str, reason: str) -> None:
    status = await load(api, content, "xml", "inquiry")
    assert (status["status"], status["globalError"]) == (6, 1)
    assert reason in status["lastError"]


async def test_records_before_a_break_are_not_imported(api: Steps) -> None:
    before = await export(api)
    await load(api, b"[" + (b'{"id": 1, "email": "x"},' * 2000) + b"{]", "json")
    assert await export(api) == before


@pytest.mark.parametrize(
    ("format", "charset", "reason"),
    [
        ("csv", "utf-16", "the file is not utf-16"),
        ("csv", "utf-32", "byte 0x69 is not utf-32-le"),
        ("json", "utf-16", "the file is not utf-16"),
        *(
            (format, charset, f"'{charset}' is no charset")
            for format in ("csv", "json")
            for charset in ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")
        ),
    ],
)
async def test_a_charset_that_cannot_be_read_ends_in_error(
    api: Steps, format: str, charset: str, reason: str
) -> None:
    status = await load(api, "id,email\n", format, **{"Content-Type": f"text/plain; charset={charset}"})
    assert status["status"] == 6
    assert reason in status["lastError"]


@pytest.mark.parametrize("charset", sorted(set(aliases.values())))
@pytest.mark.parametrize("format", ["csv", "json"])
async def test_whatever_charset_python_knows_nothing_breaks(api: Steps, format: str, charset: str) -> None:
    content = bytes(range(256)) + HEADER.encode() + b"[{"
    status = await load(api, content, format, **{"Content-Type": f"text/plain; charset={charset}"})
    assert status["status"] == 6


async def test_an_unknown_charset_ends_in_error(api: Steps) -> None:
    status = await load(api, HEADER + row(1), **{"Content-Type": "text/csv; charset=klingon"})
    assert (status["status"], status["lastError"]) == (6, "line 1: the charset 'klingon' is unknown")


# Records that are none


async def test_a_nul_byte_in_a_text_is_kept(api: Steps) -> None:
    await load(
        api,
        b'[{"id": 900, "fields": {"salutation": "1", "lastName": "a\\u0000b", "firstName": "c"}}]',
        "json",
    )
    assert (await find(api, 900))["fields"]["lastName"] == "a\x00b"


async def test_of_a_repeated_name_the_last_one_counts(api: Steps) -> None:
    fields = b'"fields": {"salutation": "1", "lastName": "a", "lastName": "z", "firstName": "c"}'
    await load(api, b'[{"id": 899, "id": 900, ' + fields + b"}]", "json")
    assert (await find(api, 900))["fields"]["lastName"] == "z"


GOOD = '"fields": {"salutation": "1", "lastName": "a", "firstName": "c"}'


@pytest.mark.rule("IMP-ERR-error", "IMP-ERR-field")
@pytest.mark.parametrize(
    ("record", "errors"),
    [
        ("null", [("", 1)]),
        ("[]", [("", 1)]),
        ('"text"', [("", 1)]),
        ("{}", [("salutation", 0), ("lastName", 0), ("firstName", 0)]),
        (
            '{"id": 5, "fields": {"salutation": "", "lastName": null}}',
            [("salutation", 0), ("lastName", 0), ("firstName", 0)],
        ),
        ('{"id": 5, "fields": "none"}', [("fields", 1)]),
        ('{"id": 5, "fields": {"salutation": 1, "lastName": "a", "firstName": "b"}}', [("salutation", 1)]),
        ('{"id": 0, %s}', [("id", 1)]),
        ('{"id": "5", %s}', [("id", 1)]),
        ('{"id": null, %s}', [("id", 1)]),
        ('{"id": 9007199254740992, %s}', [("id", 1)]),
        (
            '{"id": 5, "email": 7, "colour": 1, "subshopId": [], %s}',
            [("email", 1), ("subshopId", 1), ("colour", 2)],
        ),
        ('{"id": 5, "createdAt": "yesterday", %s}', [("createdAt", 1)]),
        ('{"id": 5, "targetGroupIds": [1, "x"], %s}', [("targetGroupIds[1]", 1)]),
    ],
)
async def test_each_faulty_field_is_named_with_its_code(
    api: Steps, record: str, errors: list[tuple[str, int]]
) -> None:
    status = await load(api, "[" + record.replace("%s", GOOD) + "]", "json")
    assert (status["status"], status["failed"]) == (5, 1)
    found = status["importErrors"][0]["errors"]
    assert sorted((error["field"], error["error"]) for error in found) == sorted(errors)
    assert {error["entryId"] for error in found} == {""}


async def test_a_path_into_an_object_keeps_its_dots(api: Steps) -> None:
    status = await load(api, '[{"id": 1, "subshopId": "deutsch"}]', "json", "inquiry")
    assert status["importErrors"][0]["errors"] == [
        {"entryId": "", "error": 0, "field": "data.inquiryConfigId"}
    ]


@pytest.mark.rule("IMP-ERR-error")
async def test_a_key_that_is_in_the_file_twice_is_a_fault_of_the_second(api: Steps) -> None:
    await api.client.put("/_mock/profiles/import/*", json={"kind": "immediate"})
    rows = [
        *subscribers(700),
        *subscribers(2, start=1500),
        FIRST | {"id": 1001, "email": "again@example.com"},
    ]
    status = (await api.post(f"{SUBSCRIBERS}/start", json=rows)).json()
    assert [entry["index"] for entry in status["importErrors"]] == [700, 701, 702]
    assert status["importErrors"][2]["errors"] == [{"entryId": "", "error": 3, "field": "id"}]
    assert (await find(api, 1001))["email"] == "new0@example.com"


async def test_of_a_record_with_countless_faults_a_hundred_are_told(api: Steps) -> None:
    record = SECOND | {f"unknown{n}": 1 for n in range(5000)}
    answer = await api.post(f"{SUBSCRIBERS}/start", json=[record], headers=AT_ONCE)
    assert len(answer.json()["importErrors"][0]["errors"]) == 100


@pytest.mark.parametrize(
    "cell", ["[" * 300 + "]" * 300, "9" * 400, '{"a": 1e999}', '{"a": NaN}', '{"a": "\\ud800"}']
)
async def test_a_cell_with_hostile_json_is_one_faulty_record(api: Steps, cell: str) -> None:
    text = 'id,fields\r\n900,"' + cell.replace('"', '""') + '"\r\n'
    status = await load(api, text)
    assert (status["status"], status["failed"]) == (5, 1)


# Uploads


@pytest.mark.rule("COM-413-body")
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_413_and_nothing_is_started(announced: bool) -> None:
    async with make_client(MockServer(Settings(clock="frozen", max_body=1000))) as client:

        async def parts() -> Any:
            for _ in range(11):
                yield b" " * 100

        content = b" " * 1100 if announced else parts()
        answer = await client.post(f"{API}{SUBSCRIBERS}/start", content=content)
        assert rule_of(answer) == (413, "COM-413-body")
        assert answer.json()["status"] == 413
        assert (await client.get("/_mock/jobs")).json() == {"jobs": []}


async def test_an_upload_that_breaks_off_leaves_no_file_and_no_job(
    shared_app: MockServer, world: str, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    original = tempfile.SpooledTemporaryFile

    def remember(*args: Any, **kwargs: Any) -> Any:
        files.append(original(*args, **kwargs))
        return files[-1]

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", remember)
    messages = [
        {"type": "http.request", "body": b"[" + b" " * 2_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    path = f"{API}{SUBSCRIBERS}/start"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-authorization", b"Bearer admin-token"), (b"x-mock-world", world.encode())],
    }
    await shared_app(scope, receive, send)
    assert sent == []
    assert [file.closed for file in files] == [True]
    assert (await client.get("/_mock/jobs")).json() == {"jobs": []}


async def test_a_slow_upload_holds_nobody_up(client: httpx.AsyncClient, api: Steps) -> None:
    seen = []

    async def parts() -> Any:
        yield b"["
        seen.append((await api.get(f"{SUBSCRIBERS}/status")).json()["status"])
        yield b"]"

    await api.post(f"{SUBSCRIBERS}/start", content=parts())
    assert seen == [0]
    assert (await api.get(f"{SUBSCRIBERS}/status")).json()["status"] == 5


REST = '"itemNumber": "1", "name": "x", "price": "1.0"'


@pytest.mark.rule("IMP-START-partial")
@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-9223372036854775809", "36893488147419103232", "1e400"]
)
async def test_a_huge_number_is_the_fault_of_its_record_alone(api: Steps, number: str) -> None:
    records = f"""[
        {{"id": "a", {REST}, "custom": {{"weight": 1.5, "list": [1, 2.0, "3"]}}}},
        {{"id": "b", {REST}, "custom": {{"weight": {number}}}}},
        7,
        {{"id": "c", {REST}, "custom": {{"weight": -3}}}}
    ]"""
    status = await load(api, records, "json", "product")
    assert (status["status"], status["total"], status["failed"]) == (5, 4, 2)
    assert status["importErrors"][0] == {
        "index": 1,
        "errors": [{"entryId": "", "error": 1, "field": "custom"}],
    }
    assert (await find(api, "a", "product"))["custom"] == {"weight": 1.5, "list": [1, 2.0, "3"]}
    assert (await find(api, "c", "product"))["custom"] == {"weight": -3}


async def test_a_huge_key_is_the_fault_of_its_record_alone(api: Steps) -> None:
    status = await load(api, json.dumps([FIRST, FIRST | {"id": 2**63}]), "json")
    assert (status["status"], status["total"], status["failed"]) == (5, 2, 1)
    assert status["importErrors"][0]["errors"] == [{"entryId": "", "error": 1, "field": "id"}]


async def test_a_number_without_end_ends_in_error(api: Steps) -> None:
    status = await load(api, '[{"id": ' + "9" * 100_000 + "}]", "json")
    assert (status["status"], status["lastError"]) == (6, "line 1: a number has more than 4000 digits")


async def test_an_encoded_body_ends_in_error_that_names_the_encoding(api: Steps) -> None:
    body = gzip.compress(orjson.dumps([FIRST]))
    status = await load(api, body, "json", **{"Content-Encoding": "gzip"})
    assert (status["status"], status["total"]) == (6, 0)
    assert status["lastError"].endswith("; its Content-Encoding is gzip, and bodies are not decoded")


@pytest.mark.parametrize("document", ["<orders>x</orders>", "<orders><order><id>1</id></order>x</orders>"])
async def test_xml_with_text_where_records_should_be_ends_in_error(api: Steps, document: str) -> None:
    status = await load(api, document, "xml", "order")
    assert (status["status"], status["total"]) == (6, 0)
    assert status["lastError"] == "line 1: <orders> holds text where records should be"


@pytest.mark.parametrize("nil", ["nil", "xsi:nil"])
async def test_xml_says_null_in_two_ways(api: Steps, nil: str) -> None:
    rest = "<subshopId>deutsch</subshopId><data><general><orderId>900</orderId></general></data>"
    namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    document = f'<orders {namespace}><order>{rest}<payedAt {nil}="true"/></order></orders>'
    status = await load(api, document, "xml", "order")
    assert (status["failed"], status["total"]) == (0, 1)
