"""What can go wrong between a test and the mock server.

::

    MockServerError
    ├── Unreachable (also ConnectionError)    url, reason: nobody answers there
    ├── StartFailed                           reason: the server did not come up
    └── Refused                               status, rule, detail, accepted, problem: a control call was refused
    NotVerified (AssertionError)              verification: the journal is not as the test says
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.testing.journal import Verification


class MockServerError(Exception):
    """Be the root of everything that this package raises, failed verifications aside."""


class Unreachable(MockServerError, ConnectionError):
    """Raised when no server answers at the URL, or what answers is no mock server."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url} does not answer as a mock server: {reason}")


class StartFailed(MockServerError):
    """Raised when a server was to be started and did not come up."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The mock server did not start: {reason}")


class Refused(MockServerError):
    """Raised when the server refuses a control call.

    :ivar status: HTTP status of the answer.
    :ivar rule: ID of the rule that was broken, such as ``MOCK-409-never``; empty when the answer names none.
    :ivar detail: what was wrong, in a sentence.
    :ivar accepted: what would have been accepted, as far as the server says so.
    :ivar problem: the whole problem document (RFC 9457).
    """

    def __init__(self, call: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.rule = str(problem.get("rule", ""))
        self.detail = str(problem.get("detail", ""))
        self.accepted: list[str] = [str(each) for each in problem.get("accepted") or []]
        parts = [f"{call}: {status}", self.rule, self.detail]
        if self.accepted:
            parts.append("Accepted: " + ", ".join(self.accepted))
        super().__init__(" ".join(part for part in parts if part))


class NotVerified(AssertionError):
    """Raised when the journal does not hold what a test says; lists what came close.

    :ivar verification: the server's answer.
    """

    def __init__(self, message: str, verification: Verification) -> None:
        self.verification = verification
        super().__init__(message)
