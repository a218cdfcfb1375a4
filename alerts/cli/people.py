"""`alerts people`: the readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.types import SEVERITIES, Severity

if TYPE_CHECKING:
    from alerts.config import Config


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
@click.option("--language", default="en", show_default=True, help="Language of the mails.")
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
    database only, which no other user of the machine can read.
    """
    from alerts.errors import InputError
    from alerts.store import people
    from alerts.store.database import writing

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path) if countries else None
    codes = []
    for country in countries:
        code = places.country_of(country) if places else None
        if code is None:
            raise InputError(f"'{country}' is no country: write its English name or its ISO code (SYR)")
        codes.append(code)
    if events:
        _known_events(events, config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        person = people.add_person(
            conn,
            address,
            now=common.now(),
            events=events,
            countries=codes,
            min_severity=min_severity,
            language=language,
        )
    click.echo(f"added as reader {person.id}")


def _known_events(events: tuple[str, ...], config: Config, config_path: Path) -> None:
    from difflib import get_close_matches

    from alerts.errors import InputError

    book, _ = common.rulebook(config, config_path)
    known = sorted({rule.event for rule in book.ruleset.rules if rule.event})
    for event in events:
        if event not in known:
            near = get_close_matches(event, known, n=1, cutoff=0.5)
            advice = f"; did you mean '{near[0]}'?" if near else f" (there are {', '.join(known)})"
            raise InputError(f"no rule flags the event '{event}'{advice}")


@command.command(name="list")
@common.config_option
@common.json_option
def list_(config_path: Path, as_json: bool) -> None:
    """List the readers. Addresses are shown: mind who looks over your shoulder."""
    from alerts.store import people
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = people.list_people(conn)
    if as_json:
        common.print_json(
            [
                {
                    "id": one.id,
                    "address": one.address,
                    "events": one.events,
                    "countries": one.countries,
                    "min_severity": one.min_severity,
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
            one.address,
            ", ".join(one.events) or "all",
            ", ".join(one.countries) or "all",
            one.min_severity,
            "" if one.active else "paused",
        )
        for one in found
    ]
    common.print_table(
        ("id", "address", "events", "countries", "from severity", ""),
        rows,
        empty="no readers yet; add one: alerts people add ADDRESS",
    )
