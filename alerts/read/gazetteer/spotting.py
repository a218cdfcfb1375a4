"""Finds the places a sentence names: the longest known names that begin with a capital letter, less those that are
persons, papers, clubs or governments. Doubt is kept (`weak`), not thrown away: what a name means is decided with
the whole article (`resolving`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from alerts.read.gazetteer import names, vocabulary
from alerts.read.gazetteer.index import (
    ABBREVIATION,
    CITY,
    DEMONYM,
    DOUBTFUL,
    QUALITY,
    STRIPPED,
    Index,
)
from alerts.read.gazetteer.matching import SOFT, Match, capital, longest, match_at
from alerts.read.text import Words

_KIND_WORDS = frozenset(names.KINDS)
_NO_NAMES = vocabulary.BESIDE | vocabulary.TITLES
_NO_STRANGERS = _NO_NAMES | _KIND_WORDS
_BEFORE_NAMES = vocabulary.INTO | names.ARTICLES | {"the"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a sentence that may be a place: words `first` up to `end`.

    `candidates` are the places it may mean, best known first, as the gazetteer's own numbers (see
    `Gazetteer.candidates`); none when the sentence calls an unknown name a place ("the village of Sorman").
    `weak`: a people's name (Syrian), a government called by its capital, or a name that is more likely something
    else. `kind`: the level the sentence asks for ("Idlib province"): admin1, admin2, city, camp, area, compass or None.
    `located`: the sentence says that something is or happens there ("in Goma", "the town of Sake").
    """

    first: int
    end: int
    text: str
    candidates: tuple[int, ...]
    weak: bool = False
    kind: str | None = None
    located: bool = False


def spot(index: Index, words: Words) -> list[Mention]:
    """The mentions of a sentence, left to right, not overlapping."""
    text, norm = words.text, words.norm
    if text.isascii():
        caps = [i for i, s in enumerate(words.start) if "A" <= text[s] <= "Z"]
    else:
        caps = [i for i, s in enumerate(words.start) if capital(text[s])]
    if not caps:
        return []
    matches: list[Match] = []
    done = 0
    for i in caps:
        if i >= done:
            word = norm[i - 1] if i else ""
            small = word in names.ARTICLES or word in vocabulary.COMPASS
            match = match_at(index, words, i, done) if small else longest(index, words, i)
            if match is not None:
                matches.append(match)
                done = match.end
    sight = _Sight(index, words, caps, matches)
    found = [mention for at in range(len(matches)) if (mention := sight.judge(at)) is not None]
    unknown = sight.unknown()
    return sorted([*found, *unknown], key=lambda mention: mention.first) if unknown else found


