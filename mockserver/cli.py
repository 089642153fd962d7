"""The ``mockserver`` command."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import click

from mockserver import __version__
from mockserver.covering import coverage
from mockserver.verifying.command import verify

if TYPE_CHECKING:
    from mockserver.settings import Settings

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

BANNER = """\
commerce-mockserver {version}

  WEBSALE API   {url}/admin/api/v1
  Foxy API      {url}/
  control       {url}/_mock/health
  API docs      {url}/_mock/docs

  WEBSALE       admin-token  editor-token  reader-token  writer-token  nobody-token  expired-token
  Foxy          foxy-token, or the client foxy-client with foxy-secret and foxy-refresh
  worlds        send X-Mock-World: <name>, or use {url}/w/<name>/ as the base URL

{warning}  first call    curl -X POST -H 'X-Authorization: Bearer admin-token' \\
                  {url}/admin/api/v1/report/order/start
"""

WARNING = """\
  WARNING       everybody who reaches {host} can steer this server: its data, clocks and faults.
                Set --control-token (MOCKSERVER_CONTROL_TOKEN), or listen on 127.0.0.1.

"""


class RecordCount(click.ParamType[tuple[str, int]]):
    """``service=count``: how many records a service has."""

    name = "service=count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Read one pair."""
        if isinstance(value, tuple):
            return value
        service, _, count = str(value).partition("=")
        if not service or not count.isdigit():
            self.fail(f"{value!r} is not like order=1000000.", param, ctx)
        return service, int(count)


def option(*names: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """Declare an option that can also be set as the environment variable ``MOCKSERVER_<OPTION>``."""
    variable = names[0].partition("/")[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=f"MOCKSERVER_{variable}", **attributes)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def main() -> None:
    """Stand in for the WEBSALE admin API and Foxy's report resource.

    Start it with `mockserver serve`. Every option can also be set as an environment variable: --port as
    MOCKSERVER_PORT, --ready-file as MOCKSERVER_READY_FILE.
    """


main.add_command(coverage)
main.add_command(verify)


@main.command()
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@option("--seed", default=42, show_default=True, help="The same seed and the same calls give the same bytes.")
@option(
    "--clock",
    type=click.Choice(["running", "frozen"]),
    default="running",
    show_default=True,
    help="Whether time passes by itself in new worlds.",
)
@option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Virtual seconds for a real one.",
)
@option(
    "--records",
    type=RecordCount(),
    multiple=True,
    metavar="SERVICE=COUNT",
    help="Number of generated records; may be repeated.",
)
@option(
    "--auth",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="off lets every call through.",
)
@option(
    "--scenario",
    default="",
    metavar="NAME",
    help="What every new world is like.  [default: like the fixtures]",
)
@option("--scenarios", default="", metavar="FOLDER", help="Folder of further scenarios, YAML files.")
@option("--public-url", default="", metavar="URL", help="Base of the links in answers.  [default: as called]")
@option("--trust-proxy", is_flag=True, help="Believe Forwarded and X-Forwarded-* headers.")
@option(
    "--validate-responses",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="Check every answer against the specification.",
)
@option("--cors-origin", multiple=True, metavar="ORIGIN", help="Web pages that may call.  [default: all]")
@option(
    "--control-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Foreign web pages that may change something under /_mock.",
)
@option(
    "--control-token",
    default="",
    metavar="TOKEN",
    help="What calls of /_mock, but for health, must send as bearer. Better set as MOCKSERVER_CONTROL_TOKEN.",
)
@option(
    "--max-worlds",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="The least recently used world goes first.",
)
@option(
    "--journal",
    default=1000,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="CALLS",
    help="Vendor calls that a world remembers; 0 for none.",
)
@option(
    "--journal-size",
    default=8,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="MIB",
    help="Room for them, a world.",
)
@option(
    "--max-faults",
    default=100,
    show_default=True,
    type=click.IntRange(min=1),
    help="Faults that a world may have at a time.",
)
@option(
    "--max-body",
    default=256,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="MIB",
    help="Largest request body.",
)
@option(
    "--import-errors",
    default=1000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Faulty records that an import lists.",
)
@option(
    "--scheduler/--no-scheduler",
    default=True,
    show_default=True,
    help="Build data feeds at the hours of their plan, and after imports.",
)
@option(
    "--deliver-webhooks",
    multiple=True,
    metavar="HOST",
    help="Really send the webhooks of data feeds to this host (or host:port); may be repeated.  [default: none]",
)
@option(
    "--ready-file",
    default="",
    metavar="PATH",
    help="Written (base URL) once the server answers; - is standard output.",
)
@option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@option("--access-log/--no-access-log", default=True, show_default=True, help="One line a request.")
@option("--banner/--no-banner", default=True, show_default=True, help="Say at the start how to call.")
def serve(banner: bool, **options: Any) -> None:
    """Start the server and run it until it is told to stop."""
    # The first process of a container ignores signals that it does not handle, also while it is starting.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    from mockserver.app import MockServer
    from mockserver.contract import ContractError
    from mockserver.contract.documents import DocumentError
    from mockserver.logs import configure_logging
    from mockserver.serving import bind, is_exposed, write_ready_file
    from mockserver.serving import serve as run
    from mockserver.settings import SettingsError

    settings = make_settings(**options)
    configure_logging(settings.log_format, access_log=settings.access_log)
    try:
        app = MockServer(settings)
    except (ContractError, DocumentError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    try:
        listener = bind(settings.host, settings.port)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}."
        ) from error

    def ready(url: str) -> None:
        if settings.ready_file:
            write_ready_file(settings.ready_file, url)
        if banner:
            warning = WARNING.format(host=settings.host) if is_exposed(settings) else ""
            text = BANNER.format(version=__version__, url=settings.public_url or url, warning=warning)
            click.echo(text, err=True)

    run(app, listener, ready)


