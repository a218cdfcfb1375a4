"""`alerts feeds import`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common
from alerts.cli.feeds import wishes
from alerts.errors import Fault, InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.collect.lists.opml import Listed
    from alerts.config import Config
    from alerts.store.feeds import FeedRow

_MOST_SAID = 20
_STEP = 100


@dataclass(slots=True)
class _Plan:
    """What an import comes to: feeds to add, feeds to change, how many stay, and what is wrong."""

    new: list[Listed] = field(default_factory=list)
    changed: list[FeedRow] = field(default_factory=list)
    same: int = 0
    faults: list[Fault] = field(default_factory=list)

    def warn(self, one: Listed, message: str, *, error: bool = False) -> None:
        self.faults.append(Fault(one.file, one.line, message, "error" if error else "warning"))


@click.command(name="import", short_help="Add the feeds of a list: OPML, or an address a line.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@common.config_option
@click.option("--update", is_flag=True, help="Change feeds that are there already to what the list says of them.")
@wishes.tags_option("--tag", "tags", says="Tag all of them so")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def command(files: tuple[str, ...], config_path: Path, update: bool, tags: tuple[str, ...], dry_run: bool) -> None:
    """Add the feeds of lists: OPML as other readers export it, or plain text with an address a line (-: standard
    input). Folders become tags. Feeds that are there already are left as they are. A line that cannot be used is told,
    and the others are imported all the same; the exit status is then 1.

    \b
      alerts feeds import subscriptions.opml --dry-run
      alerts feeds import subscriptions.opml more.txt --tag imported
    """
    from alerts.collect.lists import opml
    from alerts.store import feeds
    from alerts.store.database import writing

    config = common.load_config(config_path)
    listed, plan = [], _Plan()
    for file in files:
        found, faults = opml.read(_bytes(file), file)
        listed += found
        plan.faults += faults
    listed = [
        replace(one, tags=tuple(dict.fromkeys((*(one.tags or ()), *tags))) or None) for one in opml.merged(listed)
    ]
    listed = _with_countries(listed, plan, config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        there = feeds.list_feeds(conn)
        _sort(listed, there, plan, update=update)
        _mind(there, plan, config)
        if not dry_run:
            _apply(conn, plan, config)
    _tell(plan, dry_run=dry_run, update=update)


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    path = Path(file)
    if path.is_dir():
        raise InputError(f"{file}: this is a folder; name the files in it")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; nothing was imported") from None


def _with_countries(listed: Sequence[Listed], plan: _Plan, config: Config, config_path: Path) -> list[Listed]:
    """The feeds with codes for countries; what is no country is told and left out."""
    names = {one.country for one in listed if one.country}
    if not names:
        return list(listed)
    places = common.gazetteer(config, config_path)
    codes = {name: places.country_of(name) for name in names}
    for one in listed:
        if one.country and codes[one.country] is None:
            plan.warn(one, f"alerts:country is left out: '{one.country}' is no country that is known here")
    return [replace(one, country=codes[one.country] if one.country else None) for one in listed]


def _sort(listed: Sequence[Listed], there: Sequence[FeedRow], plan: _Plan, *, update: bool) -> None:
    """Which feeds are new. A list without passwords knows those that have one here."""
    from alerts.urls import without_password

    known = {feed.former: feed for feed in there if feed.former}
    known |= {without_password(feed.url): feed for feed in there} | {feed.url: feed for feed in there}
    for one in listed:
        feed = known.get(one.url)
        if feed is None:
            plan.new.append(one)
            continue
        wanted = replace(feed, **_said(one)) if update else feed
        if wanted == feed:
            plan.same += 1
        else:
            plan.changed.append(wanted)


def _said(one: Listed) -> dict[str, Any]:
    """The fields of a feed that a list names; what it does not name stays."""
    fields = {
        "source": one.source[:200] if one.source else None,
        "language": one.language,
        "country": one.country,
        "tags": one.tags,
        "own_owner": one.owner,
        "own_tier": one.tier,
        "own_interval": one.every,
        "max_staleness": one.max_staleness,
        "max_body": one.max_body,
        "critical": one.critical,
        "full_text": one.full_text,
        "active": one.active,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _mind(there: Sequence[FeedRow], plan: _Plan, config: Config) -> None:
    """What to mind of the new feeds: those that cannot be polled as they are, and those that seem to be there twice."""
    from alerts.collect.lists.discovery import likeness

    alike = {likeness(feed.url): f"feed {feed.id}" for feed in there}
    for one in plan.new:
        for obstacle in wishes.obstacles(config, one.url, full_text=one.full_text, every=one.every):
            plan.warn(one, obstacle)
        twin = alike.setdefault(likeness(one.url), f"line {one.line} of {one.file}")
        if twin != f"line {one.line} of {one.file}":
            plan.warn(one, f"this seems to be the same as {twin}, under another address")


def _apply(conn: Connection, plan: _Plan, config: Config) -> None:
    """All in one transaction: a list is imported whole, or not at all."""
    from alerts.store import feeds

    usable = []
    with common.progress("adding") as show:
        for number, one in enumerate(plan.new):
            if number % _STEP == _STEP - 1:
                show(_feeds(len(plan.new)), number / len(plan.new))
            try:
                wishes.add(conn, one.url, _said(one), config)
                usable.append(one)
            except InputError as error:
                plan.warn(one, str(error), error=True)
    plan.new = usable
    for feed in plan.changed:
        feeds.change_feed(conn, feed, now=common.now())
    if plan.changed:
        feeds.assign_owners(conn, config.owner_of, config.tier_of)


def _tell(plan: _Plan, *, dry_run: bool, update: bool) -> None:
    faults = sorted(plan.faults, key=lambda fault: (fault.level != "error", fault.file, fault.line))
    for fault in faults[:_MOST_SAID]:
        click.echo(str(fault), err=True)
    if len(faults) > _MOST_SAID:
        click.echo(f"and {len(faults) - _MOST_SAID} more such lines", err=True)
    wrong = sum(fault.level == "error" for fault in plan.faults)
    said = [f"{'would add' if dry_run else 'added'} {_feeds(len(plan.new))}"]
    if plan.changed:
        said.append(f"{'would change' if dry_run else 'changed'} {len(plan.changed)}")
    if plan.same:
        were = "was" if plan.same == 1 else "were"
        said.append(f"{plan.same} {were} {'so' if update else 'there'} already")
    if wrong:
        said.append(f"{wrong} cannot be used (told above)")
    click.echo("; ".join(said))
    if wrong:
        raise SystemExit(1)


def _feeds(count: int) -> str:
    return "1 feed" if count == 1 else f"{count} feeds" if count else "no feeds"
