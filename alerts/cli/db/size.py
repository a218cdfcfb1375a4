"""`alerts db size` and `alerts db compact`: what takes how much room, and giving it back."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.db import given
from alerts.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.config import Config
    from alerts.store.sizes import Before, Size, Sizes


@click.command(short_help="What takes how much room, and how much would go by [keep].")
@common.config_option
@common.json_option
def size(config_path: Path, as_json: bool) -> None:
    """What takes how much room in the database, since when it is there, and how much would go now by [keep] of the
    configuration. Nothing is changed: try other settings with -c. It reads all of the database; where that is large it
    takes minutes, and nobody waits for it."""
    from alerts.store.database import reading
    from alerts.store.sizes import sizes

    config = common.load_config(config_path)
    now = common.now()
    with common.store(config) as engine, reading(engine) as conn:
        found = sizes(conn, _before(config, now))
    if as_json:
        common.print_json([asdict(found)])
        return
    kept = _kept(config)
    rows = [_row(one, kept.get(one.what, ""), now) for one in found.kinds]
    common.print_table(("what", "rows", "room", "oldest", "kept", "would go now"), rows, empty="")
    click.echo(_sum(found))


def _before(config: Config, now: datetime) -> Before:
    from alerts.engine.pruning import COPIED_FOR
    from alerts.store.sizes import Before

    def ago(kept: timedelta | None) -> datetime | None:
        return None if kept is None else now - kept

    keep = config.keep
    return Before(
        articles=ago(keep.articles),
        prints=ago(COPIED_FOR),
        mails=ago(keep.mails),
        over=ago(keep.mails),
        polls=ago(config.collect.keep_polls),
        audit=ago(keep.audit),
    )


def _kept(config: Config) -> dict[str, str]:
    from alerts.durations import say
    from alerts.engine.pruning import COPIED_FOR
    from alerts.sizes import say_size

    def words(kept: timedelta | None) -> str:
        return "for ever" if kept is None else say(kept)

    keep = config.keep
    return {
        "articles": words(keep.articles),
        "prints of texts": words(COPIED_FOR),
        "alerts": "for ever",
        "mails": words(keep.mails),
        "polls": words(config.collect.keep_polls),
        "documents": say_size(config.collect.keep_documents),
        "audit log": words(keep.audit),
    }


def _row(one: Size, kept: str, now: datetime) -> tuple[str, ...]:
    from alerts.sizes import about

    room = "?" if one.room is None else about(one.room)
    oldest = common.ago(one.oldest, now) if one.oldest else ""
    going = "" if one.going is None else f"{one.going:,}"
    return one.what, f"{one.rows:,}" if one.what != "all else" else "", room, oldest, kept, going


def _sum(found: Sizes) -> str:
    from alerts.sizes import about

    free = f", {about(found.free)} of it free for what comes (alerts db compact gives it back)" if found.free else ""
    return f"{about(found.whole)} in all{free}"


@click.command(short_help="Give the free room of a SQLite database back to the disk.")
@common.config_option
def compact(config_path: Path) -> None:
    """Write the SQLite database anew, without the free room that is left where much was forgotten. The service has to
    stand still, and twice the room of the database must be free on the disk. There is no need for it: the free room is
    used again. PostgreSQL looks after itself."""
    from alerts.sizes import about
    from alerts.store.database import open_database
    from alerts.store.migrations import check
    from alerts.store.sizes import compact as written_anew

    config = common.load_config(config_path)
    url = config.database_url
    file = given.file_of(url)
    if file is None:
        raise InputError("this is for SQLite; PostgreSQL uses free room again by itself (autovacuum)")
    if not file.exists():
        raise InputError(f"{file}: there is no database yet")
    with given.at_rest(url, config, advice="stop it first"):
        before = file.stat().st_size
        if shutil.disk_usage(file.parent).free < 2 * before:
            raise InputError(f"{file.parent} needs {about(2 * before)} of free room for it")
        engine = open_database(url)
        try:
            check(engine)
            with common.progress("compacting") as show:
                show("writing the database anew", 0.0)
                written_anew(engine)
        finally:
            engine.dispose()
    click.echo(f"{file}: {about(before)} before, {about(file.stat().st_size)} now")
