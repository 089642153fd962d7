"""Turn the values of a recipe into the source of a function: one method a keyword of the recipe language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from keyword import iskeyword
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeAlias

from mockserver.records.errors import FixtureError
from mockserver.records.formulas import compile_formula
from mockserver.records.mixing import MASK, key
from mockserver.records.scopes import Scope

if TYPE_CHECKING:
    from mockserver.records.compiler import Compiler

__all__ = ["Code", "Outer", "Writer"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WRITTEN = ("money", "millis", "seconds", "sql")
_TRIES = 1000
"""Places that are looked at for a record that meets the conditions; only given records need more than a few."""


@dataclass(frozen=True, slots=True)
class Code:
    """Hold the source of a value and its kind: plain, or one that is written out when put into a record."""

    text: str
    kind: str = "plain"
    nullable: bool = False


Outer: TypeAlias = tuple[Scope, str]
"""A name of an outer scope."""


class Writer:
    """Write the body of one function; `lines` come before whatever uses the values.

    What the elements of a list use of the scope around them is computed once, by the `outer` function, and
    handed over: `taken` holds those names, in the order of the parameters.
    """

    def __init__(self, compiler: Compiler, scope: Scope, whole: bool, outer: Writer | None = None) -> None:
        self.compiler = compiler
        self.scope = scope
        self.whole = whole
        self.outer = outer
        self.lines: list[str] = []
        self.taken: list[Outer] = []
        self._known: dict[tuple[int, str], Code] = {}
        self._open: set[tuple[int, str]] = set()

    def name(self, name: str) -> Code:
        """Return the value of a name; the statement that computes it is written once."""
        return self.name_in(self.scope, name)

    def object(self, properties: Mapping[str, Any], prefix: str) -> str:
        """Return the source of an object with its values written out."""
        parts = []
        for name, value in properties.items():
            path = f"{prefix}{name}"
            text = (
                self.object(value, f"{path}.")
                if _is_object(value)
                else self.written(self.name_in(self.scope, path, False))
            )
            parts.append(f"{name!r}: {text}")
        return "{" + ", ".join(parts) + "}"

    def written(self, code: Code) -> str:
        """Return the source of a value as it stands in a record."""
        if code.kind not in _WRITTEN:
            return code.text
        text = f"{code.kind}({code.text})"
        return f"(None if {code.text} is None else {text})" if code.nullable else text

    def name_in(self, scope: Scope, name: str, local_first: bool = True) -> Code:
        """Return the value of a name of this scope or one around it."""
        if name in ("i", "n"):
            return Code(name)
        if local_first:
            scope, expression = scope.find(name)
        else:  # a property of the record itself, though a helper may have its name
            expression = scope.value
            for part in name.split("."):
                expression = expression[part]
            if expression == f"${name}":
                return self.name_in(scope, name)
            if name in scope.let:
                name = f"record.{name}"
        place = (id(scope), name)
        if place not in self._known and self.outer is not None and scope is not self.scope:
            self._known[place] = self._take(self.outer, scope, name)
        if place not in self._known:
            if place in self._open:
                raise FixtureError(scope.path, f"{name or 'a value'} needs itself")
            self._open.add(place)
            code = self._value(expression, scope, name)
            if not code.text.isidentifier() and not _is_literal(expression):
                variable = f"v{len(self._known)}"
                self.lines.append(f"{variable} = {code.text}")
                code = replace(code, text=variable)
            self._known[place] = code
        return self._known[place]

    def _take(self, outer: Writer, scope: Scope, name: str) -> Code:
        code = outer.name_in(scope, name)
        if not code.text.isidentifier() or iskeyword(code.text):
            return code
        self.taken.append((scope, name))
        return replace(code, text=f"p{len(self.taken)}")

    def _variable(self, text: str) -> str:
        """Return a name for what a source computes."""
        self.lines.append(f"t{len(self.lines)} = {text}")
        return f"t{len(self.lines) - 1}"

    def _value(self, value: Any, scope: Scope, path: str) -> Code:
        if isinstance(value, str) and value.startswith("$"):
            return self.name_in(scope, value[1:])
        if isinstance(value, list):
            items = [self.written(self._value(item, scope, f"{path}[{k}]")) for k, item in enumerate(value)]
            return Code(f"[{', '.join(items)}]")
        if not isinstance(value, Mapping):
            return Code(repr(value))
        keyword = next(iter(value), "")
        if not keyword.startswith("$"):
            parts = [f"{k!r}: {self.written(self._value(v, scope, f'{path}.{k}'))}" for k, v in value.items()]
            return Code("{" + ", ".join(parts) + "}")
        if keyword == "$value":
            return Code(repr(value[keyword]))
        method = getattr(self, f"_{keyword[1:]}", None)
        if method is None or keyword[1:] not in _KEYWORDS:
            raise FixtureError(f"{scope.path}: {path}", f"{keyword} is no keyword of recipes")
        try:
            code: Code = method(value[keyword], value, scope, path)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise FixtureError(f"{scope.path}: {path}", f"{keyword} is not well-formed: {error!r}") from error
        return code

    # Chance

    def _bits(self, scope: Scope, path: str) -> str:
        """Return the source of 32 random bits."""
        return f"({scope.state} * {key(self.compiler.seed, scope.path, path)} >> 32 & 4294967295)"

    def _below(self, limit: int | str, scope: Scope, path: str) -> str:
        return f"{self._bits(scope, path)} % {limit}"

    def _hex(self, digits: int, _options: Any, scope: Scope, path: str) -> Code:
        parts = []
        for begin in range(0, digits, 16):
            width = min(16, digits - begin)
            factor = key(self.compiler.seed, scope.path, path, str(begin))
            parts.append(f"{{({scope.state} * {factor} & {MASK}) >> {64 - 4 * width}:0{width}x}}")
        return Code("f'" + "".join(parts) + "'")

    def _pick(self, vocabulary: str, _options: Any, scope: Scope, path: str) -> Code:
        entries = self.compiler.vocabularies[vocabulary]
        return Code(f"{self.compiler.constant(entries)}[{self._below(len(entries), scope, path)}]")

    def _choice(self, values: list[Any], _options: Any, scope: Scope, path: str) -> Code:
        return self._one_of(values, self._below(len(values), scope, path))

    def _item(self, values: list[Any], options: Any, scope: Scope, path: str) -> Code:
        return self._one_of(values, f"({self._formula(options['at'], scope)}) % {len(values)}")

    def _one_of(self, values: list[Any], index: str) -> Code:
        text = f"{self.compiler.constant(tuple(values))}[{index}]"
        if all(isinstance(value, list) for value in values):
            return Code(f"{text}[:]")
        if all(isinstance(value, dict) for value in values):
            return Code(f"{text}.copy()")
        return Code(text)

    def _subset(self, values: list[Any], options: Any, scope: Scope, path: str) -> Code:
        sizes = range(int(options.get("least", 0)), int(options.get("most", len(values))) + 1)
        subsets = [list(part) for size in sizes for part in combinations(values, size)]
        return self._one_of(subsets, self._below(len(subsets), scope, path))

    def _number(self, bounds: list[Any], _options: Any, scope: Scope, path: str) -> Code:
        low, high = bounds
        if isinstance(low, int) and isinstance(high, int):
            text = self._below(high - low + 1, scope, path)
            return Code(f"{low} + {text}" if low else text)
        low_text, high_text = (self._formula(str(bound), scope) for bound in bounds)
        return Code(f"({low_text}) + {self._bits(scope, path)} % (({high_text}) - ({low_text}) + 1)")

    def _decimal(self, bounds: list[Any], _options: Any, scope: Scope, path: str) -> Code:
        low, high, digits = bounds
        scale = 10 ** int(digits)
        return Code(
            f"({round(low * scale)} + {self._below(round((high - low) * scale) + 1, scope, path)}) / {scale}"
        )

    def _chance(self, share: float, _options: Any, scope: Scope, path: str) -> Code:
        return Code(f"{self._bits(scope, path)} < {round(share * (1 << 32))}")

    def _price(self, bounds: list[Any], _options: Any, scope: Scope, path: str) -> Code:
        low, high = bounds
        prices = tuple(whole * 100 + part for whole in range(low, high) for part in (0, 50, 90, 95, 99))
        return Code(f"{self.compiler.constant(prices)}[{self._below(len(prices), scope, path)}]", "money")

    def _time(self, spec: Mapping[str, Any], options: Any, scope: Scope, path: str) -> Code:
        kind, epoch = options.get("as", "millis"), self.compiler.epoch
        if "after" not in spec:
            within, newest = _seconds(spec["within"]), epoch - _seconds(spec.get("ago", "0s"))
            if within == 0:
                return Code(str(newest), kind)
            return Code(f"{newest - within} + {self._below(within + 1, scope, path)}", kind)
        bounds = spec["after"] if isinstance(spec["after"], list) else [spec["after"]]
        first, *others = (self._instant(bound, scope, path) for bound in bounds)
        for other in others:
            first = self._variable(f"{first} if {first} > {other} else {other}")
        before = self._instant(spec["before"], scope, path) if "before" in spec else str(epoch)
        left = self._variable(f"{before} - {first}")
        limit = f"{left} + 1 if {left} > 0 else 1"
        if "within" in spec:
            within = _seconds(spec["within"])
            limit = f"{within + 1} if {left} > {within} else {limit}"
        return Code(f"{first} + {self._bits(scope, path)} % ({limit})", kind)

    def _instant(self, value: Any, scope: Scope, path: str) -> str:
        """Return the source of an instant: that of a name, or one so long before the epoch."""
        if not str(value).startswith("$"):
            return str(self.compiler.epoch - _seconds(value))
        return self._value(value, scope, path).text

    # Places and references

    def _sequence(self, first: int, options: Any, _scope: Scope, _path: str) -> Code:
        return Code(f"str(i + {first})" if options.get("as") == "string" else f"i + {first}")

    def _unique(self, spec: Mapping[str, Any], _options: Any, _scope: Scope, _path: str) -> Code:
        letter = "X" if spec.get("case") == "upper" else "x"
        return Code(f"f'{{h:016{letter}}}{spec.get('suffix', '')}'")

    def _index(self, service: str, options: Any, scope: Scope, path: str) -> Code:
        count = max(1, self.compiler.counts.get(service, 0))
        like = options.get("like")
        start = (
            self._below(count, scope, path) if like is None else f"({self._formula(like, scope)}) % {count}"
        )
        if "where" not in options:
            return Code(start)
        wanted = options["where"] if isinstance(options["where"], list) else [options["where"]]
        return self._seek(service, count, start, wanted, scope)

    def _seek(self, service: str, count: int, start: str, wanted: list[str], scope: Scope) -> Code:
        """Return the source of the first place from `start` on whose record is as wanted."""
        fields: dict[str, str] = {}
        given: dict[str, str] = {}

        def name(text: str) -> str:
            owner, _, field = text.partition(".")
            if owner == service and field:
                return fields.setdefault(field, f"f{len(fields)}")
            return given.setdefault(self.name_in(scope, text).text, f"p{len(given)}")

        tests = [f"({compile_formula(condition, scope.path, name)})" for condition in wanted]
        row = self.compiler.row(service, tuple(fields), count)
        seek = f"seek{len(self.compiler.names)}"
        source = [f"def {seek}({', '.join(('start', *given.values()))}):"]
        for met in range(len(tests), 0, -1):
            source += [
                f"    for place in range(start, start + {min(count, _TRIES)}):",
                f"        place %= {count}",
                f"        {', '.join(fields.values())} = {row}",
                f"        if {' and '.join(tests[:met])}: return place",
            ]
        self.compiler.define([*source, "    return start"], seek)
        return Code(f"{seek}({', '.join((start, *given))})")

    def _ref(self, spec: list[str], _options: Any, scope: Scope, _path: str) -> Code:
        service, at, field = spec
        fields = tuple(scope.references[service, at]) if self.whole and scope is self.scope else (field,)
        place = (id(scope), f"ref {service} {at} {field}")
        if place not in self._known:
            function, codes = self.compiler.slice(service, fields)
            index = self.name_in(scope, at).text  # may need references of its own, and variables for them
            variables = [f"r{len(self._known) + k}" for k in range(len(fields))]
            self.lines.append(f"{', '.join(variables)} = {function}({index})")
            for name, variable, code in zip(fields, variables, codes, strict=True):
                self._known[id(scope), f"ref {service} {at} {name}"] = replace(code, text=variable)
        return self._known[place]

    # Computation

    def _calc(self, formula: str, options: Any, scope: Scope, _path: str) -> Code:
        return Code(f"({self._formula(formula, scope)})", options.get("as", "plain"))

    def _when(self, condition: str, options: Any, scope: Scope, path: str) -> Code:
        test = self._formula(condition, scope)
        yes, no = (
            self._value(options["then"], scope, f"{path}.then"),
            self._value(options["else"], scope, f"{path}.else"),
        )
        kinds = {code.kind for code in (yes, no) if code.text != "None"}
        if len(kinds) > 1:
            raise FixtureError(f"{scope.path}: {path}", "then and else are of different kinds")
        nullable = "None" in (yes.text, no.text) or yes.nullable or no.nullable
        return Code(f"({yes.text} if {test} else {no.text})", kinds.pop() if kinds else "plain", nullable)

    def _lookup(self, table: Mapping[str, Any], options: Any, scope: Scope, path: str) -> Code:
        return Code(
            f"{self.compiler.constant(table)}.get({self._value(options['of'], scope, path).text}, '')"
        )

    def _template(self, template: str, _options: Any, scope: Scope, _path: str) -> Code:
        parts = []
        for literal, name, spec, _ in Formatter().parse(template):
            parts.append(repr(literal)[1:-1].replace("{", "{{").replace("}", "}}").replace('"', '\\"'))
            if name is not None:
                text = self.written(self.name_in(scope, name))
                parts.append(f"{{{text}:{spec}}}" if spec else f"{{{text}}}")
        return Code('f"' + "".join(parts) + '"')

    def _slug(self, value: Any, _options: Any, scope: Scope, path: str) -> Code:
        return Code(f"SLUGS[{self._value(value, scope, path).text}]")

    def _list(self, spec: Mapping[str, Any], _options: Any, scope: Scope, path: str) -> Code:
        sums = scope.sums.get(path, []) if self.whole and scope is self.scope else []
        elements, codes = self._elements(spec, scope, path, ("", *sums))
        if not sums:
            return Code(elements)
        rows = self._variable(elements)
        for place, (field, code) in enumerate(zip(sums, codes[1:], strict=True), start=1):
            total = self._variable(f"sum([row[{place}] for row in {rows}])")
            self._known[id(scope), f"sum {path} {field}"] = Code(total, code.kind)
        return Code(f"[row[0] for row in {rows}]")

    def _sum(self, spec: list[str], _options: Any, scope: Scope, _path: str) -> Code:
        name, field = spec
        owner, value = scope.find(name)
        if self.whole and owner is self.scope:
            self.name_in(owner, name)  # which adds up what is had along the way
            return self._known[id(owner), f"sum {name} {field}"]
        elements, codes = self._elements(value["$list"], owner, name, (field,))
        return Code(f"sum({elements})", codes[0].kind)

    def _elements(
        self, spec: Mapping[str, Any], scope: Scope, path: str, fields: tuple[str, ...]
    ) -> tuple[str, tuple[Code, ...]]:
        """Return the source of a list of elements, or of names of theirs, and what these are."""
        function, codes, taken = self.compiler.element(self._list_scope(spec, scope, path), fields, self)
        given = ", ".join(("h", "i", "n", *(self.name_in(*outer).text for outer in taken)))
        return f"[{function}({given}) for n in range({self._length(spec, scope, path)})]", codes

    def _length(self, spec: Mapping[str, Any], scope: Scope, path: str) -> str:
        count = spec["count"]
        return self._number(count, {}, scope, f"{path}.count").text if isinstance(count, list) else str(count)

    def _list_scope(self, spec: Mapping[str, Any], scope: Scope, path: str) -> Scope:
        if path not in scope.lists:
            scope.lists[path] = Scope(f"{scope.path}/{path}", spec.get("let", {}), spec["of"], scope, "g")
        return scope.lists[path]

    def _formula(self, formula: str, scope: Scope) -> str:
        return compile_formula(str(formula), scope.path, lambda name: self.name_in(scope, name).text)


_KEYWORDS = (
    "sequence", "unique", "hex", "pick", "choice", "item", "subset", "number", "decimal", "chance", "price",
    "time", "calc", "when", "template", "slug", "index", "ref", "list", "sum",
    "lookup",
)  # fmt: skip


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and not next(iter(value), "").startswith("$")


def _is_literal(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and not value.startswith("$"))


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([0-9]+)([smhd])", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration such as 30d")
    return int(match[1]) * _UNITS[match[2]]
