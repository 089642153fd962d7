"""What the options of a command are: in sections of its help, as environment variables, and as a list.

:data:`SERVE` are those of ``mockserver serve``; each has the name of a setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from mockserver.parameters import (
    BaseUrl,
    Folder,
    Origin,
    PositiveNumber,
    ReadyFile,
    RecordCount,
    ScenarioName,
)
from mockserver.simulation.clock import MAX_SPEED

PREFIX = "MOCKSERVER_"
RULE = (
    "Every option can also be set by the environment: --port as MOCKSERVER_PORT, --ready-file as "
    "MOCKSERVER_READY_FILE; values of one that may be repeated are separated by spaces."
)


class Option(click.Option):
    """An option that stands in a section of the help, and can be set as ``MOCKSERVER_<OPTION>``.

    :param without: what holds where the option is not given, where that is no value.
    """

    def __init__(self, names: Sequence[str], section: str = "", without: str = "", **attributes: Any) -> None:
        variable = names[0].partition("/")[0].removeprefix("--").replace("-", "_").upper()
        attributes.setdefault("show_default", True)
        super().__init__(names, envvar=f"{PREFIX}{variable}", **attributes)
        self.section = section
        self.without = without

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return what stands in brackets after the help."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)  # it is said when somebody leaves it
        default = self.without
        if self.is_flag:
            default = "on" if self.default is True else "off"
        if default:
            extra["default"] = default
        elif extra.get("default") in ("", '""'):
            del extra["default"]
        return extra


class SectionedCommand(click.Command):
    """A command whose help shows its options in sections, one below the other in two columns."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections in the order in which their first options were declared."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "") or "Help", []).append(record)
        width = max(len(term) for rows in sections.values() for term, _ in rows)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl([(f"{term:<{width}}", text) for term, text in rows], col_max=width + 2)


@dataclass(frozen=True)
class OptionFacts:
    """What there is to know of an option, for the documentation.

    :ivar name: as it is written first: ``--scheduler``.
    :ivar usage: all ways to write it, with its value: ``--scheduler / --no-scheduler``, ``--speed FLOAT RANGE``.
    :ivar variable: the environment variable; empty for an option without one.
    :ivar default: what holds where it is not given; empty: nothing.
    :ivar section: where it stands in the help.
    """

    name: str
    usage: str
    variable: str
    default: str
    help: str
    section: str
    repeatable: bool


def list_options(command: click.Command) -> Iterator[OptionFacts]:
    """Yield the options of a command in the order of its help."""
    context = click.Context(command)
    for option in command.params:
        if not isinstance(option, click.Option) or option.hidden:
            continue
        usage = option.get_help_spec(context)
        variable = option.envvar if isinstance(option.envvar, str) else ""
        yield OptionFacts(
            name=option.opts[0],
            usage=usage,
            variable=variable,
            default=str(option.get_help_extra(context).get("default", "")),
            help=option.help or "",
            section=getattr(option, "section", ""),
            repeatable=option.multiple,
        )


def _section(title: str, *options: tuple[Sequence[str], dict[str, Any]]) -> list[click.Parameter]:
    return [Option(names, section=title, **attributes) for names, attributes in options]


def _option(*names: str, **attributes: Any) -> tuple[Sequence[str], dict[str, Any]]:
    return names, attributes


_ON_OFF = click.Choice(["on", "off"])
_SOME, _ANY = click.IntRange(min=1), click.IntRange(min=0)

