"""`alerts silence add`: shows what a silence would have hidden before it is saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from alerts.cli import common
from alerts.track.silence import HIGHEST, LEVELS, said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.store.silences import Preview
    from alerts.toml_lines import Document
    from alerts.track.silence import Silence
    from alerts.track.silencing import Wish, Wrong

_SHOWN = 5


@click.command(name="add", short_help="Keep back mails of a rule, of a place, or of a rule at a place.")
@common.config_option
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Alerts of this rule, by its name (repeatable).")
@click.option("--place", default="", metavar="PLACE", help="Alerts at this place, or at a place in it.")
@click.option("--country", default="", metavar="COUNTRY", help="Where PLACE is; alone: the whole country.")
@click.option("--until", default="", metavar="WHEN", help='2026-01-31, "2026-01-31 18:00" (UTC), or "7 days" from now.')
@click.option("--why", default="", metavar="TEXT", help="Why, for those who will wonder.")
@click.option("--author", default="", metavar="NAME", help="Who wants it.  [default: the user at the terminal]")
@click.option("--up-to", type=click.Choice(LEVELS), help=f"The highest severity it hides.  [default: {HIGHEST}]")
@click.option("--idle", "idle_days", type=click.IntRange(1, 30), metavar="DAYS", help="End early after so idle days.")
@click.option("--for", "reader", metavar="READER", help="Only mails to this reader (an id, or an address).")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Take all this from a TOML file instead.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def add(config_path: Path, path: Path | None, reader: str | None, yes: bool, **given: Any) -> None:
    """Keep back the mails about a rule, a place, or a rule at a place, until a moment that is at most 30 days away.
    What it would have hidden lately is shown before it is saved.

    Extreme alerts are mailed all the same, and so is an alert whose place is not known, if the silence names a place.
    What is hidden is stored, shown by `alerts list` and counted; when the silence is over, readers are told what they
    missed as soon as there is more to say.

    A FILE has the same as keys: rule (a name, or a list), place, country, until, why, author, up_to, idle_days.
    """
    from alerts.store import silences
    from alerts.store.database import reading, writing

    config, now = common.load_config(config_path), common.now()
    asked = _asked(path, given)
    with common.store(config) as engine:
        with reading(engine) as conn:
            person_id = None if reader is None else _reader(conn, reader)
            silence = _checked(asked, config, config_path, person_id, now)
            preview = silences.would_hide(conn, silence, now)
        _tell(silence, preview, now)
        _ask(yes)
        with writing(engine) as conn:
            made = silences.add(conn, silence, common.now())
    click.echo(f"silence {made.id} is in force until {made.until:%Y-%m-%d %H:%M} UTC")


class _Asked(NamedTuple):
    """What was asked for, the file it stands in, and what of the file could not be read."""

    wish: Wish
    document: Document | None
    wrong: list[Wrong]


def _asked(path: Path | None, given: dict[str, Any]) -> _Asked:
    from alerts.cli.silence.wish import from_file
    from alerts.toml_lines import Document
    from alerts.track.silencing import Wish

    if path is None:
        options = {name: value for name, value in given.items() if value is not None}
        options["rules"] = tuple(dict.fromkeys(given["rules"]))
        asked = _Asked(Wish(**options), None, [])
    elif any(given.values()):
        raise click.UsageError("with --file, all but --for and --yes stands in the file")
    else:
        document = Document.load(path)
        wish, wrong = from_file(document)
        asked = _Asked(wish, document, wrong)
    return asked if asked.wish.author else asked._replace(wish=replace(asked.wish, author=common.user()))


def _checked(asked: _Asked, config: Config, config_path: Path, person_id: int | None, now: datetime) -> Silence:
    """The silence that was asked for. Raises Faults with the lines of a file, or InputError with options, for all that
    is wrong."""
    from alerts.configured import rule_sources
    from alerts.errors import Faults, InputError
    from alerts.match.files import rule_paths
    from alerts.track.silencing import draft_of, remarks

    places, sources = common.gazetteer(config, config_path), rule_sources(config)
    names = rule_paths(sources.folders, sources.off)
    silence, more = draft_of(asked.wish, rules=names, places=places, person_id=person_id, now=now)
    unread = {path[0] for path, _ in asked.wrong}
    wrong = [*asked.wrong, *(one for one in more if one[0][0] not in unread)]
    if wrong and asked.document is not None:
        found = [asked.document.fault(path, f"{path[0]}: {message}") for path, message in wrong]
        raise Faults(sorted(found, key=lambda fault: fault.line))
    if wrong:
        raise InputError("\n".join(f"{_option(str(path[0]))}: {message}" for path, message in wrong))
    for line in remarks(asked.wish, silence, places):
        click.echo(line, err=True)
    return silence


def _option(key: str) -> str:
    return {"idle_days": "--idle", "up_to": "--up-to"}.get(key, f"--{key}")


def _reader(conn: Connection, given: str) -> int:
    from alerts.errors import InputError
    from alerts.store import people

    found = people.get_person(conn, int(given)) if given.isascii() and given.isdigit() else None
    found = found or people.find_person(conn, given)
    if found is None:
        raise InputError("--for: there is no such reader; see: alerts people list")
    return found.id


def _tell(silence: Silence, preview: Preview, now: datetime) -> None:
    click.echo(f"silence: {said(silence)}", err=True)
    click.echo(f"until:   {silence.until:%Y-%m-%d %H:%M} UTC ({common.ago(silence.until, now)})", err=True)
    for line in _preview_lines(preview):
        click.echo(line, err=True)


def _preview_lines(preview: Preview) -> list[str]:
    """What a silence would have hidden, in words."""
    count, severe = len(preview.hidden), sum(one.severity == "severe" for one in preview.hidden)
    of_them = f", {severe} of them severe" if severe else ""
    alerts = "1 alert" if count == 1 else f"{count or 'no'} alerts"
    lines = [f"would have hidden {alerts} in the last 30 days{of_them}"]
    shown = preview.hidden[:_SHOWN]
    lines += [f"  {one.at:%Y-%m-%d}  {one.severity:8}  {one.title} (alert {one.alert_id})" for one in shown]
    if count > _SHOWN:
        lines.append(f"  and {count - _SHOWN} more")
    if preview.passed:
        passed = "1 alert was" if preview.passed == 1 else f"{preview.passed} alerts were"
        lines.append(f"{passed} worse than it hides, and would have been mailed")
    return lines


def _ask(yes: bool) -> None:
    if yes:
        return
    try:
        click.confirm("Save it?", abort=True, err=True)
    except click.Abort:
        click.echo("nothing was saved; --yes saves without asking", err=True)
        raise SystemExit(1) from None
