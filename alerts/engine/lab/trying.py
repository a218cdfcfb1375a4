"""A rule over the stored archive, as rows of a page: `engine.backtest` with its progress told, an end that can come
early, and what people's verdicts say of the articles that it flags."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from alerts.engine.backtest import Backtest, Means
from alerts.engine.lab.bench import Workbench
from alerts.engine.lab.reported import report_rows
from alerts.errors import InputError
from alerts.match.precision import wilson
from alerts.match.rule import Rule
from alerts.store import articles, evidence, judgements
from alerts.store.articles import Page
from alerts.store.database import open_database, reading
from alerts.types import Article

MOST_HELD: Final = 20_000
"""Hits that are kept, those of both versions and those that do not count too: a rule of common words would fill the
memory, and who reads of so many knows that it is one."""
_PAGE: Final = 200
_TELL_S: Final = 0.5

Tell = Callable[[dict[str, Any]], None]


@dataclass(slots=True, kw_only=True)
class _Archive:
    """The articles of a period by their dates, page by page: nothing is locked meanwhile. `owners` grows as they are
    read."""

    engine: Engine
    since: datetime | None
    until: datetime | None
    owners: dict[str, str] = field(default_factory=dict)

    def count(self) -> int:
        with reading(self.engine) as conn:
            later = articles.count_since(conn, self.until) if self.until else 0
            return articles.count_since(conn, self.since) - later

    def __iter__(self) -> Iterator[Article]:
        after = None
        while True:
            with reading(self.engine) as conn:
                page = articles.published_since(conn, self.since, after=after, limit=_PAGE)
            for item in page:
                if self.until is not None and item.article.published >= self.until:
                    return
                self.owners[item.article.source] = item.owner
                yield item.article
            if not page:
                return
            after = Page(published=page[-1].article.published, id=int(page[-1].article.id))


def tried(bench: Workbench, asked: Mapping[str, Any], tell: Tell, stopped: Callable[[], bool]) -> dict[str, Any]:
    """The report on the rule `asked["rule"]` (with `asked["text"]`, in that wording) over the archive. `stopped`: to
    end now, with what was read. Raises Faults for a text that is no rule, InputError where there is nothing to try."""
    rule, against = _rules(bench, asked)
    archive = _Archive(
        engine=open_database(asked["database"]), since=_time(asked.get("since")), until=_time(asked.get("until"))
    )
    try:
        total = archive.count()
        if not total:
            raise InputError("There is no article in the archive of that time.")
        means = Means(gazetteer=bench.places, households=bench.households, owners=archive.owners)
        others = bench.beside(rule.name)
        test = Backtest(rule, rules=others, means=means, against=against, others=others)
        try:
            early, seen = _go_through(test, archive, total, tell, stopped)
            report = test.report()
        finally:
            test.close()
        verdicts = _verdicts(archive.engine, bench, rule, {one.article_id for one in report.hits}, seen)
    finally:
        archive.engine.dispose()
    return report_rows(report) | {"early": early, "total": total, "verdicts": verdicts}


def _rules(bench: Workbench, asked: Mapping[str, Any]) -> tuple[Rule, Rule | None]:
    """The rule to try, and what to compare it with: the version in force, if it is another."""
    name, text = str(asked["rule"]), asked.get("text")
    known = bench.rules.get(name)
    if text is None:
        if known is None:
            raise InputError(f"There is no rule “{name}” that could be tried.")
        return known, None
    rule = bench.read(name, text)
    runs = known is not None and known.status in ("active", "test") and known.version != rule.version
    return rule, known if runs else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _go_through(
    test: Backtest, archive: _Archive, total: int, tell: Tell, stopped: Callable[[], bool]
) -> tuple[str, set[str]]:
    """Take the articles; why it ended before the last one ("" if it did not), and which were read."""
    seen: set[str] = set()
    told = 0.0
    for done, article in enumerate(archive):
        if stopped():
            return "it was stopped", seen
        if test.held >= MOST_HELD:
            return f"it had found {MOST_HELD:,} sentences, more than anybody can read: its words are too common", seen
        now = time.monotonic()
        if now - told >= _TELL_S:
            told = now
            tell({"done": done, "total": total, "hits": test.hits, "at": article.published.isoformat()})
        test.take(article)
        seen.add(article.id)
    return "", seen


def _verdicts(engine: Engine, bench: Workbench, rule: Rule, hit: set[str], seen: set[str]) -> dict[str, Any] | None:
    """What people said of the alerts whose articles were read: of those that were right and of those that were wrong,
    how many rest on an article that the rule flags. Counted are the alerts of the rule itself, or of a new one those of
    its event. None when nothing was said."""
    own = {rule.name, rule.family, *rule.about.formerly}
    known = any(one.family in own or one.name in own for one in bench.rules.values())
    names = own if known else {one.name for one in bench.rules.values() if one.event == rule.event}
    with reading(engine) as conn:
        judged = [one for one in judgements.cases(conn, rules=names) if one.opinion is not None]
        rests_on = evidence.articles_of(conn, [one.alert_id for one in judged])
    counts: dict[tuple[str, bool], int] = {}
    for one in judged:
        here = seen.intersection(rests_on[one.alert_id])
        if here and one.opinion is not None and one.opinion.verdict in ("right", "wrong"):
            key = (one.opinion.verdict, bool(here & hit))
            counts[key] = counts.get(key, 0) + 1
    return _figures(counts, sorted(names), own=known) if counts else None


def _figures(counts: Mapping[tuple[str, bool], int], names: Sequence[str], *, own: bool) -> dict[str, Any]:
    right, wrong = counts.get(("right", True), 0), counts.get(("wrong", True), 0)
    return {
        "own": own,
        "of": names,
        "right": right,
        "wrong": wrong,
        "right_lost": counts.get(("right", False), 0),
        "wrong_lost": counts.get(("wrong", False), 0),
        "precision": right / (right + wrong) if right + wrong else None,
        "interval": wilson(right, right + wrong) if right + wrong else None,
    }
