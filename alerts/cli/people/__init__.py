"""`alerts people`: the readers. Addresses are shown only to who asks for them by an option: lists are looked at on
screens in offices, and are pasted into tickets."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.people.adding import add
from alerts.cli.people.changing import change, pause, resume
from alerts.cli.people.exporting import export
from alerts.cli.people.importing import import_
from alerts.cli.people.looking import list_, show
from alerts.cli.people.removing import remove


@click.group(name="people", cls=common.Group, short_help="Add, change and list the readers of alerts.")
def command() -> None:
    """The readers of alerts: who gets which mails, and when.

    Who reads is the secret: addresses lie sealed in the database, and no command shows one that was not asked to
    (--addresses). A reader is named by the number that `alerts people list` shows, or by the address.
    """


for one in (add, change, show, list_, pause, resume, remove, import_, export):
    command.add_command(one)
