"""How often the words of a rule stand in ordinary news: a rule whose parts are common words floods its readers.

The checker has no news to try a rule on. What it has are word counts of a sample of news in which nothing happened
that a rule should flag (`data/news_words.txt`, see `wordcounts.py`); from them the share of ordinary sentences that
a [[match]] would meet is estimated. The estimate takes words as independent, but for a lift: words of one phrase,
and parts of one event, attract each other.
"""

from __future__ import annotations

import math

from alerts.errors import Fault
from alerts.match.phrases import Choice, Exact, Forms, Gap, Item, Phrase, Prefix, Slot, Word
from alerts.match.rule import Block, Rule
from alerts.match.wordcounts import WordShares
from alerts.toml_lines import Document

# How much likelier a word is right beside the others of its phrase, or some words on, than in any sentence; and a
# part beside the others of its block. Fitted to one half of the sample with counts of the other half, so that the
# sum of what the shipped phrases are expected to find is what they found there. So fitted, the share of a part was
# right within a factor of three for five parts in six, and by a factor of 1.6 for half of them.
_BESIDE_LIFT = 25.0
_NEAR_LIFT = 4.0
_PART_LIFT = 3.0
_MOST_PARTS = 100  # of a block of more, no sentence has all; and no number would hold the lift
_SUREST = 0.5  # no word follows another more often than this
# A block that meets more than one ordinary sentence of a thousand floods its readers; one of a single part, half as
# many. As estimates go wrong by a factor of three and more, the writer is warned at five times that; and refused is
# only what is beyond doubt, at eight times: a rule that is not in force misses everything.
WARNED = 0.005
WARNED_ALONE = 0.0025
REFUSED_ALONE = 0.004


class Estimator:
    """Estimates from one set of word counts. Lists are worked out once."""

    def __init__(self, shares: WordShares) -> None:
        self.shares = shares
        self._known: dict[int, tuple[Choice, float]] = {}

    def block(self, block: Block) -> float:
        """The share of ordinary sentences in which all parts of the block stand."""
        parts = [self.part(part.choice) for part in block.parts]
        if not parts:
            return 0.0
        reach = 2 * block.within_sentences - 1  # parts after the first may stand in neighbouring sentences
        parts = [parts[0], *(min(1.0, part * reach) for part in parts[1:])]
        lifted = math.prod(parts) * _PART_LIFT ** min(len(parts) - 1, _MOST_PARTS)
        if block.within_words is not None:
            lifted *= min(1.0, 2 * block.within_words / self.shares.length) ** (len(parts) - 1)
        return min(lifted, *parts)

    def part(self, choice: Choice) -> float:
        """The share of ordinary sentences in which a phrase of the list stands."""
        return 1 - math.exp(-self.expected(choice))

    def expected(self, choice: Choice) -> float:
        """How many matches of the list an ordinary sentence has."""
        known = self._known.get(id(choice))
        if known is None:
            # the choice is kept, so that no other can come to have its id
            known = self._known[id(choice)] = choice, sum(self.phrase(phrase) for phrase in choice.phrases)
        return known[1]

    def phrase(self, phrase: Phrase) -> float:
        """How many matches of the phrase an ordinary sentence has."""
        length, window, found = self.shares.length, 1, 0.0
        for item in phrase.items:
            if isinstance(item, Gap):
                window = item.most + 1
            elif not (isinstance(item, Choice) and item.optional):
                each = self.item(item)
                lift = _BESIDE_LIFT if window == 1 else _NEAR_LIFT
                found = found * min(_SUREST, window * lift * each / length) if found else each
                window = 1
        return found

    def item(self, item: Item) -> float:
        """How many matches of one item an ordinary sentence has."""
        match item:
            case Word(norm):
                return self.shares.word(norm)
            case Exact(_, printed):
                return self.shares.capitals(printed)
            case Prefix(stem):
                return self.shares.beginning(stem)
            case Forms(_, forms):
                return sum(map(self.shares.word, forms))
            case Slot(name):
                return self.shares.slot(name)
            case Choice():
                return self.expected(item)
            case Gap():
                return 1.0

    def rule_block(self, rule: Rule, block: Block) -> float:
        """As `block`, less the sentences in which the rule misses the place or the number it asks for."""
        share = self.block(block)
        if rule.place.required:
            share *= self.shares.slot("place")
        if any(number.at_least for number in rule.numbers):
            share *= min(1.0, self.shares.slot("people") * _PART_LIFT)
        return share


def lint(rule: Rule, estimator: Estimator) -> list[Fault]:
    """A fault for each block whose parts are too common. Not for what a time kind keeps in bounds (a state that must
    hold, a spike over the usual), nor for other languages than the counts are of."""
    found = []
    for number, block in enumerate(rule.blocks):
        guarded = rule.when.kind not in ("each", "first") and block.holds is None
        if guarded or block.language != "en" or not block.parts:
            continue
        share = estimator.rule_block(rule, block)
        alone = len(block.parts) == 1
        refused = alone and share > REFUSED_ALONE
        if refused or (share > (WARNED_ALONE if alone else WARNED) and not block.common):
            message = _said(block, share, estimator, refused=refused)
            document = Document(rule.source, rule.file)
            found.append(document.fault(("match", number), message, "error" if refused else "warning"))
    return found


def _said(block: Block, share: float, estimator: Estimator, *, refused: bool) -> str:
    part = max(block.parts, key=lambda one: estimator.part(one.choice))
    phrase = _commonest(part.choice, estimator)
    if len(block.parts) == 1:
        told = f"the phrases of '{part.name}' stand in about {_one_of(share)} ordinary sentences, most often"
        advice = "add a part that must stand there too, or more words to the phrase"
    else:
        told = (
            f"the parts of '{block.name}' stand together in about {_one_of(share)} ordinary sentences; the commonest is"
            f" '{part.name}' ({_one_of(estimator.part(part.choice))}), there most often"
        )
        advice = "make it narrower (within_words, more words in a phrase, another part)"
    if not refused:
        advice += ', or say why it must be so: common = "..."'
    return f"{told} {phrase}: {advice}"


def _commonest(choice: Choice, estimator: Estimator) -> str:
    """The phrase that stands most often, and the word list in which it is found."""
    phrase = max(choice.phrases, key=estimator.phrase)
    where = ""
    while len(phrase.items) == 1 and isinstance(inner := phrase.items[0], Choice) and inner.name is not None:
        where = f" of @{inner.name}"
        phrase = max(inner.phrases, key=estimator.phrase)
    return f'"{phrase.source}"{where}'


def _one_of(share: float) -> str:
    return f"1 of {round(1 / share):,}" if share else "none of the"
