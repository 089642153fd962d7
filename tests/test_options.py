"""The options of ``mockserver serve``: as its help shows them, as a list, and completed by a shell."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver.cli import main, serve
from mockserver.options import OptionFacts, list_options
from mockserver.parameters import Origin
from mockserver.settings import Settings

FACTS = {option.name: option for option in list_options(serve)}
SECTIONS = ["Where it listens", "The world", "Safety", "Limits", "Logs", "Start-up"]


def test_each_option_has_a_setting_of_its_name() -> None:
    settings = {field.name for field in dataclasses.fields(Settings)}
    assert {name.removeprefix("--").replace("-", "_") for name in FACTS} == settings | {"banner"}


def test_each_option_says_what_it_is_for() -> None:
    for option in FACTS.values():
        assert option.help.endswith("."), option.name
        assert option.default, option.name
        assert option.variable == f"MOCKSERVER_{option.name[2:].replace('-', '_').upper()}"
    assert list(dict.fromkeys(option.section for option in FACTS.values())) == SECTIONS


@pytest.mark.parametrize(
    ("name", "usage", "default", "repeatable"),
    [
        ("--port", "--port PORT", "8080", False),
        ("--public-url", "--public-url URL", "as called", False),
        ("--records", "--records SERVICE=COUNT", "as in the fixtures", True),
        ("--clock", "--clock [running|frozen]", "running", False),
        ("--trust-proxy", "--trust-proxy", "off", False),
        ("--scheduler", "--scheduler / --no-scheduler", "on", False),
    ],
)
def test_the_list_of_options_is_what_the_documentation_needs(
    name: str, usage: str, default: str, repeatable: bool
) -> None:
    found = FACTS[name]
    assert (found.usage, found.default, found.repeatable) == (usage, default, repeatable)


def test_options_of_other_commands_are_listed_too() -> None:
    (url, *_) = list_options(main.commands["health"])
    assert url == OptionFacts(
        name="--url",
        usage="--url URL",
        variable="",
        default="",
        help="Base URL of the server.  [default: from host and port]",
        section="",
        repeatable=False,
    )


def test_the_help_has_sections_that_line_up() -> None:
    text = CliRunner().invoke(main, ["serve", "--help"], terminal_width=110).output
    places = [text.index(f"\n{title}:\n") for title in (*SECTIONS, "Help")]
    assert places == sorted(places)
    rows = [line for line in text.splitlines() if line.startswith("  --")]
    assert len(rows) == len(FACTS)
    assert {len(line) - len(line[32:].lstrip()) for line in rows} == {34}
    assert "--port as MOCKSERVER_PORT" in text


def test_the_commands_stand_in_the_order_in_which_they_are_needed() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    assert text.index("Commands:") < text.index("Options:") < text.index("Examples:")
    assert [*main.commands] == ["serve", "init", "health", "rules", "verify", "coverage", "completion"]


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTPS://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("null", "null"),
    ],
)
def test_an_origin_is_taken_as_browsers_send_it(given: str, origin: str) -> None:
    assert Origin().convert(given, None, None) == origin
    assert Origin(wildcard="*").convert("*", None, None) == "*"


# Completion


def complete(words: list[str], folder: Path) -> list[str]:
    """Return what a real bash offers for the last word."""
    bash = shutil.which("bash")
    assert bash is not None
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    command = folder / "mockserver"
    start = "from mockserver.cli import main\nmain(prog_name='mockserver')\n"
    command.write_text(f"#!{sys.executable}\n{start}", encoding="utf-8")
    command.chmod(0o755)
    asked = f"""{script}
COMP_WORDS=({" ".join(map(_quoted, words))})
COMP_CWORD={len(words) - 1}
_mockserver_completion mockserver
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    found = subprocess.run(
        [bash, "--norc"], input=asked, text=True, capture_output=True, env=environment, check=True, cwd=folder
    )
    assert found.stderr == ""
    return found.stdout.split()


def _quoted(word: str) -> str:
    return f"'{word}'"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["co"], ["coverage", "completion"]),
        (["serve", "--scen"], ["--scenarios", "--scenario"]),
        (["serve", "--scenario", "fo"], ["foxy-link-expired", "foxy-report-error"]),
        (["serve", "--fixtures", "own", "--scenario", "our"], ["ours"]),
        (["serve", "--scenarios", "own/scenarios", "--scenario", "o"], ["ours"]),
        (["serve", "--records", "voucher"], ["voucher=100", "voucherPreset=3", "voucherTemplate=8"]),
        (["serve", "--clock", ""], ["running", "frozen"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], offered: list[str]) -> None:
    scenarios = tmp_path / "own" / "scenarios"
    scenarios.mkdir(parents=True)
    (scenarios / "ours.yaml").write_text("description: Ours.\n", encoding="utf-8")
    (scenarios / "broken.yaml").write_text("description: [", encoding="utf-8")
    assert complete(["mockserver", *words], tmp_path) == offered


@pytest.mark.parametrize(("shell", "sign"), [("zsh", "#compdef mockserver"), ("fish", "complete --no-files")])
def test_other_shells_have_scripts_too(shell: str, sign: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert (result.exit_code, sign in result.output) == (0, True)
    assert "_MOCKSERVER_COMPLETE" in result.output


def test_descriptions_are_offered_with_scenarios() -> None:
    (parameter,) = (p for p in serve.params if p.name == "scenario")
    context = click.Context(serve)
    (item,) = parameter.shell_complete(context, "paused")
    assert (item.value, item.help) == ("paused-export", "The export of orders was paused halfway.")
