"""A backup becomes an installation again, on either database, and nothing is lost of it, doubled by it or mistaken."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, insert, select, text

from alerts.errors import StoreError
from alerts.store import copying, counters, migrations, restoring
from alerts.store.backups import back_up
from alerts.store.database import open_database, reading, writing
from alerts.store.restoring import Contents, Mails
from alerts.store.schema import feed, login_link, machine, outbox, session
from tests.fakes.disk import barred_disk
from tests.sealed import VAULT
from tests.store import anyrows
from tests.store.conftest import empty
from tests.store.dumped import dump

TAKEN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOW = TAKEN + timedelta(hours=15)
CHANGED = {machine.name, session.name, login_link.name, outbox.name, feed.name, "meta"}


@pytest.fixture
def backup(sqlite_engine: Engine, tmp_path: Path) -> Path:
    """Of a database with rows in every table: one being sent with what goes in its mail, two that wait,
    and some that were sent."""
    with writing(sqlite_engine) as conn:
        anyrows.fill(conn)
        conn.execute(outbox.update().values(state="accepted", lead_id=None))
        for number, state, lead in ((3, "sending", None), (6, "sending", 3), (9, "queued", None), (12, "queued", None),
                                    (15, "bundled", 12), (18, "failed", None), (21, "inhibited", 12)):  # fmt: skip
            values = {"state": state, "lead_id": lead, "lease_token": "x" * 32 if state == "sending" else None}
            conn.execute(outbox.update().where(outbox.c.id == number).values(values))
        conn.execute(feed.update().values(lease_token="y", lease_until=NOW))
    file = tmp_path / "one.backup"
    back_up(sqlite_engine, file, TAKEN)
    return file


def restore(file: Path, target: str, *, mails: Mails = "hold") -> tuple[Contents, Path | None]:
    work = file.with_name("work")
    with restoring.opened(file, work) as (engine, held):
        restoring.settle(engine, NOW, held, mails)
        kept = restoring.put_in_place(engine, target, "then", lambda stage, share: None)
    assert not list(work.parent.glob("work*"))
    return held, kept


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that was never used."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/restored.db"
    shared: Engine = request.getfixturevalue("migrated_postgres")
    empty(shared)
    return shared.url.render_as_string(hide_password=False)


def opened(target: str) -> Engine:
    return open_database(target, vault=VAULT)


def test_all_of_it_is_there_again_on_either_database(backup: Path, target: str, sqlite_engine: Engine) -> None:
    before = {name: sorted(map(repr, rows)) for name, rows in dump(sqlite_engine).items() if name not in CHANGED}
    held, kept = restore(backup, target)
    assert held == Contents(taken=TAKEN, version=migrations.required(), articles=8, alerts=8, people=8, mails=3)
    assert kept is None
    made = opened(target)
    assert {name: sorted(map(repr, rows)) for name, rows in dump(made).items() if name not in CHANGED} == before
    with reading(made) as conn:
        assert counters.read(conn)["alert"] == 10_024
    made.dispose()
    assert restoring.in_use(target)


@pytest.mark.parametrize(
    ("mails", "states"),
    [
        ("hold", {3: "held", 6: "held", 9: "held", 12: "held", 15: "held", 18: "failed", 21: "inhibited"}),
        ("send", {3: "sending", 6: "sending", 9: "queued", 12: "queued", 15: "bundled", 18: "failed", 21: "inhibited"}),
        ("drop", {3: "withdrawn", 6: "withdrawn", 9: "withdrawn", 12: "withdrawn", 15: "withdrawn", 18: "failed",
                  21: "inhibited"}),
    ],
)  # fmt: skip
def test_mails_that_waited_are_held_or_sent_or_dropped(
    mails: Mails, states: dict[int, str], backup: Path, tmp_path: Path
) -> None:
    restore(backup, f"sqlite:///{tmp_path}/restored.db", mails=mails)
    made = opened(f"sqlite:///{tmp_path}/restored.db")
    with reading(made) as conn:
        rows = {row.id: row for row in conn.execute(select(outbox))}
    made.dispose()
    assert {number: rows[number].state for number in states} == states
    assert Counter(row.state for row in rows.values())["accepted"] == 1
    assert not any(row.lease_token for row in rows.values())
    if mails != "send":
        assert rows[3].last_error == "a backup of 2026-11-23 03:00 UTC was restored: this mail may have been sent since"


def test_numbers_that_may_have_been_given_since_are_not_given_again(backup: Path, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path}/restored.db"
    restore(backup, target)
    made = opened(target)
    with reading(made) as conn:
        used = counters.read(conn)
    made.dispose()
    assert {used[name] for name in ("alert", "article", "person", "incident", "bulletin")} == {10_024}


def test_leases_logins_and_machines_are_forgotten(backup: Path, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path}/restored.db"
    restore(backup, target)
    made = opened(target)
    with reading(made) as conn:
        for table in (machine, session, login_link):
            assert conn.execute(select(table)).all() == []
        assert set(conn.execute(select(feed.c.lease_token, feed.c.lease_until)).all()) == {(None, None)}
    made.dispose()


def test_an_old_file_is_kept_whole_under_another_name(backup: Path, tmp_path: Path, sqlite_engine: Engine) -> None:
    target = f"sqlite:///{tmp_path}/restored.db"
    restore(backup, target)
    old = opened(target)
    with writing(old) as conn:
        conn.execute(text("UPDATE alert SET title = 'of the old one'"))
    (tmp_path / "restored.db-wal").touch()
    _, kept = restore(backup, target)
    assert kept == tmp_path / "restored.db.before-then"
    old.dispose()
    with closing(sqlite3.connect(kept)) as raw:
        assert raw.execute("SELECT DISTINCT title FROM alert").fetchall() == [("of the old one",)]
    assert not (tmp_path / "restored.db-wal").exists()


def test_what_is_in_use_is_known(target: str, tmp_path: Path) -> None:
    assert not restoring.in_use(target)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 500)
    assert restoring.in_use(f"sqlite:///{broken}")


def test_an_older_backup_is_brought_to_this_version_and_is_not_changed_itself(tmp_path: Path) -> None:
    older = open_database(f"sqlite:///{tmp_path}/older.db")
    with writing(older) as conn:
        config = migrations._config()
        config.attributes["connection"] = conn
        command.upgrade(config, "0005")
        row = anyrows.row(feed, 1)
        conn.execute(insert(feed).values(row))
    file = tmp_path / "older.backup"
    back_up(older, file, TAKEN)
    older.dispose()
    before = file.read_bytes()
    held, _ = restore(file, f"sqlite:///{tmp_path}/restored.db")
    assert held.version == "0005"
    made = opened(f"sqlite:///{tmp_path}/restored.db")
    migrations.check(made)
    with reading(made) as conn:
        assert conn.execute(select(feed.c.url)).scalars().all() == [row["url"]]
    made.dispose()
    assert file.read_bytes() == before


def _cut(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.truncate(file.stat().st_size // 3 // 4096 * 4096)


def _scratch(file: Path) -> None:
    with closing(sqlite3.connect(file)) as conn:
        [page] = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'article'").fetchone()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * 4096)
        raw.write(b"\xff" * 4096)


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")


def _stranger(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("CREATE TABLE contacts (name)")


def _nothing(file: Path) -> None:
    file.write_bytes(b"")


def _text(file: Path) -> None:
    file.write_text("a letter to nobody " * 400)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_cut, "one.backup is damaged"),
        (_scratch, "one.backup is damaged"),
        (_newer, "newer version .9999. than this program knows"),
        (_stranger, "one.backup is no backup of alerts"),
        (_nothing, "one.backup is no backup of alerts"),
        (_text, "one.backup is damaged or no backup"),
    ],
)
def test_what_cannot_be_restored_is_refused_in_words_and_changes_nothing(
    spoil: object, says: str, backup: Path, tmp_path: Path
) -> None:
    assert callable(spoil)
    spoil(backup)
    with pytest.raises(StoreError, match=says):
        restore(backup, f"sqlite:///{tmp_path}/restored.db")
    assert not list(tmp_path.glob("restored*"))
    assert not list(tmp_path.glob("work*"))


def test_a_database_of_postgresql_that_is_in_use_is_left_alone(backup: Path, migrated_postgres: Engine) -> None:
    empty(migrated_postgres)
    with writing(migrated_postgres) as conn:
        conn.execute(insert(feed).values(anyrows.row(feed, 9)))
    with pytest.raises(StoreError, match="not empty: there are rows in feed"):
        restore(backup, migrated_postgres.url.render_as_string(hide_password=False))
    with reading(migrated_postgres) as conn:
        assert copying.has_rows(conn) == ["feed"]


def test_on_a_full_disk_nothing_is_restored_and_the_old_one_stays(backup: Path, tmp_path: Path) -> None:
    with barred_disk(tmp_path / "disk") as disk:
        target = f"sqlite:///{disk.folder}/alerts.db"
        restore(backup, target)
        before = (disk.folder / "alerts.db").read_bytes()
        file = Path(shutil.copy(backup, disk.folder))
        disk.fill(but=64 * 1024)
        with pytest.raises(StoreError, match=r"one\.backup cannot be restored in .*disk.*nothing was changed"):
            restore(file, target)
        disk.free()
        assert (disk.folder / "alerts.db").read_bytes() == before
        assert sorted(path.name for path in disk.folder.iterdir()) == ["alerts.db", "one.backup"]
