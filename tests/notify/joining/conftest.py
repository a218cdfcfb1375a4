"""A desk over an empty database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.notify.joining.world import World
from tests.store.conftest import engine, migrated_postgres, migrated_sqlite, postgres_url, sqlite_engine

__all__ = ["engine", "migrated_postgres", "migrated_sqlite", "postgres_url", "sqlite_engine"]


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    return World(engine=sqlite_engine)
