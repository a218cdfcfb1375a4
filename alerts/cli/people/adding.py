"""`alerts people add`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from alerts.cli import common
from alerts.cli.people.choosing import lift_option, mind_suppressed
from alerts.cli.people.options import given, wishes_options
from alerts.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.readers import Wishes

_MOST_SAID: Final = 20


@click.command(short_help="Add a reader with what they ask for.")
@click.argument("address")
@common.config_option
@wishes_options(usual=False)
@click.option("--invite", is_flag=True, help="Ask them by mail first: they get nothing else until they say yes.")
@lift_option
def add(address: str, config_path: Path, invite: bool, lift: bool, **options: Any) -> None:
    """Add a reader. Without --event and a place (--country, --region, --near, which add up) they get all alerts.

    A reader you add gets mail at once, without being asked: ask people first, or let --invite do it. Who reads these
    alerts can be a dangerous thing to know, so addresses lie sealed in the database only. ADDRESS may be - for
    addresses from standard input, one a line: then they do not stay in your shell's history.

    \b
      alerts people add - --country Yemen --min-severity severe < addresses.txt
      alerts people add desk@example.org --near Taiz:50km --rhythm daily --hour 6 --time-zone Asia/Aden
      alerts people add desk@example.org --quiet 22:00-06:00 --wake-from extreme --time-zone Asia/Aden
    """
    from alerts.cli.people import wishes
    from alerts.readers import ALL
    from alerts.store import people
    from alerts.store.database import writing

    config = common.load_config(config_path)
    known = wishes.Known(config=config, config_path=config_path)
    wanted = replace(ALL, **wishes.read(given(options), known))
    for remark in known.remarks:
        click.echo(remark, err=True)
    now, added, wrong = common.now(), list[str](), list[str]()
    with common.store(config) as engine, writing(engine) as conn:
        for where, one in _addresses(address):
            try:
                mind_suppressed(conn, people.mark_of(conn, one), lift=lift)
                if invite:
                    added.append(str(_invite(conn, config, one, wanted)))
                else:
                    added.append(str(people.add_person(conn, one, now=now, wishes=wanted).id))
            except InputError as error:
                wrong.append(f"{where}{error}")
        if wrong:
            raise InputError("\n".join(_told(wrong, many=address == "-")))
    done = "asked by mail, and will be" if invite else "added as"
    click.echo(f"{done} reader {added[0]}" if len(added) == 1 else f"{done} readers {', '.join(added)}")


def _told(wrong: list[str], *, many: bool) -> list[str]:
    if not many:
        return wrong
    more = [f"and {len(wrong) - _MOST_SAID} more such lines"] if len(wrong) > _MOST_SAID else []
    return [*wrong[:_MOST_SAID], *more, "nobody was added"]


def _invite(conn: Connection, config: Config, address: str, wishes: Wishes) -> int:
    """Ask somebody whether they want these mails; their number. Raises InputError where no mail goes out."""
    from alerts.configured import desk_of, secret_of
    from alerts.notify.joining import signup
    from alerts.store import outbox, people

    known = people.find_person(conn, address)
    if known is not None and known.active and "reader" in known.duties:
        raise InputError(f"this address is on the list already, as reader {known.id}")
    desk = replace(desk_of(config, secret_of(config)), open=True)  # who runs the service may ask whom they want
    now = common.now()
    signup.ask(desk, conn, address, wishes, how="web", now=now)
    person = people.find_person(conn, address)
    letters = outbox.some(conn, person_id=person.id) if person is not None else []
    if person is None or not any(row.letter == "confirm" and row.created == now for row in letters):
        raise InputError(
            "nobody was asked: one mail a day goes to an address that has not said yes, and 200 an hour in all"
        )
    return person.id


def _addresses(given: str) -> Iterator[tuple[str, str]]:
    """The addresses, each with what a message about it begins with: never the address itself. One that stands twice
    comes once."""
    from alerts.cli.people.tables import text_of

    if given != "-":
        yield "", given
        return
    seen: set[str] = set()
    for number, line in enumerate(text_of("-", "nobody was added").splitlines(), 1):
        if (one := line.strip()) and one.casefold() not in seen:
            seen.add(one.casefold())
            yield f"line {number}: ", one
