"""A mail that trips over a fault of ours is not brought for ever, is told, and is not lost."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import StoreError
from alerts.listening import Listen
from alerts.notify.inbox import stage
from alerts.notify.inbox.sorting import Request
from alerts.notify.inbox.stage import Inbox
from alerts.notify.inbox.stumbling import ATTEMPTS, Stumbles, read, written
from alerts.notify.inbox.taking import Mail, take
from alerts.readers import Wishes
from alerts.store import aside, tallies
from alerts.store.database import reading
from tests.notify.inbox.world import READER, World, letters, mail, opened

HERE = Listen(host="127.0.0.1", port=0)
SUBSCRIBE, HELP = "subscribe+siege@alerts.example", "help@alerts.example"


@pytest.fixture
def stone(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """What mails with the word "stone" trip over from now on."""

    def lay(error: Exception | None) -> None:
        def stumble(*args: object) -> str:
            if error is not None and b"stone" in next(one for one in args if isinstance(one, Mail)).content:
                raise error
            return take(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(stage, "take", stumble)

    return lay


async def _brought(inbox: Inbox, *receivers: str, subject: str = "stone") -> int:
    """What the mail server hears after the mail."""
    sent = mail(subject=subject)

    def bring() -> int:
        assert inbox.door is not None
        with smtplib.LMTP("127.0.0.1", inbox.door.port) as client:
            client.ehlo("mail.example")
            client.mail(sent.sender)
            for one in receivers:
                client.rcpt(one)
            answers = {client.data(sent.content)[0], *(client.getreply()[0] for _ in receivers[1:])}
            [answer] = answers
            return answer

    return await asyncio.to_thread(bring)


def _aside(world: World) -> int:
    with reading(world.engine) as conn:
        return aside.count(conn)


async def test_a_mail_that_trips_over_a_fault_is_put_aside_after_some_attempts(
    world: World, stone: Callable[[Exception | None], None], caplog: pytest.LogCaptureFixture
) -> None:
    stone(ValueError(READER))
    async with opened(world.engine, world.clock, HERE) as inbox:
        answers = [await _brought(inbox, SUBSCRIBE) for _ in range(ATTEMPTS)]
        assert await _brought(inbox, SUBSCRIBE, subject="Hello") == 250
        assert inbox.counts == {"set aside": 1, "subscribe": 1}
    assert answers == [451] * (ATTEMPTS - 1) + [250]
    with reading(world.engine) as conn:
        assert tallies.counted(conn, "mail in") == {"set aside": 1, "subscribe": 1}
        found = aside.standing(conn)
    assert found is not None and (found.number, found.since) == (1, world.clock())
    assert found.example.startswith("ValueError in test_stumbling.py:")
    [line] = [record for record in caplog.records if "trips over a fault of this program" in record.getMessage()]
    assert line.levelname == "ERROR" and "ValueError in test_stumbling.py:" in line.getMessage()
    assert "@" not in caplog.text


async def test_what_was_put_aside_is_done_by_the_version_that_can(
    world: World, stone: Callable[[Exception | None], None]
) -> None:
    stone(ValueError())
    async with opened(world.engine, world.clock, HERE) as inbox:
        for _ in range(ATTEMPTS):
            await _brought(inbox, SUBSCRIBE)
    async with opened(world.engine, world.clock, HERE):
        assert _aside(world) == 1
    stone(None)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.counts == {"subscribe": 1}
    assert _aside(world) == 0
    with reading(world.engine) as conn:
        assert letters(conn) == ["confirm"]


async def test_trouble_around_us_puts_nothing_aside(world: World, stone: Callable[[Exception | None], None]) -> None:
    stone(StoreError("the disk is full", reason="full"))
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert [await _brought(inbox, HELP) for _ in range(2 * ATTEMPTS)] == [451] * 2 * ATTEMPTS
        stone(None)
        assert await _brought(inbox, HELP) == 250
    assert _aside(world) == 0


async def test_when_too_many_lie_there_the_mail_server_keeps_them(
    world: World, stone: Callable[[Exception | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stone(ValueError())
    monkeypatch.setattr(aside, "MOST", 1)
    async with opened(world.engine, world.clock, HERE) as inbox:
        for _ in range(ATTEMPTS):
            await _brought(inbox, HELP)
        assert [await _brought(inbox, SUBSCRIBE) for _ in range(ATTEMPTS + 1)] == [451] * (ATTEMPTS + 1)
    assert _aside(world) == 1


async def test_each_receiver_s_part_of_a_mail_is_put_aside(
    world: World, stone: Callable[[Exception | None], None]
) -> None:
    stone(ValueError())
    async with opened(world.engine, world.clock, HERE) as inbox:
        for _ in range(ATTEMPTS):
            await _brought(inbox, SUBSCRIBE, HELP)
    stone(None)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.counts == {"subscribe": 1, "help": 1}


@settings(max_examples=30)
@given(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_a_mail_comes_back_as_it_was(content: bytes, sender: str, token: str) -> None:
    request = Request(kind="confirm", token=token, wishes=Wishes(events=("siege",), countries=("YEM",)))
    one = Mail(sender=sender, content=content)
    assert read(written(request, one)) == (request, one)


def test_attempts_are_counted_for_each_mail_and_not_for_ever() -> None:
    stumbles = Stumbles()
    request, first = Request(kind="help"), mail(subject="first")
    assert [stumbles.once_more(request, first) for _ in range(3)] == [1, 2, 3]
    assert stumbles.once_more(Request(kind="preferences"), first) == 1
    for number in range(1_000):
        assert stumbles.once_more(request, mail(subject=f"{number}")) == 1
    assert stumbles.once_more(request, first) == 1
