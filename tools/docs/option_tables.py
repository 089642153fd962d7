"""Keep the tables of options that pages show between two comments: the environment variables that matter there."""

from __future__ import annotations

import re

import click

from mockserver.cli import main
from tools.docs.markdown import table
from tools.docs.options_page import row

BLOCK = re.compile(r"(<!-- options: (?P<names>[a-z -]+) -->\n)(?:.*?)(<!-- end of options -->)", re.DOTALL)
HEAD = ("variable", "value", "default", "does")


def fill_tables(text: str) -> str:
    """Return a page whose tables say what the options of ``mockserver serve`` are now."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{_table(block['names'].split())}\n{block[3]}", text)


def _table(names: list[str]) -> str:
    serve = main.commands["serve"]
    options = {
        option.opts[0].removeprefix("--"): option
        for option in serve.params
        if isinstance(option, click.Option)
    }
    context = click.Context(serve, info_name="mockserver serve")
    return "\n".join(table(HEAD, (_row(options[name], context) for name in names)))


def _row(option: click.Option, context: click.Context) -> tuple[str, str, str, str]:
    name, variable, default, does = row(option, context)
    return variable, f"`{name.strip('`').partition(' ')[2]}`", default, does
