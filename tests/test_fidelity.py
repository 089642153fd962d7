"""Every rule of the catalogue has a test, every test a rule that exists, and the page about them is up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_every_rule_has_a_test_and_the_page_is_up_to_date() -> None:
    command = [sys.executable, "-m", "tests.fidelity", "--check"]
    checkout = Path(__file__).parent.parent
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=checkout)
    assert result.returncode == 0, result.stdout + result.stderr
