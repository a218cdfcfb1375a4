"""`alerts people`: the readers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from alerts.cli import common
from alerts.errors import InputError
from alerts.readers import Wishes
from alerts.types import SEVERITIES, Severity


@click.group(name="people", cls=common.Group, short_help="Add and list the readers of alerts.")
def command() -> None:
    """The readers of alerts: who gets which mails."""


@command.command()
@click.argument("address")
@common.config_option
@click.option("--event", "events", multiple=True, help="Only this event, such as displacement (repeatable).")
@click.option("--country", "countries", multiple=True, help="Only this country: SYR or Syria (repeatable).")
@click.option(
    "--min-severity", type=click.Choice(SEVERITIES), default="minor", show_default=True, help="This severity or worse."
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    callback=common.language_code,
    help="Language of the mails, where templates/ has it.",
)
def add(
    address: str,
    config_path: Path,
    events: tuple[str, ...],
    countries: tuple[str, ...],
    min_severity: Severity,
    language: str,
) -> None:
    """Add a reader. Without --event and --country they get all alerts.

    Ask people first: who reads these alerts can be a dangerous thing to know, so the list is stored in the
    database only, which no other user of the machine can read. ADDRESS may be - for addresses from standard
    input, one a line: then they do not stay in your shell's history.
    """
    from alerts.store import people
    from alerts.store.database import writing

    config = common.load_config(config_path)
    codes = []
    if countries:
        places = common.gazetteer(config, config_path)
        codes = [common.country_code(places, country) for country in countries]
    if events:
        common.known_events(config, config_path, events)
    wishes = Wishes(events=events, countries=tuple(codes), min_severity=min_severity, language=language)
    added = []
    with common.store(config) as engine, writing(engine) as conn:
        for where, one in _addresses(address):
            with _placed(where):
                person = people.add_person(conn, one, now=common.now(), wishes=wishes)
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


@command.command(name="list")
@common.config_option
@common.json_option
def list_(config_path: Path, as_json: bool) -> None:
    """List the readers. Addresses are shown: mind who looks over your shoulder."""
    from alerts.store import people
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = people.list_people(conn)
        addresses = people.addresses(conn, [one.id for one in found])
    if as_json:
        common.print_json(
            [
                {
                    "id": one.id,
                    "address": addresses[one.id],
                    "events": one.wishes.events,
                    "countries": one.wishes.countries,
                    "min_severity": one.wishes.min_severity,
                    "language": one.language,
                    "active": one.active,
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.id,
            addresses[one.id],
            ", ".join(one.wishes.events) or "all",
            ", ".join(one.wishes.countries) or "all",
            one.wishes.min_severity,
            "" if one.active else "paused",
        )
        for one in found
    ]
    common.print_table(
        ("id", "address", "events", "countries", "from severity", ""),
        rows,
        empty="no readers yet; add one: alerts people add ADDRESS",
    )
