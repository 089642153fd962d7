"""Compile templates and render them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from .errors import LimitExceeded
from .frame import DEFAULT_LIMITS, Frame, Limits, Snippets
from .parser import Parser


class Template:
    """Be a compiled template. It holds no state: one may be rendered many times, also at the same time.

    ``uses`` are the names, among those given to ``compile_template``, that it reads; ``nesting`` is the
    depth of its blocks.
    """

    __slots__ = ("_given", "_size", "_stream", "nesting", "uses")

    def __init__(self, parser: Parser) -> None:
        self._stream = parser.parse().stream()
        self._given = parser.scope.given
        self._size = parser.scope.size
        self.uses = frozenset(parser.scope.used)
        self.nesting = parser.deepest

    def render(
        self,
        context: Mapping[str, object],
        limits: Limits = DEFAULT_LIMITS,
        elapsed: Callable[[], float] | None = None,
        *,
        snippets: Snippets | None = None,
    ) -> Iterator[str]:
        """Give the output in chunks of about 64 Ki characters; nothing is done before the first is asked for.

        ``context`` holds the variables by name, without ``$``; one that is not there is null. Lists may be
        lazy: each element is fetched when its turn comes, and is gone after it. ``snippets`` gives the text
        of ``%%Name%%``, by a mapping or a function that knows None. ``elapsed`` gives seconds that never go
        back (default ``time.monotonic``).

        Raise ``RenderError`` when the data do not fit, ``LimitExceeded`` when a limit is reached; chunks
        that were handed out before are then a part of the output. Errors of callables and lists in
        ``context`` pass.
        """
        if self.nesting > limits.nesting:
            raise LimitExceeded("nesting", limits.nesting)
        slots: list[object] = [context.get(name) for name in self._given]
        slots += [None] * (self._size - len(slots))
        frame = Frame(slots, limits, elapsed, snippets)
        yield from frame.hand_out(self._stream(frame))


def compile_template(source: str, variables: Collection[str]) -> Template:
    """Compile a template that may read ``variables`` (names with or without ``$``, modules among them).

    Raise ``CompileError`` with line and column for whatever is no template: syntax, undeclared or twice
    declared variables, blocks that are unknown or not closed, unknown functions and modifiers.
    """
    return Template(Parser(source, variables))
