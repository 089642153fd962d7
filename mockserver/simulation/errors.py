"""Errors of the simulated world. Each carries the facts; its sentence is built here, once.

::

    SimulationError
    ├── RefusedValue (also ValueError)     field, value, accepted
    │   ├── ClockError                     a time, a speed or a jump that no clock can follow
    │   ├── ProfileError                   a description of how jobs unfold that makes no sense
    │   ├── FaultError                     a description of a failure that makes no sense
    │   ├── ScenarioError                  a scenario that cannot be applied; field is the place in it
    │   ├── StateError                     a document of a world that is wrong; field is the place in it
    │   └── WorldNameError                 a name that no world can have
    ├── UnknownThing (also LookupError)    value
    │   ├── NoSuchJob                      no job has this id (or it was forgotten)
    │   ├── NoSuchCall                     the journal has no call of this number (any more)
    │   ├── NoSuchFault                    no fault has this id (or it was removed)
    │   ├── NoSuchPart                     the registry was given no factory for this type
    │   ├── NoSuchScenario                 no scenario has this name, and none is this state
    │   └── NoSuchSnapshot                 no snapshot of the world has this name
    ├── TooLarge                           limit: a world's document would have more bytes than this
    ├── ShelfFull                          what, limit: a world keeps no more snapshots
    ├── TransitionError                    job, api, target, state, wanted: not allowed in this state
    ├── NeverHappens                       job, api, target, state, wanted, because, moved
    ├── Undecided                          job: what comes of its work is not known yet
    ├── TooManyFaults                      limit: the world has as many faults as it may have
    └── RunawayAgenda                      tick, depth: callbacks that call for each other without end
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .job import Job


class SimulationError(Exception):
    """Be the root of everything the simulation raises on purpose."""


class RefusedValue(SimulationError, ValueError):
    """Say which field had which value, and what would have been accepted."""

    def __init__(self, field: str, value: object, accepted: str) -> None:
        self.field = field
        self.value = value
        self.accepted = accepted
        shown = repr(value)
        if len(shown) > 80:
            shown = shown[:77] + "..."
        super().__init__(f"{field or 'value'} is {shown}; accepted: {accepted}")


class ClockError(RefusedValue):
    """Refuse a time, speed, mode or jump that a clock cannot follow."""


class ProfileError(RefusedValue):
    """Refuse a profile; ``field`` is the JSON key at fault, "" when the whole is not an object."""


class FaultError(RefusedValue):
    """Refuse a fault; ``field`` is the JSON key at fault."""


class ScenarioError(RefusedValue):
    """Refuse to apply a scenario; ``field`` is the place in it: ``jobs[0].advanceTo``."""


class StateError(RefusedValue):
    """Refuse a world's document; ``field`` is the place in it: ``jobs[3].profile.kind``."""


class WorldNameError(RefusedValue):
    """Refuse a world's name."""


class UnknownThing(SimulationError, LookupError):
    """Say what was looked for and is not there."""

    noun = "thing"

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(f"there is no {self.noun} {value}")

    def __str__(self) -> str:
        return str(self.args[0])


class NoSuchJob(UnknownThing):
    """Look for a job that was never started here, or that ended so long ago that it was forgotten."""

    noun = "job"


class NoSuchFault(UnknownThing):
    """Look for a fault that was never placed here, or that was taken away."""

    noun = "fault"


class NoSuchCall(UnknownThing):
    """Look for a call that the journal does not have, or does not have any more."""

    noun = "call"


class NoSuchPart(UnknownThing):
    """Ask a world for a part that nobody registered a factory for."""

    noun = "part"


class NoSuchScenario(UnknownThing):
    """Ask for a scenario that nobody wrote."""

    noun = "scenario"


class NoSuchSnapshot(UnknownThing):
    """Look for a snapshot that was never taken, or that was deleted."""

    noun = "snapshot"


class TooLarge(SimulationError):
    """Refuse to write a world as a document of more than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the world's document would have more than {limit} bytes")


class ShelfFull(SimulationError):
    """Refuse to keep another snapshot: ``what`` (snapshots, bytes) would be more than ``limit``."""

    def __init__(self, what: str, limit: int) -> None:
        self.what = what
        self.limit = limit
        super().__init__(f"a world keeps at most {limit} {what}")


class TransitionError(SimulationError):
    """Refuse an action (``wanted``: pause, resume, cancel, complete, fail, stall) in a job's ``state``.

    ``state`` is the state's lower-case name. The documents answer these with 404 ("The process is not
    running.").
    """

    def __init__(self, job: str, api: str, target: str, state: str, wanted: str) -> None:
        self.job = job
        self.api = api
        self.target = target
        self.state = state
        self.wanted = wanted
        super().__init__(f"job {job} ({api} {target}) is {state}: {wanted} is not possible now")


class NeverHappens(SimulationError):
    """Refuse to wait for what never comes.

    ``because`` is one of paused, stuck, stalled, polls, ended, other-end, passed-over, endless. ``moved``
    is False when nothing at all was changed; True when the job got in the way only during the journey (see
    ``travel``).
    """

    _WHY: ClassVar[Mapping[str, str]] = {
        "paused": "it is paused until somebody resumes it",
        "stuck": "its profile makes it stop before the end",
        "stalled": "somebody stalled it",
        "polls": "it moves by status requests, not by time",
        "ended": "it has ended",
        "other-end": "it is going to end otherwise",
        "passed-over": "it is not going to be in that state",
        "endless": "jobs keep starting further jobs",
    }

    def __init__(
        self, job: str, api: str, target: str, state: str, wanted: str, because: str, *, moved: bool = False
    ) -> None:
        self.job = job
        self.api = api
        self.target = target
        self.state = state
        self.wanted = wanted
        self.because = because
        self.moved = moved
        why = self._WHY.get(because, because)
        super().__init__(f"job {job} ({api} {target}) is {state} and will never be {wanted}: {why}")


class Undecided(SimulationError):
    """Stop a hurried journey before the end of a job of which it is not known yet what comes of its work."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"what comes of job {job.id} ({job.api} {job.target}) is not known yet")


class TooManyFaults(SimulationError):
    """Refuse one more fault in a world where ``limit`` of them can still fire."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the world has {limit} faults that can still fire, as many as it may have")


class RunawayAgenda(SimulationError):
    """Stop callbacks that call for each other at one and the same instant without end."""

    def __init__(self, tick: int, depth: int) -> None:
        self.tick = tick
        self.depth = depth
        super().__init__(f"{depth} callbacks called for each other at tick {tick}")
