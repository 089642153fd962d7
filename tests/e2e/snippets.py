"""Run the console sessions of the documentation: ``$ command`` lines, each followed by what it prints.

``python -m tests.e2e.snippets README.md …`` writes the real output into the pages; ``test_snippets.py`` compares.

Every page gets a server of its own with a frozen clock, and with other options where it says ``mockserver serve``, in a
folder that looks like the checkout. Pages say 8080; the port of the run stands in for it. A tutorial gets an empty
folder with this checkout beside it instead, and the files that it tells its readers to write.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import run_server
from tools.docs.markdown import FENCE

CHECKOUT = Path(__file__).parent.parent.parent
TUTORIALS = CHECKOUT / "docs" / "tutorial"
PROJECT = "commerce-mockserver"
MASKS = {
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"): "<time>",
    re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"): "<date>",
    re.compile(r'(?<="milliseconds":)[ ]?[\d.]+'): "<duration>",
    re.compile(r"(?<=curl/)[\w.]+"): "<version>",
    re.compile(r"(?<=in )\d+\.\d\ds"): "<duration>",
    re.compile(r"\.[0-9a-f]{12} at http://127\.0\.0\.1:\d+"): " at <server>",
}
SERVE = "mockserver serve"
START = re.compile(rf"{SERVE}|make ")
"""Commands that are not run: what they start runs already, or takes minutes."""
PORT = "8080"
FOREIGN = re.compile(
    r"PYTEST_|MOCKSERVER_|PYTHON|COV_|(CI|BUILD_NUMBER|COLUMNS|LINES|(NO|FORCE)_COLOR|PY_COLORS)$"
)
"""Variables of the tests' own process, and those by which programs write differently for a CI server or a terminal."""

INSTALLING = {"PIP_CONSTRAINT": str(CHECKOUT / "constraints.txt"), "PIP_QUIET": "2"}
"""A tutorial's reader gets the newest of everything; its test gets what all tests get."""


@dataclass
class Step:
    """One command with the output that stands below it."""

    command: str
    output: str


@dataclass
class Shell:
    """Where commands are run: a folder, which ``cd`` changes, and the port that stands for the pages' one.

    ``serve`` replaces the page's server by one with other options, and returns its port.
    """

    folder: Path
    port: str = PORT
    environment: dict[str, str] = field(default_factory=dict)
    serve: Callable[..., str] = lambda *_: PORT

    def run(self, command: str) -> str:
        """Run one command and return what it prints, with the page's port."""
        with tempfile.NamedTemporaryFile() as place:
            script = f"{command.replace(PORT, self.port)}\npwd > {place.name}"
            result = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                capture_output=True,
                text=True,
                check=False,
                cwd=self.folder,
                env=self.environment | {"LC_ALL": "C.UTF-8"},
            )
            self.folder = Path(Path(place.name).read_text(encoding="utf-8").strip() or self.folder)
        text = (result.stdout + result.stderr).replace(self.port, PORT).replace("\r\n", "\n")
        return text if not text or text.endswith("\n") else text + "\n"


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


def comparable(text: str) -> str:
    """Mask what differs from run to run and from machine to machine: times, durations, the version of curl."""
    for pattern, mask in MASKS.items():
        text = pattern.sub(mask, text)
    return text.strip()


@contextmanager
def shell_for(page: Path) -> Iterator[Shell]:
    """Give the shell in which the page's commands are run."""
    with tempfile.TemporaryDirectory() as folder:
        if page.is_relative_to(TUTORIALS):
            (Path(folder) / PROJECT).symlink_to(CHECKOUT)
            environment = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
            yield Shell(Path(folder), environment=environment | INSTALLING)
            return
        work = Path(folder) / PROJECT
        work.mkdir()
        for entry in CHECKOUT.iterdir():
            (work / entry.name).symlink_to(entry)
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        with ExitStack() as running:

            def serve(*options: str) -> str:
                running.close()
                frozen = run_server(Path(folder), "--clock", "frozen", "--no-access-log", *options, cwd=work)
                return running.enter_context(frozen).url.rpartition(":")[2]

            yield Shell(work, serve(), {"PATH": path}, serve)


def play(page: Path) -> Iterator[tuple[Step, str]]:
    """Run a page's commands in order; yield each with what it really printed."""
    with shell_for(page) as shell:
        for block in FENCE.finditer(page.read_text(encoding="utf-8")):
            language, _, name = block["info"].partition(" ")
            if name and page.is_relative_to(TUTORIALS):
                (shell.folder / name).write_text(block["body"], encoding="utf-8")
            if language == "console":
                for step in steps(block["body"]):
                    if step.command.startswith(SERVE):
                        shell.port = shell.serve(*shlex.split(step.command.removeprefix(SERVE)))
                    yield step, step.output if START.match(step.command) else shell.run(step.command)


def rewrite(page: Path) -> None:
    """Write the real output into a page."""
    played = list(play(page))

    def fill(block: re.Match[str]) -> str:
        if block["info"] != "console":
            return block[0]
        body = ""
        for _ in steps(block["body"]):
            step, output = played.pop(0)
            body += f"$ {step.command}{output}"
        start, end = (place - block.start() for place in block.span("body"))
        return block[0][:start] + body + block[0][end:]

    page.write_text(FENCE.sub(fill, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name).resolve())
