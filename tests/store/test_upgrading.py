"""A database of any older version is brought up to date, and loses nothing by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from alerts.errors import StoreError
from alerts.store import alerts, archive, migrations, people
from alerts.store.database import open_database, reading, writing
from alerts.store.schema import metadata
from tests.sealed import VAULT
from tests.store import olderrows
from tests.store.olderrows import make, versions

# What a version made otherwise of purpose: a key of 0005 was never given to anybody.
OTHERWISE = {"person": {"address", "mark", "wishes"}, "data_key": {"*"}}
# From the first version on all steps are taken; that each is a beginning is tried on PostgreSQL when there is time.
CASES = [
    *(("sqlite", version) for version in versions()),
    ("postgresql", versions()[0]),
    *(pytest.param("postgresql", version, marks=pytest.mark.soak) for version in versions()[1:]),
]
KILLED_IN_THE_MIDDLE = """
import sys, time
from alerts.store import archive, migrations
from alerts.store.database import open_database

def stand_still(conn, progress):
    conn.exec_driver_sql("DELETE FROM audit")
    print("in the middle", flush=True)
    time.sleep(600)

archive.list_missing = stand_still
migrations.upgrade(open_database(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path}/alerts.db", vault=VAULT, busy_s=0.2)
        yield engine
        engine.dispose()
        return
    engine = open_database(request.getfixturevalue("bare_postgres"), vault=VAULT, busy_s=0.2)
    yield engine
    engine.dispose()


def same(engine: Engine, name: str, row: dict[str, Any]) -> bool:
    """Whether a row is there as it was."""
    table, otherwise = metadata.tables[name], OTHERWISE.get(name, set())
    if "*" in otherwise:
        return True
    names = [column for column in row if column in table.columns and column not in otherwise]
    keys = [column for column in table.primary_key.columns if column.name in row]
    query = select(*(table.c[one] for one in names)).where(*(key == row[key.name] for key in keys))
    with reading(engine) as conn:
        return conn.execute(query).one()._asdict() == {one: row[one] for one in names}


def test_every_table_of_an_older_version_has_rows_to_lose(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/last.db", vault=VAULT)
    there = make(engine, olderrows.LAST)
    with reading(engine) as conn:
        tables = set(conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    engine.dispose()
    assert tables - {"alembic_version", "sqlite_sequence"} == set(there)
    assert all(len(rows) >= 2 for rows in there.values())
    assert [one for one in versions() if one <= olderrows.LAST]


@pytest.mark.parametrize(("bare", "version"), CASES, indirect=["bare"])
def test_nothing_is_lost_by_bringing_it_up(bare: Engine, version: str) -> None:
    before = make(bare, version)
    said: list[str] = []
    assert migrations.outdated(bare) == version
    assert migrations.upgrade(bare, lambda stage, share: said.append(f"{stage} {share:.0%}")) == version
    assert migrations.outdated(bare) is None
    assert said[0] == f"tables from version {version} to {migrations.required()} 0%"
    lost = [(name, row) for name, rows in before.items() for row in rows if not same(bare, name, row)]
    assert lost == []
    with writing(bare) as conn:
        people.take_secret(conn)
        assert people.addresses(conn, [3, 6]) == {3: "reader1@example.org", 6: "reader2@example.org"}
        [one, other] = people.list_people(conn)
        assert one.wishes == other.wishes
        assert (one.wishes.events, one.wishes.countries, one.wishes.min_severity) == (("attack",), ("YEM",), "severe")
        records = [alerts.get_alert(conn, number) for number in ("3", "6")]
        assert [len(record.evidence) for record in records if record] == [1, 1]
        assert [archive.told_alert(conn, number) is not None for number in ("3", "6")] == [True, True]
        listed = archive.by_number(conn, [3, 6])
        assert [item.title for item in listed] == [record.title for record in records if record]


@pytest.mark.parametrize("bare", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_killed_in_the_middle_it_is_as_it_was(bare: Engine) -> None:
    before = make(bare, "0005")
    url = bare.url.render_as_string(hide_password=False)
    bare.dispose()
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        with pytest.raises(StoreError) as busy:
            migrations.upgrade(bare)  # another does it at this moment
        assert busy.value.reason == "locked"
        process.send_signal(signal.SIGKILL)
    _until_free(bare)
    assert migrations.current(bare) == "0005"
    with reading(bare) as conn:
        assert not bare.dialect.has_table(conn, "listing")
        assert len(conn.execute(text("SELECT id FROM audit")).all()) == 2
        if bare.dialect.name == "sqlite":
            assert conn.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert migrations.upgrade(bare) == "0005"
    assert all(same(bare, name, row) for name, rows in before.items() for row in rows)


def _until_free(engine: Engine) -> None:
    """PostgreSQL takes a moment to see that who it worked for is gone."""
    if engine.dialect.name == "sqlite":
        return
    patient = open_database(engine.url.render_as_string(hide_password=False), busy_s=60)
    with writing(patient) as conn:
        conn.execute(text("LOCK TABLE audit"))
    patient.dispose()


def test_somebody_who_reads_is_waited_for_or_told(bare: Engine) -> None:
    """On SQLite a reader goes on with what it sees; on PostgreSQL it may be in the way."""
    make(bare, "0003")
    with reading(bare) as conn:
        conn.execute(text("SELECT count(*) FROM person")).scalar_one()
        if bare.dialect.name == "sqlite":
            assert migrations.upgrade(bare) == "0003"
            assert conn.execute(text("SELECT count(*) FROM person")).scalar_one() == 2
            return
        with pytest.raises(StoreError) as busy:
            migrations.upgrade(bare)
        assert busy.value.reason == "locked"
    assert migrations.upgrade(bare) == "0003"
