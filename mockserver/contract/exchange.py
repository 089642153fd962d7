"""One request on its way through the server, and the answer to it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mockserver.contract.answers import Answer
from mockserver.contract.public_url import public_url
from mockserver.simulation.journal import BODY, STREAM, Body
from mockserver.simulation.profiles import PROFILES, Profile

if TYPE_CHECKING:
    from mockserver.contract.operations import CompiledOperation
    from mockserver.contract.preferences import Preference
    from mockserver.contract.server import Server
    from mockserver.simulation.faults import Hit
    from mockserver.simulation.worlds import World

SCOPE_KEY = "mockserver.exchange"


@dataclass(frozen=True)
class Principal:
    """Who is calling: a user of the world and the rights of the credential.

    :ivar rights: verbs by service; the service ``*`` stands for every one.
    """

    name: str
    rights: dict[str, frozenset[str]]
    administrator: bool = False

    def may(self, verbs: tuple[str, ...], service: str) -> bool:
        """Whether every verb is granted on the service."""
        if self.administrator:
            return True
        granted = self.rights.get("*", frozenset()) | self.rights.get(service, frozenset())
        return granted.issuperset(verbs)


class Exchange:
    """One request with what the server knows of it so far; handlers get it as ``exchange``.

    :ivar server: what all requests share: settings, worlds, catalogue, contract.
    :ivar world: the world that the request is about.
    :ivar prefix: ``/w/<world>`` when the request used the path prefix, else empty.
    :ivar path: path after the prefix, as it was sent (percent-encoded).
    :ivar arguments: what the operation's handler is called with.
    :ivar answer: what will be sent; set once the request has been handled.
    :ivar applied: the preferences that the answer honours, for ``Preference-Applied``.
    :ivar rule: ID of the rule that the answer follows, for an error.
    :ivar hit: what the world's faults do to the call.
    :ivar number: number of the call in the world's journal; 0 when that keeps none, ``None`` for control calls.
    :ivar tick: instant of the world at which the request came in.
    :ivar captured: what has been read of the request's body, for the journal.
    :ivar fields: names of what was at fault, for an error.
    :ivar accepted: what would have been accepted, where the rule's facts say so.
    """

    __slots__ = (
        "_query",
        "accepted",
        "answer",
        "applied",
        "arguments",
        "captured",
        "explain",
        "fields",
        "headers",
        "hit",
        "method",
        "number",
        "operation",
        "path",
        "path_values",
        "preference",
        "prefix",
        "principal",
        "query_string",
        "receive",
        "rule",
        "scope",
        "server",
        "started",
        "tick",
        "world",
    )

    world: World

    def __init__(self, scope: dict[str, Any], receive: Any, server: Server) -> None:
        self.started = time.perf_counter()
        self.scope = scope
        self.receive = receive
        self.server = server
        self.method: str = scope["method"]
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.path = raw_path.partition(b"?")[0].decode("latin-1")
        self.query_string: str = scope["query_string"].decode("latin-1")
        self.headers: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.prefix = ""
        self.path_values: dict[str, str] = {}
        self.operation: CompiledOperation | None = None
        self.principal: Principal | None = None
        self.preference: Preference | None = None
        self.applied: list[str] = []
        self.arguments: dict[str, Any] = {}
        self.answer: Answer | None = None
        self.hit: Hit | None = None
        self.rule = ""
        self.explain = ""
        self._query: list[tuple[str, str]] | None = None
        self.number: int | None = None
        self.tick = 0
        self.captured: Body | None = None
        self.fields: tuple[str, ...] = ()
        self.accepted: tuple[Any, ...] = ()

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query parameters in the order in which they were sent, percent-decoded."""
        if self._query is None:
            text = self.query_string
            self._query = parse_qsl(text, keep_blank_values=True) if text else []
        return self._query

    def header_values(self, name: str) -> list[str]:
        """Return every value of a header that may be sent several times."""
        wanted = name.encode("latin-1")
        return [value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted]

    async def body(self) -> bytes:
        """Read the whole request body; one over the server's limit fails with the API's 413."""
        whole = b"".join([part async for part in self.stream()])
        self.captured = whole[:BODY], len(whole)
        return whole

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the request body as it comes in; one over the server's limit fails with the API's 413.

        A length that is announced in advance is refused at once. The server reads over what the client sends
        after the answer, so that a client that listens only then gets it too.
        """
        announced = self.headers.get("content-length", "")
        self._check_size(int(announced) if announced.isdecimal() else 0)
        head, size, more = b"", 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part: bytes = message.get("body", b"")
            size += len(part)
            if len(head) < STREAM:
                head += part[: STREAM - len(head)]
            self.captured = head, size
            self._check_size(size)
            yield part
            more = message.get("more_body", False)

    async def gone(self) -> None:
        """Wait until the client has closed the connection. Only for requests whose body is not read any more."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _check_size(self, size: int) -> None:
        limit = self.server.settings.max_body
        if size > limit:
            explain = f"The body is larger than {limit} bytes."
            raise self.server.contract.unrouted_rule(self.path, 413, explain, template=self.template)

    @property
    def template(self) -> str:
        """Path of the operation with its base path, parameters in braces; empty before it is known."""
        return self.operation.template if self.operation else ""

    @property
    def public_url(self) -> str:
        """Base URL for links in answers, without a trailing slash and without the world's prefix."""
        return public_url(self.server.settings, self.headers, self.scope)

    @property
    def api_url(self) -> str:
        """Base URL of links that an API client follows: they carry the world's prefix if the request did."""
        return self.public_url + self.prefix

    @property
    def content_url(self) -> str:
        """Base URL of links that are followed without headers: they name every world but the default one."""
        world = self.world.name
        return self.public_url if world == "default" else f"{self.public_url}/w/{world}"

    def choose_profile(self, api: str, target: str) -> Profile:
        """Return how a job will unfold: by ``Prefer: profile=``, else as the world has it for API and target."""
        name = self.preference.profile if self.preference else None
        if name is None:
            return self.world.profiles.get(api, target)
        self.applied.append(f"profile={name}")
        return PROFILES[name]


class ClientGone(Exception):
    """Raised when the client closed the connection before its request was complete; nobody to answer."""
