"""A mail as it would go out: the bytes of the real one, and nothing is changed."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.errors import InputError
from alerts.notify.message import compose
from alerts.notify.preview import NOBODY, SAMPLES, Preview
from alerts.notify.ways.transport import Envelope
from alerts.readers import Person, Wishes
from alerts.render.letters import KINDS as LETTERS
from alerts.render.mail import mail_renderer
from alerts.store import outbox
from alerts.store.database import reading
from tests.drawn import PICTURES
from tests.notify.world import SENDER, SITE, START, beside, new_database, populate, renderer, tell, unexpected

MAKER = Preview(renderer=renderer, sender=SENDER)
SUBJECTS = {
    "new": "Strike on a market in Sample Town",
    "update": "[Update 1] Strike on a market in Sample Town",
    "close": "[Over] Strike on a market in Sample Town",
    "cancel": "[Cancelled] Strike on a market in Sample Town",
    "reminder": "[Reminder 1] Strike on a market in Sample Town",
    "several": "Strike on a market in Sample Town (and 1 more)",
    "bare": "Strike on a market in Sample Town",
}


def read(made: Envelope) -> EmailMessage:
    mail = message_from_bytes(made.message, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return new_database(tmp_path)


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_sample_makes_a_mail_with_no_fault_in_the_shipped_templates(kind: str) -> None:
    made = MAKER.sample(kind, Person(id=0), at=START)
    mail = read(made)
    assert (made.recipient, mail["To"]) == (NOBODY, NOBODY)
    assert mail["Subject"] == SUBJECTS.get(kind, mail["Subject"])
    assert mail.get_body(("html",)) is not None
    assert "ﷰ" not in text(mail) and len(text(mail)) > 100
    assert len(made.message) < 100_000


def test_a_sample_tells_what_its_kind_tells() -> None:
    def said(kind: str) -> str:
        return text(read(MAKER.sample(kind, Person(id=0), at=START)))

    assert "12 → 12–45 killed" in said("update")
    assert "Flight from Sample Town" in said("several") and "Ceasefire broken in Sample Town" in said("several")
    assert "Example Wire" in said("new") and "Example Wire" not in said("bare")


@pytest.mark.parametrize("kind", [one for one in SAMPLES if one not in ("bulletin", "help", "goodbye", "login")])
def test_a_reader_is_told_of_their_provinces_by_name(kind: str) -> None:
    named = Preview(
        renderer=lambda: mail_renderer(
            SITE, report=unexpected, named={"SY-ID": "Idlib, Syria"}.__getitem__, pictures=PICTURES
        ),
        sender=SENDER,
    )
    mail = read(named.sample(kind, Person(id=1, wishes=Wishes(regions=("SY-ID",))), at=START))
    assert "asked for all alerts in Idlib, Syria" in " ".join(text(mail).split()) or kind in LETTERS
    assert "Idlib, Syria" in " ".join(text(mail).split()) and "SY-ID" not in str(mail)


def test_a_kind_that_is_none_is_told_with_what_was_meant() -> None:
    with pytest.raises(InputError, match="there is no sample 'updat'; did you mean 'update'"):
        MAKER.sample("updat", Person(id=0), at=START)


def test_the_mail_of_a_row_is_the_very_bytes_that_go_out(engine: Engine) -> None:
    populate(engine, readers=2)
    with reading(engine) as conn:
        row = outbox.some(conn, ids=[2])[0]
        real = compose.envelope(row, compose.gather(conn, [row]), renderer=renderer(), sender=SENDER)
        assert MAKER.of_mail(conn, 2) == real
        with pytest.raises(InputError, match="there is no mail 9"):
            MAKER.of_mail(conn, 9)


def test_the_mail_of_an_alert_to_a_reader_is_the_one_that_the_reader_gets(engine: Engine) -> None:
    alert_id = populate(engine, readers=2)
    with reading(engine) as conn:
        row = outbox.some(conn, ids=[2])[0]
        real = compose.envelope(row, compose.gather(conn, [row]), renderer=renderer(), sender=SENDER)
        assert MAKER.of_alerts(conn, [alert_id], row.person, at=START).message == real.message


def test_nobody_in_particular_was_told_of_all_versions_before(engine: Engine) -> None:
    alert_id = populate(engine, readers=1)
    tell(engine, alert_id, version=2, kind="update", why="more", changes=("12 → 45 killed",))
    with reading(engine) as conn:
        mail = read(MAKER.of_alerts(conn, [alert_id], Person(id=0, wishes=Wishes(text_only=True)), at=START))
        first = read(MAKER.of_alerts(conn, [alert_id], Person(id=0), version=1, at=START))
    assert mail["Subject"].startswith("[Update 1] ") and "12 → 45 killed" in text(mail)
    assert mail.get_body(("html",)) is None
    assert "Update" not in first["Subject"]


def test_several_alerts_are_one_mail_the_worst_first(engine: Engine) -> None:
    alert_id = populate(engine, readers=1, severity="moderate")
    worse = beside(engine, alert_id, title="Hospital hit", severity="extreme")
    with reading(engine) as conn:
        mail = read(MAKER.of_alerts(conn, [alert_id, worse], Person(id=0), at=START))
    assert mail["Subject"] == "Hospital hit (and 1 more)"


def test_an_alert_that_cannot_be_shown_is_said(engine: Engine) -> None:
    alert_id = populate(engine, readers=1)
    untold = beside(engine, alert_id, title="Quiet", tells=False)
    with reading(engine) as conn:
        for wanted, version, says in (
            ("99", None, "there is no alert 99"),
            (alert_id, 7, "has no version 7"),
            (untold, None, "nobody was told"),
        ):
            with pytest.raises(InputError, match=says):
                MAKER.of_alerts(conn, [wanted], Person(id=0), version=version, at=START)


def test_links_of_a_sample_name_nobody() -> None:
    mail = read(MAKER.sample("new", Person(id=0), at=START))
    assert ".0." in text(mail).partition("/v/")[2].partition("?")[0]


def test_a_notice_to_anybody_is_addressed_to_them() -> None:
    made = MAKER.notice("A test", "It works.", Person(id=0), address="me@example.net", at=START)
    assert made.recipient == read(made)["To"] == "me@example.net"
    assert read(made)["Subject"] == "A test"
    again = MAKER.notice("A test", "It works.", Person(id=0), address="me@example.net", at=START)
    assert again.message_id != made.message_id
