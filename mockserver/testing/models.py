"""What the control plane answers, typed.

Members have the names of the JSON, in snake case. What a newer server sends on top is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args

Api: TypeAlias = Literal["report", "import", "build", "foxy"]
JobState: TypeAlias = Literal["ready", "starting", "running", "paused", "canceled", "finished", "error"]
Mode: TypeAlias = Literal["running", "frozen"]
ProfileName: TypeAlias = Literal["steady", "immediate", "slow-start", "stuck", "failing", "polls"]
FaultKind: TypeAlias = Literal["answer", "reset", "truncate", "slow-body"]

ACTIVE: frozenset[str] = frozenset(("starting", "running", "paused"))
STATES: tuple[str, ...] = get_args(JobState)

Model = TypeVar("Model")


def parse_time(text: str) -> datetime:
    """Read a time of the control plane; of its nine fractional digits a ``datetime`` keeps six."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def format_time(moment: datetime | str) -> str:
    """Write a time for the control plane; a ``datetime`` without a zone is UTC."""
    if isinstance(moment, str):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def read(model: type[Model], document: Mapping[str, Any]) -> Model:
    """Make a model from the JSON of an answer; members that the model does not have are left out."""
    names = _names(cast(Hashable, model))
    return model(**{names[key]: value for key, value in document.items() if key in names})


@cache
def _names(model: Any) -> dict[str, str]:
    return {to_camel(each.name): each.name for each in fields(model) if each.init}


def to_camel(name: str) -> str:
    """Write the name of a member as the JSON has it."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(frozen=True)
class Health:
    """How the server is; ``violations`` counts answers that broke its own specification, each of them a bug."""

    status: str
    version: str
    worlds: int
    violations: int
    uptime_seconds: float
    specifications: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ClockState:
    """A world's clock at one moment; ``speed`` is virtual seconds for a real one."""

    mode: Mode
    speed: float
    now: str

    @property
    def time(self) -> datetime:
        """``now`` as an aware ``datetime``, to the microsecond."""
        return parse_time(self.now)


@dataclass(frozen=True)
class Job:
    """A job as it was when asked for.

    :ivar api: ``report``, ``import``, ``build`` or ``foxy``.
    :ivar target: what it works on: a service, the id of a feed or of a store.
    :ivar state: by the same names for all APIs; Foxy's ``queued`` is starting or running, its ``ready`` finished.
    :ivar status: the state as WEBSALE's number, 0 to 6.
    :ivar ends_at: when it ended or will end; ``None`` when it never does by itself.
    :ivar file: name of the file that it makes, if any.
    """

    id: str
    api: Api
    target: str
    state: JobState
    status: int
    total: int
    processed: int
    percentage: int
    failed: int
    started_at: str
    ends_at: str | None
    profile: ProfileName
    file: str | None

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class JobStep:
    """A moment of a job's course.

    :ivar state: the state from then on.
    :ivar cause: what brought it about: ``start``, ``time``, ``poll``, or what somebody did, such as ``pause``.
    :ivar expected: whether it is still to come, and comes if nobody does anything.
    """

    state: JobState
    cause: str
    time: str
    percentage: int
    expected: bool

    @property
    def at(self) -> datetime:
        """``time`` as an aware ``datetime``, to the microsecond."""
        return parse_time(self.time)


@dataclass(frozen=True)
class JobTimeline:
    """What a job has been through.

    :ivar job: the job as it is now.
    :ivar steps: its states in order; a stall is a step of its own.
    :ivar files: URLs by name of what it has made, once it has finished.
    """

    job: Job
    steps: tuple[JobStep, ...]
    files: dict[str, str]


@dataclass(frozen=True)
class Fault:
    """A fault that was placed.

    :ivar seen: calls that it met, hit or not.
    :ivar fired: calls that it hit.
    """

    id: str
    kind: FaultKind = "answer"
    rule: str | None = None
    status: int | None = None
    operation: str | None = None
    target: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    latency_seconds: Any = 0
    virtual: bool = False
    body_seconds: float | None = None
    retry_after_seconds: int | None = None
    until: str | None = None
    seen: int = 0
    fired: int = 0


@dataclass(frozen=True)
class Rule:
    """A rule of the catalogue."""

    id: str
    api: str
    operation: str
    status: int | None
    type: str
    reason: str
    evidence: str
    source: str
    summary: str = ""


@dataclass(frozen=True)
class WorldState:
    """A world as the server lists it."""

    name: str
    seed: int
    jobs: int
    clock: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A named state.

    :ivar states: sentences that it stands for, as contract tests write provider states.
    :ivar parameters: what can be varied, with the usual values.
    """

    name: str
    description: str = ""
    states: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutboxEntry:
    """Something that the vendor would have sent.

    :ivar kind: ``mail``, ``webhook``, …
    :ivar facts: what is known of it, such as ``to`` of a mail; its members depend on the kind.
    """

    id: str
    kind: str
    time: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordService:
    """A service of the shop.

    :ivar key: the member by whose value a record is known.
    :ivar count: how many records it has now.
    """

    name: str
    plural: str
    key: str
    count: int


@dataclass(frozen=True)
class BuiltFile:
    """A file that a build has written.

    :ivar feed: the feed's id.
    :ivar public: whether the shop serves it to everybody.
    :ivar sha256: of its content, in hexadecimal digits.
    """

    feed: str
    subshop: str
    name: str
    file_path: str
    public: bool
    media_type: str
    size: int
    sha256: str
    time: str
