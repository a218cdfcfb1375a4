"""Which engine runs the whole service in its tests, and on which database.

Else one machine does all the work, on SQLite: `--engine postgresql` has it on PostgreSQL, and `--engine cluster` takes
the engine of machines that share the work. Tests marked `engines("local", "cluster")` run with each of these, if
nothing else is asked for; those marked `alone` are about one machine alone, with SQLite, and say why.
"""

from __future__ import annotations

import json
import os
from typing import Final

import pytest

from tests.store.conftest import POSTGRES

LOCAL: Final = "local"
ENGINES: Final = (LOCAL, "postgresql", "cluster")
OPTION: Final = "--engine"


def add_option(parser: pytest.Parser) -> None:
    told = "what runs the whole service in its tests: one machine on SQLite or PostgreSQL, or those that share the work"
    parser.addoption(OPTION, choices=ENGINES, default=LOCAL, help=told)


def chosen(config: pytest.Config) -> str:
    """What is asked for. Fails where it cannot be had: a run that was to show something must not skip it."""
    name = str(config.getoption(OPTION))
    if name != LOCAL and not os.environ.get(POSTGRES):
        raise pytest.UsageError(f"{OPTION} {name} wants PostgreSQL: set {POSTGRES}; see tests/postgres-server")
    return name


def leave_out(item: pytest.Item) -> None:
    """Skip a test that is about one machine alone, with SQLite, where another engine or database is asked for."""
    if chosen(item.config) != LOCAL and (mark := item.get_closest_marker("alone")):
        item.add_marker(pytest.mark.skip(reason=f"about one machine alone: {mark.args[0]}"))


def run_with_each(metafunc: pytest.Metafunc) -> None:
    """What a folder's `pytest_generate_tests` calls, for tests that are marked so."""
    mark, one = metafunc.definition.get_closest_marker("engines"), chosen(metafunc.config)
    if "installed_on" in metafunc.fixturenames and mark:
        asked_for = one != LOCAL and one in mark.args
        metafunc.parametrize("installed_on", [one] if asked_for else mark.args, indirect=True)


@pytest.fixture
def installed_on(request: pytest.FixtureRequest) -> str:
    """What the configuration says in [service] of engine and database, which is a new one with all tables."""
    name = getattr(request, "param", chosen(request.config))
    return "" if name == LOCAL else lines(name, request.getfixturevalue("own_postgres"))


def lines(engine: str, database: str) -> str:
    """The lines of [service] for the engine "postgresql" or "cluster", on the database at this URL."""
    found = f"database = {json.dumps(database)}\n"
    return found if engine == "postgresql" else f'{found}engine = "cluster"\nmachine = "desk"\n'
