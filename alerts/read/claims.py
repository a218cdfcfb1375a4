"""What kind of statement a hit's clause makes: news, or denied, possible, past, a running total, a state
that was known, or hearsay (`rules.md` 4). Only what is said of the hit counts, not what stands elsewhere in
its sentence: a duty officer must not be woken by history, nor sleep because a truce of August is mentioned.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from alerts.read import claimwords as w
from alerts.read.clausewords import ASK, DEFINITE, DETERMINERS, FUNCTION, PREPOSITIONS, PRESENT, SAYING
from alerts.read.dates import window
from alerts.read.scene import Scene, Scope, Window
from alerts.read.scopes import CUES, describes, find_scopes
from alerts.read.sources import cited_sources
from alerts.read.text import Words
from alerts.types import CLAIM_KINDS, Claim, ClaimKind, When

__all__ = ["Judgement", "cited_sources", "event_date", "judge"]

_BEFORE, _BEHIND, _WHOLE = 80, 50, 150
_TELLTALE = CUES | w.WAR | {"since"}
_SPEAKING = _TELLTALE - {"to"}
_OLD = timedelta(days=21)
_LONG = timedelta(days=35)
_YEAR = timedelta(days=365)
_SHORT = frozenset({"hours", "day", "days", "week", "fortnight"})
_WENT_ON = ("was", "were", "had")
_HAS = frozenset({"has", "have", "had", "also"})
_HANGING = frozenset({"doing", "quote", "that", "which", "of", "when"})
_TELLING = frozenset({"doing", "quote", "that"})


class Judgement:
    """One sentence as it is judged, many times over: what the claims of its hits share is worked out once."""

    def __init__(self, words: Words, dates: Sequence[When], published: datetime) -> None:
        self._words, self._dates, self._published = words, dates, published
        self._silent = _silent(words) and not dates
        self._windows: dict[tuple[int, int], Window] = {}
        self._about: dict[tuple[int, int], list[Scope]] = {}

    def claims(self, first: int, end: int, own: Container[int] = ()) -> tuple[Claim, ...]:
        """The claims made about the hit in words `first` to `end`: see `judge`."""
        if not 0 <= first < end <= len(self._words):
            return ()
        scopes = self._scopes(first, end)
        if not scopes:
            return ()
        nearest: dict[ClaimKind, tuple[int, Claim]] = {}
        for scope in scopes:
            mine = scope.at in own or scope.at in (first, end - 1)
            if mine and scope.kind != "standing":
                continue
            distance = first - scope.at if scope.at < first else scope.at - end + 1
            if scope.kind not in nearest or distance < nearest[scope.kind][0]:
                claim = Claim(kind=scope.kind, cue=self._words.span(scope.at, scope.last + 1), at=scope.at)
                nearest[scope.kind] = distance, claim
        return tuple(nearest[kind][1] for kind in CLAIM_KINDS if kind in nearest)

    def scene(self, first: int, end: int) -> Scene:
        low, high = 0, len(self._words)
        if high > _WHOLE:
            low, high = max(0, first - _BEFORE), min(high, end + _BEHIND)
        window = self._windows.get((low, high))
        if window is None:
            window = self._windows[low, high] = Window(self._words, low, high, self._dates, _TELLTALE)
        return Scene(window, first, end)

    def _scopes(self, first: int, end: int) -> list[Scope]:
        """What speaks of the hit."""
        if self._silent and not (first and self._words.norm[first - 1] == "to"):
            return []
        found = self._about.get((first, end))
        if found is None:
            scene = self.scene(first, end)
            published = self._published
            scopes = (*find_scopes(scene), *_totals(scene, published), *_dated(scene, self._dates, published),
                      *_question(scene))  # fmt: skip
            found = [scope for scope in scopes if scene.covers(scope) and not _goes_on(scene, scope)]
            self._about[first, end] = found
        return found


def judge(
    words: Words,
    first: int,
    end: int,
    *,
    dates: Sequence[When],
    published: datetime,
    own: Container[int] = (),
) -> tuple[Claim, ...]:
    """The claims made about the hit in words `first` to `end` (half open), in the order of `CLAIM_KINDS`,
    each once, with the cue nearest to the hit.

    `own` are the words that the rule's own phrases matched: they are no cue ("no food reached the town"
    is not denied when the rule looks for "no food"); the hit's first and last word are taken as such.
    """
    return Judgement(words, dates, published).claims(first, end, own)


def event_date(words: Words, first: int, end: int, *, dates: Sequence[When], published: datetime) -> When | None:
    """The date expression that says when the hit happened: of its own clause or one it hangs on, the
    nearest, never the day on which somebody said so. None when the text gives no day."""
    if not dates or not 0 <= first < end <= len(words):
        return None
    scene = Judgement(words, dates, published).scene(first, end)
    found = [d for d, scope in _date_scopes(scene, dates) if scene.covers(scope) and not _said_then(scene, d)]
    return min(found, key=lambda d: _distance(scene, d), default=None)


def _silent(words: Words) -> bool:
    """No word of the sentence can make a claim, but a "to" right before a hit."""
    return _SPEAKING.isdisjoint(words.norm) and "?" not in words.text


def _goes_on(scene: Scene, scope: Scope) -> bool:
    """The cue leaves the hit where it is: "called for an end to the siege", "may raise the attack at the UN",
    "denied a part in the raids", "if the strike was carried out by"."""
    if scope.kind not in ("possible", "denied") or scope.home is None:
        return False
    if any(describes(scene, i) for i in range(scene.first, scene.end)):
        return True  # "could reach the besieged town": besieged it is
    low = max(scope.last + 1, scene.low)
    if scope.kind == "possible" and any(scene.at(k) in w.ENDING for k in range(max(low, scene.first - 7), scene.first)):
        return True
    at = scene.first - 1
    while at >= low and at > scene.first - 6 and scene.at(at) not in FUNCTION and scene.at(at) not in w.DAY_NOUNS:
        at -= 1
    if at < low:
        return False
    definite = scene.at(at) in DEFINITE or scene.at(at) in w.DAY_NOUNS
    if definite:
        at -= 1
        if at == scope.last and scene.at(at) in ASK:
            return True
    governor = scene.at(at)
    if governor in w.SPEAKING and scope.kind == "possible":
        return True
    if at <= scope.last or governor not in PREPOSITIONS:
        return False
    return definite or governor in ("after", "following", "about", "over") or scene.at(at - 1) in w.ANSWERS


def _question(scene: Scene) -> Iterator[Scope]:
    text = scene.words.text.rstrip(" \n\"'”’)")
    if text.endswith("?") and scene.high == len(scene.words):
        yield Scope("possible", scene.high - 1, scene.high - 1, scene.low, scene.high - 1)


def _date_scopes(scene: Scene, dates: Sequence[When]) -> Iterator[tuple[When, Scope]]:
    """Each date of the window with the words it dates: the noun it describes ("the 2002 bombing", "the
    ceasefire of February"), or its clause and what hangs on that."""
    for when in dates:
        if when.last < scene.low or when.first >= scene.high:
            continue
        at, last, before = max(when.first, scene.low), when.last, scene.at(when.first - 1)
        if _describes(scene, when):
            low, high = last + 1, scene.phrase_end(last + 1)
            end = min(last, scene.high - 1)
            yield when, Scope("past", at, end, low, high)
            if _happened_in(scene, at):
                yield when, Scope("past", at, end, scene.first, scene.end)
            if scene.at(high) in ("that", "which"):  # "the 2014 offensive that drove them out"
                yield when, Scope("past", at, end, high, scene.high, high, _HANGING)
            if _opens_in(scene, at):
                yield when, Scope("past", at, end, scene.low, scene.high, at, _HANGING)
        elif before == "of":
            yield when, Scope("past", at, min(last, scene.high - 1), _phrase_start(scene, when.first), when.first)
        else:
            if _names(scene, at):
                yield when, Scope("past", at, min(last, scene.high - 1), scene.first, scene.end)
            yield when, Scope("past", at, min(last, scene.high - 1), scene.low, scene.high, at, _HANGING)
        if _opens(scene, when):
            yield when, Scope("past", at, min(last, scene.high - 1), scene.low, scene.high)
        if scene.at(last + 1) == "and" and scene.at(last + 2) in _WENT_ON:  # "fell last year and was emptied"
            yield when, Scope("past", at, min(last, scene.high - 1), last + 2, scene.high, last + 2, _HANGING)
        if scene.at(last + 1) == "when":  # "the deadliest since 2019, when gunmen killed 60"
            then = replace(when, relation="on")
            yield then, Scope("past", at, min(last, scene.high - 1), last + 2, scene.high, last + 2, _HANGING)


def _phrase_start(scene: Scene, end: int) -> int:
    """Where the words before "of 2016" begin that it can describe."""
    start = end - 1
    while start > max(scene.low, end - 5) and not scene.words.gap(start).strip(" -'’"):
        start -= 1
    return start


def _describes(scene: Scene, when: When) -> bool:
    """The date stands before its noun as an adjective does."""
    after = scene.at(when.last + 1)
    if not after or after in FUNCTION or scene.words.gap(when.last + 1).strip(" -'’"):
        return False
    text = scene.words.folded[scene.words.start[when.last] : scene.words.end[when.last]]
    return text.endswith("'s") or scene.at(when.first - 1) in DETERMINERS or "-" in scene.words.gap(when.last + 1)


def _opens(scene: Scene, when: When) -> bool:
    """ "In 2014, ...", "In the war of 2014, ...": what opens a sentence so dates all of it."""
    opener = scene.at(scene.low) in ("in", "during") and scene.low <= when.first <= scene.low + 4
    return opener and "," in scene.words.gap(when.last + 1) if when.last + 1 < scene.high else False


def _happened_in(scene: Scene, at: int) -> bool:
    """The hit happened in or by what the date at word `at` describes: "killed by the 2011 tsunami"."""
    if scene.at(at - 1) in DETERMINERS:
        at -= 1
    near = scene.end <= at - 1 <= scene.end + 3
    return near and scene.at(at - 1) in ("by", "in", "during") and scene.home(at - 1) == scene.home(scene.end - 1)


def _opens_in(scene: Scene, at: int) -> bool:
    """The clause opens with what the date at word `at` describes: "In a 2019 attack, rebels killed 30"."""
    if scene.at(at - 1) in DETERMINERS:
        at -= 1
    return scene.at(at - 1) in ("in", "during") and at - 1 == scene.low


def _names(scene: Scene, at: int) -> bool:
    """The hit is the noun that the clause of word `at` describes: "a truce agreed in February"."""
    if at < scene.end or scene.end - scene.first > 3:
        return False
    clause = scene.clauses.all[scene.home(at)]
    if clause.kind not in ("of", "which") or clause.start != scene.end:
        return False
    opener = {scene.at(scene.first), scene.at(scene.first - 1)}
    return bool(opener & DETERMINERS) or (scene.at(scene.first - 1) in PREPOSITIONS and clause.kind == "of")


def _said_then(scene: Scene, when: When) -> bool:
    """The date is the day of a statement: "said on Monday that", "Monday's report"; not where the statement is
    the hit itself ("a truce announced in August")."""
    near = [scene.at(k) for k in range(when.first - 3, when.first) if not scene.first <= k < scene.end]
    after = when.last + 1
    mine = scene.first <= after < scene.end  # "a famine in 1998 claimed 70,000 lives"
    said_next = not mine and scene.at(after) in SAYING and scene.home(after) == scene.home(max(when.first, scene.low))
    return said_next or any(word in SAYING for word in near)


def _distance(scene: Scene, when: When) -> int:
    if when.last < scene.first:
        return scene.first - when.last
    return max(0, when.first - scene.end + 1)


def _dated(scene: Scene, dates: Sequence[When], published: datetime) -> Iterator[Scope]:
    """Claims that dates make: the nearest date of the hit decides, so that "on Monday" beats "in 2013"."""
    found = [(d, s) for d, s in _date_scopes(scene, dates) if scene.covers(s) and not _said_then(scene, d)]
    if not found:
        return
    when, scope = min(found, key=lambda pair: _distance(scene, pair[0]))
    if when.relation == "for":  # "within a month in the autumn of 2023", "a decade ago for two weeks"
        when, scope = next(((d, s) for d, s in found if d.relation == "on"), (when, scope))
    kind = _age(scene, when, published)
    if kind == "past" and _now(scene, scope):
        return
    if kind:
        yield replace(scope, kind=kind)


def _now(scene: Scene, scope: Scope) -> bool:
    """The hit's own clause, below the dated one, has the present perfect: "in April launched an offensive
    which has displaced thousands"."""
    own = scene.home(scene.end - 1)
    if scope.home is None or own == scene.clause_of(scope) or scene.clauses.all[own].kind in ("doing", "of"):
        return False
    start = scene.clauses.all[own].start
    return any(scene.at(k) in PRESENT for k in range(start, min(start + 6, scene.high)))


def _age(scene: Scene, when: When, published: datetime) -> ClaimKind | None:
    today = published.date()
    start, end = window(when, published)
    if _record(scene, when.first):
        return None
    if when.relation == "after":  # "after 2000": not "after Monday"
        return "past" if when.precision in ("year", "decade") and today - when.end > _YEAR else None
    if when.relation in ("since", "for") or (end >= today - timedelta(days=1) and start < end):
        return _running(scene) if today - start > _LONG and start <= today else None
    if when.relation in ("until", "before"):
        return "past" if today - end > _OLD else None
    middle = date.fromordinal((start.toordinal() + end.toordinal()) // 2)
    return "past" if today - middle > _OLD and end < today else None


def _record(scene: Scene, at: int) -> bool:
    """ "The worst attack since 2015", "for the first time in five years": a measure, no date."""
    low = max((k + 1 for k in range(scene.low, scene.first) if scene.at(k) == "since"), default=scene.low)
    if scene.at(at - 1) == "first":  # "the first five months of the year"
        at -= 1
    return any(scene.at(k) in w.RECORD for k in range(max(low, at - 12), at))


def _running(scene: Scene) -> ClaimKind:
    """A count over a long time is a total; anything else over a long time is a state."""
    homes = {*scene.clauses.above(scene.first), *scene.clauses.above(scene.end - 1)}
    near = range(max(scene.low, scene.first - 20), min(scene.high, scene.end + 20))
    mine = [k for k in near if scene.home(k) in homes and k not in scene.dated]
    counted = any(scene.at(k)[0].isdigit() or scene.at(k) in w.VAGUE for k in mine)
    return "total" if counted and any(scene.at(k) in w.CASUALTY for k in mine) else "standing"


def _totals(scene: Scene, published: datetime) -> Iterator[Scope]:
    """ "The war has killed ...", "since the conflict began", "killed in the civil war": no dates, but long."""
    for i in scene.window.cues:
        word = scene.at(i)
        if word == "since":
            yield from _since(scene, i, published)
        elif word in w.WAR and scene.at(i + 1) not in w.NO_WAR and i not in scene.dated:
            yield from _war(scene, i)


def _since(scene: Scene, i: int, published: datetime) -> Iterator[Scope]:
    if i in scene.dated or scene.at(i - 1) in _HAS or scene.at(i - 1) in _SHORT:
        return
    stop = next((k for k in range(i + 1, min(i + 8, scene.high)) if scene.words.gap(k).strip(" -'’\"")), i + 8)
    near = [scene.at(k) for k in range(i + 1, stop)]
    war = next((k for k, word in enumerate(near) if word in w.WAR), None)
    if war is None:
        war = _dated_long_ago(scene, i, published)
    then = near[:1] == ["then"]
    if war is None and not then:
        return
    if _record(scene, i):
        return
    kind = _running(scene)
    if then and kind != "total":
        return
    last = i + 1 if then else i + 1 + (war or 0)
    clause = scene.clauses.all[scene.home(i)]
    above = clause.kind == "when" and clause.parent >= 0
    yield Scope(kind, i, min(last, scene.high - 1), scene.low, scene.high, i, _TELLING | {"when"}, above)


def _dated_long_ago(scene: Scene, i: int, published: datetime) -> int | None:
    """How many words after "since" a date of long ago stands: "since the army seized power in 2021"."""
    for k in range(i + 1, min(i + 16, scene.high)):
        when = scene.dated.get(k)
        if when is not None and scene.home(k) == scene.home(i + 1):
            long_ago = when.relation == "on" and published.date() - when.end > _LONG
            return k - i - 1 if long_ago else None
    return None


def _war(scene: Scene, i: int) -> Iterator[Scope]:
    """The war as the subject of has killed / displaced, or as what people were killed in."""
    home, verb = scene.home(i), None
    for k in range(i + 1, min(i + 30, scene.high)):
        if scene.home(k) == home or scene.clauses.all[scene.home(k)].parent == home:
            if scene.at(k) in w.CASUALTY and any(
                scene.at(j) in ("has", "have", "had", "also") for j in range(k - 4, k)
            ):
                verb = k
                break
    start = i
    while start > max(scene.low, i - 6) and scene.at(start - 1) not in PREPOSITIONS and scene.home(start - 1) == home:
        start -= 1
    governor = scene.at(start - 1)
    if verb is not None and (governor not in PREPOSITIONS or governor == "of"):
        yield Scope("total", i, i, verb, verb + 30, verb, _TELLING)
    elif governor in ("in", "during", "of", "by") and _running(scene) == "total":
        perfect = any(scene.at(k) in ("has", "have") for k in range(max(scene.low, scene.first - 8), scene.end + 4))
        if perfect and scene.home(i) == scene.home(scene.first) and not _recent(scene):
            yield Scope("total", i, i, scene.low, scene.high, i, _TELLING)


def _recent(scene: Scene) -> bool:
    return any(d.precision in ("day", "hour") and scene.home(max(d.first, scene.low)) == scene.home(scene.first)
               for d in scene.dated.values())  # fmt: skip
