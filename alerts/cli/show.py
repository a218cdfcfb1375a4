"""`alerts show`: one alert with all that made it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.acts import Act
    from alerts.store.alerts import Record
    from alerts.store.judgements import Judged
    from alerts.track.ledger import LedgerEntry
    from alerts.types import Alert, Evidence


@click.command(short_help="Show one alert with its evidence.")
@click.argument("alert_id", metavar="ID")
@common.config_option
@common.json_option
@click.option("--cap", "as_cap", is_flag=True, help="Print its last version as a CAP 1.2 message.")
@click.option("--version", "version", type=click.IntRange(min=1), metavar="N", help="With --cap: that of version N.")
def command(alert_id: str, config_path: Path, as_json: bool, as_cap: bool, version: int | None) -> None:
    """Show one alert: what is known, its versions, and the sentences that made it fire."""
    if as_cap and as_json:
        raise click.UsageError("--cap and --json are two forms; choose one")
    if version is not None and not as_cap:
        raise click.UsageError("--version says which CAP message; give --cap too")
    if as_cap:
        print_cap(alert_id, version, config_path)
        return
    from alerts.store import codec

    seen = _read(alert_id, config_path)
    if as_json:
        more = {"acts": codec.to_json(seen.acts), "verdicts": codec.to_json(seen.verdicts)}
        common.print_json([codec.to_json(seen.record) | more])
        return
    _print_now(seen.record)
    _print_states(seen.rests_on)
    _print_others(seen)
    _print_versions(seen)
    _print_acts(seen.acts)
    _print_verdicts(seen.verdicts)
    _print_evidence(seen.record.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An alert with what was done and said about it, the other alerts of its incident with their titles, and how many
    of its mails each silence kept back."""

    record: Record
    acts: Sequence[Act]
    verdicts: Sequence[Judged]
    others: Sequence[tuple[Alert, str]]
    kept_back: Mapping[int, int]
    rests_on: Sequence[LedgerEntry]


def _read(alert_id: str, config_path: Path) -> _Seen:
    from alerts.errors import InputError
    from alerts.store import acts, alerts, incidents, judgements, ledger, silences
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        record = alerts.get_alert(conn, alert_id)
        if record is None:
            raise InputError(f"there is no alert {alert_id}; see: alerts list")
        own = record.alert.id
        return _Seen(
            record=record,
            acts=acts.of_alert(conn, own),
            verdicts=judgements.judgements_of(conn, own),
            others=incidents.others(conn, record.alert.incident, own),
            kept_back=silences.of_alert(conn, own),
            rests_on=ledger.rests_on(conn, [item.hit for item in record.evidence]),
        )


def _print_now(record: Record) -> None:
    """What is known now."""
    from alerts.template_filters import people
    from alerts.track.spike import words

    alert = record.alert
    place = f"{alert.place.name}, {alert.place.country}" if alert.place else "not known"
    click.secho(record.title, bold=True)
    click.echo(record.summary)
    state = f"merged into alert {alert.merged_into}" if alert.merged_into else alert.state
    click.echo(f"{alert.severity}, {alert.certainty}, {state}; place: {place}")
    if waits := _triage(alert):
        click.secho(waits, bold=True)
    for name, number in alert.numbers.items():
        click.echo(f"{name}: {people(number)} ('{number.text}')")
    if alert.spike is not None:
        click.echo(f"far above the usual: {words(alert.spike)} (by the test '{alert.spike.test}', {alert.spike.day})")
        if alert.spike.share is not None:
            click.echo(f"that is {alert.spike.share:.0%} of what the same outlets printed in the window")
    click.echo(f"rule {alert.rule}; articles: {alert.articles}, independent: {alert.origins}")


def _print_states(rests_on: Sequence[LedgerEntry]) -> None:
    """What must hold for it to be one of its rule, by the ledger."""
    for entry in rests_on:
        since = f"{entry.since:%Y-%m-%d %H:%M} UTC"
        click.echo(f"rests on: {entry.name} in {entry.place_name} since {since} (entry {entry.id}, {entry.opened_by})")


