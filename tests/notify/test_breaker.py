"""A rule that fires far more than usual is held, once, and the operators hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from alerts.notify.breaker import LEAST, LEAST_UNKNOWN, too_many, watch
from alerts.notify.posting import Post
from alerts.store import alerts, bulletins, codec, holds, outbox, people
from alerts.store.database import reading, writing
from alerts.types import Message
from tests.match.rules import SOUND, check
from tests.notify.world import SECRET, new_database
from tests.store import values

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LONG_AGO = NOW - 60 * DAY
RULE = check(SOUND)


def usual(days: int = 20, at_once: int = 1) -> list[datetime]:
    """So many alerts at once, once a day."""
    return [NOW - day * DAY for day in range(1, days + 1) for _ in range(at_once)]


def burst(number: int) -> list[datetime]:
    return [NOW] * number


def test_ten_times_the_usual_is_not_too_much_and_more_is() -> None:
    assert too_many([*usual(), *burst(10)], NOW, since=LONG_AGO) == ""
    assert too_many([*usual(), *burst(11)], NOW, since=LONG_AGO) == "11 new alerts in 10 minutes, where 1.0 is usual"
    assert too_many([*usual(at_once=3), *burst(30)], NOW, since=LONG_AGO) == ""
    assert too_many([*usual(at_once=3), *burst(31)], NOW, since=LONG_AGO) != ""


def test_a_rule_that_rarely_fires_may_fire_some_times() -> None:
    assert too_many(burst(LEAST), NOW, since=LONG_AGO) == ""


def test_on_its_first_days_a_rule_may_fire_more() -> None:
    yesterday = NOW - DAY
    assert too_many(burst(LEAST_UNKNOWN), NOW, since=yesterday) == ""
    assert "is not known yet" in too_many(burst(LEAST_UNKNOWN + 1), NOW, since=yesterday)


def test_what_was_eleven_minutes_ago_is_not_now() -> None:
    old = [NOW - 11 * MINUTE] * 40
    assert too_many([*usual(), *old], NOW, since=LONG_AGO) == ""


@given(st.lists(st.integers(0, 28 * 24 * 60), max_size=80), st.integers(0, 80))
def test_one_more_never_makes_it_less(minutes: list[int], number: int) -> None:
    past = [NOW - (10 + one) * MINUTE for one in minutes]
    if too_many([*past, *burst(number)], NOW, since=LONG_AGO):
        assert too_many([*past, *burst(number + 1)], NOW, since=LONG_AGO)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = new_database(tmp_path)
    with writing(made) as conn:
        people.add_person(conn, "reader@example.org", now=NOW)
        people.put_person(conn, "operator@example.org", duties=["operator"], active=True, now=NOW)
    yield made
    made.dispose()


def fire(conn: Connection, number: int, at: datetime, *, severity: str = "severe") -> None:
    """A rule makes a new alert, and posts it."""
    value = values.alert(key=f"k{number}", rule=RULE.name, severity=severity)
    saved = alerts.save_alert(conn, value, title="t", summary="s")
    message = Message(kind="new", version=1, at=at, why="first report")
    alerts.add_version(conn, saved, message, title="t", summary="s")
    Post(domain="example.org", secret=SECRET).put(conn, RULE, saved, [message], at)


def test_the_operators_are_told_once_and_the_mails_are_written_all_the_same(engine: Engine) -> None:
    with writing(engine) as conn:
        fire(conn, 0, LONG_AGO)
        for number in range(1, 16):
            fire(conn, number, NOW)
        [held] = holds.in_force(conn)
        assert (held.kind, held.rule) == ("rule", RULE.name)
        rows = outbox.list_rows(conn, limit=1000)
        assert sum(bool(row.alert_id) for row in rows) == 16
        [bulletin] = [row for row in rows if row.bulletin_id is not None]
        said = bulletins.by_id(conn, {bulletin.bulletin_id or 0})[bulletin.bulletin_id or 0]
    assert said.subject == f"The rule {RULE.name} is held: 11 new alerts in 10 minutes, where 1.0 is usual"
    assert f"alerts mail release --hold {held.id}" in said.body


def test_a_rule_that_was_let_go_and_goes_on_is_held_again_after_as_many_more(engine: Engine) -> None:
    with writing(engine) as conn:
        fire(conn, 0, LONG_AGO)
        for number in range(1, 12):
            fire(conn, number, NOW)
        [held] = holds.in_force(conn)
        holds.release(conn, held.id, NOW + MINUTE)
        for number in range(12, 22):
            fire(conn, number, NOW + 2 * MINUTE)
        assert holds.in_force(conn) == []
        fire(conn, 22, NOW + 2 * MINUTE)
        assert len(holds.in_force(conn)) == 1


def test_other_rules_do_not_count(engine: Engine) -> None:
    with writing(engine) as conn:
        fire(conn, 0, LONG_AGO)
        for number in range(1, 11):
            fire(conn, number, NOW)
        assert not watch(conn, "another_rule", NOW, secret=SECRET, domain="example.org")
    with reading(engine) as conn:
        assert holds.in_force(conn) == []
        assert codec.to_json(values.alert())["rule"] != RULE.name
