"""Foxy's own SDK, from npm, against the running server: the guide's program, and what else it relies on."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningServer, run_server

CHECKOUT = Path(__file__).parent.parent.parent
GUIDE = CHECKOUT / "docs" / "guides" / "foxy-sdk.md"
PROGRAM = Path(__file__).with_name("foxy-sdk.mjs")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with run_server(tmp_path_factory.mktemp("foxy"), "--clock", "frozen", "--no-access-log") as running:
        yield running


def run_node(program: Path, server: RunningServer) -> str:
    result = subprocess.run(
        ["node", str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env=os.environ | {"MOCKSERVER_URL": server.url},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_guides_program_prints_what_the_guide_says(server: RunningServer) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    program = CHECKOUT / "node_modules" / ".foxy-sdk-guide.mjs"
    program.write_text("\n".join(re.findall(r"```js\n(.*?)```", text, re.DOTALL)), encoding="utf-8")
    expected = re.findall(r"```text\n(.*?)```", text, re.DOTALL)[-1]
    assert run_node(program, server) == expected


def test_the_sdk_pages_filters_orders_and_recovers(server: RunningServer) -> None:
    assert run_node(PROGRAM, server).splitlines()[-1] == "all steps passed"
