"""Keep the tables of options that pages show between two comments: the environment variables that matter there."""

from __future__ import annotations

import re

from mockserver.cli import main
from mockserver.options import OptionFacts, list_options
from tools.docs.markdown import table
from tools.docs.options_page import row

BLOCK = re.compile(r"(<!-- options: (?P<names>[a-z -]+) -->\n)(?:.*?)(<!-- end of options -->)", re.DOTALL)
HEAD = ("variable", "value", "default", "does")


def fill_tables(text: str) -> str:
    """Return a page whose tables say what the options of ``mockserver serve`` are now."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{_table(block['names'].split())}\n{block[3]}", text)


def _table(names: list[str]) -> str:
    options = {option.name.removeprefix("--"): option for option in list_options(main.commands["serve"])}
    return "\n".join(table(HEAD, (_row(options[name]) for name in names)))


def _row(option: OptionFacts) -> tuple[str, str, str, str]:
    usage, variable, default, does = row(option)
    value = usage.strip("`").partition(" ")[2]
    if not value or value.startswith("/"):  # a switch
        value = "on/off"
    return variable, f"`{value}`", default, does
