"""What the page templates may use: alerts, their evidence and their history, cleaned and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from alerts.render.cap import is_public
from alerts.render.marks import marked
from alerts.render.view import Notice, Numbers, Site, alert_view, event_name, numbers_view, place_view, web_link
from alerts.store import codec
from alerts.store.alerts import Listed, Record, Version
from alerts.store.nearby import Neighbour
from alerts.template_filters import count, day, one_line, people
from alerts.types import Alert, AlertState, Evidence, Hit, MessageKind, Place, PlaceFrom, Quantity

MOST_ORIGINS: Final = 100
MOST_MORE: Final = 50

STATE_WORDS: Final[Mapping[AlertState, tuple[str, str]]] = {
    "unconfirmed": ("Unconfirmed", "No second independent source has reported it yet."),
    "active": ("Confirmed", "Independent sources report it, and it is recent."),
    "ended": ("Ended", "Nothing more was heard of it. That does not mean that it is over."),
    "closed": ("Over", "It is reported to be over."),
    "cancelled": ("Cancelled", "This alert was wrong."),
    "merged": ("Merged", "It is the same event as another alert, which goes on."),
}
KIND_WORDS: Final[Mapping[MessageKind, str]] = {
    "new": "First alert",
    "update": "Update",
    "close": "Over",
    "cancel": "Cancelled",
}
_CLAIMS: Final = {
    "alleged": "an allegation",
    "possible": "said to be possible",
    "denied": "denied",
    "past": "about the past",
    "total": "a running total",
    "standing": "a state that goes on",
}
_PLACE_FROM: Final[Mapping[PlaceFrom, str]] = {
    "sentence": "named in the sentence",
    "before": "named in an earlier sentence",
    "title": "named in the title",
    "dateline": "named in the dateline",
    "article": "the place the article is about",
    "feed": "the country of the feed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of the filter."""

    value: str
    label: str
    chosen: bool


def options(pairs: Iterable[tuple[str, str]], chosen: str) -> list[Choice]:
    """The options of one field; what is chosen is among them even if nothing in the archive has it."""
    labels = dict(pairs)
    if chosen and chosen not in labels:
        labels[chosen] = chosen
    return [Choice(value=value, label=label, chosen=value == chosen) for value, label in labels.items()]


def by_day(listed: Sequence[Listed]) -> list[dict[str, Any]]:
    """The list under one heading a day."""
    days = groupby(listed, key=lambda item: day(item.alert.updated))
    return [{"day": name, "alerts": [item_view(item) for item in items]} for name, items in days]


def item_view(listed: Listed) -> dict[str, Any]:
    """One alert of the list."""
    alert = listed.alert
    return {
        "id": alert.id,
        "title": one_line(listed.title),
        "summary": one_line(listed.summary),
        "severity": alert.severity,
        "certainty": alert.certainty,
        "state": alert.state,
        "state_word": STATE_WORDS[alert.state][0],
        "place": place_view(codec.to_json(alert.place)),
        "event_name": event_name(alert.event),
        "numbers": numbers_view(alert.numbers),
        "origins": alert.origins,
        "articles": alert.articles,
        "updated": alert.updated,
    }


def record_view(record: Record, site: Site) -> dict[str, Any]:
    """One alert with all that is known of it."""
    alert = record.alert
    fields = codec.to_json(alert) | {"title": record.title, "summary": record.summary}
    last = record.versions[-1]
    speaks = [item for item in record.evidence if item.hit.current]
    notice = Notice(
        alert_id=alert.id,
        version=last.version,
        kind=last.kind,
        at=last.at,
        why=last.why,
        changes=last.changes,
        fields=fields,
        evidence=speaks,
    )
    view = alert_view(notice, site)
    origins = origin_groups(speaks)
    word, meaning = STATE_WORDS[alert.state]
    return view | {
        "id": alert.id,
        "level": alert.severity,
        "state": alert.state,
        "state_word": word,
        "state_meaning": meaning,
        "merged_into": alert.merged_into,
        "figures": [figure_view(name, quantity) for name, quantity in alert.numbers.items()],
        "denied_by": [one_line(name) for name in alert.told.get("denied_by", ())],
        "versions": [version_view(version) for version in reversed(record.versions)],
        "origins": origins[:MOST_ORIGINS],
        "origin_count": len(origins),
        "article_count": len(speaks),
        "against": [article_view(item) for item in record.evidence if not item.hit.current][:MOST_MORE],
        "left_out": max(0, len(origins) - MOST_ORIGINS),
        "latitude_longitude": latitude_longitude(alert.place),
    }


