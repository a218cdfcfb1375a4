"""The queue's own tables."""

from __future__ import annotations

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, text

from alerts.store import meta, queueing
from alerts.store.database import writing


def _versions() -> list[str]:
    """The files of SQL that procrastinate came by, in order."""
    return sorted(file.name for file in Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def test_they_are_made_by_the_migrations_and_left_alone_from_then_on(migrated_postgres: Engine) -> None:
    with writing(migrated_postgres) as conn:
        for _ in range(2):
            queueing.bring_up(conn)
            assert meta.get(conn, queueing.APPLIED) == _versions()[-1]
        assert conn.execute(text("SELECT to_regclass('alerts_jobs_lock')")).scalar_one() == "alerts_jobs_lock"


def test_those_of_an_older_version_get_what_came_since(migrated_postgres: Engine) -> None:
    trigger = "procrastinate_trigger_status_events_update_v1"
    there = text("SELECT count(*) FROM pg_trigger WHERE tgname = :name")
    with writing(migrated_postgres) as conn:
        conn.execute(text(f"DROP TRIGGER {trigger} ON procrastinate_jobs"))
        meta.put(conn, queueing.APPLIED, _versions()[-2])  # the last one makes it
        queueing.bring_up(conn)
        assert conn.execute(there, {"name": trigger}).scalar_one() == 1
        conn.rollback()


def test_sqlite_has_none(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        queueing.bring_up(conn)
        assert meta.get(conn, queueing.APPLIED) is None
