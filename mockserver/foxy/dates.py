"""Read and write Foxy's dates: wall times in a store's zone, shown as ``2022-01-01T00:00:00-0800``.

Instants are nanoseconds since 1970 (UTC), as the world's calendar counts them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from mockserver.foxy.conventions import LAST_MODIFIED_FORMAT
from mockserver.simulation.clock import SECOND

EPOCH = datetime(1970, 1, 1)
DATE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T](?P<minutes>[0-9]{2}:[0-9]{2})(?:(?P<seconds>:[0-9]{2})(?P<fraction>\.[0-9]+)?)?)?"
    r"(?P<offset> ?Z|(?P<sign> ?[+-]| )(?P<hours>[0-9]{2})(?::?(?P<rest>[0-9]{2}))?)?"
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_wall(value: object) -> datetime | None:
    """Read a date of a request body as wall time in the store's zone; ``None`` when it is blank.

    "Note that any offset will be ignored, and the datetime passed in will be used as your store's configured
    timezone" (FOXY-DT-OFFSET). What cannot be read is blank (FOXY-DT-BAD), days that do not exist too.
    """
    read = _read(value)
    return None if read is None else read[0]


def parse_instant(text: str, zone: ZoneInfo) -> int | None:
    """Read a date of a query as an instant; without an offset it is in the store's zone (FOXY-Q-RANGE).

    A ``+`` that arrives as a space, because the client did not escape it, is read as ``+``.
    """
    read = _read(text)
    if read is None:
        return None
    wall, fraction, offset = read
    return (wall_instant(wall, zone) if offset is None else _since_epoch(wall) - offset) + fraction


def wall_instant(wall: datetime, zone: ZoneInfo) -> int:
    """Return the instant at which clocks in the zone show the wall time; the first one, if they do twice."""
    return _since_epoch(wall) - _seconds(wall.replace(tzinfo=zone).utcoffset()) * SECOND


def instant_wall(instant: int, zone: ZoneInfo) -> datetime:
    """Return what clocks in the zone show at an instant, whole seconds, without the zone."""
    utc = EPOCH + timedelta(seconds=instant // SECOND)
    return _shown(utc, zone).replace(tzinfo=None)


def format_wall(wall: datetime, zone: ZoneInfo) -> str:
    """Write a wall time with the zone's offset at that time (FOXY-REP-DATES, FOXY-DT-DST)."""
    return wall.isoformat(timespec="seconds") + _offset(wall.replace(tzinfo=zone))


def format_instant(instant: int, zone: ZoneInfo) -> str:
    """Write an instant as clocks in the zone show it, cut to seconds."""
    shown = _shown(EPOCH + timedelta(seconds=instant // SECOND), zone)
    return shown.replace(tzinfo=None).isoformat(timespec="seconds") + _offset(shown)


def format_last_modified(instant: int, zone: ZoneInfo) -> str:
    """Write an instant as the documents write ``Last-Modified``: ``Fri, 2 Sep 2016 12:00:00 -0700``."""
    shown = _shown(EPOCH + timedelta(seconds=instant // SECOND), zone)
    return LAST_MODIFIED_FORMAT.format(
        weekday=WEEKDAYS[shown.weekday()],
        day=shown.day,
        month=MONTHS[shown.month - 1],
        year=f"{shown.year:04d}",
        time=f"{shown:%H:%M:%S}",
        offset=_offset(shown),
    )


def parse_http_date(text: str) -> int | None:
    """Read ``If-Modified-Since``, as RFC 9110 or ``Last-Modified`` writes it; ``None`` when it is neither."""
    try:
        read = parsedate_to_datetime(text)
        offset = _seconds(read.utcoffset())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _since_epoch(read.replace(tzinfo=None)) - offset * SECOND


def _read(value: object) -> tuple[datetime, int, int | None] | None:
    """Return wall time in whole seconds, fraction, and offset from UTC, the latter two in nanoseconds."""
    match = DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        wall = datetime.fromisoformat(
            f"{match['date']}T{match['minutes'] or '00:00'}{match['seconds'] or ':00'}"
        )
    except ValueError:
        return None
    if match["sign"] == " " and match["minutes"] is None and match["rest"] is None:
        return None  # a date and half a time, not an offset whose + was not escaped
    fraction = int((match["fraction"] or ".0")[1:10].ljust(9, "0"))
    if match["offset"] is None:
        return wall, fraction, None
    away = int(match["hours"] or 0) * 3600 + int(match["rest"] or 0) * 60
    return wall, fraction, (-away if (match["sign"] or "").strip() == "-" else away) * SECOND


def _since_epoch(wall: datetime) -> int:
    past = wall - EPOCH
    return (past.days * 86_400 + past.seconds) * SECOND


def _shown(utc: datetime, zone: ZoneInfo) -> datetime:
    return utc.replace(tzinfo=UTC).astimezone(zone)


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset else 0


def _offset(shown: datetime) -> str:
    seconds = _seconds(shown.utcoffset())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{minutes:02d}"
