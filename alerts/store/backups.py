"""A backup: one SQLite file that holds all there was at one moment, made while the service goes on, whatever database
it uses. Nothing of it is seen under its name before it is whole, looked through, and safe from a power cut.

Pages of a SQLite database are copied while a read transaction holds its state: nobody waits for it, and it ends however
much is written meanwhile. Each backup is looked through afterwards (PRAGMA integrity_check); one of PostgreSQL is
compared row by row besides (`store.copying`).
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.store import copying, trouble
from alerts.store.database import open_database
from alerts.vault import sync_folder

Progress = Callable[[str, float], None]

TAKEN: Final = "backup taken"
"""What `meta` calls the moment at which a backup was made, in that backup."""

_BESIDE: Final = ("-wal", "-shm", "-journal")
_PAGES: Final = 2_000


def back_up(engine: Engine, file: Path, now: datetime, progress: Progress = lambda stage, share: None) -> int:
    """Write all that is stored to `file`, which is its owner's alone, and replaced where it is there; how many bytes.
    Raises StoreError; then nothing of it is left, and a file that was there is as it was."""
    with _told(file, engine.url.database), _part(file) as part:
        if engine.dialect.name == "sqlite":
            copy_pages(Path(engine.url.database or ""), part, lambda share: progress("copying pages", 0.9 * share))
        else:
            _copy_rows(engine, part, progress)
        progress("looking through it", 0.9)
        with closing(sqlite3.connect(part, isolation_level=None)) as made:
            made.execute("PRAGMA journal_mode = DELETE")  # one file is all there is
            made.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (TAKEN, json.dumps(now.isoformat())))
            want_sound(made, file)
        size = make_last(part)
        part.replace(file)
        sync_folder(file.parent)
    progress("done", 1.0)
    return size


def copy_pages(source: Path, target: Path, tell: Callable[[float], None] = lambda share: None) -> None:
    """The SQLite database `source` as it is now into the file `target`, page by page. Raises sqlite3.Error."""

    def step(_status: int, remaining: int, total: int) -> None:
        tell(1 - remaining / max(total, 1))

    address = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(target, isolation_level=None)) as new,
    ):
        old.execute("BEGIN")  # else it would begin again whenever somebody has written
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        new.execute("PRAGMA journal_mode = OFF")
        new.execute("PRAGMA synchronous = OFF")  # it is made safe as a whole, or thrown away
        old.backup(new, pages=_PAGES, progress=step)


def want_sound(conn: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError unless all pages and references of this file are in order."""
    found = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(3)")]
    found = [] if found == ["ok"] else found
    found += [f"{table}: a row refers to none" for table, *_ in conn.execute("PRAGMA foreign_key_check").fetchmany(1)]
    if found:
        raise StoreError(f"{path} is damaged: {'; '.join(found)}", reason="damaged")


def make_last(file: Path) -> int:
    """What is in a file lasts through a power cut from now on; how many bytes it has."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def remove(path: Path, *, beside_only: bool = False) -> None:
    """Take away a SQLite file that nobody needs, with what SQLite keeps beside it, or only that."""
    for suffix in _BESIDE if beside_only else ("", *_BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _copy_rows(engine: Engine, part: Path, progress: Progress) -> None:
    made = open_database(f"sqlite:///{part}")
    try:
        copying.copy(engine, made, lambda stage, share: progress(stage, 0.9 * share))
    finally:
        made.dispose()


@contextmanager
def _part(file: Path) -> Iterator[Path]:
    """A private file beside `file` to be filled and put in place, or else taken away. What a process that was killed
    left of one is used again."""
    part = file.with_name(f"{file.name}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(f"{file} is being written by another process at this moment", reason="locked") from None
        os.ftruncate(handle, 0)
        remove(part, beside_only=True)
        try:
            yield part
        except BaseException:
            remove(part)
            raise
    finally:
        os.close(handle)


@contextmanager
def _told(file: Path, source: object) -> Iterator[None]:
    """What can befall a file that is being written, in words."""
    try:
        yield
    except sqlite3.Error as error:
        reason = trouble.sqlite_reason(error)
        if reason is None:
            raise
        what = f"{source} is damaged or no database" if reason == "damaged" else f"{file} cannot be written"
        raise StoreError(f"{what} ({error}); there is no new backup", reason=reason) from None
    except OSError as error:
        reason = "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "failing"
        raise StoreError(f"{file} cannot be written: {error.strerror}; there is no new backup", reason=reason) from None
