"""The user's own templates through the courier: a broken one is told with file and line, and stops no mail."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.errors import Fault
from alerts.notify.courier import Courier
from alerts.notify.ways.maildir import Maildir
from alerts.readers import Wishes
from alerts.render.mail import mail_renderer
from alerts.store import people
from alerts.store.database import writing
from tests.drawn import PICTURES
from tests.notify.world import SENDER, SITE, Clock, new_database, populate, states

BROKEN = {
    "syntax": ("Bonjour\n{% if place %}\n", 2),
    "unknown": ("Bonjour\n\n{{ titre }}\n", 3),
    "absent": ("Bonjour\n{{ place.nom }}\n", 2),
    "include": ('{% include "mail/_pied.txt" %}\n', 0),
    "endless": ("Bonjour\n{{ 9 ** 9 ** 9 }}\n", 2),
}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """One alert; of its three readers the second reads French."""
    engine = new_database(tmp_path)
    with writing(engine) as conn:
        for number in range(1, 4):
            language = "fr" if number == 2 else "en"
            people.add_person(conn, f"own{number}@example.com", now=Clock().now, wishes=Wishes(language=language))
    populate(engine, readers=1)
    return engine


async def sent(engine: Engine, folder: Path, own: Path) -> tuple[dict[str, EmailMessage], list[Fault]]:
    """The mails by address, and the faults that were told."""
    faults: list[Fault] = []
    courier = Courier(
        engine=engine,
        transport=Maildir(folder / "mails"),
        renderer=mail_renderer(SITE, own=own, report=faults.append, pictures=PICTURES),
        sender=SENDER,
        clock=Clock(),
    )
    await courier.deliver_all()
    await courier.close()
    found: dict[str, EmailMessage] = {}
    for path in (folder / "mails" / "new").iterdir():
        mail = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(mail, EmailMessage)
        found[str(mail["To"])] = mail
    return found, faults


def text(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_translation_is_told_and_everybody_gets_the_mail(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    source, line = BROKEN[name]
    own = tmp_path / "own"
    (own / "mail" / "fr").mkdir(parents=True)
    (own / "mail" / "fr" / "alert.txt").write_text(source)
    (own / "mail" / "fr" / "alert.html").write_text("<p>{{ title }}: bonjour</p>")
    mails, faults = await sent(engine, tmp_path, own)
    assert states(engine) == {"accepted": 4}
    shipped = text(mails["own1@example.com"])
    assert "Strike on a market in Sample Town" in shipped and "WHAT WAS SAID" in shipped
    assert "WHAT WAS SAID" in text(mails["own2@example.com"])  # the shipped text stands in for the broken one
    assert "bonjour" in text(mails["own2@example.com"], "html")  # and the good half of the translation is used
    assert "bonjour" not in text(mails["own3@example.com"], "html")
    [fault] = faults  # once, however many mails
    assert (Path(fault.file).name, fault.line) == ("alert.txt", line)
    assert "mail/fr" in fault.file


async def test_a_good_translation_is_for_its_readers_alone(engine: Engine, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "mail" / "fr").mkdir(parents=True)
    (own / "mail" / "fr" / "alert.txt").write_text("Alerte : {{ title }}\n")
    mails, faults = await sent(engine, tmp_path, own)
    assert faults == []
    assert text(mails["own2@example.com"]).strip() == "Alerte : Strike on a market in Sample Town"
    assert "Alerte" not in text(mails["own1@example.com"])
