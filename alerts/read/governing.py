"""Which cue governs which number of a sentence: the grammar under `figures.py`.

A number is the subject of a verb behind it ("2,000 people were evacuated"), the object of one before it
("displacing 2,000 people"), or is described by its own words ("2,000 displaced families"); joined to a number
that has its cue it shares it; in brackets or after "including" it repeats or divides the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.read import figurecues, numbers
from alerts.read.figurecues import Cue
from alerts.read.numerals import COUNT_WORDS
from alerts.read.text import Words
from alerts.types import Number

_FARTHEST_RIGHT = 26
_FARTHEST_LEFT = 5
_BOUND_WORDS = frozenset(
    """a an the another further additional about some around nearly almost over at least more than up to as many few
    close estimated approximately roughly total of only just under fewer less no not between all also well""".split()
)
_AUX = frozenset(
    """was were been be being is are get got getting left rendered reported as become became had have has having who
    that to already newly internally also now still forcibly reportedly feared remain remained remains stay stayed
    sont sido fueron han""".split()
)
_PASSIVE = frozenset("was were been be being is are".split())
_BREAKS = frozenset(
    """in at on from by during after before to with for who which that when while where since if because has have had
    was were is are forced left made""".split()
)
_JOINS = frozenset("and as well plus or along with another about more than at least some other over".split())
_LABEL_LINKS = frozenset(
    """of is was are were to at stands stood reached reaches rose risen total now estimated be been around about number
    people persons individuals individu families households now in from have has had the housing houses homes least
    more than nearly almost over some up climbed passed exceeded hit""".split()
)
_BY_ONES = ("killed", "injured")
_OTHERS = frozenset("others more".split())
_PARTS = frozenset(
    [
        ("of", "which"),
        ("of", "whom"),
        ("among", "them"),
        ("of", "them"),
        ("from", "which"),
        ("from", "whom"),
        ("of", "those"),
    ]
)


@dataclass(frozen=True, slots=True)
class Governed:
    """A number of one sentence with the cue that governs it, or None; `aside` numbers repeat or divide another."""

    number: Number
    cue: Cue | None
    aside: bool = False


def govern(words: Words, counted: Sequence[Number]) -> list[Governed]:
    """Each number of a sentence with its cue."""
    cues = figurecues.find(words)
    if not cues:
        return []
    candidates = [number for number in counted if _may_count(words, number)]
    candidates = [
        number for i, number in enumerate(candidates) if not _is_among(words, number, candidates[i + 1 : i + 2])
    ]
    asides = [_is_aside(words, number, candidates[i - 1] if i else None) for i, number in enumerate(candidates)]
    reads: list[Governed] = []
    for i, number in enumerate(candidates):
        before = next((candidates[j].noun_end for j in range(i - 1, -1, -1) if not asides[j]), 0)
        after = next((candidates[j].first for j in range(i + 1, len(candidates)) if not asides[j]), len(words))
        cue = _cue(words, number, cues, before, after)
        if cue is None and reads and not asides[i]:
            cue = _shared(words, reads[-1], number)
        part = i > 0 and asides[i - 1] and _goes_on(words, candidates[i - 1], number)
        if (
            (asides[i] or part)
            and reads
            and (reads[-1].aside or (reads[-1].cue and (cue is None or _same_group(cue, reads[-1].cue))))
        ):
            reads.append(Governed(number, None, aside=True))
        else:
            reads.append(Governed(number, cue))
    told = {read.cue.kind for read in reads if read.cue}
    reads.extend(
        _single_reads(words, [cue for cue in cues if cue.kind in _BY_ONES and cue.kind not in told], candidates)
    )
    return reads


def _may_count(words: Words, number: Number) -> bool:
    """Whether a number may count people or homes at all."""
    if number.unit == "settlements" or words.norm[max(0, number.first - 3) : number.first] == ("one", "of", "the"):
        return False
    return number.unit is not None or number.noun is None or number.noun in _OTHERS or _cueish(words, number)


def _cueish(words: Words, number: Number) -> bool:
    return any("displac" in words.norm[i] for i in range(number.end, number.noun_end))


def _is_aside(words: Words, number: Number, before: Number | None) -> bool:
    """Whether a number repeats or divides the one before: "(800 people)", ", or 18,000 people,", "including 20"."""
    first = number.first
    while first and words.norm[first - 1] in _BOUND_WORDS and "(" not in words.gap(first):
        first -= 1
    if before is None or first < before.end:
        return False
    prior = words.norm[first - 1] if first else ""
    if words.norm[before.end : number.first] in (("of", "the"), ("of", "its"), ("of", "their"), ("of", "some")):
        return True
    if "(" in words.gap(first) or prior in ("including", "or", "ie", "namely", "approximately", "among"):
        return True
    return words.norm[number.end : number.end + 2] in _PARTS or words.norm[max(0, first - 2) : first] in _PARTS


def _is_among(words: Words, number: Number, following: Sequence[Number]) -> bool:
    """ "Six children were among 19 people killed": the six are part of the nineteen."""
    if not following or following[0].first - number.noun_end > 6:
        return False
    return "among" in words.norm[number.noun_end : following[0].first]


def _goes_on(words: Words, before: Number, number: Number) -> bool:
    """Whether a list of parts goes on: "300 fled, of whom 200 are in tents and 100 with relatives"."""
    if words.norm[max(0, before.first - 2) : before.first] not in _PARTS:
        return False
    return "and" in words.norm[before.end : number.first] and not any(
        ";" in words.gap(j) for j in range(before.end, number.first + 1)
    )


def _same_group(one: Cue, other: Cue) -> bool:
    homes = ("displaced", "housing")
    return one.kind == other.kind or (one.kind in homes and other.kind in homes)


def _cue(words: Words, number: Number, cues: Sequence[Cue], before: int, after: int) -> Cue | None:
    """The cue that governs a number: the nearest one that can, a describing word only when no verb does."""
    best: Cue | None = None
    inside: Cue | None = None
    nearest = 1000
    for cue in cues:
        if cue.kind == "affected" and words.norm[cue.end : cue.end + 1] in (("and",), ("or",)) and len(cues) > 1:
            continue
        if cue.first >= number.first and cue.end <= number.noun_end:
            noun = cue.end == number.noun_end or cue.form == "noun" or cue.kind in ("killed", "injured")
            distance = 0 if noun and cue.form != "adjective" else 60
            inside = inside or (cue if cue.kind == "displaced" else None)
        elif cue.first >= number.end:
            distance = _right(words, number, cue, after)
        elif cue.end <= number.first:
            distance = _left(words, number, cue, before)
        else:
            continue
        if distance < nearest and _fits(cue, number):
            best, nearest = cue, distance
    if inside and best and best.kind not in ("displaced", "killed", "injured", "housing"):
        best = inside  # "800 displaced people are stuck", "1,200 displaced families need food"
    return _refined(words, number, best, cues) if best else None


def _fits(cue: Cue, number: Number) -> bool:
    """Homes are destroyed and people are displaced; homes may be evacuated, and families lose theirs."""
    if number.unit == "housing":
        return cue.kind == "housing" or cue.term in ("evacuated", "forced_to_flee") or cue.kind == "affected"
    return cue.kind != "housing" or number.unit is None or number.unit == "households"


def _right(words: Words, number: Number, cue: Cue, after: int) -> int:
    """How far a cue stands behind the number it may govern; 1000 if it does not."""
    distance = max(0, cue.first - number.noun_end)
    if cue.first >= after or distance > _FARTHEST_RIGHT or _clause_between(words, number.noun_end, cue.first):
        return 1000
    if cue.form == "active" or (cue.form == "noun" and not _number_of(words, number.noun_end, cue.first)):
        return 1000
    if cue.form == "place":
        return distance + 30 if _is_located(words, number.noun_end, cue.first) and number.unit != "housing" else 1000
    if cue.form == "adjective":
        return distance + 50 if distance == 0 else 1000
    if distance > 4 and {"after", "before", "because", "when"}.intersection(words.norm[number.noun_end : cue.first]):
        distance += 30
    if cue.form == "intransitive" and words.norm[cue.first] in ("from", "out"):
        distance += 3  # says less than a verb: "the evacuation of 80 families"
    if cue.form == "intransitive" or distance == 0:
        return 1000 if distance == 0 and cue.form == "verb" and _takes_object(words, cue, number) else distance
    if any(words.norm[j] in _AUX for j in range(max(number.noun_end, cue.first - 3), cue.first)):
        return distance
    return 1000 if words.norm[cue.first - 1] in ("and", "which") or _object_follows(words, cue.end) else distance + 3


def _number_of(words: Words, first: int, end: int) -> bool:
    return "number" in words.norm[first:end] or first == end


def _takes_object(words: Words, cue: Cue, number: Number) -> bool:
    """ "Two soldiers killed 20 civilians": the soldiers are not the dead; but "two soldiers killed 20 wounded"."""
    if number.noun is None or not _object_follows(words, cue.end):
        return False
    following = words.norm[cue.end : cue.end + 6]
    return not {"wounded", "injured", "hurt", "dead", "missing"}.intersection(following[:5])


def _object_follows(words: Words, at: int) -> bool:
    j = at
    if words.norm[at : at + 2] == ("as", "of"):
        return False  # a date
    while j < len(words) and j < at + 4 and words.norm[j] in _BOUND_WORDS and not words.gap(j).strip():
        j += 1
    if j >= len(words) or words.gap(j).strip(" -$"):
        return False
    return words.norm[j][0].isdigit() or words.norm[j] in COUNT_WORDS


def _clause_between(words: Words, first: int, end: int) -> bool:
    """Whether another clause begins between a number and a cue, or a part that the cue is about ("three million
    people including many displaced"; but in "15 people including 3 children were killed" it is not)."""
    for j in range(first, end):
        if ";" in words.gap(j) or words.norm[j] in ("but", "while", "whereas"):
            return True
        if words.norm[j] == "including" and not any(
            words.gap(k).strip() or words.norm[k] in COUNT_WORDS or words.norm[k][0].isdigit() for k in range(j, end)
        ):
            return True
    return False


def _is_located(words: Words, first: int, end: int) -> bool:
    """ "... people are living in nine camps": only a verb of being between, and a preposition."""
    between = words.norm[first:end]
    return len(between) <= 9 and bool({"in", "at", "into", "to"}.intersection(between)) and "from" not in between


def _left(words: Words, number: Number, cue: Cue, before: int) -> int:
    """How far a cue stands before the number it may take as its object; 1000 if it does not."""
    if cue.end > number.first or cue.first < before:
        return 1000
    at = number.first
    while at > cue.end and words.norm[at - 1] in _BOUND_WORDS:
        at -= 1
    between = words.norm[cue.end : at]
    distance = len(between)
    if between[:1] in (("and",), ("or",)) and not any(word in figurecues.WORDS for word in between[1:]):
        return 1000  # "the flood came and nearly 700 were evacuated"
    if cue.form in ("intransitive", "place"):
        return 1000 if not _is_label(words, cue, at) else distance + 4
    passive = cue.form == "verb" and cue.first > 0 and words.norm[cue.first - 1] in _PASSIVE
    of = words.norm[cue.end : cue.end + 1] in (("of",), ("to",), ("among",))
    if cue.form == "noun" and not of:
        return distance + 4 if _is_label(words, cue, at) else 1000
    if cue.form == "noun" and "," in words.gap(cue.end + 1) and "," in words.gap(at) and distance <= 8:
        return 2  # "the evacuation of, according to the police, 300 people"
    if cue.form == "noun":
        between = between[1:]
    if not passive and cue.form != "adjective" and distance <= _FARTHEST_LEFT and not _BREAKS.intersection(between):
        marks = {";", ":"} if cue.form == "noun" else {";", ",", ":"}
        if not any(mark in words.gap(j) for j in range(cue.end, at + 1) if j < len(words) for mark in marks):
            return distance + (1 if cue.form == "noun" else 0)
    return distance + 4 if _is_label(words, cue, at) else 1000


def _is_label(words: Words, cue: Cue, at: int) -> bool:
    """ "Number of displaced: 452", "the death toll rose to 57", "IDPs total 122,387"."""
    between = words.norm[cue.end : at]
    if len(between) > 14 or any(";" in words.gap(j) for j in range(cue.end, at)):
        return False
    started = words.norm[max(0, cue.first - 6) : cue.first]
    counted = (
        "number" in started or "total" in started or (cue.form == "noun" and "toll" in words.norm[cue.first : cue.end])
    )
    if counted:
        return (
            bool({"to", "at", "is", "was", "of", "stands", "reached", "be"}.intersection(words.norm[cue.end : at + 3]))
            or not between
        )
    short = cue.first <= 4 and not _PASSIVE.intersection(words.norm[: cue.end])
    return short and all(word in _LABEL_LINKS for word in between)


def _refined(words: Words, number: Number, cue: Cue, cues: Sequence[Cue]) -> Cue:
    """The term as the whole phrase says it: damaged *or destroyed*, sheltered *in camps*, families *lost houses*."""
    if cue.kind == "housing":
        near = [other for other in cues if other.kind == "housing" and abs(other.first - cue.first) <= 3]
        if any(other.term == "destroyed_housing" for other in near) and _joined_by_or(words, near):
            return replace(cue, term="destroyed_housing")
    if cue.term == "sheltered" and cue.form != "place":
        camps = [
            o
            for o in cues
            if o.term == "in_relief_camp" and (0 <= o.first - cue.end <= 8 or words.norm[o.first - 1] == "relief")
        ]
        if camps:
            return replace(cue, term="in_relief_camp")
    if cue.term == "relocated" and cue.form == "intransitive":
        if any(other.term == "sheltered" and 0 < other.first - cue.end <= 6 for other in cues):
            return replace(cue, term="sheltered")
    if cue.term == "homeless" and number.unit == "households" and words.norm[cue.first] in ("lost", "losing", "lose"):
        return replace(cue, kind="housing", term="destroyed_housing")
    return cue


def _joined_by_or(words: Words, near: Sequence[Cue]) -> bool:
    first, end = min(cue.first for cue in near), max(cue.end for cue in near)
    return "or" in words.norm[first:end]


def _shared(words: Words, before: Governed, number: Number) -> Cue | None:
    """The cue of the number before, when the two are joined: "killed 103 militants as well as 71 soldiers"."""
    if before.cue is None or number.unit is None or before.number.unit is None:
        return None
    between = words.norm[before.number.noun_end : number.first]
    if not between or len(between) > 6 or not all(word in _JOINS for word in between):
        return None
    return before.cue if before.cue.first < before.number.first and _fits(before.cue, number) else None


def _single_reads(words: Words, cues: Sequence[Cue], counted: Sequence[Number]) -> list[Governed]:
    """ "A civilian was killed": one, "a man and a girl were killed": two, when the sentence counts no dead."""
    singles = numbers.singles(words) if cues else []
    grouped: dict[Cue, list[Number]] = {}
    for number in singles:
        before = max((other.noun_end for other in counted if other.noun_end <= number.first), default=0)
        after = min((other.first for other in counted if other.first >= number.noun_end), default=len(words))
        cue = _cue(words, number, [cue for cue in cues if cue.form != "noun"], before, after)
        if cue is not None and _is_near(words, number, cue):
            grouped.setdefault(cue, []).append(number)
    return [Governed(_together(words, group), cue) for cue, group in grouped.items()]


def _is_near(words: Words, number: Number, cue: Cue) -> bool:
    """Only close by, or over an apposition ("an official, who worked at the embassy, was killed")."""
    if cue.first < number.end:
        return number.first - cue.end <= 5
    apposed = number.noun_end < len(words) and "," in words.gap(number.noun_end) and "," in words.gap(cue.first - 1)
    return cue.first - number.noun_end <= (12 if apposed else 5)


def _together(words: Words, group: Sequence[Number]) -> Number:
    count = float(len(group))
    first, end = group[0].first, group[-1].noun_end
    return replace(group[0], low=count, high=count, stated=count, noun_end=end, text=words.span(first, end))
