"""Numbers of readers, in which nobody can be found."""

from __future__ import annotations

from datetime import timedelta

from alerts.readers import Wishes
from alerts.store import people, tallies
from alerts.store.database import writing
from tests.web.operations.office import Clerk, Office

PEOPLE = "/operations/people"


def test_what_few_have_in_common_is_not_told(office: Office, viewer: Clerk) -> None:
    found = viewer.see(PEOPLE)
    assert "fewer than 5" in found.text and "Syria" not in found.text
    assert "and 1 more that fewer than 5 readers each ask for" in found.text


def test_what_many_ask_for_is_told(office: Office, viewer: Clerk) -> None:
    with writing(office.world.engine) as conn:
        for number in range(5):
            wishes = Wishes(countries=("MLI",), events=("attack",), rhythm="daily")
            people.add_person(conn, f"mali{number}@readers.example", now=office.world.now, wishes=wishes)
    text = viewer.see(PEOPLE).text
    assert "Mali5" in text.replace(" ", "") and "once a day5" in text.replace("day 5", "day5")


def test_what_was_refused_today_is_not_told_apart(office: Office, viewer: Clerk) -> None:
    now = office.world.now
    with writing(office.world.engine) as conn:
        for day in (now, now - timedelta(days=1)):
            for what in ("asked", "refused", "refused"):
                tallies.sign_up(conn, what, day)
    cells = viewer.see(PEOPLE).page.inside("td")
    assert cells == ["3", "0", "0", "0", "tomorrow", "1", "0", "0", "0", "2"]