def told_notice(told: Version, record: Record) -> Notice:
    """A version as its readers were told it."""
    return Notice(
        alert_id=told.alert_id,
        version=told.version,
        kind=told.kind,
        at=told.at,
        why=told.why,
        changes=told.changes,
        fields=told.fields,
        evidence=[item for item in record.evidence if item.seen <= told.at] or record.evidence,
        history=tuple(
            Numbers(at=one.at, numbers=one.fields.get("numbers") or {})
            for one in record.versions
            if one.version <= told.version
        ),
    )


def others_view(others: Iterable[tuple[Alert, str]]) -> list[dict[str, str]]:
    """The other alerts of an incident that readers were told of."""
    return [
        {
            "id": alert.id,
            "title": one_line(title),
            "event_name": event_name(alert.event),
            "severity": alert.severity,
            "state_word": STATE_WORDS[alert.state][0],
        }
        for alert, title in others
        if alert.version
    ]


def neighbours_view(found: Iterable[Neighbour]) -> list[dict[str, Any]]:
    """What else happened near an alert."""
    return [
        {
            "id": one.id,
            "title": one_line(one.title),
            "event_name": event_name(one.event),
            "severity": one.severity,
            "state_word": STATE_WORDS[one.state][0],
            "day": day(one.last_event),
            "km": None if one.km is None else round(one.km),
        }
        for one in found
    ]


def figure_view(name: str, quantity: Quantity) -> dict[str, str]:
    """One number of an alert: the best figure, how far its sources differ, and the words it was printed in."""
    between = ""
    if quantity.sources > 1 and quantity.least is not None and quantity.most is not None:
        between = f"{_span(quantity.least, quantity.most)}, in {quantity.sources} sources"
    return {
        "label": name.replace("_", " "),
        "words": people(quantity),
        "between": between,
        "printed": one_line(quantity.text),
    }


def _span(low: float, high: float) -> str:
    return f"{count(low)}" if low == high else f"{count(low)} to {count(high)}"


def version_view(version: Version) -> dict[str, Any]:
    """One line of the history: what readers were told, when and why."""
    word = KIND_WORDS[version.kind]
    return {
        "number": version.version,
        "label": f"{word} {version.version - 1}" if version.kind == "update" else word,
        "at": version.at,
        "why": one_line(version.why),
        "changes": [one_line(change) for change in version.changes if change != version.why],
        "title": one_line(version.fields.get("title", "")),
        "severity": str(version.fields.get("severity", "")),
        "certainty": str(version.fields.get("certainty", "")),
        "has_message": is_public(version),
    }


def origin_groups(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Evidence by origin, the first to tell it first; what does not count by itself under its origin."""
    groups: dict[str, list[Evidence]] = {}
    for item in sorted(evidence, key=lambda item: (item.published, item.article_id)):
        groups.setdefault(item.origin, []).append(item)
    return [_group(name, items) for name, items in groups.items()]


def _group(name: str, items: Sequence[Evidence]) -> dict[str, Any]:
    first = next((item for item in items if item.article_id == name), items[0])
    more = [item for item in items if item is not first]
    return {
        "first": article_view(first),
        "more": [article_view(item) for item in more[:MOST_MORE]],
        "more_count": len(more),
        "more_left_out": max(0, len(more) - MOST_MORE),
    }


def article_view(item: Evidence) -> dict[str, Any]:
    """One article of the evidence, with the sentence in pieces and what the rule found in it."""
    hit = item.hit
    return {
        "source": one_line(item.source) or "Unnamed source",
        "official": item.tier == 1,
        "title": one_line(item.title) or "Untitled article",
        "url": web_link(item.url),
        "address": one_line(item.url),
        "published": item.published,
        "pieces": marked(hit.sentence, hit.quote, hit.parts),
        "rule": one_line(hit.rule),
        "parts": [{"name": name.replace("_", " "), "words": one_line(words)} for name, words in hit.parts.items()],
        "numbers": numbers_view(hit.numbers),
        "claims": claims_view(hit),
        "counts": hit.current,
        "because": one_line(hit.because or ""),
        "place": place_view(codec.to_json(hit.place)),
        "place_from": _PLACE_FROM.get(hit.place_from, "") if hit.place_from else "",
        "cited": [one_line(name) for name in item.cited],
    }


def claims_view(hit: Hit) -> list[dict[str, str]]:
    """What kind of statement it is, with the words that say so."""
    return [{"kind": _CLAIMS.get(claim.kind, claim.kind), "cue": one_line(claim.cue)} for claim in hit.claims]


def latitude_longitude(place: Place | None) -> str:
    """Where a place is, for people; empty where that is not known."""
    if place is None or place.lat is None or place.lon is None:
        return ""
    north, east = "N" if place.lat >= 0 else "S", "E" if place.lon >= 0 else "W"
    return f"{abs(place.lat):.2f}° {north}, {abs(place.lon):.2f}° {east}"
