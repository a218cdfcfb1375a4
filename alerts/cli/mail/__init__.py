"""`alerts mail`: what goes out, how it looks, why, and what is kept back."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.mail.holding import hold, release
from alerts.cli.mail.preview import preview
from alerts.cli.mail.queue import queue
from alerts.cli.mail.trying import test
from alerts.cli.mail.why import why


@click.group(
    name="mail", cls=common.Group, short_help="Look at mails before they go, try the way out, hold and release."
)
def command() -> None:
    """The mails: how one looks, whether the way out is open, who was told what and why, what waits, and what an
    operator holds back or lets go.

    Mails and readers are named by number. No address is shown that was not asked for (--addresses).
    """


for one in (preview, test, why, queue, hold, release):
    command.add_command(one)
