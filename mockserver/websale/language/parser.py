"""Read a template into its tree: text, instructions, blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .errors import CompileError, shorten
from .expressions import Expression, Literal
from .parsing import ExpressionParser
from .scanner import Piece, SnippetPiece, Source, Tag, TextPiece, Token
from .scope import Scope
from .statements import (
    ESCAPERS,
    Body,
    Branches,
    Execute,
    ForEach,
    Output,
    Snippet,
    Statement,
    Store,
    Text,
)

#: How deep blocks may be nested.
DEEPEST = 40

_BLOCKS = ("if", "switch", "foreach", "block", "autoescape")
_PARTS = {"elseif": "if", "else": "if", "case": "switch", "default": "switch"}
_UNSUPPORTED = ("extends", "include", "append", "prepend")


class Parser:
    """Read one template; ``deepest`` is the depth of blocks it met."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        self._source = Source(text)
        self._pieces: Iterator[Piece] = self._source.pieces()
        self.scope = Scope(self._source, variables)
        self._escapers = ["html"]
        self._blocks: set[str] = set()
        self._open: list[str] = []
        self.deepest = 0

    def parse(self) -> Body:
        """Read the whole."""
        return self._body(None)[0]

    def _body(self, opener: Tag | None) -> tuple[Body, Tag | None]:
        """Read up to the tag that ends or divides the open block; give that too, None at the very end."""
        statements: list[Statement] = []
        line = 1 if opener is None else self._line(opener)
        for piece in self._pieces:
            if isinstance(piece, TextPiece):
                statements.append(Text(self._source.line(piece.offset), piece.text))
            elif isinstance(piece, SnippetPiece):
                statements.append(Snippet(self._source.line(piece.offset), piece.name))
            elif self._ends(piece):
                return Body(line, tuple(statements)), piece
            else:
                statements.append(self._statement(piece))
        if opener is not None:
            name = self._open[-1]
            raise self._source.error(f'"{name}" is not closed: "/{name}" is missing', opener.offset)
        return Body(line, tuple(statements)), None

    def _line(self, tag: Tag) -> int:
        return self._source.line(tag.offset)

    def _ends(self, tag: Tag) -> bool:
        first, second = tag.tokens[0], tag.tokens[min(1, len(tag.tokens) - 1)]
        if tag.mark:
            return False
        if first.is_symbol("/"):
            self._closing(tag, second)
            return True
        if first.kind != "name" or first.text not in _PARTS or second.is_symbol("("):
            return False
        block = _PARTS[first.text]
        if not self._open or self._open[-1] != block:
            raise self._source.error(f'"{first.text}" stands outside of "{block}"', tag.offset)
        return True

    def _closing(self, tag: Tag, name: Token) -> None:
        shown = shorten(name.text)
        if name.text not in _BLOCKS:
            raise self._source.error(f'there is no block "{shown}" to close', tag.offset)
        if not self._open:
            raise self._source.error(f'"/{shown}" closes nothing: no "{shown}" is open', tag.offset)
        if name.text != self._open[-1]:
            message = f'"/{shown}" stands where "/{self._open[-1]}" is expected'
            raise self._source.error(message, tag.offset)
        if tag.tokens[2].kind != "end":
            raise self._source.error(f'nothing follows "/{shown}"', tag.tokens[2].offset)

    def _statement(self, tag: Tag) -> Statement:
        reader = ExpressionParser(self._source, tag, self.scope)
        if tag.mark:
            return self._output(tag, reader)
        first, second = tag.tokens[0], tag.tokens[min(1, len(tag.tokens) - 1)]
        if first.kind == "end":
            raise self._source.error("the instruction is empty", tag.offset)
        if first.kind == "variable" and second.is_symbol("="):
            return self._store(tag, reader)
        if first.kind == "name" and not second.is_symbol("("):
            return self._instruction(tag, reader)
        return self._finish(Execute(self._line(tag), reader.expression()), reader)

    @staticmethod
    def _finish(statement: Statement, reader: ExpressionParser) -> Statement:
        reader.end()
        return statement

    def _output(self, tag: Tag, reader: ExpressionParser) -> Statement:
        value = reader.expression()
        if tag.mark == "!":
            reader.skip("!")
        escaper = None if tag.mark == "!" else ESCAPERS[self._escapers[-1]]
        return self._finish(Output(self._line(tag), value, escaper), reader)

    def _store(self, tag: Tag, reader: ExpressionParser) -> Statement:
        slot = self.scope.assign(reader.take())
        reader.need("=")
        return self._finish(Store(self._line(tag), slot, reader.expression()), reader)

    def _instruction(self, tag: Tag, reader: ExpressionParser) -> Statement:
        word = tag.tokens[0].text
        if word == "var":
            return self._declaration(tag, reader)
        if word in _BLOCKS:
            return self._block(word, tag, reader)
        if word in _UNSUPPORTED:
            raise self._source.error(f'"{word}" is not supported in feeds', tag.offset)
        if word in ("true", "false", "null", "not"):
            return self._finish(Execute(self._line(tag), reader.expression()), reader)
        raise self._source.error(f'there is no instruction "{shorten(word)}"', tag.offset)

    def _declaration(self, tag: Tag, reader: ExpressionParser) -> Statement:
        reader.take()
        name = self._variable(reader)
        reader.need("=")
        value = reader.expression()  # The new name is not known in its own value.
        return self._finish(Store(self._line(tag), self.scope.declare(name), value), reader)

    def _variable(self, reader: ExpressionParser) -> Token:
        if reader.token.kind != "variable":
            raise reader.error(f"a variable is expected, not {reader.token.show()}")
        return reader.take()

    def _block(self, word: str, tag: Tag, reader: ExpressionParser) -> Statement:
        if len(self._open) >= DEEPEST:
            raise self._source.error(f"blocks are nested more than {DEEPEST} deep", tag.offset)
        reader.take()
        self._open.append(word)
        self.deepest = max(self.deepest, len(self._open))
        read = {
            "if": self._if,
            "switch": self._switch,
            "foreach": self._foreach,
            "block": self._named_block,
            "autoescape": self._autoescape,
        }[word]
        statement = read(tag, reader)
        self._open.pop()
        return statement

    def _if(self, tag: Tag, reader: ExpressionParser) -> Statement:
        condition = self._condition(reader)
        body, division = self._body(tag)
        return self._branches(tag, None, [(condition, self._line(tag), body)], division)

    def _switch(self, tag: Tag, reader: ExpressionParser) -> Statement:
        subject = self._condition(reader)
        before, division = self._body(tag)
        self._nothing_but_blanks(before, tag)
        return self._branches(tag, subject, [], division)

    def _branches(
        self,
        tag: Tag,
        subject: Expression | None,
        branches: list[tuple[Expression, int, Body]],
        division: Tag | None,
    ) -> Statement:
        """Read the further branches: any number with a condition, then at most one without."""
        last = "else" if subject is None else "default"
        otherwise: Body | None = None
        while division is not None and not division.tokens[0].is_symbol("/"):
            if otherwise is not None:
                raise self._behind(last, division)
            line, reader = self._line(division), ExpressionParser(self._source, division, self.scope)
            if reader.take().text == last:
                reader.end()
                otherwise, division = self._body(tag)
            else:
                condition = self._condition(reader)
                body, division = self._body(tag)
                branches.append((condition, line, body))
        return Branches(self._line(tag), subject, tuple(branches), otherwise or Body(self._line(tag), ()))

    def _condition(self, reader: ExpressionParser) -> Expression:
        condition = reader.expression()
        reader.end()
        return condition

    def _behind(self, last: str, division: Tag) -> CompileError:
        name = division.tokens[0].text
        what = f'a second "{name}"' if name == last else f'"{name}" behind "{last}"'
        return self._source.error(f"{what} is not allowed", division.offset)

    def _nothing_but_blanks(self, before: Body, tag: Tag) -> None:
        for statement in before.statements:
            if not isinstance(statement, Text) or statement.content.strip():
                raise self._source.error('something stands between "switch" and its first "case"', tag.offset)

    def _foreach(self, tag: Tag, reader: ExpressionParser) -> Statement:
        name = self._variable(reader)
        if not reader.token.is_name("in"):
            raise reader.error(f'"in" is expected, not {reader.token.show()}')
        reader.take()
        source = self._condition(reader)
        with self.scope.loop(name) as slot:
            body, _ = self._body(tag)
        return ForEach(self._line(tag), slot, source, body)

    def _named_block(self, tag: Tag, reader: ExpressionParser) -> Statement:
        name = self._word(reader, "the name of the block")
        if reader.token.kind == "name" and reader.token.text in _UNSUPPORTED:
            raise reader.error(f'"{reader.token.text}" is not supported in feeds')
        reader.end()
        if name in self._blocks:
            raise self._source.error(f'there is a block "{shorten(name)}" already', tag.offset)
        self._blocks.add(name)
        return self._body(tag)[0]

    def _autoescape(self, tag: Tag, reader: ExpressionParser) -> Statement:
        mode = self._word(reader, "the mode")
        reader.end()
        if mode not in ESCAPERS:
            known = ", ".join(f'"{name}"' for name in ESCAPERS)
            raise self._source.error(f'there is no mode "{shorten(mode)}": {known}', tag.offset)
        self._escapers.append(mode)
        body, _ = self._body(tag)
        self._escapers.pop()
        return body

    def _word(self, reader: ExpressionParser, what: str) -> str:
        value = reader.expression() if reader.token.kind == "string" else None
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            raise self._no_word(reader, what)
        return value.value

    def _no_word(self, reader: ExpressionParser, what: str) -> CompileError:
        return reader.error(f"{what} is expected as a string")
