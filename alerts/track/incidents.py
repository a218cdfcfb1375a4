"""Which incident an alert belongs to: alerts of several rules about one happening are one mail.

Two alerts tell of one happening if one article (or a copy of it) made both, at places that may be the same, about the
same day; or if they are of different rules at the very same town within a day. Countries and provinces are too wide
for the latter, and no place at all is no meeting point.

An incident takes others in for three days after it began and then no longer, or the shelling of a besieged town
would be one incident for months. An alert that itself goes on for so long moves on: with the next article that it
shares with newer alerts it leaves the old incident for theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.track.places import lies_in
from alerts.types import Alert, Place

ONE_STORY: Final = timedelta(hours=36)  # between what one article says happened, for it to be one happening
ONE_PLACE: Final = timedelta(hours=24)  # between reports of different articles from one town
TAKES_IN: Final = timedelta(days=3)
FINE: Final = ("city", "admin2")

Link = Literal["story", "place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One article's evidence in brief. `story` is the id of the article that first told it: copies share it."""

    article: str
    story: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Another alert, with those of its reports that may be about the same happening."""

    alert: Alert
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`opened` is when that happened which its first alert told; `places` are those of all its alerts."""

    id: str
    opened: datetime
    places: tuple[Place | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The incident of an alert ("": one that is to be opened, as of `opened`), the incidents that turn out to be the
    same one, and the alerts that leave theirs for it."""

    incident: str
    opened: datetime
    joins: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()


def choose(alert: Alert, report: Report, near: Iterable[Near], incidents: Mapping[str, Incident]) -> Choice:
    """The incident of `alert`, which `report` has just joined or opened.

    `incidents` has its own, if it has one, and those of the alerts `near`, by id.
    """
    own = incidents.get(alert.incident)
    found = [own] if own is not None and _takes_in(own, report.at) else []
    places = [alert.place, *(place for incident in found for place in incident.places)]
    moving: list[Alert] = []
    for other, link in _linked(alert, report, near):
        theirs = incidents[other.incident]
        if theirs in found:
            continue
        if not _takes_in(theirs, report.at):
            if link == "story" and _fit(places, (other.place,)):
                moving.append(other)
                places.append(other.place)
        elif _fit(places, theirs.places):
            found.append(theirs)
            places.extend(theirs.places)
    if found:
        first, *rest = sorted((incident.id for incident in found), key=int)
        return Choice(incident=first, opened=report.at, joins=tuple(rest), brings=_ids(moving))
    if alert.incident and all(other.incident == alert.incident for other in moving):
        return Choice(incident=alert.incident, opened=report.at)
    return Choice(incident="", opened=report.at, brings=_ids(moving))


def link(alert: Alert, report: Report, other: Near) -> Link | None:
    """By what two alerts tell of one happening, if they do. What was wrong, or goes on as another, tells of none."""
    unheard = other.alert.triage == "dropped" and other.alert.version == 0  # else an update of it was dropped
    wrong = other.alert.state in ("cancelled", "merged") or unheard
    if wrong or other.alert.id == alert.id:
        return None
    one, two = alert.place, other.alert.place
    if any(_one_story(report, theirs) for theirs in other.reports):
        same_rule = alert.family == other.alert.family
        return "story" if (_nested(one, two) if same_rule else not _apart(one, two)) else None
    if alert.family == other.alert.family or one is None or two is None or one.id != two.id:
        return None
    close = any(abs(report.at - theirs.at) <= ONE_PLACE for theirs in other.reports)
    return "place" if close and one.precision in FINE else None


def _linked(alert: Alert, report: Report, near: Iterable[Near]) -> list[tuple[Alert, Link]]:
    """The stronger link first, then the older incident: where not all can be joined, these are."""
    found = [(other.alert, how) for other in near if (how := link(alert, report, other)) is not None]
    return sorted(found, key=lambda pair: (pair[1] != "story", int(pair[0].incident), int(pair[0].id)))


def _one_story(one: Report, other: Report) -> bool:
    return (one.article == other.article or one.story == other.story) and abs(one.at - other.at) <= ONE_STORY


def _takes_in(incident: Incident, at: datetime) -> bool:
    return abs(at - incident.opened) <= TAKES_IN


def _fit(places: Sequence[Place | None], more: Iterable[Place | None]) -> bool:
    """No two towns: a country that two of them lie in does not make them one."""
    return not any(_apart(one, other) for other in more for one in places)


def _apart(one: Place | None, other: Place | None) -> bool:
    return one is not None and other is not None and one.id != other.id and not _nested(one, other)


def _nested(one: Place | None, other: Place | None) -> bool:
    return one is not None and other is not None and (lies_in(one, other) or lies_in(other, one))


def _ids(alerts: Iterable[Alert]) -> tuple[str, ...]:
    return tuple(alert.id for alert in alerts)
