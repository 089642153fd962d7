"""Write a call as a curl command that people can run again, without their secrets in it."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Mapping, Sequence

TOKEN = "MOCKSERVER_TOKEN"
SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
LEFT_OUT = frozenset(
    ("accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid")
)
"""Headers that curl makes itself, or that mean nothing to the target."""


def write_curl(
    method: str,
    url: str,
    headers: Mapping[str, Sequence[str]],
    body: bytes | None,
    *,
    token: str = "",
) -> str:
    """Return a curl command for the call.

    The token becomes ``$MOCKSERVER_TOKEN``; other headers that look like secrets are left open.
    """
    parts = ["curl", "-si"]
    if method == "HEAD":
        parts = ["curl", "-sI"]
    elif method != "GET":
        parts += ["-X", method]
    parts.append(shlex.quote(url))
    for name, values in headers.items():
        if name.lower() not in LEFT_OUT and not (name.lower() == "accept" and list(values) == ["*/*"]):
            parts += [f"-H {_header(name, value, token)}" for value in values]
    if not body:
        return " ".join(parts)
    text = _printable(body)
    if text is not None:
        return " ".join([*parts, "--data-raw", shlex.quote(text)])
    encoded = base64.b64encode(body).decode()
    return f"echo {encoded} | base64 -d | {' '.join(parts)} --data-binary @-"


def _header(name: str, value: str, token: str) -> str:
    if token and token in value:
        return f'"{name}: {value.replace(token, "$" + TOKEN)}"'
    if SECRET.search(name):
        return shlex.quote(f"{name}: <secret>")
    return shlex.quote(f"{name}: {value}")


def _printable(body: bytes) -> str | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
