"""Be the tree of a template's text and instructions; each node turns into a closure once.

A statement is *plain*, a function that writes into the frame, or *streaming*, a generator that hands out
chunks. Loops stream, and so does every body with more than a few outputs: what gathers between two chunks
is bounded.
"""

from __future__ import annotations

import html
from abc import ABC
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .errors import RenderError
from .expressions import Expression
from .frame import Frame
from .values import a, equal, text, truth

#: Outputs that a body may write before it looks whether a chunk is full.
FEW = 32

Run = Callable[[Frame], None]
Stream = Callable[[Frame], Iterator[str]]
Escaper = Callable[[str], str]

_SCRIPT = {ord(mark): f"\\u{ord(mark):04X}" for mark in "\\\"'<>&/`\n\r\t\u2028\u2029"}


def escape_script(content: str) -> str:
    r"""Escape for a string of JavaScript: special characters become ``\uXXXX``."""
    return content.translate(_SCRIPT)


#: The modes of ``{{ autoescape }}``: "js" is documented, "html" is what holds without it.
ESCAPERS: Mapping[str, Escaper] = {"html": html.escape, "js": escape_script}


class Statement(ABC):
    """Be a node that writes, stores or decides; ``line`` is where it begins."""

    line: int

    @property
    def outputs(self) -> int:
        """Count how often it writes at most; more than ``FEW`` when that is not known."""
        return 1

    def run(self) -> Run:
        """Give the closure of a plain statement."""
        raise NotImplementedError

    def stream(self) -> Stream:
        """Give the generator function of a streaming statement."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Text(Statement):
    """Be text outside of instructions, written as it is."""

    line: int
    content: str

    def run(self) -> Run:
        """Write."""
        content = self.content
        return lambda frame: frame.write(content)


@dataclass(frozen=True, slots=True)
class Snippet(Statement):
    """Be ``%%Name%%``. A snippet that does not exist stays as it stands, so that it is seen."""

    line: int
    name: str

    def run(self) -> Run:
        """Write the snippet, unescaped."""
        name = self.name

        def write(frame: Frame) -> None:
            found = frame.snippet(name)
            frame.write(f"%%{name}%%" if found is None else found)

        return write


@dataclass(frozen=True, slots=True)
class Output(Statement):
    """Be ``{{= expression }}``, or ``{{! expression !}}`` without an escaper."""

    line: int
    expression: Expression
    escaper: Escaper | None

    def run(self) -> Run:
        """Write the value as text."""
        evaluate, escaper = self.expression.compile(), self.escaper

        def write(frame: Frame) -> None:
            value = evaluate(frame)
            content = value if type(value) is str else text(value, frame.limits)
            frame.write(content if escaper is None else escaper(content))

        return write


@dataclass(frozen=True, slots=True)
class Store(Statement):
    """Be ``{{ var $x = expression }}`` or ``{{ $x = expression }}``."""

    line: int
    slot: int
    expression: Expression

    def run(self) -> Run:
        """Store the value."""
        slot, evaluate = self.slot, self.expression.compile()
        return lambda frame: frame.store(slot, evaluate(frame))


@dataclass(frozen=True, slots=True)
class Execute(Statement):
    """Be ``{{ expression }}``: computed, not written."""

    line: int
    expression: Expression

    def run(self) -> Run:
        """Compute the value and drop it."""
        evaluate = self.expression.compile()

        def execute(frame: Frame) -> None:
            evaluate(frame)

        return execute


@dataclass(frozen=True, slots=True)
class Body(Statement):
    """Be several statements; errors get the line of the one they come from here."""

    line: int
    statements: tuple[Statement, ...]

    @property
    def outputs(self) -> int:
        """Add up."""
        return sum(statement.outputs for statement in self.statements)

    def run(self) -> Run:
        """Run one after the other."""
        steps = [(statement.run(), statement.line) for statement in self.statements]

        def run_all(frame: Frame) -> None:
            line = 0
            try:
                for run, line in steps:  # noqa: B007 - the line is that of the error
                    run(frame)
            except RenderError as error:
                error.locate(line)
                raise

        return run_all

    def stream(self) -> Stream:
        """Run one after the other; hand a chunk out between two when there is one."""
        steps: list[tuple[Run | None, Stream | None, int]] = [
            (None, statement.stream(), statement.line)
            if statement.outputs > FEW
            else (statement.run(), None, statement.line)
            for statement in self.statements
        ]

        def stream_all(frame: Frame) -> Iterator[str]:
            line = 0
            try:
                for run, stream, line in steps:  # noqa: B007 - the line is that of the error
                    if run is not None:
                        run(frame)
                        if frame.full:
                            frame.check_time()
                            yield frame.flush()
                    elif stream is not None:
                        yield from stream(frame)
            except RenderError as error:
                error.locate(line)
                raise

        return stream_all


@dataclass(frozen=True, slots=True)
class Branches(Statement):
    """Be ``if`` or ``switch``: the first branch whose condition holds, else the last body.

    With a ``subject`` (``switch``) a condition holds when it equals the subject, which is computed once.
    """

    line: int
    subject: Expression | None
    branches: tuple[tuple[Expression, int, Body], ...]
    otherwise: Body

    @property
    def outputs(self) -> int:
        """Take the longest branch."""
        return max(body.outputs for body in [*(body for _, _, body in self.branches), self.otherwise])

    def _choose(self) -> Callable[[Frame], int]:
        conditions = [(condition.compile(), line) for condition, line, _ in self.branches]
        subject = None if self.subject is None else self.subject.compile()

        def choose(frame: Frame) -> int:
            wanted = None if subject is None else subject(frame)
            for index, (condition, line) in enumerate(conditions):
                try:
                    value = condition(frame)
                except RenderError as error:
                    error.locate(line)
                    raise
                if truth(value) if subject is None else equal(value, wanted):
                    return index
            return -1

        return choose

    def run(self) -> Run:
        """Run the branch."""
        choose, bodies = self._choose(), [body.run() for _, _, body in self.branches]
        bodies.append(self.otherwise.run())
        return lambda frame: bodies[choose(frame)](frame)

    def stream(self) -> Stream:
        """Stream the branch."""
        choose, bodies = self._choose(), [body.stream() for _, _, body in self.branches]
        bodies.append(self.otherwise.stream())
        return lambda frame: bodies[choose(frame)](frame)


@dataclass(frozen=True, slots=True)
class ForEach(Statement):
    """Be ``{{ foreach $item in list }}``. A map gives its keys, null nothing; lists may be lazy."""

    line: int
    slot: int
    source: Expression
    body: Body

    @property
    def outputs(self) -> int:
        """Always stream."""
        return FEW + 1

    def stream(self) -> Stream:
        """Assign each element to the loop variable and go through the body."""
        slot, source = self.slot, self.source.compile()
        run = self.body.run() if self.body.outputs <= FEW else None
        stream = self.body.stream() if run is None else None

        def loop(frame: Frame) -> Iterator[str]:
            slots, iterate = frame.slots, frame.iterate
            for slots[slot] in walk(source(frame), frame):
                iterate()
                if run is not None:
                    run(frame)
                elif stream is not None:
                    yield from stream(frame)
                if frame.full:
                    yield frame.flush()

        return loop


def walk(value: object, frame: Frame) -> Iterable[object]:
    """Take a value as something to loop over."""
    if value is None:
        return ()
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise RenderError(f"foreach needs a list, not {a(value)}")
    if isinstance(value, Iterator):
        frame.walk_once(value)
    return value
