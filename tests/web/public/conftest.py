"""A world in which articles are read by rules, for pages that tell of both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from tests.engine.conftest import rulebook
from tests.engine.world import World

__all__ = ["rulebook"]


@pytest.fixture
def world(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = World(rulebook, gazetteer)
    yield made
    made.engine.dispose()