def make_settings(
    records: tuple[tuple[str, int], ...],
    auth: str,
    validate_responses: str,
    max_body: int,
    journal_size: int,
    **options: Any,
) -> Settings:
    """Turn the options of ``serve`` into settings."""
    from mockserver.settings import MIB, Settings

    return Settings(
        records=dict(records),
        auth=auth == "on",
        validate_responses=validate_responses == "on",
        max_body=max_body * MIB,
        journal_size=journal_size * MIB,
        **options,
    )


@main.command()
@click.option(
    "--url", default="", metavar="URL", help="Base URL of the server.  [default: from host and port]"
)
@option("--host", default="127.0.0.1", show_default=True)
@option("--port", default=8080, show_default=True)
def health(url: str, host: str, port: int) -> None:
    """Ask a running server how it is; exit with 1 when it does not answer well."""
    if not url:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
        url = f"http://{host}:{port}"
    try:
        with urlopen(f"{url.rstrip('/')}/_mock/health", timeout=3) as answer:
            report = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        raise click.ClickException(f"{url} does not answer: {error}") from error
    click.echo(json.dumps(report))
    if report.get("status") != "ok":
        sys.exit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def rules(as_json: bool) -> None:
    """Print the rule catalogue: every rule of the documents, and what it answers."""
    from mockserver.contract.catalogue import Catalogue
    from mockserver.contract.specification import read_yaml
    from mockserver.resources import shipped

    catalogue = Catalogue(read_yaml(shipped("openapi") / "rules.yaml")["rules"])
    entries = [entry.to_json() for entry in catalogue.values()]
    if as_json:
        click.echo(json.dumps(entries, ensure_ascii=False, indent=2))
    else:
        _print_table(entries)


def _print_table(entries: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column in ("Rule", "Operation", "Status", "Type", "What it says", "Evidence"):
        table.add_column(column, overflow="fold", no_wrap=column == "Rule")
    for entry in entries:
        status = "" if entry["status"] is None else str(entry["status"])
        says = entry["reason"] or entry["summary"]
        table.add_row(entry["id"], entry["operation"], status, entry["type"], says, entry["evidence"])
    console = Console()
    console.width = max(console.width, 120)
    console.print(table)
