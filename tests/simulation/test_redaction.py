"""Secrets do not show, wherever they stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.simulation.redaction import REDACTED, Redactor, is_secret, redact_path

SECRET = "s3cr3t-V4lue.9"


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "X-Authorization", "Proxy-Authorization", "X-API-Key", "api_key", "apiKey"),
        *(
            "password",
            "newPassword",
            "externalOutputTarget.password",
            "passwd",
            "client_secret",
            "refresh_token",
        ),
        *("accessToken", "otok", "X-CSRF-Token", "signature", "X-Amz-Signature", "X-Amz-Credential", "sig"),
    ],
)
def test_these_are_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "pageToken",
        "nextPageToken",
        "token_type",
        "format",
        "setCookie",
        "name",
        "code",
        "author",
        "keyword",
        "expires",
    ],
)
def test_these_are_not(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("X-Authorization", f"Bearer {SECRET}", f"Bearer {REDACTED}"),
        ("authorization", f"Basic {SECRET}", f"Basic {REDACTED}"),
        ("Authorization", SECRET, REDACTED),
        ("X-API-Key", SECRET, REDACTED),
        ("Cookie", f"theme=dark; accessToken={SECRET}", f"theme={REDACTED}; accessToken={REDACTED}"),
        (
            "Set-Cookie",
            f"accessToken={SECRET}; Path=/; HttpOnly",
            f"accessToken={REDACTED}; Path=/; HttpOnly",
        ),
        (
            "Referer",
            f"https://a.example/x?a=1&signature={SECRET}",
            f"https://a.example/x?a=1&signature={REDACTED}",
        ),
        ("Location", f"https://u:{SECRET}@a.example/", f"https://{REDACTED}@a.example/"),
        ("Accept", "application/json", "application/json"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert Redactor().header(name, value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=1&b=2", "a=1&b=2"),
        (f"a=1&access_token={SECRET}", f"a=1&access_token={REDACTED}"),
        (f"pass%77ord={SECRET}", f"pass%77ord={REDACTED}"),
        ("code=DE", "code=DE"),
        ("grant_type=authorization_code&code=abc", f"grant_type=authorization_code&code={REDACTED}"),
        ("password=", "password="),
        ("flag", "flag"),
    ],
)
def test_query_strings_and_forms(text: str, shown: str) -> None:
    assert Redactor().query(text) == shown


BODIES = [
    (f'{{"userName": "admin", "password": "{SECRET}"}}', "application/json"),
    (f'[{{"a": [{{"apiKey": "{SECRET}"}}]}}]', "application/json"),
    (f'{{"credentials": {{"user": "{SECRET}", "n": [1]}}}}', ""),
    (f'{{"grant_type": "authorization_code", "code": "{SECRET}"}}', ""),
    (f'{{"link": "https://a.example/f.zip?signature={SECRET}&x=1"}}', ""),
    (f'{{"link": "https://a.example/f.zip?x=1\\u0026signature={SECRET}"}}', ""),
    (f'{{"pass\\u0077ord": "{SECRET}"}}', ""),
    (f'{{"list": [1, 2], "password": "{SECRET}", "more": "this is cut o', "application/json"),
    (f'{{"list": [1, 2], "password": "{SECRET}', "application/json"),
    (f"client_id=foxy&client_secret={SECRET}", "application/x-www-form-urlencoded"),
    (f"client_id=foxy&client_secret={SECRET}", "text/plain"),
    (f"<user><name>a</name><password>{SECRET}</password></user>", "application/xml"),
    (f"<user><password type='x'><![CDATA[{SECRET}]]></password></user>", "application/xml"),
    (f"<user><password>{SECRET}", "application/xml"),
    (f'<user password="{SECRET}"/>', "application/xml"),
    (f"<a href='https://a.example/?a=1&amp;signature={SECRET}'/>", "text/html"),
    (f"id,name,password\n1,a,{SECRET}\n2,b,{SECRET}\n", "text/csv"),
    (f'id;target.password\n1;"{SECRET}"\n', "text/csv"),
    (
        f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x--',
        "multipart/form-data",
    ),
    (f"nothing known: Bearer {SECRET}", "text/plain"),
]


@pytest.mark.parametrize(("text", "media_type"), BODIES)
def test_bodies(text: str, media_type: str) -> None:
    shown = Redactor().body(text, media_type)
    assert SECRET not in shown
    assert REDACTED in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1.50, "name":  "x", "password": ""}',
        "id,name\n1,a\n",
        "<a>1 = 2</a>",
        "",
        '"text"',
        '{"token": null}',
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert Redactor().body(text, "application/json") == text


def test_numbers_under_a_secrets_name_are_secrets_and_flags_are_not() -> None:
    assert Redactor().value({"password": 1234, "hasPassword": True}) == {
        "password": REDACTED,
        "hasPassword": True,
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/admin/api/v1/login/checkToken/{SECRET}", f"/admin/api/v1/login/checkToken/{REDACTED}"),
        (f"/login/checkToken/{SECRET}/", f"/login/checkToken/{REDACTED}/"),
        ("/token", "/token"),
        ("/admin/api/v1/report/order/status", "/admin/api/v1/report/order/status"),
    ],
)
def test_paths(path: str, shown: str) -> None:
    assert redact_path(path) == shown
    assert Redactor().path(path, {}) == shown


def test_a_parameter_of_a_path_is_a_secret_by_its_name() -> None:
    assert Redactor().path("/keys/a%2Fb/use", {"apiKey": "a/b"}) == f"/keys/{REDACTED}/use"


def test_a_secret_that_was_found_is_taken_out_elsewhere_too() -> None:
    redactor = Redactor()
    redactor.header("X-Authorization", f"Bearer {SECRET}")
    assert redactor.text(f"There is no operation /x/{SECRET}.") == f"There is no operation /x/{REDACTED}."


def test_short_secrets_are_words_elsewhere() -> None:
    redactor = Redactor()
    redactor.named("password", "admin")
    assert redactor.text("admin has not the right") == "admin has not the right"


@given(
    st.text(alphabet="abcXYZ0123456789-_.~", min_size=8, max_size=40).filter(
        lambda text: text not in "[redacted]"
    ),
    st.sampled_from(["password", "access_token", "apiKey", "client_secret", "otok"]),
    st.dictionaries(st.text(alphabet="abc", min_size=1, max_size=3), st.integers(0, 9), max_size=3),
    st.integers(0, 60),
)
def test_no_part_of_a_body_that_was_cut_shows_a_secret(
    secret: str, name: str, others: dict[str, int], cut: int
) -> None:
    secret = f"zQ{secret}Qz"
    whole = json.dumps({**others, name: secret, "z": 1})
    text = whole[: len(whole) - min(cut, len(whole) - 1)]
    shown = Redactor().body(text, "application/json")
    assert secret not in shown
    assert secret[:6] not in shown
