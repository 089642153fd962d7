"""Compile an operation of a specification to what a request needs: bound parameters and validators.

Everything that can be decided from the specification is decided here, once, at start-up. A request looks up,
converts, checks and calls.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from mockserver.contract.catalogue import Example
from mockserver.contract.errors import Rule, SpecificationError
from mockserver.contract.exchange import Exchange
from mockserver.contract.schemas import Fault, Validator, find_faults
from mockserver.contract.specification import OperationSource, Specification

Handler = Callable[..., Awaitable[Any]]
BeforeBody = Callable[..., None]
CheckQuery = Callable[[Exchange], None]
CheckBody = Callable[..., Awaitable[object]]
LARGE = 65_536
"""Bytes of a body from which on its faults are looked for in a thread."""
FIRST_STEP = re.compile(r"[.\[]")
INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return the Python name of a parameter: ``file_name`` for ``fileName``."""
    return CAMEL.sub("_", name).replace("-", "_").lower()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter, ready to be read from a request.

    :ivar only_for: what the path has to say for the parameter to mean anything (``x-only-for``); else it is ignored.
    """

    name: str
    place: str
    argument: str
    required: bool
    default: Any
    kind: str
    validator: Validator
    deep: bool = False
    accepted: tuple[str, ...] = ()
    only_for: tuple[tuple[str, str], ...] = ()

    @property
    def can_be_wrong(self) -> bool:
        """Whether there are values that its schema refuses; it is tried out."""
        if self.deep:
            return False
        tried = ([text] if self.kind == "array" else self.convert(text) for text in ("", "?"))
        return not all(self.validator.is_valid(value) for value in tried)

    def convert(self, text: str) -> Any:
        """Return the value for the text, or the text itself when it is none of the parameter's type."""
        if self.kind == "integer" and INTEGER.fullmatch(text):
            return int(text)
        if self.kind == "number" and NUMBER.fullmatch(text):
            return float(text)
        if self.kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return text


@dataclass(frozen=True)
class BodyContract:
    """A JSON request body: read, parsed and checked before the handler is called."""

    required: bool
    validator: Validator


