"""`alerts people remove`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.people.choosing import reader


@click.command(short_help="Erase all that is held of a reader.")
@click.argument("who", metavar="READER")
@common.config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(who: str, config_path: Path, yes: bool) -> None:
    """Erase a reader: the address, what they asked for, and all mails to them, sent or not. Mails that were sent are in
    their mailbox; what they said of alerts stays without them. To send nothing for a while: alerts people pause.

    Whose mails came back, or who complained, stays on a list of marks that no address can be read from, so that nobody
    writes to them again by mistake.
    """
    from alerts.store import people
    from alerts.store.database import reading, writing

    with common.store(common.load_config(config_path)) as engine:
        with reading(engine) as conn:
            person = reader(conn, who)
        _ask(yes, person.id)
        with writing(engine) as conn:
            people.remove_person(conn, person.id)
    click.echo(f"reader {person.id} was erased")
    named = [duty for duty in person.duties if duty != "reader"]
    if named:
        sections = " and ".join(f"[{duty}]" for duty in named)
        click.echo(f"the configuration names this address ({sections}): it is back at the next start", err=True)


def _ask(yes: bool, number: int) -> None:
    if yes:
        return
    try:
        click.confirm(f"Erase reader {number}?", abort=True, err=True)
    except click.Abort:
        click.echo("nothing was erased; --yes erases without asking", err=True)
        raise SystemExit(1) from None
