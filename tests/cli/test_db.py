"""`alerts db`: an installation moves to another database, and says what to do next."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from alerts.cli.db import given
from alerts.cli.db.backup import backup as backup_command
from alerts.config import load
from alerts.configured import open_store
from alerts.engine.single import SingleService
from alerts.store import machines, migrations
from alerts.store.copying import TABLES
from alerts.store.database import open_database, writing
from alerts.store.machines import Machine
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.store import anyrows


@pytest.fixture
def used(world: World, ready: None) -> World:
    """An installation in operation."""
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    with writing(engine) as conn:
        anyrows.fill(conn)
    engine.dispose()
    (world.folder / "data" / "running").touch()  # a service ran there
    return world


def test_an_installation_moves_to_postgresql_and_is_told_how_to_go_on(used: World, bare_postgres: str) -> None:
    ran = alerts("db", "copy", "sqlite", bare_postgres)
    assert ran.code == 0, ran.err
    assert f"{8 * len(TABLES)} rows copied in" in ran.out
    assert "every table is the same in both databases" in ran.out
    assert f'[service] database = "{bare_postgres}"' in ran.err
    assert "keep the secret" in ran.err
    assert "copying the database: copying outbox (8 rows)" in ran.err
    again = alerts("db", "copy", bare_postgres, "back.db")
    assert again.code == 0, again.err
    assert [line for line in again.out.splitlines() if " copied " not in line] == [
        line for line in ran.out.splitlines() if " copied " not in line
    ]
    assert str(used.folder / "back.db") in again.err


def test_a_service_that_runs_is_to_be_stopped_first_unless_it_is_a_rehearsal(used: World) -> None:
    service = SingleService(used.folder / "data")
    service.take()
    for source in ("sqlite", "data/alerts.db"):
        ran = alerts("db", "copy", source, "new.db")
        assert (ran.code, ran.out) == (1, "")
        assert f"the service runs on {used.folder / 'data'}: stop it first" in ran.err
        assert not (used.folder / "new.db").exists()
    ran = alerts("db", "copy", "sqlite", "new.db", "--rehearse")
    assert ran.code == 0, ran.err
    assert "this was a rehearsal" in ran.err
    service.release()


def test_machines_that_share_a_database_are_to_be_stopped_first(world: World, bare_postgres: str) -> None:
    engine = open_database(bare_postgres)
    migrations.upgrade(engine)
    with writing(engine) as conn:
        now = machines.database_time(conn)
        alive = Machine(name="north", life="a" * 12, home="north:/srv", roles=("collect",), version="1", settings="",
                        started=now, seen=now)  # fmt: skip
        machines.register(conn, alive)
    ran = alerts("db", "copy", bare_postgres, "back.db")
    assert (ran.code, ran.out) == (1, "")
    assert "the service runs on north: stop it first" in ran.err
    engine.dispose()


def test_no_service_begins_while_it_copies(used: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.store import copying

    def look(*args: object) -> list[object]:
        with pytest.raises(Exception, match="another service runs"):
            SingleService(used.folder / "data").take()
        return []

    monkeypatch.setattr(copying, "copy", look)
    assert alerts("db", "copy", "sqlite", "new.db").code == 0
    service = SingleService(used.folder / "data")
    service.take()
    service.release()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("missing.db", "new.db"), "missing.db: there is no such file to copy from"),
        (("sqlite", "data/alerts.db"), "FROM and TO are the same database"),
        (("sqlite", "mysql://host/alerts"), "is no database this service knows"),
        (("sqlite", "postgresql+psycopg://ana:hush@127.0.0.1:1/alerts"), "the database cannot be reached"),
        (("config.toml", "new.db"), "damaged or no database"),
    ],
)
def test_what_cannot_be_copied_is_told_in_words(given: tuple[str, str], says: str, used: World) -> None:
    ran = alerts("db", "copy", *given)
    assert ran.code == 1
    assert says in ran.err
    assert "hush" not in ran.err
    assert not (used.folder / "missing.db").exists()


def test_a_backup_is_made_and_says_what_is_not_in_it(used: World) -> None:
    ran = alerts("db", "backup", "one.backup")
    assert ran.code == 0, ran.err
    assert re.match(r"one\.backup: .* KiB in .* s, looked through and in order\n", ran.out)
    assert f"the secret {used.folder / 'data' / 'secret'} is not in it" in ran.err
    again = alerts("db", "backup", "one.backup")
    assert again.code == 1
    assert "one.backup is there already" in again.err
    assert alerts("db", "backup", "one.backup", "--force").code == 0


def test_backups_each_night_are_named_by_the_time_and_the_oldest_go(used: World) -> None:
    folder = used.folder / "backups"
    folder.mkdir()
    for name in ("alerts-20250101T000000Z.backup", "alerts-20250102T000000Z.backup", "notes.txt"):
        (folder / name).touch()
    ran = alerts("db", "backup", folder, "--keep", "2", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    first, second, notes = sorted(path.name for path in folder.iterdir())
    assert (first, notes) == ("alerts-20250102T000000Z.backup", "notes.txt")
    assert re.fullmatch(r"alerts-20\d{6}T\d{6}Z\.backup", second)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("nowhere/one.backup",), "nowhere: there is no such folder; make it first"),
        (("one.backup", "--keep", "3"), "one.backup is no folder: --keep is for a folder"),
    ],
)
def test_a_backup_that_cannot_be_is_told_in_words(given: tuple[str, ...], says: str, used: World) -> None:
    ran = alerts("db", "backup", *given)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


def test_where_no_database_is_yet_nothing_is_backed_up_and_none_is_made(world: World) -> None:
    ran = alerts("db", "backup", "one.backup")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no database yet" in ran.err
    assert not (world.folder / "data" / "alerts.db").exists()


@pytest.fixture
def backup(used: World) -> Path:
    """Of an installation in operation, which has its secret."""
    open_store(load(used.folder / "config.toml")).dispose()
    assert alerts("db", "backup", "one.backup", "--quiet").code == 0
    return used.folder / "one.backup"


def test_a_backup_is_looked_at_before_it_is_needed(used: World, backup: Path) -> None:
    before = (used.folder / "data" / "alerts.db").read_bytes()
    service = SingleService(used.folder / "data")
    service.take()  # it may run meanwhile
    ran = alerts("db", "restore", backup, "--check")
    service.release()
    assert ran.code == 0, ran.err
    assert re.search(r"is a backup of 20\S+ \S+ UTC with 8 articles, 8 alerts, 8 readers, no mails that", ran.out)
    assert (used.folder / "data" / "alerts.db").read_bytes() == before


def test_a_backup_takes_the_place_of_a_database_in_use_only_when_it_is_said(used: World, backup: Path) -> None:
    ran = alerts("db", "restore", backup)
    assert (ran.code, ran.out) == (1, "")
    assert f"{used.folder / 'data' / 'alerts.db'} is in use: --replace puts it aside" in ran.err
    ran = alerts("db", "restore", backup, "--replace")
    assert ran.code == 0, ran.err
    [kept] = (used.folder / "data").glob("alerts.db.before-*")
    assert f"the database that was there is kept: {kept}" in ran.err
    assert "is restored: a backup of" in ran.out
    assert not list((used.folder / "data").glob("*.restoring*"))


def test_a_backup_comes_back_where_nothing_was(used: World, backup: Path) -> None:
    for name in ("alerts.db", "alerts.db-wal", "alerts.db-shm"):
        (used.folder / "data" / name).unlink(missing_ok=True)
    ran = alerts("db", "restore", backup)
    assert ran.code == 0, ran.err
    assert "readers who left since then" in ran.err
    assert "at version" in alerts("db", "upgrade").out


def test_nothing_is_restored_under_a_service_that_runs(used: World, backup: Path) -> None:
    service = SingleService(used.folder / "data")
    service.take()
    ran = alerts("db", "restore", backup, "--replace")
    service.release()
    assert (ran.code, ran.out) == (1, "")
    assert "the service runs on" in ran.err


@pytest.mark.parametrize("found", ["none", "another"])
def test_without_the_secret_that_belongs_to_it_nothing_is_restored_and_no_other_is_made(
    found: str, used: World, backup: Path
) -> None:
    secret, database = used.folder / "data" / "secret", used.folder / "data" / "alerts.db"
    database.unlink()
    secret.unlink()
    if found == "another":
        secret.write_bytes(b"n" * 32)
    ran = alerts("db", "restore", backup)
    assert (ran.code, ran.out) == (1, "")
    assert "kept apart" in ran.err if found == "none" else "sealed with another secret" in ran.err
    assert secret.exists() == (found == "another")
    assert not database.exists()


def test_what_is_no_backup_is_told_in_words(used: World) -> None:
    ran = alerts("db", "restore", "config.toml", "--replace")
    assert (ran.code, ran.out) == (1, "")
    assert "config.toml is damaged or no backup" in ran.err
    assert "missing.backup: there is no such file" in alerts("db", "restore", "missing.backup").err


def test_the_timer_of_systemd_gives_a_command_that_there_is() -> None:
    unit = (Path(__file__).parents[2] / "packaging" / "alerts-backup.service").read_text(encoding="utf-8")
    [line] = re.findall(r"^ExecStart=/opt/alerts/bin/alerts db backup (.+)$", unit, re.MULTILINE)
    backup_command.make_context("backup", shlex.split(line))


def test_the_password_of_a_configured_database_is_the_one_in_its_file(world: World) -> None:
    world.write("secret.txt", "hush")
    setting = 'database = "postgresql+psycopg://ana@db.example/alerts"\ndatabase_password_file = "secret.txt"'
    config = world.folder / "config.toml"
    config.write_text(config.read_text().replace('data = "data"', f'data = "data"\n{setting}'))
    found = load(config)
    assert given.address("postgresql+psycopg://ana@db.example/alerts", found) == found.database_url
    assert "hush" in found.database_url
    assert "hush" not in given.shown(found.database_url)
    assert given.address("sqlite", found) == f"sqlite:///{world.folder}/data/alerts.db"
