"""Read the OpenAPI files: YAML in, one self-contained document for each API out.

The files refer to one another (``components/websale.yaml#/components/schemas/Error``). Reading a file bundles
whatever it refers to into its own ``components``, so that what is served, compiled and tested is one document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import yaml

from mockserver.contract.errors import SpecificationError
from mockserver.contract.schemas import Validator

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
COMPONENT = re.compile(r"^/components/(?P<section>[A-Za-z]+)/(?P<name>[^/]+)$")


class YamlLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as OpenAPI means it: a time stamp is a string."""


YamlLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in YamlLoader.yaml_implicit_resolvers.items()
}


def read_yaml(file: Traversable) -> Any:
    """Parse one YAML file; a file that is missing or broken is a :class:`SpecificationError` with its name."""
    try:
        return yaml.load(file.read_bytes(), Loader=YamlLoader)
    except FileNotFoundError as error:
        raise SpecificationError(f"{file} does not exist.") from error
    except yaml.YAMLError as error:
        raise SpecificationError(f"{file} is not valid YAML: {error}") from error


@dataclass(frozen=True)
class OperationSource:
    """One operation as written: where it stands and its object."""

    method: str
    path: str
    definition: dict[str, Any]
    parameters: list[dict[str, Any]]

    @property
    def id(self) -> str:
        """The ``operationId``."""
        return str(self.definition["operationId"])

    @property
    def title(self) -> str:
        """The operation as the rule catalogue writes it: ``POST report/{service}/start``."""
        return f"{self.method.upper()} {self.path.lstrip('/') or '/'}"


@dataclass(eq=False)
class Specification:
    """One bundled OpenAPI document.

    :ivar name: file name without its suffix, such as ``websale-report``.
    :ivar document: the document; every ``$ref`` in it points into itself.
    """

    name: str
    document: dict[str, Any]
    _inlined: dict[str, Any] = field(default_factory=dict, repr=False)
    _validators: dict[int, tuple[Any, Validator]] = field(default_factory=dict, repr=False)

    @property
    def base_path(self) -> str:
        """Path of the first server, without a trailing slash: ``/admin/api/v1``, or empty for the root."""
        url: str = self.document["servers"][0]["url"]
        return urlsplit(url).path.rstrip("/")

    def operations(self) -> Iterator[OperationSource]:
        """Yield every operation, in the order of the document."""
        for path, item in self.document["paths"].items():
            shared = item.get("parameters", [])
            for method in item:
                if method in METHODS:
                    definition = item[method]
                    parameters = [self.resolve(p) for p in (*shared, *definition.get("parameters", []))]
                    yield OperationSource(method, path, definition, parameters)

    def resolve(self, node: Any) -> Any:
        """Follow ``$ref`` at this node (not below it)."""
        while isinstance(node, dict) and "$ref" in node:
            node = self._at(node["$ref"])
        return node

    def inline(self, node: Any, _open: tuple[str, ...] = ()) -> Any:
        """Return the node with every ``$ref`` below it replaced by what it points to."""
        if isinstance(node, dict):
            if (ref := node.get("$ref")) is not None:
                if ref in _open:
                    raise SpecificationError(f"{self.name}: {ref} contains itself.")
                if ref not in self._inlined:
                    self._inlined[ref] = self.inline(self._at(ref), (*_open, ref))
                return self._inlined[ref]
            return {key: self.inline(value, _open) for key, value in node.items()}
        if isinstance(node, list):
            return [self.inline(item, _open) for item in node]
        return node

    def validator(self, schema: Any) -> Validator:
        """Return the validator of a schema; of one that is referred to many times there is one alone."""
        inlined = self.inline(schema)
        if id(inlined) not in self._validators:
            self._validators[id(inlined)] = inlined, Validator(inlined)
        return self._validators[id(inlined)][1]

    def _at(self, ref: str) -> Any:
        node: Any = self.document
        for part in ref.removeprefix("#/").split("/"):
            try:
                node = node[part.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError) as error:
                raise SpecificationError(f"{self.name}: {ref} points nowhere.") from error
        return node


class _Bundler:
    """Copy what other files define into the components of the document that refers to it."""

    def __init__(self, folder: Traversable, name: str, files: dict[str, Any]) -> None:
        self.folder = folder
        self.entry = f"{name}.yaml"
        self.files = files
        self.origins: dict[tuple[str, str], str] = {}
        self.components: dict[str, dict[str, Any]] = {}

    def bundle(self) -> dict[str, Any]:
        document = self._file(self.entry)
        self.components = {
            section: dict.fromkeys(members) for section, members in document.get("components", {}).items()
        }
        own = document.get("components", {})
        result = {
            key: self._copy(value, self.entry) for key, value in document.items() if key != "components"
        }
        for section, members in own.items():
            for name, member in members.items():
                self.components[section][name] = self._member(section, name, member)
        if self.components:
            result["components"] = self.components
        return result

    def _member(self, section: str, name: str, member: Any) -> Any:
        """Copy a component of the entry file; one that only points to another file's becomes that one."""
        ref = member.get("$ref", "")
        target, _, pointer = ref.partition("#")
        if not target or pointer != f"/components/{section}/{name}":
            return self._copy(member, self.entry)
        target = _join(self.entry, target)
        self.origins[section, name] = target
        return self._copy(self._component(target, section, name, ref), target)

    def _component(self, file: str, section: str, name: str, ref: str) -> Any:
        try:
            return self._file(file)["components"][section][name]
        except (KeyError, TypeError) as error:
            raise SpecificationError(f"{self.entry}: {ref} points nowhere.") from error

    def _file(self, name: str) -> Any:
        if name not in self.files:
            file = self.folder
            for part in PurePosixPath(name).parts:
                file = file / part
            self.files[name] = read_yaml(file)
        return self.files[name]

    def _copy(self, node: Any, file: str) -> Any:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                return {"$ref": self._adopt(node["$ref"], file)}
            return {str(key): self._copy(value, file) for key, value in node.items()}
        if isinstance(node, list):
            return [self._copy(item, file) for item in node]
        return node

    def _adopt(self, ref: str, file: str) -> str:
        """Make sure that the referenced component is part of the bundle and return its place there."""
        target, _, pointer = ref.partition("#")
        target = _join(file, target) if target else file
        match = COMPONENT.match(pointer)
        if match is None:
            raise SpecificationError(f"{file}: {ref} does not point to a component.")
        section, name = match["section"], match["name"]
        if target != self.entry and self.origins.get((section, name)) != target:
            if name in self.components.get(section, {}):
                raise SpecificationError(f"{file}: {ref} meets another component of the same name.")
            member = self._component(target, section, name, ref)
            self.origins[section, name] = target
            self.components.setdefault(section, {})[name] = None
            self.components[section][name] = self._copy(member, target)
        return f"#/components/{section}/{name}"


def _join(file: str, relative: str) -> str:
    """Resolve a reference's file part against the file that holds it, both relative to ``openapi/``."""
    parts: list[str] = []
    for part in (*PurePosixPath(file).parent.parts, *PurePosixPath(relative).parts):
        if part == "..":
            if not parts:
                raise SpecificationError(f"{file}: {relative} leaves the folder of the specifications.")
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def load_specification(folder: Traversable, name: str, files: dict[str, Any] | None = None) -> Specification:
    """Read ``<name>.yaml`` in ``folder`` and bundle it.

    :param files: what was parsed already, by name; files that are read are added. Who loads several specifications
        gives the same to all, so that what they share is parsed once.
    """
    return Specification(name, _Bundler(folder, name, {} if files is None else files).bundle())
