"""Show the calls of a journal to people: decoded, explained, and without secrets.

What a call shows is worked out when it is asked for. It is also what :mod:`mockserver.simulation.matching` looks at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mockserver.contract.acceptance import accepted_instead
from mockserver.contract.operations import CompiledOperation
from mockserver.contract.server import Server
from mockserver.simulation.clock import format_job_time
from mockserver.simulation.journal import Body, Call
from mockserver.simulation.matching import MISSING
from mockserver.simulation.redaction import Redactor, redact_pairs
from mockserver.simulation.worlds import World

Pairs = list[tuple[str, str]]

CONTROL = re.compile(rb"[\x00-\x08]")
"""What no text has."""


class Text(NamedTuple):
    """A body as it can be shown: no text (``None``) of what is none, or cannot be searched for secrets."""

    text: str | None
    size: int
    truncated: bool
    media_type: str


class Redacted(NamedTuple):
    """What of a call can hold secrets, without them."""

    path: str
    parameters: dict[str, str]
    query: str
    headers: Pairs
    body: Text | None
    answer_headers: Pairs
    answer_body: Text | None
    explain: str


class Shown:
    """One call as people see it."""

    def __init__(self, call: Call, server: Server, world: World) -> None:
        self.call = call
        self.server = server
        self.world = world.name
        self.number = call.number
        self.calendar = world.clock.calendar(call.tick)
        self.operation = call.operation
        self.method = call.method
        self.status = call.status
        self.rules: tuple[str, ...] = tuple(call.rule.split(", ")) if call.rule else ()
        self.principal = call.principal

    @cached_property
    def compiled(self) -> CompiledOperation | None:
        """The operation that was called."""
        return self.server.contract.operations.get(self.call.operation)

    @cached_property
    def redacted(self) -> Redacted:
        """Everything that can hold secrets, without them.

        What has names is looked at first; then the secrets found there are taken out wherever else they stand.
        """
        call, redactor = self.call, Redactor()
        sent, got = _decoded(call.headers), _decoded(call.answer_headers)
        headers = redact_pairs(redactor, sent)
        query = redactor.query(call.query)
        body = _body(redactor, call.body, sent, announced=True)
        answer_headers = redact_pairs(redactor, got)
        answer_body = _body(redactor, call.answer_body, got)
        path = redactor.path(call.path, call.path_values)
        return Redacted(
            path,
            {name: redactor.named(name, value) for name, value in call.path_values.items()},
            redactor.known(query),
            [(name, redactor.known(value)) for name, value in headers],
            body and body._replace(text=body.text and redactor.known(body.text)),
            [(name, redactor.known(value)) for name, value in answer_headers],
            answer_body and answer_body._replace(text=answer_body.text and redactor.known(answer_body.text)),
            redactor.text(call.explain),
        )

    @property
    def path(self) -> str:
        """The path without the world's prefix, percent-encoded as it was sent."""
        return self.redacted.path

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the path, decoded."""
        return self.redacted.parameters

    @property
    def query(self) -> Pairs:
        """The parameters of the query, decoded."""
        return parse_qsl(self.redacted.query, keep_blank_values=True)

    @property
    def headers(self) -> Pairs:
        """The headers of the request."""
        return self.redacted.headers

    @property
    def text(self) -> str:
        """The body of the request as text; empty when it is none."""
        body = self.redacted.body
        return (body.text or "") if body else ""

    @cached_property
    def value(self) -> Any:
        """The body of the request as JSON; a form is the object of its fields."""
        body = self.redacted.body
        if body is None or body.text is None or body.truncated:
            return MISSING
        try:
            return json.loads(body.text)
        except (ValueError, RecursionError):
            if "urlencoded" in body.media_type:
                return dict(parse_qsl(body.text, keep_blank_values=True))
            return MISSING

    def summary(self) -> dict[str, Any]:
        """Return what fits into a line."""
        return {
            "id": str(self.number),
            "time": format_job_time(self.calendar),
            "world": self.world,
            "method": self.method,
            "path": self.path,
            "operation": self.compiled.title if self.compiled else "",
            "status": self.status or None,
            "rule": self.call.rule,
            "explain": self.redacted.explain,
            "milliseconds": round(self.call.seconds * 1000, 3),
        }

    def to_json(self, base_url: str) -> dict[str, Any]:
        """Return the whole call as the control plane shows it; ``base_url`` is where the server is called."""
        call, redacted, compiled = self.call, self.redacted, self.compiled
        answer = None
        if self.status:
            answer = {
                "status": self.status,
                "headers": name_pairs(redacted.answer_headers),
                "body": _body_json(redacted.answer_body),
            }
        return {
            **self.summary(),
            "operationId": compiled.id if compiled else "",
            "specification": compiled.api.name if compiled else "",
            "realTime": self.real_time,
            "principal": call.principal,
            "parameters": redacted.parameters,
            "request": {
                "method": call.sent_method,
                "url": self.url(base_url),
                "query": name_pairs(self.query),
                "headers": name_pairs(redacted.headers),
                "body": _body_json(redacted.body),
            },
            "answer": answer,
            "preferences": list(call.applied),
            "explanation": self.explanation(),
        }

    @property
    def real_time(self) -> str:
        """When the request came in by the machine's clock."""
        return format_job_time(self.server.epoch + int((self.call.started - self.server.started) * 1e9))

    def url(self, base_url: str) -> str:
        """Return the address that was called, as it is reached now."""
        query = f"?{self.redacted.query}" if self.redacted.query else ""
        return f"{base_url}{self.call.prefix}{self.redacted.path}{query}"

    def explanation(self) -> dict[str, Any] | None:
        """Say of an error which rules it follows, and what would have been accepted."""
        if not self.rules:
            return None
        catalogue = self.server.contract.catalogue
        return {
            "fields": list(self.call.fields),
            "accepted": accepted_instead(self.server.contract, self.call),
            "rules": [catalogue[rule].to_json() for rule in self.rules if rule in catalogue],
        }


