"""A mail server brings mails by LMTP, and hears of each what became of it."""

from __future__ import annotations

import asyncio
import logging
import random
import smtplib
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.errors import AlertsError
from alerts.listening import Listen
from alerts.notify.inbox import lmtp
from alerts.notify.inbox.stage import Inbox
from alerts.store.database import reading, writing
from tests.notify.inbox.world import READER, World, letters, mail, opened

HERE = Listen(host="127.0.0.1", port=0)
NOBODY = "nobody@alerts.example"
SUBSCRIBE, HELP = "subscribe@alerts.example", "help@alerts.example"
Answer = tuple[int, bytes]


def _converse(inbox: Inbox, sender: str, receivers: list[str], content: bytes) -> tuple[list[Answer], list[Answer]]:
    """What the server says to each receiver, and after the mail for each that it took."""
    assert inbox.door is not None
    with smtplib.LMTP("127.0.0.1", inbox.door.port) as client:
        client.ehlo("mail.example")
        client.mail(sender)
        named = [client.rcpt(one) for one in receivers]
        taken = [code for code, _ in named if code == 250]
        if not taken:
            return named, []
        answers = [client.data(content)]
        answers += [client.getreply() for _ in taken[1:]]
        assert client.noop()[0] == 250  # it said no more than it was asked for
        return named, answers


async def _brought(inbox: Inbox, receivers: list[str], **more: Any) -> tuple[list[int], list[int]]:
    sent = mail(**more)
    named, answers = await asyncio.to_thread(_converse, inbox, sent.sender, receivers, sent.content)
    return [code for code, _ in named], [code for code, _ in answers]


async def test_what_a_mail_asks_is_done_when_it_is_taken(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE]) == ([250], [250])
        with reading(world.engine) as conn:
            assert letters(conn) == ["confirm"]
        assert inbox.counts == {"subscribe": 1}


async def test_nothing_is_taken_before_it_is_committed(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        with writing(world.engine):  # until this ends, nobody else can write
            bringing = asyncio.create_task(_brought(inbox, [SUBSCRIBE]))
            _, waiting = await asyncio.wait([bringing], timeout=0.3)
            assert waiting
        assert await bringing == ([250], [250])
        with reading(world.engine) as conn:
            assert letters(conn) == ["confirm"]


async def test_a_mail_that_is_brought_twice_asks_once(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        for _ in range(2):
            assert await _brought(inbox, [SUBSCRIBE]) == ([250], [250])
        with reading(world.engine) as conn:
            assert letters(conn) == ["confirm"]


async def test_an_address_that_is_not_ours_is_refused_before_the_mail(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [NOBODY, "help@elsewhere.example"]) == ([550, 550], [])
        assert await _brought(inbox, ["subscribe+nothing@alerts.example"]) == ([550], [])
        assert not inbox.counts


async def test_every_receiver_has_an_answer_of_its_own(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE, NOBODY, HELP]) == ([250, 550, 250], [250, 250])
        with reading(world.engine) as conn:
            assert letters(conn) == ["confirm", "help"]


async def test_a_mail_is_not_taken_while_the_database_is_out_of_order(world: World) -> None:
    with writing(world.engine) as conn:
        conn.execute(text("ALTER TABLE attempt RENAME TO elsewhere"))
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE, "reader@alerts.example", HELP]) == ([250, 550, 250], [451, 451])
        with writing(world.engine) as conn:
            conn.execute(text("ALTER TABLE elsewhere RENAME TO attempt"))
        assert await _brought(inbox, [SUBSCRIBE]) == ([250], [250])


async def test_a_mail_that_takes_too_long_is_brought_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(lmtp, "_TAKING_S", 0.05)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.door is not None
        monkeypatch.setattr(inbox.door, "_take", slow)
        assert await _brought(inbox, [HELP]) == ([250], [451])


