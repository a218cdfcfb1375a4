"""What came near a part of a rule that was not found: in another sentence, as another form of a word, or most of a
phrase. The writer of a rule learns from it what to add.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.match.anchors import STOPWORDS
from alerts.match.forms import forms
from alerts.match.phrases import Choice, Exact, Forms, Gap, Item, Phrase, Prefix, Slot, Span, Word
from alerts.match.rule import Block, Part
from alerts.match.view import SentenceView
from alerts.match.written import item_as_written, written
from alerts.template_filters import shorten

_MOST = 3  # hints for one part
_FARTHEST = 12  # sentences in which a part is looked for, each way
_SHORTEST = 4  # letters that two forms of a word have in common
_LONGEST = 90  # characters of a phrase
# Words that stand in any sentence: to find them says nothing.
_LITTLE = STOPWORDS | frozenset(
    "one two three last past day days week weeks month months year years into after over out up off what when where"
    " while there than more most some other all also about said says say".split()
)
_ENDINGS = (
    "ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion", "ers", "ors", "er", "or", "ies", "ied", "es",
    "ed", "s", "e", "y",
)  # fmt: skip


def where(view: SentenceView) -> str:
    """The sentence in words: the title, or which one of the text."""
    sentence = view.reading.sentence
    if sentence.part == "title":
        return "the title"
    views = view.reading.reading.sentences
    return f"sentence {sentence.index + (0 if views[0].sentence.part == 'title' else 1)}"


def near(block: Block, part: Part, views: Sequence[SentenceView], at: int) -> list[str]:
    """Hints, the best first, of what came near `part` in or about sentence `at`."""
    found = [hint for hint in (_elsewhere(block, part, views, at),) if hint]
    found += _slots(part, views[at])
    found += _other_forms(part, views[at])
    found += _most_of_a_phrase(block, part, views[at])
    return list(dict.fromkeys(found))[:_MOST]


def _elsewhere(block: Block, part: Part, views: Sequence[SentenceView], at: int) -> str | None:
    """The part in another sentence of the article, the nearest."""
    reach = block.within_sentences - 1
    for step in range(1, _FARTHEST + 1):
        for other in (at - step, at + step):
            if not 0 <= other < len(views) or not (spans := views[other].find(part.choice)):
                continue
            said = views[other].reading.words.span(spans[0].first, spans[0].end)
            beside = {-1: " (just before)", 1: " (just after)"}.get(other - at, "")
            if step <= reach and part is not block.parts[0]:
                return f"'{said}' stands in {where(views[other])}{beside}, but that sentence is ignored or hidden"
            return f"'{said}' stands in {where(views[other])}{beside}{_remedy(block, part, step)}"
    return None


def _remedy(block: Block, part: Part, step: int) -> str:
    if part is block.parts[0] or block.look_in == "title" or step > 3:
        return ""
    return f"; within_sentences = {step + 1} would reach it"


def _slots(part: Part, view: SentenceView) -> list[str]:
    """What looks like the filler of a slot that is a phrase by itself."""
    hints = []
    names = {item.name for phrase in part.choice.phrases for item in phrase.items if isinstance(item, Slot)}
    for name in sorted(names):
        if view.fillers(name):
            continue
        if name in ("place", "town"):
            spans = ((first, max(ends)) for first, ends in view.fillers("name").items())
            hints += [f"'{view.reading.words.span(*span)}' is no place that the gazetteer knows" for span in spans]
        elif name in ("people", "number"):
            numbers = [number.text for number in view.numbers.values()]
            hints += [f"'{text}' counts no people" for text in numbers if name == "people"]
    return hints


def _other_forms(part: Part, view: SentenceView) -> list[str]:
    """Words of the sentence that are a form of a word that a phrase is, but not the one it asks for."""
    wanted: dict[str, str] = {}
    for phrase in _lines(part.choice):
        if len(phrase.items) == 1 and isinstance(item := phrase.items[0], Word | Forms | Choice):
            for word, asked in _words(item):
                wanted.setdefault(word, asked)
    by_letter: dict[str, list[str]] = {}
    for asked_word in wanted:
        by_letter.setdefault(asked_word[:1], []).append(asked_word)
    hints = []
    for i, word in enumerate(view.norm):
        if len(word) < _SHORTEST or word in wanted or word in _LITTLE:
            continue
        kin = next((other for other in by_letter.get(word[0], ()) if _akin(word, other)), None)
        if kin is not None:
            remedy = f"~{kin} has it" if word in forms(kin) else f"{_stem(word)}* would have it"
            hints.append(f"'{view.reading.words.raw(i)}' is near to \"{wanted[kin]}\" ({remedy})")
    return hints


def _words(item: Item) -> Iterator[tuple[str, str]]:
    """The words that a single item stands for, each with the item as written."""
    match item:
        case Word(norm):
            yield norm, norm
        case Forms(lemma, every):
            for word in sorted(every, key=lambda word: word != lemma):
                yield word, f"~{lemma}"
        case Choice():
            for phrase in item.phrases:
                if len(phrase.items) == 1:
                    yield from _words(phrase.items[0])
        case _:
            return


def _akin(word: str, other: str) -> bool:
    return _stem(word) == _stem(other) or word in forms(other) or other in forms(word)


def _stem(word: str) -> str:
    """The word without its ending, long enough to be told from others."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            stem = word[: -len(ending)]
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "sl" else stem
    return word


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partly:
    """A phrase of which something is in the sentence. `share`: of its words by their weight."""

    phrase: Phrase
    share: float
    weight: float
    there: tuple[str, ...]
    absent: tuple[str, ...]


