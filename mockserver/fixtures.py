"""Read the fixtures: what every world of a server begins with.

Those that the server brings along are trusted, and the project's tests check them. A folder of the user's own lies
over them, file by file (:meth:`mockserver.contract.documents.Document.over`); what is wrong in it is a
:class:`DocumentError`, raised before anybody is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.contract.documents import Document, DocumentError, Place
from mockserver.contract.shapes import Shape
from mockserver.contract.specification import Specification, load_specification, read_yaml
from mockserver.contract.wording import listed, shorten
from mockserver.control.scenario_files import SUFFIXES, ScenarioFile, read_files
from mockserver.foxy.world import Directory
from mockserver.records import DataSet, FieldType, FixtureError, Recipes, Record, Service, load_services
from mockserver.records.vocabulary import Vocabularies
from mockserver.resources import shipped
from mockserver.settings import Settings, SettingsError
from mockserver.simulation.errors import RefusedValue
from mockserver.websale.login import Accounts
from mockserver.websale.storefront import Storefront

FILES = ("shop", "services", "users", "foxy", "vocabulary")
RECORDS, SCENARIOS = "records", "scenarios"
READ = (*(f"{name}.yaml" for name in FILES), f"{RECORDS}/<service>.yaml", f"{SCENARIOS}/<name>.yaml")
"""What a folder of the user's own can hold, as people are told."""


@dataclass(frozen=True)
class Fixtures:
    """What every world of a server begins with.

    :ivar scenarios: the scenarios that there are, by name.
    :ivar own_scenarios: those of them that the user has written.
    """

    services: Mapping[str, Service]
    dataset: DataSet
    accounts: Accounts
    directory: Directory
    storefront: Storefront
    scenarios: Mapping[str, ScenarioFile]
    own_scenarios: Mapping[str, ScenarioFile]


def load_fixtures(settings: Settings) -> Fixtures:
    """Read the server's fixtures, and over them the user's own where the settings name a folder.

    :raises DocumentError: a file cannot be used.
    :raises SettingsError: the settings name a service that is not there.
    """
    own = read_folder(Path(settings.fixtures)) if settings.fixtures else OwnFolder()
    schemas = _components("records")
    services = load_services(own.read("services"), schemas)
    for name in settings.records:
        if name not in services:
            raise SettingsError(f"There is no service {name}; there are {listed(services)}.")
    _check_services(own, services)
    _check_words(own, settings.seed)
    scenarios = {**own.scenarios, **(read_files(Path(settings.scenarios)) if settings.scenarios else {})}
    return Fixtures(
        services,
        _dataset(own, services, settings),
        Accounts.from_fixture(own.read("users")),
        _directory(own),
        Storefront.from_fixture(own.read("shop")),
        read_files(shipped("fixtures") / SCENARIOS) | scenarios,
        scenarios,
    )


@dataclass(frozen=True)
class OwnFolder:
    """The user's own fixtures, checked one by one; without any the server's stand alone.

    :ivar documents: by name, merged with the server's.
    :ivar records: by service; they say what is given.
    """

    documents: Mapping[str, Document] = field(default_factory=dict)
    records: Mapping[str, Document] = field(default_factory=dict)
    scenarios: Mapping[str, ScenarioFile] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        """Return what a fixture says."""
        document = self.documents.get(name)
        return read_yaml(_file(name)) if document is None else document.content


def read_folder(folder: Path) -> OwnFolder:
    """Read and check a folder of fixtures; a file that nobody would read is an error, too: it may be mistyped."""
    names = set(_names_in(folder, READ))
    if not names:
        reason = f"There are no fixtures here; read are {listed(READ)}. 'mockserver init' writes some to begin with."
        raise DocumentError(str(folder), 0, reason)
    services = read_yaml(_file("services"))
    known = {f"{name}.yaml" for name in FILES} | {RECORDS, SCENARIOS}
    _refuse_strangers(folder, names - known, READ)
    documents = {name: _read_over(folder, name) for name in FILES if f"{name}.yaml" in names}
    records: dict[str, Document] = {}
    if RECORDS in names:
        within = set(_names_in(folder / RECORDS, ()))
        _refuse_strangers(folder / RECORDS, within - {f"{name}.yaml" for name in services}, services)
        for name in sorted(within):
            service = name.removesuffix(".yaml")
            records[service] = Document.read(folder / RECORDS / name)
            records[service].check(_shape("records"))
    scenarios: dict[str, ScenarioFile] = {}
    if SCENARIOS in names:
        strange = {name for name in _names_in(folder / SCENARIOS, ()) if not name.endswith(SUFFIXES)}
        _refuse_strangers(folder / SCENARIOS, strange, (f"{SCENARIOS}/<name>.yaml",))
        scenarios = read_files(folder / SCENARIOS)
    return OwnFolder(documents, records, scenarios)


def _names_in(folder: Path, read: Iterable[str]) -> Iterator[str]:
    """Yield what lies in a folder, but for what is hidden and for notes."""
    try:
        for entry in folder.iterdir():
            if not entry.name.startswith(".") and entry.suffix != ".md":
                yield entry.name
    except FileNotFoundError as error:
        raise DocumentError(str(folder), 0, "There is no such folder.") from error
    except NotADirectoryError as error:
        raise DocumentError(str(folder), 0, "This is no folder.") from error
    except OSError as error:
        raise DocumentError(str(folder), 0, f"This cannot be read: {error.strerror}.") from error


