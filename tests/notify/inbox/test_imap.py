"""Mails are fetched from a mailbox, each once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from alerts.errors import AlertsError, StoreError
from alerts.notify.inbox.imap import Mailbox, Poller, asked_by
from alerts.notify.inbox.sorting import Request
from alerts.notify.inbox.stage import Inbox, InboxSettings
from alerts.notify.inbox.taking import Mail
from alerts.store import aside, people
from alerts.store.database import reading, writing
from tests.notify.inbox import mailbox
from tests.notify.inbox.dsns import fields_of, report
from tests.notify.inbox.mailbox import Dovecot, dovecot
from tests.notify.inbox.world import DESK, HOUSE, READER, World, comes_back_to, letters, mail

needs_dovecot = pytest.mark.skipif(not mailbox.there(), reason="Dovecot is not installed, or this is not root")


def _asked(content: str) -> list[tuple[str, str]]:
    return [(request.kind, mail.sender) for request, mail in asked_by(content.encode(), HOUSE)]


def test_what_the_mail_server_wrote_of_its_receiver_counts_before_what_the_sender_did() -> None:
    head = "Return-Path: <a@b.org>\nDelivered-To: box@alerts.example\nX-Original-To: help@alerts.example\n"
    assert _asked(f"{head}To: subscribe@alerts.example\n\n") == [("help", "a@b.org")]
    assert _asked("Return-Path: a@b.org\nTo: Us <subscribe@alerts.example>, x@y.org\nCc: HELP@alerts.example\n\n") == [
        ("subscribe", "a@b.org"),
        ("help", "a@b.org"),
    ]


def test_only_a_mail_server_can_say_that_the_sender_is_empty() -> None:
    to = f"To: {comes_back_to()}\n\n"
    assert _asked(f"Return-Path: <>\n{to}") == [("bounce", "")]
    assert _asked(f"From: A <a@b.org>\n{to}") == [("bounce", "a@b.org")]
    assert _asked(to) == [("bounce", "unknown")]
    assert _asked(f"Return-Path: <a@b.org>\nReturn-Path: <>\n{to}") == [("bounce", "a@b.org")]


def test_a_mail_for_nobody_here_asks_nothing() -> None:
    assert _asked("To: friend@example.org, subscribe+nothing@alerts.example\n\n") == []
    assert _asked("") == []
    assert len(_asked("To: " + ", ".join(comes_back_to(f"{n:028x}") for n in range(20)) + "\n\n")) == 5


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture
def box(server: Dovecot) -> Dovecot:
    """The mailbox, empty."""
    for folder in ("new", "cur"):
        for file in (server.folder / "mail" / folder).iterdir():
            file.unlink()
    return server


def _poller(world: World, box: Mailbox) -> Poller:
    inbox = Inbox(world.engine, DESK, InboxSettings(house=HOUSE, mailbox=box), world.clock)
    assert inbox.poller is not None
    return inbox.poller


def _letters(world: World) -> list[str]:
    with reading(world.engine) as conn:
        return letters(conn)


@needs_dovecot
def test_each_mail_is_taken_once_and_marked_as_read(world: World, box: Dovecot) -> None:
    poller = _poller(world, box.mailbox)
    for number in range(3):
        box.deliver(mail(f"r{number}@example.org", "Delivered-To: help@alerts.example").content)
    assert (poller.fetch(), poller.fetch(), box.seen()) == (3, 0, 3)
    box.deliver(mail("r3@example.org", "Delivered-To: help@alerts.example").content)
    assert (_poller(world, box.mailbox).fetch(), box.seen()) == (1, 4)
    assert _letters(world) == ["help"] * 4


@needs_dovecot
def test_a_report_in_the_mailbox_is_believed(world: World, box: Dovecot) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
    head = f"Return-Path: <>\nDelivered-To: {comes_back_to()}\n"
    box.deliver((head + report(fields_of("5.1.1"))).encode())
    assert _poller(world, box.mailbox).fetch() == 1
    with reading(world.engine) as conn:
        assert people.active_people(conn) == []


@needs_dovecot
def test_what_a_crash_left_half_done_is_not_done_again(world: World, box: Dovecot) -> None:
    box.deliver(mail(READER, "Delivered-To: help@alerts.example").content)
    poller = _poller(world, box.mailbox)
    poller.fetch()
    for file in (box.folder / "mail" / "cur").iterdir():
        file.rename(file.with_name(file.name.replace("S", "")))  # taken, but not marked
    world.clock.advance(days=2)
    assert poller.fetch() == 0
    assert _letters(world) == ["help"]


@needs_dovecot
def test_while_the_database_is_out_of_order_mails_wait_in_the_mailbox(
    world: World, box: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full", reason="full")

    box.deliver(mail(READER, "Delivered-To: help@alerts.example").content)
    poller = _poller(world, box.mailbox)
    with monkeypatch.context() as broken:
        broken.setattr(poller, "_put", full)
        with pytest.raises(StoreError):
            poller.fetch()
    assert box.seen() == 0
    assert (poller.fetch(), _letters(world)) == (1, ["help"])


@needs_dovecot
def test_a_mail_that_we_cannot_take_keeps_no_other_back(
    world: World, box: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: object, request: Request, mail: Mail) -> str:
        if b"stone" in mail.content:
            raise ValueError(mail.sender)
        return "help"

    box.deliver(mail(READER, "Delivered-To: help@alerts.example", subject="stone").content)
    box.deliver(mail(READER, "Delivered-To: help@alerts.example").content)
    poller = _poller(world, box.mailbox)
    monkeypatch.setattr(poller, "_put", stumble)
    assert (poller.fetch(), poller.fetch(), box.seen()) == (2, 0, 1)
    with writing(world.engine) as conn:
        [number] = aside.listed(conn)
        assert "stone" in (aside.take(conn, number) or "")


@needs_dovecot
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "wrong"}, "refused"),
        ({"folder": 'No "such'}, "there is no folder"),
        ({"tls": None}, "localhost:"),
        ({"port": 1}, "localhost:1"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_told_without_its_name(
    world: World, box: Dovecot, change: dict[str, object], says: str
) -> None:
    wrong = replace(box.mailbox, **change)  # type: ignore[arg-type]
    with pytest.raises(AlertsError, match=says):
        _poller(world, wrong).fetch()
    assert "s3cret" not in repr(wrong) and "desk" not in repr(wrong)


async def test_a_mailbox_out_of_reach_is_told_and_tried_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Mailbox(host="127.0.0.1", port=1, username="desk@alerts.example", password="s3cret", every_s=0.02)
    inbox = Inbox(world.engine, DESK, InboxSettings(house=HOUSE, mailbox=nowhere), world.clock)
    await inbox.start()
    await asyncio.to_thread(_until, lambda: caplog.text.count("the mailbox cannot be read: 127.0.0.1:1: ") > 1)
    await inbox.stop()
    assert "@" not in caplog.text and "s3cret" not in caplog.text


@needs_dovecot
async def test_the_mailbox_is_looked_into_again_and_again(world: World, box: Dovecot) -> None:
    settings = InboxSettings(house=HOUSE, mailbox=replace(box.mailbox, every_s=0.1))
    inbox = Inbox(world.engine, DESK, settings, world.clock)
    await inbox.start()
    try:
        for number in range(2):
            await asyncio.to_thread(box.deliver, mail(f"r{number}@x.org", "Delivered-To: help@alerts.example").content)
            await asyncio.to_thread(_until, partial(_has_seen, box, number + 1))
    finally:
        await inbox.stop()
    assert _letters(world) == ["help", "help"]
    assert inbox.counts == {"help": 2}


def _has_seen(box: Dovecot, number: int) -> bool:
    return box.seen() == number


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    assert true()
