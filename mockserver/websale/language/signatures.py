"""Bring positional and named arguments into the order of a signature.

"By default, parameters are passed positionally (in the order of the signature) … named parameters must be
used (name per signature + =)" (dokumentation.websale.de, referenz/funktionen).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import shorten


class Mismatch(ValueError):
    """Say why arguments do not fit; whoever binds turns it into an error of its own."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Name the parameters in order; the last ``len(defaults)`` of them may be left out."""

    parameters: tuple[str, ...]
    defaults: tuple[object, ...] = ()

    def bind(self, positional: int, named: Sequence[str]) -> list[int | None]:
        """Give for each parameter the index of its argument (named ones follow positional ones).

        None stands for the default. Raise ``Mismatch`` for a surplus, unknown, double or missing argument.
        """
        if positional > len(self.parameters):
            raise Mismatch(f"takes at most {len(self.parameters)} arguments, not {positional}")
        order: list[int | None] = [*range(positional)]
        order += [None] * (len(self.parameters) - positional)
        for index, name in enumerate(named, start=positional):
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise Mismatch(f'has no parameter "{shorten(name)}"; its parameters: {known}')
            slot = self.parameters.index(name)
            if order[slot] is not None:
                raise Mismatch(f'gets "{name}" twice')
            order[slot] = index
        for name, place in zip(self.parameters[: self.required], order, strict=False):
            if place is None:
                raise Mismatch(f'needs "{name}"')
        return order

    @property
    def required(self) -> int:
        """Count the parameters that cannot be left out."""
        return len(self.parameters) - len(self.defaults)

    def default(self, place: int) -> object:
        """Give the default of the parameter at ``place``."""
        return self.defaults[place - self.required]
