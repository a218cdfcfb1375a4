"""Finds the places a sentence names: the longest known names that begin with a capital letter, less those that are
persons, papers, clubs or governments. Doubt is kept (`weak`), not thrown away: what a name means is decided with
the whole article (`resolving`).
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.read.gazetteer import names, vocabulary
from alerts.read.gazetteer.index import (
    ABBREVIATION,
    CITY,
    DEMONYM,
    DOUBTFUL,
    GIVEN,
    MASK,
    QUALITY,
    STRIPPED,
    Index,
)
from alerts.read.text import Words

_SOFT = frozenset((" ", "-", "–", "'", "’", " -", "- ", "\n"))
_LONGEST = 6  # words of a name
_INNER = frozenset(
    "de da do dos das del della di la le les los al el and of the e y i a du des sur en upon am an der".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a sentence that may be a place: words `first` up to `end`.

    `candidates` are the places it may mean, best known first, as the gazetteer's own numbers (see
    `Gazetteer.candidates`); none when the sentence calls an unknown name a place ("the village of Sorman").
    `weak`: a people's name (Syrian), a government called by its capital, or a name that is more likely something
    else. `kind`: the level the sentence asks for ("Idlib province"): admin1, admin2, city, camp, area or None.
    """

    first: int
    end: int
    text: str
    candidates: tuple[int, ...]
    weak: bool = False
    kind: str | None = None


@dataclass(slots=True)
class _Match:
    """A name found by the index; `first` may move left over an article or a compass word."""

    first: int
    end: int
    postings: tuple[int, ...]
    given: bool
    mask: bool


def capital(char: str) -> bool:
    """May a name begin with this letter? Scripts without case always may."""
    return char.isupper() if char < "\u0590" else not char.islower()


def spot(index: Index, words: Words) -> list[Mention]:
    """The mentions of a sentence, left to right, not overlapping."""
    text, start = words.text, words.start
    caps = [i for i in range(len(start)) if capital(text[start[i]])]
    if not caps:
        return []
    matches: list[_Match] = []
    done = 0
    for i in caps:
        if i < done:
            continue
        match = _match(index, words, i, done)
        if match is not None:
            matches.append(match)
            done = match.end
    sight = _Sight(index, words, frozenset(caps), matches)
    found = [mention for at in range(len(matches)) if (mention := sight.judge(at)) is not None]
    unknown = sight.unknown() if len(caps) > sum(match.end - match.first for match in matches) else []
    return sorted([*found, *unknown], key=lambda mention: mention.first) if unknown else found


def _match(index: Index, words: Words, i: int, done: int) -> _Match | None:
    """The longest name that begins at word `i`, or at a small article or compass word before it."""
    norm = words.norm
    before = i - 1
    if before >= done and not words.text[words.start[before]].isupper():
        if norm[before] in names.ARTICLES and words.gap(i) == "-":
            longer = _longest(index, words, before)
            if longer is not None and longer.end > i:
                return longer
        elif norm[before] in vocabulary.COMPASS and words.gap(i) == " ":
            longer = _longest(index, words, before)
            if longer is not None and longer.end > i and index.level[longer.postings[0] >> 4] != 0:
                return longer
    return _longest(index, words, i)


def _longest(index: Index, words: Words, i: int) -> _Match | None:
    norm = words.norm
    joined = " ".join(norm[i : i + _LONGEST])
    size = len(joined)
    for name in reversed(index.prefixes(joined)):
        if len(name) < size and joined[len(name)] != " ":
            continue
        end = i + name.count(" ") + 1
        if end - i > 1 and not _one_name(words, i, end):
            continue
        match = _usable(words, i, end, index.find(name))
        if match is not None:
            return match
    if norm[i] >= "\u0400":
        for form in names.inflected(norm[i]):
            match = _usable(words, i, i + 1, index.find(form))
            if match is not None:
                return match
    return None


def _usable(words: Words, first: int, end: int, postings: tuple[int, ...]) -> _Match | None:
    """Abbreviations must be printed in capitals; marks are set apart from places."""
    given = GIVEN in postings[:2]
    mask = MASK in postings[:2]
    places = tuple(posting for posting in postings if posting & QUALITY < GIVEN)
    if any(posting & QUALITY == ABBREVIATION for posting in places) and not words.span(first, end).isupper():
        places = tuple(posting for posting in places if posting & QUALITY != ABBREVIATION)
    if not places and not given and not mask:
        return None
    return _Match(first, end, places, given, mask)


