"""The command line."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import main
from tests.running import run_server

ADMIN = {"X-Authorization": "Bearer admin-token"}


def invoke(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments), env=environment)
    return result.exit_code, result.output


def test_rules_are_printed_as_a_table_and_as_json() -> None:
    code, table = invoke("rules")
    assert code == 0
    assert "REP-START-400-format" in table
    code, text = invoke("rules", "--json")
    entries = {entry["id"]: entry for entry in json.loads(text)}
    assert entries["REP-PAUSE-404"]["reason"] == "The process is not running."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--records", "orders"], "is not like order=1000000"),
        (["--records", "spoon=5", "--port", "0"], "There is no service spoon; there are adminUser"),
        (["--records", f"order={10**30}"], "is too many; at most 100000000 are possible."),
        (["--speed", "0"], "Invalid value for '--speed'"),
        (["--speed", "nan"], "Invalid value for '--speed': nan is not in the range 0<x<=1000000.0."),
        (["--speed", "inf"], "Invalid value for '--speed'"),
        (["--speed", "1e300"], "Invalid value for '--speed'"),
        (["--now", "yesterday"], "The time yesterday is none; accepted: YYYY-MM-DDTHH:MM:SS"),
        (["--clock", "late"], "Invalid value for '--clock'"),
        (["--port", "70000"], "Invalid value for '--port'"),
        (
            ["--host", "192.0.2.1", "--port", "0"],
            "Error: Cannot listen on 192.0.2.1:0: Cannot assign requested",
        ),
        (["--host", "shop.invalid"], "Error: Cannot listen on shop.invalid:8080: there is no such host.\n"),
        (
            ["--public-url", "shop.example"],
            "'shop.example' is no base URL; something like http://shop.test:8080 is.",
        ),
        (["--public-url", "ftp://shop.example"], "'ftp://shop.example' is no base URL"),
        (["--public-url", "http://shop.example:port"], "is no base URL"),
        (["--public-url", "http://shop.example/?world=x"], "is no base URL"),
        (["--scenario", "x"], "Error: There is no scenario x; there are failed-export, "),
        (["--control-origin", "foo"], "'foo' is no origin; something like http://localhost:3000 is."),
        (["--control-origin", "*"], "'*' is no origin"),
        (["--control-origin", ""], "'' is no origin"),
        (["--control-origin", "http://shop.example/path"], "'http://shop.example/path' is no origin"),
        (["--cors-origin", "foo"], "Invalid value for '--cors-origin'"),
        (["--cors-origin", "http://shop.example:99999"], "Invalid value for '--cors-origin'"),
        (["--ready-file", "/nowhere/ready"], "There is no folder '/nowhere'."),
        (["--fixtures", "/etc/hostname"], "Folder '/etc/hostname' is a file."),
    ],
)
def test_a_bad_option_is_refused_with_what_is_wrong(arguments: list[str], message: str) -> None:
    code, text = invoke("serve", *arguments)
    assert code in (1, 2)
    assert message in text
    assert "Traceback" not in text


def test_a_report_that_cannot_be_written_is_not_taken_for_a_bar_that_was_missed() -> None:
    code, text = invoke("coverage", "--output", "/nowhere/report")
    assert code == 2
    assert "'/nowhere/report' cannot be written." in text


def test_a_port_in_use_is_said_to_be() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, text = invoke("serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert re.fullmatch(
        r"Error: Cannot listen on 127\.0\.0\.1:\d+: the port is in use; take another one with --port, .*\n",
        text,
    )


def test_what_the_last_run_has_left_in_the_ready_file_is_gone_when_a_server_does_not_start(
    tmp_path: Path,
) -> None:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n", encoding="utf-8")
    assert invoke("serve", "--ready-file", str(ready), "--scenario", "x")[0] == 1
    assert not ready.exists()


def test_health_exits_with_one_when_nobody_answers() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    code, text = invoke("health", MOCKSERVER_PORT=str(port))
    assert code == 1
    assert f"http://127.0.0.1:{port} does not answer" in text


def test_a_server_starts_says_how_to_call_it_and_ends_on_sigterm(tmp_path: Path) -> None:
    with run_server(tmp_path, "--clock", "frozen", "--seed", "7") as server:
        assert invoke("health", "--url", server.url)[0] == 0
        assert httpx.get(f"{server.url}/_mock/clock").json()["mode"] == "frozen"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=5) == 0


def test_sigterm_ends_a_server_that_is_still_starting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "connexion.py").write_text(f"open({str(pipe)!r}).read()")  # an import that waits
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process, pipe.open("wb"):
        process.terminate()
        assert process.wait(timeout=5) == 0


def test_a_slash_at_the_end_of_the_public_url_is_left_out(tmp_path: Path) -> None:
    with run_server(tmp_path, "--public-url", "https://shop.example/mock/") as server:
        answer = httpx.post(f"{server.url}/admin/api/v1/report/order/start", headers=ADMIN).json()
    assert answer["fileUrl"].startswith("https://shop.example/mock/content/report/orders_")


def test_options_can_be_set_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOCKSERVER_CLOCK", "frozen")
    monkeypatch.setenv("MOCKSERVER_AUTH", "off")
    monkeypatch.setenv("MOCKSERVER_RECORDS", "order=3 product=5")
    monkeypatch.setenv("MOCKSERVER_PUBLIC_URL", "https://shop.example")
    with run_server(tmp_path) as server:
        started = httpx.post(f"{server.url}/admin/api/v1/report/order/start").json()
    assert started["total"] == 3
    assert started["fileUrl"].startswith("https://shop.example/content/report/orders_")


def test_the_json_log_has_one_object_a_request(tmp_path: Path) -> None:
    with run_server(tmp_path, "--log-format", "json") as server:
        url = f"{server.url}/admin/api/v1/report/order/status"
        httpx.get(url, headers={"X-Mock-World": "logged"})
        server.process.terminate()
        log = server.process.communicate(timeout=5)[1]
    entry = next(json.loads(line) for line in log.splitlines() if line.startswith("{"))
    assert entry | {"time": "", "milliseconds": 0} == {
        "time": "",
        "level": "info",
        "logger": "mockserver.access",
        "message": "GET /admin/api/v1/report/order/status 401",
        "method": "GET",
        "path": "/admin/api/v1/report/order/status",
        "status": 401,
        "world": "logged",
        "rule": "REP-STATUS-401",
        "milliseconds": 0,
    }
