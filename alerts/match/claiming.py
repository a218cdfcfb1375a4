"""The claims that count against a hit: what the reader says of its clause, less what the rule sees otherwise."""

from __future__ import annotations

from datetime import timedelta

from alerts.match.phrases import Span
from alerts.match.view import SentenceView
from alerts.types import Claim

_LONG = 3  # words of an event whose end is weighed by itself


def claims_about(view: SentenceView, event: Span, own: frozenset[int], news_for: timedelta | None) -> tuple[Claim, ...]:
    """The claims about the event; of a long one also those that a cue inside it makes of its end: in "aid
    deliveries to the town could be halted" the first half is no more certain than the second."""
    claims = view.reading.claims(event.first, event.end, own)
    if event.end - event.first >= _LONG:
        kinds = {claim.kind for claim in claims}
        of_the_end = view.reading.claims(event.end - 1, event.end, own)
        inside = (claim for claim in of_the_end if event.first < claim.at < event.end and claim.kind not in kinds)
        claims = (*claims, *inside)
    return still_news(view, claims, news_for)


def still_news(view: SentenceView, claims: tuple[Claim, ...], news_for: timedelta | None) -> tuple[Claim, ...]:
    """Without the totals and lasting states that began not longer ago than `news_for`: "displaced since
    1 December" is the news of January, "displaced since 2011" is not."""
    if news_for is None:
        return claims
    earliest = view.reading.reading.article.published.date() - news_for
    recent = [when for when in view.reading.dates if when.relation in ("since", "for") and when.start >= earliest]
    return tuple(
        claim
        for claim in claims
        if claim.kind not in ("total", "standing") or not any(when.first <= claim.at <= when.last for when in recent)
    )
