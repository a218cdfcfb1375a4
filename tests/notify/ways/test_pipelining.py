"""Several commands at once, and servers that answer them oddly: what was taken is known, or known to be unknown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from alerts.errors import MailError
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Unanswered
from tests.notify.ways.scripted import Scripted
from tests.notify.ways.test_smtp import MESSAGE, envelope


@asynccontextmanager
async def talking(*, seconds: float = 20.0) -> AsyncIterator[tuple[Scripted, Smtp]]:
    async with Scripted() as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, timeout=seconds, patience=seconds, connections=1)
        smtp = Smtp(settings)
        yield server, smtp
        await smtp.close()


async def test_the_text_comes_only_after_the_server_asked_for_it() -> None:
    async with talking() as (server, smtp):
        await smtp.send(envelope(1))
        await smtp.send(envelope(2))
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"]
    assert len(server.texts) == 2
    assert server.texts[0].startswith(MESSAGE[:20])


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "2|5|0 slowly"),
        ("RCPT", "250-in|\r\n250 pieces"),
        ("DATA", "3|54 go"),
        ("TEXT", "250-a\r\n|250-b\r\n2|50 c"),
    ],
)
async def test_answers_in_pieces_are_read_whole(step: str, answer: str) -> None:
    async with talking() as (server, smtp):
        server.answers[step].append(answer)
        await smtp.send(envelope(1))
        await smtp.send(envelope(2))
    assert (len(server.texts), server.connections) == (2, 1)


async def test_after_a_refused_reader_the_connection_takes_the_next() -> None:
    async with talking() as (server, smtp):
        server.answers["RCPT"].append("550 5.1.1 no such user")
        server.answers["DATA"].append("554 5.5.1 no valid recipients")
        with pytest.raises(MailError) as caught:
            await smtp.send(envelope(1))
        await smtp.send(envelope(2))
    assert caught.value.reason == "address"
    assert (len(server.texts), server.connections) == (1, 1)
    assert server.heard[4] == "refused" and server.heard[5] == "RSET"


async def test_a_server_that_wants_a_text_for_a_refused_reader_gets_none() -> None:
    async with talking() as (server, smtp):
        server.answers["RCPT"].append("550 5.1.1 no such user")
        with pytest.raises(MailError):
            await smtp.send(envelope(1))
        await smtp.send(envelope(2))
    assert (len(server.texts), server.connections) == (1, 2)


@pytest.mark.parametrize("answer", ["drop", "silence", "what?", "123 odd", "354 odd"])
async def test_whatever_is_no_answer_to_the_text_leaves_it_unknown(answer: str) -> None:
    async with talking(seconds=0.3) as (server, smtp):
        server.answers["TEXT"].append(answer)
        with pytest.raises(Unanswered):
            await smtp.send(envelope())


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["drop", "silence", "what?"])
async def test_whatever_is_no_answer_before_the_text_is_no_mail(step: str, answer: str) -> None:
    async with talking(seconds=0.3) as (server, smtp):
        server.answers[step].append(answer)
        with pytest.raises(MailError) as caught:
            await smtp.send(envelope())
    assert (caught.value.reason, isinstance(caught.value, Unanswered)) == ("connect", False)
    assert not server.texts


@pytest.mark.parametrize("answer", ["drop", "421 4.4.2 you were idle for too long"])
async def test_a_connection_that_ended_while_idle_costs_nothing(answer: str) -> None:
    async with talking() as (server, smtp):
        await smtp.send(envelope(1))
        server.answers["MAIL"].append(answer)
        await smtp.send(envelope(2))
    assert (len(server.texts), server.connections) == (2, 2)


async def test_a_server_that_said_goodbye_in_between_is_asked_anew() -> None:
    async with talking() as (server, smtp):
        await smtp.send(envelope(1))
        server.hang_up()
        await asyncio.sleep(0.05)
        await smtp.send(envelope(2))
    assert (len(server.texts), server.connections) == (2, 2)


async def test_an_answer_without_an_end_ends_the_connection() -> None:
    async with talking() as (server, smtp):
        server.answers["MAIL"].append("250-" + "x" * 40_000 + "|")
        with pytest.raises(MailError) as caught:
            await smtp.send(envelope())
    assert caught.value.reason == "connect"


async def test_what_hangs_is_broken_off_when_told() -> None:
    async with talking(seconds=60) as (server, smtp):
        server.answers["TEXT"].append("silence")
        sending = asyncio.create_task(smtp.send(envelope()))
        while not server.texts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        smtp.hang_up()
        with pytest.raises(Unanswered):
            await asyncio.wait_for(sending, 30)
