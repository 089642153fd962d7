"""That files say what the records say, and that broken ones are found out."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.records import CodecError, DataSet, Records
from mockserver.records.codecs import MEDIA_TYPES, NoRecord, Row, decode, encode

from .conftest import FORMATS, SCHEMAS, SERVICES, VALIDATORS, make_dataset

SAMPLE = {
    "blacklisted": False,
    "createdAt": "2025-02-04T15:05:24.000Z",
    "createdBy": 0,
    "email": "subscriber@websale.de",
    "fields": {"firstName": "fda", "lastName": "fafdsa", "salutation": "1"},
    "id": 2,
    "isImport": True,
    "subshopId": "deutsch",
    "targetGroupIds": [1, 2, 3],
}


def write(service: str, format: str, records: Any) -> bytes:
    return b"".join(encode(SERVICES[service], format, records))


def read(service: str, format: str, data: bytes | str, charset: str | None = None) -> list[Row]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(decode(SERVICES[service], format, stream, charset))


# Round trips


@pytest.mark.parametrize(("service", "format"), FORMATS)
def test_what_is_exported_is_read_back_unchanged(dataset: DataSet, service: str, format: str) -> None:
    records = list(dataset.records(service))
    data = write(service, format, records)
    back = read(service, format, data)
    assert back == records
    assert write(service, format, back) == data
    for record in back:
        VALIDATORS[service].validate(record)


@pytest.mark.parametrize(("service", "format"), FORMATS)
def test_no_records_make_a_valid_file(service: str, format: str) -> None:
    assert read(service, format, write(service, format, [])) == []


@pytest.mark.parametrize(("service", "format"), FORMATS)
def test_importing_an_export_leaves_the_data_unchanged(service: str, format: str) -> None:
    records = Records(make_dataset())
    before = list(records.snapshot(service))
    for row in read(service, format, write(service, format, before)):
        assert isinstance(row, dict)
        assert records.put(service, row) is False
    assert list(records.snapshot(service)) == before


texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ['"', '""', ",", '","', "\r\n", "\n", "\r", "=1+1", "'", " a ", "<b>&amp;]]>", "null", "{}"]
    ),
    st.sampled_from(
        ["\x00", "\x1b[0m", "\ufffe", "\ufeff", "ÄÖÜ ß €", "😀", "true", "1", "", "\u2028", 'a,"",b']
    ),
)
numbers = st.one_of(st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False))
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def values(schema: Any) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if kind == "object" and schema.get("additionalProperties", True) is not False:
        known = {name: values(part) for name, part in schema.get("properties", {}).items()}
        return st.builds(
            lambda other, own: {**other, **own},
            st.dictionaries(texts, anything, max_size=3),
            st.fixed_dictionaries({}, optional=known),
        )
    if kind == "object":
        parts = {name: values(part) for name, part in schema["properties"].items()}
        needed = {name: parts.pop(name) for name in list(parts) if schema["properties"][name].get("nullable")}
        return st.fixed_dictionaries(needed, optional=parts).filter(bool)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": texts,
        "integer": st.integers(-(10**17), 10**17),
        "number": numbers,
        "boolean": st.booleans(),
    }
    found = st.lists(values(schema["items"]), max_size=3) if kind == "array" else simple[kind]
    return st.one_of(st.none(), found) if schema.get("nullable") else found


STRATEGIES = {name: st.lists(values(schema), max_size=4) for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize(("service", "format"), FORMATS)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_record_is_read_back_unchanged(service: str, format: str, data: st.DataObject) -> None:
    records = data.draw(STRATEGIES[service])
    written = write(service, format, records)
    back = read(service, format, written)
    assert back == records
    assert write(service, format, back) == written


@pytest.mark.parametrize(
    ("service", "format", "count"),
    [("inventory", "json", 20_000), ("inventory", "csv", 20_000), ("order", "xml", 800)],
)
def test_writing_and_reading_take_constant_memory(service: str, format: str, count: int) -> None:
    dataset = make_dataset(**{service: count})

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self._chunks = encode(SERVICES[service], format, dataset.records(service))
            self._rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self._rest = self._rest or next(self._chunks, b"")
            size = min(len(buffer), len(self._rest))
            buffer[:size], self._rest = self._rest[:size], self._rest[size:]
            return size

    def peak(rows: Iterator[Row], number: int) -> int:
        tracemalloc.reset_peak()
        for _, _ in zip(range(number), rows, strict=False):
            pass
        return tracemalloc.get_traced_memory()[1]

    rows = decode(SERVICES[service], format, io.BufferedReader(Stream()))
    tracemalloc.start()
    try:
        early = peak(rows, count // 4)
        late = peak(rows, count)
    finally:
        tracemalloc.stop()
    assert late < early + 1_000_000


def test_chunks_are_of_a_good_size() -> None:
    chunks = list(encode(SERVICES["product"], "json", make_dataset(product=5_000).records("product")))
    assert all(30_000 < len(chunk) < 130_000 for chunk in chunks[:-2])


def test_media_types_are_those_of_the_formats() -> None:
    assert set(MEDIA_TYPES) == {"json", "csv", "xml"}
    with pytest.raises(KeyError):
        encode(SERVICES["order"], "yaml", [])


# JSON


def test_json_has_one_record_a_line() -> None:
    assert write("inventory", "json", [{"id": 1}, {"id": 2}]) == b'[\n{"id":1},\n{"id":2}\n]\n'
    assert orjson.loads(write("inventory", "json", [])) == []


def test_a_json_row_that_is_no_object_is_marked() -> None:
    rows = read("inventory", "json", '[{"id": 1}, 5, "a", null, true, [1]]')
    assert rows[0] == {"id": 1}
    assert [row.reason for row in rows[1:] if isinstance(row, NoRecord)] == [
        "a row is a number, not an object",
        "a row is a string, not an object",
        "a row is null, not an object",
        "a row is a boolean, not an object",
        "a row is an array, not an object",
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("\n \n", 1, "empty"),
        ('\n{"id": 1}', 2, "no JSON array"),
        ("id,name\r\n1,a\r\n", 1, "no JSON array"),
        ('[\n{"id": 1},\n{"id": x}\n]', 3, "invalid char"),
        ('[\n{"id": 1},\n{"id": 2', 3, "EOF"),
        ('[\n{"id": 1}\n{"id": 2}\n]', 3, "after array element"),
        ('[{"id": 1}]\n\nx', 3, "trailing garbage"),
        (b'[\n{"a": "\xe4"}]', 2, "invalid bytes"),
        ('[{"id": 1e999999999999999999999}]', 1, "out of range"),
    ],
)
def test_broken_json_is_reported_with_its_line(text: str | bytes, line: int, reason: str) -> None:
    with pytest.raises(CodecError, match=reason) as caught:
        read("inventory", "json", text)
    assert caught.value.line == line


def test_a_json_error_far_into_a_file_is_reported_with_its_line() -> None:
    lines = [f'{{"id": {n}, "storeId": "{"x" * 50}"}}' for n in range(5_000)]
    lines[4_321] = '{"id": ?}'
    with pytest.raises(CodecError) as caught:
        read("inventory", "json", "[" + ",\n".join(lines) + "]")
    assert caught.value.line == 4_322


def test_json_in_another_charset_is_read_when_it_is_named() -> None:
    data = '[{"name": "Größe €"}]'.encode("cp1252")
    assert read("category", "json", data, "windows-1252") == [{"name": "Größe €"}]


# CSV


def test_the_columns_of_csv_are_those_of_the_schema() -> None:
    header = write("newsletterSubscriber", "csv", []).decode()
    assert header == "blacklisted,createdAt,createdBy,email,fields,id,isImport,subshopId,targetGroupIds\r\n"
    assert "data.submitter.ipAddress" in write("inquiry", "csv", []).decode()


def test_csv_writes_objects_and_arrays_as_json() -> None:
    line = write("newsletterSubscriber", "csv", [SAMPLE]).decode().split("\r\n")[1]
    assert line == (
        "false,2025-02-04T15:05:24.000Z,0,subscriber@websale.de,"
        '"{""firstName"":""fda"",""lastName"":""fafdsa"",""salutation"":""1""}",2,true,deutsch,"[1,2,3]"'
    )


def test_csv_tells_null_from_the_empty_string() -> None:
    record = {"answeredAt": None, "id": 1, "merchantComment": "", "subject": 'a,"",b'}
    line = write("productRating", "csv", [record]).decode().split("\r\n")[1]
    assert ',"",' in line
    assert read("productRating", "csv", write("productRating", "csv", [record])) == [record]


def test_csv_reads_any_order_of_columns_and_named_parts_of_free_objects() -> None:
    rows = read("newsletterSubscriber", "csv", "id,fields.lastName,fields.salutation,fields.x\n7,Maier,1,\n")
    assert rows == [{"id": 7, "fields": {"lastName": "Maier", "salutation": "1"}}]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_reads_both_line_ends_and_blank_lines(end: str) -> None:
    assert read("inventory", "csv", end.join(["id,stock", "1,2", "", "3,4", ""])) == [
        {"id": 1, "stock": 2},
        {"id": 3, "stock": 4},
    ]


def test_csv_cells_that_do_not_fit_stay_strings() -> None:
    text = 'id,permissions,foo,bar\nx1,"{broken",1,\n'
    assert read("adminUser", "csv", text) == [{"id": "x1", "permissions": "{broken", "foo": "1"}]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12", 12), ("-3", -3), ("1_000", "1_000"), ("1.5", "1.5"), ("٣", "٣"), (" 5", " 5"), ('""', "")],
)
def test_csv_reads_integers_strictly(cell: str, value: object) -> None:
    assert read("inventory", "csv", f"id,stock\n1,{cell}\n") == [{"id": 1, "stock": value}]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("4", 4), ("4.5", 4.5), ("1e2", 100.0), ("nan", "nan"), ("inf", "inf"), ("4,5", "4,5")],
)
def test_csv_reads_numbers_strictly(cell: str, value: object) -> None:
    assert read("productRating", "csv", f'id,points,answeredAt\n1,"{cell}",x\n') == [
        {"id": 1, "points": value, "answeredAt": "x"}
    ]


@pytest.mark.parametrize(("cell", "value"), [("true", True), ("FALSE", False), ("yes", "yes"), ("1", "1")])
def test_csv_reads_booleans_strictly(cell: str, value: object) -> None:
    assert read("inventory", "csv", f"id,unlimited\n1,{cell}\n") == [{"id": 1, "unlimited": value}]


def test_a_csv_row_of_the_wrong_width_is_marked() -> None:
    rows = read("inventory", "csv", "id,stock\n1,2\n3\n4,5,6\n")
    assert rows == [
        {"id": 1, "stock": 2},
        NoRecord(3, "a row has 1 cells, the header has 2"),
        NoRecord(4, "a row has 3 cells, the header has 2"),
    ]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_is_read_over(mark: bytes) -> None:
    assert read("inventory", "csv", mark + b"id\n1\n") == [{"id": 1}]
    assert read("inventory", "json", mark + b'[{"id": 1}]') == [{"id": 1}]
    assert read("order", "xml", mark + b"<orders><order><id>1</id></order></orders>") == [{"id": "1"}]


@pytest.mark.parametrize("charset", ["cp1252", "ISO-8859-15", "utf-16", "UTF-8"])
def test_csv_is_read_in_the_charset_that_is_named(charset: str) -> None:
    data = "id,name\n1,Größe\n".encode(charset)
    assert read("category", "csv", data, charset) == [{"id": 1, "name": "Größe"}]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("id;stock\n1;2\n", 1, "separated by commas"),
        ('[{"id": 1}]', 1, "no field of inventory"),
        ("id,id\n", 1, "twice"),
        ("id,,stock\n", 1, "no name"),
        ("id,stock,stock.a\n", 1, "exclude each other"),
        ('id,stock\n1,2\n2,"abc\n', 3, "unexpected end"),
        ('id,stock\n1,2\n2,"abc"x\n', 3, "expected after"),
        (b"id,storeId\n1,a\n2,b\xe4\n", 3, "0xE4 is not utf-8"),
    ],
)
def test_broken_csv_is_reported_with_its_line(text: str | bytes, line: int, reason: str) -> None:
    with pytest.raises(CodecError, match=reason) as caught:
        read("inventory", "csv", text)
    assert caught.value.line == line


@pytest.mark.parametrize("charset", ["klingon", "rot13", "base64"])
@pytest.mark.parametrize(("service", "format"), [("category", "csv"), ("category", "json"), ("order", "xml")])
def test_a_charset_that_is_none_is_refused(charset: str, service: str, format: str) -> None:
    with pytest.raises(CodecError, match="charset"):
        read(service, format, b"[]", charset)


# XML


def test_xml_looks_as_documented() -> None:
    record = {
        "id": "1501",
        "payedAt": None,
        "data": {"items": [{"name": "A & B"}], "custom": {"n": 1, "a b": []}},
    }
    assert write("order", "xml", [record]).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<orders>\n'
        '<order><id>1501</id><payedAt nil="true"/><data><items><item><name>A &amp; B</name></item></items>'
        '<custom><n type="number">1</n><property name="a b" type="array"></property></custom>'
        "</data></order>\n"
        "</orders>\n"
    )
    assert write("inquiry", "xml", []).decode().endswith("<inquiries>\n</inquiries>\n")


def test_xml_that_is_indented_reads_the_same() -> None:
    text = "<orders>\n  <order>\n    <id>7</id>\n    <data>\n      <items>\n      </items>\n    </data>\n"
    text += "  </order>\n</orders>"
    assert read("order", "xml", text) == [{"id": "7", "data": {"items": []}}]


def test_xml_values_that_do_not_fit_stay_strings() -> None:
    row = "<order><paymentStatus>paid</paymentStatus><deleted>maybe</deleted><foo>1</foo></order>"
    assert read("order", "xml", f"<orders>{row}</orders>") == [
        {"paymentStatus": "paid", "deleted": "maybe", "foo": "1"}
    ]


def test_an_xml_row_that_is_no_object_is_marked() -> None:
    rows = read("order", "xml", '<orders><order>text</order>\n<inquiry/><order nil="true"/><order/></orders>')
    assert rows == [
        NoRecord(1, "a row is text, not an object"),
        NoRecord(2, "<inquiry> is no <order>"),
        NoRecord(2, "a row is not an object"),
        {},
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "no element found"),
        ("<orders>\n<order>\n</orders>", 3, "mismatched tag"),
        ("<inquiries/>", 1, "is <inquiries>, not <orders>"),
        ("<orders>\n<order><id>1</id></order>\n", 3, "no element found"),
        ("<orders><order><id>\x01</id></order></orders>", 1, "invalid token"),
        ('<!DOCTYPE orders [<!ENTITY a "aaaa">]>\n<orders/>', 1, "document type"),
        ('\n<!DOCTYPE orders SYSTEM "file:///etc/passwd">\n<orders/>', 2, "document type"),
        ("<orders><order><id>&unknown;</id></order></orders>", 1, "undefined entity"),
        ("<orders>" + "<order>" * 200, 1, "deeper than 100"),
        ('<?xml version="1.0" encoding="klingon"?><orders/>', 1, "charset|encoding"),
    ],
)
def test_broken_xml_is_reported_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(CodecError, match=reason) as caught:
        read("order", "xml", text)
    assert caught.value.line == line


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "UTF-16"])
def test_xml_says_for_itself_what_its_charset_is(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><orders><order><id>ä</id></order></orders>'
    assert read("order", "xml", text.encode(declared)) == [{"id": "ä"}]


@pytest.mark.parametrize(
    ("service", "format", "text"),
    [
        ("inventory", "json", '[{"id": 1}, {"id": 2}, x]'),
        ("inventory", "csv", 'id\n1\n2\n"x'),
        ("order", "xml", "<orders><order><id>1</id></order><order><id>2</id></order><order></orders>"),
    ],
)
def test_rows_before_the_broken_place_are_read(service: str, format: str, text: str) -> None:
    rows = decode(SERVICES[service], format, io.BytesIO(text.encode()))
    assert [str(next(rows)["id"]) for _ in range(2)] == ["1", "2"]  # type: ignore[index]
    with pytest.raises(CodecError):
        next(rows)