def _one_name(words: Words, first: int, end: int) -> bool:
    """Do these words stand together as one name: no comma between, and capitals but for the small words?"""
    text, start, norm = words.text, words.start, words.norm
    for i in range(first + 1, end):
        gap = words.gap(i)
        if gap not in _SOFT and not (gap == ". " and len(norm[i - 1]) < 4):
            return False
        if not capital(text[start[i]]) and (norm[i] not in _INNER or i == end - 1) and not norm[i].isdecimal():
            return False
    return True


class _Sight:
    """One sentence, while its matches are judged."""

    __slots__ = ("caps", "covered", "index", "matches", "small", "title", "words")

    def __init__(self, index: Index, words: Words, caps: frozenset[int], matches: list[_Match]) -> None:
        self.index, self.words, self.caps, self.matches = index, words, caps, matches
        self.covered = {i: at for at, match in enumerate(matches) for i in range(match.first, match.end)}
        long = [i for i, word in enumerate(words.norm) if len(word) > 3 and word.isalpha()]
        small = sum(i not in caps for i in long)
        self.title = len(long) > 2 and small * 6 < len(long)
        self.small = small

    def _beside(self, i: int, soft: frozenset[str] = _SOFT) -> bool:
        """Is word `i` joined to the word before it, by no more than a blank or hyphen?"""
        return 0 < i < len(self.words.norm) and self.words.gap(i) in soft

    def judge(self, at: int) -> Mention | None:
        match, norm = self.matches[at], self.words.norm
        if not match.postings:
            return None
        first, end = match.first, match.end
        kind = self._kind(first, end)
        if match.mask and kind not in ("admin1", "admin2"):
            return None
        if (
            first
            and norm[first - 1] in names.ARTICLES
            and self.words.gap(first) == "-"
            and (first - 1) not in self.covered
        ):
            first -= 1
        compass = first
        while (
            compass
            and norm[compass - 1] in vocabulary.COMPASS
            and self._beside(compass)
            and (compass - 1) not in self.covered
        ):
            compass -= 1
        cue = compass > 0 and norm[compass - 1] in vocabulary.INTO
        if kind is None and compass == first and self._person(match, first, at):
            return None
        verdict = self._neighbours(match, compass, end, cue or compass < first or kind is not None)
        if verdict is None:
            return None
        postings, weak = self._strength(match, at, cue or kind is not None)
        if not postings:
            return None
        ruled = next((p for p in postings[:3] if self.index.capital[p >> 4]), None)
        if ruled is not None and kind is None and self._government(first, end, cue):
            postings, weak = (self.index.country[ruled >> 4] << 4,), True
        return Mention(
            first=compass, end=end, text=self.words.span(compass, end), candidates=postings,
            weak=weak or verdict, kind=kind or ("compass" if compass < first else None),
        )  # fmt: skip

    def _kind(self, first: int, end: int) -> str | None:
        """The level the sentence gives a name: "Idlib province", "the city of Idlib"."""
        norm = self.words.norm
        if self._beside(end) and norm[end] in names.KINDS:
            return names.KINDS[norm[end]]
        if end + 1 < len(norm) and self._beside(end) and self._beside(end + 1) and norm[end + 1] in names.KINDS:
            if norm[end] in ("refugee", "displacement", "idp", "city", "mountain"):
                return names.KINDS[norm[end + 1]]
        if first > 1 and norm[first - 1] in ("of", "de", "du") and norm[first - 2] in names.KINDS:
            return names.KINDS[norm[first - 2]]
        return None

    def _person(self, match: _Match, first: int, at: int) -> bool:
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

    def _neighbours(self, match: _Match, first: int, end: int, cue: bool) -> bool | None:
        """None: part of another name. True: perhaps. False: stands by itself."""
        norm, raw = self.words.norm, self.words.raw
        best = match.postings[0] >> 4
        major = self.index.level[best] < 3 or self.index.population[best] >= 300_000
        weak = False
        if self._beside(end) and (
            norm[end] in vocabulary.LINKED if self.words.gap(end) != " " else norm[end] in vocabulary.NAMED_AFTER
        ):
            weak = True
        if self.title:
            return weak
        left = first - 1
        if (
            left > 0
            and left in self.caps
            and left not in self.covered
            and self._beside(first)
            and norm[left] not in vocabulary.BESIDE
        ):
            if not raw(left).isupper() and not raw(left).endswith(("'s", "’s")):
                if not major:
                    return None
                weak = True
        if (
            end in self.caps
            and end not in self.covered
            and self._beside(end)
            and not raw(end - 1).endswith(("'s", "’s"))
        ):
            if (
                norm[end] not in vocabulary.BESIDE
                and norm[end] not in names.KINDS
                and not raw(end).isupper()
                and not cue
            ):
                if match.given or not major:
                    return None
                weak = True
        return weak

    def _strength(self, match: _Match, at: int, cue: bool) -> tuple[tuple[int, ...], bool]:
        """What is left of the candidates, and whether they are weak: peoples, doubtful words, small places where a
        capital letter proves nothing."""
        postings = match.postings
        if postings[0] & QUALITY == DEMONYM:
            return tuple(p for p in postings if p & QUALITY == DEMONYM), True
        followed = match.end in self.covered and self.words.gap(match.end) == ", "
        sure = tuple(p for p in postings if p & QUALITY < DOUBTFUL or p & QUALITY == ABBREVIATION)
        if not sure:
            return (postings, not followed) if cue or followed else ((), True)
        best = sure[0] >> 4
        if match.given and not cue and self.index.level[best] and self.index.population[best] < 300_000:
            return (), True
        if any(p & QUALITY == ABBREVIATION for p in sure) and not self.small and len(self.words) > 3:
            return (), True
        if self.index.level[best] < 3 or cue or followed or match.end - match.first > 1:
            return sure, False
        people = self.index.population[best]
        plain = match.first > 0 and not self.title and self.words.norm[match.first] < "\u0590"
        return sure, people < 50_000 and (not plain or sure[0] & QUALITY == STRIPPED)

    def _government(self, first: int, end: int, cue: bool) -> bool:
        norm = self.words.norm
        if self._beside(end) and norm[end] in vocabulary.SPEAKS:
            return not cue
        if self._beside(end) and self.words.gap(end) == "-" and norm[end] in vocabulary.LINKED:
            return True
        return first > 0 and norm[first - 1] in vocabulary.TO_ACTOR

    def unknown(self) -> list[Mention]:
        """Names the index does not know, where the sentence itself says that they are places."""
        out: list[Mention] = []
        norm, n, i = self.words.norm, len(self.words), 0
        while i < n:
            if i not in self.caps or i in self.covered or norm[i] in vocabulary.BESIDE or norm[i] in vocabulary.TITLES:
                i += 1
                continue
            end = i + 1
            while end < n and end - i < 4 and self._beside(end) and self._continues(end):
                end += 1
            mention = self._called_place(i, end)
            if mention is not None:
                out.append(mention)
            i = end
        return out

    def _continues(self, i: int) -> bool:
        small = self.words.norm[i] in names.ARTICLES and i + 1 < len(self.words) and (i + 1) in self.caps
        named = i in self.caps and i not in self.covered and self.words.norm[i] not in names.KINDS
        return (named or small) and self.words.norm[i] not in vocabulary.BESIDE

    def _called_place(self, first: int, end: int) -> Mention | None:
        kind = self._kind(first, end)
        norm = self.words.norm
        if first and norm[first - 1] in names.ARTICLES and self.words.gap(first) == "-":
            first -= 1
        called = kind is not None and first > 0 and not set(norm[first:end]) & vocabulary.PEOPLES
        cue = first > 0 and norm[first - 1] in vocabulary.INTO
        if not called and not cue:
            return None
        candidates = _by_consonants(self.index, norm[first:end])
        if not called and not candidates:
            return None
        return Mention(
            first=first, end=end, text=self.words.span(first, end), candidates=candidates, kind=kind if called else None
        )


def _by_consonants(index: Index, parts: tuple[str, ...]) -> tuple[int, ...]:
    """Places of Arabic name that are spelled nearly so."""
    bones = names.skeleton(parts)
    if len(bones) < 4:
        return ()
    wanted = " ".join(part for part in parts if part not in names.ARTICLES)
    scored = []
    for posting in index.find("~" + bones):
        known = names.key(index.name_of(posting >> 4))
        known = names.without_article(known) or known
        alike = names.close(wanted, known)
        if alike >= 0.6 and index.level[posting >> 4] <= CITY:
            scored.append((-alike, posting))
    return tuple(posting for _, posting in sorted(scored)[:12])