def _refuse_strangers(folder: Path, names: set[str], read: Iterable[str]) -> None:
    for name in sorted(names):
        raise DocumentError(str(folder / name), 0, f"Nobody reads this file; read are {listed(read)}.")


def _read_over(folder: Path, name: str) -> Document:
    shape = _shape(name)
    document = Document.read(folder / f"{name}.yaml").over(Document.read(_file(name)), shape)
    document.check(shape)
    return document


def _file(name: str) -> Any:
    found = shipped("fixtures")
    for part in f"{name}.yaml".split("/"):
        found = found / part
    return found


@cache
def _shape(name: str) -> Shape:
    return Shape(_components("fixtures")[name])


@cache
def _components(name: str) -> dict[str, Any]:
    specification: Specification = load_specification(shipped("openapi"), name)
    found: dict[str, Any] = specification.inline(specification.document["components"]["schemas"])
    return found


def _check_services(own: OwnFolder, services: Mapping[str, Service]) -> None:
    """Refuse fields that a service does not have, and formats that the documents do not give it."""
    document = own.documents.get("services")
    if document is None:
        return
    documented = read_yaml(_file("services"))
    for name, service in services.items():
        fields = [path for path, field in service.fields.items() if field.type is not FieldType.ARRAY]
        choices = {
            "mandatory": (service.mandatory, fields),
            "naturalKey": (service.natural_key, fields),
            "formats": (service.formats, documented[name]["formats"]),
        }
        for key, (chosen, accepted) in choices.items():
            for number, value in enumerate(chosen):
                if value not in accepted:
                    raise _refused(document, (name, key, number), value, accepted)


def _refused(document: Document, place: Place, value: object, accepted: Iterable[object]) -> DocumentError:
    return document.error(place, f"{{place}} is {shorten(value)}; accepted: {listed(accepted)}.")


def _check_words(own: OwnFolder, seed: int) -> None:
    """Draw every vocabulary of the user's own, since only Faker knows what it can make up, and where."""
    for name, above in (("vocabulary", ()), ("foxy", ("recipe", "vocabulary"))):
        document = own.documents.get(name)
        if document is None:
            continue
        described = document.content
        for step in above:
            described = described[step]
        words = Vocabularies(described, seed)
        for vocabulary in described["vocabularies"]:
            try:
                words[vocabulary]
            except (FixtureError, AttributeError, TypeError, ValueError, RecursionError) as error:
                place = (*above, "vocabularies", vocabulary)
                raise document.error(place, f"{{place}} cannot be drawn: {error}.") from error


def _directory(own: OwnFolder) -> Directory:
    try:
        return Directory.from_fixture(own.read("foxy"))
    except RefusedValue as error:
        raise _refused(own.documents["foxy"], error.field, error.value, [error.accepted]) from error


def _dataset(own: OwnFolder, services: Mapping[str, Service], settings: Settings) -> DataSet:
    """Return the records, those of the user's own first."""
    recipes = Recipes(own.read, services)
    dataset = DataSet(services, recipes, settings.seed, settings.records)
    if not own.records:
        return dataset
    for document in own.records.values():
        _check_subshops(document, [subshop["id"] for subshop in own.read("shop")["subshops"]])
    given = {name: [*_complete(document, services[name], dataset)] for name, document in own.records.items()}
    return DataSet(services, recipes.with_given(given), settings.seed, settings.records)


def _check_subshops(document: Document, known: list[str]) -> None:
    """Refuse records of subshops that the shop does not have: nobody would find them there."""
    for steps, subshop in _subshops_in(document.content, ()):
        if subshop not in known:
            raise _refused(document, steps, subshop, known)


def _subshops_in(value: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[Place, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "subshopId" and isinstance(part, str):
                yield (*steps, key), part
            elif key == "subshopIds" and isinstance(part, list):
                yield from (((*steps, key, number), entry) for number, entry in enumerate(part))
            else:
                yield from _subshops_in(part, (*steps, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _subshops_in(part, (*steps, number))


def _complete(document: Document, service: Service, dataset: DataSet) -> Iterator[Record]:
    """Yield the given records, with what they do not say as the server would have made it."""
    shape = Shape(dict(service.schema))
    for number, row in enumerate(document.content["given"]):
        if number >= service.count:
            reason = f"{service.name} has {service.count} records; services.yaml can give it a higher count."
            raise document.error(("given", number), reason)
        if number >= dataset.count(service.name):
            return  # --records has left the rest out
        made = dataset.record(service.name, number)
        record = _merged(made, row)
        if record[service.key] != made[service.key]:
            place = ("given", number, service.key)
            accepted = f"{shorten(made[service.key])}, or nothing"
            raise _refused(document, place, record[service.key], [accepted])
        for refusal in shape.refusals(record):
            raise document.error(("given", number, *refusal.steps), refusal.said_of("{place}"))
        yield record


def _merged(made: Any, own: Any) -> Any:
    if isinstance(made, dict) and isinstance(own, dict):
        return {**made, **{key: _merged(made.get(key), value) for key, value in own.items()}}
    return own
