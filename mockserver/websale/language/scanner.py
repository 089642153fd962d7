"""Cut a template into text, snippets and tags, and a tag into tokens.

``{{`` opens a tag, ``}}`` outside of strings closes it; what stands right behind ``{{`` says what it does
(``=`` escaped output, ``!`` raw output; a blank before them is allowed, as referenz/module writes ``{{ = …
}}``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .errors import CompileError, shorten

#: Characters that a template may have.
LONGEST = 500_000

_SNIPPET = re.compile(r"%%([A-Za-z_][\w.-]{0,99})%%")
_MARK = re.compile(r"\{\{\s*([=!]?)")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<end>\}\})
    | (?P<string>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<variable>\$[^\W\d]\w*)
    | (?P<name>[^\W\d]\w*)
    | (?P<symbol>==|!=|<=|>=|[-+*/%<>=().,\[\]|!])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([nrt\\\"'])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class Token(NamedTuple):
    """Be a token: ``kind`` is string, number, variable, name, symbol or end; ``offset`` is its place.

    ``text`` is without the quotes of a string and the ``$`` of a variable.
    """

    kind: str
    text: str
    offset: int

    def is_symbol(self, text: str) -> bool:
        """Say whether it is this symbol."""
        return self.kind == "symbol" and self.text == text

    def is_name(self, text: str) -> bool:
        """Say whether it is this bare word."""
        return self.kind == "name" and self.text == text

    def show(self) -> str:
        """Name the token in a sentence."""
        if self.kind == "end":
            return "the end of the instruction"
        return shorten(f"${self.text}" if self.kind == "variable" else f'"{self.text}"')


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Be text between tags."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class SnippetPiece:
    """Be ``%%name%%``."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Be ``{{ … }}``; ``mark`` is "=", "!" or "", the last token is the end."""

    offset: int
    mark: str
    tokens: tuple[Token, ...]


Piece = TextPiece | SnippetPiece | Tag


class Source:
    """Be the text of a template: knows lines, cuts itself into pieces."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        if len(text) > LONGEST:
            raise self.error(f"the template is longer than {LONGEST} characters", LONGEST)
        lone = re.search("[\ud800-\udfff]", text)
        if lone is not None:
            raise self.error("half of a character (a lone surrogate) stands here", lone.start())

    def line(self, offset: int) -> int:
        """Give the line of a place, from 1."""
        return bisect_right(self._lines, offset)

    def error(self, message: str, offset: int) -> CompileError:
        """Make the error that points to a place."""
        line = self.line(offset)
        return CompileError(message, line, offset - self._lines[line - 1] + 1)

    def pieces(self) -> Iterator[Piece]:
        """Cut, piece by piece; raise ``CompileError`` when the cut comes to something that is no token."""
        place = 0
        while place < len(self.text):
            opening = self.text.find("{{", place)
            end = len(self.text) if opening < 0 else opening
            yield from self._between(place, end)
            if opening < 0:
                return
            tag, place = self._tag(opening)
            yield tag

    def _between(self, start: int, end: int) -> Iterator[Piece]:
        while start < end:
            found = _SNIPPET.search(self.text, start, end)
            if found is None:
                yield TextPiece(start, self.text[start:end])
                return
            if found.start() > start:
                yield TextPiece(start, self.text[start : found.start()])
            yield SnippetPiece(found.start(), found[1])
            start = found.end()

    def _tag(self, opening: int) -> tuple[Tag, int]:
        mark = _MARK.match(self.text, opening)
        assert mark is not None
        tokens: list[Token] = []
        place = mark.end()
        while not tokens or tokens[-1].kind != "end":
            found = _TOKEN.match(self.text, place)
            if found is None or found.lastgroup is None:
                raise self._no_token(opening, place)
            tokens.append(_token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
            place = found.end()
        return Tag(opening, mark[1], tuple(tokens)), place

    def _no_token(self, opening: int, place: int) -> CompileError:
        while place < len(self.text) and self.text[place].isspace():
            place += 1
        if place == len(self.text):
            return self.error('the instruction is not closed: "}}" is missing', opening)
        mark = self.text[place]
        if mark in "\"'":
            return self.error("the string is not closed", place)
        advice = {"&": ': write "and"', "$": ": a name follows $", ";": ": an instruction stands alone"}.get(
            mark, ""
        )
        return self.error(f"{mark!r} has no meaning here{advice}", place)


def _token(kind: str, text: str, offset: int) -> Token:
    if kind == "string":
        text = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text[1:-1])
    elif kind == "variable":
        text = text[1:]
    return Token(kind, text, offset)
