"""Incidents on both databases: their alerts, and what is near a new report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from alerts.store import alerts, incidents
from alerts.store import evidence as evidence_store
from alerts.store.database import writing
from alerts.store.schema import story
from alerts.track.incidents import Report
from alerts.types import Alert, Place
from tests.store.values import HOUR, NOW, TAIZ, add_articles, alert, alerts_of, evidence, hit

ADEN = Place(id="gn:415189", name="Aden", country="YEM", precision="city", admin1="YE-AD", admin1_name="Aden")
YEMEN = Place(id="YEM", name="Yemen", country="YEM", precision="country")


def _alert(conn: Connection, family: str, place: Place | None, article: str, *, ago: timedelta = HOUR) -> Alert:
    at = NOW - ago
    made = alert(family=family, rule=family, key=f"{family}|{article}", place=place, first_event=at, last_event=at)
    saved = alerts.save_alert(conn, made, title=f"Title {family}", summary="")
    evidence_store.put(conn, saved, [evidence(article, hit=hit(family=family, place=place, event_time=at))])
    return saved


def _near(conn: Connection, article: str, place: Place | None, alert_id: str = "") -> list[str]:
    """The rules of the alerts near a report of now."""
    first = conn.execute(select(story.c.first_id).where(story.c.article_id == int(article))).scalar_one_or_none()
    report = Report(article=article, story=str(first or article), at=NOW)
    return [one.alert.rule for one in incidents.near(conn, report, NOW, alert_id, place)]


def test_each_alert_has_an_incident_of_its_own_at_first(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        made = [_alert(conn, "raid", TAIZ, one.article.id), _alert(conn, "flight", TAIZ, two.article.id)]
        assert len({item.incident for item in made}) == 2
        assert [alerts_of(conn, item.incident) for item in made] == [[made[0]], [made[1]]]


def test_joined_incidents_are_one_and_the_other_is_no_more(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        raid, flight = _alert(conn, "raid", TAIZ, one.article.id), _alert(conn, "flight", ADEN, two.article.id)
        incidents.join(conn, raid.incident, flight.incident)
        assert [item.id for item in alerts_of(conn, raid.incident)] == [raid.id, flight.id]
        assert alerts_of(conn, flight.incident) == []
        found = incidents.incidents(conn, [raid.incident, flight.incident])
        assert [(key, item.places) for key, item in found.items()] == [(raid.incident, (TAIZ, ADEN))]


def test_an_alert_that_is_moved_leaves_the_others_where_they_are(engine: Engine) -> None:
    with writing(engine) as conn:
        found = add_articles(conn, "one", "two", "three")
        made = [_alert(conn, f"rule{at}", TAIZ, item.article.id) for at, item in enumerate(found)]
        incidents.join(conn, made[0].incident, made[1].incident)
        incidents.move(conn, [made[1].id], made[2].incident)
        assert [item.id for item in alerts_of(conn, made[0].incident)] == [made[0].id]
        assert [item.id for item in alerts_of(conn, made[2].incident)] == [made[1].id, made[2].id]


def test_storing_an_alert_again_does_not_bring_it_back_into_an_incident_that_is_gone(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        raid, flight = _alert(conn, "raid", TAIZ, one.article.id), _alert(conn, "flight", TAIZ, two.article.id)
        incidents.join(conn, raid.incident, flight.incident)
        alerts.save_alert(conn, flight, title="read before it was moved", summary="")
        assert [item.id for item in alerts_of(conn, raid.incident)] == [raid.id, flight.id]


def test_the_other_alerts_of_an_incident_come_with_their_titles(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        raid, flight = _alert(conn, "raid", TAIZ, one.article.id), _alert(conn, "flight", TAIZ, two.article.id)
        incidents.join(conn, raid.incident, flight.incident)
        assert [(item.id, title) for item, title in incidents.others(conn, raid.incident, raid.id)] == [
            (flight.id, "Title flight")
        ]


def test_near_are_alerts_with_the_same_article_wherever_they_are(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        raid = _alert(conn, "raid", None, one.article.id)
        _alert(conn, "flight", YEMEN, two.article.id)
        assert _near(conn, one.article.id, YEMEN) == ["raid"]
        assert _near(conn, one.article.id, YEMEN, raid.id) == []


def test_near_are_alerts_with_a_copy_of_the_article(engine: Engine) -> None:
    with writing(engine) as conn:
        first, copy, new, other = add_articles(conn, "first", "copy", "new", "other")
        for item, told in ((first, first), (copy, first), (new, first), (other, other)):
            row = {"article_id": int(item.article.id), "first_id": int(told.article.id), "revision": 1}
            conn.execute(insert(story).values(row | {"published": item.article.published, "shingles": b""}))
        _alert(conn, "raid", None, copy.article.id)
        _alert(conn, "flight", None, first.article.id)
        _alert(conn, "siege", None, other.article.id)
        assert _near(conn, new.article.id, TAIZ) == ["raid", "flight"]


def test_near_are_alerts_with_reports_from_the_same_town_within_a_day(engine: Engine) -> None:
    with writing(engine) as conn:
        found = [item.article.id for item in add_articles(conn, "1", "2", "3", "4", "5", "new")]
        _alert(conn, "raid", TAIZ, found[0])
        _alert(conn, "flight", TAIZ, found[1], ago=30 * HOUR)
        _alert(conn, "siege", ADEN, found[2])
        _alert(conn, "truce", YEMEN, found[3])
        _alert(conn, "flood", None, found[4])
        assert _near(conn, found[5], TAIZ) == ["raid"]
        assert _near(conn, found[5], YEMEN) == []
        assert _near(conn, found[5], None) == []


def test_an_alert_that_went_on_later_is_near_by_its_report_of_the_day_only(engine: Engine) -> None:
    with writing(engine) as conn:
        found = [item.article.id for item in add_articles(conn, "1", "2", "new")]
        raid = _alert(conn, "raid", TAIZ, found[0], ago=90 * HOUR)
        alerts.save_alert(conn, _later(raid), title="", summary="")
        assert _near(conn, found[2], TAIZ) == []
        evidence_store.put(conn, raid, [evidence(found[1], hit=hit(event_time=NOW - 5 * HOUR))])
        assert _near(conn, found[2], TAIZ) == ["raid"]


def _later(value: Alert) -> Alert:
    return alert(
        **{name: getattr(value, name) for name in ("id", "family", "key", "incident", "first_event", "rule")}
        | {"last_event": NOW + 90 * HOUR}
    )


@pytest.mark.parametrize("state", ["cancelled", "merged"])
def test_what_was_wrong_is_not_near(engine: Engine, state: str) -> None:
    with writing(engine) as conn:
        one = add_articles(conn, "one")[0].article.id
        raid = _alert(conn, "raid", TAIZ, one)
        alerts.save_alert(conn, alert(id=raid.id, key=raid.key, state=state), title="", summary="")
        assert _near(conn, one, TAIZ) == []


def test_an_incident_with_alerts_is_not_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        raid = _alert(conn, "raid", TAIZ, add_articles(conn, "one")[0].article.id)
        incidents.move(conn, [raid.id], raid.incident)
        assert [item.id for item in alerts_of(conn, raid.incident)] == [raid.id]
        with pytest.raises(IntegrityError), conn.begin_nested():
            incidents.move(conn, [raid.id], "999")
