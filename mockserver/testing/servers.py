"""Run a mock server for tests: in a thread of this process, or in a process of its own."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from mockserver.testing.client import Client
from mockserver.testing.errors import StartFailed

if TYPE_CHECKING:
    from mockserver.serving import Application
    from mockserver.settings import Settings

START_SECONDS = 30.0
"""How long a server may take to come up. It takes about a second; this is for machines that are very busy."""

STOP_SECONDS = 10.0


class ServerThread:
    """Run the server in a thread of this process, on a free port of the loopback interface.

    A context manager; ``start`` and ``stop`` do the same. The thread has an event loop of its own, so that tests
    that block theirs do not block the server.

    :param settings: as ``mockserver serve`` takes them; ``host`` and ``port`` are left out of account.
    :param app: another ASGI application to serve instead, such as a mock server in a wrapper of yours.
    """

    def __init__(self, settings: Settings | None = None, *, app: Application | None = None) -> None:
        self._settings = settings
        self._app = app
        self._thread: threading.Thread | None = None
        self._server: Any = None
        self._url = ""
        self._token = settings.control_token if settings else ""

    @property
    def url(self) -> str:
        """Base URL of the running server, without a trailing slash."""
        return self._url

    def client(self) -> Client:
        """Return a client of the running server."""
        return Client(self._url, token=self._token)

    def start(self) -> Self:
        """Start the server and return once it answers.

        :raises StartFailed: it did not come up.
        """
        from mockserver.serving import base_url, bind, make_server

        ready = threading.Event()
        failures: list[BaseException] = []
        app = self._app
        if app is None:
            from mockserver.app import MockServer
            from mockserver.contract.documents import DocumentError
            from mockserver.settings import SettingsError

            try:
                app = MockServer(self._settings)
            except (DocumentError, SettingsError) as error:
                raise StartFailed(str(error)) from error
        # One line a request is for people who watch a server, not for the logs that tests capture.
        logging.getLogger("mockserver.access").setLevel(logging.WARNING)
        listener = bind("127.0.0.1", 0)
        self._url = base_url(listener)
        self._server = server = make_server(app, ready.set)

        def run() -> None:
            try:
                server.run(sockets=[listener])
            except BaseException as error:
                failures.append(error)
            finally:
                listener.close()
                ready.set()

        self._thread = threading.Thread(target=run, name=f"mockserver {self._url}", daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            self.stop()
            raise StartFailed(f"it did not answer within {START_SECONDS:.0f} seconds.")
        if not server.started:
            self._thread.join(STOP_SECONDS)
            raise StartFailed(str(failures[0]) if failures else "uvicorn gave up.")
        return self

    def stop(self) -> None:
        """Stop the server and return once its thread has ended; stopping twice does no harm."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class ServerProcess:
    """Run ``mockserver serve`` in a process of its own, on a free port.

    A context manager; ``start`` and ``stop`` do the same.

    :param options: options of ``mockserver serve``, such as ``["--seed", "7"]``.
    """

    def __init__(self, options: Sequence[str] = ()) -> None:
        self._options = tuple(options)
        self._process: subprocess.Popen[str] | None = None
        self._url = ""
        self._token = ""

    @property
    def url(self) -> str:
        """Base URL of the running server, without a trailing slash."""
        return self._url

    def client(self) -> Client:
        """Return a client of the running server."""
        return Client(self._url, token=self._token)

    def start(self) -> Self:
        """Start the server and return once it answers.

        :raises StartFailed: it did not come up; says what it wrote to standard error.
        """
        self._token = settings_of(self._options).control_token
        # It writes its URL to the pipe once it answers; the pipe's end tells that it gave up.
        command = [sys.executable, "-m", "mockserver", "serve", *self._options]
        command += ["--port", "0", "--ready-file", "-", "--no-banner", "--no-access-log"]
        self._process = process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        watch = threading.Timer(START_SECONDS, process.kill)
        watch.start()
        line = process.stdout.readline().strip()
        watch.cancel()
        if not line:
            _, errors = process.communicate()
            self._process = None
            raise StartFailed(errors.strip() or f"it did not answer within {START_SECONDS:.0f} seconds.")
        self._url = line
        self._drain(process)
        return self

    def stop(self) -> None:
        """End the server and return once its process is gone; stopping twice does no harm."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join(STOP_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def _drain(self, process: subprocess.Popen[str]) -> None:
        """Pass on what the server writes to standard error, so that its pipe never fills up."""
        logger = logging.getLogger("mockserver.testing")

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                logger.warning("%s", line.rstrip())

        self._reader = threading.Thread(target=read, name="mockserver-log", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def settings_of(options: Sequence[str]) -> Settings:
    """Read options of ``mockserver serve`` as the command line does, the environment included.

    :raises StartFailed: an option is unknown or wrong.
    """
    import click

    from mockserver.cli import make_settings, serve

    try:
        with serve.make_context("mockserver serve", list(options)) as context:
            return make_settings(**{k: v for k, v in context.params.items() if k != "banner"})
    except click.ClickException as error:
        raise StartFailed(error.format_message()) from error
