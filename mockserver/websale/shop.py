"""The shop of a world: its services and their records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.records import Records, Service


@dataclass
class Shop:
    """What the WEBSALE resources of one world work on.

    :ivar services: the sixteen services by name.
    :ivar records: the world's view of all records.
    """

    services: Mapping[str, Service]
    records: Records
