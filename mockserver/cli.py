"""The ``mockserver`` command."""

from __future__ import annotations

import errno
import gc
import json
import shlex
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import click
from click.shell_completion import get_completion_class

from mockserver import __version__
from mockserver.covering import coverage
from mockserver.options import RULE, SERVE, Option, SectionedCommand
from mockserver.verifying.command import verify

if TYPE_CHECKING:
    from mockserver.contract.server import Server
    from mockserver.settings import Settings

EXAMPLE = """\b
Examples:
  mockserver serve --clock frozen
  mockserver init my-shop && mockserver serve --fixtures my-shop
  mockserver serve --help
"""

BANNER = """\
commerce-mockserver {version}

  WEBSALE API   {url}/admin/api/v1
  Foxy API      {url}/
  console       {url}/_mock/ui/
  control       {url}/_mock/health
  API docs      {url}/_mock/docs

  WEBSALE       {websale}
  Foxy          {foxy}
  worlds        send X-Mock-World: <name>, or use {url}/w/<name>/ as the base URL
{fixtures}
{warning}  first call    curl -X POST -H 'X-Authorization: Bearer {token}' \\
                  {url}/admin/api/v1/report/order/start
"""

WARNING = """\
  WARNING       everybody who reaches {host} can steer this server: its data, clocks and faults.
                Set --control-token (MOCKSERVER_CONTROL_TOKEN), or listen on 127.0.0.1.

"""


class Commands(click.Group):
    """The commands in the order in which people need them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names as they were added."""
        return [*self.commands]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the few options."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXAMPLE,
)
@click.version_option(__version__, prog_name="mockserver")
def main() -> None:
    """Stand in for the WEBSALE admin API and Foxy's report resource."""


@main.command(cls=SectionedCommand, params=SERVE, epilog=RULE)
def serve(banner: bool, **options: Any) -> None:
    """Start the server and run it until it is told to stop."""
    # The first process of a container ignores signals that it does not handle, also while it is starting.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # What is made at start-up stays, so looking for garbage all the while would be in vain: a third of the time.
    gc.disable()
    click.get_current_context().call_on_close(gc.enable)

    from mockserver.app import MockServer
    from mockserver.contract import ContractError
    from mockserver.contract.documents import DocumentError
    from mockserver.contract.server import administrators_token
    from mockserver.logs import configure_logging
    from mockserver.serving import bind, is_exposed, remove_ready_file, write_ready_file
    from mockserver.serving import serve as run
    from mockserver.settings import SettingsError

    settings = make_settings(**options)
    if settings.ready_file:
        remove_ready_file(settings.ready_file)
    configure_logging(settings.log_format, access_log=settings.access_log)
    try:
        app = MockServer(settings)
    except (ContractError, DocumentError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    try:
        listener = bind(settings.host, settings.port)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise click.ClickException(f"Cannot listen on {place}: {_why(error)}") from error

    def ready(url: str) -> None:
        if settings.ready_file:
            write_ready_file(settings.ready_file, url)
        if banner:
            text = BANNER.format(
                version=__version__,
                url=settings.public_url or url,
                fixtures=f"  fixtures      {settings.fixtures}\n" if settings.fixtures else "",
                warning=WARNING.format(host=settings.host) if is_exposed(settings) else "",
                websale=_tokens(app.server, "websale"),
                foxy=_tokens(app.server, "foxy"),
                token=administrators_token(app.server.tokens),
            )
            click.echo(text, err=True)

    run(app, listener, ready)


def _tokens(server: Server, api: str) -> str:
    return "  ".join(token["token"] for token in server.tokens if token["api"] == api)


def _why(error: OSError) -> str:
    """Say why a socket cannot be had, and what can be done about it."""
    if isinstance(error, socket.gaierror):
        return "there is no such host."
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; take another one with --port, or any free one with --port 0."
    return f"{error.strerror}."


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
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace files that are there already.")
def init(folder: Path, force: bool) -> None:
    """Write a folder of fixtures to begin with.

    It has a shop, its services, two products and a scenario, with comments on what each file can hold;
    `mockserver serve --fixtures DIR` uses it.
    """
    from mockserver.starter import FileThereError, write_starter

    try:
        written = write_starter(folder, replace=force)
    except FileThereError as error:
        raise click.ClickException(f"{error} is there already; --force replaces it.") from error
    except OSError as error:
        raise click.ClickException(f"Cannot write {error.filename}: {error.strerror}.") from error
    for file in written:
        click.echo(f"wrote {file}")
    click.echo(f"\nNext: mockserver serve --fixtures {shlex.quote(str(folder))}")


@main.command()
@click.option(
    "--url", default="", metavar="URL", help="Base URL of the server.  [default: from host and port]"
)
@click.option("--host", cls=Option, default="127.0.0.1", help="Address that it listens on.")
@click.option("--port", cls=Option, default=8080, help="Port that it listens on.")
def health(url: str, host: str, port: int) -> None:
    """Ask a running server how it is. Exits with 1 when it does not answer well."""
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
    """Print the rule catalogue. It has every rule of the documents, and what it answers."""
    from mockserver.contract.catalogue import Catalogue
    from mockserver.contract.specification import read_yaml
    from mockserver.resources import shipped

    catalogue = Catalogue(read_yaml(shipped("openapi") / "rules.yaml")["rules"])
    entries = [entry.to_json() for entry in catalogue.values()]
    if as_json:
        click.echo(json.dumps(entries, ensure_ascii=False, indent=2))
    else:
        _print_table(entries)


main.add_command(verify)
main.add_command(coverage)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete this command.

    It completes commands and options, names of scenarios and services.

    \b
    bash:  eval "$(mockserver completion bash)"                in ~/.bashrc
    zsh:   eval "$(mockserver completion zsh)"                 in ~/.zshrc
    fish:  mockserver completion fish > ~/.config/fish/completions/mockserver.fish
    """  # noqa: D301
    complete = get_completion_class(shell)
    if complete is None:
        raise click.ClickException(f"click does not know the shell {shell}.")
    click.echo(complete(main, {}, "mockserver", "_MOCKSERVER_COMPLETE").source())


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
