"""The database of a big installation, and which part of it is full first: `./dev bench sizing [--feeds N] [--readers N]
[--articles N] [--stored N] [--cores N]`.

A PostgreSQL is filled with feeds, readers and stored articles, and the service's own functions do a part of a day's
work on it, step by step, at the rate of so many articles a day. What a step costs of the server's processors, and of
the time during which nobody else may change alerts, times how often a day it is done: so much of the day it is busy.
What is busy most is the first bottleneck. At a peak all of it comes five times as fast. PostgreSQL is the server that
ALERTS_TEST_POSTGRES names (on this machine, so that its processor time is seen), or one that is started here; a server
for tests syncs nothing to the disk.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from alerts.cli.common import places_cache
from alerts.configured import open_gazetteer
from alerts.engine.rulebook import compiled
from alerts.engine.tracking import Tracker
from alerts.match import files
from alerts.match.rule import Rule
from alerts.notify.posting import Post
from alerts.resources import shipped
from alerts.store import migrations
from alerts.store.database import open_database
from tests.bench import sizing_work as work
from tests.bench.copy import postgres
from tests.bench.sizing_filling import Size, fill
from tests.bench.sizing_work import Cost, Watch
from tests.notify.world import SENDER
from tests.sealed import SECRET, VAULT

PEAK: Final = 5
DAY_S: Final = 86_400.0
_POLL_S: Final = 1_200.0  # between two polls of a feed, as `sizing_filling` has them (a harmonic mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A step: what one unit of it is, what some of them cost, and how many there are a day."""

    step: str
    unit: str
    cost: Cost
    a_day: float

    @property
    def database_ms(self) -> float:
        """Of the server's processors, for one."""
        return 1_000 * self.cost.database / max(self.cost.units, 1)

    @property
    def alone_ms(self) -> float:
        """During which nobody else may change alerts, for one."""
        return 1_000 * self.cost.alone / max(self.cost.units, 1)

    @property
    def cores(self) -> float:
        """How many processors of the server it keeps busy, on the average of a day."""
        return self.database_ms / 1_000 * self.a_day / DAY_S

    @property
    def locked(self) -> float:
        """The share of a day during which it keeps others from changing alerts."""
        return self.alone_ms / 1_000 * self.a_day / DAY_S


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    console = Console(width=130, highlight=False)
    with postgres() as made:
        engine = open_database(made.url.render_as_string(hide_password=False), vault=VAULT)
        try:
            begun = perf_counter()
            migrations.upgrade(engine)
            fill(engine, Size(feeds=options.feeds, readers=options.readers, stored=options.stored), _now())
            console.print(f"filled in {perf_counter() - begun:.0f} s")
            lines = measured(engine, options, lambda step: console.print(f"{_now():%H:%M:%S} {step}"))
            console.print(table(lines))
            console.print(verdict(lines, options.cores))
        finally:
            engine.dispose()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench sizing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--articles", type=int, default=1_000_000, help="that come a day")
    parser.add_argument("--mails", type=int, default=4, help="that a reader gets a day, each about one alert or many")
    parser.add_argument("--alerts", type=int, default=1_000, help="versions of alerts that are told a day")
    parser.add_argument("--stored", type=int, default=300_000, help="articles that are there before")
    parser.add_argument("--seconds", type=int, default=20, help="of collecting")
    parser.add_argument("--read", type=int, default=2_000, help="articles to read")
    parser.add_argument("--sent", type=int, default=2_000, help="mails to send")
    parser.add_argument("--cores", type=int, default=8, help="of the database server")
    return parser.parse_args(arguments)


