"""The title and summary of an alert: the rule's own lines with the alert's words and numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.errors import TemplateError
from alerts.match.rule import Rule
from alerts.template_env import render_line
from alerts.types import Alert, Evidence

LONGEST_TITLE = 160
LONGEST_SUMMARY = 600


def texts(rule: Rule, alert: Alert, evidence: Sequence[Evidence]) -> tuple[str, str, TemplateError | None]:
    """Title and summary; with the fault, if a line could not be put together: plain words stand in for it
    then, for a fault in a rule's line must not keep an alert from its readers. A person's title goes before the
    rule's."""
    assert rule.alert is not None
    words = variables(rule, alert, evidence)
    fault = None
    try:
        title = render_line(rule.alert.title, words, file=rule.file, line=rule.alert.title_line, limit=LONGEST_TITLE)
    except TemplateError as error:
        title, fault = f"{rule.title}: {alert.place.name}" if alert.place else rule.title, error
    try:
        summary = render_line(
            rule.alert.summary, words, file=rule.file, line=rule.alert.summary_line, limit=LONGEST_SUMMARY
        )
    except TemplateError as error:
        summary, fault = str(words["quote"]), error
    return alert.own_title or title, summary[:1].upper() + summary[1:], fault


def variables(rule: Rule, alert: Alert, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """What a rule's lines may use. A part that the hit does not have is an empty text, a number nobody gave
    is None (and `| people` says so)."""
    told = [item for item in evidence if item.hit.current] or list(evidence)
    latest = _speaking(rule, alert, told)
    hit = latest.hit
    parts = {part.name: "" for block in rule.blocks for part in block.parts}
    numbers: dict[str, Any] = {number.name: alert.numbers.get(number.name) for number in rule.numbers}
    place = alert.place
    return {
        **parts,
        **hit.parts,
        **numbers,
        "place": place.name if place else "",
        "country": place.country if place else "",
        "admin1": (place.admin1_name or "") if place else "",
        "quote": hit.sentence,
        "source": latest.source or latest.owner,
        "source_count": alert.origins,
        "article_count": alert.articles,
        "confirmed": alert.confirmed,
        "alleged": all(item.hit.alleged for item in told),
        "severity": alert.severity,
        "certainty": alert.certainty,
        "event": alert.event,
        "rule_title": rule.title,
        "article_title": latest.title,
        "url": latest.url,
        "published": latest.published,
        "event_time": hit.event_time,
        "state": hit.needs_state or "",
    }


def _speaking(rule: Rule, alert: Alert, told: Sequence[Evidence]) -> Evidence:
    """The evidence whose sentence is quoted: the latest that gives the alert's first number, so that the quote does not
    contradict it; where there is none, the latest."""
    for name in (number.name for number in rule.numbers if number.name in alert.numbers):
        number = alert.numbers[name]
        stated = [(item, item.hit.numbers[name]) for item in told if name in item.hit.numbers]
        giving = [item for item, own in stated if (own.low, own.high) == (number.low, number.high)]
        if giving:
            told = giving
            break
    return max(told, key=lambda item: (item.published, item.article_id))
