"""Whether a block of a rule is met in a sentence, and when not, why not.

The engine asks this of sentences the index lets through; `explain` and the examples of a rule ask it of
any sentence, so both always give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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

    `parts` maps part names to the words found: all of them when every part is there, else those that are.
    """

    block: Block
    view: SentenceView
    because: str | None
    complete: bool
    parts: dict[str, Span] = field(default_factory=dict)
    first: int = 0
    end: int = 0
    claims: tuple[Claim, ...] = ()
    lowered: bool = False


def judge(rule: Rule, block: Block, view: SentenceView) -> Finding:
    """The best finding of `block` in the sentence: one that counts, else the one that came nearest."""
    spans = {part.name: view.find(part.choice) for part in block.parts}
    missing = [name for name, found in spans.items() if not found]
    if missing:
        there = {name: found[0] for name, found in spans.items() if found}
        return Finding(block=block, view=view, because=f"missing {', '.join(missing)}", complete=False, parts=there)
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
