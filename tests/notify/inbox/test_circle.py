"""A reader's whole life by mail alone: our mails go out by SMTP, the reader's and the mail servers' come in by LMTP."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from alerts.listening import Listen
from alerts.notify.courier import Courier
from alerts.notify.inbox.stage import Inbox
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.readers import Wishes
from alerts.store import people, suppression
from alerts.store.database import reading
from tests.fakes.smtp import FakeSmtp, Received
from tests.notify.inbox.dsns import complaint, fields_of, report
from tests.notify.inbox.world import READER, World, mail, opened
from tests.notify.world import SENDER, courier, populate


@dataclass(slots=True)
class Circle:
    """The service between two mail servers."""

    world: World
    inbox: Inbox
    courier: Courier
    out: FakeSmtp

    async def bring(self, receiver: str, sender: str, content: bytes) -> None:
        assert self.inbox.door is not None
        port = self.inbox.door.port

        def said() -> None:
            with smtplib.LMTP("127.0.0.1", port) as client:
                client.sendmail(sender, [receiver], content)

        await asyncio.to_thread(said)

    async def write(self, receiver: str) -> None:
        """The reader writes an empty mail."""
        await self.bring(receiver, READER, mail(subject="").content)

    async def sent(self) -> Received:
        """The one mail that goes out now."""
        before = len(self.out.received)
        await self.courier.deliver_all()
        [got] = self.out.received[before:]
        assert got.recipients == (READER,)
        return got

    def readers(self) -> list[Wishes]:
        with reading(self.world.engine) as conn:
            return [one.wishes for one in people.active_people(conn)]


@asynccontextmanager
async def around(world: World) -> AsyncIterator[Circle]:
    async with FakeSmtp() as out, opened(world.engine, world.clock, Listen(host="127.0.0.1", port=0)) as inbox:
        made = courier(world.engine, Smtp(SmtpSettings(host="127.0.0.1", port=out.port, timeout=5)), world.clock)
        made.sender = replace(SENDER, inbox=True, base_url="https://alerts.example")
        try:
            yield Circle(world=world, inbox=inbox, courier=made, out=out)
        finally:
            await made.close()


def _text(got: Received) -> str:
    parsed = email.message_from_bytes(got.message, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _address(kind: str, text: str) -> str:
    [found] = set(re.findall(rf"\b{kind}\+[0-9a-z-]+@alerts\.example", text))
    return str(found)


async def _become_a_reader(circle: Circle) -> None:
    await circle.write("subscribe+siege@alerts.example")
    await circle.write(_address("confirm", _text(await circle.sent())))
    assert circle.readers() == [Wishes(events=("siege",))]
    await circle.sent()  # the welcome


async def test_a_reader_comes_and_goes_by_mail_alone(world: World) -> None:
    async with around(world) as circle:
        await _become_a_reader(circle)
        await circle.write("prefs@alerts.example")
        await circle.sent()
        populate(world.engine, readers=0)
        ways_out = email.message_from_bytes((await circle.sent()).message)["List-Unsubscribe"]
        await circle.write(_address("unsubscribe", ways_out))
        assert circle.readers() == []
        assert "no more" in _text(await circle.sent())


async def test_an_alert_that_comes_back_to_its_sender_ends_the_mails(world: World) -> None:
    async with around(world) as circle:
        await _become_a_reader(circle)
        populate(world.engine, readers=0)
        got = await circle.sent()
        assert got.sender.startswith("bounce+")
        await circle.bring(got.sender, "", report(fields_of("5.1.1", final=f"rfc822; {READER}")).encode())
        assert circle.readers() == []
        assert circle.inbox.counts["gone"] == 1


async def test_who_presses_the_spam_button_comes_back_only_by_writing(world: World) -> None:
    async with around(world) as circle:
        await _become_a_reader(circle)
        populate(world.engine, readers=0)
        got = await circle.sent()
        arrived = f"Return-Path: <{got.sender}>\n" + got.message.decode("ascii").replace("\r\n", "\n")
        about = complaint(original=arrived)
        await circle.bring("desk@alerts.example", "feedback@house.example", about.encode())
        assert circle.readers() == []
        with reading(world.engine) as conn:
            assert suppression.is_suppressed(conn, people.mark_of(conn, READER)) == "complaint"
        world.clock.advance(days=2)
        await _become_a_reader(circle)
