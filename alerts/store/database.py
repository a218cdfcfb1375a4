"""Opening the database, and the two ways to use it: `reading` and `writing`.

The house works with plain transactions: whoever opens one owns it, all functions of the store take its
connection. What can go wrong with a database in daily life (full, locked, unreachable, of another version)
comes out as StoreError with advice; anything else is a fault of ours and comes out as it is.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from alerts.errors import StoreError
from alerts.store.schema import metadata
from alerts.store.trouble import trouble
from alerts.vault import BYTES, Vault

BUSY_S: Final = 10.0
_WRITES: Final = "alerts_writes"
_VAULT: Final = "alerts_vault"


def open_database(url: str, *, vault: Vault | None = None, busy_s: float = BUSY_S, shared: bool = False) -> Engine:
    """The engine for `url` ("sqlite:////var/lib/alerts/alerts.db", "postgresql+psycopg://host/name").

    A SQLite file is made when absent, for the owner's eyes only. `vault` seals and opens readers' addresses
    (`vault_of`); `busy_s`: how long to wait for a lock; `shared`: other machines must not have to wait for what this
    one holds when it is cut off. Raises StoreError.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("the database address cannot be read; see 'database' in config.example.toml") from None
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(parsed, busy_s)
    elif parsed.drivername == "postgresql+psycopg":
        engine = _open_postgres(parsed, busy_s, shared)
    else:
        raise StoreError(f'"{parsed.drivername}" is no database this service knows: use sqlite or postgresql+psycopg')
    engine.update_execution_options(**{_VAULT: vault})
    return engine


def vault_of(conn: Connection) -> Vault:
    """What seals the addresses in this database. Raises StoreError for a database that was opened without it."""
    found = conn.get_execution_options().get(_VAULT)
    if not isinstance(found, Vault):
        raise StoreError("the database was opened without the installation's secret, which readers' addresses need")
    return found


def open_scratch(path: Path | None = None) -> Engine:
    """A database with all tables for replays and for the stories of rules: in memory, or for many articles in a file
    that nobody else uses and nobody needs after a crash."""
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _in_memory)
    else:
        engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _unsafe)
    event.listen(engine, "begin", _begin_sqlite)
    engine.update_execution_options(**{_VAULT: Vault(secrets.token_bytes(BYTES))})  # kept by nobody, as the database
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database throughout, and writes nothing."""
    options = {} if engine.dialect.name == "sqlite" else _READ_ONLY
    with _told(engine), engine.connect() as conn, conn.execution_options(**options).begin():
        yield conn


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end of the block, undone by any exception.

    On SQLite it holds the one write lock from its first moment, so what it reads cannot change under it.
    """
    with _told(engine), engine.connect() as conn, conn.execution_options(**{_WRITES: True}).begin():
        yield conn


def alone_with_alerts(conn: Connection) -> None:
    """Nobody else changes alerts before this transaction ends; to be called before any is read that is to be changed.
    Else an article that is read at this moment could undo what a person does: there is no way back from cancelled.
    Whoever only reads need not wait. (SQLite has one writer anyway.)"""
    if conn.dialect.name == "postgresql":
        conn.execute(_ALONE)


_ALONE: Final = text("LOCK TABLE alert IN SHARE ROW EXCLUSIVE MODE")


_READ_ONLY: Final[dict[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        found = trouble(error, engine.url)
        if found is None:
            raise
        raise found from None


# What a machine that is cut off has locked is free soon: one lock after the other, where several of its transactions
# wait for the same.
_CUT_OFF: Final = (
    " -c idle_in_transaction_session_timeout=5s"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)
_HEARD: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 8_000}


def _open_postgres(url: URL, busy_s: float, shared: bool) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={int(busy_s * 1000)}{_CUT_OFF if shared else ''}"
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,  # addresses of readers must not get into a log
            connect_args={"connect_timeout": 10, "application_name": "alerts", "options": options}
            | (_HEARD if shared else {}),
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError('PostgreSQL needs a driver: pip install "alerts[postgres]"') from None


def _open_sqlite(url: URL, busy_s: float) -> Engine:
    if not url.database or url.database == ":memory:" or url.query:
        raise StoreError("a SQLite database is a file: write sqlite:////the/path/alerts.db")
    _make_private(Path(url.database))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_s})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Python's sqlite3 begins transactions by itself, late and deferred; we begin them (`_begin_sqlite`).
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = FAST")  # what a reader has erased does not linger in the file
    finally:
        cursor.close()


def _in_memory(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    _put_tables(connection)


def _put_tables(connection: sqlite3.Connection) -> None:
    """Fill an empty database with all tables: by copying one, for saying what they are takes longer than most
    stories that are told in them."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.deserialize(_empty())
        empty.backup(connection)


@cache
def _empty() -> bytes:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with closing(engine.raw_connection()) as made:
        found: bytes = made.serialize()
    engine.dispose()
    return found


def _unsafe(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    _put_tables(connection)
    for setting in ("journal_mode = MEMORY", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536"):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(conn: Connection) -> None:
    writes = conn.get_execution_options().get(_WRITES, False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_private(path: Path) -> None:
    """Make the file (mode 0600) and its folder (0700) before SQLite does, which would obey the umask.

    SQLite gives its -wal and -shm files the mode of the database. A folder that is there is left alone:
    it may be anybody's.
    """
    try:
        if not path.parent.exists():
            path.parent.parent.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        for suffix in ("", "-wal", "-shm"):
            _close_to_others(Path(f"{path}{suffix}"))
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened: {error.strerror}; may this user write in its folder?"
        ) from None


def _close_to_others(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            path.chmod(mode & 0o700)
    except FileNotFoundError:
        pass  # a -wal or -shm that another process has just removed, or that is not there
