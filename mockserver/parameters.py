"""The types of options: how their values are read from the command line, and completed by a shell."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from mockserver.resources import shipped

MOST_RECORDS = 100_000_000
"""Most records that a service can be given, here as in fixtures."""


class RecordCount(click.ParamType[tuple[str, int]]):
    """``service=count``: how many records a service has."""

    name = "service=count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Read one pair."""
        if isinstance(value, tuple):
            return value
        service, _, count = str(value).partition("=")
        if not service or not (count.isascii() and count.isdigit()):
            self.fail(f"{value!r} is not like order=1000000.", param, ctx)
        if len(count) > len(str(MOST_RECORDS)) or int(count) > MOST_RECORDS:
            self.fail(f"{value!r} is too many; at most {MOST_RECORDS} are possible.", param, ctx)
        return service, int(count)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the services, each with the number of records that it has anyway."""
        services = _read(shipped("fixtures") / "services.yaml")
        offers = (f"{name}={service['count']}" for name, service in services.items())
        return [CompletionItem(offer) for offer in offers if offer.startswith(incomplete)]


class PositiveNumber(click.FloatRange):
    """A number above 0, up to a largest one; ``nan`` is within no range."""

    def __init__(self, most: float) -> None:
        super().__init__(min=0, min_open=True, max=most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read one number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


class ScenarioName(click.ParamType[str]):
    """The name of a scenario; whether there is one is known when all files were read."""

    name = "scenario"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the server's scenarios and those of the folders that the command line names."""
        found: dict[str, str] = {}
        for file in _scenario_files(ctx):
            stem, _, suffix = file.name.rpartition(".")
            if suffix in ("yaml", "yml") and stem.startswith(incomplete):
                found[stem] = _read(file).get("description", "")
        return [CompletionItem(name, help=found[name]) for name in sorted(found)]


class BaseUrl(click.ParamType[str]):
    """A base URL: scheme and host, perhaps a port and a path.

    :param required: whether the empty text is refused, too, which stands for none.
    """

    name = "url"

    def __init__(self, *, required: bool = False) -> None:
        self.required = required

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read a URL; a slash at its end is left out."""
        text = str(value)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not text and not self.required:
            return text
        if not usable or parts.query or parts.fragment or any(char.isspace() for char in text):
            self.fail(f"{text!r} is no base URL; something like http://shop.test:8080 is.", param, ctx)
        return text.rstrip("/")


class Origin(click.ParamType[str]):
    """What browsers send as ``Origin``: scheme and host, perhaps a port; or ``null``.

    :param wildcard: what stands for every origin, where that can be given.
    """

    name = "origin"
    FORM = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
    DEFAULTS: Mapping[str, str] = {"http": ":80", "https": ":443"}

    def __init__(self, wildcard: str | None = None) -> None:
        self.wildcard = wildcard

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read an origin; write it as browsers do: in small letters, without the port that its scheme has anyway."""
        origin = str(value).lower().removesuffix("/")
        match = self.FORM.fullmatch(origin)
        if value not in ("null", self.wildcard) and (match is None or int(match["port"] or 1) > 65535):
            self.fail(f"{value!r} is no origin; something like http://localhost:3000 is.", param, ctx)
        return origin.removesuffix(self.DEFAULTS.get(origin.partition(":")[0], ""))


class OutputFile(click.File):
    """A file that is written when all is done, or ``-``; what cannot be written is said before."""

    def __init__(self) -> None:
        super().__init__("w", encoding="utf-8", lazy=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a file that could not be written."""
        if value != "-":
            file = Path(value)
            if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
                self.fail(f"{value!r} cannot be written.", param, ctx)
        return super().convert(value, param, ctx)


class Folder(click.Path):
    """A folder that is read; whether it is there is said when it is."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)
        self.name = "folder"


class ReadyFile(click.Path):
    """A file that can be written, or ``-``."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a file in a folder that is not there."""
        if value not in ("", "-") and not Path(value).parent.is_dir():
            self.fail(f"There is no folder {str(Path(value).parent)!r}.", param, ctx)
        return super().convert(value, param, ctx) if value else ""


def _scenario_files(ctx: click.Context) -> Iterator[Traversable]:
    folders: list[Traversable] = [shipped("fixtures") / "scenarios"]
    if ctx.params.get("fixtures"):
        folders.append(Path(ctx.params["fixtures"]) / "scenarios")
    if ctx.params.get("scenarios"):
        folders.append(Path(ctx.params["scenarios"]))
    for folder in folders:
        if folder.is_dir():
            yield from folder.iterdir()


def _read(file: Traversable) -> dict[str, Any]:
    """Read a YAML file as far as it can be read: nobody wants to see an error while completing a word."""
    import yaml

    try:
        content = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError):
        content = None
    return content if isinstance(content, dict) else {}
