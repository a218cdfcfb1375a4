"""`alerts list`: the alerts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.types import SEVERITIES, Severity

if TYPE_CHECKING:
    from alerts.config import Config


# Of what a person decided about telling an alert, that which keeps it from readers.
_UNTOLD = ("waiting", "dropped")


@click.command(short_help="List alerts, the latest changed first.")
@common.config_option
@common.json_option
@click.option("--open", "open_only", is_flag=True, help="Only those that go on.")
@click.option("--triage", "waiting", is_flag=True, help="Only those that wait for a person: see alerts triage.")
@click.option("--event", "events", multiple=True, help="Only this event, such as siege (repeatable).")
@click.option("--country", "countries", multiple=True, help="Only this country: SYR or Syria (repeatable).")
@click.option("--min-severity", type=click.Choice(SEVERITIES), default="minor", help="This severity or worse.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
def command(
    config_path: Path,
    as_json: bool,
    open_only: bool,
    waiting: bool,
    events: tuple[str, ...],
    countries: tuple[str, ...],
    min_severity: Severity,
    limit: int,
) -> None:
    """List alerts, the latest changed first. See one with its evidence: alerts show ID."""
    from alerts.store import alerts, codec
    from alerts.store.database import reading

    config = common.load_config(config_path)
    wanted = alerts.Filter(
        open_only=open_only,
        waiting=waiting,
        events=events,
        countries=_codes(config, config_path, countries),
        min_severity=min_severity,
    )
    with common.store(config) as engine, reading(engine) as conn:
        found = alerts.list_alerts(conn, wanted, limit=limit + 1)
    if not found and events:
        common.known_events(config, config_path, events)
    more, found = found[limit:], found[:limit]
    if as_json:
        common.print_json([codec.to_json(one.alert) | {"title": one.title, "summary": one.summary} for one in found])
        return
    at = common.now()
    rows = [
        (
            one.alert.id,
            one.alert.incident,
            one.alert.severity,
            one.alert.certainty,
            f"{one.alert.state}, {one.alert.triage}" if one.alert.triage in _UNTOLD else one.alert.state,
            one.title,
            one.alert.place.country if one.alert.place else "",
            f"{one.alert.origins}/{one.alert.articles}",
            common.ago(one.alert.updated, at),
        )
        for one in found
    ]
    columns = ("id", "incident", "severity", "certainty", "state", "title", "in", "sources/articles", "changed")
    common.print_table(
        columns, rows, empty="no alerts like that" if events or countries or waiting else "no alerts yet"
    )
    if more:
        click.echo(f"there are more than these {limit}; see --limit", err=True)


def _codes(config: Config, config_path: Path, countries: tuple[str, ...]) -> tuple[str, ...]:
    if not countries:
        return ()
    places = common.gazetteer(config, config_path)
    return tuple(common.country_code(places, country) for country in countries)
