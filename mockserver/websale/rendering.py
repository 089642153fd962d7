"""Render the files of a feed, as the data were when its build started.

What goes in is fixed at the start of a build, so what comes out is a pure function of it: nothing is kept but size,
digest and error, and a file is rendered again, the same, whenever somebody downloads it. When exactly it is rendered
for the first time makes no difference to anybody: in a worker thread soon after the start, else when the build ends.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf

from mockserver.records import Record, Snapshot
from mockserver.websale.language import (
    DEFAULT_LIMITS,
    CompileError,
    Limits,
    RenderError,
    Template,
    compile_template,
)
from mockserver.websale.packing import UnknownCharset, encode, pack
from mockserver.websale.storefront import SOURCES, VARIABLES, Storefront

logger = logging.getLogger("mockserver.builds")

SMALL = 20_000
"""Up to so many records, a rendering counts as small."""
AT_A_TIME = threading.Semaphore(2)
"""Renderings that run in threads of their own at the same time."""


@lru_cache(maxsize=32)
def compile_content(content: str) -> Template:
    """Compile the content of a template; :class:`CompileError` says what is wrong, and where."""
    return compile_template(content, VARIABLES)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be rendered.

    :ivar content: the content of the template; ``None`` without a template.
    :ivar feed: what the template may see of the feed.
    :ivar file_name: name of the file before it is compressed.
    :ivar data: the records of each service that the template draws on, as they were at the start.
    """

    content: str | None
    feed: Record
    file_name: str
    charset: str
    zip_type: str
    subshops: tuple[str, ...]
    data: Mapping[str, Snapshot]

    @property
    def uses(self) -> frozenset[str]:
        """The variables that the template reads; none of one that does not compile."""
        try:
            return compile_content(self.content or "").uses
        except CompileError:
            return frozenset()

    @property
    def records(self) -> int:
        """The number of records that all files together go through; at least one a file."""
        return max(1, sum(len(snapshot) for snapshot in self.data.values())) * len(self.subshops)

    def same_as(self, other: Order) -> bool:
        """Tell whether two orders give the same files."""
        if self._plain() != other._plain() or ("feed" in self.uses and self.feed != other.feed):
            return False
        return self.data.keys() == other.data.keys() and all(
            snapshot.same_as(other.data[service]) for service, snapshot in self.data.items()
        )

    def _plain(self) -> tuple[object, ...]:
        return self.content, self.file_name, self.charset, self.zip_type, self.subshops


def services_of(content: str | None) -> frozenset[str]:
    """Return the services whose records the template draws on."""
    try:
        uses = compile_content(content or "").uses
    except CompileError:
        return frozenset()
    return frozenset(service for variable in uses for service in SOURCES.get(variable, ()))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a rendered file."""

    size: int
    sha256: str


class Rendering:
    """Render an order, once; any thread may ask for the result, and waits for it.

    :ivar order: what is rendered.
    """

    def __init__(self, order: Order, storefront: Storefront, limits: Limits = DEFAULT_LIMITS) -> None:
        self.order = order
        self._storefront = storefront
        self._limits = limits
        self._lock = threading.Lock()
        self._error: str | None = None
        self._files: dict[str, Facts] = {}
        self._abandoned = False

    def is_done(self) -> bool:
        """Tell whether the result is there."""
        return self._error is not None

    def error(self) -> str:
        """Return why there are no files, with the line of the template; empty when there are."""
        if self._error is None:
            with self._lock:
                if self._error is None:
                    self._error = self._render()
        return self._error

    def facts(self, subshop: str) -> Facts:
        """Return size and digest of a subshop's file; ``KeyError`` when rendering has failed."""
        self.error()
        return self._files[subshop]

    def stream(self, subshop: str) -> Iterator[bytes]:
        """Render a subshop's file once more, which cannot fail where it has not failed before."""
        return self._chunks(subshop, replace(self._limits, seconds=inf))

    def abandon(self) -> None:
        """Give up what is being rendered: nobody will ask any more."""
        self._abandoned = True

    def _render(self) -> str:
        try:
            for subshop in self.order.subshops:
                self._files[subshop] = self._measure(subshop)
        except (CompileError, RenderError, UnknownCharset, Unbuildable) as error:
            return str(error)
        except Exception as bug:
            logger.error("rendering %s failed", self.order.file_name, exc_info=bug)
            return f"{type(bug).__name__}: {bug}"
        return ""

    def _measure(self, subshop: str) -> Facts:
        size, digest = 0, hashlib.sha256()
        for chunk in self._chunks(subshop, self._limits):
            size += len(chunk)
            digest.update(chunk)
            if self._abandoned:
                raise Unbuildable("the build was given up")
        return Facts(size, digest.hexdigest())

    def _chunks(self, subshop: str, limits: Limits) -> Iterator[bytes]:
        order = self.order
        if order.content is None:
            raise Unbuildable("the feed has no template")
        if not order.file_name:
            raise Unbuildable("the feed has no file name")
        context = self._storefront.context(subshop, order.feed, order.data)
        text = compile_content(order.content).render(context, limits)
        return pack(encode(text, order.charset), order.zip_type, order.file_name)


def begin(renderings: Iterable[Rendering]) -> None:
    """Render in worker threads, so that nobody has to wait for it later.

    What draws on many records gets a thread of its own; the others, of which there may be thousands, share one.
    """
    small = []
    for rendering in renderings:
        if rendering.is_done():
            continue
        if rendering.order.records > SMALL:
            _start([rendering])
        else:
            small.append(rendering)
    if small:
        _start(small)


def _start(renderings: Sequence[Rendering]) -> None:
    def work() -> None:
        for rendering in renderings:
            with AT_A_TIME:
                rendering.error()

    threading.Thread(target=work, name="feeds", daemon=True).start()


class Unbuildable(Exception):
    """Say what a feed lacks to be built."""
