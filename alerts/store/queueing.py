"""The tables of procrastinate, the queue of work that several machines share: PostgreSQL only.

They come from the package itself. What it adds in later versions comes as files of SQL, which are applied in order the
first time that a newer version meets the database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from alerts.store import meta

APPLIED: Final = "tables of the queue"
"""What `meta` calls the version of these tables in this database."""
# Fetching a job asks whether another holds its lock: once for each that waits.
_INDEX: Final = """CREATE INDEX IF NOT EXISTS alerts_jobs_lock ON procrastinate_jobs (lock)
    WHERE status IN ('todo', 'doing') AND lock IS NOT NULL"""


def bring_up(conn: Connection) -> None:
    """Make the queue's tables, or bring them to the installed version of procrastinate. Does nothing on SQLite, nor
    where the package is not installed: then nothing here uses the queue."""
    if conn.dialect.name != "postgresql":
        return
    try:
        from procrastinate.schema import SchemaManager
    except ModuleNotFoundError:
        return
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    applied = str(meta.get(conn, APPLIED) or "")
    if applied == files[-1].name:
        return
    if conn.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar_one() is None:
        _run(conn, SchemaManager.get_schema())
    else:
        for file in files:
            if applied and file.name > applied:
                _run(conn, file.read_text(encoding="utf-8"))
    _run(conn, _INDEX)
    meta.put(conn, APPLIED, files[-1].name)


def _run(conn: Connection, sql: str) -> None:
    """Several statements at once, with no parameters: as they stand."""
    cursor = conn.connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()
