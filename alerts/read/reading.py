"""One article as it is read: sentences with their words at once, numbers, dates and places when first asked
for, each once, and shared by all rules.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property

from alerts.read import dates, numbers
from alerts.read.claims import Judgement
from alerts.read.places import Gazetteer, Mention
from alerts.read.sentences import Sentence, sentences
from alerts.read.text import Words, words
from alerts.types import Article, Claim, Number, Place, PlaceFrom, When

_BEFORE = 3  # sentences before the event's own in which its place is looked for
_SEATED = frozenset({"based", "headquartered", "registered", "exiled", "exile"})


class SentenceReading:
    """One sentence and what it holds; everything but the words is worked out on first use."""

    def __init__(self, sentence: Sentence, reading: Reading) -> None:
        self.sentence, self.reading = sentence, reading
        self.index = sentence.index

    @cached_property
    def words(self) -> Words:
        return words(self.sentence.text)

    @cached_property
    def numbers(self) -> list[Number]:
        return numbers.find(self.words) if numbers.has_number(self.words) else []

    @cached_property
    def dates(self) -> list[When]:
        return dates.find(self.words, self.reading.article.published)

    @cached_property
    def mentions(self) -> Sequence[Mention]:
        return self.reading.gazetteer.mentions(self.words)

    @property
    def places(self) -> list[tuple[Mention, Place | None]]:
        """The mentions with the places they were resolved to, seen in the light of the whole article."""
        return self.reading.places[self.index]

    def claims(self, first: int, end: int, own: Container[int] = ()) -> tuple[Claim, ...]:
        """What kind of statement the clause round the words `first` to `end` makes; `own` are no cues."""
        return self._judgement.claims(first, end, own)

    @cached_property
    def _judgement(self) -> Judgement:
        return Judgement(self.words, self.dates, self.reading.article.published)


class Reading:
    """An article in sentences. Pure: the same article and gazetteer give the same reading."""

    def __init__(self, article: Article, gazetteer: Gazetteer) -> None:
        self.article, self.gazetteer = article, gazetteer
        found, self.dateline = sentences(article.title, article.text)
        self.sentences = [SentenceReading(sentence, self) for sentence in found]

    @cached_property
    def places(self) -> list[list[tuple[Mention, Place | None]]]:
        """For each sentence its mentions and the places they mean, or None when in doubt; the dateline last."""
        mentions = [sentence.mentions for sentence in self.sentences]
        mentions.append(self.gazetteer.mentions(words(self.dateline)) if self.dateline else [])
        resolved = self.gazetteer.resolve(mentions, hint=self.article.country)
        return [list(zip(some, places, strict=True)) for some, places in zip(mentions, resolved, strict=True)]

    def place_of(self, index: int, first: int, end: int) -> tuple[Place | None, PlaceFrom | None, str | None]:
        """The place of something said in words `first` to `end` of sentence `index`.

        The one its sentence says, else the nearest before it in the paragraph, else the title's, else the one
        the article is most about; a people's name or the seat of a source ("Syrian", "based in Britain") only
        where none is named at all; else the feed's country. Also says where it was found, and the printed
        name, which may be known when the place is not.
        """
        name: str | None = None
        source: PlaceFrom | None = None
        rows = [(where, at, self._by_nearness(where, at, first, end)) for where, at in self._order(index)]
        for weak in (False, True):
            for where, at, row in rows:
                for mention, place in row:
                    if place is not None and self._is_weak(at, mention) == weak:
                        return place, where, mention.text
                    if name is None and not mention.weak:
                        name, source = mention.text, where
            if not weak and self.focus is not None:
                return self.focus, "article", name
        if self.article.country and (country := self.gazetteer.by_id(self.article.country)):
            return country, "feed", name
        return None, source, name

    @cached_property
    def focus(self) -> Place | None:
        """The place the article is most about: named most often, the title counting three times and the lead
        twice; of equals the first named. A country only where nothing smaller is named."""
        weights: dict[str, float] = {}
        found: dict[str, Place] = {}
        for at, row in enumerate(self.places):
            part = self.sentences[at].sentence.part if at < len(self.sentences) else "lead"
            for mention, place in row:
                if place is not None and not self._is_weak(at, mention):
                    found.setdefault(place.id, place)
                    weight = {"title": 3.0, "lead": 2.0}.get(part, 1.0)
                    weights[place.id] = weights.get(place.id, 0.0) + weight
        if not found:
            return None
        smaller = [key for key in found if found[key].precision != "country"] or list(found)
        return found[max(smaller, key=lambda key: weights[key])]

    def _order(self, index: int) -> list[tuple[PlaceFrom, int]]:
        """Where to look: the sentence, those before it in its paragraph, the title."""
        order: list[tuple[PlaceFrom, int]] = [("sentence", index)]
        title = bool(self.sentences) and self.sentences[0].sentence.part == "title"
        first = 1 if title else 0
        for at in range(index - 1, max(first, index - _BEFORE) - 1, -1):
            if self._paragraph_ends(at):
                break
            order.append(("before", at))
        if title and index:
            order.append(("title", 0))
        return order

    def _paragraph_ends(self, at: int) -> bool:
        """Whether a paragraph ends between sentence `at` and the next."""
        one, other = self.sentences[at].sentence, self.sentences[at + 1].sentence
        return "\n" in self.article.text[one.start + len(one.text) : other.start]

    def _by_nearness(self, where: PlaceFrom, at: int, first: int, end: int) -> list[tuple[Mention, Place | None]]:
        """The mentions of a sentence: of the event's own the nearest first, a country after what is smaller;
        of a sentence before, the last first."""
        found = self.places[at]
        if where == "sentence" and len(found) > 1:
            return sorted(found, key=lambda item: (_wide(item[1]), _distance(item[0], first, end)))
        return found[::-1] if where == "before" else found

    def _is_weak(self, at: int, mention: Mention) -> bool:
        """Whether the mention is only a people's name, or where a source has its seat."""
        if mention.weak or at >= len(self.sentences):
            return mention.weak
        norm = self.sentences[at].words.norm
        before = norm[max(0, mention.first - 2) : mention.first]
        after = norm[mention.end : mention.end + 1]
        return (len(before) == 2 and before[0] in _SEATED and before[1] == "in") or after == ("based",)


def _distance(mention: Mention, first: int, end: int) -> tuple[int, int]:
    """How far a mention is from the words of the event; what follows comes before what precedes."""
    if mention.first >= end:
        return mention.first - end, 0
    if mention.end <= first:
        return first - mention.end, 1
    return 0, 0


def _wide(place: Place | None) -> bool:
    return place is None or place.precision == "country"
