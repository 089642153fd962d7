"""The Playwright example, run with npm's Playwright in Chromium against the running server."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.running import run_server

CHECKOUT = Path(__file__).parent.parent.parent
EXAMPLE = CHECKOUT / "examples" / "playwright"
GUIDE = CHECKOUT / "docs" / "guides" / "playwright.md"
BLOCK = re.compile(r"^```ts (?P<file>\S+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
FAILING = Path(__file__).parent / "playwright"


def run_playwright(folder: Path, output: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder; the servers that its configuration starts are those of this environment."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["npx", "playwright", "test", "--config", str(folder), "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env=os.environ | {"PATH": path, "CI": "true"} | env,
    )


def test_the_guide_shows_the_example_as_it_is() -> None:
    blocks = list(BLOCK.finditer(GUIDE.read_text(encoding="utf-8")))
    assert len(blocks) > 5
    for block in blocks:
        assert block["code"] in (EXAMPLE / block["file"]).read_text(encoding="utf-8")


def test_the_example_passes(tmp_path: Path) -> None:
    result = run_playwright(EXAMPLE, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert " passed" in result.stdout


def test_a_failing_test_reports_its_journal_and_leaves_no_world(tmp_path: Path) -> None:
    with run_server(tmp_path) as server:
        result = run_playwright(FAILING, tmp_path / "output", MOCKSERVER_URL=server.url)
        with urlopen(f"{server.url}/_mock/worlds") as answer:
            worlds = [world["name"] for world in json.load(answer)["worlds"]]
    assert result.returncode == 1, result.stdout + result.stderr
    report = json.loads(result.stdout)
    assert (report["stats"]["unexpected"], report["stats"]["expected"]) == (1, 0)
    (run,) = report["suites"][0]["specs"][0]["tests"][0]["results"]
    (journal,) = (each for each in run["attachments"] if each["name"] == "mock world")
    text = base64.b64decode(journal["body"]).decode()
    assert "GET /admin/api/v1/report/order/status?from=page 401 REP-STATUS-401: " in text
    assert worlds == ["default"]
