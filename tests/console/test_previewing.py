"""The beginning of a file, as the console shows it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from mockserver.console.desk import PEEK
from mockserver.console.previewing import ROWS, TEXT, preview


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv", b'id,name\n1,"a, b"\n2,\n', [{"id": "1", "name": "a, b"}, {"id": "2", "name": ""}]),
        ("a.csv", b"\xef\xbb\xbfid;name\r\n1;a\r\n", [{"id": "1", "name": "a"}]),
        ("a.tsv", b"id\tname\n1\ta\tmore\n", [{"id": "1", "name": "a", "column 3": "more"}]),
        ("a.json", b' [ {"id": 1, "to": {"b": []}},\n{"id": 2} ]', [{"id": 1, "to": {"b": []}}, {"id": 2}]),
        (
            "a.xml",
            b"<all><one id='1'><a>x</a><a>y</a></one><two>z</two></all>",
            [{"@id": "1", "a": ["x", "y"]}, {"two": "z"}],
        ),
    ],
)
def test_what_is_a_table_is_shown_as_one(name: str, data: bytes, rows: list[object]) -> None:
    assert preview(name, data, whole=True).rows == rows


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv", b"id,name\n1,a\n2,cut o", [{"id": "1", "name": "a"}]),
        ("a.json", b'[{"id": 1}, {"id": 2, "name": "cut o', [{"id": 1}]),
        ("a.xml", b"<all><one><id>1</id></one><one><id>2</id><name>cut o", [{"id": "1"}]),
        ("a.csv.gz", gzip.compress(b"id,name\n1,a\n", mtime=0)[:-8], [{"id": "1", "name": "a"}]),
    ],
)
def test_of_a_file_that_breaks_off_whole_rows_are_shown(name: str, data: bytes, rows: list[object]) -> None:
    shown = preview(name, data, whole=False)
    assert shown.rows[:1] == rows
    assert shown.more


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", b"just text"),
        ("a.csv", b"no separator\nanywhere\n"),
        ("a.csv", b""),
        ("a.json", b'{"id": 1}'),
        ("a.json", b"[1, 2]"),
        ("a.json", b"[" * 50_000),
        ("a.json", b"broken"),
        ("a.xml", b"<all>text</all>"),
        ("a.xml", b"broken"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
    ],
)
def test_what_is_no_table_is_shown_as_text_alone(name: str, data: bytes) -> None:
    shown = preview(name, data, whole=True)
    assert shown.rows == []
    assert shown.text == data.decode()[:TEXT]


@pytest.mark.parametrize(("name", "pack"), [("a.csv.gz", gzip.compress), ("a.csv.zip", zipped)])
def test_packed_files_are_unpacked_as_far_as_they_are_shown(
    name: str, pack: Callable[[bytes], bytes]
) -> None:
    lines = b"id,name\n" + b"1,a\n" * PEEK  # far more than is looked at, and small when it is packed
    shown = preview(name, pack(lines), whole=True)
    assert len(shown.rows) == ROWS
    assert shown.text == lines[:TEXT].decode()
    assert shown.more


@pytest.mark.parametrize("name", ["a.gz", "a.zip"])
def test_what_cannot_be_unpacked_is_said(name: str) -> None:
    shown = preview(name, b"not packed", whole=True)
    assert shown.note.startswith("It cannot be unpacked for a look: ")
    assert (shown.rows, shown.text) == ((), "")


def test_an_archive_whose_end_is_not_there_cannot_be_unpacked() -> None:
    assert "too large" in preview("a.zip", zipped(b"id,name\n"), whole=False).note


def test_text_is_in_the_character_set_of_its_file() -> None:
    assert preview("a.txt", "Größe".encode("latin-1"), whole=True, charset="iso-8859-1").text == "Größe"
    assert preview("a.txt", "Größe".encode(), whole=True, charset="no such").text == "Größe"


def test_a_character_may_be_cut() -> None:
    assert preview("a.txt", "Grö".encode()[:-1], whole=False).text == "Gr"
