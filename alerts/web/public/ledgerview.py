"""The ledger of a place in words: what holds there, from when to when, by whose report, and what that means for rules.

What a person of the service put into it is told without their name and reason, which are not for the public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alerts.match.rule import Rule
from alerts.render.view import country_name, web_link
from alerts.store.placed import Report
from alerts.template_filters import day, one_line
from alerts.track.ledger import LAPSED, LedgerEntry
from alerts.web.public.placeviews import place_url
from alerts.web.public.rulewords import rule_url
from alerts.web.site import Web

_TITLES: Final[Mapping[str, str]] = {"ceasefire": "Ceasefire", "siege": "Siege", "control": "Who holds it"}
_ARTICLE: Final = re.compile(r"article (\d{1,9}) \(([a-z0-9_]{1,120})\)")


def article_ids(entries: Iterable[LedgerEntry]) -> set[int]:
    """The articles by which entries were opened and closed."""
    said = [word for entry in entries for word in (entry.opened_by, entry.closed_by or "")]
    return {int(found[1]) for word in said if (found := _ARTICLE.fullmatch(word))}


def in_force(entry: LedgerEntry, now: datetime) -> bool:
    return entry.until is None and entry.covers(now)


def entry_view(
    web: Web, entry: LedgerEntry, now: datetime, reports: Mapping[int, Report], rules: Mapping[str, Sequence[Rule]]
) -> dict[str, Any]:
    """One entry: what, where, from when to when, who says so, and which rules listen to it while it holds."""
    holds = in_force(entry, now)
    country = country_name(entry.country)
    where = one_line(entry.place_name)
    return {
        "name": _TITLES.get(entry.name, one_line(entry.name).replace("_", " ").capitalize()),
        "holder": one_line(entry.parties),
        "place": where if entry.place_id == entry.country else f"{where}, {country}",
        "place_url": place_url(web, entry.place_id),
        "in_force": holds,
        "since": None if entry.since == entry.end else entry.since,
        "until": entry.end,
        "until_words": _until(entry, now),
        "opened": _said(entry.opened_by, reports),
        "closed": None if entry.closed_by in (None, LAPSED) else _said(str(entry.closed_by), reports),
        "rules": [
            {"title": one_line(rule.title), "url": rule_url(web, rule.name)} for rule in rules.get(entry.name, ())
        ],
    }


def _until(entry: LedgerEntry, now: datetime) -> str:
    if entry.until is not None:
        how = "when nobody had spoken of it for long" if entry.closed_by == LAPSED else "as was reported"
        return f"over since {day(entry.end)}, {how}"
    if entry.lapses < now:
        return f"not heard of since {day(entry.confirmed_at)}"
    if entry.named:
        return f"until {day(entry.lapses)}, as was said"
    return f"taken to last until {day(entry.lapses)}, unless it is reported again or over"


def _said(word: str, reports: Mapping[int, Report]) -> dict[str, Any]:
    """Who says so: an article, or a person of the service."""
    found = _ARTICLE.fullmatch(word)
    if found is None:
        return {"source": "", "title": "", "url": "", "published": None, "alert_id": None, "by_hand": True}
    report = reports.get(int(found[1]))
    return {
        "source": one_line(report.source) if report else "",
        "title": one_line(report.title) if report else "",
        "url": web_link(report.url) if report else "",
        "published": report.published if report else None,
        "alert_id": report.alert_id if report else None,
        "by_hand": False,
    }
