"""Fixtures of all tests. Keep it small: a fixture used by one folder belongs there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from alerts.read.gazetteer import ensure
from alerts.read.places import Gazetteer

# Tests run side by side: how long one example takes says nothing of the code.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")


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
