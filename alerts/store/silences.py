"""Silences as they are stored, what they hid, and what one would have hidden.

What was hidden is not noted here: it stands in the outbox, as mails that are `silenced` and name their silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update

from alerts.errors import InputError
from alerts.store import codec
from alerts.store.people import get_person
from alerts.store.schema import UtcTime, alert_version, outbox, silence
from alerts.track.severity import rank
from alerts.track.silence import Silence, covers, faults, is_low_enough, lapsed
from alerts.track.silence import in_force as is_in_force
from alerts.types import Place, Severity

PREVIEW: Final = timedelta(days=30)
_LONGEST: Final = {"author": 200, "why": 2000}  # what a person may write; a limit on accidents
_SILENCED: Final = (outbox.c.state == "silenced") & outbox.c.silence_id.is_not(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """An alert that a silence hid: its title, severity and time in the last version that was hidden, and how many
    mails that spared readers."""

    alert_id: str
    title: str
    severity: Severity
    at: datetime
    mails: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A version of an alert that a reader was not told, because it was silenced."""

    version: int
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a silence would have done: the alerts it would have hidden, the worst and then the latest first, and how
    many that it is about are worse than it may hide."""

    since: datetime
    hidden: tuple[Hidden, ...]
    passed: int


def add(conn: Connection, draft: Silence, now: datetime) -> Silence:
    """Store a silence that begins now; returns it with its id. Raises InputError for what none may be."""
    draft = replace(draft, created=now, last_hid=None, ended=None, ended_because=None)
    if found := faults(draft, now):
        raise InputError("; ".join(f"{key}: {message}" for key, message in found))
    row: dict[str, Any] = {
        "rules": list(draft.rules),
        "place": codec.to_json(draft.place),
        "up_to": draft.up_to,
        "person_id": draft.person_id,
        "created": draft.created,
        "until": draft.until,
        "idle_days": draft.idle_days,
    }
    row |= {name: codec.clean(getattr(draft, name)).strip()[:most] for name, most in _LONGEST.items()}
    return _silence(conn.execute(insert(silence).values(row).returning(silence)).one())


def mute(conn: Connection, person_id: int, place: Place | None, days: int, now: datetime) -> Silence:
    """A reader's own silence of a place, for mails to this reader only. Where the reader has one of this place that
    lasts as long, that one; a shorter one ends. Raises InputError, in words for the reader."""
    if place is None:
        raise InputError("it is not known where this happened, so there is no place to mute")
    if get_person(conn, person_id) is None:
        raise InputError(f"there is no reader {person_id}")
    until = now + timedelta(days=days)
    own = [one for one in in_force(conn, now) if one.person_id == person_id and not one.rules and one.place is not None]
    same = [one for one in own if one.place is not None and one.place.id == place.id]
    for one in same:
        if one.until >= until:
            return one
        end(conn, one.id, now, "muted anew by its reader")
    draft = Silence(
        rules=(),
        place=place,
        person_id=person_id,
        author=f"reader {person_id}",
        why=f"muted by its reader for {days} days",
        created=now,
        until=until,
    )
    return add(conn, draft, now)


def get(conn: Connection, silence_id: int) -> Silence | None:
    row = conn.execute(select(silence).where(silence.c.id == silence_id)).one_or_none()
    return None if row is None else _silence(row)


def list_silences(conn: Connection, *, ended: bool = False) -> list[Silence]:
    """Silences that are not ended, the first to end first; with `ended` all, the latest first."""
    query = select(silence)
    if ended:
        query = query.order_by(silence.c.id.desc())
    else:
        query = query.where(silence.c.ended.is_(None)).order_by(silence.c.until, silence.c.id)
    return [_silence(row) for row in conn.execute(query)]


def in_force(conn: Connection, now: datetime) -> list[Silence]:
    """The silences that hide something now, as they came."""
    query = select(silence).where(silence.c.ended.is_(None)).order_by(silence.c.id)
    return [one for one in map(_silence, conn.execute(query)) if is_in_force(one, now)]


def hid(conn: Connection, silence_id: int, now: datetime) -> None:
    """Note that a silence hid something just now: it is not idle."""
    conn.execute(update(silence).where(silence.c.id == silence_id).values(last_hid=now))


def end(conn: Connection, silence_id: int, now: datetime, because: str) -> Silence:
    """End a silence before its time. Raises InputError for one that is not there, or ended already."""
    values = {"ended": now, "ended_because": codec.clean(because).strip()[: _LONGEST["why"]]}
    going_on = (silence.c.id == silence_id) & silence.c.ended.is_(None)
    row = conn.execute(update(silence).where(going_on).values(values).returning(silence)).one_or_none()
    if row is None:
        there = get(conn, silence_id)
        what = "there is no silence" if there is None else "already ended is silence"
        raise InputError(f"{what} {silence_id}; see: alerts silence list{'' if there is None else ' --all'}")
    return _silence(row)


def end_lapsed(conn: Connection, now: datetime) -> list[Silence]:
    """End the silences whose time is over, or that were idle for too long; returns them."""
    found = [(one.id, lapsed(one, now)) for one in list_silences(conn)]
    return [end(conn, number, now, why) for number, why in found if why is not None]


def ended_since(conn: Connection, since: datetime) -> list[Silence]:
    """The silences that ended after a moment, as they ended."""
    query = select(silence).where(silence.c.ended > since).order_by(silence.c.ended, silence.c.id)
    return [_silence(row) for row in conn.execute(query)]


def hidden_by(conn: Connection, silence_id: int) -> list[Hidden]:
    """The alerts of which a silence hid a version from somebody, the latest first."""
    query = _hidden_versions().where(_SILENCED, outbox.c.silence_id == silence_id)
    return sorted(_by_alert(conn.execute(query)).values(), key=lambda one: (one.at, int(one.alert_id)), reverse=True)


def how_many(conn: Connection, *, since: datetime | None = None) -> dict[int, int]:
    """How many alerts each silence hid, by its id; those that hid none are left out. `since`: hidden then or later."""
    query = select(outbox.c.silence_id, func.count(outbox.c.alert_id.distinct()))
    query = query.where(_in_time(since)).group_by(outbox.c.silence_id)
    return {number: count for number, count in conn.execute(query)}


def silenced_since(conn: Connection, since: datetime) -> int:
    """How many alerts were hidden from somebody since a moment, by whatever silence."""
    found: int = conn.execute(select(func.count(outbox.c.alert_id.distinct())).where(_in_time(since))).scalar_one()
    return found


def of_alert(conn: Connection, alert_id: str) -> dict[int, int]:
    """The silences that hid an alert, each with how many mails."""
    query = select(outbox.c.silence_id, func.count()).where(_SILENCED, outbox.c.alert_id == int(alert_id))
    return {number: count for number, count in conn.execute(query.group_by(outbox.c.silence_id))}


def missed_before(
    conn: Connection, mails: Collection[tuple[str, int]], told: Mapping[tuple[str, int, int], int]
) -> dict[tuple[str, int, int], tuple[Missed, ...]]:
    """For each mail of these alert versions (alert id, version), by (alert id, version, reader's id): the versions of
    the alert that were silenced since the reader was told last (`outbox.told_before`). Who missed none is not in it."""
    ids = {int(alert_id) for alert_id, _ in mails}
    version = (alert_version.c.alert_id == outbox.c.alert_id) & (alert_version.c.version == outbox.c.version)
    query = select(outbox.c.alert_id, outbox.c.version, outbox.c.person_id, alert_version.c.at, alert_version.c.why)
    query = query.join(alert_version, version).where(outbox.c.alert_id.in_(ids), _SILENCED).order_by(outbox.c.version)
    found: dict[tuple[str, int, int], tuple[Missed, ...]] = {}
    for row in conn.execute(query):
        for alert_id, later in mails:
            key = (alert_id, later, row.person_id)
            if alert_id == str(row.alert_id) and told.get(key, 0) < row.version < later:
                found[key] = (*found.get(key, ()), Missed(version=row.version, at=row.at, why=row.why))
    return found


def would_hide(conn: Connection, draft: Silence, now: datetime, *, within: timedelta = PREVIEW) -> Preview:
    """What a silence would have hidden of the versions told lately; of a reader's own, those told to this reader."""
    since = now - within
    query = select(alert_version.c.alert_id, alert_version.c.at, alert_version.c.fields)
    query = query.where(alert_version.c.at >= since, alert_version.c.kind.in_(("new", "update")))
    if draft.person_id is not None:
        theirs = (outbox.c.alert_id == alert_version.c.alert_id) & (outbox.c.version == alert_version.c.version)
        query = query.where(select(outbox.c.id).where(theirs, outbox.c.person_id == draft.person_id).exists())
    hidden: dict[int, Hidden] = {}
    passed = set()
    for number, moment, fields in conn.execute(query.order_by(alert_version.c.alert_id, alert_version.c.version)):
        if not covers(draft, rule=fields["rule"], place=codec.place(fields["place"])):
            continue
        if is_low_enough(draft, fields["severity"]):
            one = _hidden(number, fields, moment)
            hidden[number] = max(hidden.get(number, one), one, key=_badness)
        else:
            passed.add(number)
    return Preview(since=since, hidden=tuple(sorted(hidden.values(), key=_badness, reverse=True)), passed=len(passed))


def _badness(one: Hidden) -> tuple[int, datetime, int]:
    return rank(one.severity), one.at, int(one.alert_id)


def _in_time(since: datetime | None) -> ColumnElement[bool]:
    return _SILENCED if since is None else _SILENCED & (func.coalesce(outbox.c.finished, outbox.c.created) >= since)


def _hidden_versions() -> Select[Any]:
    version = (alert_version.c.alert_id == outbox.c.alert_id) & (alert_version.c.version == outbox.c.version)
    moment = func.coalesce(outbox.c.finished, outbox.c.created, type_=UtcTime).label("at")
    return select(outbox.c.alert_id, moment, alert_version.c.fields).join(alert_version, version).order_by(outbox.c.id)


def _by_alert(rows: Iterable[Row[Any]]) -> Mapping[int, Hidden]:
    found: dict[int, Hidden] = {}
    for row in rows:
        before = found.get(row.alert_id)
        mails = 1 + (before.mails if before else 0)
        found[row.alert_id] = replace(_hidden(row.alert_id, row.fields, row.at), mails=mails)
    return found


def _hidden(number: int, fields: Mapping[str, Any], moment: datetime) -> Hidden:
    return Hidden(alert_id=str(number), title=fields["title"], severity=fields["severity"], at=moment)


def _silence(row: Row[Any]) -> Silence:
    columns = row._asdict()
    return Silence(**columns | {"rules": tuple(row.rules), "place": codec.place(row.place)})
