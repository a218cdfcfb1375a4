"""Whether a block of a rule is met in a sentence, and when not, why not.

The engine asks this of sentences the index lets through; `explain` and the examples of a rule ask it of
any sentence, so both always give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from alerts.match.claiming import claims_about
from alerts.match.phrases import Choice, Span
from alerts.match.rule import Block, Rule
from alerts.match.view import SentenceView
from alerts.types import Claim

_MOST_COMBINATIONS = 256
_MOST_JUDGED = 8  # windows of one block whose claims are weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one block in one sentence. `because` is None when the statement counts.

    `parts` maps part names to the words found in the sentence: those of every part when all are there, less the
    ones that neighbouring sentences gave, whose words as printed are `elsewhere`.
    """

    block: Block
    view: SentenceView
    because: str | None
    complete: bool
    parts: dict[str, Span] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    first: int = 0
    end: int = 0
    claims: tuple[Claim, ...] = ()
    lowered: bool = False


def may_be_met(block: Block, view: SentenceView) -> bool:
    """Whether the sentence has of the block what it must have itself: a quick test before `judge`, which also says
    what is missing."""
    for part in block.parts if block.within_sentences == 1 else block.parts[:1]:
        if not view.find(part.choice):
            return False
    return True


def judge(rule: Rule, block: Block, view: SentenceView, near: Sequence[SentenceView] = ()) -> Finding:
    """The best finding of `block` in the sentence: one that counts, else the one that came nearest. `near` are
    the `neighbours` that may give what the sentence does not say."""
    every = {part.name: view.find(part.choice) for part in block.parts}
    spans = {name: found for name, found in every.items() if found}
    elsewhere = _elsewhere(rule, block, near, spans) if block.parts[0].name in spans else {}
    if missing := [name for name in every if name not in spans and name not in elsewhere]:
        there = {name: found[0] for name, found in spans.items()}
        return Finding(block=block, view=view, because=f"missing {', '.join(missing)}", complete=False, parts=there)
    return replace(_met(rule, block, view, spans), elsewhere=elsewhere)


def neighbours(block: Block, views: Sequence[SentenceView], at: int) -> list[SentenceView]:
    """The sentences beside sentence `at` in which parts of the block may stand, nearest first, earlier first."""
    found = []
    for step in range(1, block.within_sentences):
        found += [views[i] for i in (at - step, at + step) if 0 <= i < len(views)]
    return found


def _elsewhere(rule: Rule, block: Block, near: Sequence[SentenceView], here: dict[str, list[Span]]) -> dict[str, str]:
    """The words that neighbouring sentences give for parts that are not `here`."""
    found: dict[str, str] = {}
    for view in near:
        wanted = [part for part in block.parts if part.name not in here and part.name not in found]
        spans = {part.name: view.find(part.choice) for part in wanted}
        if not any(spans.values()) or any(any_span(c, view) for c in (rule.ignore.sentences, block.unless)):
            continue
        masks = view.find(rule.ignore.phrases) if rule.ignore.phrases else []
        for name, some in spans.items():
            free = [span for span in some if not any(span.overlaps(mask) for mask in masks)]
            if free:
                found[name] = view.reading.words.span(free[0].first, free[0].end)
    return found


def _met(rule: Rule, block: Block, view: SentenceView, spans: dict[str, list[Span]]) -> Finding:
    """The best finding in a sentence that has something of the block."""
    if rule.ignore.sentences and (idioms := view.find(rule.ignore.sentences)):
        return _first(block, view, spans, f"the sentence is ignored for '{idioms[0].source}'")
    if block.unless and (reasons := view.find(block.unless)):
        return _first(block, view, spans, f"not where it says '{reasons[0].source}'")
    if rule.ignore.phrases and (masks := view.find(rule.ignore.phrases)):
        spans, hidden = _unmask(spans, masks)
        if hidden:
            return _first(block, view, spans, f"hidden by the idiom '{hidden.source}'")
    nearest: Finding | None = None
    for parts in _windows(block, spans):
        finding = _weigh(rule, block, view, parts)
        if finding.because is None:
            return finding
        nearest = nearest or finding
    return nearest or _first(block, view, spans, f"the parts are more than {block.within_words} words apart")


def _first(block: Block, view: SentenceView, spans: dict[str, list[Span]], because: str) -> Finding:
    parts = {name: found[0] for name, found in spans.items() if found}
    first = min(span.first for span in parts.values()) if parts else 0
    end = max(span.end for span in parts.values()) if parts else 0
    return Finding(block=block, view=view, because=because, complete=True, parts=parts, first=first, end=end)


def _unmask(spans: dict[str, list[Span]], masks: Sequence[Span]) -> tuple[dict[str, list[Span]], Span | None]:
    """The spans no mask lies over; and the mask that took the last one of a part, if one did."""
    left: dict[str, list[Span]] = {}
    for name, found in spans.items():
        left[name] = [span for span in found if not any(span.overlaps(mask) for mask in masks)]
        if not left[name]:
            return spans, next(mask for mask in masks if found[0].overlaps(mask))
    return left, None


def _windows(block: Block, spans: dict[str, list[Span]]) -> Iterator[dict[str, Span]]:
    """Choices of one span a part, narrow ones first, all within the block's `within_words`."""
    names = list(spans)
    lists = [spans[name] for name in names]
    while _count(lists) > _MOST_COMBINATIONS:
        longest = max(range(len(lists)), key=lambda i: len(lists[i]))
        lists[longest] = lists[longest][: len(lists[longest]) // 2]
    found = []
    for choice in product(*lists):
        width = max(span.end for span in choice) - min(span.first for span in choice)
        if block.within_words is None or width <= block.within_words:
            found.append((width, choice))
    found.sort(key=lambda window: window[0])
    for _, choice in found[:_MOST_JUDGED]:
        yield dict(zip(names, choice, strict=True))


def _count(lists: Sequence[Sequence[Span]]) -> int:
    count = 1
    for one in lists:
        count *= len(one)
    return count


def _weigh(rule: Rule, block: Block, view: SentenceView, parts: dict[str, Span]) -> Finding:
    """The claims made about the block's first part, which says what happens, held against the rule's policy."""
    first, end = min(span.first for span in parts.values()), max(span.end for span in parts.values())
    event = parts[block.parts[0].name]
    own = frozenset(
        i
        for part in block.parts
        if part.name in parts
        for i in range(parts[part.name].first, parts[part.name].end)
        if part.choice.spells(view.norm[i])
    )
    claims = claims_about(view, event, own, rule.news_for)
    policy = {**rule.claims, **block.claims}
    dropped = next((claim for claim in claims if policy[claim.kind] == "drop"), None)
    return Finding(
        block=block,
        view=view,
        because=f"{dropped.kind}: '{dropped.cue}'" if dropped else None,
        complete=True,
        parts=parts,
        first=first,
        end=end,
        claims=claims,
        lowered=any(policy[claim.kind] == "lower" for claim in claims),
    )


def any_span(choice: Choice | None, view: SentenceView) -> Span | None:
    """The first match of `choice` in the sentence, if any."""
    if choice is None:
        return None
    found = view.find(choice)
    return found[0] if found else None
