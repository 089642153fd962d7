"""What was called in a world, and how that is verified."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from mockserver.testing.models import format_time, parse_time
from mockserver.testing.resources import Resource

Times: TypeAlias = int | Mapping[str, int] | None
"""How often: a number, ``{"atLeast": 1, "atMost": 3}`` or one of both, ``None`` for at least once."""

Matching: TypeAlias = str | Mapping[str, Any]
"""What a text is: the text itself, or ``{"contains": …}``, ``{"matches": "*.csv"}``, ``{"absent": True}``."""

ALL = 1000
"""As many calls as a journal keeps."""


@dataclass(frozen=True)
class Message:
    """A request or an answer, without secrets.

    :ivar headers: by name in lower case; of a repeated header the values are joined by ``", "``.
    :ivar text: the body; empty when there is none, or when it is no text.
    :ivar size: bytes of the body.
    :ivar truncated: whether ``text`` is only the body's beginning.
    """

    headers: dict[str, str]
    text: str = ""
    size: int = 0
    truncated: bool = False

    def json(self) -> Any:
        """Return the body as JSON.

        :raises ValueError: it is none, or was cut.
        """
        return json.loads(self.text)


@dataclass(frozen=True)
class Request:
    """A vendor call as the journal keeps it; secrets are redacted.

    :ivar id: its number in its world, as a string.
    :ivar path: without the world's prefix, percent-encoded as it was sent.
    :ivar operation: such as ``POST report/{service}/start``; empty for a call that met none.
    :ivar status: HTTP status of the answer; 0 when the client did not wait for it, or the connection was reset.
    :ivar rule: ID of the rule that the answer follows, for an error; several are joined by ``", "``.
    :ivar explain: why that rule, in a sentence.
    :ivar document: everything that the server says of the call.
    """

    id: str
    time: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    operation: str
    status: int
    rule: str
    explain: str
    sent: Message
    answer: Message
    document: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Request:
        """Read a call as the server shows it."""
        sent = document["request"]
        return cls(
            id=document["id"],
            time=document["time"],
            method=document["method"],
            path=document["path"],
            query=tuple((pair["name"], pair["value"]) for pair in sent["query"]),
            operation=document["operation"] or "",
            status=document["status"] or 0,
            rule=document["rule"] or "",
            explain=document["explain"] or "",
            sent=_message(sent),
            answer=_message(document["answer"] or {"headers": []}),
            document=document,
        )

    @property
    def at(self) -> datetime:
        """``time`` by the world's clock, as an aware ``datetime``."""
        return parse_time(self.time)

    def __str__(self) -> str:
        url = self.document["request"]["url"]
        _, mark, query = url.partition("?")
        text = f"{self.method} {self.path}{mark}{query} {self.status or 'unanswered'}"
        return f"{text} {self.rule}: {self.explain}" if self.rule else text