@dataclass
class CompiledOperation:
    """One operation as the server runs it.

    :ivar title: as the rule catalogue names it.
    :ivar violations: rule by part of the request (``x-violations``): which rule a bad part breaks.
    :ivar rules_of: title under which the rule catalogue has its rules, when another operation shares them
        (``x-rules-of``).
    :ivar before_body: called with the exchange and the path's parameters before the body is read
        (``x-before-body``), where an unknown resource goes before a bad body.
    :ivar check_query: called with the exchange where a parameter is bad (``x-check-query``), to find what else is bad
        that the specification cannot tell: of all of it the first of the rule catalogue counts.
    :ivar check_body: called where the schema has refused the body (``x-check-body``), to the same end: with the
        exchange, the properties that the schema has nothing against, the names of the others, and the path's
        parameters.
    :ivar right: verbs and service that the caller needs; the service may be a path parameter, in braces.
    :ivar responses: validator by (status, media type); ``None`` for content that is not JSON.
    :ivar examples: the named examples of all its responses.
    :ivar common: the examples that every operation of the same path, or API, can answer with.
    :ivar allowed: the methods of its path, as ``Allow`` lists them.
    :ivar bare_statuses: statuses whose answers have no content.
    :ivar source: the operation as written.
    :ivar declared: place and name of everything that a request can bring: parameters and the body.
    """

    id: str
    title: str
    method: str
    api: Specification
    source: OperationSource
    handler: Handler
    parameters: tuple[Parameter, ...]
    body: BodyContract | None
    violations: dict[str, str]
    right: tuple[tuple[str, ...], str] | None
    responses: dict[tuple[int, str], Validator | None]
    examples: dict[str, Example]
    secured: bool
    takes: frozenset[str] = frozenset()
    common: dict[str, Example] = field(default_factory=dict, repr=False)
    allowed: str = ""
    bare_statuses: frozenset[int] = frozenset()
    rules_of: str = ""
    before_body: BeforeBody | None = None
    check_query: CheckQuery | None = None
    check_body: CheckBody | None = None
    declared: tuple[tuple[str, str], ...] = ()
    place_of_rule: Callable[[str], int] = field(default=lambda _rule: 0, repr=False)

    @property
    def template(self) -> str:
        """Its path with the base path, parameters in braces."""
        return self.api.base_path + self.source.path

    async def bind(self, exchange: Exchange) -> dict[str, Any]:
        """Return the handler's arguments; a part of the request that breaks its schema raises its rule."""
        arguments: dict[str, Any] = {}
        if "exchange" in self.takes:
            arguments["exchange"] = exchange
        if "world" in self.takes:
            arguments["world"] = exchange.world
        for parameter in self.parameters:
            try:
                value = self._read(parameter, exchange)
            except Rule:
                if parameter.place == "path":
                    raise
                raise self._first_broken(exchange) from None
            if parameter.argument in self.takes:
                arguments[parameter.argument] = value
        if self.before_body is not None:
            self.before_body(exchange, **self._path_arguments(exchange))
        if self.body is not None:
            body = await self._read_body(self.body, exchange)
            if "body" in self.takes:
                arguments["body"] = body
        return arguments

    def _read(self, parameter: Parameter, exchange: Exchange) -> Any:
        if parameter.place == "path":
            texts = [exchange.path_values[parameter.name]]
        elif parameter.deep:
            start = parameter.name + "["
            pairs = {key[len(start) : -1]: value for key, value in exchange.query if key.startswith(start)}
            return pairs or None
        elif any(exchange.path_values[name] != value for name, value in parameter.only_for):
            return parameter.default
        else:
            texts = [value for key, value in exchange.query if key == parameter.name]
        if not texts:
            if parameter.required:
                part = f"{parameter.place}.{parameter.name}"
                raise self.violated(part, "required", parameter.name, f"{parameter.name} is missing.")
            return parameter.default
        value: Any = texts if parameter.kind == "array" else parameter.convert(texts[-1])
        if not parameter.validator.is_valid(value):
            fault = next(find_faults(parameter.validator, value, parameter.name))
            part = f"{parameter.place}.{parameter.name}"
            raise self.violated(part, fault.keyword, parameter.name, fault.said_of(parameter.name))
        return value

    def _first_broken(self, exchange: Exchange) -> Rule:
        """Return, of all rules that the query breaks, the one that the rule catalogue has first."""
        checks = [partial(self.check_query, exchange)] if self.check_query is not None else []
        checks += [partial(self._read, parameter, exchange) for parameter in self.parameters]
        broken = []
        for check in checks:
            try:
                check()
            except Rule as rule:
                broken.append(rule.with_traceback(None))  # which would hold on to this list
        return min(broken, key=lambda rule: self.place_of_rule(rule.rule_id))

    async def _read_body(self, contract: BodyContract, exchange: Exchange) -> Any:
        raw = await exchange.body()
        if not raw and not contract.required:
            return None
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise self.violated("body", "", "", f"The body is not JSON: {error}.") from error
        if contract.validator.is_valid(value):
            return value
        raise await self._first_fault(await _faults(contract.validator, value, len(raw)), value, exchange)

    async def _first_fault(self, faults: list[Fault], value: Any, exchange: Exchange) -> Rule:
        """Return, of all rules that the body breaks, the one that the rule catalogue has first.

        Of a value that is of another type nothing else is said.
        """
        ill_typed = {fault.path for fault in faults if fault.keyword == "type"}
        broken = [
            self.violated(
                f"body.{fault.pattern}" if fault.pattern else "body",
                fault.keyword,
                fault.path,
                fault.said_of("The body"),
            )
            for fault in faults
            if fault.keyword == "type" or fault.path not in ill_typed
        ]
        if self.check_body is not None and isinstance(value, dict):
            bad = frozenset(FIRST_STEP.split(fault.path, maxsplit=1)[0] for fault in faults)
            good = {name: part for name, part in value.items() if name not in bad}
            try:
                await self.check_body(exchange, good, bad, **self._path_arguments(exchange))
            except Rule as rule:
                broken.append(rule.with_traceback(None))  # which would hold on to this list
        return min(broken, key=lambda rule: self.place_of_rule(rule.rule_id))

    def _path_arguments(self, exchange: Exchange) -> dict[str, Any]:
        return {p.argument: self._read(p, exchange) for p in self.parameters if p.place == "path"}

    def violated(self, part: str, keyword: str, field_name: str, explain: str) -> Rule:
        """Return the rule that a violation of this part of the request breaks.

        The answer names the part in ``field``; of a path's part, where the rule's example does.
        """
        root = part.partition(".")[0]
        keys = (f"{part}:{keyword}", part, f"{root}:{keyword}", root, "*")
        rule_id = next(self.violations[key] for key in keys if key in self.violations)
        named = None if root == "path" else field_name
        return Rule(rule_id, field=named, explain=explain)

    def unruled(self) -> Iterator[str]:
        """Yield the parts of a request that can be wrong and have no rule in ``x-violations``."""
        fallible = [p for p in self.parameters if p.can_be_wrong or (p.required and p.place == "query")]
        parts = [f"{p.place}.{p.name}" for p in fallible]
        if self.body is not None:
            parts.append("body")
        ruled = {key.partition(":")[0] for key in self.violations}
        if self.right is not None and "security" not in ruled:
            yield "security"
        for part in parts:
            if not ruled & {part, part.partition(".")[0], "*"}:
                yield part

    def service_of(self, exchange: Exchange) -> str:
        """Return the service on which the caller needs the operation's right."""
        service = self.right[1] if self.right else ""
        if service.startswith("{"):
            return exchange.path_values[service[1:-1]]
        return service


