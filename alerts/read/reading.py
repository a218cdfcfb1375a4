"""One article as it is read: sentences with their words at once, numbers, dates and places when first asked
for, each once, and shared by all rules.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property

from alerts.read import claims, dates, numbers
from alerts.read.places import Gazetteer, Mention
from alerts.read.sentences import Sentence, sentences
from alerts.read.text import Words, words
from alerts.types import Article, Claim, Number, Place, PlaceFrom, When


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
        published = self.reading.article.published
        return claims.judge(self.words, first, end, dates=self.dates, published=published, own=own)


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

        The one its sentence says (the nearest, a certain one before a doubtful one), else the nearest
        sentence before, else the title, else the dateline, else the feed's country. Also says where it was
        found, and the printed name, which may be known when the place is not.
        """
        unresolved: tuple[None, PlaceFrom | None, str | None] = (None, None, None)
        for source, at in self._order(index):
            places = self.places[at]
            if source == "sentence":
                places = sorted(places, key=lambda found: _distance(found[0], first, end))
            elif source == "before":
                places = places[::-1]
            for weak in (False, True):
                for mention, place in places:
                    if place is not None and mention.weak == weak:
                        return place, source, mention.text
            if unresolved[2] is None and places:
                unresolved = (None, source, places[0][0].text)
        if self.article.country and (country := self.gazetteer.by_id(self.article.country)):
            return country, "feed", unresolved[2]
        return unresolved

    def _order(self, index: int) -> list[tuple[PlaceFrom, int]]:
        order: list[tuple[PlaceFrom, int]] = [("sentence", index)]
        title = self.sentences[0].sentence.part == "title" if self.sentences else False
        first = 1 if title else 0
        order += [("before", at) for at in range(index - 1, max(first, index - 4) - 1, -1)]
        if title and index:
            order.append(("title", 0))
        order.append(("dateline", len(self.sentences)))
        order += [("article", at) for at in range(len(self.sentences)) if at != index]
        return order


def _distance(mention: Mention, first: int, end: int) -> tuple[int, int]:
    """How far a mention is from the words of the event; what follows comes before what precedes."""
    if mention.first >= end:
        return mention.first - end, 0
    if mention.end <= first:
        return first - mention.end, 1
    return 0, 0
