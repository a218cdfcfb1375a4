"""Bringing a database up to the tables of this version, and telling when it is not.

Alembic, run in-process: one transaction, undone as a whole when it fails; two processes that start at once
do it one after the other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text

from alerts.errors import StoreError
from alerts.store import archive, queueing, reach
from alerts.store.database import reading, writing

_log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
SILENT: Final[Progress] = lambda stage, share: None  # noqa: E731
_LOCK = 0x616C657274  # any number nobody else uses, for PostgreSQL's advisory lock


def required() -> str:
    """The version of the tables that this program needs."""
    return str(_scripts().get_current_head())


def current(engine: Engine) -> str | None:
    """The version of the tables that the database has; None for an empty one."""
    with reading(engine) as conn:
        return _revision(conn)


def outdated(engine: Engine) -> str | None:
    """The version of tables that are to be brought up to date; None where they are, or where there are none. Raises
    StoreError for a database of a newer version of this program."""
    found = current(engine)
    _refuse_newer(found)
    return None if found == required() else found


def upgrade(engine: Engine, progress: Progress = SILENT) -> str | None:
    """Bring the tables to the required version; returns the version they had (the required one: nothing
    was to do; None: they are new). Raises StoreError for a database of a newer version of this program."""
    with writing(engine) as conn:
        one_at_a_time(conn)
        before = _revision(conn)
        _refuse_newer(before)
        if before != required():
            _bring_up(conn, before, progress)
        queueing.bring_up(conn)  # it may be newer than the tables of this version
    return before


def _bring_up(conn: Connection, before: str | None, progress: Progress) -> None:
    """What takes long is said: who sees nothing for a minute ends it."""
    begun = time.monotonic()
    if before is not None:
        _log.info("the database is brought from version %s to %s; this may take minutes", before, required())
        progress(f"tables from version {before} to {required()}", 0.0)
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
    reach.fill(conn)
    number = archive.list_missing(conn, lambda share: progress("listing what readers were told", share))
    if before is not None:
        listed = f", {number:,} alerts listed" if number else ""
        _log.info("the database is at version %s: %.0f s%s", required(), time.monotonic() - begun, listed)


def one_at_a_time(conn: Connection) -> None:
    """Nobody else brings this database up, and so no service begins on it, before this transaction ends. (SQLite has
    one writer anyway.)"""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def check(engine: Engine) -> None:
    """Raise StoreError unless the tables are of the required version."""
    found = current(engine)
    _refuse_newer(found)
    if found != required():
        state = "is empty" if found is None else f"has tables of an older version ({found})"
        raise StoreError(f"the database {state}: run `alerts db upgrade`", reason="schema")


def _refuse_newer(revision: str | None) -> None:
    if revision is None:
        return
    try:
        _scripts().get_revision(revision)
    except CommandError:
        raise StoreError(
            f"the database has tables of a newer version ({revision}) than this program knows ({required()}): "
            "install the newer version of alerts",
            reason="schema",
        ) from None


def _revision(conn: Connection) -> str | None:
    # Not asked of Alembic: it builds its statement anew each time, and each stays among those the engine has compiled.
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
