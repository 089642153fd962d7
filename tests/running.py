"""A real server process for tests that need one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOCKSERVER = (sys.executable, "-m", "mockserver")

NOW = "2026-03-02T12:10:00Z"
"""Time at which worlds of tests begin: far from a full hour, when feeds are built by themselves."""


@dataclass
class RunningServer:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]
    banner: str


@contextmanager
def run_server(
    tmp_path: Path, *options: str, command: Sequence[str] = MOCKSERVER, **given: Any
) -> Iterator[RunningServer]:
    """Start ``mockserver serve`` on a free port, wait until it answers, and end it afterwards.

    Its worlds begin at ``NOW``, unless the options say something else. ``given`` goes to ``subprocess.Popen``.
    """
    ready = tmp_path / "ready"
    started = [*command, "serve", "--port", "0", "--ready-file", str(ready), *options]
    given["env"] = {"MOCKSERVER_NOW": NOW, **given.get("env", os.environ)}
    process = subprocess.Popen(started, stderr=subprocess.PIPE, text=True, **given)
    assert process.stderr is not None
    try:
        # The banner is written once requests are answered; the ready file stands before it.
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "first call" in line:
                break
        else:
            raise AssertionError("The server did not start:\n" + "".join(lines))
        yield RunningServer(ready.read_text(encoding="utf-8").strip(), process, "".join(lines))
    finally:
        if process.returncode is None:
            process.terminate()
            process.communicate(timeout=10)
        process.stderr.close()
