"""The queue of mails: what waits, what is held, one mail; and who may hold and release."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from alerts.roles import OperatorRole
from alerts.store import holds
from alerts.store.database import reading, writing
from alerts.store.schema import outbox
from tests.web.client import ask
from tests.web.operations.office import Clerk, Office, notice, sheet

MAILS = "/operations/mails"


def test_what_waits_is_counted_with_what_for(viewer: Clerk) -> None:
    found = viewer.see(MAILS)
    assert "due: they go with the next round" in found.text and "1 mails were sent" in found.text
    assert "No mail needs a person." in found.text and found.forms == {}


def test_single_mails_are_listed_by_state(office: Office, viewer: Clerk) -> None:
    found = viewer.see(f"{MAILS}?state=queued")
    assert found.text.count("alert 2 version 1, to reader") == 3
    assert ask(office.app, f"{MAILS}?state=nonsense", headers=viewer.headers).status == 400


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_an_admin_holds_and_releases(office: Office, admin: Clerk, role: OperatorRole) -> None:
    theirs = admin.see(MAILS)
    other = office.enter(role)
    before = office.dump()
    assert other.see(MAILS).forms == {}
    assert other.press(theirs, "Hold them", why="an exercise").status == 403
    assert office.dump() == before


def test_all_mails_are_held_until_somebody_lets_them_go(office: Office, admin: Clerk) -> None:
    said = admin.do(MAILS, "Hold them", why="an exercise")
    assert said == "Hold 1 is in force: all mails but operators'; it keeps 3 mails."
    found = admin.see(MAILS)
    assert "All mails but operators’ are held" in found.text and "Adam: an exercise" in found.text
    assert admin.do(MAILS, "Let them go") == "Hold 1 is over; 3 mails can go."
    with reading(office.world.engine) as conn:
        assert holds.in_force(conn) == []
    assert [one.action for one in office.audited()] == ["hold released", "hold put"]


def test_a_hold_of_a_rule_can_be_dropped_with_its_mails(office: Office, admin: Clerk) -> None:
    admin.do(MAILS, "Hold them", rule="shelling", why="a film festival")
    with writing(office.world.engine) as conn:
        conn.execute(update(outbox).where(outbox.c.state == "queued").values(waits="hold"))
    said = admin.do(MAILS, "Take back what was held", why="all of it was wrong")
    assert said == "Hold 1 is over; taken back, and sent to nobody: 3 mails."
    assert len(office.world.mails("withdrawn")) == 3


def test_a_hold_that_cannot_be_is_refused(office: Office, admin: Clerk) -> None:
    page = admin.see(MAILS)
    before = office.dump()
    for typed, said in (
        ({}, "Say why"),
        ({"why": "sami@readers.example"}, "Leave mail addresses out"),
        ({"rule": "none", "why": "x"}, "There is no rule 'none' in force."),
    ):
        answer = admin.press(page, "Hold them", **typed)
        assert answer.status == 409 and notice(sheet(answer)).startswith(said)
    assert office.dump() == before


def test_the_second_press_says_that_somebody_was_first(office: Office, admin: Clerk) -> None:
    page = admin.see(MAILS)
    assert admin.press(page, "Hold them", why="an exercise").status == 303
    again = admin.press(page, "Hold them", why="an exercise")
    assert notice(sheet(again)) == "This is held already: somebody was first."
    held = admin.see(MAILS)
    admin.press(held, "Let them go")
    assert notice(sheet(admin.press(held, "Let them go"))) == "Hold 1 is over already: somebody was first."
    assert len(office.audited()) == 2


def queued(office: Office) -> int:
    with reading(office.world.engine) as conn:
        found: int = conn.execute(outbox.select().where(outbox.c.state == "queued").order_by(outbox.c.id)).first().id  # type: ignore[union-attr]
    return found


def test_one_mail_says_why_it_waits_and_what_it_says(office: Office, viewer: Clerk) -> None:
    found = viewer.see(f"{MAILS}/{queued(office)}")
    assert "Not sent yet: it goes at" in found.text
    assert "Shelling in Aleppo: 30 people killed" in found.page.inside("h3")
    assert "Shells fell on Aleppo, killing 30 civilians." in found.text


def test_what_a_reader_asked_for_is_told_to_who_needs_it(office: Office, viewer: Clerk, analyst: Clerk) -> None:
    why = "version 1: You get this mail because you asked for all alerts."
    assert why in analyst.see(f"{MAILS}/1").text and why not in viewer.see(f"{MAILS}/1").text


def test_what_a_mail_says_holds_no_link_that_acts_for_its_reader(office: Office, viewer: Clerk) -> None:
    found = viewer.see(f"{MAILS}/{queued(office)}").answer.text
    assert "WHAT DO YOU KNOW OF IT?" in found and "(a link of its reader’s own)" in found
    assert not re.search(r"/(v|unsubscribe|preferences|forget|confirm)/", found)


def test_a_mail_is_held_and_let_go_by_hand(office: Office, admin: Clerk) -> None:
    page = f"{MAILS}/{queued(office)}"
    before = admin.see(page)
    assert notice(admin.follow(admin.press(before, "Hold it back", why="look first"))).endswith("lets it go.")
    again = admin.press(before, "Hold it back", why="look first")
    assert again.status == 409 and "does not wait any more" in notice(sheet(again))
    assert admin.do(page, "Let it go") == "1 mail can go."
    assert len(office.world.mails("queued")) == 3


def test_what_may_have_arrived_is_sent_again_only_by_who_says_so(office: Office, admin: Clerk) -> None:
    number = queued(office)
    with writing(office.world.engine) as conn:
        said = "no answer to <sami@readers.example>"
        conn.execute(update(outbox).where(outbox.c.id == number).values(state="ambiguous", last_error=said))
    page = admin.see(f"{MAILS}/{number}")
    assert "sami@" not in page.text + admin.see(MAILS).text
    answer = admin.press(page, "Send it again")
    assert answer.status == 409 and "may come twice" in notice(sheet(answer))
    assert notice(admin.follow(admin.press(page, "Send it again", twice="yes"))) == "1 mail can go."


def test_of_a_letter_neither_kind_nor_reader_is_told(office: Office, viewer: Clerk) -> None:
    """Else who asks for mails in somebody's name, and looks here, learns whether that is a reader, and which."""
    number = queued(office)
    with writing(office.world.engine) as conn:
        about = {"alert_id": None, "version": None, "letter": "already"}
        conn.execute(update(outbox).where(outbox.c.id == number).values(**about))
    for path in (f"{MAILS}?state=queued", f"{MAILS}/{number}"):
        text = viewer.see(path).text
        assert "a letter about a subscription" in text and "already" not in text
    one = viewer.see(f"{MAILS}/{number}").text
    assert "reader 1" not in one and "somebody who asked for it" in one


def test_there_is_no_page_of_a_mail_that_is_not_there(office: Office, viewer: Clerk) -> None:
    for wanted in ("99", "x", "../1", "0"):
        assert ask(office.app, f"{MAILS}/{wanted}", headers=viewer.headers).status == 404
