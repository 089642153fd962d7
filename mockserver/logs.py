"""Logging to standard error: one line a request, as text or as JSON."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import orjson


class TextFormatter(logging.Formatter):
    """Time, what was asked and answered, and, for a request, its world, its rule and the milliseconds it took."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = super().format(record)
        if hasattr(record, "milliseconds"):
            line += f" {record.milliseconds:.1f}ms world={record.world}"  # type: ignore[attr-defined]
            line += f" rule={record.rule}" if record.rule else ""  # type: ignore[attr-defined]
        return line


class JsonFormatter(logging.Formatter):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        entry: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if hasattr(record, "milliseconds"):
            method, path, status = record.args if isinstance(record.args, tuple) else ("", "", 0)
            entry |= {
                "method": method,
                "path": path,
                "status": status,
                "world": record.world,  # type: ignore[attr-defined]
                "rule": record.rule,  # type: ignore[attr-defined]
                "milliseconds": round(record.milliseconds, 3),
            }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(entry).decode()


def configure_logging(log_format: Literal["text", "json"], *, access_log: bool) -> None:
    """Send the server's own log to standard error; ``access_log`` decides on the line for each request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logger = logging.getLogger("mockserver")
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logging.getLogger("mockserver.access").setLevel(logging.INFO if access_log else logging.WARNING)
