"""Find the files that the package ships: specifications and fixtures."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Traversable:
    """Return the folder ``openapi`` or ``fixtures``: inside the installed wheel, else in the checkout."""
    inside = files("mockserver") / "_shipped" / name
    return inside if inside.is_dir() else CHECKOUT / name
