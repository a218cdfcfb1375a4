"""The migrations make exactly the tables that the program uses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text

from alerts.errors import StoreError
from alerts.store import migrations
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import OPEN, metadata
from alerts.types import OPEN_STATES
from tests.store.conftest import made_database


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Engine]]:
    """Two databases without tables."""
    with ExitStack() as made:
        if request.param == "sqlite":
            urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "two")]
        else:
            urls = [made.enter_context(made_database()) for _ in range(2)]
        engines = [open_database(url) for url in urls]
        yield engines
        for engine in engines:
            engine.dispose()


def _tables(conn: Connection) -> set[tuple[str, ...]]:
    """Everything the database knows of its tables, as text."""
    if conn.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name != 'alembic_version'"
        return {(row.name, *_clauses(row.sql)) for row in conn.execute(text(query))}
    columns = """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'"""
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    constraints = """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace"""
    rows = [row for query in (columns, indexes, constraints) for row in conn.execute(text(query))]
    return {tuple(map(str, row)) for row in rows if not _of_others(str(row[0]))}


def _of_others(name: str) -> bool:
    """Whether it is Alembic's own, or of the queue."""
    return "alembic_version" in name or "procrastinate" in name


def _clauses(sql: str) -> list[str]:
    """The columns and constraints of a table; in which order the constraints stand does not matter."""
    sql = " ".join(sql.split())
    return sorted(sql.removesuffix(" )").split(", ")) if sql.startswith("CREATE TABLE") else [sql]


def test_the_migrated_database_is_the_schema(bare: list[Engine]) -> None:
    migrated, made = bare
    migrations.upgrade(migrated)
    with writing(made) as conn:
        metadata.create_all(conn)
        wanted = _tables(conn)
    with reading(migrated) as conn:
        assert _tables(conn) == wanted
        defaults = conn.dialect.name == "sqlite"  # of JSON it asks PostgreSQL what that cannot say; they are in _tables
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": defaults})
        assert [diff for diff in compare_metadata(context, metadata) if not _of_others(str(diff))] == []


def test_upgrading_tells_the_version_before_and_does_nothing_twice(bare: list[Engine]) -> None:
    engine = bare[0]
    assert migrations.current(engine) is None
    assert migrations.upgrade(engine) is None
    assert migrations.current(engine) == migrations.required()
    assert migrations.upgrade(engine) == migrations.required()
    migrations.check(engine)


def test_asking_for_the_version_again_and_again_leaves_nothing_behind(bare: list[Engine]) -> None:
    compiled: dict[object, object] = {}  # instead of the engine's own, which holds no more than some hundreds
    engine = bare[0].execution_options(compiled_cache=compiled)
    assert migrations.current(engine) is None
    migrations.upgrade(bare[0])
    assert migrations.current(engine) == migrations.required()
    once = len(compiled)
    for _ in range(5):
        migrations.current(engine)
    assert len(compiled) == once


def test_an_empty_database_is_told_with_the_command(bare: list[Engine]) -> None:
    with pytest.raises(StoreError, match=r"is empty: run `alerts db upgrade`"):
        migrations.check(bare[0])


def test_a_newer_database_is_refused_and_left_alone(bare: list[Engine]) -> None:
    engine = bare[0]
    migrations.upgrade(engine)
    with writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for step in (migrations.check, migrations.upgrade):
        with pytest.raises(StoreError, match=r"newer version \(9999\).*install the newer version") as caught:
            step(engine)
        assert caught.value.reason == "schema"
    assert migrations.current(engine) == "9999"


def test_two_that_start_at_once_upgrade_one_after_the_other(bare: list[Engine]) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(migrations.upgrade, [bare[0], bare[0]]))
    assert sorted(found, key=str) == [migrations.required(), None]


def test_a_migration_that_fails_changes_nothing(bare: list[Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    engine = bare[0]
    with writing(engine) as conn:
        conn.execute(text("CREATE TABLE outbox (a INTEGER)"))  # in the way of one of the last tables
    with pytest.raises(Exception, match="outbox"):
        migrations.upgrade(engine)
    assert migrations.current(engine) is None
    with reading(engine) as conn:
        assert not engine.dialect.has_table(conn, "feed")


def test_the_open_states_of_the_index_are_those_of_the_program() -> None:
    assert f"state IN {OPEN_STATES!r}" == OPEN
