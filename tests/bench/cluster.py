"""Articles through the whole service, by one process and by several: `./dev bench cluster [--articles N]`.

The same news goes from the same loopback server through collecting, reading, matching, tracking and mailing (into a
Maildir): by the local engine on SQLite and on PostgreSQL, then by 1, 2 and 3 machines that share the work. Every feed
has been polled before; then all of them have news at once. Counted are the seconds until the last article is read and
the last mail is out, and the processor time of the services and of PostgreSQL. All of it runs on this one machine, so
more processes than processors can make nothing faster.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text, update

from alerts.cli.common import places_cache
from alerts.config import load
from alerts.configured import open_store
from alerts.store import feeds, people
from alerts.store.database import reading, writing
from alerts.store.schema import feed
from tests.bench.feed_server import ROOT
from tests.bench.news_server import Newsroom
from tests.fakes.postgres import server

_CONFIG: Final = """\
[service]
data = "data"
secret_file = {secret}
database = {database}
{engine}
[collect]
interval = "1 hour"
max_staleness = "1 hour"
max_staleness_critical = "1 hour"
host_gap = "0 seconds"
allow_hosts = {hosts}
[read]
gazetteer = {gazetteer}
[notify]
wait_extreme = "0 seconds"
wait_severe = "0 seconds"
wait_moderate = "0 seconds"
wait_minor = "0 seconds"
most_per_hour = 10000
most_per_day = 10000
"""
_READERS: Final = 50
_PATIENCE_S: Final = 120.0
_STILL_S: Final = 6.0
_READ: Final = "SELECT count(*) FROM article WHERE analysed IS NOT NULL"
_SENT: Final = "SELECT count(*) FROM outbox WHERE finished IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the service is run."""

    name: str
    postgres: bool
    machines: int  # 0: one process, with the local engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What it took: seconds, and seconds of processor time."""

    articles: int
    mails: int
    seconds: float
    services: float
    database: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./dev bench cluster", description=__doc__)
    parser.add_argument("--articles", type=int, default=4_000)
    parser.add_argument("--hosts", type=int, default=200, help="how many servers, with one feed each")
    parser.add_argument("--workers", type=int, default=3, help="how many machines at the most")
    options = parser.parse_args(arguments)
    ways = [
        Way(name="local, SQLite", postgres=False, machines=0),
        Way(name="local, PostgreSQL", postgres=True, machines=0),
    ]
    ways += [Way(name=f"cluster of {n}", postgres=True, machines=n) for n in range(1, options.workers + 1)]
    took = {way.name: _measured(way, options.articles, options.hosts) for way in ways}
    Console(width=120, highlight=False).print(_table(took))


def _table(took: dict[str, Took]) -> Table:
    base = next(iter(took.values()))
    table = Table(
        "", "articles", "mails", "seconds", "articles/s", "ms of services each", "of PostgreSQL", "all, of local"
    )
    for name, one in took.items():
        ms, database = 1_000 * one.services / one.articles, 1_000 * one.database / one.articles
        ratio = ms / (1_000 * base.services / base.articles)
        table.add_row(
            name,
            f"{one.articles:,}",
            f"{one.mails:,}",
            f"{one.seconds:.1f}",
            f"{one.articles / one.seconds:.0f}",
            f"{ms:.1f}",
            f"{database:.1f}",
            f"{ratio:.2f}",
        )
    return table


def _measured(way: Way, articles: int, hosts: int) -> Took:
    with tempfile.TemporaryDirectory(prefix="alerts-bench-") as name, _database(way) as (database, server):
        with Newsroom(articles=articles, hosts=hosts) as room:
            folders = _set_up(Path(name), way, database, room)
            engine = open_store(load(folders[0] / "config.toml"))
            try:
                return _run(folders, engine, server, room)
            finally:
                engine.dispose()


