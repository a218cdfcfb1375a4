"""A fresh database for each test: a copy of one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.store.database import open_database
from tests.notify.inbox.world import World
from tests.notify.world import Clock, new_database
from tests.sealed import VAULT


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    new_database(folder).dispose()
    return folder / "alerts.db"


@pytest.fixture
def world(empty_database: Path, tmp_path: Path) -> Iterator[World]:
    copy = shutil.copy(empty_database, tmp_path / "alerts.db")
    made = World(engine=open_database(f"sqlite:///{copy}", vault=VAULT, busy_s=5), clock=Clock())
    yield made
    made.engine.dispose()
