"""`alerts db upgrade`, as somebody meets it who brings in a new version."""

from __future__ import annotations

import pytest

from alerts.engine.single import SingleService
from alerts.store import migrations
from alerts.store.database import open_database
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.sealed import SECRET
from tests.store.olderrows import make


@pytest.fixture
def older(world: World) -> World:
    """An installation whose database is of an older version."""
    world.write("data/secret", SECRET)
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    make(engine, "0005")
    engine.dispose()
    return world


@pytest.mark.usefixtures("older")
def test_an_older_database_is_no_fault_and_is_brought_up_once_with_a_word_of_what_is_done() -> None:
    ran = alerts("check")
    assert ran.code == 0, ran.out
    assert f"sqlite, version 0005: alerts run brings it to {migrations.required()}, or alerts db upgrade" in ran.err
    ran = alerts("db", "upgrade")
    assert ran.code == 0, ran.err
    assert ran.out == f"the database is at version {migrations.required()} (was 0005)\n"
    assert ran.err.splitlines() == [
        f"bringing the database up to date: tables from version 0005 to {migrations.required()}",
        "bringing the database up to date: listing what readers were told",
    ]
    assert alerts("status").err == ""


def test_every_command_brings_it_up_but_not_under_a_service_that_runs(older: World) -> None:
    running = SingleService(older.folder / "data")
    running.take()
    for command in (["status"], ["db", "upgrade"], ["list"]):
        ran = alerts(*command)
        assert ran.code == 1
        assert "older version (0005), and the service runs with them: stop all of it" in ran.err
    running.release()
    ran = alerts("list")
    assert ran.code == 0, ran.err
    assert "tables from version 0005" in ran.err
    assert "Shelling in Taiz" in ran.out
