"""A digest: all that waited for a reader, in one mail. A short list first, by country, then some lines about the worst.

How much of it is more than a list depends on how long it gets: a mail program cuts off what is over 100 kB, and a
telephone at the end of a bad line does not load it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from alerts.render.view import Notice, Site, direction, web_link
from alerts.template_filters import day, one_line, shorten

MOST: Final = 40
"""How many alerts a digest lists; the others it counts."""
STEPS: Final = ((MOST, 15), (MOST, 8), (MOST, 4), (MOST, 0), (20, 0), (10, 0))
"""How many it lists, and of how many it says more than a line: the first of these for which there is room."""
LONGEST_TITLE: Final = 110
ROOM: Final = 84_000
"""Bytes of both its parts as they are sent, without headers and the tokens of links."""
TOKEN: Final = 120
"""Bytes of a token in a link, about; a link stands in both parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a digest tells: `notices`, the worst first, at most `MOST` of `count` alerts, of which so many are `extreme`
    and `severe`. `covered`: what alerts in it cover. `first` to `last`: the days that it is about, by the reader's
    calendar."""

    notices: tuple[Notice, ...]
    covered: tuple[Notice, ...] = ()
    count: int
    extreme: int
    severe: int
    first: date
    last: date


def key(digest: Digest) -> Hashable:
    """What tells two digests apart, beside their notices."""
    return digest.count, digest.extreme, digest.severe, digest.first, digest.last


def subject(digest: Digest) -> str:
    """ "Alerts of 3 March: 12 (2 severe)"."""
    bad = [f"{number} {level}" for number, level in ((digest.extreme, "extreme"), (digest.severe, "severe")) if number]
    return f"Alerts of {span(digest.first, digest.last)}: {digest.count}" + (f" ({', '.join(bad)})" if bad else "")


def span(first: date, last: date) -> str:
    """ "3 March", "2 to 3 March", "27 February to 3 March"; a year stands where there are two."""
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    end = day(last).removesuffix(f" {last.year}")
    if first == last:
        return end
    begin = day(first).removesuffix(f" {first.year}")
    return f"{begin.split()[0]} to {end}" if first.month == last.month else f"{begin} to {end}"


def digest_view(digest: Digest, site: Site, *, shown: int, language: str = "en") -> dict[str, object]:
    """The variables of the templates `mail/digest.*` without its alerts and its reader (`templates/README.md`)."""
    return {
        "subject": subject(digest),
        "span": span(digest.first, digest.last),
        "count": digest.count,
        "extreme": digest.extreme,
        "severe": digest.severe,
        "more": digest.count - min(shown, len(digest.notices)),
        "url": web_link(f"{site.base_url.rstrip('/')}/alerts") if site.base_url else "",
        "site_name": one_line(site.name),
        "contact": one_line(site.contact),
        "language": language,
        "direction": direction(language),
    }


def by_country(alerts: Sequence[Mapping[str, Any]], details: int) -> list[dict[str, object]]:
    """The alerts (as `mail` has them, the worst first) by country, numbered, with a `short` title; the country with the
    worst comes first. The first `details` of all are `detailed`."""
    named: dict[str, list[Mapping[str, Any]]] = {}
    for one in alerts:
        named.setdefault(one["place"]["country"] if one["place"] else "", []).append(one)
    number, detailed = 0, {id(one) for one in alerts[:details]}
    groups: list[dict[str, object]] = []
    for name, group in named.items():
        shown = []
        for one in group:
            number += 1
            short = shorten(str(one["title"]), LONGEST_TITLE)
            shown.append({**one, "number": number, "short": short, "detailed": id(one) in detailed})
        groups.append({"name": name or "Place not known", "alerts": shown})
    return groups


def size(text: str, html: str) -> int:
    """Bytes of the parts as they are sent (quoted-printable: three for each byte that is not ASCII)."""
    return sum(3 * len(part.encode()) - 2 * sum(map(str.isascii, part)) for part in (text, html))


def last_resort(view: Mapping[str, Any], reason: str) -> str:
    """The digest when no template works: a list."""
    lines = [str(view["subject"]), ""]
    for country in view["countries"]:
        lines += [f"{one['number']}. {one['title']} ({one['severity']}) {one['url']}" for one in country["alerts"]]
    return "\n".join([*lines, "-- ", reason])
