"""`alerts db size` and `alerts db compact`: what an operator sees of the room that the database takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from alerts.engine.single import SingleService
from alerts.store import audit
from alerts.store.database import open_database, writing
from alerts.store.schema import audit as audit_table
from tests.cli.conftest import World
from tests.cli.run import alerts

LONG_AGO = datetime.now(UTC) - timedelta(days=800)


@pytest.fixture
def used(world: World, ready: None) -> World:
    """A database with much to forget."""
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    with writing(engine) as conn:
        first = audit.note(conn, audit.ByCommand(), "silence added", "silence 1", now=LONG_AGO)
        row = {"at": LONG_AGO, "name": "Ana", "action": "a", "subject": "s" * 250, "detail": {"why": "w" * 900}}
        conn.execute(insert(audit_table), [row | {"id": first + n} for n in range(1, 500)])
    engine.dispose()
    return world


@pytest.mark.usefixtures("used")
def test_what_takes_room_is_listed_with_how_long_it_is_kept_and_what_would_go() -> None:
    ran = alerts("db", "size")
    assert ran.code == 0, ran.err
    head, *rows = [line.split("  ") for line in ran.out.splitlines()]
    assert [word.strip() for word in head if word] == ["what", "rows", "room", "oldest", "kept", "would go now"]
    by_what = {row[0].strip(): [word.strip() for word in row[1:] if word.strip()] for row in rows}
    assert by_what["audit log"][0] == "500"
    assert by_what["audit log"][2:] == ["800 d ago", "730 days", "500"]
    assert by_what["alerts"][-1] == "for ever"
    assert by_what["documents"][-1] == "256 MiB"
    assert ran.out.splitlines()[-1].endswith(" in all")


@pytest.mark.usefixtures("used")
def test_other_settings_can_be_tried_before_they_are_taken(used: World) -> None:
    used.configure('[keep]\naudit = "never"\narticles = "never"')
    [row] = alerts("db", "size", "--json").rows
    kinds = {one["what"]: one for one in row["kinds"]}
    assert (kinds["audit log"]["rows"], kinds["audit log"]["going"]) == (500, None)
    assert kinds["audit log"]["room"] > 500_000
    assert row["whole"] > sum(one["room"] for one in kinds.values()) / 2


def test_the_free_room_is_given_back_when_the_service_stands_still(used: World) -> None:
    file = used.folder / "data" / "alerts.db"
    engine = open_database(f"sqlite:///{file}")
    with writing(engine) as conn:
        conn.execute(audit_table.delete())
    engine.dispose()
    assert "free for what comes" in alerts("db", "size").out
    before = file.stat().st_size
    service = SingleService(used.folder / "data")
    service.take()
    ran = alerts("db", "compact")
    assert (ran.code, file.stat().st_size) == (1, before)
    assert "the service runs on" in ran.err
    assert "stop it first" in ran.err
    service.release()
    ran = alerts("db", "compact")
    assert ran.code == 0, ran.err
    assert "before" in ran.out
    assert file.stat().st_size < before - 400_000
    assert alerts("db", "size").out.splitlines()[-1].endswith(" in all")


def test_there_must_be_a_database_to_compact(world: World) -> None:
    ran = alerts("db", "compact")
    assert ran.code == 1
    assert "there is no database yet" in ran.err
    config = (world.folder / "config.toml").read_text(encoding="utf-8")
    address = 'data = "data"\ndatabase = "postgresql+psycopg://alerts@127.0.0.1:1/alerts"'
    world.write("config.toml", config.replace('data = "data"', address))
    ran = alerts("db", "compact")
    assert ran.code == 1
    assert "PostgreSQL uses free room again by itself" in ran.err