class Journal(Resource):
    """The vendor calls that were made in a world; control calls are not among them.

    Iterating gives the calls that are kept, the oldest first; there is a limit, and the oldest are forgotten first.
    """

    def __iter__(self) -> Iterator[Request]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def __getitem__(self, place: int) -> Request:
        return self.list()[place]

    def list(
        self,
        operation: str | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | str | None = None,
        rule: str | None = None,
        limit: int = ALL,
    ) -> Sequence[Request]:
        """Return the calls that are kept, the oldest first; each argument leaves only those that fit it.

        :param operation: such as ``POST report/{service}/start``, or an ``operationId``.
        :param path: may hold ``*`` and ``?``.
        :param status: a number, or a class such as ``"4xx"``.
        :param limit: the last ones of so many.
        """
        wanted = {"operation": operation, "method": method, "path": path, "status": status, "rule": rule}
        return [
            Request.from_json(each)
            for each in self._call("GET", "/requests", None, limit=limit, **wanted)["requests"]
        ]

    def get(self, request: str) -> Request:
        """Return a call by its id.

        :raises Refused: with ``MOCK-404-request`` when it is not there, or not any more.
        """
        return Request.from_json(self._call("GET", f"/requests/{quote(request, safe='')}"))

    def replay(self, request: Request | str) -> Request:
        """Send a call again, by itself or by its id, as its client sent it; return the new call.

        :raises Refused: with ``MOCK-409-replay`` when its body was not kept whole.
        """
        id = request if isinstance(request, str) else request.id
        return self.get(self._call("POST", f"/requests/{quote(id, safe='')}/replay")["id"])

    def verify(
        self,
        operation: str | None = None,
        times: Times = None,
        *,
        method: str | None = None,
        path: str | None = None,
        parameters: Mapping[str, Matching] | None = None,
        query: Mapping[str, Matching] | None = None,
        headers: Mapping[str, Matching] | None = None,
        body: Mapping[str, Any] | None = None,
        status: int | str | None = None,
        rule: str | None = None,
        since: datetime | str | None = None,
        order: Sequence[Mapping[str, Any]] | None = None,
    ) -> Verification:
        """Ask whether calls were made, and how often, or in which order.

        :param operation: such as ``POST report/{service}/start``, or an ``operationId``.
        :param times: a number, ``{"atLeast": …, "atMost": …}``, or ``None`` for at least once.
        :param parameters: values of the path's parameters, such as ``{"service": "order"}``.
        :param query: values of the query's parameters.
        :param body: ``{"equals": …}`` or ``{"contains": …}`` for JSON and forms, ``{"text": …}`` for any text.
        :param status: a number, or a class such as ``"4xx"``.
        :param since: only calls from this time of the world's clock on.
        :param order: what has to have been called one after the other: each a set of these criteria.
        """
        asked: dict[str, Any] = {
            "operation": operation,
            "times": times,
            "method": method,
            "path": path,
            "parameters": parameters,
            "query": query,
            "headers": headers,
            "body": body,
            "status": status,
            "rule": rule,
            "since": None if since is None else format_time(since),
            "order": order,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        return Verification.from_json(asked, self._call("POST", "/requests/verify", asked))

    def clear(self) -> None:
        """Forget the calls so far."""
        self._call("DELETE", "/requests")


@dataclass(frozen=True)
class NearMiss:
    """A call that nearly was what was asked for.

    :ivar differences: what is different, each as field, what was expected, what is there.
    """

    id: str
    method: str
    path: str
    status: int
    differences: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.method} {self.path} {self.status or 'unanswered'}"]
        lines += [
            f"  {name}: expected {expected}, was {actual}" for name, expected, actual in self.differences
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Verification:
    """What the journal says to what was asked.

    :ivar count: how many calls fit; of an order, how many steps were made.
    :ivar explanation: the outcome in a sentence.
    :ivar matches: ids of the calls that fit.
    :ivar near_misses: those that nearly did.
    :ivar evicted: calls that may have mattered were forgotten; what cannot be known then is not verified.
    :ivar asked: what was asked.
    """

    verified: bool
    count: int
    explanation: str
    matches: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    evicted: bool
    asked: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, asked: dict[str, Any], document: Mapping[str, Any]) -> Verification:
        """Read the server's answer."""
        return cls(
            verified=document["verified"],
            count=document["count"],
            explanation=document["explanation"],
            matches=tuple(document["matches"]),
            near_misses=tuple(_near_miss(each) for each in document["nearMisses"]),
            evicted=document["evicted"],
            asked=asked,
        )

    def describe(self) -> str:
        """Say what was asked, what was there instead, and what came close."""
        asked = json.dumps(self.asked, ensure_ascii=False)
        lines = [self.explanation, f"Asked for: {asked}"]
        for miss in self.near_misses:
            lines.append(f"Near miss: {miss}")
        return "\n".join(lines)


def _near_miss(document: Mapping[str, Any]) -> NearMiss:
    differences = tuple((each["field"], each["expected"], each["actual"]) for each in document["differences"])
    return NearMiss(
        document["id"], document["method"], document["path"], document["status"] or 0, differences
    )


def _message(document: Mapping[str, Any]) -> Message:
    headers: dict[str, str] = {}
    for pair in document["headers"]:
        name = pair["name"].lower()
        headers[name] = f"{headers[name]}, {pair['value']}" if name in headers else pair["value"]
    body = document.get("body") or {}
    return Message(headers, body.get("text") or "", body.get("size", 0), body.get("truncated", False))