async def _faults(validator: Validator, value: Any, size: int) -> list[Fault]:
    """Return what is wrong with a body; in a large one that may be much, which others do not wait for."""
    if size < LARGE:
        return list(find_faults(validator, value))
    return await run_in_threadpool(lambda: list(find_faults(validator, value)))


def compile_operation(
    specification: Specification, source: OperationSource, handler: Handler
) -> CompiledOperation:
    """Compile one operation; what the specification lacks is a :class:`SpecificationError`."""
    where = f"{specification.name}: {source.title}"
    definition = source.definition
    responses: dict[tuple[int, str], Validator | None] = {}
    examples: dict[str, Example] = {}
    bare: set[int] = set()
    for status_text, reference in definition["responses"].items():
        status = int(status_text)
        response = specification.resolve(reference)
        if "content" not in response:
            bare.add(status)
        for media_type, content in response.get("content", {}).items():
            responses[status, media_type] = _response_validator(specification, media_type, content)
        for example in response_examples(specification, status, response):
            if example.name in examples:
                raise SpecificationError(f"{where}: two examples are named {example.name}.")
            examples[example.name] = example
    right = definition.get("x-right")
    security = definition.get("security", specification.document.get("security"))
    return CompiledOperation(
        id=source.id,
        title=source.title,
        method=source.method.upper(),
        api=specification,
        source=source,
        handler=handler,
        parameters=tuple(
            _compile_parameter(specification, p) for p in source.parameters if p["in"] in ("path", "query")
        ),
        body=_compile_body(specification, definition),
        violations=definition.get("x-violations", {}),
        right=(tuple(right["verbs"]), right["service"]) if right else None,
        responses=responses,
        examples=examples,
        bare_statuses=frozenset(bare),
        rules_of=definition.get("x-rules-of", source.title),
        secured=bool(security),
        declared=declared_parts(source),
        takes=frozenset(inspect.signature(handler).parameters),
    )


def declared_parts(source: OperationSource) -> tuple[tuple[str, str], ...]:
    """Return place and name of everything that a request of the operation can bring."""
    parts = [(parameter["in"], parameter["name"]) for parameter in source.parameters]
    return (*parts, *([("body", "")] if "requestBody" in source.definition else []))


def response_examples(specification: Specification, status: int, response: dict[str, Any]) -> list[Example]:
    """Return the named examples of a response object; ``x-headers`` of an example are headers of its answer.

    ``x-facts`` fill its placeholders where it is answered on purpose, and the request does not have such facts.
    """
    found = []
    for media_type, content in response.get("content", {}).items():
        validator = _response_validator(specification, media_type, content)
        for name, reference in content.get("examples", {}).items():
            example = specification.resolve(reference)
            headers = tuple(example.get("x-headers", {}).items())
            facts = example.get("x-facts", {})
            found.append(Example(name, status, media_type, example["value"], headers, validator, facts))
    return found


def _response_validator(
    specification: Specification, media_type: str, content: dict[str, Any]
) -> Validator | None:
    if not media_type.endswith("json") or "schema" not in content:
        return None
    return specification.validator(content["schema"])


def _compile_parameter(specification: Specification, definition: dict[str, Any]) -> Parameter:
    checked, schema = definition["schema"], specification.inline(definition["schema"])
    if "pattern" in schema and "example" in definition:
        checked = {"example": definition["example"], **schema}  # which explains more than the pattern
    return Parameter(
        name=definition["name"],
        place=definition["in"],
        argument=snake_case(definition["name"]),
        required=definition.get("required", False),
        default=schema.get("default"),
        kind=schema.get("type", ""),
        validator=specification.validator(checked),
        deep=definition.get("style") == "deepObject",
        accepted=tuple(str(value) for value in schema.get("enum", ())),
        only_for=tuple(definition.get("x-only-for", {}).items()),
    )


def _compile_body(specification: Specification, definition: dict[str, Any]) -> BodyContract | None:
    """Compile a JSON body; of ``x-raw-body`` the handler reads and understands the bytes itself."""
    if "requestBody" not in definition or definition.get("x-raw-body"):
        return None
    body = specification.resolve(definition["requestBody"])
    content = body["content"].get("application/json")
    if content is None:
        return None
    return BodyContract(body.get("required", False), specification.validator(content["schema"]))
