"""Offer templates modules, such as ``$wsProducts``: methods and variables and nothing else.

What a template can reach is what these two maps hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .errors import RenderError
from .signatures import Signature

Map = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Method:
    """Be a method of a module: ``call`` gets as many values as ``signature`` has parameters."""

    call: Callable[..., object]
    signature: Signature


@dataclass(frozen=True, slots=True)
class Module:
    """Be a module; ``methods`` and ``variables`` are all that a template can reach."""

    methods: Mapping[str, Method] = field(default_factory=dict)
    variables: Map = field(default_factory=dict)

    def get(self, name: str) -> object:
        """Read a variable of the module, None when it has none of that name."""
        return self.variables.get(name)


def by_id(call: Callable[[str], object], parameter: str) -> Method:
    """Make a method that takes one ID, a string or a whole number; null for null, without asking the shop."""

    def checked(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RenderError(f"{parameter} is not a string")
        return call(str(value))

    return Method(checked, Signature((parameter,)))
