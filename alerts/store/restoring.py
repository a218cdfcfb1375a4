"""A backup becomes an installation again, and takes into account that the world went on without it.

After the moment of the backup mails were sent, and alerts, articles and readers got numbers of which it knows nothing.
So what waited or was being sent then is held (it may have arrived since), numbers go on with a gap (Message-IDs and
links of mails are made of them: a new alert under an old one's number would vanish behind it in mail programs, and a
press on an old mail would judge the wrong one), leases are forgotten, and who was logged in logs in again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

from sqlalchemy import Connection, Engine, delete, select, true, update

from alerts.errors import StoreError
from alerts.store import backups, copying, counters, leases, linked, migrations, polling, queueing, rows, trouble
from alerts.store.database import open_database, reading, writing
from alerts.store.outbox import State
from alerts.store.schema import alert, article, login_link, machine, meta, outbox, person, session
from alerts.vault import Vault, sync_folder

Mails = Literal["hold", "send", "drop"]
MAILS: Final[tuple[Mails, ...]] = get_args(Mails)
"""What becomes of mails that waited or were being sent when the backup was made."""

_LEAST_GAP: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup holds. `taken`: when it was made, where it says so; `mails`: how many waited or were being sent."""

    taken: datetime | None
    version: str
    articles: int
    alerts: int
    people: int
    mails: int


@contextmanager
def opened(file: Path, work: Path, vault: Vault | None = None) -> Iterator[tuple[Engine, Contents]]:
    """A copy of the backup `file`, brought to this version, in the private file `work`, which is taken away in the end
    unless it was put in place. The backup is only read.

    Raises StoreError for a file that is damaged, no backup, or of a newer version.
    """
    backups.remove(work)
    try:
        version = _copy(file, work)
        engine = open_database(f"sqlite:///{work}", vault=vault)
        try:
            yield engine, _brought_up(engine, file, version)
        finally:
            engine.dispose()
    finally:
        backups.remove(work)


def settle(engine: Engine, now: datetime, held: Contents, mails: Mails) -> None:
    """Make of a copy of a backup what a service can go on with."""
    with writing(engine) as conn:
        for table in (machine, session, login_link):
            conn.execute(delete(table))
        conn.execute(delete(meta).where(meta.c.name.in_((backups.TAKEN, queueing.APPLIED))))
        polling.forget_leases(conn)
        linked.forget_claims(conn, now)
        leases.forget(conn, now)
        counters.put(conn, {name: used + max(_LEAST_GAP, used) for name, used in counters.read(conn).items()})
        if mails != "send":
            _stop_mails(conn, now, held, "held" if mails == "hold" else "withdrawn")


def in_use(target: str) -> bool:
    """Whether there is more in a database than in one that was never used. One that is damaged is in use, too."""
    file = _file(target)
    if file and not file.exists():
        return False
    engine = open_database(target)
    try:
        if migrations.current(engine) is None:
            return False
        migrations.check(engine)
        with reading(engine) as conn:
            return bool(copying.has_rows(conn))
    except StoreError as error:
        if error.reason in ("damaged", "schema"):
            return True
        raise
    finally:
        engine.dispose()


def put_in_place(engine: Engine, target: str, stamp: str, progress: copying.Progress) -> Path | None:
    """Make a copy that was settled the database `target`. A SQLite file that is there is kept beside, under another
    name, which is returned; another database must be empty. `engine` is closed then. Raises StoreError."""
    file = _file(target)
    if file is None:
        new = open_database(target)
        try:
            copying.copy(engine, new, progress)
        finally:
            new.dispose()
        return None
    work = _file(str(engine.url)) or file
    engine.dispose()
    with closing(sqlite3.connect(work)) as conn:
        conn.execute("PRAGMA journal_mode = DELETE")  # one file is all there is
    backups.make_last(work)
    kept = file.with_name(f"{file.name}.before-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # a -wal that stayed would be taken for one of the new file
        with suppress(FileNotFoundError):
            file.with_name(file.name + suffix).rename(kept.with_name(kept.name + suffix))
    work.replace(file)
    sync_folder(file.parent)
    return kept if kept.exists() else None


def _file(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


def _copy(file: Path, work: Path) -> str:
    """Copy a backup into a private file; returns the version of its tables. Raises StoreError."""
    try:
        os.close(os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        backups.copy_pages(file, work)
        with closing(sqlite3.connect(work)) as conn:
            names = {name for (name,) in conn.execute("SELECT name FROM sqlite_master")}
            if not names >= {"alembic_version", "meta", "outbox"}:
                raise StoreError(f"{file} is no backup of alerts: it has other tables", reason="damaged")
            backups.want_sound(conn, file)
            return str(conn.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except sqlite3.Error as error:
        reason = trouble.sqlite_reason(error)
        if reason is None:
            raise
        what = (
            f"{file} is damaged or no backup" if reason == "damaged" else f"{file} cannot be restored in {work.parent}"
        )
        raise StoreError(f"{what} ({error}); nothing was changed", reason=reason) from None


def _brought_up(engine: Engine, file: Path, version: str) -> Contents:
    try:
        migrations.upgrade(engine)
    except StoreError as error:
        raise StoreError(f"{file}: {error}", reason=error.reason) from None
    with reading(engine) as conn:
        taken = conn.execute(select(meta.c.value).where(meta.c.name == backups.TAKEN)).scalar_one_or_none()
        return Contents(
            taken=datetime.fromisoformat(taken) if taken else None,
            version=version,
            articles=rows.count(conn, article, true()),
            alerts=rows.count(conn, alert, true()),
            people=rows.count(conn, person, true()),
            mails=rows.count(conn, outbox, _UNFINISHED),
        )


_UNFINISHED: Final = outbox.c.state.in_(("queued", "sending")) & outbox.c.lead_id.is_(None)


def _stop_mails(conn: Connection, now: datetime, held: Contents, state: State) -> None:
    """With all that goes in them."""
    when = f"{held.taken:%Y-%m-%d %H:%M} UTC" if held.taken else "an earlier time"
    values = {
        "state": state,
        "finished": now,
        "last_error": f"a backup of {when} was restored: this mail may have been sent since",
        "lease_token": None,
        "lease_until": None,
    }
    conn.execute(update(outbox).where(outbox.c.state.in_(("queued", "sending", "bundled"))).values(values))
