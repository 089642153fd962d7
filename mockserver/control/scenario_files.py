"""Read scenarios from YAML files; what is wrong with one is told with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from mockserver.contract.schemas import Validator, compile_schema, find_faults
from mockserver.contract.specification import Specification, YamlLoader
from mockserver.simulation.scenarios import Scenario, Scenarios

HEAD = ("description", "states", "parameters")
STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


class ScenarioFileError(Exception):
    """Raised when a scenario cannot be used; the message names file, line and reason."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class ScenarioFile:
    """One file, with what is needed to say where in it something is wrong."""

    def __init__(self, file: Traversable) -> None:
        self.file = file
        self.stem = file.name.rpartition(".")[0]
        try:
            loader = YamlLoader(file.read_text(encoding="utf-8"))
            self._root: yaml.Node | None = loader.get_single_node()
            self.content: Any = {} if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ScenarioFileError(str(file), line, f"is not valid YAML: {error.problem}.") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ScenarioFileError(str(file), 1, f"is not valid YAML: {error}.") from error

    def read(self, validator: Validator) -> Scenario:
        """Check the file against the schema of scenarios; return the scenario."""
        content = self.content
        if not isinstance(content, dict):
            raise ScenarioFileError(str(self.file), 1, "A scenario is a mapping with a description.")
        head = {key: content[key] for key in HEAD if key in content}
        actions = {key: value for key, value in content.items() if key not in HEAD}
        self._check(validator, {"name": self.stem, **head, "sets": {}})
        scenario = Scenario(
            self.stem,
            head["description"],
            actions,
            tuple(head.get("states", ())),
            head.get("parameters", {}),
        )
        self._check(validator, scenario.to_json())
        return scenario

    def _check(self, validator: Validator, shown: dict[str, Any]) -> None:
        fault = next(find_faults(validator, shown), None)
        if fault is not None:
            place = fault.path.removeprefix("sets").lstrip(".")
            raise self.error(place, f"{place or 'the file'}: {fault.message}")

    def error(self, place: str, reason: str) -> ScenarioFileError:
        """Return the error for a place in the scenario, such as ``jobs[0].advanceTo``."""
        return ScenarioFileError(str(self.file), self._line(place), reason)

    def _line(self, place: str) -> int:
        """Return the line of a place; of one that is missing, that of what should have it."""
        node, line = self._root, 1
        for step in STEP.findall(place):
            found = _below(node, step)
            if found is None:
                break
            mark, node = found
            line = mark + 1
        return line


def _below(node: yaml.Node | None, step: str) -> tuple[int, yaml.Node] | None:
    """Return line and node of an element or a member."""
    if isinstance(node, yaml.SequenceNode) and step.startswith("["):
        number = int(step[1:-1])
        return (node.value[number].start_mark.line, node.value[number]) if number < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    return None


def read_files(folder: Traversable) -> dict[str, ScenarioFile]:
    """Read the scenario files of a folder; the name of a scenario is its file's, without suffix."""
    if not folder.is_dir():
        raise ScenarioFileError(str(folder), 0, "There is no such folder.")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    scenarios = (file for file in files if file.is_file() and file.name.endswith((".yaml", ".yml")))
    return {(file := ScenarioFile(path)).stem: file for path in scenarios}


@lru_cache(maxsize=4)
def validator_of(specification: Specification) -> Validator:
    """Return what checks a scenario, from the control plane's specification."""
    return compile_schema(specification.inline(specification.document["components"]["schemas"]["Scenario"]))


def load_scenarios(files: Iterable[ScenarioFile], validator: Validator) -> Scenarios:
    """Check all files; two that stand for the same sentence are refused."""
    found: list[Scenario] = []
    known: dict[str, str] = {}
    for file in files:
        scenario = file.read(validator)
        for place, sentence in enumerate(scenario.states):
            if sentence in known:
                raise file.error(f"states[{place}]", f"{known[sentence]} says {sentence!r}, too.")
            known[sentence] = scenario.name
        found.append(scenario)
    return Scenarios(found)
