"""A backup is one file with all there was at one moment, or it is not there at all."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from alerts.errors import StoreError
from alerts.store import backups, counters
from alerts.store.backups import back_up
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import machine, meta
from tests.cli.run import environment
from tests.fakes.disk import barred_disk
from tests.store import anyrows
from tests.store.dumped import dump

NOW = datetime(2026, 11, 23, 17, 53, tzinfo=UTC)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database with rows in every table. On PostgreSQL tests share one, and SQLite has no counter for some tables: so
    numbers that earlier tests used are forgotten."""
    with writing(engine) as conn:
        anyrows.fill(conn)
        counters.put(conn, dict.fromkeys(counters.read(conn), 1))
    return engine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "alerts.backup"


def stored(engine: Engine) -> dict[str, object]:
    """What is stored, without what belongs to a database or to a backup alone."""
    with reading(engine) as conn:
        found: dict[str, object] = {**dump(engine), "counters": counters.read(conn)}
        own = {"backup taken", "tables of the queue"}
        known = {row.name: row.value for row in conn.execute(meta.select()) if row.name not in own}
    return found | {machine.name: None, meta.name: known}


def in_backup(file: Path) -> dict[str, object]:
    made = open_database(f"sqlite:///{file}")
    try:
        return stored(made)
    finally:
        made.dispose()


def left(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_it_holds_all_there_is_in_one_private_file(filled: Engine, file: Path) -> None:
    size = back_up(filled, file, NOW)
    assert left(file) == ["alerts.backup"]
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == (0o600, size)
    assert in_backup(file) == stored(filled)


def test_it_can_be_read_where_nothing_can_be_written(sqlite_engine: Engine, file: Path) -> None:
    back_up(sqlite_engine, file, NOW)
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert conn.execute("SELECT value FROM meta WHERE name = 'backup taken'").fetchone() == (
            f'"{NOW.isoformat()}"',
        )


@pytest.fixture
def under_load(filled: Engine) -> Iterator[Engine]:
    """Somebody writes all the time: two rows that belong together, and many pages."""
    ends, begun = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not ends.is_set():
            number += 1
            with writing(filled) as conn:
                conn.execute(text("UPDATE alert SET title = :said"), {"said": f"{number}" * 900})
                conn.execute(text("UPDATE incident SET opened = opened"))
                conn.execute(text("UPDATE article SET title = :said"), {"said": f"{number}" * 900})
            begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(60)
    yield filled
    ends.set()
    thread.join()


def test_it_is_of_one_moment_while_somebody_writes_all_the_time(under_load: Engine, file: Path) -> None:
    for _ in range(3 if under_load.dialect.name == "sqlite" else 1):
        back_up(under_load, file, NOW)
        with closing(sqlite3.connect(file)) as conn:
            titles = conn.execute("SELECT title FROM alert UNION SELECT title FROM article").fetchall()
        assert len(titles) == 1


def test_a_full_disk_leaves_the_backup_before(sqlite_engine: Engine, tmp_path: Path) -> None:
    with writing(sqlite_engine) as conn:
        anyrows.fill(conn)
    with barred_disk(tmp_path / "disk") as disk:
        file = disk.folder / "alerts.backup"
        back_up(sqlite_engine, file, NOW)
        before = file.read_bytes()
        disk.fill(but=64 * 1024)
        with pytest.raises(StoreError, match=r"alerts\.backup cannot be written .*there is no new backup"):
            back_up(sqlite_engine, file, NOW)
        disk.free()
        assert left(file) == ["alerts.backup"]
        assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere/alerts cannot be written: No such file or directory"):
        back_up(sqlite_engine, tmp_path / "nowhere" / "alerts", NOW)


def test_a_damaged_database_makes_no_backup(sqlite_engine: Engine, file: Path) -> None:
    with writing(sqlite_engine) as conn:
        anyrows.fill(conn, 60)
    sqlite_engine.dispose()
    path = Path(sqlite_engine.url.database or "")
    with closing(sqlite3.connect(path)) as conn:
        [page] = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_article_published'").fetchone()
        [size] = conn.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\x0a" + bytes(200))
    with pytest.raises(StoreError, match="damaged") as caught:
        back_up(sqlite_engine, file, NOW)
    assert caught.value.reason == "damaged"
    assert left(file) == []


def test_two_at_once_do_not_write_one_file(sqlite_engine: Engine, file: Path) -> None:
    def second(stage: str, share: float) -> None:
        if stage == "done":
            return
        with pytest.raises(StoreError, match="is being written by another process"):
            back_up(sqlite_engine, file, NOW)

    back_up(sqlite_engine, file, NOW, second)
    assert left(file) == ["alerts.backup"]


_KILLED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from alerts.store.backups import back_up
from alerts.store.database import open_database

def slowly(stage, share):
    print(stage, flush=True)
    time.sleep(600)

back_up(open_database(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC), slowly)
"""


def test_killed_in_the_middle_it_leaves_the_backup_before_and_the_next_clears_up(
    sqlite_engine: Engine, file: Path
) -> None:
    file.write_bytes(b"the one before")
    command = [sys.executable, "-c", _KILLED, str(sqlite_engine.url), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert file.read_bytes() == b"the one before"
    assert left(file) == ["alerts.backup", "alerts.backup.part"]
    back_up(sqlite_engine, file, NOW)
    assert left(file) == ["alerts.backup"]
    assert in_backup(file) == stored(sqlite_engine)


def test_a_sound_file_is_not_called_damaged(sqlite_engine: Engine, file: Path) -> None:
    with writing(sqlite_engine) as conn:
        anyrows.fill(conn, 1)
    back_up(sqlite_engine, file, NOW)
    with closing(sqlite3.connect(file)) as conn:
        backups.want_sound(conn, file)
        conn.execute("UPDATE evidence SET article_id = 999 WHERE id = 3")
        with pytest.raises(StoreError, match=r"alerts\.backup is damaged: evidence: a row refers to none"):
            backups.want_sound(conn, file)
