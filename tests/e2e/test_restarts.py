"""Nothing temporal lives in memory: whenever the service is stopped, and however its articles are parcelled, it tells
the same."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.daemon import ROOT
from tests.e2e.longstory import write_rules

Rows = dict[str, list[dict[str, Any]]]
# Who holds a mail while it is sent, and how often that was tried, is the business of the process that sends it.
OF_A_PROCESS = {"outbox": {"lease_token", "lease_until", "attempts"}}


class Towns:
    """Services that are stopped on the way (`lives`), each in a folder of its own."""

    def __init__(self, child: subprocess.Popen[str], folder: Path) -> None:
        self._child, self._folder = child, folder
        self._tables: dict[tuple[str, str], Rows] = {}
        self.lived: dict[str, int] = {}

    def tables(self, way: str, story: str = "whole") -> Rows:
        """All tables after a story was taken that way; it is taken once."""
        if (way, story) not in self._tables:
            folder = self._folder / f"{story} {way}".replace(" ", "-")
            write_rules(folder / "rules")
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            self._child.stdin.write(f"{folder}\t{story}\t{way}\n")
            self._child.stdin.flush()
            self.lived[way] = int(self._child.stdout.readline())
            self._tables[way, story] = tables(folder / "alerts.db")
        return self._tables[way, story]


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Iterator[Towns]:
    command = (sys.executable, "-m", "tests.e2e.lives", str(gazetteer_path))
    seeded = os.environ | {"PYTHONHASHSEED": "7"}
    with subprocess.Popen(
        command, cwd=ROOT, env=seeded, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield Towns(child, tmp_path_factory.mktemp("towns"))
        assert child.stdin is not None
        child.stdin.close()


def tables(database: Path) -> Rows:
    """All rows of all tables."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
        conn.row_factory = sqlite3.Row
        names = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: [dict(row) for row in conn.execute(f'SELECT * FROM "{name}"')] for name in sorted(names)}
    conn.close()
    for name, columns in OF_A_PROCESS.items():
        found[name] = [{key: value for key, value in row.items() if key not in columns} for row in found[name]]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def assert_same(found: Rows, wanted: Rows) -> None:
    """Table by table, for a difference that can be read."""
    assert found.keys() == wanted.keys()
    for name, rows in wanted.items():
        assert found[name] == rows, name


def test_the_story_has_all_that_can_happen(towns: Towns) -> None:
    """Else the tests below would prove little."""
    found = towns.tables("batch 100")
    full = "alert alert_version evidence incident ledger seen report count_day spike act silence bulletin outbox story"
    assert [name for name in full.split() if not found[name]] == []
    assert {row["state"] for row in found["alert"]} >= {"active", "ended", "closed", "cancelled", "merged"}
    assert {row["kind"] for row in found["alert_version"]} == {"new", "update", "close", "cancel"}
    assert {row["state"] for row in found["outbox"]} >= {"accepted", "silenced", "withdrawn"}
    assert {row["kind"] for row in found["act"]} == {"acknowledge", "approve", "cancel", "close", "let_go", "merge"}
    told = {row["rule"] for row in found["alert"] if row["version"] > 0}
    assert {rule.rpartition("_")[0] for rule in told} >= {"raid", "siege", "breach", "unrest", "flight", "rescue"}


def test_stopped_after_every_article_it_tells_the_same(towns: Towns) -> None:
    assert_same(towns.tables("article"), towns.tables("batch 100"))
    assert towns.lived["article"] > 60


@pytest.mark.soak
@pytest.mark.parametrize("way", ["each", "batch 2", "batch 7", *(f"storm {seed}" for seed in range(3))])
def test_stopped_at_any_moment_and_read_in_any_batches_it_tells_the_same(towns: Towns, way: str) -> None:
    assert_same(towns.tables(way), towns.tables("batch 100"))
