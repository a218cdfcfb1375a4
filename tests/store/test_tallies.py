"""How much there was, by day and in all."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from alerts.store import tallies
from alerts.store.database import writing
from tests.store.values import NOW

DAY = timedelta(days=1)


def test_numbers_add_up_by_day_and_in_all(engine: Engine) -> None:
    with writing(engine) as conn:
        for what, day in (("gone", NOW), ("gone", NOW), ("help", NOW), ("gone", NOW + DAY)):
            tallies.add(conn, "mail in", what, day)
        tallies.sign_up(conn, "asked", NOW)
        assert tallies.counted(conn, "mail in", NOW) == {"gone": 2, "help": 1}
        assert tallies.counted(conn, "mail in", NOW + DAY) == {"gone": 1}
        assert tallies.counted(conn, "mail in") == {"gone": 3, "help": 1}
        assert tallies.counted(conn, "sign-up") == {"asked": 1}


def test_of_what_anybody_can_do_at_will_a_bounded_number_is_counted_a_day(engine: Engine) -> None:
    with writing(engine) as conn:
        for day in (NOW, NOW + DAY):
            for _ in range(4):
                tallies.add(conn, "sign-up", "refused", day, most=3)
        assert tallies.counted(conn, "sign-up") == {"refused": 6}
