"""The command ``mockserver coverage``: ask a running server what its clients have met, and demand enough of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import click

from mockserver.parameters import OutputFile

BELOW = 1
CANNOT_ASK = 2
WHOLE = "total"
KINDS = ("operations", "parameters", "statuses", "rules")


class Bar(click.ParamType[tuple[str, float]]):
    """A percentage of all, or of one kind: ``80``, ``rules=90``."""

    name = "percent"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Read one bar."""
        if isinstance(value, tuple):
            return value
        kind, _, number = str(value).rpartition("=")
        try:
            percent = float(number)
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100 or kind not in ("", *KINDS):
            self.fail(f"{value!r} is not like 80, or rules=90 ({', '.join(KINDS)}).", param, ctx)
        return kind or WHOLE, percent


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, metavar="URL", help="The server.")
@click.option(
    "--min",
    "bars",
    type=Bar(),
    multiple=True,
    metavar="PERCENT",
    help="Exit with 1 below this; rules=90 is a bar for the rules alone. May be repeated.",
)
@click.option("--world", default="*", show_default=True, metavar="NAME", help="A world; * for all of them.")
@click.option(
    "--specification",
    "specifications",
    multiple=True,
    metavar="NAME",
    help="Count only this; may be repeated.",
)
@click.option(
    "--evidence",
    type=click.Choice(["documented", "inferred", "convention"]),
    default="documented",
    show_default=True,
    help="Count only what is at least as well known.",
)
@click.option("--used", is_flag=True, help="Count only the operations that were called.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "junit"]),
    default="text",
    show_default=True,
)
@click.option("--output", type=OutputFile(), default="-", help="Where to write the report.")
@click.option(
    "--control-token",
    envvar="MOCKSERVER_CONTROL_TOKEN",
    default="",
    metavar="TOKEN",
    help="Token of the control plane, where it needs one.",
)
def coverage(
    url: str,
    bars: tuple[tuple[str, float], ...],
    world: str,
    specifications: tuple[str, ...],
    evidence: str,
    used: bool,
    form: str,
    output: Any,
    control_token: str,
) -> None:
    """Report what a server's clients have met of the contract.

    Exits with 1 when it is less than --min, so that a build can demand that its tests have seen the errors that the
    vendors document, and with 2 when the server cannot be asked.
    """
    query: dict[str, Any] = {"world": world, "specification": specifications, "evidence": evidence}
    if used:
        query["used"] = "true"
    base = f"{url.rstrip('/')}/_mock/coverage"
    found = json.loads(_get(f"{base}?{urlencode(query, doseq=True)}", control_token))
    text = _get(f"{base}?{urlencode({**query, 'format': form}, doseq=True)}", control_token)
    output.write(text if text.endswith("\n") else f"{text}\n")
    missed = [said for kind, bar in bars if (said := _below(found, kind, bar))]
    for said in missed:
        click.echo(said, err=True)
    if missed:
        sys.exit(BELOW)


def _below(found: Mapping[str, Any], kind: str, bar: float) -> str:
    share = found if kind == WHOLE else found["shares"][kind]
    if share["percent"] >= bar:
        return ""
    what = "the contract" if kind == WHOLE else f"the {kind}"
    return f"{share['percent']:g} % of {what} were met ({share['met']} of {share['total']}); expected: {bar:g} %."


def _get(url: str, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        detail = error.read().decode(errors="replace")
        click.echo(f"Error: {url} answers {error.code}: {detail}", err=True)
    except (URLError, OSError, ValueError) as error:
        click.echo(f"Error: {url} does not answer: {error}", err=True)
    sys.exit(CANNOT_ASK)
