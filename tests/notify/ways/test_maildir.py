"""Mails in a folder: whole, private, and never twice."""

from __future__ import annotations

import mailbox
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.errors import MailError
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.transport import Envelope

MESSAGE = b"Subject: Djibo under siege\r\n\r\nText\r\n"
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def envelope(number: int = 1) -> Envelope:
    return Envelope(
        sender="a@localhost", recipient="reader@example.org", message_id=f"<abc{number}@localhost>", message=MESSAGE
    )


async def test_a_mail_lies_in_new_as_an_eml_file(tmp_path: Path) -> None:
    await Maildir(tmp_path / "mail").send(envelope())
    assert (tmp_path / "mail/new/abc1.eml").read_bytes() == MESSAGE
    assert not list((tmp_path / "mail/tmp").iterdir())


async def test_mail_programs_read_the_folder(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "mail")
    await transport.send(envelope(1))
    await transport.send(envelope(2))
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    assert sorted(message["Subject"] for message in box) == ["Djibo under siege"] * 2


async def test_the_same_mail_twice_is_one_file(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "mail")
    assert await transport.find({"<abc1@localhost>": NOW}) == {"<abc1@localhost>": "absent"}
    await transport.send(envelope())
    await transport.send(envelope())
    assert await transport.find({"<abc1@localhost>": NOW}) == {"<abc1@localhost>": "taken"}
    assert len(list((tmp_path / "mail/new").iterdir())) == 1


async def test_a_mail_that_was_read_and_flagged_is_not_delivered_again(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "mail")
    await transport.send(envelope())
    (tmp_path / "mail/new/abc1.eml").rename(tmp_path / "mail/cur/abc1.eml:2,S")
    await transport.send(envelope())
    assert not list((tmp_path / "mail/new").iterdir())


async def test_nobody_else_on_the_machine_can_read_the_mails(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        await Maildir(tmp_path / "mail").send(envelope())
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "mail/new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "mail/new/abc1.eml").stat().st_mode) == 0o600


async def test_what_a_crash_left_behind_long_ago_is_swept_away(tmp_path: Path) -> None:
    Maildir(tmp_path / "mail")
    old, fresh = tmp_path / "mail/tmp/old.eml.1", tmp_path / "mail/tmp/fresh.eml.2"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (time.time() - 3 * 86400,) * 2)
    Maildir(tmp_path / "mail")
    assert not old.exists()
    assert fresh.exists()


async def test_a_folder_that_cannot_be_written_is_the_operators_affair(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "mail")
    (tmp_path / "mail/tmp").rmdir()
    with pytest.raises(MailError) as caught:
        await transport.send(envelope())
    assert (caught.value.reason, caught.value.permanent) == ("disk", False)
    assert str(tmp_path / "mail") in str(caught.value)


async def test_a_mail_shows_only_when_it_is_whole(tmp_path: Path) -> None:
    shown: dict[str, list[Path]] = {}

    def look(point: str) -> None:
        shown[point] = list((tmp_path / "new").iterdir())

    await Maildir(tmp_path, crash=look).send(envelope())
    assert shown == {"mail-written": [], "mail-renamed": [tmp_path / "new/abc1.eml"]}


async def test_a_full_disk_leaves_no_half_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Maildir(tmp_path / "mail")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MailError, match="free some space"):
        await transport.send(envelope())
    assert not list((tmp_path / "mail/tmp").iterdir())
    assert not list((tmp_path / "mail/new").iterdir())


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")
    with pytest.raises(MailError, match="mails cannot be written"):
        Maildir(tmp_path / "mail")
