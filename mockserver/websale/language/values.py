"""Know the values of the language: what they are, how they compare, add up and are written.

A value is null (None), a boolean, a number (int within 64 bits, float), a string, a list, a map or a
module. Lists are any iterables; those that are no sequences can only be walked with ``foreach``. Maps are
any mappings. Other Python objects are no values: nothing of them can be reached, no attribute of any object
ever is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from .errors import LimitExceeded, RenderError, shorten
from .frame import Limits, Made
from .modules import Module

#: What whole numbers can be: 64 bits.
LARGEST = 2**63 - 1

#: How deep data may be nested that are written as JSON.
DEEPEST = 100

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    tuple: "list",
    Made: "list",
    dict: "map",
}


def kind(value: object) -> str:
    """Name the kind of a value: null, boolean, number, string, list, map, module or unknown."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Module):
        return "module"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "map"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, Iterable) and not isinstance(value, bytes) else "unknown"


def truth(value: object) -> bool:
    """Say whether a value holds as a condition: not null, false, 0, "", an empty list or map."""
    if value is None or value is False or value == 0:
        return False
    return bool(value) if isinstance(value, str | Mapping | Sequence) else True


def equal(left: object, right: object) -> bool:
    """Compare two values; those of different kinds are never equal."""
    return kind(left) == kind(right) and left == right


def number(value: int | float) -> int | float:
    """Let a number pass that the language can hold."""
    if isinstance(value, int):
        if not -LARGEST - 1 <= value <= LARGEST:
            raise RenderError("a whole number is larger than 64 bits")
    elif not math.isfinite(value):
        raise RenderError("a number is too large")
    return value


def text(value: object, limits: Limits) -> str:
    """Write a value as ``{{= }}`` and ``str()`` do: null is empty, lists and maps are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(number(value))
    if isinstance(value, float):
        return _decimal(value)
    return to_json(value, limits)


def _decimal(value: float) -> str:
    number(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    written = f"{value:.15g}"
    return format(Decimal(written), "f") if "e" in written else written


def to_json(value: object, limits: Limits) -> str:
    """Write a value as compact JSON; methods of modules are "ƒ()", as the documents show them."""
    pieces: list[str] = []
    room = limits.value_size

    def put(piece: str) -> None:
        nonlocal room
        room -= len(piece)
        if room < 0:
            raise LimitExceeded("value_size", limits.value_size)
        pieces.append(piece)

    _write(value, put, 0)
    return "".join(pieces)


def _write(value: object, put: Callable[[str], None], depth: int) -> None:
    what = kind(value)
    if depth > DEEPEST:
        raise RenderError(f"data are nested more than {DEEPEST} deep")
    if what in ("null", "boolean", "string"):
        put(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, int | float):
        put(_decimal(value) if isinstance(value, float) else str(number(value)))
    elif isinstance(value, Module):
        _write({**dict.fromkeys(value.methods, "ƒ()"), **value.variables}, put, depth)
    elif isinstance(value, Mapping):
        lead = "{"
        for key, item in value.items():
            put(f"{lead}{json.dumps(str(key), ensure_ascii=False)}:")
            _write(item, put, depth + 1)
            lead = ","
        put("}" if value else "{}")
    else:
        lead = "["
        for item in held(value):
            put(lead)
            _write(item, put, depth + 1)
            lead = ","
        put("]" if lead == "," else "[]")


def held(value: object) -> Sequence[object]:
    """Take a value as a list that is there as a whole."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return value
    if kind(value) == "list":
        raise RenderError("this list can only be walked with foreach")
    raise RenderError(f"a list is needed, not {a(value)}")


def a(value: object) -> str:
    """Name a value's kind with its article, for sentences."""
    what = kind(value)
    return {"null": "null", "unknown": "a value that templates do not know"}.get(what, f"a {what}")


