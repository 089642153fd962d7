"""What can be set when the server starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MIB = 1024 * 1024


class SettingsError(ValueError):
    """Raised when the settings name something that is not there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; the options of ``mockserver serve`` have the same names.

    :ivar clock: whether new worlds' clocks run or stand still.
    :ivar now: the time at which new worlds begin, such as ``2026-07-01T12:00:00Z``; empty: the machine's.
    :ivar speed: virtual seconds for a real one.
    :ivar records: number of generated records, by service, where it differs from the fixtures'.
    :ivar scenario: what every new world is like; empty: like the fixtures.
    :ivar fixtures: folder of the user's own fixtures, which lie over the server's; empty: none.
    :ivar scenarios: folder of further scenarios, which lie over those of ``fixtures``.
    :ivar public_url: base URL for links in answers; empty: taken from the request.
    :ivar cors_origin: origins of web pages that may call the vendor APIs; empty: all.
    :ivar control_origin: origins of web pages that may change something through the control plane.
    :ivar control_token: what calls of the control plane must bring as bearer; empty: nothing. Never shown.
    :ivar max_faults: how many faults that can still fire a world may have.
    :ivar journal: how many calls a world remembers; 0: none.
    :ivar journal_size: how many bytes they may take.
    :ivar max_body: largest request body, in bytes.
    :ivar import_errors: how many faulty records the status of an import lists.
    :ivar scheduler: whether data feeds are built by themselves, at their hours and after imports.
    :ivar deliver_webhooks: hosts (``host`` or ``host:port``) of webhooks that are really sent; empty: none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    seed: int = 42
    clock: Literal["running", "frozen"] = "running"
    now: str = ""
    speed: float = 1.0
    records: Mapping[str, int] = field(default_factory=dict)
    scenario: str = ""
    fixtures: str = ""
    scenarios: str = ""
    auth: bool = True
    public_url: str = ""
    trust_proxy: bool = False
    validate_responses: bool = True
    cors_origin: tuple[str, ...] = ()
    control_origin: tuple[str, ...] = ()
    control_token: str = field(default="", repr=False)
    max_worlds: int = 1000
    max_faults: int = 100
    journal: int = 1000
    journal_size: int = 8 * MIB
    max_body: int = 256 * MIB
    import_errors: int = 1000
    scheduler: bool = True
    deliver_webhooks: tuple[str, ...] = ()
    ready_file: str = ""
    log_format: Literal["text", "json"] = "text"
    access_log: bool = True
