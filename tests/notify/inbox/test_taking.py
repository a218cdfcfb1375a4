"""What readers ask by mail is done, and what nobody asks is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from alerts.notify.inbox.taking import take
from alerts.notify.message import passes
from alerts.readers import Wishes
from alerts.store import people, strangers, suppression
from alerts.store.database import writing
from tests.notify.inbox.dsns import QMAIL, complaint, fields_of, report
from tests.notify.inbox.world import DESK, HOUSE, READER, TOKEN, World, comes_back_to, letters, mail, request, told
from tests.notify.world import START

OTHER = "other@example.org"


def _confirm_address(conn: Connection, address: str = READER) -> str:
    """The address to which a yes is written, after somebody asked for `address`."""
    known = people.find_person(conn, address)
    assert known is not None
    return f"confirm+{passes.make(DESK.secret, 'confirm', known.id, series=known.series, now=START)}@alerts.example"


def test_somebody_becomes_a_reader_by_two_mails(world: World) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "subscribe+siege.yem@alerts.example", mail()) == "subscribe"
        assert people.active_people(conn) == []
        assert world.take(conn, _confirm_address(conn), mail(subject="Re: Please confirm")) == "confirm"
        [known] = people.active_people(conn)
        assert known.wishes == Wishes(events=("siege",), countries=("YEM",))
        assert letters(conn) == ["welcome"]


def test_a_yes_from_another_address_is_none(world: World) -> None:
    with writing(world.engine) as conn:
        world.take(conn, "subscribe@alerts.example", mail())
        assert world.take(conn, _confirm_address(conn), mail(OTHER)) == "refused"
        assert people.active_people(conn) == []
        assert letters(conn) == ["confirm", "help"]


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Auto-Response-Suppress: All", "List-Id: <x>"]
)
def test_a_program_that_answers_the_letter_has_not_said_yes(world: World, line: str) -> None:
    with writing(world.engine) as conn:
        world.take(conn, "subscribe@alerts.example", mail())
        world.take(conn, _confirm_address(conn), mail(READER, line))
        assert people.active_people(conn) == []
        assert letters(conn) == ["confirm"]


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Re: Please confirm", "STOP"),
        ("Re: Please confirm", "\r\n> Do you want alerts?\r\n\r\nNo, who are you?"),
        ("unsubscribe", ""),
        ("Re: Please confirm", "отписаться"),
    ],
)
def test_who_answers_no_has_not_said_yes(world: World, subject: str, body: str) -> None:
    with writing(world.engine) as conn:
        world.take(conn, "subscribe@alerts.example", mail())
        assert world.take(conn, _confirm_address(conn), mail(subject=subject, body=body)) == "help"
        assert people.active_people(conn) == []


def test_the_service_may_be_called_as_it_likes(world: World) -> None:
    with writing(world.engine) as conn:
        world.take(conn, "subscribe@alerts.example", mail())
        answer = mail(subject="Re: Please confirm your mails from Stop the Siege")
        assert world.take(conn, _confirm_address(conn), answer) == "confirm"


@pytest.mark.parametrize("body", ["", "Yes", "Notable work!\r\n", "> stop\r\n> no\r\n"])
def test_any_other_answer_is_a_yes(world: World, body: str) -> None:
    with writing(world.engine) as conn:
        world.take(conn, "subscribe@alerts.example", mail())
        assert world.take(conn, _confirm_address(conn), mail(subject="Re: Please confirm", body=body)) == "confirm"


def test_a_pass_that_is_none_is_answered_with_help_once(world: World) -> None:
    address = f"confirm+{'1-0-abc-' + 'a' * 24}@alerts.example"
    with writing(world.engine) as conn:
        assert [world.take(conn, address, mail()) for _ in range(3)] == ["refused"] * 3
        assert letters(conn) == ["help"]


@pytest.mark.parametrize("sender", [READER, OTHER, ""])
def test_a_reader_leaves_whoever_sends_the_mail(world: World, sender: str) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        address = f"unsubscribe+{passes.make(DESK.secret, 'unsubscribe', known.id)}@alerts.example"
        assert world.take(conn, address, mail(sender, "Auto-Submitted: auto-generated")) == "unsubscribe"
        assert people.active_people(conn) == []
        assert world.take(conn, address.replace("unsubscribe+", "unsubscribe+1"), mail()) == "refused"


@pytest.mark.parametrize(
    "subject", ["unsubscribe", "Re: STOP", "please remove me", "No, thank you", "=?utf-8?q?d=C3=A9sabonner?="]
)
def test_who_wants_to_leave_at_the_wrong_address_gets_help_and_no_more_mails(world: World, subject: str) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "subscribe@alerts.example", mail(subject=subject)) == "help"
        assert letters(conn) == ["help"]


def test_who_answers_an_alert_gets_help(world: World) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "desk@alerts.example", mail(subject="Re: Siege: Djibo")) == "help"
        assert letters(conn) == ["help"]


def test_a_link_to_the_preferences_goes_to_who_has_some(world: World) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "prefs@alerts.example", mail(OTHER)) == "preferences"
        assert letters(conn) == []
        world.reader(conn)
        assert world.take(conn, "prefs@alerts.example", mail()) == "preferences"
        assert letters(conn) == ["preferences"]


@pytest.mark.parametrize("what", ["subscribe", "help", "prefs", "desk"])
def test_mails_that_answer_each_other_end_after_one(world: World, what: str) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        for _ in range(5):
            world.take(conn, f"{what}@alerts.example", mail())
        assert len(letters(conn)) == 1


def test_who_asks_in_another_house_s_name_is_not_answered(world: World) -> None:
    forged = replace(mail("victim@elsewhere.example"), sender=OTHER)
    with writing(world.engine) as conn:
        assert world.take(conn, "subscribe@alerts.example", forged) == "nobody"
        assert letters(conn) == []


def test_who_writes_from_a_desk_beside_ours_is_answered(world: World) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "subscribe@alerts.example", mail("officer@alerts.example")) == "subscribe"
        assert world.take(conn, "help@alerts.example", mail("subscribe+yem@alerts.example")) == "ourselves"
        assert letters(conn) == ["confirm"]


def test_where_only_operators_add_readers_who_asks_gets_help(world: World) -> None:
    with writing(world.engine) as conn:
        desk = replace(DESK, open=False)
        assert take(conn, desk, HOUSE, request("subscribe@alerts.example"), mail(), START) == "help"
        assert letters(conn) == ["help"]


def test_a_sender_that_is_no_address_is_refused(world: World) -> None:
    with writing(world.engine) as conn:
        assert world.take(conn, "help@alerts.example", mail("reader@-")) == "refused"


BOUNCE = comes_back_to()
FORGED = f"bounce+{12 * 'a'}-{TOKEN}@alerts.example"  # by who knows the Message-ID
GONE = report(fields_of("5.1.1"))


def test_a_report_with_an_empty_sender_about_a_mail_of_ours_is_believed(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        assert world.take(conn, BOUNCE, replace(mail(), sender="<>", content=GONE.encode())) == "gone"
        assert people.active_people(conn) == []


def test_a_text_of_a_server_is_believed_too(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        assert world.take(conn, BOUNCE, replace(mail(), sender="", content=QMAIL.encode())) == "gone"


@pytest.mark.parametrize(
    ("sender", "address"),
    [("mailer-daemon@example.org", BOUNCE), ("", FORGED), (READER, BOUNCE)],
)
def test_forged_reports_change_nothing(world: World, sender: str, address: str) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        assert world.take(conn, address, replace(mail(), sender=sender, content=GONE.encode())) == "forged"
        assert len(people.active_people(conn)) == 1


def test_a_report_about_a_mail_that_is_not_kept_changes_nothing_and_is_not_called_forged(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        back = replace(mail(), sender="", content=GONE.encode())
        assert world.take(conn, comes_back_to("f" * 28), back) == "unknown"
        assert len(people.active_people(conn)) == 1


def test_a_holiday_notice_to_a_bounce_s_address_means_nothing(world: World) -> None:
    away = mail("", "Auto-Submitted: auto-replied", subject="Away", body="I am away. 550 5.1.1")
    with writing(world.engine) as conn:
        world.reader(conn)
        assert world.take(conn, BOUNCE, away) == "nothing"
        assert letters(conn) == [] and len(people.active_people(conn)) == 1


@pytest.mark.parametrize("address", ["desk@alerts.example", "help@alerts.example", BOUNCE])
def test_a_complaint_to_any_of_our_addresses_ends_the_mails(world: World, address: str) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        sent = replace(mail("feedback@house.example"), content=complaint().encode())
        assert world.take(conn, address, sent) == "complaint"
        assert people.active_people(conn) == []
        assert suppression.is_suppressed(conn, people.marks(conn, [known.id])[known.id]) == "complaint"
        assert letters(conn) == [] and told(conn) == []


def test_a_complaint_that_names_the_pass_alone_is_a_leaving_and_the_reader_is_told(world: World) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        ways_out = f"List-Unsubscribe: <mailto:unsubscribe+{passes.make(DESK.secret, 'unsubscribe', known.id)}@x>\n\n"
        sent = replace(mail("feedback@house.example"), content=complaint(original=ways_out).encode())
        assert world.take(conn, "help@alerts.example", sent) == "unsubscribe"
        assert people.active_people(conn) == []
        assert letters(conn) == ["goodbye"]


def test_who_knows_a_message_id_only_cannot_complain_in_the_readers_name(world: World) -> None:
    forged = complaint(original=f"Return-Path: <{FORGED}>\nMessage-ID: <{TOKEN}@alerts.example>\n\n")
    with writing(world.engine) as conn:
        world.reader(conn)
        sent = replace(mail("feedback@house.example"), content=forged.encode())
        assert world.take(conn, "help@alerts.example", sent) == "report"
        assert len(people.active_people(conn)) == 1


def test_a_complaint_about_no_mail_of_ours_is_no_complaint(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn, token="f" * 28)
        sent = replace(mail("feedback@house.example"), content=complaint().encode())
        assert world.take(conn, "help@alerts.example", sent) == "report"
        assert len(people.active_people(conn)) == 1


def test_who_complained_may_come_back_by_mail_only(world: World) -> None:
    with writing(world.engine) as conn:
        mark = people.mark_of(conn, READER)
        suppression.suppress(conn, mark, "complaint", START)
        assert world.take(conn, "subscribe@alerts.example", mail()) == "subscribe"
        assert letters(conn) == ["confirm"]
        known = strangers.find_or_make(conn, READER, START)
        assert not known.active
        assert world.take(conn, _confirm_address(conn), mail()) == "confirm"
        assert suppression.is_suppressed(conn, mark) is None
