"""What does not depend on a test and would be made anew by each: SQL put together, an empty database.

SQLAlchemy keeps the SQL of statements for each engine, and nearly every test has an engine of its own: a fifth of the
time of all tests went into putting the same statements together. Here all engines of one process share it.
"""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

from alerts.store.database import open_database, writing
from alerts.store.schema import metadata
from tests.sealed import VAULT


class _Statements(LRUCache[Any, Any]):
    """By the kind of database and not by the engine: its key begins with that engine's dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


def share_statements() -> None:
    """From now on, in this process and those forked from it."""
    shared = _Statements(4000)

    def connected(conn: Connection) -> None:
        conn.engine._compiled_cache = shared

    event.listen(Engine, "engine_connect", connected)


def forget_the_long_lived() -> None:
    """Python's collector need not look again and again at what stays until the end: modules, tests, rules."""
    gc.collect()
    gc.freeze()


def empty_database(path: Path) -> Path:
    """A new SQLite file with all tables and nothing in them."""
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    return path


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "alerts.db")
        engine = open_database(f"sqlite:///{path}", vault=VAULT)
        with writing(engine) as conn:
            metadata.create_all(conn)
        engine.dispose()  # all of it is in one file now
        return path.read_bytes()