class _Sight:
    """One sentence, while its matches are judged."""

    __slots__ = ("caps", "covered", "end", "index", "kinds", "matches", "norm", "start", "text", "title", "words")

    def __init__(self, index: Index, words: Words, caps: list[int], matches: list[Match]) -> None:
        self.index, self.words, self.matches, self.norm = index, words, matches, words.norm
        self.text, self.start, self.end = words.text, words.start, words.end
        self.caps = dict.fromkeys(caps)  # in order, and quick to look up
        self.kinds = not _KIND_WORDS.isdisjoint(words.norm)
        self.covered: dict[int, int] = {}
        for at, match in enumerate(matches):
            for i in range(match.first, match.end):
                self.covered[i] = at
        self.title = len(caps) > 2 and len(caps) * 10 >= len(words.norm) * 7  # a headline of capitals

    def _beside(self, i: int) -> bool:
        """Is word `i` joined to the word before it, by no more than a blank or hyphen?"""
        return 0 < i < len(self.norm) and self.text[self.end[i - 1] : self.start[i]] in SOFT

    def judge(self, at: int) -> Mention | None:
        match, norm = self.matches[at], self.norm
        first, end = match.first, match.end
        if not match.postings or (end - first == 1 and norm[first] in vocabulary.TITLES and end in self.caps):
            return None
        if end - first == 1 and norm[first] in _KIND_WORDS:
            return None  # "Towns": what they are, not what they are called
        kind = self._kind(first, end)
        if self._small_kind(first, end):
            if self._capital_before(first):
                return None  # "Pacific Coast region" is not the Coast region
            end -= 1
        if match.mask and kind not in ("admin1", "admin2"):
            return None
        first = self._with_article(first)
        compass = first
        while compass and norm[compass - 1] in vocabulary.COMPASS and self._joined(compass):
            compass -= 1
        cue = compass > 0 and self._into(compass)
        if kind is None and compass == first and self._person(match, first, at):
            return None
        longer = self._longer(first, end) if self._stranger(first - 1, first) else None
        if longer is not None:
            return longer
        verdict = self._neighbours(match, compass, end, cue or compass < first or kind is not None)
        if verdict is None:
            return None
        postings, weak = self._strength(match, at, cue or kind is not None)
        if not postings:
            return None
        if kind is None and self._government(first, end, cue):
            postings, weak = self._governed(postings), True
        return Mention(
            first=compass,
            end=end,
            text=self.words.span(compass, end),
            candidates=postings,
            weak=weak or verdict,
            kind=kind or ("compass" if compass < first else None),
            located=cue or kind is not None,
        )

    def _with_article(self, first: int) -> int:
        """A small article written to the name belongs to it: "al-Bab"."""
        if first and self.norm[first - 1] in names.ARTICLES and self.words.gap(first) == "-":
            return first - 1 if (first - 1) not in self.covered else first
        return first

    def _joined(self, i: int) -> bool:
        return self._beside(i) and (i - 1) not in self.covered

    def _into(self, first: int) -> bool:
        """Does a word of place stand before: "in Goma", "in the Gaza Strip"?"""
        left = self.norm[first - 1]
        return left in vocabulary.INTO or (left == "the" and first > 1 and self.norm[first - 2] in vocabulary.INTO)

    def _stranger(self, i: int, after: int) -> bool:
        """Is word `i`, joined to word `after`, a capitalised word that we do not know?"""
        return (
            i in self.caps
            and i not in self.covered
            and self.norm[i] not in _NO_STRANGERS
            and self._beside(max(i, after))
        )

    def _longer(self, first: int, end: int) -> Mention | None:
        """A name of which the index knows only the end as it is spelled here: "Ras al-Ain"."""
        candidates = by_consonants(self.index, self.norm[first - 1 : end])
        if not candidates:
            return None
        kind, cue = self._kind(first - 1, end), first > 1 and self._into(first - 1)
        return Mention(
            first=first - 1,
            end=end,
            text=self.words.span(first - 1, end),
            candidates=candidates,
            kind=kind,
            located=cue or kind is not None,
        )

    def _kind(self, first: int, end: int) -> str | None:
        """The level the sentence gives a name: "Idlib province", "the city of Idlib"."""
        if not self.kinds:
            return None
        norm = self.words.norm
        if self._small_kind(first, end):
            return names.KINDS[norm[end - 1]]
        if self._beside(end) and norm[end] in names.KINDS:
            return names.KINDS[norm[end]]
        if end + 1 < len(norm) and self._beside(end) and self._beside(end + 1) and norm[end + 1] in names.KINDS:
            if norm[end] in ("refugee", "displacement", "idp", "city", "mountain"):
                return names.KINDS[norm[end + 1]]
        if first > 1 and norm[first - 1] in ("of", "de", "du") and norm[first - 2] in names.KINDS:
            return names.KINDS[norm[first - 2]]
        return None

    def _small_kind(self, first: int, end: int) -> bool:
        """Does a name end with its kind in small letters: "Beni territory"?"""
        return end - first > 1 and (end - 1) not in self.caps and self.norm[end - 1] in names.KINDS

    def _capital_before(self, first: int) -> bool:
        return self._beside(first) and (first - 1) in self.caps and self.norm[first - 1] not in _NO_STRANGERS

    def _person(self, match: Match, first: int, at: int) -> bool:
        """Does what stands before the name make it a person's?"""
        if not first:
            return False
        left, gap = self.words.norm[first - 1], self.words.gap(first)
        if left in vocabulary.TITLES and gap in (" ", ". "):
            return True
        if gap == ". " and len(left) == 1 and (first - 1) in self.caps:
            return True
        if gap != " " and gap != "-":
            return False
        if left in vocabulary.PARTICLES:
            return True
        before = self.covered.get(first - 1)
        if before is None:
            return False
        other = self.matches[before]
        if not other.given or other.mask:
            return False
        return not (other.postings and self.index.level[other.postings[0] >> 4] == 0 and at and not match.given)

    def _neighbours(self, match: Match, first: int, end: int, cue: bool) -> bool | None:
        """None: part of another name. True: perhaps. False: stands by itself."""
        norm, raw = self.norm, self.words.raw
        best = match.postings[0] >> 4
        major = self.index.level[best] < 3 or self.index.population[best] >= 300_000
        weak = False
        if self._beside(end):
            apart = self.words.gap(end) == " "
            weak = norm[end] in (vocabulary.NAMED_AFTER if apart else vocabulary.LINKED)
        if self.title:
            return weak
        if first > 1 and self._stranger(first - 1, first):
            if not raw(first - 1).isupper() and not raw(first - 1).endswith(("'s", "’s")):
                if not major:
                    return None
                weak = True
        if not cue and self._stranger(end, end) and not raw(end - 1).endswith(("'s", "’s")) and not raw(end).isupper():
            if match.given or not major:
                return None
            weak = True
        return weak

    def _strength(self, match: Match, at: int, cue: bool) -> tuple[tuple[int, ...], bool]:
        """What is left of the candidates, and whether they are weak: peoples, doubtful words, small places where a
        capital letter proves nothing."""
        postings = match.postings
        if postings[0] & QUALITY == DEMONYM:
            return tuple(p for p in postings if p & QUALITY == DEMONYM), True
        followed = match.end in self.covered and self.words.gap(match.end) == ", "
        sure = postings
        if postings[0] & QUALITY == DOUBTFUL:
            sure = tuple(p for p in postings if p & QUALITY < DOUBTFUL or p & QUALITY == ABBREVIATION)
        if not sure:
            return (postings, not followed) if cue or followed else ((), True)
        best = sure[0] >> 4
        if match.given and not cue and self.index.level[best] and self.index.population[best] < 300_000:
            return (), True
        if sure[0] & QUALITY == ABBREVIATION:
            if self.title and self.words.text.isupper():
                return (), True
            return sure, not cue or self._acts(match.end)  # "U.S. troops": of the country, not in it
        if self.index.level[best] < 3 or cue or followed or match.end - match.first > 1:
            return sure, False
        people = self.index.population[best]
        plain = match.first > 0 and not self.title and self.words.norm[match.first] < "\u0590"
        return sure, people < 50_000 and (not plain or sure[0] & QUALITY == STRIPPED)

    def _acts(self, end: int) -> bool:
        """Do those of the country act, wherever it may be: "killed in US airstrikes"?"""
        return self._beside(end) and self.norm[end] in vocabulary.ACTING

    def _government(self, first: int, end: int, cue: bool) -> bool:
        """Does the name stand for those who rule: "Moscow said", "a truce announced by Ankara"?"""
        if self._beside(end) and self.norm[end] in vocabulary.SPEAKS:
            return not cue
        if first > 1 and self.norm[first - 2] == "according" and self.norm[first - 1] == "to":
            return True
        speaker = first == 0 and self.text[self.end[end - 1] :].startswith(": ") and self._is_capital(first)
        return speaker or (first > 0 and self.norm[first - 1] in vocabulary.TO_ACTOR)

    def _is_capital(self, first: int) -> bool:
        at = self.covered.get(first)
        return at is not None and any(self.index.capital[posting >> 4] for posting in self.matches[at].postings[:3])

    def _governed(self, postings: tuple[int, ...]) -> tuple[int, ...]:
        """The country whose capital is named, if it is one."""
        for posting in postings[:3]:
            if self.index.capital[posting >> 4]:
                return (self.index.country[posting >> 4] << 4,)
        return postings

    def unknown(self) -> list[Mention]:
        """Names the index does not know, where the sentence itself says that they are places."""
        out: list[Mention] = []
        done, n, norm = 0, len(self.norm), self.norm
        for i in self.caps:
            if i < done or i in self.covered or norm[i] in _NO_NAMES:
                continue
            end = i + 1
            while end < n and end - i < 4 and self._beside(end) and self._continues(end):
                end += 1
            if self.kinds or (i and norm[i - 1] in _BEFORE_NAMES):
                mention = self._called_place(i, end)
                if mention is not None:
                    out.append(mention)
            done = end
        return out

    def _continues(self, i: int) -> bool:
        word = self.norm[i]
        if i in self.caps and i not in self.covered and word not in names.KINDS and word not in vocabulary.BESIDE:
            return True
        return word in names.ARTICLES and (i + 1) in self.caps

    def _called_place(self, first: int, end: int) -> Mention | None:
        kind, norm = self._kind(first, end), self.norm
        first = self._with_article(first)
        called = kind is not None and first > 0 and not vocabulary.PEOPLES.intersection(norm[first:end])
        cue = first > 0 and self._into(first)
        if not called and not cue:
            return None
        candidates = by_consonants(self.index, norm[first:end])
        if not called and not candidates:
            return None
        return Mention(
            first=first,
            end=end,
            text=self.words.span(first, end),
            candidates=candidates,
            kind=kind if called else None,
            located=True,
        )


def by_consonants(index: Index, parts: tuple[str, ...]) -> tuple[int, ...]:
    """Places of Arabic name that are spelled nearly so: doubtful, until the article speaks of their country."""
    wanted = _bare(parts)
    bones = names.skeleton(parts) if len(wanted) <= names.LONGEST else ""
    if len(bones) < names.FEWEST:
        return ()
    scored = []
    for posting in index.find("~" + bones):
        alike = _alike(wanted, index.name_of(posting >> 4))
        if alike >= 0.6 and index.level[posting >> 4] <= CITY:
            quality = STRIPPED if alike >= 0.8 and len(bones) > 4 else DOUBTFUL
            scored.append((-alike, posting & ~QUALITY | quality))
    return tuple(posting for _, posting in sorted(scored)[:12])


@lru_cache(maxsize=1 << 14)
def _alike(wanted: str, name: str) -> float:
    """How alike a spelling is to a known name; remembered, since the news spells its names day after day."""
    return names.close(wanted, _bare(tuple(names.key(name).split(" "))))


def _bare(parts: tuple[str, ...]) -> str:
    return " ".join(part for part in parts if part not in names.ARTICLES)
