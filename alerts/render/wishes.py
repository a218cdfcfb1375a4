"""What a reader asked for, in words: in letters, on the page of preferences, and as what was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, time, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from alerts.read.regions import country_of_region
from alerts.readers import WEEKDAYS, Wishes
from alerts.render.view import country_name, event_name
from alerts.template_filters import day, listed, one_line
from alerts.types import CERTAINTIES, SEVERITIES

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "am": "አማርኛ",
        "ar": "العربية",
        "de": "Deutsch",
        "en": "English",
        "es": "Español",
        "fa": "فارسی",
        "fr": "Français",
        "my": "မြန်မာ",
        "pt": "Português",
        "ru": "Русский",
        "so": "Soomaali",
        "sw": "Kiswahili",
        "tr": "Türkçe",
        "uk": "Українська",
    }
)
"""What languages are called by those who speak them."""

Named = Callable[[str], str]
"""The name of a region by its id (`Place.admin1`)."""


def region_unknown(region: str) -> str:
    """The name of a region where there is no index of places to ask: its code with its country, "SY-ID in Syria"."""
    country = country_of_region(region)
    return f"{region} in {country_name(country)}" if country else region


def sentence(wishes: Wishes, named: Named = region_unknown) -> str:
    """All that matters, without a full stop: "alerts about attacks within 50 km of Goma, severe or worse, at once, but
    not from 22:00 to 06:00 unless extreme"."""
    parts = [asked_for(wishes, named), _rhythm(wishes)]
    gathered = wishes.rhythm != "now"
    if wishes.quiet is not None:
        parts.append(f"but not {_quiet(wishes)}{'' if gathered else _unless(wishes)}")
    if wishes.rhythm in ("daily", "weekly") or wishes.quiet is not None:
        parts[-1] += f" ({wishes.time_zone})"
    if gathered and wishes.wake_from:
        parts.append(f"and at once what is {_or_worse(wishes.wake_from)}")
    if wishes.paused_until is not None:
        parts.append(f"and nothing before {day(pause_ends(wishes))}")
    return one_line(", ".join(parts))


def asked_for(wishes: Wishes, named: Named = region_unknown) -> str:
    """Of what alerts: "alerts about attacks within 50 km of Goma, severe or worse"."""
    parts = [f"{_events(wishes)}{_somewhere(wishes, named)}"]
    if wishes.min_severity != SEVERITIES[0]:
        parts.append(_or_worse(wishes.min_severity))
    if wishes.min_certainty != CERTAINTIES[0]:
        parts.append(f"if {_at_least(wishes.min_certainty)}")
    return one_line(", ".join(parts))


def aspects(wishes: Wishes, named: Named = region_unknown) -> dict[str, str]:
    """Every wish in words, by what it is about."""
    return {
        "Events": _listed_events(wishes) if wishes.events else "all",
        "Places": one_line(listed(list(_places(wishes, named)))) or "everywhere",
        "Severity": _or_worse(wishes.min_severity),
        "Certainty": _at_least(wishes.min_certainty),
        "Mails": _rhythm(wishes),
        "Time zone": one_line(wishes.time_zone),
        "Quiet hours": _quiet(wishes) if wishes.quiet else "none",
        "At any hour": _or_worse(wishes.wake_from) if wishes.wake_from else "nothing",
        "Pause": f"until {day(pause_ends(wishes))}" if wishes.paused_until else "none",
        "Language": LANGUAGES.get(wishes.language, one_line(wishes.language)),
        "Form": "text only" if wishes.text_only else "text, HTML and pictures",
        "Discreet": "yes: sender and subject do not show what a mail is about" if wishes.discreet else "no",
        "Encryption": "with your OpenPGP key" if wishes.key else "none",
    }


def changed(before: Wishes, after: Wishes, named: Named = region_unknown) -> list[str]:
    """What is different now, a line each: "Severity: severe or worse (before: minor or worse)"."""
    old, new = aspects(before, named), aspects(after, named)
    lines = [f"{name}: {words} (before: {old[name]})" for name, words in new.items() if words != old[name]]
    if before.key and after.key and before.key != after.key:
        lines.append("Encryption: with another OpenPGP key than before")
    return lines


def zone_of(wishes: Wishes) -> tzinfo:
    """The reader's time zone; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(wishes.time_zone)
    except (KeyError, OSError, ValueError):  # what ZoneInfo raises depends on the name
        return UTC


def pause_ends(wishes: Wishes) -> date | None:
    """The day, by the reader's own calendar, on which a pause is over."""
    return None if wishes.paused_until is None else wishes.paused_until.astimezone(zone_of(wishes)).date()


def _events(wishes: Wishes) -> str:
    return f"alerts about {_listed_events(wishes)}" if wishes.events else "all alerts"


def _listed_events(wishes: Wishes) -> str:
    return one_line(listed([event_name(event) for event in wishes.events]))


def _somewhere(wishes: Wishes, named: Named) -> str:
    inside = [*map(country_name, wishes.countries), *_regions(wishes, named)]
    parts = [f"in {listed(inside, 'or')}"] if inside else []
    parts += [f"within {near.km:g} km of {near.name}" for near in wishes.near]
    return f" {listed(parts, 'or')}" if parts else ""


def _places(wishes: Wishes, named: Named) -> Iterator[str]:
    yield from map(country_name, wishes.countries)
    yield from _regions(wishes, named)
    for near in wishes.near:
        yield f"within {near.km:g} km of {near.name}"


def _regions(wishes: Wishes, named: Named) -> Iterator[str]:
    """The regions by country, so that none is named twice: "Idlib, Aleppo and Homs (Syria)"."""
    inside: dict[str, list[str]] = {}
    for name, _, country in (named(region).rpartition(", ") for region in wishes.regions):
        inside.setdefault(country if name else "", []).append(name or country)
    for country, names in inside.items():
        if country and len(names) > 1:
            yield f"{listed(names)} ({country})"
        else:
            yield from (f"{name}, {country}" if country else name for name in names)


def _or_worse(severity: str) -> str:
    return severity if severity == SEVERITIES[-1] else f"{severity} or worse"


def _at_least(certainty: str) -> str:
    return certainty if certainty == CERTAINTIES[-1] else f"{certainty} or surer"


def _rhythm(wishes: Wishes) -> str:
    if wishes.rhythm == "daily":
        return f"in one mail a day, at {wishes.hour:02}:00"
    if wishes.rhythm == "weekly":
        return f"in one mail a week, on {WEEKDAYS[wishes.weekday]} at {wishes.hour:02}:00"
    return "in one mail an hour" if wishes.rhythm == "hourly" else "at once"


def _quiet(wishes: Wishes) -> str:
    assert wishes.quiet is not None
    return f"from {_clock(wishes.quiet.begin)} to {_clock(wishes.quiet.end)}"


def _unless(wishes: Wishes) -> str:
    return f" unless {_or_worse(wishes.wake_from)}" if wishes.wake_from else ""


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"
