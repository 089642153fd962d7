"""Servers for tests: in a thread, in a process."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest

from mockserver.settings import Settings
from mockserver.testing import Client, ServerProcess, ServerThread, StartFailed, Unreachable
from mockserver.testing.servers import settings_of


def test_a_server_in_a_thread_answers_and_ends() -> None:
    with ServerThread(Settings(seed=7)) as server:
        client = server.client()
        assert client.world().reset().seed == 7
    with pytest.raises(Unreachable):
        client.health()
    assert f"mockserver {server.url}" not in {thread.name for thread in threading.enumerate()}


def test_stopping_twice_and_stopping_what_never_ran_do_no_harm() -> None:
    server = ServerThread()
    server.stop()
    server.start().stop()
    server.stop()
    process = ServerProcess()
    process.stop()


async def test_a_server_in_a_thread_answers_while_the_tests_loop_is_blocked(running: Client) -> None:
    assert running.health().status == "ok"
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
        answers = await asyncio.gather(*(client.get("/_mock/health") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}


def test_a_server_in_a_process_answers_and_ends() -> None:
    server = ServerProcess(["--seed", "7", "--clock", "frozen"]).start()
    try:
        world = server.client().world()
        assert world.reset().seed == 7
        assert world.clock.read().mode == "frozen"
    finally:
        server.stop()
        server.stop()
    with pytest.raises(Unreachable):
        server.client().health()


@pytest.mark.parametrize("options", [["--speed", "0"], ["--spoon"]])
def test_a_wrong_option_is_said_before_anything_starts(options: list[str]) -> None:
    with pytest.raises(StartFailed, match=r"--speed|--spoon"):
        ServerProcess(options).start()


@pytest.mark.parametrize(
    "server",
    [ServerProcess(["--records", "spoon=1"]), ServerThread(Settings(records={"spoon": 1}))],
    ids=["process", "thread"],
)
def test_a_server_that_cannot_start_says_why(server: ServerProcess | ServerThread) -> None:
    with pytest.raises(StartFailed, match="There is no service spoon"):
        server.start()


def test_options_are_read_as_the_command_line_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_SPEED", "60")
    settings = settings_of(["--seed", "7", "--records", "order=3", "--auth", "off"])
    assert (settings.seed, settings.speed, settings.records, settings.auth) == (7, 60.0, {"order": 3}, False)


def test_the_control_token_is_the_clients_too() -> None:
    with ServerThread(Settings(control_token="fork")) as server:
        assert server.client().world().clock.read().mode == "running"
        assert httpx.get(f"{server.url}/_mock/clock").status_code == 401
