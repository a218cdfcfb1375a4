"""One article as it is read: sentences with their words at once, numbers, dates and places when first asked
for, each once, and shared by all rules.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from alerts.read import bearings, dates, numbers
from alerts.read.claims import Judgement
from alerts.read.figurecues import speaks_of
from alerts.read.governing import Governed, govern
from alerts.read.narrative import goes_on, sets_the_time
from alerts.read.places import Choice, Gazetteer, Mention
from alerts.read.sentences import Sentence, sentences
from alerts.read.text import Words, words
from alerts.types import CLAIM_KINDS, Article, Claim, Number, Place, PlaceFrom, When

_BEFORE = 3  # sentences before the event's own in which its place is looked for
_FARTHEST_TALE = 4  # sentences a date of long ago reaches in its paragraph
# The country an article is about has so many times the mentions of any other.
_AT_HOME = 1.5


class SentenceReading:
    """One sentence and what it holds, each worked out when first asked for."""

    __slots__ = ("_dates", "_governed", "_judgement", "_mentions", "_numbers", "_words", "index", "reading", "sentence")

    def __init__(self, sentence: Sentence, reading: Reading) -> None:
        self.sentence, self.reading = sentence, reading
        self.index = sentence.index
        self._words: Words | None = None
        self._numbers: list[Number] | None = None
        self._dates: list[When] | None = None
        self._mentions: Sequence[Mention] | None = None
        self._governed: list[Governed] | None = None
        self._judgement: Judgement | None = None

    @property
    def words(self) -> Words:
        if self._words is None:
            self._words = words(self.sentence.text)
        return self._words

    @property
    def numbers(self) -> list[Number]:
        if self._numbers is None:
            self._numbers = numbers.find(self.words) if numbers.has_number(self.words) else []
        return self._numbers

    @property
    def governed(self) -> list[Governed]:
        """The numbers with the word that says what became of those they count."""
        if self._governed is None:
            self._governed = govern(self.words, self.numbers) if speaks_of(self.words) else []
        return self._governed

    @property
    def dates(self) -> list[When]:
        if self._dates is None:
            self._dates = dates.find(self.words, self.reading.article.published)
        return self._dates

    @property
    def mentions(self) -> Sequence[Mention]:
        if self._mentions is None:
            self._mentions = self.reading.gazetteer.mentions(self.words)
        return self._mentions

    @property
    def places(self) -> list[tuple[Mention, Place | None]]:
        """The mentions with the places they were resolved to, seen in the light of the whole article."""
        return self.reading.places_at(self.index)

    def claims(self, first: int, end: int, own: Container[int] = ()) -> tuple[Claim, ...]:
        """What kind of statement the clause round the words `first` to `end` makes; `own` are no cues."""
        if self._judgement is None:
            self._judgement = Judgement(self.words, self.dates, self.reading.article.published)
        found = self._judgement.claims(first, end, own)
        if not self.dates and (then := self.reading.told_of(self.index)) and all(c.kind != "past" for c in found):
            found = (*found, Claim(kind="past", cue=then.text, at=first))
            return tuple(sorted(found, key=lambda claim: CLAIM_KINDS.index(claim.kind)))
        return found


class Reading:
    """An article in sentences. Pure: the same article and gazetteer give the same reading."""

    __slots__ = (
        *("_choices", "_focus", "_home", "_mentions", "_places", "_spoken_of"),
        *("article", "dateline", "gazetteer", "sentences"),
    )

    def __init__(self, article: Article, gazetteer: Gazetteer) -> None:
        self.article, self.gazetteer = article, gazetteer
        found, self.dateline = sentences(article.title, article.text)
        self.sentences = [SentenceReading(sentence, self) for sentence in found]
        self._mentions: list[Sequence[Mention]] = []
        self._choices: list[list[Choice | None]] = []
        self._places: dict[int, list[tuple[Mention, Place | None]]] = {}
        self._focus: Choice | None = None
        self._home: str | None = None
        self._spoken_of = ""

    @property
    def places(self) -> list[list[tuple[Mention, Place | None]]]:
        """For each sentence its mentions and the places they mean, or None when in doubt; the dateline last."""
        return [self.places_at(at) for at in range(len(self.sentences) + 1)]

    def places_at(self, at: int) -> list[tuple[Mention, Place | None]]:
        """The mentions of sentence `at` and the places they mean."""
        row = self._places.get(at)
        if row is None:
            self._resolve()
            meant = (self.gazetteer.place(choice) if choice else None for choice in self._choices[at])
            row = self._places[at] = list(zip(self._mentions[at], meant, strict=True))
        return row

    def _resolve(self) -> None:
        """Decide what all names of the article mean, together, and what it is most about."""
        if self._choices:
            return
        self._mentions = [sentence.mentions for sentence in self.sentences]
        self._mentions.append(self.gazetteer.mentions(words(self.dateline)) if self.dateline else [])
        self._choices = self.gazetteer.choose(self._mentions, hint=self.article.country)
        self._home = self._most_spoken_of()
        self._focus = self._most_named()

    def place_of(self, index: int, first: int, end: int) -> tuple[Place | None, PlaceFrom | None, str | None]:
        """The place of something said in words `first` to `end` of sentence `index`.

        The one its sentence says, else the nearest before it in the paragraph, else the title's, else the one
        the article is most about; a people's name, the seat of a source ("Syrian", "based in Britain") or a foreign
        power only where none is named at all; else the feed's country. Also says where it was found, and the printed
        name, which may be known when the place is not.
        """
        name: str | None = None
        source: PlaceFrom | None = None
        rows = [(where, at, self._by_nearness(where, at, first, end)) for where, at in self._order(index)]
        if bearings.only_countries(rows[0][2]):
            rows = [*rows[1:], rows[0]]  # "the coalition that fights in Iraq and Syria"
        for weak in (False, True):
            for where, at, row in rows:
                for mention, place in row:
                    if place is not None and self._is_aside(where, at, mention, place) is weak:
                        return place, where, mention.text
                    if name is None and not mention.weak:
                        name, source = mention.text, where
            if not weak and self.focus is not None:
                return self.focus, "article", name
        if self.article.country and (country := self.gazetteer.by_id(self.article.country)):
            return country, "feed", name
        return None, source, name

    @property
    def focus(self) -> Place | None:
        """The place the article is most about, in the country it is most about: named most often, the title counting
        three times and the lead twice; of equals the first named. A country only where nothing smaller is named."""
        self._resolve()
        return self.gazetteer.place(self._focus) if self._focus else None

    def _most_named(self) -> Choice | None:
        weights: dict[int, float] = {}
        found: dict[int, Choice] = {}
        for at, row in enumerate(self._choices):
            part = self.sentences[at].sentence.part if at < len(self.sentences) else "lead"
            weight = {"title": 3.0, "lead": 2.0}.get(part, 1.0)
            for mention, choice in zip(self._mentions[at], row, strict=True):
                if choice is not None and not self._is_aside("article", at, mention, self.gazetteer.place(choice)):
                    found.setdefault(choice.record, choice)
                    weights[choice.record] = weights.get(choice.record, 0.0) + weight
        at_home = {record: choice for record, choice in found.items() if self._country(choice) == self._spoken_of}
        found = at_home or found
        if not found:
            return None
        smaller = [record for record, choice in found.items() if not self.gazetteer.is_country(choice)] or list(found)
        return found[max(smaller, key=weights.__getitem__)]

    def _most_spoken_of(self) -> str | None:
        """The country the article is about, if it is far more about it than about any other."""
        weights: dict[str, float] = {}
        for at, row in enumerate(self._choices):
            part = self.sentences[at].sentence.part if at < len(self.sentences) else "lead"
            for mention, choice in zip(self._mentions[at], row, strict=True):
                if choice is not None:
                    country = self._country(choice)
                    weight = (2.0 if part == "title" else 1.0) * (0.4 if self._is_weak(at, mention) else 1.0)
                    weights[country] = weights.get(country, 0.0) + weight
        first, second = ([*sorted(weights.items(), key=lambda item: -item[1]), ("", 0.0), ("", 0.0)])[:2]
        self._spoken_of = first[0]
        return first[0] if first[1] >= max(_AT_HOME, _AT_HOME * second[1]) else None

    def _country(self, choice: Choice) -> str:
        return self.gazetteer.place(choice).country

    def _is_aside(self, where: PlaceFrom, at: int, mention: Mention, place: Place) -> bool:
        """Whether nothing is said to happen at the place: a people's name, the seat of a source, and in an article
        about one country a power or a namesake elsewhere ("a truce that Qatar brokered", "Castello road")."""
        if self._is_weak(at, mention):
            return True
        if self._home is None or place.country == self._home:
            return False
        if where != "sentence" or not mention.located or mention.kind == "area":
            return True
        return bearings.is_passing(self.sentences[at].words.norm, mention)

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

    def told_of(self, index: int) -> When | None:
        """The date of long ago that the sentences before have set and sentence `index` goes on to tell of."""
        for at in range(index, max(0, index - _FARTHEST_TALE), -1):
            here = self.sentences[at]
            if here.sentence.part != "body" or self._paragraph_ends(at - 1) or not goes_on(here.words, here.dates):
                return None
            before = self.sentences[at - 1]
            if then := sets_the_time(before.words, before.dates, self.article.published.date()):
                return then
        return None

    def _paragraph_ends(self, at: int) -> bool:
        """Whether a paragraph ends between sentence `at` and the next."""
        one, other = self.sentences[at].sentence, self.sentences[at + 1].sentence
        return "\n" in self.article.text[one.start + len(one.text) : other.start]

    def _by_nearness(self, where: PlaceFrom, at: int, first: int, end: int) -> list[tuple[Mention, Place | None]]:
        """The mentions of a sentence: of the event's own the nearest first, a country after what is smaller, and
        one in which something happens before one that only acts; of a sentence before, the last first."""
        found = self.places_at(at)
        if len(found) > 1 and at < len(self.sentences):
            found = bearings.without_namesakes(self.sentences[at].words.norm, found)
        if where == "sentence" and len(found) > 1:
            return bearings.nearest_first(self.sentences[at].words.norm, found, first, end)
        if where == "before" and len(found) > 1:
            return sorted(found[::-1], key=lambda item: bearings.farness(item[1], self.focus))
        return found

    def _is_weak(self, at: int, mention: Mention) -> bool:
        """Whether the mention is only a people's name, or where a source has its seat."""
        if mention.weak or at >= len(self.sentences):
            return mention.weak
        return bearings.is_seat(self.sentences[at].words.norm, mention)
