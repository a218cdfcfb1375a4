"""A rule over many articles before it is trusted: its hits and alerts, what its ignored phrases hide, and the same for
the version it is to replace.

Only the rule itself is compiled, with those that keep the states it may ask for. Alerts are counted by the real
tracking (`replay`), so that near-copies and follow-ups are one alert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.engine.replay import Replay
from alerts.engine.rulebook import compiled
from alerts.match.backtest import (
    IGNORED,
    Difference,
    Key,
    PhraseCount,
    Reason,
    Seen,
    Tally,
    compare,
    count_phrases,
    reason,
    seen,
)
from alerts.match.bind import Households
from alerts.match.engine import OPENING, Detection, Ruleset, ignoring
from alerts.match.phrasing import Phrasebook, Phrases
from alerts.match.rule import Ignore, Rule
from alerts.match.view import SentenceView
from alerts.read.places import Gazetteer
from alerts.types import Article, Hit

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What reading and tracking need beside rules; `owners` are the owner groups of publishers."""

    gazetteer: Gazetteer
    households: Households
    owners: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Alerts a rule would have opened, the most in one week (a Monday, and how many), and of how many messages they
    would have told their readers, updates and all."""

    opened: int = 0
    busiest: tuple[str, int] | None = None
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """How many hits of the rule another rule flags: in the same sentence, and in the same article."""

    rule: str
    sentences: int
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a backtest. `dropped` are hits that do not count, by reason; `hidden` those among them that
    would count if nothing were ignored."""

    rule: Rule
    articles: int
    first: datetime | None
    last: datetime | None
    hits: tuple[Seen, ...]
    articles_hit: int
    alerts: Alerts
    phrases: tuple[PhraseCount, ...]
    dropped: dict[Reason, list[Seen]]
    hidden: dict[Reason, list[Seen]]
    against: Rule | None = None
    alerts_against: Alerts | None = None
    difference: Difference | None = None
    shared: tuple[Shared, ...] = ()

    @property
    def weeks(self) -> float | None:
        """The span of the articles; None when it is less than a day, for which no rate can be told."""
        return weeks_between(self.first, self.last)


def weeks_between(first: datetime | None, last: datetime | None) -> float | None:
    """A span in weeks; None when it is less than a day."""
    if first is None or last is None or last - first < timedelta(days=1):
        return None
    return (last - first) / _WEEK


def awake(rule: Rule) -> Rule:
    """The rule as if it were in force: drafts are tried, too."""
    return rule if rule.status in ("active", "test") else replace(rule, status="test")


def keepers(rule: Rule, rules: Iterable[Rule]) -> list[Rule]:
    """The other rules that say of a state that it begins, holds or ends."""
    return [other for other in rules if other.name != rule.name and other.state is not None]


class _Course:
    """One version of a rule over the articles."""

    def __init__(self, rule: Rule, rules: Sequence[Rule], means: Means) -> None:
        self.rule = awake(rule)
        self.means = means
        self.tally = Tally(rule.name, books=rule.alert is None)
        book = compiled([self.rule, *keepers(rule, rules)])
        self.ruleset = book.ruleset
        self._replay = Replay(book, means.gazetteer, means.households, owners=means.owners)
        self._opened: Counter[str] = Counter()
        self._messages = 0

    def close(self) -> None:
        self._replay.close()

    def take(self, article: Article) -> tuple[Detection, list[Seen]]:
        found = self.ruleset.detect(article, self.means.gazetteer, self.means.households)
        for told in self._replay.take(article, found):
            if told.rule.name != self.rule.name:
                continue
            self._messages += 1
            if told.message.kind == "new":
                day = article.published.date()
                self._opened[str(day - timedelta(days=day.weekday()))] += 1
        return found, self.tally.add(article, found)

    @property
    def alerts(self) -> Alerts:
        busiest = min(self._opened.items(), key=lambda week: (-week[1], week[0]), default=None)
        return Alerts(opened=self._opened.total(), busiest=busiest, messages=self._messages)


