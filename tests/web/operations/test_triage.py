"""A person decides what waits, the worst first; two who decide at once do not undo each other."""

from __future__ import annotations

import pytest

from tests.web.operations.office import Clerk, Office, notice, sheet

TRIAGE = "/operations/triage"


def test_the_worst_comes_first_with_what_would_be_told(viewer: Clerk) -> None:
    found = viewer.see(TRIAGE)
    assert found.page.inside("h2") == ["Shelling in Homs: 120 people killed"]
    assert "2 alerts wait." in found.text
    assert "Would be told as a new alert: first report: Ministry <script>" in found.text
    assert "3 readers ask for alerts like it." in found.text
    assert "Shells fell on Homs, killing 120 civilians." in found.text
    assert [text for text in found.page.inside("a") if "Idlib" in text] == ["Shelling in Idlib: 14 people killed"]


def test_it_says_until_when_somebody_has_to_decide(office: Office, viewer: Clerk) -> None:
    assert "if nobody decides, it is told at 13:50 UTC, marked as not reviewed" in viewer.see(TRIAGE).text
    office.world.tracker.desk = None
    assert "it is told at 12:55 UTC" in viewer.see(TRIAGE).text  # nobody is asked any more


def test_the_sentences_of_strangers_are_text(viewer: Clerk) -> None:
    found = viewer.see(TRIAGE)
    assert "<script>" not in found.answer.text and "Ministry <script>" in found.text


def test_a_viewer_sees_no_button_and_cannot_press_one(office: Office, viewer: Clerk, analyst: Clerk) -> None:
    assert viewer.see(TRIAGE).forms == {}
    theirs = analyst.see(TRIAGE)
    before = office.dump()
    assert viewer.press(theirs, "Tell readers").status == 403
    assert office.dump() == before


def test_what_is_approved_is_told_and_the_next_one_comes(office: Office, analyst: Clerk) -> None:
    after = analyst.follow(analyst.press(analyst.see(TRIAGE), "Tell readers"))
    assert notice(after) == "Alert 4 is approved: 3 readers are told of 'Shelling in Homs: 120 people killed'."
    assert after.page.inside("h2") == ["Shelling in Idlib: 14 people killed"]
    assert office.triage(4) == "approved" and len(office.world.mails("queued")) == 3 + 3
    [entry] = office.audited()
    assert (entry.name, entry.action, entry.subject) == ("Ana", "alert approved", "alert 4")


def test_a_title_that_was_changed_is_what_readers_see(office: Office, analyst: Clerk) -> None:
    analyst.do(TRIAGE, "Tell readers", title="More than a hundred dead in Homs")
    assert office.world.alerts()[3].title == "More than a hundred dead in Homs"
    assert office.world.alerts()[3].alert.own_title == "More than a hundred dead in Homs"
    analyst.do(TRIAGE, "Tell readers")
    assert office.world.alerts()[2].alert.own_title is None  # left as it was: it goes on with the numbers


def test_nothing_is_dropped_without_a_reason(office: Office, analyst: Clerk) -> None:
    page = analyst.see(TRIAGE)
    before = office.dump()
    answer = analyst.press(page, "Drop it", why="  ")
    assert answer.status == 409 and notice(sheet(answer)).startswith("Say why")
    assert office.dump() == before
    assert analyst.do(TRIAGE, "Drop it", why="an old story").startswith("Alert 4 is dropped")
    assert office.triage(4) == "dropped"


def test_no_address_is_taken_into_what_is_kept(office: Office, analyst: Clerk) -> None:
    answer = analyst.press(analyst.see(TRIAGE), "Drop it", why="sami@readers.example says so")
    assert answer.status == 409 and "Leave mail addresses out" in notice(sheet(answer))
    assert office.triage(4) == "waiting"


@pytest.mark.parametrize("second", ["Tell readers", "Drop it"])
def test_who_comes_second_is_told_who_was_first(office: Office, analyst: Clerk, admin: Clerk, second: str) -> None:
    slow = admin.see(TRIAGE)
    analyst.do(TRIAGE, "Drop it", why="an old story")
    before = office.dump()
    answer = admin.press(slow, second, why="mine")
    assert answer.status == 409
    assert notice(sheet(answer)) == "Nothing was done, for Ana was first: Ana dropped it at 12:55 UTC."
    assert office.dump() == before


def test_a_button_pressed_twice_does_its_work_once(office: Office, analyst: Clerk) -> None:
    page = analyst.see(TRIAGE)
    assert analyst.press(page, "Tell readers").status == 303
    before = office.dump()
    again = analyst.press(page, "Tell readers")
    assert again.status == 409
    assert notice(sheet(again)) == "This was done already: you approved it at 12:55 UTC."
    assert office.dump() == before


def test_what_got_worse_since_is_not_dropped(office: Office, analyst: Clerk) -> None:
    page = analyst.see(f"{TRIAGE}?alert=3")
    office.world.hear("Shells fell on Idlib, killing 140 civilians.", source="Other Wire", title="Idlib again")
    answer = analyst.press(page, "Drop it", why="an old story")
    assert answer.status == 409
    assert notice(sheet(answer)) == "Nothing was done: it got worse while you looked, and is extreme now."
    assert office.triage(3) == "waiting"


def test_an_update_of_what_readers_know_is_told_as_one(office: Office, analyst: Clerk) -> None:
    office.world.later(hours=1)
    office.world.hear("Shells fell on Djibo, killing 130 civilians.", source="Other Wire", title="Djibo again")
    found = analyst.see(f"{TRIAGE}?alert=1")
    assert "Update: readers know it as severe" in found.text
    assert "Would be told as an update: now extreme" in found.text


def test_a_merge_is_shown_before_it_is_made(office: Office, analyst: Clerk) -> None:
    before = office.dump()
    page = analyst.see(TRIAGE)
    asked = sheet(analyst.press(page, "Show what merging would do", other="2", why="one attack, two towns named"))
    assert office.dump() == before
    assert "Merge them?" in asked.page.inside("h1") and "alert 4 ends in alert 2" in asked.text
    after = analyst.follow(analyst.press(asked, "Merge them"))
    assert notice(after) == "Alert 4 is merged into alert 2: 3 readers are told."
    assert office.state(4) == "merged" and after.page.inside("h1") == ["Triage"]


def test_where_nothing_waits_that_is_said(office: Office, analyst: Clerk) -> None:
    for _ in range(2):
        analyst.do(TRIAGE, "Drop it", why="an old story")
    found = analyst.see(TRIAGE)
    assert "No alert waits for a person." in found.text and found.forms == {}
    office.world.later(hours=3)
    assert office.triage(4) == "dropped"