SERVE: list[click.Parameter] = [
    *_section(
        "Where it listens",
        _option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on."),
        _option(
            "--port", default=8080, type=click.IntRange(0, 65535), metavar="PORT", help="0 takes a free port."
        ),
        _option(
            "--public-url",
            type=BaseUrl(),
            default="",
            metavar="URL",
            without="as called",
            help="Base of the links in answers.",
        ),
        _option("--trust-proxy", is_flag=True, help="Believe Forwarded and X-Forwarded-* headers."),
    ),
    *_section(
        "The world",
        _option(
            "--fixtures",
            type=Folder(),
            default="",
            without="the server's own",
            help="Shop of your own, on top; see `mockserver init`.",
        ),
        _option(
            "--scenarios",
            type=Folder(),
            default="",
            without="none",
            help="Further scenarios, on top of those of --fixtures.",
        ),
        _option(
            "--scenario",
            type=ScenarioName(),
            default="",
            metavar="NAME",
            without="like the fixtures",
            help="What every new world is like.",
        ),
        _option(
            "--records",
            type=RecordCount(),
            multiple=True,
            metavar="SERVICE=COUNT",
            without="as in the fixtures",
            help="Number of records; may be repeated.",
        ),
        _option(
            "--seed",
            default=42,
            metavar="NUMBER",
            help="The same seed and the same calls give the same bytes.",
        ),
        _option(
            "--clock",
            type=click.Choice(["running", "frozen"]),
            default="running",
            help="Whether time passes by itself in new worlds.",
        ),
        _option(
            "--now",
            default="",
            metavar="TIME",
            without="the machine's",
            help="Time at which new worlds begin, such as 2026-07-01T12:00:00Z.",
        ),
        _option(
            "--speed",
            default=1.0,
            type=PositiveNumber(MAX_SPEED),
            metavar="FACTOR",
            help="Virtual seconds for a real one.",
        ),
        _option(
            "--scheduler/--no-scheduler",
            default=True,
            help="Build data feeds by their plans, and after imports.",
        ),
    ),
    *_section(
        "Safety",
        _option("--auth", type=_ON_OFF, default="on", help="off lets every call through."),
        _option(
            "--control-token",
            default="",
            metavar="TOKEN",
            without="none",
            help="What calls of /_mock, but for health, must send as bearer.",
        ),
        _option(
            "--control-origin",
            type=Origin(),
            multiple=True,
            metavar="ORIGIN",
            without="none",
            help="Foreign web pages that may steer the server; may be repeated.",
        ),
        _option(
            "--cors-origin",
            type=Origin(wildcard="*"),
            multiple=True,
            metavar="ORIGIN",
            without="all",
            help="Web pages that may call; may be repeated.",
        ),
        _option(
            "--deliver-webhooks",
            multiple=True,
            metavar="HOST",
            without="none",
            help="Host or host:port that webhooks are really sent to; may be repeated.",
        ),
        _option(
            "--validate-responses",
            type=_ON_OFF,
            default="on",
            help="Check every answer against the specification.",
        ),
    ),
    *_section(
        "Limits",
        _option(
            "--max-worlds",
            default=1000,
            type=_SOME,
            metavar="WORLDS",
            help="The least recently used world goes first.",
        ),
        _option(
            "--max-faults",
            default=100,
            type=_SOME,
            metavar="FAULTS",
            help="Faults that a world may have at a time.",
        ),
        _option("--max-body", default=256, type=_SOME, metavar="MIB", help="Largest request body."),
        _option(
            "--import-errors",
            default=1000,
            type=_ANY,
            metavar="RECORDS",
            help="Faulty records that an import lists.",
        ),
        _option(
            "--journal",
            default=1000,
            type=_ANY,
            metavar="CALLS",
            help="Vendor calls that a world remembers; 0 for none.",
        ),
        _option("--journal-size", default=8, type=_SOME, metavar="MIB", help="Room for them, a world."),
    ),
    *_section(
        "Logs",
        _option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            help="How the log is written.",
        ),
        _option("--access-log/--no-access-log", default=True, help="One line a request."),
    ),
    *_section(
        "Start-up",
        _option(
            "--ready-file",
            type=ReadyFile(),
            default="",
            metavar="PATH",
            without="none",
            help="Gets the base URL once the server answers; - is standard output.",
        ),
        _option("--banner/--no-banner", default=True, help="Say how to call."),
    ),
]
