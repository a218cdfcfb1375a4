"""Databases for the tests: every test of the store runs on SQLite and on PostgreSQL.

PostgreSQL comes from ALERTS_TEST_POSTGRES, the URL of a database in which others may be made
(`tests/postgres-server start FOLDER` prints one). Without it these tests are skipped at home and fail in CI.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from alerts.store import migrations
from alerts.store.database import open_database, writing
from alerts.store.schema import metadata

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


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own, empty."""
    admin = create_engine(postgres_admin_url(), isolation_level="AUTOCOMMIT")
    name = f"alerts_test_{uuid4().hex}"
    with admin.connect() as conn:
        conn.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(postgres_admin_url()).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url, busy_s=1)
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with all tables."""
    if request.param == "postgresql":
        shared: Engine = request.getfixturevalue("migrated_postgres")
        empty(shared)
        yield shared
        return
    made = open_database(f"sqlite:///{tmp_path}/data/alerts.db", busy_s=1)
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with all tables, for what only SQLite has."""
    made = open_database(f"sqlite:///{tmp_path}/data/alerts.db", busy_s=0.2)
    migrations.upgrade(made)
    yield made
    made.dispose()


def empty(engine: Engine) -> None:
    """Delete all rows (an instant on tables with a few)."""
    with writing(engine) as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
