"""Read the package's YAML fixtures."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any

import yaml

__all__ = ["read_yaml"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Traversable) -> Any:
    """Read a YAML file with the fast loader where PyYAML has it."""
    return yaml.load(path.read_bytes(), Loader=_Loader)
