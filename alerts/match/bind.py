"""From a finding to a hit: the numbers, the place, the time and the level that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from alerts.match.counting import stated
from alerts.match.judge import Finding, any_span
from alerts.match.rule import NumberRule, Rule
from alerts.match.view import SentenceView
from alerts.read import numbers
from alerts.types import SEVERITIES, Hit, Place, Quantity, Severity

_NEWEST = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """People in a household: by country (alpha-3), and where nothing is known."""

    usual: float = 5.0
    by_country: Mapping[str, float] = field(default_factory=dict)

    def of(self, country: str | None) -> float:
        return self.by_country.get(country or "", self.usual)


def bind(
    rule: Rule, finding: Finding, views: Sequence[SentenceView], households: Households, needs_state: str | None
) -> Hit:
    """The hit for a finding in which every part is there. It counts when nothing speaks against it."""
    view, reading = finding.view, finding.view.reading.reading
    place, place_from, place_name = reading.place_of(view.reading.index, finding.first, finding.end)
    size = households.of(place.country if place else reading.article.country)
    quantities = {
        number.name: quantity
        for number in rule.numbers
        if (quantity := _number(number, finding, views, size, rule.news_for))
    }
    because = finding.because or _against(rule, quantities, place, place_name)
    severity, _ = level(rule, view, quantities)
    return Hit(
        rule=rule.name,
        rule_version=rule.version,
        family=rule.family,
        event=rule.event,
        current=because is None,
        because=because,
        severity=severity,
        sentence=view.reading.sentence.text,
        sentence_index=view.reading.index,
        quote=view.reading.words.span(finding.first, finding.end),
        parts={
            **{name: view.reading.words.span(span.first, span.end) for name, span in finding.parts.items()},
            **finding.elsewhere,
        },
        claims=finding.claims,
        place=place,
        place_from=place_from,
        numbers=quantities,
        event_time=event_time(finding),
        alleged=any(claim.kind == "alleged" for claim in finding.claims),
        lowered=finding.lowered,
        needs_state=needs_state,
        opens=finding.block.opens,
        closes=finding.block.closes,
        holds=finding.block.holds,
    )


def _against(rule: Rule, quantities: dict[str, Quantity], place: Place | None, place_name: str | None) -> str | None:
    """What of the rule's own conditions speaks against the hit."""
    for number in rule.numbers:
        if number.at_least is None:
            continue
        quantity = quantities.get(number.name)
        if quantity is None:
            return f"the number '{number.name}' is not given"
        if quantity.low < number.at_least:
            return f"below at_least: {number.name} {quantity.low:,.0f} < {number.at_least:,.0f}"
    if rule.place.required and place is None and place_name is None:
        return "no place is named"
    country = place.country if place else None
    if country and rule.place.countries and country not in rule.place.countries:
        return f"the country {country} is not watched"
    if country and country in rule.place.not_countries:
        return f"the country {country} is left out"
    return None


def _number(
    rule: NumberRule, finding: Finding, views: Sequence[SentenceView], household: float, news_for: timedelta | None
) -> Quantity | None:
    """The number of the hit's sentence nearest to it; else of the next sentence or the title."""
    at = finding.view.reading.index
    for index in (at, at + 1, 0):
        if not 0 <= index < len(views) or (index == 0 and at > 3):
            continue
        near = (finding.first, finding.end) if index == at else None
        if found := stated(rule, views[index], near, news_for):
            return numbers.quantity(found, rule.household or household)
    return None


def level(rule: Rule, view: SentenceView, quantities: Mapping[str, Quantity]) -> tuple[Severity, str]:
    """The severity of a hit, and why: the highest step its numbers reach, raised by what is said."""
    best: tuple[Severity, str] | None = None
    for name, steps in rule.severity.steps.items():
        quantity = quantities.get(name)
        if quantity is None:
            continue
        for bound, severity in steps:
            if quantity.low >= bound:
                best = _higher(best, (severity, f"{name} {quantity.low:,.0f}"))
    best = best or (rule.severity.default or "moderate", "default")
    for choice, severity in rule.severity.raises:
        if span := any_span(choice, view):
            best = _higher(best, (severity, f"'{view.reading.words.span(span.first, span.end)}'"))
    return best


def _higher(one: tuple[Severity, str] | None, other: tuple[Severity, str]) -> tuple[Severity, str]:
    return other if one is None or SEVERITIES.index(other[0]) > SEVERITIES.index(one[0]) else one


def event_time(finding: Finding) -> datetime:
    """The day the sentence names, if it names one surely and lately; else the time of publication."""
    published = finding.view.reading.reading.article.published
    days = [
        when
        for when in finding.view.reading.dates
        if when.relation == "on" and when.precision in ("day", "hour") and when.start == when.end
    ]
    for when in sorted(days, key=lambda day: abs(day.first - finding.first)):
        day = datetime.combine(when.start, time(12), tzinfo=UTC)
        if published - _NEWEST <= day <= published + timedelta(days=1):
            return min(day, published)
    return published
