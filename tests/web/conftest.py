"""An application over an empty archive on SQLite, which tests fill."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.web.app import WebSettings, create_app
from tests.store.conftest import migrated_sqlite, sqlite_engine
from tests.web.archive import NOW

__all__ = ["migrated_sqlite", "sqlite_engine"]


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


@pytest.fixture
def app(engine: Engine) -> Starlette:
    settings = WebSettings(name="Northern Desk", base_url="https://alerts.example/desk", page_size=3)
    return create_app(engine, settings, now=lambda: NOW)
