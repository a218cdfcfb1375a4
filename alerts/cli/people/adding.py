"""`alerts people add`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from alerts.cli import common
from alerts.cli.people.options import given, wishes_options
from alerts.errors import InputError


@click.command(short_help="Add a reader with what they ask for.")
@click.argument("address")
@common.config_option
@wishes_options(usual=False)
def add(address: str, config_path: Path, **options: Any) -> None:
    """Add a reader. Without --event and a place (--country, --region, --near, which add up) they get all alerts.

    A reader you add gets mail at once, without being asked: ask people first. Who reads these alerts can be a dangerous
    thing to know, so addresses lie sealed in the database only. ADDRESS may be - for addresses from standard input, one
    a line: then they do not stay in your shell's history.

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
    added = []
    with common.store(config) as engine, writing(engine) as conn:
        for where, one in _addresses(address):
            with _placed(where):
                person = people.add_person(conn, one, now=common.now(), wishes=wanted)
            added.append(str(person.id))
    if not added:
        raise InputError("there is no address on standard input")
    click.echo(f"added as reader {added[0]}" if len(added) == 1 else f"added as readers {', '.join(added)}")


def _addresses(given: str) -> Iterator[tuple[str, str]]:
    """The addresses, each with what a message about it begins with: never the address itself."""
    if given != "-":
        yield "", given
        return
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            yield f"line {number}: ", line.strip()


@contextmanager
def _placed(where: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}{error}{'; nobody was added' if where else ''}") from None
