"""Check what a client sends to order a report.

Foxy's validations are those of its PHP ActiveRecord: every attribute is checked, each failure is an entry of
its own (FOXY-MULTI-ERR), in the order of the documents' attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mockserver.foxy.conventions import TRANSACTIONS_NAME
from mockserver.foxy.dates import parse_wall

NAMES = ("complete", "customers", "customers_ltv", *(("transactions",) if TRANSACTIONS_NAME else ()))
VERSIONS = ("1",)
LATEST = VERSIONS[-1]
VERSION_LENGTH = 50


class Order(NamedTuple):
    """What a report is to be about; dates are wall times in the store's zone."""

    name: str
    version: str
    start: datetime
    end: datetime


class Failure(NamedTuple):
    """One validation that failed: its rule, the attribute, and what would have been accepted."""

    rule: str
    attribute: str
    explain: str


class OrderError(Exception):
    """Raised when an order fails validation, with all failures in the order of the documents' attributes."""

    def __init__(self, failures: list[Failure]) -> None:
        super().__init__(", ".join(failure.rule for failure in failures))
        self.failures = failures


def read_order(body: Mapping[str, Any]) -> Order:
    """Return the order in a request body; properties that a client cannot set are ignored (FOXY-READONLY).

    :raises OrderError: some attribute fails its validation.
    """
    failures: list[Failure] = []
    name = _cast(body.get("name"))
    failures += _check_name(name)
    version = _cast(body.get("version")) or LATEST
    failures += _check_version(version)
    start, end = parse_wall(body.get("datetime_start")), parse_wall(body.get("datetime_end"))
    for attribute, date, rule in (
        ("datetime_start", start, "FOXY-START-REQ"),
        ("datetime_end", end, "FOXY-END-REQ"),
    ):
        if date is None:
            failures.append(_blank_date(attribute, body.get(attribute), rule))
    if failures or start is None or end is None:
        raise OrderError(failures)
    return Order(name, version, start, end)


def _check_name(name: str) -> list[Failure]:
    accepted = f"accepted: {', '.join(NAMES)}"
    if not name:
        return [Failure("FOXY-NAME-REQ", "name", f"name is blank; {accepted}")]
    if name not in NAMES:
        return [Failure("FOXY-NAME-ENUM", "name", f"name is {name!r}; {accepted}")]
    return []


def _check_version(version: str) -> list[Failure]:
    """Check length and inclusion; a version that is too long fails both."""
    failures = []
    if len(version) > VERSION_LENGTH:
        explain = f"version has {len(version)} characters; accepted: {VERSION_LENGTH}"
        failures.append(Failure("FOXY-VERSION-LEN", "version", explain))
    if version not in VERSIONS:
        explain = f"version is {version[:60]!r}; accepted: {', '.join(VERSIONS)}, or blank for the latest"
        failures.append(Failure("FOXY-VERSION-BAD", "version", explain))
    return failures


def _blank_date(attribute: str, value: object, rule: str) -> Failure:
    """Return why a date is blank: it is missing, or cannot be read and was cast to null (FOXY-DT-BAD)."""
    if value is None or value == "":
        return Failure(rule, attribute, f"{attribute} is blank; accepted: YYYY-MM-DD HH:MM:SS")
    explain = f"{attribute} is {str(value)[:60]!r}, which is no date; accepted: YYYY-MM-DD HH:MM:SS"
    return Failure(f"FOXY-DT-BAD.{attribute.removeprefix('datetime_')}", attribute, explain)


def _cast(value: object) -> str:
    """Cast as PHP casts a value for a column of text: null is blank, the number 1 is "1" (G-33)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
