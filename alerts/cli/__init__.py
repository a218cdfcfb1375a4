"""The command line. Each group of commands has its module, which is imported only when it is called, so that
`alerts --help` is quick and a command loads only what it needs."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from alerts import __version__
from alerts.cli.common import Group
from alerts.errors import AlertsError

# name: (module, what it is for, in one line)
COMMANDS = {
    "run": ("alerts.cli.run", "Run the service: collect, read, match, track, mail, web."),
    "demo": ("alerts.cli.demo", "The whole service on a shipped story, without network or mail server."),
    "check": ("alerts.cli.check", "Check configuration, rules, templates, database and mail server."),
    "feeds": ("alerts.cli.feeds", "Look at feeds, add, change, list and poll them."),
    "rules": ("alerts.cli.rules", "Write, check, explain and judge rules."),
    "detect": ("alerts.cli.detect", "Flag events in articles: JSON lines in, JSON lines out."),
    "replay": ("alerts.cli.replay", "Articles through the whole life of alerts, on their own clock."),
    "list": ("alerts.cli.listing", "List alerts."),
    "show": ("alerts.cli.show", "Show one alert with its evidence."),
    "triage": ("alerts.cli.triage", "Look at alerts before readers are told."),
    "ack": ("alerts.cli.ack", "Acknowledge an alert: somebody has it."),
    "close": ("alerts.cli.close", "Give the all-clear: the event is over."),
    "cancel": ("alerts.cli.cancel", "Take an alert back: it was wrong."),
    "merge": ("alerts.cli.merge", "Two alerts are one event: they become one alert."),
    "split": ("alerts.cli.split", "An alert is two events: a part becomes an alert of its own."),
    "silence": ("alerts.cli.silence", "Keep mails of a rule or place back for a while."),
    "ledger": ("alerts.cli.ledger", "What holds where: ceasefires, sieges."),
    "mail": ("alerts.cli.mail", "How mails look, whether they get out, who got which and why."),
    "people": ("alerts.cli.people", "Add, change and list the readers of alerts."),
    "operators": ("alerts.cli.operators", "Who may log in to the pages, and as what."),
    "notices": ("alerts.cli.notices", "What does not go on as it should."),
    "status": ("alerts.cli.status", "What the service is doing: feeds, queues, last alerts."),
    "db": ("alerts.cli.db", "Bring the database up to date, move it, back it up and restore it."),
}


class Commands(Group):
    """A group whose commands are imported when called."""

    def __init__(self, modules: dict[str, tuple[str, str]], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.modules:
            return None
        command: click.Command = importlib.import_module(self.modules[name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self.modules.items()])


@click.group(
    cls=Commands,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try 'alerts demo' first. Each command explains itself: alerts COMMAND --help.",
)
@click.version_option(__version__, prog_name="alerts")
def cli() -> None:
    """Reads news and humanitarian feeds, flags events by rule files, and mails explained alerts.

    A new installation: write config.toml (alerts check says where an example is), then

    \b
      alerts check                      is everything in order?
      alerts feeds add URL --source X   what to read
      alerts people add ADDRESS         who is told
      alerts run                        go
    """


def main(args: Sequence[str] | None = None) -> None:
    """The entry point: our own errors, and files and disks that fail, become one message and exit status 1.
    A traceback is a fault of this program. `args`: by default those of the process."""
    if sys.stdout is None:  # closed by the caller
        sys.stdout = open(os.devnull, "w")
    try:
        try:
            cli(args, prog_name="alerts")
        finally:
            sys.stdout.flush()
    except AlertsError as error:
        click.echo(f"alerts: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        # What could not be written to standard output must not be tried again when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"alerts: {where}{error.strerror or error}", err=True)
        sys.exit(1)
