"""`alerts mail queue`: what waits and for what, what is held, and what needs a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from alerts.cli import common
from alerts.cli.mail.saying import held
from alerts.notify.saying import WAITS_FOR, about
from alerts.notify.saying import mails as mails_said
from alerts.store.queue import OPEN

if TYPE_CHECKING:
    from alerts.store.holds import Hold
    from alerts.store.outbox import OutboxRow
    from alerts.store.queue import Group

_WORDS: Final[Mapping[str, str]] = {
    **WAITS_FOR,
    "held": "held back: they wait for alerts mail release",
    "ambiguous": "perhaps sent, no answer came: alerts mail release sends them again, and some may come twice",
    "failed": "given up: see why with --state failed",
}
_PERSON: Final = ("held", "ambiguous", "failed")


@click.command(short_help="Show what waits, since when and for what; what is held or failed.")
@common.config_option
@common.json_option
@click.option("--state", "states", type=click.Choice(OPEN), multiple=True, help="List the mails so (repeatable).")
@click.option("--addresses", "with_addresses", is_flag=True, help="Show addresses: mind who looks over your shoulder.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many mails.")
def queue(config_path: Path, as_json: bool, states: tuple[str, ...], with_addresses: bool, limit: int) -> None:
    """Show how many mails wait, for what, and since when; the holds in force; and the mails that need a person, with
    what the mail server said. With --state the mails of that state, the oldest first. Readers are named by number.

    \b
      alerts mail queue
      alerts mail queue --state queued --limit 100
      alerts mail release 345
    """
    from alerts.store import holds, people
    from alerts.store import queue as store
    from alerts.store.database import reading

    now = common.now()
    wanted: Any = states or _PERSON
    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        groups = store.groups(conn, now)
        kept = [(one, holds.kept(conn, one)) for one in holds.in_force(conn)]
        mails = store.mails(conn, now, wanted, limit + 1)
        addresses = people.addresses(conn, {row.person.id for row, _ in mails}) if with_addresses else {}
    more, mails = mails[limit:], mails[:limit]
    if as_json:
        common.print_json(
            [*(_group_row(one) for one in groups), *(_hold_row(*one) for one in kept)]
            + [_mail_row(row, why, addresses) for row, why in mails]
        )
        return
    _print_groups(groups, now)
    for one, number in kept:
        click.secho(said(one, number, now), bold=True)
    _print_mails(mails, addresses, now, asked=bool(states))
    if more:
        click.echo(f"there are more than these {limit}; see --limit", err=True)


def said(one: Hold, kept: int, now: datetime) -> str:
    """A hold in a sentence."""
    return f"{held(one, now)}; it keeps {mails_said(kept)}"


def _print_groups(groups: Sequence[Group], now: datetime) -> None:
    rows = [
        (
            one.mails,
            one.state,
            _WORDS[one.why or one.state],
            common.ago(one.oldest, now),
            common.ago(one.next, now) if one.state == "queued" and one.next > now else "",
        )
        for one in groups
    ]
    common.print_table(("mails", "state", "what they wait for", "oldest", "next"), rows, empty="no mails wait")


def _print_mails(
    mails: Sequence[tuple[OutboxRow, str]], addresses: Mapping[int, str], now: datetime, *, asked: bool
) -> None:
    if not mails:
        if asked:
            click.echo("no mails like that")
        return
    click.echo("")
    columns = ["mail", "what", "reader", "state", "for", "written", "tried", "what was said"]
    rows: list[list[object]] = [
        [row.id, about(row), row.person.id, row.state, why, common.ago(row.created, now), row.attempts, row.last_error]
        for row, why in mails
    ]
    if addresses:
        columns.insert(3, "address")
        for line, (row, _) in zip(rows, mails, strict=True):
            line.insert(3, addresses.get(row.person.id, ""))
    common.print_table(columns, rows, empty="")


def _group_row(one: Group) -> dict[str, Any]:
    return {"of": "group", "state": one.state, "why": one.why, "mails": one.mails, "oldest": one.oldest,
            "next": one.next}  # fmt: skip


def _hold_row(one: Hold, kept: int) -> dict[str, Any]:
    return {"of": "hold", "id": one.id, "kind": one.kind, "rule": one.rule, "reason": one.reason, "since": one.since,
            "mails": kept}  # fmt: skip


def _mail_row(row: OutboxRow, why: str, addresses: Mapping[int, str]) -> dict[str, Any]:
    address = {"address": addresses[row.person.id]} if row.person.id in addresses else {}
    return {
        "of": "mail", "id": row.id, "reader": row.person.id, **address, "state": row.state, "why": why,
        "alert": row.alert_id or None, "version": row.version or None, "bulletin": row.bulletin_id,
        "letter": row.letter, "created": row.created, "next": row.not_before, "attempts": row.attempts,
        "error": row.last_error,
    }  # fmt: skip
