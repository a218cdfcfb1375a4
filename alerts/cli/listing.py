"""`alerts list`: the alerts."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common
from alerts.types import SEVERITIES, Severity


@click.command(short_help="List alerts, the latest changed first.")
@common.config_option
@common.json_option
@click.option("--open", "open_only", is_flag=True, help="Only those that go on.")
@click.option("--event", "events", multiple=True, help="Only this event, such as siege (repeatable).")
@click.option("--country", "countries", multiple=True, metavar="ISO3", help="Only this country: SYR (repeatable).")
@click.option("--min-severity", type=click.Choice(SEVERITIES), default="minor", help="This severity or worse.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
def command(
    config_path: Path,
    as_json: bool,
    open_only: bool,
    events: tuple[str, ...],
    countries: tuple[str, ...],
    min_severity: Severity,
    limit: int,
) -> None:
    """List alerts, the latest changed first. See one with its evidence: alerts show ID."""
    from alerts.store import alerts, codec
    from alerts.store.database import reading

    wanted = alerts.Filter(
        open_only=open_only,
        events=events,
        countries=tuple(country.upper() for country in countries),
        min_severity=min_severity,
    )
    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = alerts.list_alerts(conn, wanted, limit=limit)
    if as_json:
        common.print_json([codec.to_json(one.alert) | {"title": one.title, "summary": one.summary} for one in found])
        return
    at = common.now()
    rows = [
        (
            one.alert.id,
            one.alert.severity,
            one.alert.certainty,
            one.alert.state,
            one.title,
            one.alert.place.country if one.alert.place else "",
            f"{one.alert.origins}/{one.alert.articles}",
            common.ago(one.alert.updated, at),
        )
        for one in found
    ]
    columns = ("id", "severity", "certainty", "state", "title", "in", "sources/articles", "changed")
    common.print_table(columns, rows, empty="no alerts")
