"""`alerts ledger`: what holds where, since when, and by whose word."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.ledger.listing import list_
from alerts.cli.ledger.saying import close, open_


@click.group(name="ledger", cls=common.Group, short_help="What holds where: ceasefires, sieges.")
def command() -> None:
    """The ledger says what holds where: that a ceasefire is in force, that a town is besieged. Reports open and close
    its entries by the rules; what reports do not say, or say wrongly, a person can.
    """


command.add_command(list_)
command.add_command(open_)
command.add_command(close)
