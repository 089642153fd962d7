"""Write the reference page of the commands and their options from the commands themselves."""

from __future__ import annotations

import re
from inspect import cleandoc

import click

from mockserver.cli import main
from tools.docs.markdown import table

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
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    if arguments:
        usage = " ".join(command.collect_usage_pieces(context))
        lines += [f"Usage: `mockserver {name} {usage}`", ""]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return lines + (table(HEAD, (row(option, context) for option in options)) if options else [])


def _text(text: str) -> str:
    """Turn a paragraph that click shall not wrap, marked by a backspace, into a code block."""
    return re.sub(r"^\x08\n(.*?)(?=\n\n|\Z)", r"```text\n\1\n```", text, flags=re.MULTILINE | re.DOTALL)


def row(option: click.Option, context: click.Context) -> tuple[str, str, str, str]:
    """Return what there is to say of an option: how it is written, its variable, its default, what it does."""
    names = "/".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    text, _, stated = (option.help or "").partition("[default: ")
    if isinstance(option.type, click.Choice):
        value = " " + "/".join(str(choice) for choice in option.type.choices)
    return f"`{names}{value}`", _variable(option), stated.rstrip("]") or _default(option), text.strip()


def _variable(option: click.Option) -> str:
    variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or ()
    return ", ".join(f"`{variable}`" for variable in variables)


def _default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    default = option.default
    if option.is_flag:
        return "on" if default is True and option.secondary_opts else "off"
    return f"`{default}`" if isinstance(default, str | int | float) and default != "" else ""
