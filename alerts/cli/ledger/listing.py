"""`alerts ledger list`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.ledger import asked

if TYPE_CHECKING:
    from alerts.read.places import Gazetteer
    from alerts.track.ledger import LedgerEntry
    from alerts.types import Place


@click.command(name="list", short_help="What holds where, since when and until when.")
@common.config_option
@common.json_option
@click.option("--place", default="", metavar="PLACE", help="What holds at this place, or in it.")
@click.option("--country", default="", metavar="COUNTRY", help="Where PLACE is; alone: the whole country.")
@click.option("--name", "name", default="", metavar="STATE", help="Only this state: ceasefire, siege ...")
@click.option("--all", "everything", is_flag=True, help="What is over, too.")
def list_(config_path: Path, as_json: bool, place: str, country: str, name: str, everything: bool) -> None:
    """List what holds where: since when, until when unless it is confirmed again, and whose word that is."""
    from alerts.store import codec, ledger
    from alerts.store.database import reading

    config, now = common.load_config(config_path), common.now()
    if name:
        asked.state(name, asked.states(config, config_path))
    with common.store(config) as engine, reading(engine) as conn:
        found = ledger.list_entries(conn, everything=everything)
    if place or country:
        places = common.gazetteer(config, config_path)
        where = asked.place(place or country, country, places)
        found = [one for one in found if _bears_on(one, where, places)]
    found = [one for one in found if name in ("", one.name) and (everything or one.lapses >= now)]
    if as_json:
        common.print_json([codec.to_json(one) for one in found])
        return
    who = any(one.parties for one in found)
    rows = [_row(one, now, who=who) for one in found]
    columns = ("id", "state", *(("printed as",) if who else ()), "place", "since", "until", "by", "over by")
    common.print_table(columns, rows, empty="nothing is known" if everything else "nothing is known to hold")


def _bears_on(entry: LedgerEntry, where: Place, places: Gazetteer) -> bool:
    """Whether what holds there holds at a place, or in it."""
    return entry.place_id in places.chain(where.id) or where.id in places.chain(entry.place_id)


def _row(one: LedgerEntry, now: datetime, *, who: bool) -> tuple[object, ...]:
    country = "" if one.place_id == one.country else f", {one.country}"
    since = "not reported" if one.since == one.end else f"{one.since:%Y-%m-%d %H:%M}"
    held = (one.parties,) if who else ()
    return (one.id, one.name, *held, f"{one.place_name}{country}", since, _until(one, now), one.opened_by, _over(one))


def _until(one: LedgerEntry, now: datetime) -> str:
    end = f"{one.end:%Y-%m-%d %H:%M}"
    if one.until is not None:
        return end
    if one.lapses < now:
        return f"{end} (lapsed)"
    return f"{end} (named)" if one.named else f"{end} (unless confirmed)"


def _over(one: LedgerEntry) -> str:
    return one.closed_by or ""
