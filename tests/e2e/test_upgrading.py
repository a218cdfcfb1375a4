"""A new version of the service takes over what an older one left."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.configured import machine_of, open_store
from alerts.engine.single import SingleService
from alerts.errors import StoreError
from alerts.store import machines, migrations
from alerts.store.database import open_database, writing
from tests.e2e.newsdesk import Newsdesk, report
from tests.sealed import SECRET
from tests.store.conftest import empty
from tests.store.olderrows import make, versions

pytestmark = pytest.mark.alone("of SQLite files; tests/store/test_upgrading.py has every version on PostgreSQL too")


@pytest.fixture
def older(desk: Newsdesk) -> Newsdesk:
    """An installation with a database of the first version."""
    desk.set_up(readers=(), papers=())
    for suffix in ("", "-wal", "-shm"):
        desk.database.with_name(desk.database.name + suffix).unlink(missing_ok=True)
    (desk.folder / "data" / "secret").write_bytes(SECRET)
    engine = open_database(desk.config.database_url)
    make(engine, versions()[0])
    engine.dispose()
    return desk


async def test_it_goes_on_with_the_readers_and_alerts_that_are_there(
    older: Newsdesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    service = older.service()
    await service.open()
    try:
        assert [line for line in caplog.messages if line.startswith("the database is brought from version 0001 to")]
        assert [line for line in caplog.messages if "2 alerts listed" in line]
        older.add_paper("daily")
        older.publish("daily", report("Taiz"))
        await service.step()
    finally:
        await service.close()
    title = "Shelling in Taiz: 12 people killed"
    assert older.mails() == [("reader1@example.org", title), ("reader2@example.org", title)]
    assert older.ask("SELECT title FROM alert WHERE id > 6") == [(title,)], "no id is used twice"
    assert older.number("SELECT count(*) FROM alert") == 3
    assert not [one for (one,) in older.ask("SELECT address FROM person") if "@" in str(one)]


async def test_it_is_brought_up_by_a_machine_that_has_the_lock_of_its_folder_itself(older: Newsdesk) -> None:
    own = SingleService(older.folder / "data")
    own.take()
    open_store(older.config, locked=True).dispose()
    own.release()


async def test_machines_that_still_run_are_named(
    older: Newsdesk, postgres_url: str, migrated_postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty(migrated_postgres)
    config = older.config.model_copy(
        update={"service": older.config.service.model_copy(update={"database": postgres_url})}
    )
    with writing(migrated_postgres) as conn:
        now = machines.database_time(conn)
        for name, home, seen in (("north", "n:/d", now), ("dead", "d:/d", now - timedelta(minutes=1))):
            machines.register(conn, replace(machine_of(config), name=name, home=home, seen=seen, life=name))
        machines.register(conn, machine_of(config))
    monkeypatch.setattr(migrations, "required", lambda: "9999")
    with pytest.raises(StoreError, match=r"the service on north runs with them: stop all of it"):
        open_store(config)
    empty(migrated_postgres)


async def test_a_service_that_still_runs_is_to_be_stopped_first(older: Newsdesk) -> None:
    running = SingleService(older.folder / "data")
    running.take()
    with pytest.raises(StoreError, match=r"older version \(0001\), and the service runs with them: stop all") as caught:
        older.service()
    assert caught.value.reason == "schema"
    engine = open_database(older.config.database_url)
    assert migrations.current(engine) == "0001"
    running.release()
    older.service().engine.dispose()
    assert migrations.current(engine) == migrations.required()
    engine.dispose()
    running.take()  # whoever brought it up has let go
    running.release()
