"""Use the mock server in tests: a typed client, servers to start, and a pytest plugin.

The plugin gives the fixtures ``mockserver`` and ``mock_world``; see ``docs/guides/pytest.md``. Everything else works
with any test runner::

    from mockserver.testing import ServerThread

    with ServerThread() as server:
        world = server.client().world("checkout")
        world.clock.freeze()
"""

from mockserver.testing.client import Client
from mockserver.testing.coverage import Coverage
from mockserver.testing.errors import MockServerError, NotVerified, Refused, StartFailed, Unreachable
from mockserver.testing.events import Event, Events
from mockserver.testing.journal import Message, NearMiss, Request, Verification
from mockserver.testing.models import (
    BuiltFile,
    ClockState,
    Fault,
    Health,
    Job,
    JobStep,
    JobTimeline,
    OutboxEntry,
    RecordService,
    Rule,
    Scenario,
    WorldState,
)
from mockserver.testing.servers import ServerProcess, ServerThread
from mockserver.testing.world import World

__all__ = [
    "BuiltFile",
    "Client",
    "ClockState",
    "Coverage",
    "Event",
    "Events",
    "Fault",
    "Health",
    "Job",
    "JobStep",
    "JobTimeline",
    "Message",
    "MockServerError",
    "NearMiss",
    "NotVerified",
    "OutboxEntry",
    "RecordService",
    "Refused",
    "Request",
    "Rule",
    "Scenario",
    "ServerProcess",
    "ServerThread",
    "StartFailed",
    "Unreachable",
    "Verification",
    "World",
    "WorldState",
]