def _print_others(seen: _Seen) -> None:
    if seen.others:
        click.secho(f"\nincident {seen.record.alert.incident}: of the same happening", bold=True)
    for other, title in seen.others:
        click.echo(f"  {other.id}  {other.rule}: {title} ({other.severity}, {other.state})")


def _print_versions(seen: _Seen) -> None:
    click.secho("\nversions", bold=True)
    for told in seen.record.versions:
        changes = f" ({'; '.join(told.changes)})" if told.changes else ""
        click.echo(f"  {told.version}  {told.at:%Y-%m-%d %H:%M}  {told.kind}: {told.why}{changes}")
    if not seen.record.versions:
        click.echo("  none: nobody was told")
    for silence_id, mails in seen.kept_back.items():
        click.echo(f"  {'1 mail' if mails == 1 else f'{mails} mails'} kept back: alerts silence show {silence_id}")


def _print_evidence(evidence: Sequence[Evidence]) -> None:
    click.secho("\nevidence", bold=True)
    for item in evidence:
        same = "" if item.origin == item.article_id else "  (the same origin as an earlier one)"
        article = f"article {item.article_id}"
        click.echo(f"  {item.published:%Y-%m-%d %H:%M}  {article}  {item.source}: {item.title}{same}")
        click.echo(f'      "{item.hit.sentence}"')
        if item.url:
            click.echo(f"      {item.url}")


def _triage(alert: Alert) -> str:
    """What a person is asked, or decided, about telling it; "" where nobody was."""
    if alert.triage == "waiting":
        known = f"; readers know it as {alert.told.get('severity')}" if alert.version else "; nobody was told"
        since = f" since {alert.waits_since:%Y-%m-%d %H:%M}" if alert.waits_since else ""
        return f"waits for a person{since}{known}: alerts triage approve {alert.id}"
    if alert.triage == "let_go":
        return "told without review: no person looked in time"
    if alert.triage is None:
        return ""
    known = f"; readers know it as {alert.told.get('severity')}" if alert.triage == "dropped" and alert.version else ""
    return f"{alert.triage} by a person, up to {alert.approved}{known}"


def _print_acts(done: Sequence[Act]) -> None:
    if done:
        click.secho("\nwhat was done", bold=True)
    for act in done:
        why = f": {act.why}" if act.why else ""
        title = f" (title: {act.detail['title']})" if act.detail.get("title") else ""
        kind = act.kind.replace("_", " ")
        click.echo(f"  {act.at:%Y-%m-%d %H:%M}  {kind}, version {act.version}, by {act.who or 'somebody'}{why}{title}")


def _print_verdicts(said: Sequence[Judged]) -> None:
    if said:
        click.secho("\nwhat was said", bold=True)
    for one in said:
        of = f" of {one.duplicate_of}" if one.duplicate_of else ""
        why = f": {one.why}" if one.why else ""
        click.echo(f"  {one.at:%Y-%m-%d %H:%M}  {one.verdict.replace('_', ' ')}{of}, by {one.who or 'somebody'}{why}")


def print_cap(alert_id: str, version: int | None, config_path: Path) -> None:
    """The message of a version, as it was issued. Raises InputError where there is none."""
    from alerts.errors import InputError
    from alerts.render.cap import cap, issuer_of, status
    from alerts.render.view import Site
    from alerts.store import alerts, archive
    from alerts.store.database import reading

    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        known = alerts.alert_of(conn, alert_id)
        found = archive.version_with_earlier(conn, alert_id, version)
    if known is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    if found is None and not known.version:
        raise InputError(f"nobody was told of alert {alert_id} yet, so there is no message")
    if found is None:
        raise InputError(f"alert {alert_id} has no version {version}; its last is {known.version}")
    if status(found[0]) == "Draft":
        raise InputError(f"alert {alert_id} waits for a person to approve it; until then there is no message")
    site = Site(name=config.service.name, base_url=config.web.base_url, contact=config.service.contact)
    click.echo(cap(*found, issuer_of(site)), nl=sys.stdout.isatty())  # into a file or pipe: the very bytes
