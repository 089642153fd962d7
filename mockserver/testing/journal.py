"""What was called in a world: the journal, verification and coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from mockserver.testing.models import parse_time, read
from mockserver.testing.resources import Resource

Times: TypeAlias = int | Mapping[str, int] | None
"""How often: a number, ``{"atLeast": 1, "atMost": 3}`` or one of both, ``None`` for at least once."""


@dataclass(frozen=True)
class Request:
    """A vendor call as the journal keeps it; secrets are redacted.

    :ivar operation: such as ``POST report/{service}/start``; empty for a call that met no operation.
    :ivar status: HTTP status of the answer.
    :ivar rule: ID of the rule that the answer follows, for an error; several are comma separated.
    :ivar explain: why, in a sentence.
    :ivar document: everything that the server says of the call.
    """

    id: str
    time: str
    method: str
    path: str
    status: int
    operation: str = ""
    rule: str = ""
    explain: str = ""
    document: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def at(self) -> datetime:
        """``time`` by the world's clock, as an aware ``datetime``."""
        return parse_time(self.time)

    def __str__(self) -> str:
        text = f"{self.method} {self.path} {self.status}"
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

    def list(self, operation: str | None = None) -> Sequence[Request]:
        """Return the calls that are kept, or those of an operation such as ``POST report/{service}/start``."""
        documents = self._call("GET", "/requests")["requests"]
        found = [_read_request(document) for document in documents]
        return [request for request in found if operation in (None, request.operation)]

    def get(self, request: Request | str) -> Request:
        """Return a call with everything that is kept of it, by itself or by its id."""
        request_id = request if isinstance(request, str) else request.id
        return _read_request(self._call("GET", f"/requests/{quote(request_id, safe='')}"))

    def verify(self, operation: str | None = None, times: Times = None, **matching: Any) -> Verification:
        """Ask whether calls were made, and how often.

        :param operation: such as ``POST report/{service}/start``.
        :param times: a number, ``{"atLeast": …, "atMost": …}``, or ``None`` for at least once.
        :param matching: what else has to fit, such as ``method=``, ``path=``, ``status=``.
        """
        query = {"operation": operation, **matching}
        body = {name: value for name, value in query.items() if value is not None}
        body["times"] = {"atLeast": 1} if times is None else times
        return Verification.from_json(body, self._call("POST", "/requests/verify", body))

    def clear(self) -> None:
        """Forget the calls so far."""
        self._call("DELETE", "/requests")


@dataclass(frozen=True)
class Verification:
    """The server's answer to what a test says of the journal.

    :ivar count: how many calls fit.
    :ivar near_misses: calls that nearly fit, as the server describes them.
    :ivar evicted: the journal has forgotten calls, so that the count may be too low.
    :ivar asked: what was asked.
    """

    verified: bool
    count: int
    near_misses: list[dict[str, Any]]
    evicted: bool
    asked: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, asked: dict[str, Any], document: Mapping[str, Any]) -> Verification:
        """Read the server's answer."""
        return cls(
            document["verified"],
            document["count"],
            list(document.get("nearMisses", [])),
            bool(document.get("evicted", False)),
            asked,
        )

    def explain(self) -> str:
        """Say in words what was expected, what was there, and what came close."""
        return ""


def _read_request(document: dict[str, Any]) -> Request:
    return replace(read(Request, document), document=document)


@dataclass(frozen=True)
class Coverage:
    """Which operations, statuses and rules clients have met."""

    document: dict[str, Any]

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Coverage:
        """Read the server's answer."""
        return cls(document)
