"""Let calls fail on purpose: what goes wrong, for which calls, how often.

A :class:`Plan` says what goes wrong; placed in a world's :class:`FaultBook` it becomes a :class:`Fault` with
counters. Whether the nth call that a fault meets is hit is a function of the world's seed, the fault's id and n
alone: the same seed and the same calls give the same failures, whatever other faults there are, and the world's
own randomness, from which its data come, is never touched.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, TypeAlias, get_args

from .clock import format_job_time, parse_time
from .errors import FaultError, NoSuchFault, RefusedValue, TooManyFaults
from .latency import MAX_LATENCY, Fixed, Latency, check_seconds, read_latency

Kind: TypeAlias = Literal["answer", "reset", "truncate", "slow-body"]

KINDS: tuple[Kind, ...] = get_args(Kind)

#: Faults that a world may have at a time.
LIMIT = 100

#: How long a slow body takes where its fault does not say.
BODY_SECONDS = 1.0

MAX_COUNT = 1_000_000
MAX_RETRY_AFTER = 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what goes wrong. Every way to make one checks it (``FaultError``).

    With ``rule`` (the name of an example) or ``status`` the operation is not performed and that answer is
    given; without, it is performed as ever. ``kind`` is how the answer gets to the client: whole, not at all
    (``reset``; then nothing is performed either), cut in the middle, or in pieces with pauses.

    ``operation`` and ``target`` (values by name) say which calls are met; of those the first ``after`` are let
    through, each further one is hit with ``probability``, at most ``times`` in all, and none from the calendar
    instant ``until`` on. ``latency`` delays the answer; ``virtual`` lets the world's clock do the waiting.
    """

    rule: str = ""
    status: int | None = None
    operation: str = ""
    target: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "answer"
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    latency: Latency | None = None
    virtual: bool = False
    body_seconds: float | None = None
    retry_after: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultError("kind", self.kind, ", ".join(KINDS))
        if not isinstance(self.virtual, bool):
            raise FaultError("virtual", self.virtual, "true, false")
        _whole("status", self.status, 100, 599)
        _whole("after", self.after, 0, MAX_COUNT)
        _whole("times", self.times, 1, MAX_COUNT)
        _whole("retryAfterSeconds", self.retry_after, 0, MAX_RETRY_AFTER)
        number = isinstance(self.probability, int | float) and not isinstance(self.probability, bool)
        if not number or not 0 < self.probability <= 1:
            raise FaultError("probability", self.probability, "a number above 0, at most 1")
        if self.body_seconds is not None:
            check_seconds("bodySeconds", self.body_seconds)
        self._check_sense()

    @property
    def replaces(self) -> bool:
        """Say whether another answer takes the place of the operation's own."""
        return bool(self.rule) or self.status is not None

    @property
    def only_delays(self) -> bool:
        """Say whether nothing happens to the answer but that it comes late."""
        return self.kind == "answer" and not self.replaces

    @classmethod
    def from_json(cls, value: object) -> Plan:
        """Read a plan as the control plane takes it; an absent key and null are the same."""
        if not isinstance(value, Mapping):
            raise FaultError("", value, "an object")
        for key in value:
            if key not in _FIELDS:
                raise FaultError(str(key), value[key], f"no such key; there are {', '.join(_FIELDS)}")
        found: dict[str, Any] = {_FIELDS[key]: given for key, given in value.items() if given is not None}
        for key in ("rule", "operation", "until"):
            if not isinstance(found.get(key, ""), str):
                raise FaultError(key, found[key], "a string")
        target = found.get("target", {})
        if not isinstance(target, Mapping) or not all(isinstance(name, str) for name in target.values()):
            raise FaultError("target", target, "an object of strings")
        found["latency"] = read_latency(found.get("latency"))
        if "until" in found:
            found["until"] = parse_time(found["until"], "until")
        return cls(**found)

    def to_json(self) -> dict[str, Any]:
        """Write the plan with all of its keys; read again, it is the same."""
        return {
            "rule": self.rule or None,
            "status": self.status,
            "operation": self.operation or None,
            "target": dict(self.target),
            "kind": self.kind,
            "after": self.after,
            "times": self.times,
            "probability": self.probability,
            "latencySeconds": 0 if self.latency is None else self.latency.to_json(),
            "virtual": self.virtual,
            "bodySeconds": self.body_seconds,
            "retryAfterSeconds": self.retry_after,
            "until": None if self.until is None else format_job_time(self.until),
        }

    def _check_sense(self) -> None:
        if self.rule and self.status is not None:
            raise FaultError("status", self.status, "null where rule is given: the rule has its own status")
        if self.kind == "reset" and self.replaces:
            name, value = ("rule", self.rule) if self.rule else ("status", self.status)
            raise FaultError(name, value, "null where kind is reset: there is no answer")
        if self.only_delays and self.latency is None:
            raise FaultError(
                "kind", self.kind, "reset, truncate, slow-body; or with a rule, status or latency"
            )
        if self.retry_after is not None and not self.replaces:
            raise FaultError("retryAfterSeconds", self.retry_after, "null unless rule or status is given")
        if self.body_seconds is not None and self.kind != "slow-body":
            raise FaultError("bodySeconds", self.body_seconds, "null unless kind is slow-body")


