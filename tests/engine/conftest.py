"""The rules of `world`, read once, and a fresh world for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from tests.engine.world import BREACH, CUT_OFF, SHELLING, TRUCE, World, sound
from tests.store.conftest import (
    engine,
    migrated_postgres,
    migrated_sqlite,
    own_postgres,
    postgres_template,
    postgres_url,
    sqlite_engine,
)

__all__ = [
    "engine",
    "migrated_postgres",
    "migrated_sqlite",
    "own_postgres",
    "postgres_template",
    "postgres_url",
    "sqlite_engine",
]


@pytest.fixture(scope="session")
def rulebook(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return sound(
        tmp_path_factory.mktemp("rules"), gazetteer, shelling=SHELLING, cut_off=CUT_OFF, truce=TRUCE, breach=BREACH
    )


@pytest.fixture
def world(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = World(rulebook, gazetteer)
    yield made
    made.engine.dispose()
