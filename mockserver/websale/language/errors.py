"""Errors of the template language. Each carries the facts; its sentence is built here, once.

::

    TemplateError
    ├── CompileError         message, line, column: the text is no template
    └── RenderError          reason, line: the template cannot go on with these data
        └── LimitExceeded    limit, allowed: it wanted more than it may have

Lines and columns count from 1; line 0 of a ``RenderError`` means that no line is at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class TemplateError(Exception):
    """Be the root of everything that this package raises on purpose."""


class CompileError(TemplateError):
    """Refuse a text that is no template ("content could not be compiled", DFT-POST-400-compile)."""

    def __init__(self, message: str, line: int, column: int) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(message, line, column)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class RenderError(TemplateError):
    """Stop rendering: ``reason`` is a sentence without the line, ``line`` that of the instruction."""

    def __init__(self, reason: str, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason, line)

    def locate(self, line: int) -> None:
        """Add the line, unless a more precise one is known."""
        self.line = self.line or line

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class LimitExceeded(RenderError):
    """Stop a template that wants more than its ``Limits`` give; ``limit`` is the name of the field."""

    _SENTENCES: ClassVar[Mapping[str, str]] = {
        "iterations": "the loops run more than {} times",
        "nesting": "blocks are nested more than {} deep",
        "output_bytes": "the output is longer than {} bytes",
        "seconds": "rendering takes longer than {} seconds",
        "value_size": "a value is larger than {} characters",
        "held_size": "the variables hold more than {} characters",
    }

    def __init__(self, limit: str, allowed: float, line: int = 0) -> None:
        self.limit = limit
        self.allowed = allowed
        super().__init__(self._SENTENCES[limit].format(allowed), line)


def shorten(text: str, width: int = 40) -> str:
    """Cut what comes from a template before it goes into a sentence."""
    return text if len(text) <= width else text[: width - 1] + "…"
