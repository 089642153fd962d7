"""What is in the image, and what it says of itself."""

from __future__ import annotations

import re
from pathlib import Path

from mockserver import __version__
from tests.image.conftest import CHECKOUT, Built

MEGABYTE = 1_000_000


def test_the_image_is_at_most_150_megabytes_above_its_base(built: Built) -> None:
    assert 50 * MEGABYTE < built.image.size_above(built.base) <= 150 * MEGABYTE


def test_its_user_is_a_number_and_not_root(built: Built) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", built.image.config["User"])


def test_it_starts_and_is_checked_without_a_shell(built: Built) -> None:
    assert built.image.start_command == ["mockserver", "serve"]
    assert built.image.health_check == ["mockserver", "health"]


def test_it_listens_on_all_addresses_and_says_on_which_port(built: Built) -> None:
    assert "MOCKSERVER_HOST=0.0.0.0" in built.image.config["Env"]
    assert list(built.image.config["ExposedPorts"]) == ["8080/tcp"]


def test_its_labels_say_what_it_is(built: Built) -> None:
    labels = built.image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "commerce-mockserver"
    assert labels["org.opencontainers.image.version"] == __version__
    assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])


def test_what_is_installed_is_what_the_constraints_say(built: Built) -> None:
    root = Path(built.storage("mount", built.storage("from", "--pull-never", built.name)))
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normal(name): version for name, _, version in (line.partition("==") for line in lines)}
    found = dict(
        folder.stem.rsplit("-", 1)
        for folder in root.glob("opt/mockserver/lib/python3*/site-packages/*.dist-info")
    )
    installed = {normal(name): version for name, version in found.items()}
    assert installed.pop("commerce-mockserver") == __version__
    assert installed == {name: pinned[name] for name in installed}
    assert "connexion" in installed
    assert "pip" not in installed
    assert "schemathesis" not in installed


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
