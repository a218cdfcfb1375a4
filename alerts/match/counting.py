"""Which number of a sentence is the rule's: how many killed, how many displaced.

The reader says what became of those a number counts (`read.governing`); the phrases of the rule add what it does
not know. A number that counts the hurt is never one of the dead, whatever phrase it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from alerts.match.claiming import still_news
from alerts.match.phrases import Span
from alerts.match.rule import NumberRule
from alerts.match.view import Counted, SentenceView
from alerts.read.governing import Governed
from alerts.read.text import Words
from alerts.types import ClaimKind, Number

# A statement of old or summed-up numbers is no number of this event.
_NOT_OF_THE_EVENT: tuple[ClaimKind, ...] = ("past", "total", "possible")
_JOINING = frozenset("and plus as well another others other some about at least more than nearly around also".split())
_ENDS_A_LIST = frozenset("and plus as".split())
_AND = (("and",), ("and", "another"))
_OTHER_FATES = frozenset("injured wounded hurt missing captured arrested detained abducted kidnapped fled".split())
_FARTHEST = 7  # words between two counts of one event: "45 in and around the city and 22 in the province"


def stated(
    rule: NumberRule, view: SentenceView, near: tuple[int, int] | None, news_for: timedelta | None = None
) -> Number | None:
    """The number of the sentence that the rule asks for, nearest to the words `near`, else the first.
    `news_for`: see `claiming.still_news`."""
    key = (id(rule.choice), rule.kind, news_for)
    counts = view.counts.get(key)
    if counts is None:
        counts = view.counts[key] = tuple(_of_the_event(rule, view, news_for))
    best: tuple[int, Number] | None = None
    for first, end, number in counts:
        distance = _apart(first, end, near) if near else first
        if best is None or distance < best[0]:
            best = (distance, number)
    return best[1] if best else None


def _of_the_event(rule: NumberRule, view: SentenceView, news_for: timedelta | None) -> Iterator[Counted]:
    """The numbers of the sentence that the rule asks for, less those of old or of all times."""
    for first, end, number in (*_read(rule, view), *_phrased(rule, view)):
        claims = still_news(view, view.reading.claims(first, end), news_for)
        if not any(claim.kind in _NOT_OF_THE_EVENT for claim in claims):
            yield first, end, number


def _apart(first: int, end: int, near: tuple[int, int]) -> int:
    if first >= near[1]:
        return first - near[1] + 1
    return max(0, near[0] - end + 1)


def _read(rule: NumberRule, view: SentenceView) -> Iterator[Counted]:
    """The numbers the reader counts as the rule's kind; several of one verb are added up."""
    if rule.kind is None:
        return
    norm = view.reading.words.norm
    mine = [
        read
        for read in view.governed
        if read.cue and read.cue.kind == rule.kind and not read.aside and not _of_others(norm, read.number, rule.kind)
    ]
    group: list[Governed] = []
    for read in mine:
        if group and _joined(view.reading.words, group[-1], read):
            group.append(read)
        else:
            yield from _together(group, view)
            group = [read]
    yield from _together(group, view)


def _of_others(norm: Sequence[str], number: Number, kind: str) -> bool:
    """Whether the very next word gives the counted another fate: "Killed 40 Injured", in a headline without commas."""
    return kind == "killed" and number.end < len(norm) and norm[number.end] in _OTHER_FATES


def _together(group: list[Governed], view: SentenceView) -> Iterator[Counted]:
    if not group:
        return
    assert group[0].cue is not None
    each = [read.number for read in group]
    whole = each[0]
    if len(each) > 1:
        whole = replace(
            whole,
            low=sum(number.low for number in each),
            high=sum(number.high for number in each),
            stated=sum(number.stated for number in each),
            noun_end=each[-1].noun_end,
            text=view.reading.words.span(whole.first, each[-1].noun_end),
        )
    yield group[0].cue.first, group[0].cue.end, _with_one_more(whole, view)


def _with_one_more(whole: Number, view: SentenceView) -> Number:
    """ "A man and two women were shot", "two soldiers and a civilian were killed": three."""
    if whole.unit != "people":
        return whole
    words = view.reading.words
    for one in view.singles:
        before = words.norm[one.noun_end : whole.first] in _AND
        behind = words.norm[whole.noun_end : one.first] in _AND and not _OTHER_FATES.intersection(
            words.norm[one.noun_end : one.noun_end + 3]
        )
        if before or behind:
            first, end = min(one.first, whole.first), max(one.noun_end, whole.noun_end)
            low, high, stated = whole.low + 1, whole.high + 1, whole.stated + 1
            return replace(whole, low=low, high=high, stated=stated, noun_end=end, text=words.span(first, end))
    return whole


def _joined(words: Words, before: Governed, read: Governed) -> bool:
    """Two counts of one verb, in people both: "killed 14 fighters and five civilians"."""
    if before.cue != read.cue or before.cue is None or before.cue.form == "noun":
        return False
    if before.number.unit == "households" or read.number.unit == "households":
        return False
    between = words.norm[before.number.noun_end : read.number.first]
    if not between:
        return before.number.noun is not None and read.number.noun is not None
    if len(between) > _FARTHEST:
        return False
    tail = len(between)
    while tail and between[tail - 1] in _JOINING:
        tail -= 1
    return bool(_ENDS_A_LIST.intersection(between[tail:])) or (not tail and "," in words.gap(read.number.first))


def _phrased(rule: NumberRule, view: SentenceView) -> Iterator[Counted]:
    """The numbers the rule's phrases state, unless the reader says that they count something else."""
    norm = view.reading.words.norm
    other = {
        read.number.first
        for read in view.governed
        if read.cue and read.cue.kind != rule.kind and not _of_others(norm, read.number, read.cue.kind)
    }
    spans: list[Span] = view.find(rule.choice)
    for span in spans:
        for first, number in view.numbers.items():
            if span.first <= first and number.end <= span.end and not (rule.kind and first in other):
                if not _of_others(norm, number, rule.kind or ""):
                    yield span.first, span.end, number