_FIELDS = {
    "rule": "rule",
    "status": "status",
    "operation": "operation",
    "target": "target",
    "kind": "kind",
    "after": "after",
    "times": "times",
    "probability": "probability",
    "latencySeconds": "latency",
    "virtual": "virtual",
    "bodySeconds": "body_seconds",
    "retryAfterSeconds": "retry_after",
    "until": "until",
}


@dataclass(slots=True, eq=False)
class Fault:
    """Be a plan in a world, with what became of it so far.

    ``seen`` counts the calls that it met, hit or not; ``fired`` those that it hit.
    """

    id: str
    plan: Plan
    operations: frozenset[str]
    seen: int = 0
    fired: int = 0

    @property
    def used_up(self) -> bool:
        """Say whether it has fired as often as it may."""
        return self.plan.times is not None and self.fired >= self.plan.times

    def is_active(self, calendar: int) -> bool:
        """Say whether it can still fire at this instant of the calendar."""
        return not self.used_up and (self.plan.until is None or calendar < self.plan.until)

    def to_json(self, calendar: int) -> dict[str, Any]:
        """Show the fault as the control plane does, at this instant of the calendar."""
        return {
            "id": self.id,
            **self.plan.to_json(),
            "seen": self.seen,
            "fired": self.fired,
            "active": self.is_active(calendar),
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """Say what happens to one call: which faults fired, and the seconds that they delay the answer by.

    ``outcome`` is the fault that decides about the answer, None when all of them only delay it.
    """

    faults: tuple[Fault, ...]
    outcome: Fault | None
    real_seconds: float
    virtual_seconds: float


FaultChange: TypeAlias = Literal["placed", "removed", "fired"]


class FaultBook:
    """Hold a world's faults, in the order in which they were placed.

    :ivar listener: is told of everything that becomes of a fault.
    """

    __slots__ = ("_by_operation", "_faults", "_limit", "_next", "_seed", "listener")

    def __init__(self, seed: int, limit: int = LIMIT) -> None:
        self._seed = seed
        self._limit = limit
        self._next = 1
        self._faults: dict[str, Fault] = {}
        self._by_operation: dict[str, list[Fault]] = {}
        self.listener: Callable[[Fault, FaultChange], object] | None = None

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, plan: Plan, operations: frozenset[str], calendar: int) -> Fault:
        """Place a fault for these operations, given by their ids, at this instant of the calendar.

        Where the world has as many as it may, the oldest one that can no longer fire makes room;
        ``TooManyFaults`` when each still can.
        """
        if len(self._faults) >= self._limit:
            spent = next((f for f in self._faults.values() if not f.is_active(calendar)), None)
            if spent is None:
                raise TooManyFaults(self._limit)
            self.remove(spent.id)
        fault = Fault(str(self._next), plan, operations)
        self._next += 1
        self._put(fault)
        self._tell(fault, "placed")
        return fault

    def get(self, id: str) -> Fault:
        """Give a fault by its id, or raise ``NoSuchFault``."""
        fault = self._faults.get(id)
        if fault is None:
            raise NoSuchFault(id)
        return fault

    def list(self) -> list[Fault]:
        """Give all faults, the oldest first; those that have fired as often as they may stay to be seen."""
        return [*self._faults.values()]

    def remove(self, id: str) -> None:
        """Take a fault away, or raise ``NoSuchFault``."""
        fault = self.get(id)
        del self._faults[id]
        for operation in fault.operations:
            faults = self._by_operation[operation]
            faults.remove(fault)
            if not faults:
                del self._by_operation[operation]
        self._tell(fault, "removed")

    def clear(self) -> None:
        """Take all faults away; ids go on."""
        for id in [*self._faults]:
            self.remove(id)

    def dump(self) -> dict[str, Any] | None:
        """Describe all faults with their counters; None when there never was one."""
        if self._next == 1:
            return None
        faults = [
            {
                "id": fault.id,
                **{key: value for key, value in fault.plan.to_json().items() if value not in (None, {})},
                "operations": sorted(fault.operations),
                "seen": fault.seen,
                "fired": fault.fired,
            }
            for fault in self._faults.values()
        ]
        return {"next": self._next, "faults": faults}

    def load(self, state: Mapping[str, Any]) -> None:
        """Put back what ``dump`` gave into a book without faults; ``FaultError`` names the place at fault."""
        for place, entry in enumerate(state["faults"]):
            about = {key: entry[key] for key in ("id", "operations", "seen", "fired")}
            try:
                plan = Plan.from_json({key: value for key, value in entry.items() if key not in about})
            except RefusedValue as error:
                raise FaultError(f"faults[{place}].{error.field}", error.value, error.accepted) from error
            if about["id"] in self._faults or len(self._faults) >= self._limit:
                raise FaultError(f"faults[{place}].id", about["id"], f"at most {self._limit} different ids")
            self._put(Fault(about["id"], plan, frozenset(about["operations"]), about["seen"], about["fired"]))
        self._next = max(state["next"], *(int(id) + 1 for id in self._faults), 1)

    def _put(self, fault: Fault) -> None:
        self._faults[fault.id] = fault
        for operation in fault.operations:
            self._by_operation.setdefault(operation, []).append(fault)

    def match(self, operation: str, target: Mapping[str, str], calendar: Callable[[], int]) -> Hit | None:
        """Count a call of the operation, and give what happens to it, None for nothing.

        Of the faults that decide about the answer the one placed first fires; those that only delay it fire
        all, and their delays add up.
        """
        faults = self._by_operation.get(operation)
        if faults is None:
            return None
        now = calendar()
        fired: list[Fault] = []
        outcome: Fault | None = None
        seconds = {False: 0.0, True: 0.0}
        for fault in faults:
            plan = fault.plan
            if not fault.is_active(now) or not plan.target.items() <= target.items():
                continue
            fault.seen += 1
            hit = fault.seen > plan.after and (
                plan.probability >= 1 or self._chance(fault) < plan.probability
            )
            if not hit or (outcome is not None and not plan.only_delays):
                continue
            fault.fired += 1
            fired.append(fault)
            if plan.latency is not None:
                seconds[plan.virtual] += self._delay(fault, plan.latency)
            if not plan.only_delays:
                outcome = fault
            self._tell(fault, "fired")
        if not fired:
            return None
        delays = (min(seconds[virtual], MAX_LATENCY) for virtual in (False, True))
        return Hit(tuple(fired), outcome, *delays)

    def _tell(self, fault: Fault, change: FaultChange) -> None:
        if self.listener is not None:
            self.listener(fault, change)

    def _chance(self, fault: Fault) -> float:
        """Draw a number from 0 to 1 that decides about this call alone."""
        key = f"{self._seed}/{fault.id}/{fault.seen}".encode()
        return int.from_bytes(blake2b(key, digest_size=8).digest()) / 2**64

    def _delay(self, fault: Fault, latency: Latency) -> float:
        """Draw the delay of this call alone."""
        if isinstance(latency, Fixed):
            return latency.seconds
        return latency.draw(random.Random(f"{self._seed}/{fault.id}/{fault.seen}"))


def _whole(name: str, value: object, least: int, most: int) -> None:
    if value is not None and (
        not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most
    ):
        raise FaultError(name, value, f"a whole number from {least} to {most}")
