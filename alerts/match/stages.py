"""What a rule makes of one sentence, stage by stage and in words: the material of `explain`.

The verdict of each stage is that of the engine's own `judge` and `bind`; the words beside it are worked out from what
they saw, so no stage can tell otherwise than the engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.durations import say
from alerts.match import bind
from alerts.match.judge import Finding
from alerts.match.nearness import near, where
from alerts.match.phrases import Span
from alerts.match.rule import Block, Rule
from alerts.match.view import SentenceView
from alerts.match.written import origin
from alerts.template_filters import day, shorten
from alerts.types import CLAIM_KINDS, Hit, Place, Quantity

# The stages in the order of the engine; which of them a reason belongs to, by how it begins.
ORDER = ("parts", "ignored", "unless", "hidden", "distance", "claims", "numbers", "place", "rule", "look_in")
_REASONS = (
    ("missing", "parts"),
    ("the sentence is ignored", "ignored"),
    ("not where it says", "unless"),
    ("hidden by the idiom", "hidden"),
    ("the parts are more than", "distance"),
    ("the number", "numbers"),
    ("below at_least", "numbers"),
    ("no place", "place"),
    ("the country", "place"),
    ("looks only", "look_in"),
)
_FROM = {
    "sentence": "said in the sentence",
    "before": "from the sentence before",
    "title": "from the title",
    "dateline": "from the dateline",
    "article": "the place the article is most about",
    "feed": "the country of the feed",
}
_LONGEST_SENTENCE = 300
_LONGEST_PHRASE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One line of an explanation. `ok` is None for what is only told; `near` is what came near."""

    name: str
    ok: bool | None
    said: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One block of a rule before one sentence, and what the engine made of it. `hit` is there when every part is;
    `because` is None when the sentence counts."""

    rule: Rule
    block: Block
    views: Sequence[SentenceView]
    at: int
    finding: Finding
    hit: Hit | None
    because: str | None

    @property
    def view(self) -> SentenceView:
        return self.views[self.at]

    @property
    def failed(self) -> str | None:
        """The stage at which it ended; None when it counts."""
        return None if self.because is None else stage_of(self.because)

    @property
    def found(self) -> dict[str, str]:
        """The parts found, with their words as printed."""
        words = self.view.reading.words
        here = {name: words.span(span.first, span.end) for name, span in self.finding.parts.items()}
        return here | self.finding.elsewhere

    @property
    def missing(self) -> list[str]:
        """The parts that are not there."""
        if self.failed != "parts" or self.because is None:
            return []
        told = self.because.removeprefix("missing ").split(", ")
        return [part.name for part in self.block.parts if part.name in told]

    def words(self, span: Span) -> str:
        return self.view.reading.words.span(span.first, span.end)


def stage_of(because: str) -> str:
    """The stage that a reason belongs to."""
    for beginning, stage in _REASONS:
        if because.startswith(beginning):
            return stage
    return "claims" if because.split(":")[0] in CLAIM_KINDS else "rule"


def stages(case: Case) -> list[Stage]:
    """The chain of one sentence: up to the stage at which it ended, and what else is known of it."""
    lines = [Stage(name="looks at", ok=None, said=_sentence(case))]
    if case.failed == "look_in":
        return [*lines, Stage(name="look_in", ok=False, said=case.because or "")]
    lines += _parts(case)
    if not case.finding.complete:
        return lines
    tellers: tuple[tuple[str, Callable[[Case], str | None]], ...] = (
        ("ignored", lambda case: None),
        ("unless", lambda case: None),
        ("hidden", _hidden),
        ("distance", _distance),
        ("claims", _claims),
    )
    for name, teller in tellers:
        said = teller(case)
        if case.failed == name:
            return [*lines, Stage(name=name, ok=False, said="; ".join(filter(None, (case.because, said))))]
        if said:
            lines.append(Stage(name=name, ok=True, said=said))
    return lines + _bound(case)


def _sentence(case: Case) -> str:
    text = shorten(" ".join(case.view.reading.sentence.text.split()), _LONGEST_SENTENCE)
    return f"{where(case.view)}, for the block '{case.block.name}': {text}"


def _parts(case: Case) -> list[Stage]:
    """Each part: its words and phrase, or what came near."""
    lines = []
    for part in case.block.parts:
        name = f"part {part.name}"
        if span := case.finding.parts.get(part.name):
            said = f"'{case.words(span)}', by \"{shorten(origin(part.choice, case.view, span), _LONGEST_PHRASE)}\""
            lines.append(Stage(name=name, ok=True, said=said))
        elif words := case.finding.elsewhere.get(part.name):
            lines.append(Stage(name=name, ok=True, said=f"'{words}', in a sentence beside"))
        elif part.name not in case.missing:
            lines.append(Stage(name=name, ok=True, said="given by a sentence beside"))
        else:
            hints = tuple(near(case.block, part, case.views, case.at))
            lines.append(Stage(name=name, ok=False, said="not found", near=hints))
    return lines


def _hidden(case: Case) -> str | None:
    choice = case.rule.ignore.phrases
    masks = case.view.find(choice) if choice else []
    if choice is None or not masks:
        return None
    if case.failed == "hidden":
        spans = case.finding.parts.values()
        masks = [mask for mask in masks if any(mask.overlaps(span) for span in spans)]
        return "; ".join(
            f"'{case.words(mask)}' is under \"{shorten(origin(choice, case.view, mask), _LONGEST_PHRASE)}\""
            for mask in masks
        )
    return f"'{case.words(masks[0])}' is hidden, but no part lies under it"


def _distance(case: Case) -> str | None:
    most, spans = case.block.within_words, list(case.finding.parts.values())
    if most is None or len(spans) < 2:
        return None
    if case.failed != "distance":
        return f"the parts take {case.finding.end - case.finding.first} words, of {most} allowed"
    every = [case.view.find(part.choice) for part in case.block.parts if part.name in case.finding.parts]
    width, words = _closest(every)
    return f"the closest take {width}: '{case.view.reading.words.span(*words)}'"


def _closest(every: Sequence[Sequence[Span]]) -> tuple[int, tuple[int, int]]:
    """The fewest words that hold one span of each list, and which."""
    best = (10**9, (0, 0))
    for start in sorted({span.first for spans in every for span in spans}):
        ends = [min((span.end for span in spans if span.first >= start), default=0) for spans in every]
        if all(ends):
            best = min(best, (max(ends) - start, (start, max(ends))))
    return best


def _claims(case: Case) -> str:
    """The claims made of the event, with their cues and what the rule does of each."""
    if not case.finding.claims:
        return "news: nothing says that it is denied, only possible, long ago, summed up or an old state"
    policy = {**case.rule.claims, **case.block.claims}
    does = {"drop": "does not count", "lower": "counts as possible only", "keep": "counts"}
    return ", ".join(f"{claim.kind} ('{claim.cue}') {does[policy[claim.kind]]}" for claim in case.finding.claims)


def _bound(case: Case) -> list[Stage]:
    """Place, numbers, time and level of a sentence in which all parts are there and say so."""
    hit = case.hit
    if hit is None:
        return []
    lines = [
        Stage(name="place", ok=case.failed != "place", said=_with_reason(case, "place", _place(case, hit))),
        *_numbers(case, hit),
        Stage(name="time", ok=True if hit.needs_state is None else None, said=_time(case.rule, hit)),
    ]
    if case.failed in ("rule", "look_in"):
        lines.append(Stage(name=case.failed, ok=False, said=case.because or ""))
    if confirm := case.rule.confirm:
        until = "then marked unconfirmed" if confirm.until_then == "mark" else "until then nobody is told"
        said = f"wants {confirm.sources} independent sources within {say(confirm.within)}; {until}"
        lines.append(Stage(name="confirm", ok=None, said=said))
    severity, why = bind.level(case.rule, case.view, hit.numbers)
    return [*lines, Stage(name="severity", ok=None, said=f"{severity} because {why}")]


def _with_reason(case: Case, stage: str, said: str) -> str:
    return f"{case.because}; {said}" if case.failed == stage else said


def _place(case: Case, hit: Hit) -> str:
    _, source, name = case.view.reading.reading.place_of(case.at, case.finding.first, case.finding.end)
    if hit.place is None:
        if name:
            return (
                f"'{name}' is named ({_FROM.get(source or '', 'in the article')}), but which place that is, is in doubt"
            )
        return "none is named"
    other = case.view.reading.reading.gazetteer.by_id(hit.place.runner_up) if hit.place.runner_up else None
    return f"{_place_name(hit.place)} ({', '.join(_why_there(hit.place, hit.place_from, other))})"


def _place_name(place: Place) -> str:
    names = [place.name, place.admin1_name or "", place.country]
    return ", ".join(dict.fromkeys(filter(None, names)))


def _why_there(place: Place, source: str | None, other: Place | None) -> list[str]:
    said = [_FROM.get(source or "", "from the article"), place.precision]
    if place.confidence < 1:
        said.append(f"sure to {place.confidence:.0%}")
    if other is not None:
        said.append(f"else the {other.precision} {_place_name(other)}")
    return said


def _numbers(case: Case, hit: Hit) -> list[Stage]:
    lines = []
    for number in case.rule.numbers:
        quantity = hit.numbers.get(number.name)
        wanted = number.at_least is not None
        ok = None if not wanted else quantity is not None and quantity.low >= (number.at_least or 0)
        said = quantity_said(quantity) if quantity else _not_given(case)
        if wanted:
            said += f"; wanted: {number.at_least:,.0f} or more"
        lines.append(Stage(name=f"number {number.name}", ok=ok, said=said))
    return lines


def _not_given(case: Case) -> str:
    there = [number.text for number in case.view.numbers.values()]
    others = ", ".join(f"'{text}'" for text in there)
    return f"not given ({others} in the sentence counts something else)" if there else "not given"


def quantity_said(quantity: Quantity) -> str:
    """The interval with its words, and of households the sum: "6,000–12,000 ('1,200 families' × 5)"."""
    low, high = f"{quantity.low:,.0f}", f"{quantity.high:,.0f}"
    times = f" × {quantity.factor:g}" if quantity.factor != 1 else ""
    return f"{low if low == high else f'{low}–{high}'} ('{quantity.text}'{times})"


def _time(rule: Rule, hit: Hit) -> str:
    when: Any = rule.when
    happened = f"of {day(hit.event_time)}"
    if when.kind == "each":
        return f"every new event, {happened}"
    if when.kind == "first":
        return f"only what is new there for {say(when.within)}, {happened}: what was heard before, the database knows"
    if when.kind == "during":
        if hit.needs_state is None:
            return f"while '{when.state}' is in force, {happened}: the article says that it is"
        return f"while '{when.state}' is in force, {happened}: the article does not say so, the ledger may know"
    if when.kind == "spike":
        return f"only if far more than usual come together, {happened}: what else came, the database knows"
    if when.kind == "after":
        within = f"only within {say(when.within)} of an alert of '{when.rule}'"
        return f"{within} there, {happened}: what fired before, the database knows"
    return f"{when.kind}, {happened}: what went before, the database knows"
