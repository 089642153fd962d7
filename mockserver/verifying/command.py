"""The command ``mockserver verify``."""

from __future__ import annotations

import re
import sys
import traceback
from typing import IO, Any, Self

import click

from mockserver.parameters import BaseUrl, OutputFile, PositiveNumber

CANNOT_RUN = 2
DAY = 86_400


class Pair(click.ParamType[tuple[str, str]]):
    """Two texts with a sign between them."""

    def __init__(self, sign: str, name: str) -> None:
        self.sign = sign
        self.name = name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read one pair."""
        if isinstance(value, tuple):
            return value
        left, sign, right = str(value).partition(self.sign)
        if not sign or not left.strip():
            self.fail(f"{value!r} is not like {self.name}.", param, ctx)
        return left.strip(), right.strip()


def check_rate(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Refuse a rate limit that cannot be read."""
    if value and re.fullmatch(r"[1-9]\d*/[smhd]", value) is None:
        raise click.BadParameter(f"{value!r} is not like 5/s or 100/m.")
    return value


@click.command()
@click.argument("target", metavar="URL", type=BaseUrl(required=True))
@click.option(
    "--api",
    "apis",
    multiple=True,
    default=("websale",),
    show_default=True,
    metavar="NAME",
    help="websale, foxy, or the name of a specification such as websale-report; may be repeated.",
)
@click.option("--allow-writes", is_flag=True, help="Make calls that change something, too.")
@click.option(
    "--token",
    envvar="MOCKSERVER_TOKEN",
    default="",
    metavar="TOKEN",
    help="Access token.  [env: MOCKSERVER_TOKEN]",
)
@click.option(
    "--header",
    "headers",
    type=Pair(":", "Name: value"),
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent with every call; may be repeated.",
)
@click.option(
    "--parameter",
    "parameters",
    type=Pair("=", "name=value"),
    multiple=True,
    metavar="NAME=VALUE",
    help="Value for a parameter, by its name or as operationId.name; may be repeated.",
)
@click.option(
    "--rate-limit",
    default="",
    metavar="N/s|N/m",
    callback=check_rate,
    help="Calls in a second or a minute.  [default: 5/s, none on this machine]",
)
@click.option(
    "--max-examples",
    default=20,
    show_default=True,
    type=click.IntRange(min=1),
    help="Calls that are made up for each operation.",
)
@click.option("--seed", default=42, show_default=True, help="The same seed makes up the same calls.")
@click.option(
    "--timeout",
    default=10.0,
    show_default=True,
    type=PositiveNumber(DAY),
    metavar="SECONDS",
    help="Seconds to wait for an answer.",
)
@click.option("--insecure", is_flag=True, help="Do not check TLS certificates.")
@click.option(
    "--ignore", multiple=True, metavar="RULE-ID", help="A rule that is known to be broken; may be repeated."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
)
@click.option("--output", type=OutputFile(), default="-", help="Where to write the report.")
@click.option("--progress/--no-progress", default=None, help="Show how far it is.  [default: on a terminal]")
def verify(form: str, output: IO[str], progress: bool | None, insecure: bool, **given: Any) -> None:
    """Check the shop at URL against the specifications.

    It is the mock, or the vendor's real one. Makes read-only calls unless writes are allowed. Exits with 0 when all is
    as specified, with 1 when something has drifted, and with 2 when the target could not be checked.
    """
    from mockserver.verifying import writing
    from mockserver.verifying.options import CannotRun, Options
    from mockserver.verifying.running import run

    for name in ("headers", "parameters"):
        given[name] = dict(given[name])
    given["ignore"] = frozenset(given["ignore"])
    shown = sys.stderr.isatty() if progress is None else progress
    try:
        with Bar(shown) as bar:
            report = run(Options(tls_verify=not insecure, **given), bar)
    except CannotRun as error:
        click.echo(f"Cannot run: {error}", err=True)
        sys.exit(CANNOT_RUN)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(CANNOT_RUN)
    except Exception:  # a bug must not pass for a drift
        click.echo(traceback.format_exc(), err=True)
        sys.exit(CANNOT_RUN)
    output.write({"text": writing.as_text, "json": writing.as_json, "junit": writing.as_junit}[form](report))
    sys.exit(report.exit_code)


class Bar:
    """A progress bar on standard error."""

    def __init__(self, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        console = Console(stderr=True, force_terminal=shown or None)
        self._progress = Progress(*columns, console=console, transient=True, disable=not shown)
        self._task = self._progress.add_task("starting", total=None)

    def start(self, total: int) -> None:
        """Learn how many steps there are going to be."""
        self._progress.update(self._task, total=total)

    def step(self, title: str) -> None:
        """Learn that a step is done."""
        self._progress.update(self._task, advance=1, description=title)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