def _set_up(folder: Path, way: Way, database: str, room: Newsroom) -> list[Path]:
    """The folders of the services; the feeds and readers are in the database."""
    (folder / "secret").write_bytes(os.urandom(32))
    (folder / "secret").chmod(0o600)
    (folder / "mail").mkdir(mode=0o700)
    folders = [folder / f"m{number}" for number in range(max(1, way.machines))]
    for one in folders:
        (one / "data").mkdir(parents=True, mode=0o700)
        (one / "data" / "mail").symlink_to(folder / "mail")
        configuration = _CONFIG.format(
            secret=json.dumps(str(folder / "secret")),
            database=json.dumps(database),
            engine=f'engine = "cluster"\nmachine = "{one.name}"' if way.machines else "",
            hosts=json.dumps(room.hosts),
            gazetteer=json.dumps(str(places_cache())),
        )
        (one / "config.toml").write_text(configuration, encoding="utf-8")
    engine, now = open_store(load(folders[0] / "config.toml")), datetime.now(UTC)
    with writing(engine) as conn:
        for number in range(_READERS):
            people.add_person(conn, f"reader{number}@example.org", now=now)
        for url in room.urls:
            feeds.add_feed(conn, url, now=now, interval=timedelta(hours=1), source=url.split("/")[2])
    engine.dispose()
    return folders


def _run(folders: list[Path], engine: Engine, server: int, room: Newsroom) -> Took:
    services = [_started(folder) for folder in folders]
    try:
        _until(lambda: _number(engine, "SELECT count(*) FROM feed WHERE last_ok IS NULL") == 0)
        room.publish()
        pids, begun = [one.pid for one in services], time.monotonic()
        before = _Mark.now(pids, server)
        with writing(engine) as conn:
            conn.execute(update(feed).values(next_due=datetime.now(UTC)))
        after = _done(engine, room.articles, lambda: _Mark.now(pids, server))
        return Took(
            articles=room.articles,
            mails=_number(engine, "SELECT count(*) FROM outbox WHERE state = 'accepted' AND lead_id IS NULL"),
            seconds=after.at - begun,
            services=after.services - before.services,
            database=after.database - before.database,
        )
    finally:
        for one in services:
            one.send_signal(signal.SIGTERM)
        for one in services:
            one.wait(60)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "alerts", "run", "--no-web", "-c", str(folder / "config.toml"))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A moment, and the seconds of processor time until then."""

    at: float
    services: float
    database: float

    @classmethod
    def now(cls, services: Sequence[int], server: int) -> _Mark:
        return cls(time.monotonic(), sum(map(processor_s, services)), processor_s(server))


def _done(engine: Engine, articles: int, mark: Callable[[], _Mark]) -> _Mark:
    """When the last article was read, or the last mail that needs not wait was out: then nothing more happens. (Who got
    very many mails at once gets the rest of them as one later.)"""
    last, so_far = mark(), (0, 0)
    while so_far[0] < articles or time.monotonic() - last.at < _STILL_S:
        time.sleep(0.25)
        now = (_number(engine, _READ), _number(engine, _SENT))
        if now != so_far:
            last, so_far = mark(), now
        if time.monotonic() - last.at > _PATIENCE_S:
            raise SystemExit(f"bench: it does not get done: {so_far[0]} of {articles} articles")
    return last


def _number(engine: Engine, query: str) -> int:
    with reading(engine) as conn:
        return int(conn.execute(text(query)).scalar_one())


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: it does not get done")
        time.sleep(0.25)


@contextmanager
def _database(way: Way) -> Iterator[tuple[str, int]]:
    """The setting `database`, and the process id of the server (0: none)."""
    if not way.postgres:
        yield "sqlite", 0
        return
    with server() as made:
        yield made.url, made.process


def processor_s(root: int) -> float:
    """Seconds of processor time of a process and of all that it started, ended ones included."""
    if not root:
        return 0.0
    ticks, total, waiting = os.sysconf("SC_CLK_TCK"), 0.0, [root]
    parents: dict[int, list[int]] = {}
    stats: dict[int, list[str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            stats[int(folder.name)] = fields
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        total += sum(map(int, stats[one][11:15])) / ticks if one in stats else 0.0
    return total


if __name__ == "__main__":
    main()
