"""All that is stored moves from one database to another, whole and unchanged, or not at all."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from alerts.errors import StoreError
from alerts.store import copying, counters, migrations, queueing
from alerts.store.copying import TABLES, copy
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import article, feed, machine, meta
from tests.cli.run import environment
from tests.store import anyrows
from tests.store.conftest import empty
from tests.store.dumped import dump


@pytest.fixture
def postgres(migrated_postgres: Engine) -> Engine:
    empty(migrated_postgres)
    return migrated_postgres


@pytest.fixture
def fresh_sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """Another empty file."""
    path = shutil.copy(migrated_sqlite, tmp_path / "fresh.db")
    made = open_database(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture
def filled(sqlite_engine: Engine) -> Engine:
    with writing(sqlite_engine) as conn:
        anyrows.fill(conn)
    return sqlite_engine


def stored(engine: Engine) -> dict[str, object]:
    """What is stored but the machines, and with the counters of numbers."""
    with reading(engine) as conn:
        return {**dump(engine), "counters": counters.read(conn), "machine": None}


def test_everything_goes_to_postgresql_and_back_and_json_stays_the_text_that_it_is(
    filled: Engine, postgres: Engine, fresh_sqlite: Engine
) -> None:
    odd = '{"b" :1.10,  "a":1e2,"b":12345678901234567890123}'
    with writing(filled) as conn:
        conn.execute(text("UPDATE evidence SET hit = :odd WHERE id = 9"), {"odd": odd})
    there = copy(filled, postgres)
    back = copy(postgres, fresh_sqlite)
    assert there == back
    assert {one.table: one.fingerprint.rows for one in there} == {table.name: 8 for table in TABLES}
    assert stored(fresh_sqlite) == stored(filled)
    with reading(fresh_sqlite) as conn:
        assert conn.execute(text("SELECT hit FROM evidence WHERE id = 9")).scalar_one() == odd


def test_no_number_is_given_twice_also_where_the_highest_row_is_gone(
    filled: Engine, postgres: Engine, fresh_sqlite: Engine
) -> None:
    with writing(filled) as conn:
        conn.execute(text("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'article'"))
    copy(filled, postgres)
    copy(postgres, fresh_sqlite)
    for engine in (postgres, fresh_sqlite):
        with writing(engine) as conn:
            assert counters.read(conn)["feed"] == 24
            blank = conn.execute(select(article).limit(1)).one()._asdict() | {"key": "new"}
            del blank["id"]
            assert conn.execute(insert(article).values(blank).returning(article.c.id)).scalar_one() == 501


def test_the_machines_that_run_on_a_database_stay_with_it(filled: Engine, postgres: Engine) -> None:
    copy(filled, postgres)
    with reading(postgres) as conn:
        assert conn.execute(select(machine)).all() == []


def test_what_a_database_knows_of_its_own_queue_is_kept_and_not_copied(
    filled: Engine, postgres: Engine, fresh_sqlite: Engine
) -> None:
    with writing(postgres) as conn:
        queueing.bring_up(conn)
        conn.execute(insert(meta).values(name="of a service that never ran", value=1))
    copy(filled, postgres)
    copy(postgres, fresh_sqlite)
    names = select(meta.c.name)
    with reading(postgres) as new, reading(fresh_sqlite) as back:
        assert queueing.APPLIED in new.execute(names).scalars().all()
        assert "of a service that never ran" not in new.execute(names).scalars().all()
        assert queueing.APPLIED not in back.execute(names).scalars().all()


def test_a_target_with_rows_is_refused_and_left_alone(filled: Engine, postgres: Engine) -> None:
    with writing(postgres) as conn:
        conn.execute(insert(feed), [anyrows.row(feed, 1)])
    migrations.upgrade(postgres)
    before = dump(postgres)
    with pytest.raises(StoreError, match="not empty: there are rows in feed; name a new one"):
        copy(filled, postgres)
    assert dump(postgres) == before


def test_a_source_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path, fresh_sqlite: Engine) -> None:
    bare = open_database(f"sqlite:///{tmp_path}/bare.db")
    with pytest.raises(StoreError, match="is empty: run `alerts db upgrade`"):
        copy(bare, fresh_sqlite)
    bare.dispose()


def test_a_target_that_nobody_has_used_gets_its_tables_first(filled: Engine, tmp_path: Path) -> None:
    bare = open_database(f"sqlite:///{tmp_path}/bare.db")
    copy(filled, bare)
    assert stored(bare) == stored(filled)
    bare.dispose()


@pytest.mark.parametrize("newer", ["source", "target"])
def test_a_newer_database_is_refused(newer: str, filled: Engine, fresh_sqlite: Engine) -> None:
    migrations.upgrade(fresh_sqlite)
    with writing(filled if newer == "source" else fresh_sqlite) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version .9999. than this program knows"):
        copy(filled, fresh_sqlite)


def test_what_postgresql_cannot_hold_is_told_and_nothing_is_copied(filled: Engine, postgres: Engine) -> None:
    with writing(filled) as conn:
        conn.execute(text("UPDATE feed SET host = :long WHERE id = 6"), {"long": "x" * 300})
    with pytest.raises(StoreError, match=r"feed: the row with id 6 has in host .*300 characters"):
        copy(filled, postgres)
    with writing(filled) as conn:
        conn.execute(text("UPDATE feed SET host = 'x', tags = '[NaN]' WHERE id = 6"))
    with pytest.raises(StoreError, match=r"feed: PostgreSQL does not take .* json .*line 2, column tags"):
        copy(filled, postgres)
    with reading(postgres) as conn:
        assert copying.has_rows(conn) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_that_refer_to_nothing_are_told_and_nothing_is_copied(
    kind: str, filled: Engine, request: pytest.FixtureRequest
) -> None:
    target: Engine = request.getfixturevalue("postgres" if kind == "postgresql" else "fresh_sqlite")
    with filled.connect() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF").close()
        raw.execute("UPDATE outbox SET person_id = 999 WHERE id = 9").close()
    with pytest.raises(StoreError, match=r"^outbox: .*(refers to one of person|foreign key)"):
        copy(filled, target)
    with reading(target) as conn:
        assert copying.has_rows(conn) == []


def test_a_copy_that_differs_in_a_single_value_is_not_kept(
    filled: Engine, postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(postgres) as conn:
        conn.execute(
            text("""CREATE FUNCTION pg_temp_spoil() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.id = 9 THEN NEW.url := NEW.url || ' '; END IF; RETURN NEW; END $$""")
        )
        conn.execute(text("CREATE TRIGGER spoil BEFORE INSERT ON feed FOR EACH ROW EXECUTE FUNCTION pg_temp_spoil()"))
    try:
        with pytest.raises(StoreError, match=r"feed is not the same in both databases .the hashes differ"):
            copy(filled, postgres)
    finally:
        with writing(postgres) as conn:
            conn.execute(text("DROP TRIGGER spoil ON feed"))
            conn.execute(text("DROP FUNCTION pg_temp_spoil"))
    with reading(postgres) as conn:
        assert copying.has_rows(conn) == []


def test_it_copies_one_moment_while_others_write(filled: Engine, fresh_sqlite: Engine) -> None:
    def meanwhile(stage: str, share: float) -> None:
        with writing(filled) as conn:
            conn.execute(text("UPDATE article SET title = title || '!'"))
            conn.execute(text("DELETE FROM listing_word"))

    before = stored(filled)
    copy(filled, fresh_sqlite, meanwhile)
    assert stored(fresh_sqlite) == before


def test_progress_names_tables_and_ends_with_all(filled: Engine, fresh_sqlite: Engine) -> None:
    told: list[tuple[str, float]] = []
    copy(filled, fresh_sqlite, lambda stage, share: told.append((stage, share)))
    assert told[-1][1] == 1.0
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert "copying outbox (8 rows)" in [stage for stage, _ in told]
    assert "comparing outbox (8 rows)" in [stage for stage, _ in told]


_KILLED = """
import sys, time
from alerts.store import copying
from alerts.store.database import open_database

def slowly(stage, share):
    if stage.startswith(sys.argv[3]):
        print(stage, flush=True)
        time.sleep(600)

copying.copy(open_database(sys.argv[1]), open_database(sys.argv[2]), slowly)
"""


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("sqlite", marks=pytest.mark.soak)])
def test_killed_in_the_middle_it_leaves_an_empty_database_and_can_be_begun_again(
    kind: str, filled: Engine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    target: Engine = request.getfixturevalue("postgres" if kind == "postgresql" else "fresh_sqlite")
    urls = [engine.url.render_as_string(hide_password=False) for engine in (filled, target)]
    command = [sys.executable, "-c", _KILLED, *urls, "copying outbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("copying outbox")
        process.send_signal(signal.SIGKILL)
    migrations.upgrade(target)
    with reading(target) as conn:
        assert copying.has_rows(conn) == []
    assert copy(filled, target)
