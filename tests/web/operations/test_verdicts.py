"""What was said of alerts, and the two buttons for those of which nothing was said."""

from __future__ import annotations

from alerts.store.database import writing
from alerts.store.judgements import judge
from tests.web.operations.office import Clerk, Office, notice, sheet

VERDICTS = "/operations/verdicts"


def test_what_nobody_judged_is_listed_with_what_a_false_alarm_does(viewer: Clerk) -> None:
    found = viewer.see(VERDICTS)
    assert "Shelling in Aleppo: 30 people killed" in found.text and "Shelling in Djibo" in found.text
    assert "Homs" not in found.text  # nobody was told
    assert found.forms == {}


def test_one_press_says_that_it_was_right(office: Office, analyst: Clerk) -> None:
    page = analyst.see(VERDICTS)
    assert "A false alarm is taken back, and 1 reader is told. There is no way back." in page.text
    after = analyst.follow(analyst.press(page, "It was right"))  # the last form of the page: of alert 1
    assert notice(after) == "Alert 1 was right: noted."
    assert "100 %" in after.text and "1 of 1 judged" in after.text


def test_one_press_takes_a_false_alarm_back_and_counts_it(office: Office, analyst: Clerk) -> None:
    after = analyst.follow(analyst.press(analyst.see(VERDICTS), "False alarm"))
    assert notice(after) == "Alert 1 is cancelled: 1 reader is told."
    assert office.state(1) == "cancelled"
    assert "0 of 1 judged" in after.text and "Wrong" in after.page.inside("strong")
    assert [one.action for one in office.audited()] == ["false alarm"]


def test_what_a_reader_said_meanwhile_does_not_stop_it_but_a_colleague_does(
    office: Office, analyst: Clerk, admin: Clerk
) -> None:
    slow = admin.see(VERDICTS)
    with writing(office.world.engine) as conn:
        judge(conn, "1", "right", who="reader 3", why="", now=office.world.now, person_id=office.readers[2])
    analyst.do("/operations/alerts/1", "Take it back", why="an exercise")
    answer = admin.press(slow, "False alarm")
    assert answer.status == 409
    assert notice(sheet(answer)) == "Nothing was done, for Ana was first: Ana took it back at 12:55 UTC."


def test_rules_are_shown_with_their_precision_the_weakest_first(office: Office, viewer: Clerk) -> None:
    with writing(office.world.engine) as conn:
        judge(conn, "1", "wrong", who="reader 3", why="", now=office.world.now, person_id=office.readers[2])
        judge(conn, "2", "right", who="Ana", why="seen it", now=office.world.now)
    found = viewer.see(VERDICTS)
    assert "50 %" in found.text and "1 of 2 judged, 4 alerts in all" in found.text
    assert "reader 3" in found.text and "seen it" in found.text
    assert {"href": "/desk/operations/rules/shelling"} in found.page.all("a")
