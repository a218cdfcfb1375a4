"""A report of a backtest as rows of a page: small enough to be kept for an hour, whatever the rule has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from alerts.engine.backtest import Alerts, Report
from alerts.match.backtest import Change, PhraseCount, Reason, Seen, sample
from alerts.match.phrasing import list_of
from alerts.template_filters import people, shorten
from alerts.types import Hit

_SAMPLES: Final = 20
_CHANGES: Final = 15
_FEW: Final = 3
_REASONS: Final = 12
_PHRASES: Final = 12  # of a part
_NEVER: Final = 30
_LONGEST: Final = 600
_LONGEST_PHRASE: Final = 120


def report_rows(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    difference = report.difference
    return {
        "articles": report.articles,
        "first": report.first and report.first.isoformat(),
        "last": report.last and report.last.isoformat(),
        "weeks": report.weeks,
        "hits": len(report.hits),
        "articles_hit": report.articles_hit,
        "alerts": _alerts(report.alerts),
        "alerts_against": report.alerts_against and _alerts(report.alerts_against),
        "against": report.against and {"version": report.against.version, "status": report.against.status},
        "same": difference and difference.same,
        "new": difference and _changes(difference.new),
        "lost": difference and _changes(difference.lost),
        "days": _days(report),
        "phrases": _phrases(report.phrases),
        "never": _never(report.phrases),
        "dropped": _reasons(report.dropped),
        "hidden": _reasons(report.hidden),
        "shared": [
            {"rule": one.rule, "sentences": one.sentences, "articles": one.articles} for one in report.shared[:_REASONS]
        ],
        "samples": [_seen(one) for one in sample(report.hits, _SAMPLES)],
    }


def _alerts(found: Alerts) -> dict[str, Any]:
    return {"opened": found.opened, "busiest": found.busiest, "messages": found.messages}


def _changes(changes: Sequence[Change]) -> dict[str, Any]:
    by_key = {one.seen.key: one for one in changes}
    chosen = sample((one.seen for one in changes), _CHANGES)
    return {"number": len(changes), "samples": [_seen(one) | {"other": by_key[one.key].because} for one in chosen]}


def _days(report: Report) -> list[tuple[str, int, int, int]]:
    """For each day with a hit: those that both versions have, the new and the lost. Without another version all are
    of the first kind."""
    new = {one.seen.key for one in report.difference.new} if report.difference else set()
    lost = report.difference.lost if report.difference else ()
    both = Counter(_day(one) for one in report.hits if one.key not in new)
    added = Counter(_day(one) for one in report.hits if one.key in new)
    gone = Counter(_day(one.seen) for one in lost)
    days = sorted(both.keys() | added.keys() | gone.keys())
    return [(one.isoformat(), both[one], added[one], gone[one]) for one in days]


def _day(one: Seen) -> date:
    return one.published.date()


def _phrases(found: Sequence[PhraseCount]) -> list[dict[str, Any]]:
    met = [one for one in found if one.hits]
    parts = dict.fromkeys(one.part for one in met)
    shown = [one for part in parts for one in [row for row in met if row.part == part][:_PHRASES]]
    return [
        {"part": one.part, "phrase": shorten(one.phrase, _LONGEST_PHRASE), "hits": one.hits, "alone": one.alone}
        for one in shown
    ]


def _never(phrases: Sequence[PhraseCount]) -> list[str]:
    """The phrases that found nothing; of a word list the lines are not told, for other rules use them, too."""
    found = {(one.part, list_of(one.phrase) or one.phrase) for one in phrases if one.hits}
    names = dict.fromkeys((one.part, list_of(one.phrase) or one.phrase) for one in phrases)
    missing = [f"{part}: {name}" for part, name in names if (part, name) not in found]
    more = [f"and {len(missing) - _NEVER} more"] if len(missing) > _NEVER else []
    return [*(shorten(one, _LONGEST_PHRASE) for one in missing[:_NEVER]), *more]


def _reasons(reasons: dict[Reason, list[Seen]]) -> list[dict[str, Any]]:
    return [
        {
            "kind": why.kind,
            "by": shorten(why.by, _LONGEST_PHRASE),
            "hits": len(found),
            "samples": [_seen(one) for one in sample(found, _FEW)],
        }
        for why, found in list(reasons.items())[:_REASONS]
    ]


def _seen(one: Seen) -> dict[str, Any]:
    hit = one.hit
    return {
        "id": one.article_id,
        "source": one.source,
        "published": one.published.isoformat(),
        "sentence": hit.sentence if len(hit.sentence) <= _LONGEST else shorten(hit.sentence, _LONGEST),
        "quote": hit.quote,
        "parts": hit.parts,
        "facts": _facts(hit),
    }


def _facts(hit: Hit) -> list[str]:
    place = [f"{hit.place.name}, {hit.place.country}"] if hit.place else ["no place"]
    numbers: Iterable[str] = (f"{name.replace('_', ' ')}: {people(number)}" for name, number in hit.numbers.items())
    return [hit.severity, *place, *numbers]
