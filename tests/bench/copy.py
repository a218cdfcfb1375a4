"""How long an installation takes to move to another database and to be backed up: `./dev bench copy [--alerts N]
[--articles N]`.

A made-up installation of some years (by default 10,000 alerts with their evidence, versions and 20 mails each, their
listing, and 100,000 articles) is copied from SQLite to PostgreSQL and back, and backed up while somebody writes into it
a hundred times a second: what that one waits for is the last line. PostgreSQL is the server that
ALERTS_TEST_POSTGRES names, or one that is started here; a server for tests syncs nothing to the disk. Making the
installation takes longer than all that is measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Final

from sqlalchemy import Engine, insert, text

from alerts.sizes import about
from alerts.store import backups, copying
from alerts.store.database import open_database, writing
from alerts.store.schema import person
from tests.bench import web_archive
from tests.fakes.postgres import server
from tests.sealed import VAULT
from tests.store.conftest import POSTGRES, made_database

_READERS: Final = 20
_COUNTED: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)"
# Beside what `web_archive` makes. An article has 1,200 letters, a print of 130 words and 32 numbers to find it by; of
# each alert's first article these are known.
_MORE: Final = (
    f"""INSERT INTO article (id, feed_id, key, content_hash, title, text, url, language, sections, published, dated,
            first_seen, analysed)
        {_COUNTED} SELECT 1000000 + i, 1 + i % 40, 'b' || i, printf('%064x', i), 'Market day in town ' || i,
            replace(printf('%.100c', '.'), '.', 'Twelve words. '), 'https://news.example/b/' || i, 'en', '[]',
            '2026-01-01 00:00:00.000000', true, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000' FROM n""",
    f"""INSERT INTO poll (feed_id, at, status, http, bytes, due_reason)
        {_COUNTED} SELECT 1 + i % 40, '2026-01-01 00:00:00.000000', 'ok', 200, 40000, 'interval' FROM n""",
    """INSERT INTO story (article_id, revision, first_id, published, shingles)
        SELECT id, 1, id, published, randomblob(520) FROM article WHERE id < 1000000""",
    """INSERT INTO minhash (value, article_id)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 32)
        SELECT random(), article_id FROM story, n""",
    """INSERT INTO outbox (alert_id, version, person_id, channel, state, urgency, message_id, created, not_before,
            finished)
        SELECT alert.id, 1, person.id, 'mail', 'accepted', 1, printf('<%032x@alerts.example>', alert.id * person.id),
            opened, opened, opened FROM alert, person""",
)


def fill(path: Path, *, alerts: int, articles: int) -> None:
    """A SQLite database of so many alerts and articles. The file must not be there."""
    web_archive.fill(path, alerts)
    engine = open_database(f"sqlite:///{path}", vault=VAULT)
    with writing(engine) as conn:
        people = [
            {"address": VAULT.seal(f"reader{one}@example.org"), "active": True, "duties": ["reader"],
             "created": web_archive.NOW} for one in range(_READERS)
        ]  # fmt: skip
        conn.execute(insert(person), people)
        known = conn.execute(text("SELECT count(*) FROM article")).scalar_one()
        for statement in _MORE:
            conn.execute(text(statement), {"number": max(1, articles - known)} if ":number" in statement else {})
    engine.dispose()


@contextmanager
def postgres() -> Iterator[Engine]:
    """A database without tables; its server is started, unless one is named."""
    with ExitStack() as ends:
        beside = os.environ.get(POSTGRES) or ends.enter_context(server()).url
        engine = open_database(ends.enter_context(made_database(beside=beside)))
        yield engine
        engine.dispose()


def copied(title: str, source: Engine, target: Engine) -> None:
    begun = perf_counter()
    rows = sum(one.fingerprint.rows for one in copying.copy(source, target))
    seconds = perf_counter() - begun
    print(f"{title:<28} {rows:>9,} rows {seconds:>7.1f} s {rows / seconds:>9,.0f} rows/s")  # noqa: T201


@contextmanager
def somebody_writes(engine: Engine) -> Iterator[list[float]]:
    """A short transaction each 10 ms; what each took, in seconds."""
    took: list[float] = []
    ends = threading.Event()

    def write() -> None:
        while not ends.is_set():
            begun = perf_counter()
            with writing(engine) as conn:
                conn.execute(text("UPDATE feed SET failures = failures + 1 WHERE id = 1"))
            took.append(perf_counter() - begun)
            sleep(0.01)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield took
    finally:
        ends.set()
        thread.join()


def backed_up(source: Engine, folder: Path) -> None:
    with somebody_writes(source) as alone:
        sleep(5)
    begun = perf_counter()
    with somebody_writes(source) as meanwhile:
        size = backups.back_up(source, folder / "one.backup", datetime.now(UTC))
        seconds = perf_counter() - begun
    print(f"{'backup of SQLite':<28} {about(size):>14} {seconds:>7.1f} s")  # noqa: T201
    for title, took in (("who writes, without it", alone), ("who writes meanwhile", meanwhile)):
        cuts = [1000 * cut for cut in quantiles(took, n=100)]
        print(f"{title:<28} median {cuts[49]:.1f} ms, 99 % {cuts[98]:.1f} ms, most {1000 * max(took):.0f} ms")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--articles", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgres() as there:
        folder = Path(name)
        fill(folder / "alerts.db", alerts=asked.alerts, articles=asked.articles)
        here = open_database(f"sqlite:///{folder}/alerts.db")
        back = open_database(f"sqlite:///{folder}/back.db")
        copied("SQLite to PostgreSQL", here, there)
        copied("PostgreSQL to SQLite", there, back)
        backed_up(here, folder)
        here.dispose()
        back.dispose()


if __name__ == "__main__":
    main()
