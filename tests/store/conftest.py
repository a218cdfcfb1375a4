"""Databases for the tests: every test of the store runs on SQLite and on PostgreSQL.

PostgreSQL comes from ALERTS_TEST_POSTGRES, the URL of a database in which others may be made
(`tests/postgres-server start FOLDER` prints one). Without it these tests are skipped at home and fail in CI.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from alerts.store import migrations
from alerts.store.database import open_database, writing
from alerts.store.schema import metadata
from tests.once import once
from tests.sealed import VAULT

POSTGRES = "ALERTS_TEST_POSTGRES"


def postgres_admin_url() -> str:
    """Where databases can be made; skips or fails when nowhere."""
    url = os.environ.get(POSTGRES)
    if url:
        return url
    message = f"{POSTGRES} is not set; see tests/postgres-server"
    if os.environ.get("CI") or os.environ.get("ALERTS_REQUIRE_POSTGRES"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def made_database(template: str = "", *, beside: str = "") -> Iterator[str]:
    """The URL of a new database, empty or as the one at the URL `template` is. Nobody may use that one meanwhile. It is
    made on the server of ALERTS_TEST_POSTGRES, or on that of the database at the URL `beside`."""
    url = beside or postgres_admin_url()
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"alerts_test_{uuid4().hex}"
    like = f' TEMPLATE "{make_url(template).database}"' if template else ""
    with admin.connect() as conn:
        conn.execute(text(f'CREATE DATABASE "{name}"{like}'))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own, empty."""
    with made_database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A database with all tables that nobody uses, to be copied."""
    with made_database() as url:
        made = open_database(url, vault=VAULT)
        migrations.upgrade(made)
        made.dispose()
        yield url


@pytest.fixture
def bare_postgres() -> Iterator[str]:
    """The URL of a database without tables."""
    with made_database() as url:
        yield url


@pytest.fixture
def own_postgres(postgres_template: str) -> Iterator[str]:
    """A database of this test's own, with all tables."""
    with made_database(postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url, vault=VAULT)
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, to be copied: one for all processes of a run."""
    return once(tmp_path_factory, "sqlite", _migrated) / "alerts.db"


def _migrated(folder: Path) -> None:
    made = open_database(f"sqlite:///{folder / 'alerts.db'}", vault=VAULT)
    migrations.upgrade(made)
    made.dispose()  # all of it is in one file now


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An empty database with all tables."""
    if request.param == "sqlite":
        made: Engine = request.getfixturevalue("sqlite_engine")
        return made
    shared: Engine = request.getfixturevalue("migrated_postgres")
    empty(shared)
    return shared


@pytest.fixture
def sqlite_engine(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with all tables."""
    copy = tmp_path / "data" / "alerts.db"
    copy.parent.mkdir()
    shutil.copy(migrated_sqlite, copy)
    made = open_database(f"sqlite:///{copy}", vault=VAULT)
    yield made
    made.dispose()


@contextmanager
def impatient(engine: Engine) -> Iterator[Engine]:
    """The same database, opened by somebody who waits for a lock a moment only."""
    made = open_database(engine.url.render_as_string(hide_password=False), vault=VAULT, busy_s=0.2)
    try:
        yield made
    finally:
        made.dispose()


def empty(engine: Engine) -> None:
    """Delete all rows (an instant on tables with a few)."""
    with writing(engine) as conn:
        if engine.dialect.name == "postgresql":  # in one message: forty of them would cost more than most tests
            conn.exec_driver_sql(_EVERYTHING)
            return
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())


_EVERYTHING: Final = ";".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables))
