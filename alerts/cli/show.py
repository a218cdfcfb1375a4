"""`alerts show`: one alert with all that made it."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(short_help="Show one alert with its evidence.")
@click.argument("alert_id", metavar="ID")
@common.config_option
@common.json_option
def command(alert_id: str, config_path: Path, as_json: bool) -> None:
    """Show one alert: what is known, its versions, and the sentences that made it fire."""
    from alerts.errors import InputError
    from alerts.store import alerts, codec
    from alerts.store.database import reading
    from alerts.template_filters import people
    from alerts.track.spike import words

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        record = alerts.get_alert(conn, alert_id)
    if record is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    if as_json:
        common.print_json([codec.to_json(record)])
        return
    alert = record.alert
    place = f"{alert.place.name}, {alert.place.country}" if alert.place else "not known"
    click.secho(record.title, bold=True)
    click.echo(record.summary)
    click.echo(f"{alert.severity}, {alert.certainty}, {alert.state}; place: {place}")
    for name, number in alert.numbers.items():
        click.echo(f"{name}: {people(number)} ('{number.text}')")
    if alert.spike is not None:
        click.echo(f"far above the usual: {words(alert.spike)} (by the test '{alert.spike.test}', {alert.spike.day})")
        if alert.spike.share is not None:
            click.echo(f"that is {alert.spike.share:.0%} of what the same outlets printed in the window")
    click.echo(f"rule {alert.rule}; articles: {alert.articles}, independent: {alert.origins}")
    click.secho("\nversions", bold=True)
    for version in record.versions:
        changes = f" ({'; '.join(version.changes)})" if version.changes else ""
        click.echo(f"  {version.version}  {version.at:%Y-%m-%d %H:%M}  {version.kind}: {version.why}{changes}")
    if not record.versions:
        click.echo("  none: nobody was told")
    click.secho("\nevidence", bold=True)
    for item in record.evidence:
        same = "" if item.origin == item.article_id else "  (the same origin as an earlier one)"
        click.echo(f"  {item.published:%Y-%m-%d %H:%M}  {item.source}: {item.title}{same}")
        click.echo(f'      "{item.hit.sentence}"')
        if item.url:
            click.echo(f"      {item.url}")
