"""The database file is private, its transactions are real, and its troubles come with advice."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from alerts.errors import StoreError
from alerts.store import migrations
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import meta
from tests.store.conftest import impatient, postgres_admin_url


def _put(engine: Engine, name: str) -> None:
    with writing(engine) as conn:
        conn.execute(insert(meta).values(name=name, value=1))


def _names(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.execute(select(meta.c.name).order_by(meta.c.name)).scalars())


def test_what_is_written_is_there_and_what_fails_is_not(engine: Engine) -> None:
    _put(engine, "a")
    with pytest.raises(ZeroDivisionError), writing(engine) as conn:
        conn.execute(insert(meta).values(name="b", value=1))
        _ = 1 / 0
    assert _names(engine) == ["a"]


def test_a_failed_statement_undoes_the_whole_transaction(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as conn:
        conn.execute(insert(meta).values(name="a", value=1))
        conn.execute(insert(meta).values(name="a", value=1))
    assert _names(engine) == []


def test_a_reader_sees_one_state_throughout(engine: Engine) -> None:
    _put(engine, "a")
    with reading(engine) as conn:
        before = conn.execute(select(meta.c.name)).scalars().all()
        _put(engine, "b")
        assert conn.execute(select(meta.c.name)).scalars().all() == before == ["a"]
    assert _names(engine) == ["a", "b"]


def test_tables_made_in_a_transaction_go_with_it(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as conn:
        conn.execute(text("CREATE TABLE passing (a INTEGER)"))
        _ = 1 / 0
    with reading(engine) as conn:
        assert not engine.dialect.has_table(conn, "passing")


def test_sqlite_is_set_up_to_lose_nothing(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as conn:
        found = [
            conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_a_writer_has_the_lock_from_its_first_moment(sqlite_engine: Engine) -> None:
    with impatient(sqlite_engine) as other:
        with writing(sqlite_engine), pytest.raises(StoreError, match="locked by another process") as caught:
            _put(other, "a")
        assert caught.value.reason == "locked"
    _put(sqlite_engine, "a")


def test_a_writer_waits_for_another(engine: Engine) -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(engine) as conn:
            conn.execute(insert(meta).values(name="first", value=1))
            inside.set()
            done.wait(0.1)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(5)
    _put(engine, "second")
    done.set()
    thread.join()
    assert _names(engine) == ["first", "second"]


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_file_and_its_folder_are_for_the_owner_only(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        engine = open_database(f"sqlite:///{tmp_path}/data/alerts.db")
        migrations.upgrade(engine)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    finally:
        os.umask(before)
    assert modes == {"alerts.db": 0o600, "alerts.db-wal": 0o600, "alerts.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    engine.dispose()


def test_what_is_deleted_does_not_linger_in_the_file(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/alerts.db")
    with writing(engine) as conn:
        conn.execute(text("CREATE TABLE note (said TEXT)"))
        conn.execute(text("INSERT INTO note VALUES ('forget me'), ('keep me')"))
    with writing(engine) as conn:
        conn.execute(text("DELETE FROM note WHERE said = 'forget me'"))
    engine.dispose()
    with sqlite3.connect(tmp_path / "alerts.db") as bare:
        bare.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bare.close()
    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"keep me" in found
    assert b"forget me" not in found


def test_a_file_open_to_others_is_closed_to_them_and_a_folder_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    path.touch(mode=0o644)
    tmp_path.chmod(0o755)
    open_database(f"sqlite:///{path}").dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "a SQLite database is a file"),
        ("sqlite:///:memory:", "a SQLite database is a file"),
        ("postgresql://x/y", "is no database this service knows"),
        ("nonsense", "cannot be read"),
    ],
)
def test_an_address_of_another_kind_is_refused(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        open_database(url)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}/file/data/alerts.db")


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    path.write_bytes(b"something else entirely, and longer than a header" * 100)
    engine = open_database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="restore a backup") as caught:
        migrations.check(engine)
    assert caught.value.reason == "damaged"


def test_tables_that_are_not_there_are_told_with_the_command(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/alerts.db")
    with pytest.raises(StoreError, match="run `alerts db upgrade`") as caught:
        _names(engine)
    assert caught.value.reason == "schema"
    engine.dispose()


def test_a_full_disk_is_told_and_leaves_nothing_half_written(sqlite_engine: Engine) -> None:
    _put(sqlite_engine, "before")
    with reading(sqlite_engine) as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    with pytest.raises(StoreError, match="database is full") as caught, writing(sqlite_engine) as conn:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        conn.execute(insert(meta), [{"name": f"row {i}", "value": "x" * 1000} for i in range(1000)])
    assert caught.value.reason == "full"
    sqlite_engine.dispose()
    assert _names(sqlite_engine) == ["before"]
    _put(sqlite_engine, "after")


def test_a_server_that_does_not_answer_is_unreachable_and_its_password_is_not_shown() -> None:
    engine = open_database("postgresql+psycopg://user:secret@127.0.0.1:1/alerts")
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        _names(engine)
    assert caught.value.reason == "unreachable"
    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_exist_is_unreachable() -> None:
    engine = open_database(postgres_admin_url().rsplit("/", 1)[0] + "/no_such_database")
    with pytest.raises(StoreError, match=r"no_such_database.*does not exist"):
        _names(engine)


def test_values_are_not_shown_in_errors(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, writing(engine) as conn:
        conn.execute(insert(meta), [{"name": "secret@example.org", "value": 1}, {"name": "b", "value": 1}])
        conn.execute(text("INSERT INTO poll (feed_id, at, status) VALUES (1, NULL, 'reader@example.org')"))
    assert "secret@example.org" not in str(caught.value)


def test_the_errors_of_sqlite_are_told_apart(sqlite_engine: Engine) -> None:
    path = sqlite_engine.url.database
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with impatient(sqlite_engine) as opened, pytest.raises(StoreError) as caught:
            _put(opened, "a")
    finally:
        other.close()
    assert caught.value.reason == "locked"
