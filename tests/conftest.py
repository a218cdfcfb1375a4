"""Fixtures of all tests. Keep it small: a fixture used by one folder belongs there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from alerts.read.gazetteer import ensure
from alerts.read.places import Gazetteer
from tests import anyorder, engines
from tests.installed import demo, programs, wheel
from tests.order import long_ones_early
from tests.sharing import import_a_share
from tests.warm import forget_the_long_lived, share_statements

__all__ = ["demo", "programs", "wheel"]

# Tests run side by side: how long one example takes says nothing of the code.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")
share_statements()


@pytest.fixture(scope="session")
def gazetteer_path() -> Path:
    """The index of places, built once a machine and kept (ALERTS_GAZETTEER names another folder)."""
    kept = os.environ.get("ALERTS_GAZETTEER") or Path(tempfile.gettempdir()) / f"alerts-places-{os.getuid()}"
    path = Path(kept)
    ensure(path)
    return path


@pytest.fixture(scope="session")
def gazetteer(gazetteer_path: Path) -> Gazetteer:
    return Gazetteer.open(gazetteer_path)


def pytest_addoption(parser: pytest.Parser) -> None:
    engines.add_option(parser)
    anyorder.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    anyorder.begin(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    import_a_share(session.config.args)


@pytest.hookimpl(trylast=True)  # after they were put in random order
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        engines.leave_out(item)
        if "demo" in getattr(item, "fixturenames", ()):  # the first that looks at it waits for it
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))
    items[:] = long_ones_early(items)


def pytest_collection_finish() -> None:
    forget_the_long_lived()
