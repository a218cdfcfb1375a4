"""An office for each test, furnished once, and who works there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from tests.engine.conftest import rulebook
from tests.web.operations.office import Clerk, Office

__all__ = ["rulebook"]


@pytest.fixture(scope="session")
def furnished(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[Office]:
    made = Office(rulebook, gazetteer)
    yield made
    made.world.engine.dispose()


@pytest.fixture
def office(furnished: Office) -> Office:
    furnished.begin_anew()
    return furnished


@pytest.fixture
def viewer(office: Office) -> Clerk:
    return office.enter("viewer")


@pytest.fixture
def analyst(office: Office) -> Clerk:
    return office.enter("analyst")


@pytest.fixture
def admin(office: Office) -> Clerk:
    return office.enter("admin")
