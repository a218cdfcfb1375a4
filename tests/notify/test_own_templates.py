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
from alerts.store import outbox, people
from alerts.store.database import writing
from tests.drawn import PICTURES
from tests.notify.world import SENDER, SITE, Clock, new_database, populate, states, tell

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
    for mail in map(read, (folder / "mails" / "new").iterdir()):
        found[str(mail["To"])] = mail
    return found, faults


def read(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


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


async def test_a_template_that_comes_changes_breaks_and_goes_is_seen_by_the_courier_that_runs(
    engine: Engine, tmp_path: Path
) -> None:
    own, faults, now = tmp_path / "own", list[Fault](), [0.0]
    renderer = mail_renderer(SITE, own=own, report=faults.append, pictures=PICTURES, clock=lambda: now[0])
    transport = Maildir(tmp_path / "mails")
    courier = Courier(engine=engine, transport=transport, renderer=renderer, sender=SENDER, clock=Clock())
    mine = own / "mail" / "alert.txt"
    mine.parent.mkdir(parents=True)

    async def first_words() -> set[str]:
        """Of the mails of the next version."""
        now[0] += 1
        known = {path.name for path in (tmp_path / "mails" / "new").glob("*")}
        await courier.deliver_all()
        fresh = [path for path in (tmp_path / "mails" / "new").iterdir() if path.name not in known]
        with writing(engine) as conn:
            alert_id = outbox.list_rows(conn)[0].alert_id
            version = max(row.version for row in outbox.list_rows(conn)) + 1
        tell(engine, alert_id, version=version, kind="update")
        return {text(read(path)).split()[0] for path in fresh}

    shipped = await first_words()
    mine.write_text("Mine {{ title }}")
    assert await first_words() == {"Mine"}
    mine.write_text("{% mine %}")
    assert await first_words() == {"UPDATE"} and len(faults) == 1
    mine.write_text("Mended {{ title }}")
    assert await first_words() == {"Mended"}
    mine.unlink()
    assert await first_words() == {"UPDATE"} and len(shipped) == 1
    await courier.close()
    assert set(states(engine)) == {"accepted", "queued"}
