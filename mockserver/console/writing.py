"""Write values for people: times, numbers, states."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from flask import g
from markupsafe import Markup, escape

from mockserver.console import wording

STATES = {
    "starting": "waiting",
    "running": "going",
    "paused": "held",
    "canceled": "dropped",
    "finished": "good",
    "error": "bad",
}
"""The look of a job's state."""

ACTIONS = {
    "starting": ("cancel", "complete", "fail", "stall"),
    "running": ("pause", "cancel", "complete", "fail", "stall"),
    "paused": ("resume", "cancel", "complete", "fail", "stall"),
}
"""What can be done to a job in a state."""


def moment(time: str | None, real: str | None = None) -> Markup:
    """Write a time of the world to the second; the tooltip has it exactly, and when that really was."""
    if not time:
        return Markup('<span class="quiet">–</span>')
    shown = time[:19].replace("T", " ")
    actual = real or real_time(time)
    title = f"{time} in the world" + (f"; really {actual}" if actual else "")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(time, title, shown)


def real_time(time: str) -> str:
    """Return when a time of the world really was, as the clock's past tells it; empty when nobody knows any more."""
    if "past" not in g:
        g.past = g.desk.get("/clock/past")["past"]
    part = next((part for part in reversed(g.past) if part["from"] <= time), None)
    return _real(part, time) if part else ""


def _real(part: Mapping[str, Any], time: str) -> str:
    if not part["speed"]:
        return f"{part['realTime'][:19]}Z or later"
    past = (_seconds(time) - _seconds(part["from"])) / float(part["speed"])
    return _iso(_seconds(part["realTime"]) + past)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def number(value: float | None) -> str:
    """Write a number with a narrow space between thousands, which no language takes for a decimal point."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def size(value: int) -> str:
    """Write a number of bytes."""
    amount = float(value)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def pretty(value: Any) -> str:
    """Write JSON for reading; text that is JSON too, any other text as it is."""
    if isinstance(value, str):
        text = value
        try:
            value = json.loads(text)
        except ValueError:
            return text
    return json.dumps(value, indent=2, ensure_ascii=False)


def short(value: Any, most: int = 80) -> str:
    """Write a value in a line: text as it is, all else as JSON, cut off where it gets long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text[: 4 * most].split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def value_at(record: Any, path: str) -> Any:
    """Return the value at a dotted path of a record; nothing when it has none."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


def look(state: str) -> str:
    """Return the look of a job's state, for the style sheet."""
    return STATES.get(state, "waiting")


def status_look(status: int | None) -> str:
    """Return the look of an HTTP status; no answer at all is bad, too."""
    return ("bad", "waiting", "good", "going", "held", "bad")[min((status or 0) // 100, 5)]


def sentence(text: str) -> Markup:
    """Write a line in which ``code`` stands between backticks."""
    parts = str(escape(text)).split("`")
    return Markup("".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts)))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment,
    "number": number,
    "size": size,
    "pretty": pretty,
    "short": short,
    "at": value_at,
    "look": look,
    "status_look": status_look,
    "actions": lambda state: ACTIONS.get(state, ()),
    "sentence": sentence,
    "shell": quote,
    "fault": wording.fault,
    "delay": wording.delay,
    "calls": wording.calls,
    "profile": wording.profile,
    "scenario": wording.scenario,
}
TESTS: Mapping[str, Callable[..., bool]] = {"active": lambda job: job["state"] in ACTIONS}
