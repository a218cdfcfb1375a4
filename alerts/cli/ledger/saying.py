"""`alerts ledger open` and `close`: what a person knows better than the reports."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.ledger import asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from alerts.match.rule import Rule
    from alerts.read.places import Gazetteer
    from alerts.track.ledger import LedgerEntry
    from alerts.types import Place


@click.command(name="open", short_help="Say that something holds at a place.")
@click.argument("name", metavar="STATE")
@click.argument("place", metavar="PLACE")
@common.config_option
@click.option("--country", default="", metavar="COUNTRY", help="Where PLACE is.")
@click.option("--since", default="", metavar="WHEN", help='2026-01-31, "2026-01-31 18:00" (UTC).  [default: now]')
@click.option("--until", default="", metavar="WHEN", help="When it ends, if that is known.")
@click.option("--why", default="", metavar="TEXT", help="Why; kept with the entry.")
def open_(name: str, place: str, config_path: Path, country: str, since: str, until: str, why: str) -> None:
    """Say that a STATE (ceasefire, siege ...) holds at a PLACE. No report of the time before undoes it; a later report
    that it ended does. Without --until it holds as long as its rule says, and longer if it is confirmed."""
    from alerts.errors import InputError
    from alerts.store import ledger as store
    from alerts.store.database import alone_with_alerts, writing
    from alerts.track import ledger

    config, now = common.load_config(config_path), common.now()
    by = asked.by_hand(why)
    places = common.gazetteer(config, config_path)
    state, _ = asked.state(name, asked.states(config, config_path))
    where = asked.kept(asked.place(place, country, places), state, places)
    begins = asked.moment(since, now, "--since") if since else now
    ends = asked.moment(until, now, "--until") if until else None
    if ends is not None and ends <= begins:
        raise InputError("--until: it ends before it begins")
    with common.store(config) as engine, writing(engine) as conn:
        alone_with_alerts(conn)
        known = store.entries(conn, where.country, name=name)
        change = ledger.declared(
            known, name=name, place=where, since=begins, ends=ends, lasts=state.lasts, by=by, said=now
        )
        [made] = store.save(conn, [change])
    held = f"holds at {made.place_name}" if made.end > now else f"held at {made.place_name}"
    click.echo(f"entry {made.id}: {name} {held} from {_said(made.since)} until {_said(made.end)}")


@click.command(name="close", short_help="Say that something is over at a place.")
@click.argument("which", metavar="ENTRY")
@click.argument("place", metavar="[PLACE]", default="")
@common.config_option
@click.option("--country", default="", metavar="COUNTRY", help="Where PLACE is.")
@click.option("--at", "ended", default="", metavar="WHEN", help='2026-01-31, "2026-01-31 18:00" (UTC).  [default: now]')
@click.option("--why", default="", metavar="TEXT", help="Why; kept with the entry.")
def close(which: str, place: str, config_path: Path, country: str, ended: str, why: str) -> None:
    """Say that an ENTRY of the ledger (its id, or its state with its PLACE) is over. No report of the time before
    undoes it; a later report that it began does. Alerts of it stay open: see alerts close."""
    from alerts.store import ledger as store
    from alerts.store.database import alone_with_alerts, writing
    from alerts.track import ledger

    config, now = common.load_config(config_path), common.now()
    by = asked.by_hand(why)
    places, known = common.gazetteer(config, config_path), asked.states(config, config_path)
    by_id = which.isascii() and which.isdigit() and not place
    at = asked.moment(ended, now, "--at") if ended else now
    if not by_id:
        state, _ = asked.state(which, known)
        where = asked.kept(asked.place(place, country, places), state, places)
    with common.store(config) as engine, writing(engine) as conn:
        alone_with_alerts(conn)
        name, where = _of(conn, int(which), places) if by_id else (which, where)
        entries = store.entries(conn, where.country, name=name)
        _check(entries, where, name, at)
        saved = store.save(conn, ledger.closed(entries, name=name, place=where, at=at, by=by, said=now))
        ids = {one.place_id for one in saved}
        open_alerts = _alerts(conn, known[name][1], where, ids) if name in known else []
    for one in saved:
        click.echo(f"entry {one.id}: {one.name} at {one.place_name} is over since {_said(at)}")
    for alert_id in open_alerts:
        click.echo(f"alert {alert_id} of it is still open: alerts close {alert_id}", err=True)


def _of(conn: Connection, entry_id: int, places: Gazetteer) -> tuple[str, Place]:
    """The state and the place of an entry. Raises InputError."""
    from alerts.errors import InputError
    from alerts.store import ledger
    from alerts.types import Place

    found = ledger.get(conn, entry_id)
    if found is None:
        raise InputError(f"there is no entry {entry_id} in the ledger; see: alerts ledger list --all")
    bare = Place(id=found.place_id, name=found.place_name, country=found.country, precision="city")
    return found.name, places.by_id(found.place_id) or bare


def _check(entries: Iterable[LedgerEntry], where: Place, name: str, at: datetime) -> None:
    """Raises InputError where nothing holds that could end."""
    from alerts.errors import InputError

    inside = [one for one in entries if where.id in (one.place_id, one.country)]
    if not any(one.covers(at) and one.end > at for one in inside):
        raise InputError(f"no '{name}' is known to hold at {where.name} on {_said(at)}; see: alerts ledger list --all")


def _alerts(conn: Connection, rule: Rule, where: Place, ids: set[str]) -> list[str]:
    """The open alerts that told of what is over."""
    from alerts.store import alerts

    found = alerts.open_alerts(conn, rule.family, where.country)
    return [alert.id for alert in found if alert.place is not None and alert.place.id in ids]


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
