"""Write calls for other tools: as HAR (HTTP Archive 1.2), and as commands of curl."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any

from mockserver import __version__
from mockserver.contract.showing import Shown, Text, name_pairs, phrase_of
from mockserver.simulation.redaction import REDACTED

HAR = "application/har+json"
CURL = "text/plain; charset=utf-8"

TOKEN, SECRET = "'\"$TOKEN\"'", "'\"$SECRET\"'"
"""Stand in a command for what was redacted, so that it runs once the variables are set."""

BY_CURL = frozenset(
    ("host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding", "expect")
)
"""Headers that curl sends as it needs them."""


def write_har(calls: Iterable[Shown], base_url: str) -> dict[str, Any]:
    """Return an archive. Times are those of the world's clock, durations the machine's."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "commerce-mockserver", "version": __version__},
            "entries": [_entry(shown, base_url) for shown in calls],
        }
    }


def _entry(shown: Shown, base_url: str) -> dict[str, Any]:
    summary, redacted = shown.summary(), shown.redacted
    milliseconds = summary["milliseconds"]
    return {
        "startedDateTime": summary["time"],
        "time": milliseconds,
        "request": {
            "method": shown.call.sent_method,
            "url": shown.url(base_url),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": name_pairs(redacted.headers),
            "queryString": name_pairs(shown.query),
            "headersSize": -1,
            "bodySize": redacted.body.size if redacted.body else 0,
            **_post_data(redacted.body),
        },
        "response": {
            "status": shown.status,
            "statusText": phrase_of(shown.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": name_pairs(redacted.answer_headers),
            "content": _content(redacted.answer_body),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": redacted.answer_body.size if redacted.answer_body else 0,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": redacted.explain,
        "_id": summary["id"],
        "_world": summary["world"],
        "_operation": summary["operation"],
        "_rule": summary["rule"],
    }


def _post_data(body: Text | None) -> dict[str, Any]:
    if body is None:
        return {}
    return {"postData": {"mimeType": body.media_type, "text": body.text or "", "comment": _about(body)}}


def _content(body: Text | None) -> dict[str, Any]:
    if body is None:
        return {"size": 0, "mimeType": ""}
    content = {"size": body.size, "mimeType": body.media_type, "comment": _about(body)}
    return content if body.text is None else {**content, "text": body.text}


def _about(body: Text) -> str:
    if body.text is None:
        return "Not kept: it is no text."
    return f"Cut: it has {body.size} bytes." if body.truncated else ""


def write_curl(shown: Shown, base_url: str, *, headed: bool = False) -> str:
    """Return the command that repeats a call; ``$TOKEN`` and ``$SECRET`` stand in it for what was redacted."""
    redacted, lines = shown.redacted, []
    method, body = shown.call.sent_method, redacted.body
    head = "curl"
    if method == "HEAD":
        head += " --head"
    elif method != ("POST" if body else "GET"):
        head += f" -X {method}"
    lines.append(f"{head} {_quoted(shown.url(base_url), SECRET)}")
    names = {name.lower() for name, _ in redacted.headers}
    for name, value in redacted.headers:
        if name.lower() not in BY_CURL and (name.lower(), value) != ("accept", "*/*"):
            lines.append(f"-H {_quoted(f'{name}: {value}', TOKEN)}")
    if body is not None:
        if "content-type" not in names:
            lines.append("-H 'content-type:'")
        lines.append(f"--data-binary {_quoted(body.text or '', SECRET)}")
    command = " \\\n  ".join(lines) + "\n"
    if body is not None and (body.truncated or body.text is None):
        command = f"# the body had {body.size} bytes; not all of them are kept\n{command}"
    if headed:
        status = f"{shown.status} {shown.call.rule}".rstrip()
        command = f"# {shown.number}: {shown.method} {shown.path} was answered with {status}\n{command}"
    return command


def _quoted(text: str, variable: str) -> str:
    return shlex.quote(text).replace(REDACTED, variable).replace("\"''", '"') if text else "''"
