"""What readers would have got: `./dev bench life [FILE.jsonl ...]`, by default of the shipped demo story.

Takes articles, an article a line as `alerts replay` reads them, through the whole life of alerts with one reader of
everything: alerts and mails a week, updates, certainty, rules and levels. `--sample 60 --seed 1` writes so many alerts
with all that a judge needs to say of each whether it is right, to be filled in and read again by `--judged`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from alerts.cli.articles import Defaults, moment
from alerts.cli.articles import Reader as Files
from alerts.cli.common import places_cache
from alerts.config import Config, defaults
from alerts.configured import households, open_gazetteer
from alerts.engine.rulebook import compiled
from alerts.engine.tracking import Told
from alerts.match import files
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.store import evidence as evidence_store
from alerts.store.database import reading
from alerts.store.spool import Spool
from alerts.types import CERTAINTIES, SEVERITIES, Article, Evidence
from tests.bench.judging import New, judged, sample
from tests.reader import Mail, Reader, shipped_story

_LIVE = moment("2026-01-15T12:00:00Z")
_BUSIEST = 5


@dataclass(slots=True)
class _Life:
    """What came of all articles."""

    articles: int = 0
    told: list[Told] = field(default_factory=list)
    news: list[New] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    first: date = date.max
    last: date = date.min


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    console = Console(width=110, highlight=False)
    if options.judged is not None:
        console.print(judged(options.judged.read_text(encoding="utf-8")))
        return
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    config = defaults(Path.cwd())
    articles, owners = _given(options.files, gazetteer, config) if options.files else shipped_story()
    life = _lived(articles, owners, gazetteer, config)
    if options.sample:
        sys.stdout.write(sample(life.news, options.sample, seed=options.seed))
        return
    for table in _tables(life, every_week=options.weeks):
        console.print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench life", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE.jsonl", help="articles; default: the shipped demo story")
    parser.add_argument("--weeks", action="store_true", help="each week, not only the busiest")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="write N alerts to be judged instead")
    parser.add_argument("--seed", type=int, default=1, help="picks the sample")
    parser.add_argument("--judged", type=Path, metavar="FILE", help="read a sample with its verdicts filled in")
    return parser.parse_args(arguments)


def _given(paths: Sequence[str], gazetteer: Gazetteer, config: Config) -> tuple[Iterable[Article], dict[str, str]]:
    reader = Files(Defaults(now=_LIVE, country_of=gazetteer.country_of))
    found = [replace(one, tier=config.tier_of(one.source)) for one in reader.read(paths)]
    for fault in reader.faults:
        sys.stderr.write(f"{fault}\n")
    return found, {one.source: config.owner_of(one.source) for one in found}


def _lived(articles: Iterable[Article], owners: dict[str, str], gazetteer: Gazetteer, config: Config) -> _Life:
    rules = files.load([shipped("rules")], country=gazetteer.country_of).rules
    replay, life = Reader(compiled(rules), gazetteer, households(config), owners=owners), _Life()
    with closing(Spool()) as spool, closing(replay):
        for article in articles:
            spool.put(article)
        for article in spool:
            life.articles += 1
            life.first, life.last = min(life.first, article.published.date()), max(life.last, article.published.date())
            for told in replay.take(article):
                life.told.append(told)
                if told.message.kind == "new":
                    life.news.append(New(told=told, evidence=_evidence(replay, told)))
        replay.finish()
    life.mails = replay.mails
    return life


def _evidence(replay: Reader, told: Told) -> tuple[Evidence, ...]:
    with reading(replay.engine) as conn:
        return tuple(evidence_store.of_alert(conn, told.alert.id))


def _tables(life: _Life, *, every_week: bool) -> Iterable[Table]:
    kinds = Counter(told.message.kind for told in life.told)
    news, incidents = kinds["new"], {told.alert.incident for told in life.told}
    whole = Table("what", "how many", title="what a reader of everything would have got")
    whole.add_row("articles", f"{life.articles:,}")
    whole.add_row("from, to", f"{life.first}, {life.last}" if life.articles else "")
    whole.add_row("alerts", f"{news:,}")
    whole.add_row("incidents", f"{len(incidents):,}")
    whole.add_row("mails", f"{len(life.mails):,}")
    whole.add_row("  alerts that only stand in the mail of another", f"{sum(len(m.mentions) for m in life.mails):,}")
    whole.add_row("updates, for each alert", f"{kinds['update']:,}, {kinds['update'] / max(1, news):.2f}")
    whole.add_row("cancelled, closed", f"{kinds['cancel']:,}, {kinds['close']:,}")
    confirmed = sum(new.told.alert.confirmed for new in life.news)
    whole.add_row("confirmed when first told", f"{confirmed:,}, {confirmed / max(1, news):.0%}")
    later = {told.alert.id for told in life.told if told.alert.confirmed}
    whole.add_row("confirmed in the end", f"{len(later):,}, {len(later) / max(1, news):.0%}")
    yield whole
    yield _by_rule(life)
    yield _by_week(life, every_week=every_week)


def _by_rule(life: _Life) -> Table:
    table = Table("rule", "alerts", *SEVERITIES, *CERTAINTIES, "updates", title="new alerts, as first told")
    rows: dict[str, Counter[str]] = {"all": Counter()}
    for told in life.told:
        for name in (told.alert.rule, "all"):
            count = rows.setdefault(name, Counter())
            count[told.message.kind] += 1
            if told.message.kind == "new":
                count.update((told.alert.severity, told.alert.certainty))
    for name, count in sorted(rows.items(), key=lambda row: (row[0] == "all", -row[1]["new"], row[0])):
        if name == "all":
            table.add_section()
        shown = ("new", *SEVERITIES, *CERTAINTIES, "update")
        table.add_row(name, *(str(count[what] or "") for what in shown))
    return table


def _by_week(life: _Life, *, every_week: bool) -> Table:
    """Weeks begin on Monday; those without any alert count for the median."""
    weeks: dict[date, tuple[int, int]] = {}
    monday = _monday(life.first) if life.articles else life.last
    while monday <= life.last:
        weeks[monday] = (0, 0)
        monday += timedelta(weeks=1)
    for new in life.news:
        alerts, mails = weeks[_monday(_day(new.told.message.at))]
        weeks[_monday(_day(new.told.message.at))] = alerts + 1, mails
    for mail in life.mails:  # what waits at the end may go in the week after
        alerts, mails = weeks.get(_monday(_day(mail.at)), (0, 0))
        weeks[_monday(_day(mail.at))] = alerts, mails + 1
    table = Table("week from", "alerts", "mails", title=f"{len(weeks)} weeks")
    if weeks:
        table.add_row("median", *(f"{median(week[i] for week in weeks.values()):g}" for i in (0, 1)))
        table.add_row("mean", *(f"{sum(week[i] for week in weeks.values()) / len(weeks):.1f}" for i in (0, 1)))
        table.add_section()
    shown = sorted(weeks) if every_week else sorted(weeks, key=lambda day: weeks[day], reverse=True)[:_BUSIEST]
    for day in shown:
        table.add_row(str(day), *map(str, weeks[day]))
    return table


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


if __name__ == "__main__":
    main()
