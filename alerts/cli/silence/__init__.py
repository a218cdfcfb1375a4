"""`alerts silence`: mails that are not wanted for a while."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.silence.add import add
from alerts.cli.silence.listing import end, list_, show


@click.group(name="silence", cls=common.Group, short_help="Keep mails of a rule or place back for a while.")
def command() -> None:
    """Silences keep back the mails about a rule, a place, or a rule at a place, for at most 30 days. What is extreme
    is mailed all the same. The alerts are stored, shown and counted as ever.
    """


command.add_command(add)
command.add_command(list_)
command.add_command(show)
command.add_command(end)
