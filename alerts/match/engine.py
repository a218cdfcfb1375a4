"""The engine: articles in, hits out, through all rules at once.

Cheap first: one scan dismisses most articles; sentences, words, numbers, places and claims are worked out
only as far as a rule's parts were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.match.bind import Households, bind
from alerts.match.index import Entry, Index
from alerts.match.judge import any_span, judge, neighbours
from alerts.match.phrases import Span
from alerts.match.rule import Block, During, Rule
from alerts.match.view import SentenceView
from alerts.read.languages import detect as language_of
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article, Hit

Pair = tuple[Rule, Block]
OPENING = 4  # the title and three sentences: there an article says what it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found in an article: hits that count towards an alert, those dropped, and those that only
    keep the ledger (a state that holds or ends). `reading` is None when the scan dismissed the article."""

    hits: tuple[Hit, ...] = ()
    dropped: tuple[Hit, ...] = ()
    states: tuple[Hit, ...] = ()
    reading: Reading | None = None


class Ruleset:
    """Rules compiled together. Immutable: a reload makes a new one and swaps it in."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.by_name = {rule.name: rule for rule in self.rules}
        self._index = Index(self.rules)
        blocks = [(rule, block) for rule in self.rules for block in rule.blocks]
        self._holders = _by_state(blocks, "holds")
        self._enders = _by_state(blocks, "closes")

    def detect(self, article: Article, gazetteer: Gazetteer, households: Households) -> Detection:
        """Flag the events of one article. Pure: the same input gives the same hits."""
        candidates = self._index.scan(article.title, article.text)
        if not candidates:
            return Detection()
        language = language_of(f"{article.title}\n{article.text}", article.language)
        awake = [entry for entry in candidates if entry.block.language == language]
        awake = [entry for entry in awake if in_scope(entry.rule, article, language)]
        if not awake:
            return Detection()
        views = read(article, gazetteer)
        awake = self._not_ignored(awake, views)
        found: list[Hit] = []
        said: dict[str, bool] = {}
        parts = [self._index.parts(view.norm) for view in views]
        for at in range(len(views)):
            here = self._index.sentence(parts, at, awake)
            found += self._sentence(at, views, here, households, said)
        states = [hit for hit in found if hit.current and (hit.opens or hit.closes or hit.holds)]
        told = [hit for hit in found if not keeps_the_books(self.by_name[hit.rule], hit)]
        current = {(hit.rule, hit.sentence_index): hit for hit in reversed(told) if hit.current}
        return Detection(
            hits=tuple(reversed(current.values())),
            dropped=tuple(hit for hit in told if (hit.rule, hit.sentence_index) not in current),
            states=tuple(states),
            reading=views[0].reading.reading if views else None,
        )

    def _not_ignored(self, awake: Sequence[Entry], views: Sequence[SentenceView]) -> list[Entry]:
        """Without the rules whose `[ignore] articles` are found."""
        ignored: dict[str, bool] = {}
        for entry in awake:
            name = entry.rule.name
            if name not in ignored:
                ignored[name] = ignoring(entry.rule, views) is not None
        return [entry for entry in awake if not ignored[entry.rule.name]]

    def _sentence(
        self,
        at: int,
        views: Sequence[SentenceView],
        candidates: Sequence[Entry],
        households: Households,
        said: dict[str, bool],
    ) -> list[Hit]:
        found = []
        for entry in candidates:
            if not looks_at(entry.block, views[at]):
                continue
            finding = judge(entry.rule, entry.block, views[at], neighbours(entry.block, views, at))
            if finding.complete:
                found.append(bind(entry.rule, finding, views, households, self._needs(entry, views, said)))
        return found

    def _needs(self, entry: Entry, views: Sequence[SentenceView], said: dict[str, bool]) -> str | None:
        """The state that must be in force for a hit of the block, unless the article itself says that it is.
        `said` keeps what the article says of each state, once asked."""
        if not isinstance(entry.rule.when, During):
            return None
        state = entry.rule.when.state
        if entry.block.holds == state:
            return None
        if state not in said:
            said[state] = _say(self._holders.get(state, ()), views) and not _say(self._enders.get(state, ()), views)
        return None if said[state] else state


def _by_state(blocks: Iterable[tuple[Rule, Block]], what: Literal["holds", "closes"]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for rule, block in blocks:
        if state := getattr(block, what):
            found.setdefault(state, []).append((rule, block))
    return found


def _say(blocks: Sequence[Pair], views: Sequence[SentenceView]) -> bool:
    """Whether the article says one of these of a state, be it as news or as known."""
    for at, view in enumerate(views):
        for rule, block in blocks:
            finding = judge(rule, block, view, neighbours(block, views, at))
            if finding.complete and (finding.because is None or finding.because.startswith(("past", "standing"))):
                return True
    return False


def read(article: Article, gazetteer: Gazetteer) -> list[SentenceView]:
    """The sentences of an article as rules see them."""
    return [SentenceView(sentence) for sentence in Reading(article, gazetteer).sentences]


def looks_at(block: Block, view: SentenceView) -> bool:
    """Whether the block is to be looked for in this sentence: anywhere, only in the title, or in the lead."""
    part = view.reading.sentence.part
    return block.look_in == "sentence" or part == "title" or (block.look_in == "lead" and part == "lead")


def ignoring(rule: Rule, views: Sequence[SentenceView]) -> tuple[SentenceView, Span] | None:
    """What makes the rule ignore the article, and where: a phrase of its `[ignore] articles` where an article says
    what it is about, in its title and its first sentences."""
    choice = rule.ignore.articles
    if choice is None:
        return None
    return next(((view, span) for view in views[:OPENING] if (span := any_span(choice, view))), None)


def in_scope(rule: Rule, article: Article, language: str) -> bool:
    """The cheap tests of `[scope]`."""
    scope = rule.scope
    return not (
        (scope.languages and language not in scope.languages)
        or (scope.sources and article.source not in scope.sources)
        or article.source in scope.not_sources
        or (scope.sections and not scope.sections & set(article.sections))
        or scope.not_sections & set(article.sections)
        or (scope.source_tier is not None and article.tier > scope.source_tier)
    )


def keeps_the_books(rule: Rule, hit: Hit) -> bool:
    """Whether the hit only tells the ledger that the rule's own state holds or ends (or the rule has no
    alert at all): it is then no event of its own."""
    return rule.alert is None or (rule.state is not None and rule.state.name in (hit.closes, hit.holds))