def _most_of_a_phrase(block: Block, part: Part, view: SentenceView) -> list[str]:
    others = [span for other in block.parts if other is not part for span in view.find(other.choice)]
    found = [one for phrase in _lines(part.choice) if (one := _partly(phrase, view, others)) is not None]
    found.sort(key=lambda one: (-one.share, -one.weight, written(one.phrase)))
    return [_told(one) for one in found[:2]]


def _told(one: _Partly) -> str:
    there = " and ".join(f"'{word}'" for word in one.there)
    phrase = shorten(written(one.phrase), _LONGEST)
    if not one.absent:
        return f'{there}, but not in the order of "{phrase}", or too far apart'
    absent = " and no ".join(shorten(item, _LONGEST // 2) for item in one.absent)
    return f'{there}, but no {absent}, of "{phrase}"'


def _partly(phrase: Phrase, view: SentenceView, others: Sequence[Span]) -> _Partly | None:
    """How much of the phrase is in the sentence, in whatever order; None when it is less than half, or when nothing
    of it tells more than what `others`, the other parts, have found already."""
    there, absent = [], []
    total = weight = 0.0
    telling = False
    for item in phrase.items:
        if isinstance(item, Gap) or (isinstance(item, Choice) and item.optional):
            continue
        span = _present(item, view)
        own = _weight(item) if span is None else _worth(span, view)
        total += own
        if span is None:
            absent.append(item_as_written(item))
        else:
            weight += own
            telling |= own == 1.0 and not any(span.overlaps(other) for other in others)
            there.append(view.reading.words.span(span.first, span.end))
    if len(there) + len(absent) < 2 or not telling or weight * 2 < total:
        return None
    return _Partly(phrase=phrase, share=weight / total, weight=weight, there=tuple(there), absent=tuple(absent))


def _weight(item: Item) -> float:
    if isinstance(item, Slot):
        return 0.5
    return 0.25 if isinstance(item, Word) and item.norm in _LITTLE else 1.0


def _worth(span: Span, view: SentenceView) -> float:
    """How much the words found say: a name, a number or a little word stands in any sentence."""
    if all(word in _LITTLE for word in view.norm[span.first : span.end]):
        return 0.25
    return 0.5 if any(span.first in view.fillers(name) for name in ("place", "people", "number")) else 1.0


def _present(item: Item, view: SentenceView) -> Span | None:
    """The first words of the sentence that the item matches by itself."""
    if isinstance(item, Choice):
        return next(iter(view.find(item)), None)
    if isinstance(item, Slot):
        first, ends = next(iter(sorted(view.fillers(item.name).items())), (0, ()))
        return Span(first, max(ends), "") if ends else None
    at = next((i for i, word in enumerate(view.norm) if _is(item, word, view, i)), None)
    return None if at is None else Span(at, at + 1, "")


def _is(item: Item, word: str, view: SentenceView, i: int) -> bool:
    match item:
        case Word(norm):
            return word == norm
        case Prefix(stem):
            return word.startswith(stem)
        case Forms(_, every):
            return word in every
        case Exact(norm, printed):
            return word == norm and view.raw(i) == printed
        case _:
            return False


def _lines(choice: Choice) -> Iterator[Phrase]:
    """The phrases of a choice; of a phrase that is only a word list, the lines of the list."""
    for phrase in choice.phrases:
        only = phrase.items[0] if len(phrase.items) == 1 else None
        if isinstance(only, Choice) and only.name:
            yield from _lines(only)
        else:
            yield phrase