def phrase_of(status: int) -> str:
    """Return the name of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _decoded(headers: Sequence[tuple[bytes, bytes]]) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _body(redactor: Redactor, body: Body | None, headers: Pairs, *, announced: bool = False) -> Text | None:
    """Return a body as text. One that was announced but not read is there, too, with nothing of it."""
    by_name = {name.lower(): value for name, value in headers}
    length = by_name.get("content-length", "")
    if announced and length.isdecimal() and len(length) < 19 and (body is None or body[1] < int(length)):
        body = (body[0] if body else b"", int(length))
    if body is None or not body[1]:
        return None
    head, size = body
    media_type = by_name.get("content-type", "")
    text = None if by_name.get("content-encoding") else _as_text(head, media_type, cut=len(head) < size)
    if text is not None:
        text = redactor.body(text, media_type)
    return Text(text, size, len(head) < size, media_type)


def _as_text(head: bytes, media_type: str, *, cut: bool) -> str | None:
    """Decode a body, or its beginning, that may end within a character; ``None`` when it is no text."""
    if CONTROL.search(head):
        return None
    for missing in range(4 if cut else 1):
        try:
            return head[: len(head) - missing].decode()
        except UnicodeDecodeError:
            pass
    essence = media_type.partition(";")[0].strip().lower()
    readable = essence.startswith("text/") or essence.endswith(("json", "xml", "csv", "urlencoded"))
    return head.decode("latin-1") if readable else None


def _body_json(body: Text | None) -> dict[str, Any] | None:
    if body is None:
        return None
    return {
        "mediaType": body.media_type,
        "text": body.text,
        "size": body.size,
        "truncated": body.truncated,
    }


def name_pairs(pairs: Pairs) -> list[dict[str, str]]:
    """Write pairs as JSON that keeps their order and repeats."""
    return [{"name": name, "value": value} for name, value in pairs]
