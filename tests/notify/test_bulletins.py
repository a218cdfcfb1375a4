"""Mails that are about no alert go the same way as the others."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Engine

from alerts.notify import bulletins
from alerts.notify.ways.maildir import Maildir
from alerts.store import people
from alerts.store.database import writing
from tests.notify.world import SECRET, SENDER, START, Clock, courier, mails, populate, states

BODY = "Two feeds are silent.\n\n- Wire: 3 days\n- <Radio>: see https://alerts.example/feeds.\n"


def post(engine: Engine, *, subject: str = "2 feeds are silent") -> int | None:
    with writing(engine) as conn:
        return bulletins.post(
            conn,
            kind="notices",
            subject=subject,
            body=BODY,
            people=people.active_people(conn, "operator"),
            secret=SECRET,
            domain=SENDER.domain,
            now=START,
        )


def assign(engine: Engine, *addresses: str) -> None:
    with writing(engine) as conn:
        people.assign_duties(conn, "operator", addresses, START)


async def brought_out(engine: Engine, folder: Path) -> list[EmailMessage]:
    await courier(engine, Maildir(folder / "mail"), Clock()).deliver_all()
    paths = sorted((folder / "mail/new").iterdir())
    found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
    return sorted((mail for mail in found if isinstance(mail, EmailMessage)), key=lambda mail: str(mail["To"]))


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_a_bulletin_is_one_mail_to_each(engine: Engine, tmp_path: Path) -> None:
    assign(engine, "desk@example.org", "night@example.org")
    assert post(engine) == 1
    first, second = await brought_out(engine, tmp_path)
    assert [first["To"], second["To"]] == ["desk@example.org", "night@example.org"]
    assert first["Subject"] == "2 feeds are silent"
    assert first["Message-ID"] != second["Message-ID"] and first["References"] is None
    text = part(first, "plain")
    assert "Two feeds are silent.\n\n- Wire: 3 days\n- <Radio>: see https://alerts.example/feeds.\n" in text
    assert "You get this mail because you are named as an operator of this service." in text
    assert states(engine) == {"accepted": 2}


async def test_its_html_has_lists_and_links_and_escapes_the_rest(engine: Engine, tmp_path: Path) -> None:
    assign(engine, "desk@example.org")
    post(engine)
    [mail] = await brought_out(engine, tmp_path)
    html = part(mail, "html")
    assert '<li dir="auto">Wire: 3 days</li>' in html
    assert "&lt;Radio&gt;: see " in html
    assert '<a href="https://alerts.example/feeds" style="color:#1f4e8c">https://alerts.example/feeds</a>.' in html


def test_without_anybody_to_tell_there_is_no_bulletin(engine: Engine) -> None:
    assert post(engine) is None
    assert mails(engine) == []


async def test_bulletins_and_alerts_go_out_together(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1)
    assign(engine, "reader1@example.com")
    post(engine)
    post(engine, subject="Another")
    found = await brought_out(engine, tmp_path)
    assert sorted(str(mail["Subject"]) for mail in found) == [
        "2 feeds are silent", "Another", "Strike on a market in Sample Town",
    ]  # fmt: skip
