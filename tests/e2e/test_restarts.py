"""Nothing temporal lives in memory: whenever the service is stopped, and however its articles are parcelled, it tells
the same."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from alerts.cli.output import told
from alerts.engine.tracking import Told
from alerts.match.rule import Rule
from alerts.store import codec
from alerts.store.alerts import list_alerts, versions
from alerts.store.database import open_database, reading
from alerts.types import Message
from tests.e2e.daemon import ROOT
from tests.e2e.longstory import write_rules

pytestmark = [pytest.mark.slow, pytest.mark.alone("takes the stages by themselves, without an engine")]
Rows = dict[str, list[dict[str, Any]]]
# Who holds a mail while it is sent, and how often that was tried, is the business of the process that sends it.
OF_A_PROCESS = {"outbox": {"lease_token", "lease_until", "attempts"}, "person": {"address"}}  # sealed: never the same


# As `lives` has it in its database.
CONFIG = """\
[service]
data = "data"
[rules]
shipped = false
folders = ["rules"]
[read]
gazetteer = {gazetteer}
[owners]
"Morning Post" = ["Morning Post", "Northern Star"]
[tiers]
1 = ["Aid Desk"]
"""


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

    def database(self, way: str, story: str) -> Path:
        """The database that a story left."""
        self.tables(way, story)
        return self._folder / f"{story} {way}".replace(" ", "-") / "alerts.db"


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
    found["meta"] = [row for row in found["meta"] if row["name"] != "stamp of alerts"]  # drawn by chance
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def assert_same(found: Rows, wanted: Rows) -> None:
    """Table by table, for a difference that can be read."""
    assert found.keys() == wanted.keys()
    for name, rows in wanted.items():
        assert found[name] == rows, name


def stored_articles(database: Path) -> str:
    """The articles of a database, as `alerts replay` takes them."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
        rows = conn.execute(
            "SELECT key, title, text, published, source FROM article JOIN feed ON feed.id = feed_id ORDER BY key"
        ).fetchall()
    conn.close()
    names = ("id", "title", "text", "published", "source")
    lines = [dict(zip(names, row, strict=True)) for row in rows]
    return "".join(json.dumps(line | {"published": f"{line['published']}+00:00"}) + "\n" for line in lines)


def replayed(folder: Path, seed: int) -> bytes:
    """What `alerts replay` prints of the articles in a folder, with strings hashed by another seed."""
    files = [str(folder / "config.toml"), str(folder / "articles.jsonl")]
    done = subprocess.run(
        [sys.executable, "-m", "alerts", "replay", "-c", *files],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        timeout=200,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def test_the_same_articles_are_replayed_to_the_same_bytes_and_to_what_the_service_told(
    towns: Towns, tmp_path: Path, gazetteer_path: Path
) -> None:
    database = towns.database("batch 100", "at once")
    write_rules(tmp_path / "rules")
    (tmp_path / "config.toml").write_text(CONFIG.format(gazetteer=json.dumps(str(gazetteer_path))), encoding="utf-8")
    (tmp_path / "articles.jsonl").write_text(stored_articles(database), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        printed, again = pool.map(partial(replayed, tmp_path), (1, 2))
    assert again == printed
    lines = sorted(
        map(json.loads, printed.splitlines()), key=lambda line: (line["at"], int(line["alert"]), line["version"])
    )
    assert len(lines) > 40
    assert lines == told_by(database)


def told_by(database: Path) -> list[dict[str, Any]]:
    """What a service told, as `alerts replay` prints it."""
    engine = open_database(f"sqlite:///{database}")
    with reading(engine) as conn:
        every = versions(conn, [(item.alert.id, None) for item in list_alerts(conn)])
    engine.dispose()
    rule = cast(Rule, None)  # is not printed
    lines = []
    for one in sorted(every, key=lambda version: (version.at, int(version.alert_id), version.version)):
        message = Message(kind=one.kind, version=one.version, at=one.at, why=one.why)
        alert = replace(codec.alert(one.fields), id=one.alert_id)
        lines.append(told(Told(rule=rule, alert=alert, message=message, title=one.fields["title"], article_id="")))
    return lines


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
