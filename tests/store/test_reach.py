"""Readers who may want an alert are found in the database, whatever changed since they came."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, delete

from alerts.readers import Near, Wishes
from alerts.store import people, reach, strangers
from alerts.store.database import reading, writing
from alerts.store.schema import reach as table
from tests.store.values import NOW

GOMA: Final = Near(name="Goma", lat=-1.68, lon=29.22, km=50, country="COD", region="CD-NK")
GISENYI: Final = {"id": "gn:3", "country": "RWA", "precision": "city", "admin1": "RW-04", "lat": -1.7, "lon": 29.26}
ALERT: Final[dict[str, Any]] = {"event": "attack", "severity": "severe", "certainty": "likely", "place": GISENYI}
SYRIA, HERE = Wishes(countries=("SYR",)), Wishes(countries=("RWA", "COD"))


def test_the_database_finds_them(engine: Engine) -> None:
    asked = [
        Wishes(),
        Wishes(near=(GOMA,)),
        SYRIA,
        Wishes(events=("siege",)),
        Wishes(events=("attack",)),
    ]
    with writing(engine) as conn:
        ids = [people.add_person(conn, f"r{n}@example.org", now=NOW, wishes=one).id for n, one in enumerate(asked)]
        assert reach.candidates(conn, ALERT) == [ids[0], ids[1], ids[4]]
        assert reach.candidates(conn, ALERT | {"place": None}) == [ids[0], ids[1], ids[2], ids[4]]


def test_what_they_ask_for_now_counts(engine: Engine) -> None:
    with writing(engine) as conn:
        one = people.add_person(conn, "one@example.org", now=NOW, wishes=SYRIA)
        other = people.add_person(conn, "other@example.org", now=NOW)
        people.set_wishes(conn, one.id, HERE)
        people.set_wishes(conn, other.id, SYRIA)
    with reading(engine) as conn:
        assert reach.candidates(conn, ALERT) == [one.id]
    with writing(engine) as conn:
        people.remove_person(conn, one.id)
        assert reach.candidates(conn, ALERT) == []


def test_a_yes_brings_what_was_asked_for(engine: Engine) -> None:
    with writing(engine) as conn:
        who = strangers.find_or_make(conn, "new@example.org", NOW)
        strangers.ask(conn, who.id, SYRIA, NOW)
        assert strangers.confirm(conn, who, SYRIA, NOW)
        assert not strangers.confirm(conn, who, HERE, NOW)  # by an older link
        assert reach.candidates(conn, ALERT) == []
        people.add_person(conn, "known@example.org", now=NOW, wishes=SYRIA)
        assert reach.candidates(conn, ALERT) == []


def test_readers_of_an_earlier_version_are_found(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = [people.add_person(conn, f"r{n}@example.org", now=NOW).id for n in range(3)]
        people.set_wishes(conn, ids[1], SYRIA)
        conn.execute(delete(table).where(table.c.person_id != ids[2]))
        assert reach.fill(conn) == 2
        assert reach.fill(conn) == 0
        assert reach.candidates(conn, ALERT) == [ids[0], ids[2]]
