"""Know the global functions. Each is a modifier too: ``f(x, y)`` is ``x | f(y)``.

"Many functions can alternatively also be used as modifiers" and "a modifier always processes the value to
its left" (dokumentation.websale.de, referenz/funktionen and referenz/modifiers). The documents name
``abs``, ``merge``, ``replace``, ``str``, ``upper``, ``json``, ``currency``; the rest is convention. Null
stays null in the functions of strings and numbers, so that a missing field is empty and ``default()`` can
follow.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote

from .errors import LimitExceeded, RenderError
from .frame import Limits, Made
from .signatures import Signature
from .values import a, held, kind, merge, number, text, to_json

#: Written by us, not by templates: linear, since no "<" is looked past.
_TAG = re.compile(r"<[^<>]*>")
_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?)\s*")
_CSV_SPECIAL = re.compile(r'[";,\t\r\n]|^\s|\s$')


@dataclass(frozen=True, slots=True)
class Function:
    """Be a function: ``run(limits, *values)`` gets one value for each parameter of ``signature``."""

    name: str
    signature: Signature
    run: Callable[..., object]


FUNCTIONS: dict[str, Function] = {}


def _function(
    name: str, *parameters: str, defaults: tuple[object, ...] = ()
) -> Callable[..., Callable[..., object]]:
    def register(run: Callable[..., object]) -> Callable[..., object]:
        FUNCTIONS[name] = Function(name, Signature(parameters, defaults), run)
        return run

    return register


def _string(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise RenderError(f"{name} needs a string, not {a(value)}")


def _number(name: str, value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    raise RenderError(f"{name} needs a number, not {a(value)}")


def _whole(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise RenderError(f"{name} needs a whole number, not {a(value)}")


def _numeric(run: Callable[[int | float], int | float], name: str) -> None:
    def apply(_: Limits, value: object) -> object:
        return None if value is None else number(run(_number(name, value)))

    FUNCTIONS[name] = Function(name, Signature(("number",)), apply)


def _textual(run: Callable[[str], str], name: str) -> None:
    def apply(_: Limits, content: object) -> object:
        return None if content is None else run(_string(name, content))

    FUNCTIONS[name] = Function(name, Signature(("content",)), apply)


_numeric(abs, "abs")
_numeric(math.floor, "floor")
_numeric(math.ceil, "ceil")
_textual(str.upper, "upper")
_textual(str.lower, "lower")
_textual(str.strip, "trim")
_textual(lambda content: _TAG.sub("", content), "striptags")


def _rounded(value: int | float, digits: int) -> int | float:
    if not 0 <= digits <= 10:
        raise RenderError("round needs 0 to 10 digits")
    if isinstance(value, int) or abs(value) >= 1e15:
        return value
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return int(exact) if digits == 0 else float(exact)


@_function("round", "number", "digits", defaults=(0,))
def _round(_: Limits, value: object, digits: object) -> object:
    return None if value is None else _rounded(_number("round", value), _whole("round", digits))


@_function("str", "value")
def _str(limits: Limits, value: object) -> object:
    return text(value, limits)


def _read(value: object) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return number(value)
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return float(match[1]) if "." in match[1] else number(int(match[1]))


@_function("int", "value")
def _int(_: Limits, value: object) -> object:
    read = _read(value)
    return None if read is None else number(int(read))


@_function("float", "value")
def _float(_: Limits, value: object) -> object:
    read = _read(value)
    return None if read is None else float(read)


@_function("replace", "content", "search", "replace")
def _replace(limits: Limits, content: object, search: object, replacement: object) -> object:
    if content is None:
        return None
    subject, wanted, new = (_string("replace", part) for part in (content, search, replacement))
    if not wanted:
        return subject
    if len(subject) + subject.count(wanted) * (len(new) - len(wanted)) > limits.value_size:
        raise LimitExceeded("value_size", limits.value_size)
    return subject.replace(wanted, new)


@_function("substr", "content", "start", "length", defaults=(None,))
def _substr(_: Limits, content: object, start: object, length: object) -> object:
    if content is None:
        return None
    subject, begin = _string("substr", content), _whole("substr", start)
    end = len(subject) if length is None else begin + _whole("substr", length)
    if begin < 0 or end < begin:
        raise RenderError("substr needs a start and a length of at least 0")
    return subject[begin:end]


@_function("split", "content", "separator")
def _split(limits: Limits, content: object, separator: object) -> object:
    made = Made()
    if content is None:
        return made
    subject, mark = _string("split", content), _string("split", separator)
    if not mark:
        raise RenderError("split needs a separator that is not empty")
    if 8 * subject.count(mark) > limits.value_size:
        raise LimitExceeded("value_size", limits.value_size)
    for part in subject.split(mark):
        made.add(part, limits)
    return made


@_function("join", "list", "separator", defaults=(",",))
def _join(limits: Limits, items: object, separator: object) -> object:
    if items is None:
        return None
    mark, parts, size = _string("join", separator), [], 0
    for item in held(items):
        part = text(item, limits)
        size += len(part) + len(mark)
        if size > limits.value_size + len(mark):
            raise LimitExceeded("value_size", limits.value_size)
        parts.append(part)
    return mark.join(parts)


@_function("length", "value")
def _length(_: Limits, value: object) -> object:
    if value is None:
        return 0
    if kind(value) in ("string", "map"):
        return len(value)  # type: ignore[arg-type]
    return len(held(value))


@_function("merge", "first", "second")
def _merge(limits: Limits, first: object, second: object) -> object:
    return merge(first, second, limits)


@_function("default", "value", "default")
def _default(_: Limits, value: object, other: object) -> object:
    return other if value is None or value == "" else value


@_function("json", "value")
def _json(limits: Limits, value: object) -> object:
    return to_json(value, limits)


@_function("escape", "value")
def _escape(limits: Limits, value: object) -> object:
    return html.escape(text(value, limits))


@_function("csv", "value")
def _csv(limits: Limits, value: object) -> object:
    cell = text(value, limits)
    return '"' + cell.replace('"', '""') + '"' if _CSV_SPECIAL.search(cell) else cell


@_function("url", "value")
def _url(limits: Limits, value: object) -> object:
    return quote(text(value, limits).encode("utf-8", "replace"), safe="")


@_function("currency", "value", "symbol", defaults=("€",))
def _currency(_: Limits, value: object, symbol: object) -> object:
    if value is None:
        return None
    amount = _read(value)
    if amount is None or isinstance(value, bool):
        raise RenderError(f"currency needs a number, not {a(value)}")
    return f"{_rounded(amount, 2):,.2f} {_string('currency', symbol)}"
