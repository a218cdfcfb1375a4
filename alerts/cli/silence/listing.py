"""`alerts silence list`, `show` and `end`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common
from alerts.track.silence import said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.silences import Hidden
    from alerts.track.silence import Silence


@click.command(name="list", short_help="List silences, the first to end first.")
@common.config_option
@common.json_option
@click.option("--all", "everything", is_flag=True, help="Those that are over too, the latest first.")
def list_(config_path: Path, as_json: bool, everything: bool) -> None:
    """List the silences: what each hides, until when, how many alerts it hid, and who wanted it and why."""
    from alerts.store import silences
    from alerts.store.database import reading

    at = common.now()
    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found, hid = silences.list_silences(conn, ended=everything), silences.how_many(conn)
    if as_json:
        common.print_json([_row(one, hid.get(one.id, 0)) for one in found])
        return
    rows = [(one.id, said(one), _until(one, at), hid.get(one.id, 0), one.author, one.why) for one in found]
    columns = ("id", "hides", "until", "hid", "by", "why")
    common.print_table(columns, rows, empty="no silences" if everything else "nothing is silenced")


@click.command(name="show", short_help="Show one silence with the alerts it hid.")
@click.argument("silence_id", type=int, metavar="ID")
@common.config_option
@common.json_option
def show(silence_id: int, config_path: Path, as_json: bool) -> None:
    """Show one silence with all the alerts that it hid, the latest first."""
    from alerts.store import codec, silences
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        one = _get(conn, silence_id)
        hidden = silences.hidden_by(conn, one.id)
    if as_json:
        common.print_json([_row(one, len(hidden)) | {"hidden": codec.to_json(hidden)}])
        return
    at = common.now()
    for name, value in (
        ("hides", said(one)),
        ("by", f"{one.author}, {one.created:%Y-%m-%d %H:%M} UTC"),
        ("why", one.why),
        ("until", _until(one, at)),
        ("idle", f"ends early after {one.idle_days} days without an alert" if one.idle_days else None),
    ):
        if value:
            click.echo(f"{name:6} {value}")
    click.echo(f"{'hid':6} {len(hidden) or 'nothing yet'}{_alerts(len(hidden))}")
    for line in hidden_lines(hidden):
        click.echo(line)


@click.command(name="end", short_help="End a silence before its time.")
@click.argument("silence_id", type=int, metavar="ID")
@common.config_option
@click.option("--why", default="", metavar="TEXT", help="Why; kept with the silence.")
def end(silence_id: int, config_path: Path, why: str) -> None:
    """End a silence before its time. Its alerts mail again from their next version on, and say what was missed."""
    from alerts.store import silences
    from alerts.store.database import writing

    because = f"by {common.user() or 'hand'}{f': {why.strip()}' if why.strip() else ''}"
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        one = silences.end(conn, silence_id, common.now(), because)
        hidden = silences.hidden_by(conn, one.id)
    click.echo(f"silence {one.id} is over; it hid {len(hidden) or 'nothing'}{_alerts(len(hidden))}")
    for line in hidden_lines(hidden):
        click.echo(line)


def hidden_lines(hidden: list[Hidden]) -> list[str]:
    """The alerts that a silence hid, a line each."""
    return [f"  {one.at:%Y-%m-%d %H:%M}  {one.severity:8}  {one.title} (alert {one.alert_id})" for one in hidden]


def _alerts(count: int) -> str:
    return "" if not count else " alert" if count == 1 else " alerts"


def _get(conn: Connection, silence_id: int) -> Silence:
    from alerts.errors import InputError
    from alerts.store import silences

    found = silences.get(conn, silence_id)
    if found is None:
        raise InputError(f"there is no silence {silence_id}; see: alerts silence list --all")
    return found


def _until(one: Silence, at: datetime) -> str:
    if one.ended is not None:
        return f"ended {one.ended:%Y-%m-%d %H:%M}: {one.ended_because}"
    return f"{one.until:%Y-%m-%d %H:%M} UTC ({common.ago(one.until, at)})"


def _row(one: Silence, hid: int) -> dict[str, Any]:
    from alerts.store import codec

    row: dict[str, Any] = codec.to_json(one)
    if one.place is not None:
        row["place"] = {name: getattr(one.place, name) for name in ("id", "name", "country", "precision")}
    return row | {"hid": hid}
