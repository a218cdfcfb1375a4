"""`alerts people change`, `pause` and `resume`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from alerts.cli import common, placing
from alerts.cli.people.choosing import lift_option, mind_suppressed, reader
from alerts.cli.people.options import given, wishes_options
from alerts.errors import InputError


@click.command(short_help="Change what a reader asks for.")
@click.argument("who", metavar="READER")
@common.config_option
@wishes_options(usual=True)
def change(who: str, config_path: Path, **options: Any) -> None:
    """Change what a reader asks for; what you do not name stays. A list is replaced as a whole, and the word usual
    takes a wish back.

    \b
      alerts people change 12 --min-severity severe --rhythm now
      alerts people change 12 --country usual --near Taiz:50km
    """
    from alerts.cli.people import wishes
    from alerts.notify import anew
    from alerts.render.wishes import changed
    from alerts.store.database import writing

    config = common.load_config(config_path)
    asked = given(options)
    if not asked:
        raise InputError("say what is to change: alerts people change --help")
    known = wishes.Known(config=config, config_path=config_path)
    changes = wishes.read(asked, known)
    for remark in known.remarks:
        click.echo(remark, err=True)
    with common.store(config) as engine, writing(engine) as conn:
        person = reader(conn, who)
        wanted = replace(person.wishes, **changes)
        anew.change(conn, person, wanted, common.now())
    if wanted == person.wishes:
        click.echo("nothing to change: so it is already")
        return
    click.echo(f"changed reader {person.id}")
    for line in changed(person.wishes, wanted, placing.namer(config, config_path)):
        click.echo(f"  {line}")


@click.command(short_help="Send a reader nothing for a while.")
@click.argument("who", metavar="READER")
@common.config_option
@click.option("--until", metavar="WHEN", help='2026-01-31, "2026-01-31 18:00" (UTC), or "7 days" from now.')
def pause(who: str, config_path: Path, until: str | None) -> None:
    """Send a reader nothing until a moment, or without --until until alerts people resume. What comes meanwhile is not
    mailed later."""
    from alerts.cli.people.wishes import moment
    from alerts.notify import anew
    from alerts.store import people
    from alerts.store.database import writing

    now = common.now()
    end = None if until is None else moment(until, now)
    if end is not None and end <= now:
        raise InputError(
            "--until lies in the past; write a later one, or leave it out to pause until alerts people resume"
        )
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        person = reader(conn, who)
        if end is None:
            people.set_active(conn, person.id, False)
        else:
            anew.change(conn, person, replace(person.wishes, paused_until=end), now)
    till = f"until {end:%Y-%m-%d %H:%M} UTC" if end else f"until: alerts people resume {person.id}"
    click.echo(f"reader {person.id} gets nothing {till}")


@click.command(short_help="Send a paused reader mails again.")
@click.argument("who", metavar="READER")
@common.config_option
@lift_option
def resume(who: str, config_path: Path, lift: bool) -> None:
    """Send a paused reader mails again, from the next alert on."""
    from alerts.notify import anew
    from alerts.store import people
    from alerts.store.database import writing

    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        person = reader(conn, who)
        mind_suppressed(conn, people.marks(conn, [person.id])[person.id], lift=lift)
        people.set_active(conn, person.id, True)
        anew.change(conn, person, replace(person.wishes, paused_until=None), common.now())
    click.echo(f"reader {person.id} gets mail")
