"""Readers are counted in numbers that name nobody."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from alerts.readers import Near, Wishes
from alerts.store import people, strangers, suppression, tallies
from alerts.store.database import reading, writing
from alerts.store.headcount import FEW, headcount, shares
from tests.store.values import NOW

asked = st.lists(st.sets(st.sampled_from(["SYR", "SDN", "MLI", "COD"])), max_size=30)


@given(asked)
def test_what_few_ask_for_is_not_named(every: list[set[str]]) -> None:
    found = shares(every)
    counts = Counter(one for wanted in every for one in wanted)
    assert all(number >= FEW for _, number in found.counted)
    assert dict(found.counted) == {name: number for name, number in counts.items() if number >= FEW}
    assert found.few == sum(0 < number < FEW for number in counts.values())


def test_readers_are_counted_by_state_and_by_what_they_ask_for(engine: Engine) -> None:
    near = Near(name="Taiz", lat=13.6, lon=44.0, km=50, country="YEM", region="YE-TA")
    with writing(engine) as conn:
        for number in range(5):
            people.add_person(conn, f"y{number}@example.org", now=NOW, wishes=Wishes(near=(near,), rhythm="daily"))
        people.add_person(conn, "far@example.org", now=NOW, wishes=Wishes(countries=("MLI",), events=("siege",)))
        gone = people.add_person(conn, "gone@example.org", now=NOW)
        people.set_active(conn, gone.id, False)
        until = Wishes(paused_until=NOW + timedelta(days=1))
        people.add_person(conn, "away@example.org", now=NOW, wishes=until)
        stranger = strangers.find_or_make(conn, "new@example.org", NOW)
        strangers.ask(conn, stranger.id, Wishes(), NOW)
        suppression.suppress(conn, people.mark_of(conn, "never@example.org"), "never", NOW)
    with reading(engine) as conn:
        found = headcount(conn, NOW)
    assert (found.readers, found.paused, found.asked, found.gone) == (7, 1, 1, 1)
    assert (found.countries.counted, found.countries.few) == ((("YEM", 5),), 1)
    assert found.regions.counted == (("YE-TA", 5),)
    assert (found.anywhere, found.any_event, found.events.few) == (1, 6, 1)
    assert found.rhythms == {"daily": 5, "now": 2}
    assert found.suppressed == {"never": 1}


def test_sign_ups_are_told_by_day_the_latest_first(engine: Engine) -> None:
    with writing(engine) as conn:
        tallies.sign_up(conn, "asked", NOW - timedelta(days=1))
        tallies.sign_up(conn, "left", NOW)
        tallies.sign_up(conn, "asked", NOW - timedelta(days=40))
        tallies.add(conn, "mail in", "gone", NOW)
        found = headcount(conn, NOW).sign_ups
    assert found == ((f"{NOW:%Y-%m-%d}", {"left": 1}), (f"{NOW - timedelta(days=1):%Y-%m-%d}", {"asked": 1}))
