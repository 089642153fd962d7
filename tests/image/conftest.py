"""The image as `tools/image/build.sh` builds it with buildah, on a base of Debian's packages."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.image.engine import Image, Storage

CHECKOUT = Path(__file__).resolve().parent.parent.parent
TOOLS = CHECKOUT / "tools" / "image"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "commerce-mockserver"
BASE = "localhost/commerce-mockserver-base"
NAME = "localhost/commerce-mockserver"

Figures = dict[str, str]


@dataclass(frozen=True)
class Built:
    """The image, and the base that it stands on."""

    storage: Storage
    name: str
    image: Image
    base: Image


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """What has been measured; the end of the run prints it."""
    return pytestconfig.stash.setdefault(FIGURES, {})


FIGURES = pytest.StashKey[Figures]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if found := config.stash.get(FIGURES, None):
        terminalreporter.section("image")
        for what, value in found.items():
            terminalreporter.write_line(f"{what:26}{value}")


@pytest.fixture(scope="session")
def built(figures: Figures) -> Iterator[Built]:
    """Build the image in a storage that is thrown away afterwards."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="storage.") as folder:
        storage = Storage(Path(folder))
        try:
            yield build(storage, Path(folder), figures)
        finally:
            storage("rm", "--all")


def build(storage: Storage, folder: Path, figures: Figures) -> Built:
    before = time.monotonic()
    storage.run([TOOLS / "base.sh"], BASE_IMAGE=BASE)
    figures["seconds for the base"] = f"{time.monotonic() - before:.1f}"

    before = time.monotonic()
    wheels = folder / "wheels"
    fetch_wheels(wheels)
    # Stages see nothing of how this machine's pip is set up, and need not: all they take is in a folder.
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /mnt\n")
    options = ["--secret", f"id=pip.conf,src={folder}/pip.conf", "--volume", f"{wheels}:/mnt:ro"]
    storage.run([TOOLS / "build.sh", *options], ENGINE="buildah", IMAGE=NAME, BASE_IMAGE=BASE)
    figures["seconds for the image"] = f"{time.monotonic() - before:.1f}"

    built = Built(storage, NAME, storage.image(NAME), storage.image(BASE))
    figures["megabytes above the base"] = f"{built.image.size_above(built.base) / 1e6:.1f}"
    return built


def fetch_wheels(folder: Path) -> None:
    """Fetch what the image installs, for the base's Python."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--quiet", "--dest", str(folder)]
    command += ["--python-version", "3.11", "--only-binary", ":all:"]
    subprocess.run([*command, "--constraint", str(CHECKOUT / "constraints.txt"), *wanted], check=True)
