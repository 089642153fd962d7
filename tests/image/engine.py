"""Images and containers without a container engine: buildah, and what Linux has anyway."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCKED_DOWN = Path(__file__).with_name("locked_down.sh")
PATIENCE = 60
"""Seconds after which something is taken to hang."""

Execute = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


class Storage:
    """Images and containers of buildah in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        configuration = folder / "storage.conf"
        configuration.write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
        )
        self.environment = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(configuration),
            "TMPDIR": str(folder),
        }

    def command(self, *arguments: str) -> list[str]:
        return ["buildah", "--storage-driver", "vfs", *arguments]

    def __call__(self, *arguments: str) -> str:
        """Run buildah and return what it prints."""
        return self.run(self.command(*arguments))

    def run(self, command: Sequence[str | Path], **environment: str) -> str:
        """Run a command that uses this storage and return what it prints."""
        run = subprocess.run(
            command, env={**self.environment, **environment}, stdout=subprocess.PIPE, text=True, check=True
        )
        return run.stdout.strip()

    def image(self, name: str) -> Image:
        return Image(json.loads(self("inspect", "--type", "image", name)))


class Image:
    """What an image says of itself."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.config: dict[str, Any] = facts["Docker"]["config"]
        self.layers: list[str] = facts["Docker"]["rootfs"]["diff_ids"]
        self._sizes = [layer["size"] for layer in json.loads(facts["Manifest"])["layers"]]

    def size_above(self, base: Image) -> int:
        """Return the bytes of the layers that the base does not have, uncompressed."""
        shared = len(base.layers)
        assert self.layers[:shared] == base.layers
        return sum(self._sizes[shared:])

    @property
    def health_check(self) -> list[str]:
        kind, *command = self.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return command

    @property
    def start_command(self) -> list[str]:
        return [*self.config["Entrypoint"], *self.config["Cmd"]]


@dataclass
class Running:
    """A container with a server.

    :ivar process: what has started it, and ends as it ends.
    :ivar execute: runs another command in the container.
    """

    process: subprocess.Popen[bytes]
    url: str
    execute: Execute
    started: float

    def wait_until_healthy(self, check: Sequence[str]) -> float:
        """Run the health check again and again, and return the seconds since the start."""
        while (last := self.execute(check)).returncode != 0:
            assert self.process.poll() is None, "The server has ended."
            assert time.monotonic() < self.started + PATIENCE, last.stderr
        return time.monotonic() - self.started

    def server(self) -> int:
        """Return the process ID of the server, the last descendant of what has started it."""
        return last_descendant(self.process.pid)

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM to the server, and return its exit code and the seconds that it took."""
        handle = os.pidfd_open(self.server())
        try:
            before = time.monotonic()
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            ended, _, _ = select.select([handle], [], [], PATIENCE)
            seconds = time.monotonic() - before
        finally:
            os.close(handle)
        assert ended, "The server does not hear SIGTERM."
        return self.process.wait(PATIENCE), seconds


def last_descendant(pid: int) -> int:
    """Return the process at the end of a line of parents with one child each."""
    listing = subprocess.run(["ps", "-e", "-o", "ppid=,pid="], stdout=subprocess.PIPE, text=True, check=True)
    children = {int(parent): int(child) for parent, child in map(str.split, listing.stdout.splitlines())}
    while pid in children:
        pid = children[pid]
    return pid


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@contextmanager
def run_as_it_is(storage: Storage, name: str, *options: str, **settings: str) -> Iterator[Running]:
    """Run an image with chroot isolation, as its own user; its server listens on a port of this machine."""
    container = storage("from", "--pull-never", name)
    port = free_port()
    for key, value in {"MOCKSERVER_PORT": str(port), **settings}.items():
        options += ("--env", f"{key}={value}")

    def run(command: Sequence[str]) -> list[str]:
        return storage.command("run", "--isolation", "chroot", *options, container, "--", *command)

    def execute(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            run(command), env=storage.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    with _started(run(storage.image(name).start_command), storage.environment, port, execute) as running:
        yield running


@contextmanager
def run_locked_down(storage: Storage, name: str, user: int, **settings: str) -> Iterator[Running]:
    """Run an image as a process 1 with any user ID, a read-only root, no privilege, and no shell."""
    root = storage("mount", storage("from", "--pull-never", name))
    port = free_port()
    image = storage.image(name)
    environment = dict(variable.split("=", 1) for variable in image.config["Env"])
    environment |= {"MOCKSERVER_PORT": str(port), **settings}
    outside = {"PATH": os.environ["PATH"]}
    start = ["unshare", "--mount", LOCKED_DOWN, root, str(user), "env", "-i"]
    start += [f"{key}={value}" for key, value in environment.items()]

    def execute(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        target = last_descendant(running.process.pid)
        enter = ["nsenter", "--target", str(target), "--mount", "--pid", "--root", "--wd"]
        enter += ["--setuid", str(user), "--setgid", str(user)]
        return subprocess.run([*enter, *command], env=environment, capture_output=True, text=True)

    with _started([*start, *image.start_command], outside, port, execute) as running:
        yield running


@contextmanager
def _started(
    command: Sequence[str | Path], environment: Mapping[str, str], port: int, execute: Execute
) -> Iterator[Running]:
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    running = Running(process, f"http://127.0.0.1:{port}", execute, started)
    try:
        yield running
    finally:
        if process.poll() is None:
            running.stop()
