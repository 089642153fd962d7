"""Start servers on free ports of 127.0.0.1, look at their memory, and end them: these and no others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from benchmarks.client import Client
from benchmarks.outcome import BenchmarkError

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
TOKEN = {"X-Authorization": "Bearer admin-token"}
API = "/admin/api/v1"
STATUS = f"{API}/report/order/status"
PATIENCE = 60.0
"""Seconds within which a server has to answer."""
TICKS = os.sysconf("SC_CLK_TCK")
GRACE = 5.0
"""Seconds that a server gets to end after SIGTERM."""


class StartError(BenchmarkError):
    """Raised when a server ends, or says nothing, before it has answered once."""


@dataclass(frozen=True)
class Recipe:
    """How to start a server, and what to ask it.

    :ivar name: what the tables call it.
    :ivar command: the command line for a port.
    :ivar path: the report status, as this server serves it.
    :ivar ready: the path that is asked until something answers.
    :ivar validates: what it checks of each exchange: ``request, response``, or less.
    :ivar prepare: brings the running server to the point where ``path`` answers an export's state.
    :ivar environment: variables on top of the benchmark's own.
    :ivar folder: its working folder; some servers leave files there.
    :ivar log: where standard output and error go; by default to a file in the scratch folder.
    """

    name: str
    command: Callable[[int], list[str]]
    path: str = STATUS
    ready: str = "/"
    validates: str = ""
    prepare: Callable[[Client], None] = lambda client: None
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    log: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory, in bytes, of a server and the processes that it started: now, and at its highest."""

    resident: int
    peak: int


@dataclass
class Server:
    """A running server.

    :ivar seconds_to_ready: from the start of its process to its first answer.
    """

    recipe: Recipe
    process: subprocess.Popen[bytes]
    port: int
    seconds_to_ready: float = 0.0

    @property
    def address(self) -> str:
        """Base URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """URL of the report status."""
        return self.address + self.recipe.path

    def client(self, *, timeout: float = 60) -> Client:
        """Open a connection to it, on which an answer may take so many seconds."""
        return Client(HOST, self.port, timeout=timeout)

    def memory(self) -> Memory:
        """Read its resident memory from /proc."""
        sizes = [_status(pid) for pid in _family(self.process.pid)]
        return Memory(sum(size.resident for size in sizes), sum(size.peak for size in sizes))

    def cpu_seconds(self) -> float:
        """Read how long its processes have kept processors busy."""
        return sum(_busy(pid) for pid in _family(self.process.pid))

    def forget_peak(self) -> None:
        """Let ``memory().peak`` start again from what is resident now."""
        for pid in _family(self.process.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def own(
    name: str = "this server", *, records: Mapping[str, int] | None = None, access_log: bool = False
) -> Recipe:
    """Return the recipe of the server that this project is; the access log, when on, goes to /dev/null."""
    options = ["--no-banner", "--access-log" if access_log else "--no-access-log"]
    for service, number in (records or {}).items():
        options += ["--records", f"{service}={number}"]
    return Recipe(
        name,
        lambda port: [
            sys.executable,
            "-m",
            "mockserver",
            "serve",
            "--host",
            HOST,
            "--port",
            str(port),
            *options,
        ],
        ready="/_mock/health",
        validates="request, response",
        prepare=start_long_export,
        log=os.devnull if access_log else "",
    )


def start_long_export(client: Client, service: str = "order", world: str = "default") -> None:
    """Start an export that runs for a day, so that each poll has a progress to compute."""
    choose_day_long(client, world)
    client.json("POST", f"{API}/report/{service}/start", headers={**TOKEN, "X-Mock-World": world})


def choose_day_long(client: Client, world: str = "default") -> None:
    """Make every export of a world run for a day."""
    profile = {"kind": "steady", "startingSeconds": 0.0, "durationSeconds": 86_400.0}
    client.json("PUT", "/_mock/profiles/report/*", body=profile, headers={"X-Mock-World": world})


@contextmanager
def running(recipe: Recipe, scratch: Path) -> Iterator[Server]:
    """Start a server, wait until it answers, prepare it, and end it when the block ends."""
    port = _free_port()
    log = (
        Path(recipe.log)
        if recipe.log
        else scratch / f"{recipe.name.replace(' ', '-').replace('/', '-')}-{port}.log"
    )
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            recipe.command(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=recipe.folder,
            env={**os.environ, **recipe.environment},
        )
    server = Server(recipe, process, port)
    try:
        _await_answer(server, log)
        server.seconds_to_ready = time.perf_counter() - began
        with server.client() as client:
            recipe.prepare(client)
        yield server
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _await_answer(server: Server, log: Path) -> None:
    """Ask for the recipe's ``ready`` path until there is an answer, whatever its status."""
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        if server.process.poll() is not None:
            raise StartError(f"{server.recipe.name} ended with {server.process.returncode}.\n{_tail(log)}")
        with suppress(OSError, HTTPException), server.client() as client:
            client.status("GET", server.recipe.ready)
            return
        time.sleep(0.005)
    raise StartError(f"{server.recipe.name} did not answer within {PATIENCE:g} seconds.\n{_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join(lines[-15:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    family = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            family += _family(int(child))
    return family


def _status(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {
        key: int(value.split()[0]) * 1024
        for key, _, value in (line.partition(":") for line in lines)
        if key[:2] == "Vm"
    }
    return Memory(sizes["VmRSS"], sizes["VmHWM"])


def _busy(pid: int) -> float:
    """Return user and system time; the command's name, in brackets, may have spaces."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
