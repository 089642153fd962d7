"""Run the console sessions of the documentation: ``$ command`` lines, each followed by what it prints.

``python -m tests.e2e.snippets README.md …`` writes the real output into the pages; ``test_snippets.py`` compares.
Every page gets a server of its own with a frozen clock. Pages say 8080; the port of the run stands in for it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running import run_server

CHECKOUT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"(?P<head>^ *```console\n)(?P<body>.*?)(?P<tail>^ *```$)", re.MULTILINE | re.DOTALL)
MASKS = {
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"): "<time>",
    re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"): "<date>",
    re.compile(r'(?<="milliseconds":)[ ]?[\d.]+'): "<duration>",
    re.compile(r"(?<=curl/)[\w.]+"): "<version>",
}
START = re.compile(r"mockserver serve|make ")
PORT = "8080"


@dataclass
class Step:
    """One command with the output that stands below it."""

    command: str
    output: str


def steps(body: str) -> Iterator[Step]:
    """Take a console block apart."""
    step: Step | None = None
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(line[2:], "")
        elif step is not None and step.command.endswith("\\\n"):
            step.command += line.removeprefix("> ")
        elif step is not None:
            step.output += line
    if step is not None:
        yield step


def pages() -> list[Path]:
    """Return every page that has console sessions."""
    found = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
    return [page for page in found if "```console" in page.read_text(encoding="utf-8")]


def run(command: str, port: str) -> str:
    """Run one command in a shell and return what it prints, with the page's port."""
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace(PORT, port)],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    text = (result.stdout + result.stderr).replace(port, PORT).replace("\r\n", "\n")
    return text if not text or text.endswith("\n") else text + "\n"


def comparable(text: str) -> str:
    """Mask what differs from run to run and from machine to machine: times, durations, the version of curl."""
    for pattern, mask in MASKS.items():
        text = pattern.sub(mask, text)
    return text.strip()


def play(page: Path) -> Iterator[tuple[Step, str]]:
    """Run a page's commands in order; yield each with what it really printed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server(Path(folder), "--clock", "frozen", "--no-access-log") as server,
    ):
        port = server.url.rpartition(":")[2]
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            for step in steps(block["body"]):
                yield step, step.output if START.match(step.command) else run(step.command, port)


def rewrite(page: Path) -> None:
    """Write the real output into a page."""
    played = list(play(page))

    def fill(block: re.Match[str]) -> str:
        body = ""
        for _ in steps(block["body"]):
            step, output = played.pop(0)
            body += f"$ {step.command}{output}"
        return block["head"] + body + block["tail"]

    page.write_text(BLOCK.sub(fill, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name))