def measured(engine: Engine, options: argparse.Namespace, said: Callable[[str], None]) -> list[Line]:
    """Every step, on this database; `said` is told of each as it begins."""
    watch = Watch(engine=engine, server=_server(engine))
    tracker, rule = _tracker()
    polls = options.feeds * DAY_S / _POLL_S
    collecting = work.Collecting(
        watch=watch, polls=polls / DAY_S, articles=options.articles / DAY_S, now=_now(), most=options.read
    )
    said("collecting")
    ids = collecting.run(options.seconds)
    catching_up = work.catching_up(watch)
    said("reading")
    analysed, loud = work.analysis(watch, tracker, ids)
    said("telling")
    few = work.telling(watch, rule, work.RARE, "moderate")
    many = work.telling(watch, rule, work.OFTEN, "severe", keep=True)
    said("mailing")
    mailed = work.mailing(watch, options.sent)
    said("looking and forgetting")
    looks = work.looks(watch, tracker)
    gone = work.forgetting(watch)
    said("telling all who want it")
    everybody = work.telling(watch, rule, None, "extreme")
    jobs = collecting.costs["job"].units / max(collecting.costs["poll"].units, 1)
    minutes, mails = DAY_S / 60, options.readers * options.mails
    return [
        Line(step="see which hosts are due", unit="second", cost=collecting.costs["plan"], a_day=DAY_S),
        Line(step="the same after an outage", unit="second", cost=catching_up, a_day=0),
        Line(step="hand out jobs", unit="job", cost=collecting.costs["job"], a_day=polls * jobs),
        Line(step="claim feeds, store polls and news", unit="poll", cost=collecting.costs["poll"], a_day=polls),
        Line(step=f"read articles ({loud:.0%} hits)", unit="article", cost=analysed, a_day=options.articles),
        Line(step=f"tell {few.units:,} readers", unit="alert", cost=_alert(few), a_day=options.alerts),
        Line(step=f"tell {many.units:,} readers", unit="alert", cost=_alert(many), a_day=options.alerts / 50),
        Line(step=f"tell all {everybody.units:,} who want it", unit="alert", cost=_alert(everybody), a_day=1),
        Line(step="take, mark and settle mails", unit="mail", cost=mailed, a_day=mails),
        Line(step="upkeep, reminders", unit="minute", cost=looks["upkeep"], a_day=minutes),
        Line(step="watchdog, /readyz", unit="look", cost=looks["due"], a_day=minutes * 12),
        Line(step="/metrics: how things stand", unit="look", cost=looks["standing"], a_day=minutes * 4),
        Line(step="/metrics: totals", unit="look", cost=looks["totals"], a_day=minutes),
        Line(step="forget articles", unit="article", cost=gone["articles"], a_day=options.articles),
        Line(step="forget polls", unit="poll", cost=gone["polls"], a_day=polls),
    ]


def _alert(cost: Cost) -> Cost:
    """The same, with the alert as its unit."""
    return Cost(units=1, seconds=cost.seconds, database=cost.database, alone=cost.alone)


def _tracker() -> tuple[Tracker, Rule]:
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    book = compiled(files.load([shipped("rules")], country=gazetteer.country_of).rules)
    post = Post(domain=SENDER.domain, secret=SECRET)
    return Tracker(rulebook=book, gazetteer=gazetteer, outbox=post), book.ruleset.rules[0]


def _server(engine: Engine) -> int:
    """The process of a PostgreSQL server on this machine, which all its others come from; else 0."""
    with engine.connect() as conn:
        mine = int(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
    status = Path(f"/proc/{mine}/stat")
    return int(status.read_text().rpartition(")")[2].split()[1]) if status.exists() else 0


def table(lines: Sequence[Line]) -> Table:
    """Each step with its shares of the day."""
    shown = Table("step", "measured", "ms of PostgreSQL", "ms alone with alerts", "a day", "cores busy", "lock busy")
    for line in lines:
        shown.add_row(
            line.step,
            f"{line.cost.units:,} x {line.unit}",
            f"{line.database_ms:,.2f}",
            f"{line.alone_ms:,.2f}" if line.cost.alone else "",
            f"{line.a_day:,.0f}",
            f"{line.cores:.3f}",
            f"{line.locked:.2%}" if line.cost.alone else "",
        )
    shown.add_section()
    cores, locked = sum(line.cores for line in lines), sum(line.locked for line in lines)
    shown.add_row("all", "", "", "", "", f"{cores:.2f}", f"{locked:.1%}")
    shown.add_row(f"all, at {PEAK} times the rate", "", "", "", "", f"{PEAK * cores:.2f}", f"{PEAK * locked:.1%}")
    return shown


def verdict(lines: Sequence[Line], cores: int) -> str:
    """Which part of the database is full first, and by which step most."""
    parts = {
        f"the {cores} processors of the database": (sum(line.cores for line in lines) / cores, _most(lines, "cores")),
        "the lock of alerts": (sum(line.locked for line in lines), _most(lines, "locked")),
    }
    name, (share, step) = max(parts.items(), key=lambda one: one[1][0])
    return (
        f"First full: {name}, busy {share:.0%} of an even day, most of it with: {step}."
        f" So it is full at {1 / share:.1f} times this rate."
    )


def _most(lines: Sequence[Line], what: str) -> str:
    return max(lines, key=lambda line: float(getattr(line, what))).step


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