class Backtest:
    """One rule over articles in the order of their dates: `take` each, then `report`; `close` at the end."""

    def __init__(
        self,
        rule: Rule,
        *,
        rules: Sequence[Rule],
        means: Means,
        against: Rule | None = None,
        others: Sequence[Rule] = (),
    ) -> None:
        """`rules` are all that are known (for the states they keep); `against` is another version of the rule,
        under any name; overlap is told of `others`."""
        self.rule, self.against, self.means = rule, against, means
        self._tried = _Course(rule, rules, means)
        self._before = _Course(replace(against, name=rule.name), rules, means) if against else None
        self._hidden = _Hidden(self._tried.rule, rules, means)
        self._book = Phrasebook(rule)
        self._phrases: dict[Key, Phrases] = {}
        wanted = [other for other in others if other.name != rule.name and other.alert is not None]
        # Rules that keep states stand beside the others, for those that ask for one.
        self._others = Ruleset([*wanted, *(one for one in keepers(rule, rules) if one not in wanted)])
        self._shared = {other.name: (set[Key](), set[tuple[str, str]]()) for other in wanted}
        self._read = 0
        self._days: tuple[datetime, datetime] | None = None

    def close(self) -> None:
        self._tried.close()
        if self._before is not None:
            self._before.close()

    @property
    def held(self) -> int:
        """How many hits are kept in memory, those that do not count too."""
        tallies = [self._tried.tally, *([self._before.tally] if self._before else [])]
        return sum(len(one.hits) + len(one.dropped) for one in tallies)

    @property
    def hits(self) -> int:
        """How many hits count so far."""
        return len(self._tried.tally.hits)

    def take(self, article: Article) -> None:
        self._read += 1
        first, last = self._days or (article.published, article.published)
        self._days = min(first, article.published), max(last, article.published)
        found, hits = self._tried.take(article)
        self._hidden.take(article, found, hits)
        if self._before is not None:
            self._before.take(article)
        if hits and found.reading is not None:
            for one in hits:
                view = SentenceView(found.reading.sentences[one.hit.sentence_index])
                self._phrases[one.key] = self._book.of(one.hit, view)
            self._share(article, hits)

    def _share(self, article: Article, hits: Sequence[Seen]) -> None:
        if not self._shared:
            return
        sentences = {one.key for one in hits}
        for hit in self._others.detect(article, self.means.gazetteer, self.means.households).hits:
            if hit.rule in self._shared and reason(hit) is None:
                self._shared[hit.rule][0].update(sentences & {seen(article, hit).key})
                self._shared[hit.rule][1].add((article.source, article.id))

    def report(self) -> Report:
        """What came of the articles taken so far."""
        tally, before = self._tried.tally, self._before
        first, last = self._days or (None, None)
        shared = [
            Shared(
                rule=name,
                sentences=len(sentences & tally.hits.keys()),
                articles=len(articles & {key[:2] for key in tally.hits}),
            )
            for name, (sentences, articles) in self._shared.items()
        ]
        return Report(
            rule=self.rule,
            articles=self._read,
            first=first,
            last=last,
            hits=tuple(tally.hits.values()),
            articles_hit=tally.articles,
            alerts=self._tried.alerts,
            phrases=tuple(count_phrases(self._book.known, [self._phrases.get(key, Phrases()) for key in tally.hits])),
            dropped=tally.lost(),
            hidden=self._hidden.lost(),
            against=self.against,
            alerts_against=before.alerts if before else None,
            difference=compare(tally, before.tally) if before else None,
            shared=tuple(sorted((one for one in shared if one.articles), key=lambda one: (-one.sentences, one.rule))),
        )


class _Hidden:
    """What a rule would flag if it ignored nothing: the hits that each ignored phrase costs."""

    def __init__(self, rule: Rule, rules: Sequence[Rule], means: Means) -> None:
        self.means = means
        self._rule = rule
        self._lost = Tally(rule.name)
        unless = any(block.unless for block in rule.blocks)
        self._bare: Ruleset | None = None
        if unless or rule.ignore != Ignore():
            blocks = tuple(replace(block, unless=None) for block in rule.blocks)
            self._bare = Ruleset([replace(rule, ignore=Ignore(), blocks=blocks), *keepers(rule, rules)])

    def take(self, article: Article, found: Detection, hits: Sequence[Seen]) -> None:
        """`found` is what the rule itself found in the article, `hits` are those that count."""
        if self._bare is None or found.reading is None:
            return
        by_sentence = {hit.sentence_index: hit.because for hit in found.dropped if _is_ignored(hit)}
        whole = self._ignored_article(found)
        if not by_sentence and whole is None:
            return
        known = {one.hit.sentence_index for one in hits}
        bare = self._bare.detect(article, self.means.gazetteer, self.means.households)
        lost = [
            replace(hit, current=False, because=by_sentence.get(hit.sentence_index, whole))
            for hit in bare.hits
            if hit.rule == self._lost.rule and hit.sentence_index not in known and reason(hit) is None
        ]
        self._lost.put(article, [hit for hit in lost if hit.because])

    def _ignored_article(self, found: Detection) -> str | None:
        if self._rule.ignore.articles is None or found.reading is None:
            return None
        why = ignoring(self._rule, [SentenceView(sentence) for sentence in found.reading.sentences[:OPENING]])
        return f"the article is ignored for '{why[1].source}'" if why else None

    def lost(self) -> dict[Reason, list[Seen]]:
        return self._lost.lost()


def _is_ignored(hit: Hit) -> bool:
    why = reason(hit)
    return why is not None and why.kind in IGNORED
