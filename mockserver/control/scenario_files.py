"""Read scenarios from YAML files; what is wrong with one is told with its file and line."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import NamedTuple

from mockserver.contract.documents import Document, DocumentError, Place
from mockserver.contract.schemas import Validator
from mockserver.contract.shapes import Shape
from mockserver.contract.specification import Specification
from mockserver.simulation.scenarios import Scenario, Scenarios

HEAD = ("description", "states", "parameters")
SUFFIXES = (".yaml", ".yml")


class Shapes(NamedTuple):
    """What the name of a scenario and its file have to be like."""

    name: Shape
    file: Shape


class ScenarioFile:
    """One file; the scenario has its name."""

    def __init__(self, file: Traversable) -> None:
        self.stem = file.name.rpartition(".")[0]
        self._document = Document.read(file)

    def read(self, shapes: Shapes) -> Scenario:
        """Check the file, its parameters filled in with their defaults; return the scenario."""
        for refusal in shapes.name.refusals(self.stem):
            raise DocumentError(self._document.file, 0, refusal.said_of("The scenario's name"))
        content = self._document.content
        if not isinstance(content, dict):
            raise self.error("", "A scenario is a mapping with a description.")
        actions = {key: value for key, value in content.items() if key not in HEAD}
        parameters = content.get("parameters")
        unchecked = Scenario(self.stem, "", actions, (), parameters if isinstance(parameters, dict) else {})
        self._document.check(shapes.file, {**content, **unchecked.filled({})})
        return Scenario(
            self.stem, content["description"], actions, tuple(content.get("states", ())), unchecked.parameters
        )

    def error(self, place: Place, reason: str) -> DocumentError:
        """Return the error for a place in the scenario, such as ``jobs[0].advanceTo``."""
        return self._document.error(place, reason)


def read_files(folder: Traversable) -> dict[str, ScenarioFile]:
    """Read the scenario files of a folder; the name of a scenario is its file's, without suffix."""
    if not folder.is_dir():
        raise DocumentError(str(folder), 0, "There is no such folder.")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    found: dict[str, ScenarioFile] = {}
    for path in files:
        if path.is_file() and path.name.endswith(SUFFIXES):
            file = ScenarioFile(path)
            if file.stem in found:
                raise file.error("", f"There are two files for the scenario {file.stem}.")
            found[file.stem] = file
    return found


@lru_cache(maxsize=4)
def shapes_of(specification: Specification) -> Shapes:
    """Return the shapes of scenarios: in a file what the control plane shows of one stands in one mapping."""
    schema = specification.inline(specification.document["components"]["schemas"]["Scenario"])
    sets = schema["properties"]["sets"]
    head = {key: schema["properties"][key] for key in HEAD}
    file = {**sets, "required": ["description"], "properties": head | sets["properties"]}
    return Shapes(Shape(schema["properties"]["name"]), Shape(file))


@lru_cache(maxsize=4)
def validator_of(specification: Specification) -> Validator:
    """Return what checks a scenario, from the control plane's specification."""
    return Validator(specification.inline(specification.document["components"]["schemas"]["Scenario"]))


def load_scenarios(files: Iterable[ScenarioFile], shapes: Shapes) -> Scenarios:
    """Check all files; two that stand for the same sentence are refused."""
    found: list[Scenario] = []
    known: dict[str, str] = {}
    for file in files:
        scenario = file.read(shapes)
        for place, sentence in enumerate(scenario.states):
            if sentence in known:
                raise file.error(f"states[{place}]", f"{known[sentence]} says {sentence!r}, too.")
            known[sentence] = scenario.name
        found.append(scenario)
    return Scenarios(found)
