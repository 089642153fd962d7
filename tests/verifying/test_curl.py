"""Calls as curl commands."""

from __future__ import annotations

import subprocess

from mockserver.verifying.curl import write_curl


def test_secrets_stay_out_of_the_command() -> None:
    headers = {"X-Authorization": ["Bearer spoon"], "Cookie": ["accessToken=fork"], "X-Mock-World": ["blue"]}
    command = write_curl("GET", "http://mock.test/", headers, None, token="spoon")
    assert command == (
        'curl -si http://mock.test/ -H "X-Authorization: Bearer $MOCKSERVER_TOKEN" '
        "-H 'Cookie: <secret>' -H 'X-Mock-World: blue'"
    )


def test_what_curl_sends_by_itself_is_left_out() -> None:
    headers = {"User-Agent": ["schemathesis"], "Accept": ["*/*"], "Content-Length": ["2"]}
    command = write_curl("POST", "http://mock.test/?a=b&c", headers, b"{}")
    assert command == "curl -si -X POST 'http://mock.test/?a=b&c' --data-raw '{}'"


def test_only_headers_are_asked_for_with_head() -> None:
    assert write_curl("HEAD", "http://mock.test/", {}, None) == "curl -sI http://mock.test/"


def test_a_body_that_cannot_be_typed_is_passed_as_base64() -> None:
    command = write_curl("POST", "http://mock.test/", {}, b"\x00\xff")
    head, _, rest = command.partition(" | curl")
    assert rest.endswith("--data-binary @-")
    assert subprocess.run(["bash", "-c", head], capture_output=True, check=True).stdout == b"\x00\xff"
