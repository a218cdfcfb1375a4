"""The engine: articles in, hits out, through all rules at once.

Cheap first: one scan dismisses most articles; sentences, words, numbers, places and claims are worked out
only as far as a rule's parts were found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Literal

from alerts.match.bind import Households, bind
from alerts.match.index import Entry, Index
from alerts.match.judge import Finding, any_span, judge, may_be_met, neighbours
from alerts.match.phrases import Active, Span
from alerts.match.rule import Block, During, Rule
from alerts.match.view import SentenceView
from alerts.read.languages import detect as language_of
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article, Hit

OPENING = 4  # the title and three sentences: there an article says what it is about


def _nothing() -> tuple[Hit, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found in an article: hits that count towards an alert, and those that only keep the ledger (a state
    that holds or ends). `reading` is None when the scan dismissed the article, else `language` is the article's."""

    hits: tuple[Hit, ...] = ()
    states: tuple[Hit, ...] = ()
    reading: Reading | None = None
    language: str | None = None
    bind_dropped: Callable[[], tuple[Hit, ...]] = field(default=_nothing, repr=False, compare=False)

    @property
    def dropped(self) -> tuple[Hit, ...]:
        """Hits that do not count, with the reason, worked out when first asked for: few ask."""
        return self.bind_dropped()


class Ruleset:
    """Rules compiled together. Immutable: a reload makes a new one and swaps it in."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.by_name = {rule.name: rule for rule in self.rules}
        self.index = Index(self.rules)
        self._holders = _by_state(self.index.entries, "holds")
        self._enders = _by_state(self.index.entries, "closes")

    def detect(self, article: Article, gazetteer: Gazetteer, households: Households) -> Detection:
        """Flag the events of one article. Pure: the same input gives the same hits."""
        candidates = self.index.scan(article.title, article.text)
        if not candidates:
            return Detection()
        language = language_of(f"{article.title}\n{article.text}", article.language)
        awake = [entry for entry in candidates if entry.block.language == language]
        awake = [entry for entry in awake if in_scope(entry.rule, article, language)]
        if not awake:
            return Detection()
        views = read(article, gazetteer)
        parts = [self.index.active(view.norm) for view in views]
        for view, active in zip(views, parts, strict=True):
            view.active = active
        awake = self._not_ignored(awake, views)
        case = _Case(self, views, parts, {entry.number for entry in awake}, households)
        case.look()
        return Detection(
            hits=tuple(case.hits.values()),
            states=tuple(case.states),
            reading=views[0].reading.reading if views else None,
            language=language,
            bind_dropped=cache(case.dropped),
        )

    def holds(self, state: str, views: Sequence[SentenceView], parts: Sequence[Active]) -> bool:
        """Whether the article itself says that the state is in force, and not that it ended."""
        holders, enders = self._holders.get(state, set()), self._enders.get(state, set())
        return self._say(holders, views, parts) and not self._say(enders, views, parts)

    def _say(self, blocks: Set[int], views: Sequence[SentenceView], parts: Sequence[Active]) -> bool:
        """Whether the article says one of these of a state, as news or as known; as past only in the rule that keeps
        it: a truce announced in August may hold, one that was broken last year does not."""
        for at, view in enumerate(views):
            for entry in self.index.led_to(parts[at], blocks):
                if not may_be_met(entry.block, view):
                    continue
                finding = judge(entry.rule, entry.block, view, neighbours(entry.block, views, at))
                because = finding.because or "standing"
                known = because.startswith("standing" if entry.rule.state is None else ("past", "standing"))
                if finding.complete and known:
                    return True
        return False

    def _not_ignored(self, awake: Sequence[Entry], views: Sequence[SentenceView]) -> list[Entry]:
        """Without the rules whose `[ignore] articles` are found."""
        ignored: dict[str, bool] = {}
        for entry in awake:
            name = entry.rule.name
            if name not in ignored:
                ignored[name] = ignoring(entry.rule, views) is not None
        return [entry for entry in awake if not ignored[entry.rule.name]]


class _Case:
    """One article before the rules that are awake in it. What does not count is only noted, not bound."""

    def __init__(
        self,
        rules: Ruleset,
        views: Sequence[SentenceView],
        parts: Sequence[Active],
        awake: Set[int],
        households: Households,
    ) -> None:
        self.rules, self.views, self.parts, self.awake, self.households = rules, views, parts, awake, households
        self.hits: dict[tuple[str, int], Hit] = {}  # by rule and sentence
        self.states: list[Hit] = []
        self.late: list[tuple[str, int, Callable[[], Hit]]] = []  # what does not count, and how to bind it
        self.said: dict[str, bool] = {}

    def look(self) -> None:
        for at in range(len(self.views)):
            for entry in self.rules.index.led_to(self.parts[at], self.awake):
                if looks_at(entry.block, self.views[at]) and may_be_met(entry.block, self.views[at]):
                    self.take(at, entry)

    def take(self, at: int, entry: Entry) -> None:
        rule, block = entry.rule, entry.block
        told = not keeps_the_books(rule, block)
        keeps = bool(block.opens or block.closes or block.holds)
        if told and not keeps and (rule.name, at) in self.hits:
            return  # one hit of a rule is enough for a sentence
        finding = judge(rule, block, self.views[at], neighbours(block, self.views, at))
        if not finding.complete:
            return
        if finding.because is not None:
            if told:
                self.late.append((rule.name, at, partial(self.bind, entry, finding)))
            return
        hit = self.bind(entry, finding)
        if hit.current and keeps:
            self.states.append(hit)
        if told and hit.current:
            self.hits.setdefault((rule.name, at), hit)
        elif told:
            self.late.append((rule.name, at, lambda: hit))

    def bind(self, entry: Entry, finding: Finding) -> Hit:
        return bind(entry.rule, finding, self.views, self.households, self.needs(entry))

    def dropped(self) -> tuple[Hit, ...]:
        """What did not count, in order, where nothing else of the same rule did."""
        return tuple(bound() for rule, at, bound in self.late if (rule, at) not in self.hits)

    def needs(self, entry: Entry) -> str | None:
        """The state that must be in force for a hit of the block, unless the article itself says that it is.
        `said` keeps what the article says of each state, once asked."""
        if not isinstance(entry.rule.when, During):
            return None
        state = entry.rule.when.state
        if entry.block.holds == state:
            return None
        if state not in self.said:
            self.said[state] = self.rules.holds(state, self.views, self.parts)
        return None if self.said[state] else state


def _by_state(entries: Iterable[Entry], what: Literal["holds", "closes"]) -> dict[str, set[int]]:
    """The numbers of the blocks that hold or close each state."""
    found: dict[str, set[int]] = {}
    for entry in entries:
        if state := getattr(entry.block, what):
            found.setdefault(state, set()).add(entry.number)
    return found


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


def keeps_the_books(rule: Rule, said: Block | Hit) -> bool:
    """Whether a hit of the rule, or all of a block, only tell the ledger that the rule's own state holds or ends
    (or the rule has no alert at all): it is then no event of its own."""
    return rule.alert is None or (rule.state is not None and rule.state.name in (said.closes, said.holds))
