"""The archive as it is published, kept for asking: a row for each alert that readers were told of, with what they were
told, and its words. `alerts` writes it in the transaction in which it writes the alert; `search` asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from alerts.render.view import country_name, event_name
from alerts.store import codec, held
from alerts.store.schema import UtcTime, alert_version, listing, listing_text, listing_word
from alerts.store.upsert import upsert
from alerts.store.words import kept
from alerts.types import CERTAINTIES, OPEN_STATES, SEVERITIES, Alert, Place

_AS_THEY_ARE: Final = ("event", "rule", "state", "first_event", "last_event", "opened", "updated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An alert with its texts, to be listed."""

    alert: Alert
    title: str
    summary: str


def put(conn: Connection, entry: Entry) -> None:
    """List an alert as readers may know it, if they were told of it: one of which more is held as it was told last."""
    if entry.alert.version == 0:
        return
    entry = _as_told(conn, entry)
    conn.execute(upsert(conn, listing, ("alert_id",)), _row(entry.alert))
    number, words = codec.row_id(entry.alert.id), kept(_texts(entry))
    known = conn.execute(_WORDS_OF, {"number": number}).scalar_one_or_none()
    if known == " ".join(words):
        return
    before = frozenset((known or "").split())
    conn.execute(upsert(conn, listing_text, ("alert_id",)), {"alert_id": number, "words": " ".join(words)})
    if gone := sorted(before.difference(words)):
        conn.execute(_FORGET, [{"number": number, "gone": word} for word in gone])
    if new := [word for word in words if word not in before]:
        conn.execute(insert(listing_word), [{"word": word, "alert_id": number} for word in new])


def put_state(conn: Connection, value: Alert) -> None:
    """Note that an alert's state has changed, and nothing else of it."""
    now = {"number": codec.row_id(value.id), "now": value.updated}
    if held.is_held(value) and value.state in OPEN_STATES:  # how sure one is of it by now is held back, too
        conn.execute(_STIRRED, now)
    else:
        conn.execute(_CHANGED, now | {"becomes": value.state})


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """List many alerts at once, none of which is listed yet."""
    told = [_as_told(conn, entry) for entry in entries if entry.alert.version]
    if not told:
        return
    words = {codec.row_id(entry.alert.id): kept(_texts(entry)) for entry in told}
    conn.execute(insert(listing), [_row(entry.alert) for entry in told])
    conn.execute(insert(listing_text), [{"alert_id": number, "words": " ".join(words[number])} for number in words])
    if rows := [{"word": word, "alert_id": number} for number, some in words.items() for word in some]:
        conn.execute(insert(listing_word), rows)


_WORDS_OF: Final = select(listing_text.c.words).where(listing_text.c.alert_id == bindparam("number"))
_STIRRED: Final = (
    update(listing).where(listing.c.alert_id == bindparam("number")).values(updated=bindparam("now", type_=UtcTime))
)
_CHANGED: Final = _STIRRED.values(state=bindparam("becomes"))
_FORGET: Final = delete(listing_word).where(
    listing_word.c.alert_id == bindparam("number"), listing_word.c.word == bindparam("gone")
)


def _as_told(conn: Connection, entry: Entry) -> Entry:
    if not held.is_held(entry.alert):
        return entry
    here = alert_version.c.alert_id == codec.row_id(entry.alert.id)
    last = select(alert_version.c.fields).where(here).order_by(alert_version.c.version.desc()).limit(1)
    told = conn.execute(last).scalar_one_or_none()
    if told is None:
        return entry
    fields = held.as_told(entry.alert, told)
    return Entry(alert=codec.alert(fields), title=str(fields["title"]), summary=str(fields["summary"]))


def _row(value: Alert) -> dict[str, Any]:
    place = value.place
    return {name: getattr(value, name) for name in _AS_THEY_ARE} | {
        "alert_id": codec.row_id(value.id),
        "severity": SEVERITIES.index(value.severity),
        "certainty": CERTAINTIES.index(value.certainty),
        "country": place.country if place else None,
        "region": _region(place) if place else None,
        "place_id": place.id if place else None,
    }


def _region(place: Place) -> str | None:
    return place.id if place.precision == "admin1" else place.admin1


def _texts(entry: Entry) -> list[str]:
    """What an alert is found by: its texts, what happened and where."""
    place = entry.alert.place
    where = [place.name, place.admin1_name or "", country_name(place.country)] if place else []
    return [entry.title, entry.summary, event_name(entry.alert.event), *where]
