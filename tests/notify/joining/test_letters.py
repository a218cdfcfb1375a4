"""Letters go out as their reader wants mails, also before the reader has said yes."""

from __future__ import annotations

import pytest

from alerts.errors import MailError
from alerts.readers import Wishes
from alerts.store import strangers
from tests.notify.joining.world import World


def test_a_question_about_discreet_mails_is_discreet(world: World) -> None:
    world.ask(wishes=Wishes(discreet=True, countries=("SYR",)))
    mail = world.mail()
    assert "Northern" not in f"{mail['Subject']} {mail['From']} {mail['List-Id']}"
    assert mail.get_content_type() == "text/plain" and "Syria" in world.text()


def test_a_question_about_text_alone_is_text_alone(world: World) -> None:
    world.ask(wishes=Wishes(text_only=True))
    assert world.mail().get_content_type() == "text/plain"


def test_letters_hold_no_one_click_and_no_ways_out_in_their_headers(world: World) -> None:
    world.ask()
    assert world.mail()["List-Unsubscribe"] is None and world.mail()["Auto-Submitted"] == "auto-generated"


def test_a_question_that_was_answered_meanwhile_is_not_sent(world: World) -> None:
    world.ask()
    who = world.person()
    assert who is not None
    with world.writing() as conn:
        strangers.confirm(conn, who, Wishes(), world.now)
    with pytest.raises(MailError, match="nothing waits"):
        world.mail()


def test_a_letter_is_the_same_at_every_attempt(world: World) -> None:
    world.ask()
    first = bytes(world.mail())
    world.wait(hours=5)
    assert bytes(world.mail()) == first


def test_every_letter_has_a_message_id_of_its_own(world: World) -> None:
    world.limit(address=9)
    for _ in range(3):
        world.ask()
        world.wait(seconds=1)
    assert len({row.message_id for row in world.rows()}) == 3


def test_a_farewell_goes_to_who_is_no_reader_any_more(world: World) -> None:
    world.reader()
    world.leave(world.token("unsubscribe"))
    assert "no more alerts" in world.mail()["Subject"]
    assert f"/preferences/{world.token('preferences')}" in world.text()
