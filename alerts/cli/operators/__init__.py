"""`alerts operators`: who may log in to the pages of operators, and as what. It works without the pages and without
mail: with a shell on the machine the first operator comes in, and the last one who locked themselves out comes back."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.operators.entering import link
from alerts.cli.operators.keys import key, keys, withdraw
from alerts.cli.operators.managing import add, list_, remove, role


@click.group(name="operators", cls=common.Group, short_help="Who may log in to the pages, and as what.")
def command() -> None:
    """The operators: who looks after the service on its pages (/operations), in which role.

    \b
      viewer    sees the pages: feeds, mails, alerts that wait, verdicts
      analyst   decides about alerts and silences, and writes rules that are in test
      admin     holds and releases mails, puts rules in force, and reads who did what

    Each role may do what those before it may. There are no passwords: whoever wants to log in types their address at
    /login and gets a link by mail; alerts operators link makes one without mail. An operator is named by the name, the
    number that `alerts operators list` shows, or the address (- reads it from standard input).
    """


for one in (add, list_, role, remove, link, key, keys, withdraw):
    command.add_command(one)