def add(left: object, right: object, limits: Limits) -> object:
    """Add numbers, join strings or lists.

    "Only values of the same type can be joined with +" (referenz/funktionen).
    """
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > limits.value_size:
            raise LimitExceeded("value_size", limits.value_size)
        return left + right
    kinds = kind(left), kind(right)
    if kinds == ("list", "list"):
        return merge(left, right, limits)
    if kinds == ("number", "number"):
        return number(left + right)  # type: ignore[operator]
    raise RenderError(f"+ joins only values of the same type, not {a(left)} and {a(right)}: use str()")


def merge(first: object, second: object, limits: Limits) -> Made:
    """Join two lists into a new one."""
    made = Made()
    for part in (held(first), held(second)):
        if 8 * len(part) > limits.value_size:
            raise LimitExceeded("value_size", limits.value_size)
        for item in part:
            made.add(item, limits)
    return made


def _numbers(operator: str, left: object, right: object) -> None:
    for value in (left, right):
        if kind(value) != "number":
            raise RenderError(f"{operator} needs numbers, not {a(value)}")


def calculate(operator: str, left: object, right: object, limits: Limits) -> object:
    """Apply ``+ - * / %``. A quotient of whole numbers that is whole is a whole number."""
    if operator == "+":
        return add(left, right, limits)
    _numbers(operator, left, right)
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    number(left), number(right)
    if operator == "-":
        return number(left - right)
    if right == 0 and operator in "/%":
        raise RenderError("division by zero")
    try:
        if operator == "*":
            return number(left * right)
        if operator == "%":
            return number(left % right)
        if isinstance(left, int) and isinstance(right, int) and left % right == 0:
            return number(left // right)
        return number(left / right)
    except OverflowError:
        raise RenderError("a number is too large") from None


def compare(operator: str, left: object, right: object) -> bool:
    """Apply ``== != < <= > >=``; order exists among numbers and among strings."""
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        return not equal(left, right)
    kinds = kind(left), kind(right)
    if kinds not in (("number", "number"), ("string", "string")):
        raise RenderError(f"{operator} does not compare {a(left)} with {a(right)}")
    if operator == "<":
        return left < right  # type: ignore[operator,no-any-return]
    if operator == "<=":
        return left <= right  # type: ignore[operator,no-any-return]
    if operator == ">":
        return left > right  # type: ignore[operator,no-any-return]
    return left >= right  # type: ignore[operator,no-any-return]


def contains(item: object, value: object, limits: Limits) -> bool:
    """Apply ``in``: an element of a list, a key of a map, a part of a string; nothing is in null."""
    if value is None:
        return False
    if isinstance(value, Mapping):
        return _key(item) in value
    if isinstance(value, str):
        if not isinstance(item, str):
            raise RenderError(f"only a string can be in a string, not {a(item)}")
        return item in value
    whole = held(value)
    if 8 * len(whole) > limits.value_size:
        raise LimitExceeded("value_size", limits.value_size)
    return any(equal(item, element) for element in whole)


def member(value: object, name: str) -> object:
    """Read ``value.name``: a map's key or a module's variable, never a Python attribute.

    A missing key is null, and so is every member of null.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, Module):
        if name in value.methods:
            raise RenderError(f"{shorten(name)} is a method: call it as {shorten(name)}()")
        return value.get(name)
    raise RenderError(f"{a(value)} has no .{shorten(name)}")


def element(value: object, key: object) -> object:
    """Read ``value[key]``: a key of a map, or a place in a list from 0 on; null when there is none."""
    if value is None:
        return None
    if isinstance(value, Mapping | Module):
        return member(value, key) if isinstance(key, str) else value.get(_key(key))  # type: ignore[arg-type]
    whole = held(value)
    if isinstance(key, bool) or not isinstance(key, int):
        raise RenderError(f"the place in a list is a whole number, not {a(key)}")
    return whole[key] if 0 <= key < len(whole) else None


def _key(key: object) -> str | int:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise RenderError(f"the key of a map is a string, not {a(key)}")
    return key
