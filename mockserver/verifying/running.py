"""Make the calls of a run: schemathesis makes them up, and the rules of the catalogue are called for one by one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from mockserver.contract.loading import Contract, load_contract
from mockserver.contract.operations import CompiledOperation
from mockserver.contract.specification import METHODS, OperationSource, Specification
from mockserver.contract.wording import meant
from mockserver.resources import shipped
from mockserver.verifying.calls import Call
from mockserver.verifying.options import CannotRun, Options
from mockserver.verifying.report import Drift, Kind, Report
from mockserver.verifying.rules import Probe, RuleBook

if TYPE_CHECKING:
    from schemathesis.engine.recorder import ScenarioRecorder

READ_ONLY = ("get", "head", "options")
PHASES = 3
"""Phases in which each operation has a turn: examples, coverage, fuzzing. One more follows the links."""

KINDS: Mapping[str, Kind] = {
    "status_code_conformance": "status",
    "content_type_conformance": "content-type",
    "response_headers_conformance": "header",
    "response_schema_conformance": "schema",
}
"""The checks of schemathesis that tell how an answer differs from the specification."""


class Progress(Protocol):
    """Who wants to know how far a run is."""

    def start(self, total: int) -> None:
        """Learn how many steps there are going to be."""

    def step(self, title: str) -> None:
        """Learn that a step is done."""


def run(options: Options, progress: Progress) -> Report:
    """Check a target and say what was found.

    :raises CannotRun: the target cannot be checked at all.
    """
    try:
        import schemathesis  # noqa: F401
    except ImportError as error:
        raise CannotRun(
            "mockserver verify needs schemathesis: pip install 'commerce-mockserver[verify]'."
        ) from error
    contract = _load()
    for rule in sorted(options.ignore - set(contract.catalogue)):
        raise CannotRun(f"There is no rule {rule}.{meant(rule, contract.catalogue)}")
    names = options.specifications(list(contract.specifications))
    report = Report(options.base, options.seed, names, options.allow_writes)
    parts = [_Part(options, contract, name, report) for name in names]
    parts = [part for part in parts if part.operations]
    if not parts:
        raise CannotRun(
            "No operation is left to check: they all write. Give --allow-writes, or another --api."
        )
    for name in options.parameters:
        if not any(part.knows(name) for part in parts):
            raise CannotRun(f"No operation that is checked has the parameter {name}.")
    for part in parts:
        part.check_access()
    progress.start(sum(part.steps for part in parts))
    for part in parts:
        part.run(progress)
    return report


@cache
def _load() -> Contract:
    """Read the specifications, all of them: the catalogue is whole only with all."""
    from mockserver.app import SPECIFICATIONS

    return load_contract(shipped("openapi"), SPECIFICATIONS, resolve=lambda _name: _no_handler)


async def _no_handler(**_: Any) -> None:
    """Stand where the mock server has its handlers; nothing is served here."""


class _Part:
    """The run of one specification."""

    def __init__(self, options: Options, contract: Contract, name: str, report: Report) -> None:
        self.options = options
        self.report = report
        self.rules = RuleBook(contract)
        self.specification: Specification = contract.specifications[name]
        self.credentials = options.credentials(name)
        self.sources: dict[str, OperationSource] = {}
        self.operations: dict[str, CompiledOperation] = {}
        for source in self.specification.operations():
            if options.allow_writes or source.method in READ_ONLY:
                label = f"{source.method.upper()} {source.path}"
                self.sources[label] = source
                self.operations[label] = contract.operations[source.id]
        report.expect(
            {
                self.operations[label].title: any(
                    status[0] in "23" for status in source.definition["responses"]
                )
                for label, source in self.sources.items()
            }
        )
        self.probes = [
            (label, probe)
            for label, operation in self.operations.items()
            for probe in self.rules.probes(operation, credentials=bool(self.credentials))
        ]
        self._schema: Any = None

    @property
    def steps(self) -> int:
        """How many steps the run has, for the progress bar."""
        return PHASES * len(self.operations) + len(self.probes) + 1

    @property
    def schema(self) -> Any:
        """The specification as schemathesis has it."""
        if self._schema is None:
            import schemathesis
            from schemathesis.config import SchemathesisConfig

            config = SchemathesisConfig.from_dict(self._configuration())
            self._schema = schemathesis.openapi.from_dict(self.document, config=config)
        return self._schema

    def _configuration(self) -> dict[str, Any]:
        options = self.options
        configuration: dict[str, Any] = {
            "base-url": options.base + self.specification.base_path,
            "headers": {**options.headers, **self.credentials},
            "operations": self._parameters(),
            "continue-on-failure": True,
            "request-timeout": options.timeout,
            "tls-verify": options.tls_verify,
            "seed": options.seed,
            # What is wrong on purpose is asked for rule by rule; a real shop is spared the rest.
            "generation": {"mode": "positive", "max-examples": options.max_examples, "database": "none"},
            "phases": {"stateful": {"enabled": self._has_links()}},
            "checks": {"enabled": False} | {name: {"enabled": True} for name in KINDS},
            "warnings": False,
        }
        if options.effective_rate_limit is not None:
            configuration["rate-limit"] = options.effective_rate_limit
        return configuration

    def _parameters(self) -> list[dict[str, Any]]:
        """Return the given values, operation by operation, as schemathesis is configured."""
        found: list[dict[str, Any]] = []
        for source in self.sources.values():
            values = {
                f"{parameter['in']}.{parameter['name']}": value
                for parameter in source.parameters
                if (value := self._given(source, parameter["name"])) is not None
            }
            if values:
                found.append({"include-operation-id": source.id, "parameters": values})
        return found

    def knows(self, name: str) -> bool:
        """Tell whether an operation has a parameter of that name; ``getDataFeed.id`` is that of one operation."""
        operation, _, parameter = name.rpartition(".")
        return any(
            parameter == each["name"]
            for source in self.sources.values()
            if operation in ("", source.id)
            for each in source.parameters
        )

    def _given(self, source: OperationSource, name: str) -> str | None:
        given = self.options.parameters
        return given.get(f"{source.id}.{name}", given.get(name))

    @cached_property
    def document(self) -> dict[str, Any]:
        """The specification with nothing in it that must not be called.

        What is left out here cannot be reached by any filter, link or phase: schemathesis does not know it.
        """
        ids = {source.id for source in self.sources.values()}
        document: dict[str, Any] = copy.deepcopy(self.specification.document)
        for item in document["paths"].values():
            for method in METHODS:
                if method in item and item[method]["operationId"] not in ids:
                    del item[method]
        document["paths"] = {
            path: item for path, item in document["paths"].items() if set(item) & set(METHODS)
        }
        for responses in self._responses(document):
            for response in responses.values():
                links = response.get("links", {})
                for name in [name for name, link in links.items() if self._leads_to(link) not in ids]:
                    del links[name]
        return document

    @staticmethod
    def _responses(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the objects that hold responses."""
        yield document.get("components", {}).get("responses", {})
        for item in document["paths"].values():
            for method in METHODS:
                if method in item:
                    yield item[method]["responses"]

    def _leads_to(self, link: dict[str, Any]) -> str:
        return str(self.specification.resolve(link).get("operationId", ""))

    def _has_links(self) -> bool:
        """Tell whether an answer leads to an operation that may be called."""
        return any(
            response.get("links")
            for responses in self._responses(self.document)
            for response in responses.values()
        )

    def check_access(self) -> None:
        """Make one call that only reads, to find out whether anybody answers and takes the credentials.

        :raises CannotRun: nobody does.
        """
        import requests

        reading = [label for label, source in self.sources.items() if source.method in READ_ONLY]
        secured = [label for label in reading if self.operations[label].secured]
        label = next(iter(secured or reading or self.operations))
        try:
            answer = self._call(label)
        except requests.RequestException as error:
            raise CannotRun(f"{self.options.base} does not answer: {_innermost(error)}") from error
        if answer.status_code == 401 and secured:
            if self.credentials:
                raise CannotRun(f"{self.options.base} refuses the token: {answer.text[:200]}")
            raise CannotRun(f"{self.options.base} wants credentials: give --token, or set MOCKSERVER_TOKEN.")

    def run(self, progress: Progress) -> None:
        """Make all calls of the specification."""
        from schemathesis.engine import events, from_schema

        for event in from_schema(self.schema).execute():
            if isinstance(event, events.ScenarioFinished):
                self._judge(event.recorder)
                if event.label in self.operations:
                    progress.step(self.operations[event.label].title)
            elif isinstance(event, events.NonFatalError):
                self.report.errors.append(f"{event.label}: {_innermost(event.value)}")
            elif isinstance(event, events.FatalError):
                raise CannotRun(
                    f"{self.specification.name}: {_innermost(event.exception)}"
                ) from event.exception
            elif isinstance(event, events.Interrupted):
                raise KeyboardInterrupt
        progress.step(self.specification.name)
        for label, probe in self.probes:
            self._probe(label, probe)
            progress.step(probe.rule)

    def _judge(self, recorder: ScenarioRecorder) -> None:
        """Turn what schemathesis has recorded into drifts."""
        for case_id, interaction in recorder.interactions.items():
            label = recorder.cases[case_id].value.operation.label
            if label not in self.operations:
                raise RuntimeError(f"{label} was called, which must not be.")
            if interaction.response is None:
                continue
            call = self._read(label, interaction.request, interaction.response)
            checks = recorder.checks.get(case_id, [])
            failures = [(node.name, node.failure_info.failure) for node in checks if node.failure_info]
            for name, failure in failures:
                self._add(call.failed(KINDS[name], failure))
            if not failures:
                self._add(call.unknown_error())

    def _probe(self, label: str, probe: Probe) -> None:
        import requests
        from schemathesis.engine.recorder import Request

        expected = self.rules.example_of(probe)
        try:
            answer = self._call(label, probe)
        except requests.RequestException as error:
            self.report.errors.append(f"{probe.operation.title}: {_innermost(error)}")
            return
        self.report.rules.append(expected.rule_id)
        call = self._read(label, Request.from_prepared_request(answer.request), answer)
        self._add(call.answered_otherwise(probe, expected))

    def _read(self, label: str, request: Any, response: Any) -> Call:
        operation = self.operations[label]
        self.report.met(operation.title, response.status_code)
        return Call(self.rules, operation, self.sources[label], request, response, self.options.token)

    def _call(self, label: str, probe: Probe | None = None) -> Any:
        """Make one call with values that the specification itself gives; a probe says what is wrong with it."""
        source = self.sources[label]
        operation = self.schema[source.path][source.method.upper()]
        values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        for parameter in source.parameters:
            if parameter.get("required") and parameter["in"] in values:
                values[parameter["in"]][parameter["name"]] = self._valid(source, parameter)
        if probe is not None and probe.parameter[0]:
            values[probe.parameter[0]][probe.parameter[1]] = probe.value
        case = operation.Case(path_parameters=values["path"], query=values["query"], **self._body(source))
        headers = {**self.options.headers, **values["header"]}
        if probe is None or not probe.anonymous:
            headers |= self.credentials
        return case.call(headers=headers)

    def _valid(self, source: OperationSource, parameter: dict[str, Any]) -> Any:
        given = self._given(source, parameter["name"])
        if given is not None:
            return given
        schema = self.specification.inline(parameter.get("schema", {}))
        for value in (parameter.get("example"), schema.get("example"), *schema.get("enum", [])[:1]):
            if value is not None:
                return value
        return schema.get("minimum", "1")

    def _body(self, source: OperationSource) -> dict[str, Any]:
        """Return body and media type of the first example of the operation's request body."""
        content = self.specification.resolve(source.definition.get("requestBody", {})).get("content", {})
        for media_type, media in content.items():
            for example in media.get("examples", {}).values():
                return {"body": self.specification.resolve(example).get("value"), "media_type": media_type}
        return {}

    def _add(self, drift: Drift | None) -> None:
        if drift is not None and not self.options.ignore.intersection(drift.rules):
            self.report.add(drift)


def _innermost(error: BaseException) -> str:
    """Say what an error was about, without the layers around it."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error) or type(error).__name__
