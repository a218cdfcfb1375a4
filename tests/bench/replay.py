"""A year of articles through the whole life of alerts: `./dev bench replay [--articles N] [--days N] [--seed N]`.

The articles are made (`made_news`) and replayed with the shipped rules as `alerts replay` does it, on one core. Told
are the speed, the memory, what an article costs from month to month (which must not grow), and what came out. A short
run has as many articles a day as the whole, over fewer days, of which each twelfth counts as a month.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from alerts.cli.common import places_cache
from alerts.configured import open_gazetteer
from alerts.engine.replay import Replay
from alerts.engine.rulebook import compiled
from alerts.match import files
from alerts.match.bind import Households
from alerts.resources import shipped
from alerts.store.spool import Spool
from tests.bench.made_news import START, Mix, stream

_MONTHS = 12
_WEEK = timedelta(weeks=1)
_WHOLE = 200_000
_DAYS = 365


@dataclass(slots=True)
class Measured:
    """Processor seconds and articles by month, and what readers would have been told, by kind."""

    seconds: list[float] = field(default_factory=lambda: [0.0] * _MONTHS)
    articles: list[int] = field(default_factory=lambda: [0] * _MONTHS)
    told: Counter[str] = field(default_factory=Counter)
    hit: int = 0
    reading: float = 0.0

    def cost(self, month: int) -> float:
        """Milliseconds an article."""
        return 1_000 * self.seconds[month] / max(1, self.articles[month])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./dev bench replay", description=__doc__)
    parser.add_argument("--articles", type=int, default=_WHOLE, metavar="N")
    parser.add_argument("--days", type=float, metavar="N", help="over how many days; as many a day as the whole has")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    span = timedelta(days=options.days or _DAYS * options.articles / _WHOLE)
    mix = Mix()
    with closing(Spool()) as spool:
        begun = time.process_time()
        for article in stream(options.articles, options.seed, span, mix):
            spool.put(article)
        making = time.process_time() - begun
        wall = time.monotonic()
        measured = _replay(spool, span)
        wall = time.monotonic() - wall
    Console(width=120).print(_table(options.articles, span, mix, measured, making, wall))


def _replay(spool: Spool, span: timedelta) -> Measured:
    gazetteer = open_gazetteer(places_cache(), lambda *_: None)
    book = compiled(files.load([shipped("rules")], country=gazetteer.country_of).rules)
    measured = Measured()
    with closing(Replay(book, gazetteer, Households(), scratch=spool.folder / "alerts.db")) as replay:
        for article in spool:
            begun = time.process_time()
            found = book.ruleset.detect(article, gazetteer, Households())
            read = time.process_time()
            told = replay.take(article, found)
            month = min(_MONTHS - 1, int((article.published - START) / span * _MONTHS))
            measured.reading += read - begun
            measured.seconds[month] += time.process_time() - begun
            measured.articles[month] += 1
            measured.hit += bool(found.hits)
            measured.told.update(one.message.kind for one in told)
    return measured


def _table(number: int, span: timedelta, mix: Mix, measured: Measured, making: float, wall: float) -> Table:
    seconds = sum(measured.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first, last = measured.cost(0), measured.cost(_MONTHS - 1)
    table = Table(
        "what", "measured", "bar for 200,000", title=f"alerts: {number:,} articles of {span.days} days, one core"
    )
    table.add_row("articles a second", f"{number / seconds:,.0f}", ">= 334")
    table.add_row("seconds in all", f"{seconds:,.0f} of processor time, {wall:,.0f} by the clock", "< 600")
    table.add_row("of which reading and matching", f"{measured.reading:,.0f}", "")
    table.add_row("peak memory", f"{peak:,.0f} MB", "< 1,000 MB")
    table.add_row(
        "an article, first and last month", f"{first:.2f} ms, {last:.2f} ms: {last / first:.2f} times", "flat"
    )
    table.add_row("by month, ms", " ".join(f"{measured.cost(month):.2f}" for month in range(_MONTHS)), "")
    for kind, count in measured.told.most_common():
        table.add_row(f"messages: {kind}", f"{count / (span / _WEEK):,.1f} a week", "")
    table.add_row("articles with hits", f"{measured.hit / number:.1%}", "")
    table.add_section()
    table.add_row("words an article", f"{mix.words / number:.0f}", "")
    for kind, count in sorted(mix.kinds.items(), key=lambda item: -item[1]):
        table.add_row(kind, f"{count / number:.1%}", "")
    table.add_row("making them", f"{making:,.0f} s, not counted", "")
    return table


if __name__ == "__main__":
    main()
