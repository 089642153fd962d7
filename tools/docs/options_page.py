"""Write the reference page of the commands and their options from the commands themselves."""

from __future__ import annotations

import re
from inspect import cleandoc
from itertools import groupby

import click

from mockserver.cli import main
from mockserver.options import OptionFacts, list_options
from tools.docs.markdown import table

CHOICES = re.compile(r"\[([^\]]+)\]$")
HEAD = ("option", "environment variable", "default", "does")


def options_page() -> str:
    """Return the page."""
    lines = [
        "# Commands and options",
        "",
        "<!-- Made by `make docs` from the commands; changes belong to mockserver/cli.py and its neighbours. -->",
        "",
        "What a command line says goes before what the environment says. An option that may be repeated takes a list,",
        "separated by blanks, from its variable. `mockserver <command> --help` prints the same.",
        "",
    ]
    names = ["serve", *sorted(set(main.commands) - {"serve"})]
    for name in names:
        lines += _command(name, main.commands[name])
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=f"mockserver {name}")
    lines = [f"## mockserver {name}", "", _text(cleandoc(command.help or "")), ""]
    if any(isinstance(parameter, click.Argument) for parameter in command.params):
        lines += [f"Usage: `mockserver {name} {' '.join(command.collect_usage_pieces(context))}`", ""]
    for section, options in groupby(list_options(command), key=lambda option: option.section):
        lines += [f"**{section}**", ""] if section else []
        lines += table(HEAD, map(row, options))
    return lines


def _text(text: str) -> str:
    """Turn a paragraph that click shall not wrap, marked by a backspace, into a code block."""
    return re.sub(r"^\x08\n(.*?)(?=\n\n|\Z)", r"```text\n\1\n```", text, flags=re.MULTILINE | re.DOTALL)


def row(option: OptionFacts) -> tuple[str, str, str, str]:
    """Return what there is to say of an option: how it is written, its variable, its default, what it does."""
    text, _, stated = option.help.partition("[default: ")
    variable = f"`{option.variable}`" if option.variable else ""
    usage = CHOICES.sub(lambda choices: choices[1].replace("|", "/"), option.usage)
    return f"`{usage}`", variable, stated.rstrip("]") or option.default, text.strip()