async def test_a_fault_of_ours_is_no_answer_to_a_mail(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def stumble(*_: object) -> str:
        raise ValueError(READER)

    monkeypatch.setattr(lmtp._Handler, "handle_DATA", stumble)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE, HELP]) == ([250, 250], [451, 451])
    assert "ValueError in test_lmtp.py" in caplog.text and "@" not in caplog.text


async def test_more_receivers_than_a_mail_may_have_are_for_another_mail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmtp, "_MOST_RECIPIENTS", 2)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE, HELP, HELP]) == ([250, 250, 452], [250, 250])


async def test_who_talks_nonsense_does_not_close_the_door(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.door is not None
        port, noise = inbox.door.port, random.Random(6)

        def talk() -> None:
            for start in (b"", b"LHLO x\r\n", b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<help@alerts.example>\r\nDATA\r\n"):
                with socket.create_connection(("127.0.0.1", port), 5) as client:
                    client.sendall(start + b"\r\n".join(noise.randbytes(90) for _ in range(100)) + b"\r\nRCPT TO:<")

        await asyncio.to_thread(talk)
        assert await _brought(inbox, [HELP]) == ([250], [250])


async def test_a_mail_that_is_too_long_is_refused_for_every_receiver(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmtp, "SIZE", 10_000)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert await _brought(inbox, [SUBSCRIBE, HELP], body="word \r\n" * 3_000) == ([250, 250], [552, 552])
        assert not inbox.counts


async def test_long_lines_and_bytes_of_any_kind_are_taken(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        content = mail().content + b"x" * 20_000 + b"\xff\x00\r\n"
        _, answers = await asyncio.to_thread(_converse, inbox, READER, [HELP], content)
        assert [code for code, _ in answers] == [250]


async def test_a_sender_may_be_empty(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        content = mail().content
        _, answers = await asyncio.to_thread(_converse, inbox, "", [HELP], content)
        assert [code for code, _ in answers] == [250]
        assert inbox.counts == {"empty sender": 1}


async def test_a_socket_takes_mails_too_and_is_gone_afterwards(world: World, tmp_path: Path) -> None:
    path = tmp_path / "run" / "lmtp"
    async with opened(world.engine, world.clock, Listen(path=path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666

        def asked() -> int:
            with smtplib.LMTP(str(path)) as client:
                return client.ehlo("mail.example")[0]

        assert await asyncio.to_thread(asked) == 250
        with pytest.raises(AlertsError, match="another process"):
            async with opened(world.engine, world.clock, Listen(path=path)):
                raise AssertionError
    assert not path.exists()


async def test_a_socket_that_a_dead_process_left_is_taken_over(world: World, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    async with opened(world.engine, world.clock, Listen(path=path)):
        assert path.exists()


async def test_a_port_in_use_is_told_with_its_setting(world: World) -> None:
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.door is not None
        with pytest.raises(AlertsError, match=rf"\[inbox\] listen: 127.0.0.1:{inbox.door.port}"):
            async with opened(world.engine, world.clock, Listen(host="127.0.0.1", port=inbox.door.port)):
                raise AssertionError


async def test_a_connection_too_many_is_sent_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "_MOST_CONNECTIONS", 1)
    async with opened(world.engine, world.clock, HERE) as inbox:
        assert inbox.door is not None
        port = inbox.door.port

        def two() -> tuple[int, bytes]:
            with smtplib.LMTP("127.0.0.1", port) as first:
                first.ehlo("mail.example")
                with socket.create_connection(("127.0.0.1", port), 5) as second:
                    return first.noop()[0], second.recv(100)

        assert await asyncio.to_thread(two) == (250, b"421 4.3.2 too many connections\r\n")


async def test_no_log_line_holds_an_address(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with opened(world.engine, world.clock, HERE) as inbox:
            await _brought(inbox, [SUBSCRIBE, NOBODY])
            with writing(world.engine) as conn:
                conn.execute(text("ALTER TABLE attempt RENAME TO elsewhere"))
            await _brought(inbox, [HELP])
    assert "a mail to subscribe: subscribe" in caplog.text
    assert "cannot be taken now" in caplog.text
    assert "@" not in caplog.text
