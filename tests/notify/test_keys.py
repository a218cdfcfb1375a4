"""A reader who gave an OpenPGP key gets nothing in clear, whatever happens to the key."""

from __future__ import annotations

import email
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.notify.ways.maildir import Maildir
from alerts.readers import Wishes
from alerts.store import outbox, people
from alerts.store.database import reading, writing
from tests.notify.world import Clock, courier, mails, populate

pytest.importorskip("pysequoia")
from pysequoia import Profile, Tsk


async def test_only_the_mails_to_a_key_that_cannot_be_used_are_held(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=3)
    good = str(Tsk.generate("R", profile=Profile.RFC4880).extract_certificate())
    with writing(engine) as conn:
        first, second, _ = people.active_people(conn)
        people.set_wishes(conn, first.id, Wishes(key=good))
        people.set_wishes(conn, second.id, Wishes(key=good[:200]))
    tally = await courier(engine, Maildir(tmp_path / "mail"), Clock()).deliver_all()
    assert tally.accepted == 2
    by_reader = {row.person.id: row for row in mails(engine)}
    assert [by_reader[one].state for one in sorted(by_reader)] == ["accepted", "held", "accepted"]
    assert "not sent in clear: the reader's OpenPGP key cannot be read" in (by_reader[second.id].last_error or "")
    kinds = sorted(email.message_from_bytes(one.read_bytes()).get_content_type() for one in sent(tmp_path))
    assert kinds == ["multipart/alternative", "multipart/encrypted"]


def sent(folder: Path) -> list[Path]:
    return list((folder / "mail/new").iterdir())


async def test_a_held_mail_goes_when_the_key_was_mended_and_an_operator_lets_it(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1)
    with writing(engine) as conn:
        [reader] = people.active_people(conn)
        people.set_wishes(conn, reader.id, Wishes(key="none"))
    clock = Clock()
    await courier(engine, Maildir(tmp_path / "mail"), clock).deliver_all()
    assert _held(engine) == 1
    with writing(engine) as conn:
        key = str(Tsk.generate("R", profile=Profile.RFC4880).extract_certificate())
        people.set_wishes(conn, reader.id, Wishes(key=key))
        outbox.release(conn, [row.id for row in outbox.list_rows(conn)], clock())
    assert (await courier(engine, Maildir(tmp_path / "mail"), clock).deliver_all()).accepted == 1
    [path] = sent(tmp_path)
    assert email.message_from_bytes(path.read_bytes()).get_content_type() == "multipart/encrypted"


def _held(engine: Engine) -> int:
    with reading(engine) as conn:
        return outbox.counts(conn)["held"]
