"""`alerts mail hold` and `release`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.errors import InputError
from alerts.notify.saying import mails as mails_said
from alerts.store.queue import STUCK

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.holds import Hold
    from alerts.store.outbox import OutboxRow

_RELEASE = "alerts mail release"


@click.command(short_help="Hold back all mails, those of a rule, or single ones.")
@click.argument("mails", nargs=-1, type=int, metavar="[MAIL]...")
@common.config_option
@click.option("--all", "everything", is_flag=True, help="All mails but bulletins to operators.")
@click.option("--rule", metavar="RULE", help="The alerts of this rule.")
@click.option("--why", required=True, metavar="TEXT", help="Why, for those who will wonder.")
def hold(mails: tuple[int, ...], config_path: Path, everything: bool, rule: str | None, why: str) -> None:
    """Hold back mails until you release them: all, the new alerts of a rule, or single ones by the numbers of alerts
    mail queue. Alerts go on being made and shown, and what is held does not run out of time. What the mail server has
    is gone.

    \b
      alerts mail hold --rule displacement --why "fires on a film festival"
      alerts mail hold --all --why "an exercise"
    """
    from alerts.store import holds, queue
    from alerts.store.database import writing

    if sum(map(bool, (mails, everything, rule))) != 1:
        raise click.UsageError("say what to hold: --all, --rule RULE, or the numbers of mails")
    if not why.strip():
        raise click.UsageError("--why must say something")
    config, now = common.load_config(config_path), common.now()
    if rule:
        _known_rule(rule, config_path)
    because = f"{common.user() or 'an operator'}: {why.strip()}"
    with common.store(config) as engine, writing(engine) as conn:
        if mails:
            held = queue.hold(conn, mails, because, now)
            _tell_held(mails, held)
            return
        made = holds.put(conn, "rule" if rule else "all", because, now, rule=rule or "")
        if made is None:
            raise InputError("this is held already; see: alerts mail queue")
        number = holds.kept(conn, made)
    click.echo(f"hold {made.id} is in force; it keeps {mails_said(number)}; to let go: {_RELEASE} --hold {made.id}")


def _known_rule(rule: str, config_path: Path) -> None:
    from alerts.configured import rule_sources
    from alerts.match.files import rule_paths

    names = rule_paths(rule_sources(common.load_config(config_path)).folders)
    if rule not in names:
        raise InputError(f"there is no rule '{rule}'{common.meant(rule, names)}")


def _tell_held(wanted: Sequence[int], held: set[int]) -> None:
    missed = [str(number) for number in wanted if number not in held]
    if held:
        click.echo(f"held {mails_said(len(held))}; to let go: {_RELEASE} {' '.join(map(str, sorted(held)))}")
    if missed:
        raise InputError(f"not waiting, and so not held: {', '.join(missed)}; see: alerts mail queue --state queued")


@click.command(short_help="Let held mails go, and send again what may not have arrived.")
@click.argument("mails", nargs=-1, type=int, metavar="[MAIL]...")
@common.config_option
@click.option("--all", "everything", is_flag=True, help="Whatever is held by a hold on all mails.")
@click.option("--rule", metavar="RULE", help="Whatever is held with this rule.")
@click.option("--hold", "number", type=click.IntRange(1), metavar="N", help="Whatever hold N keeps back.")
@click.option("--state", type=click.Choice(STUCK), help="All mails of this state.")
@click.option("--drop", is_flag=True, help="Of a rule: do not send what was held, but take it back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def release(
    mails: tuple[int, ...],
    config_path: Path,
    everything: bool,
    rule: str | None,
    number: int | None,
    state: str | None,
    drop: bool,
    yes: bool,
) -> None:
    """Let go what is held: by a hold (--all, --rule, --hold), or single mails by number, or all of a state. Mails that
    failed are tried again. An ambiguous mail was handed over and nobody answered: its reader may have it already, and
    gets it twice then, under one Message-ID, which most mail programs show once.

    \b
      alerts mail release --hold 3
      alerts mail release --rule displacement --drop
      alerts mail release 345 346
    """
    from alerts.store.database import reading, writing

    if sum(map(bool, (mails, everything, rule, number, state))) != 1:
        raise click.UsageError("say what to release: numbers of mails, --all, --rule RULE, --hold N, or --state STATE")
    if drop and (mails or state or everything):
        raise click.UsageError("--drop is for what was held with a rule")
    with common.store(common.load_config(config_path)) as engine:
        if mails or state:
            with reading(engine) as conn:
                chosen = _chosen(conn, mails, state)
            _ask_twice(chosen, yes)
            with writing(engine) as conn:
                _let_go(conn, chosen)
            return
        with writing(engine) as conn:
            _end(conn, _hold(conn, rule, number), drop=drop)


def _chosen(conn: Connection, mails: Sequence[int], state: str | None) -> list[OutboxRow]:
    """The mails to be let go. Raises InputError where there is one that is not stuck."""
    from alerts.store import queue

    if state:
        found = [row for row, _ in queue.mails(conn, common.now(), [one for one in STUCK if one == state], 100_000)]
        if not found:
            raise InputError(f"no mail is {state}")
        return found
    return queue.stuck(conn, mails)


def _ask_twice(chosen: Sequence[OutboxRow], yes: bool) -> None:
    """What may have arrived is sent again only by who knows it."""
    perhaps = [row for row in chosen if row.state == "ambiguous"]
    if not perhaps:
        return
    who = f"The reader of mail {perhaps[0].id}" if len(perhaps) == 1 else f"The readers of {len(perhaps)} mails"
    click.echo(f"{who} may have it already, and may get it twice.", err=True)
    if yes:
        return
    try:
        click.confirm("Send again?", abort=True, err=True)
    except click.Abort:
        click.echo("\nnothing was released; --yes releases without asking", err=True)
        raise SystemExit(1) from None


def _let_go(conn: Connection, chosen: Sequence[OutboxRow]) -> None:
    from alerts.store import outbox

    number = outbox.release(conn, [row.id for row in chosen], common.now())
    click.echo(f"released {mails_said(number)}")
    away = [str(row.person.id) for row in chosen if not row.person.active and row.letter is None]
    if away:
        click.echo(f"these readers get no mail, so theirs will fail: {', '.join(dict.fromkeys(away))}", err=True)


def _hold(conn: Connection, rule: str | None, number: int | None) -> Hold:
    from alerts.store import holds

    for one in holds.in_force(conn):
        if one.id == number or (number is None and (one.kind, one.rule) == ("rule" if rule else "all", rule or "")):
            return one
    what = f"hold {number}" if number else f"hold of the rule '{rule}'" if rule else "hold of all mails"
    raise InputError(f"there is no {what} in force; see: alerts mail queue")


def _end(conn: Connection, one: Hold, *, drop: bool) -> None:
    from alerts.store import holds

    if drop:
        gone = holds.drop(conn, one.id, common.now())
        click.echo(f"hold {one.id} is over; taken back, and sent to nobody: {mails_said(gone)}")
        return
    kept = holds.kept(conn, one)
    holds.release(conn, one.id, common.now())
    click.echo(f"hold {one.id} is over; {mails_said(kept)} can go")
