"""The courier and servers that refuse, fall silent, or leave a mail's fate unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import MailError
from alerts.notify import refusals
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Fate, Unanswered
from alerts.store import holds, outbox, people, strangers, suppression
from alerts.store.database import reading, writing
from tests.fakes.smtp import FakeSmtp
from tests.fakes.waiting import until
from tests.notify.ways_out import Stuck, everybody, refused, smtp
from tests.notify.world import Clock, courier, mails, populate, states, tell
from tests.store import mailed


async def test_a_server_that_falls_silent_does_not_keep_the_service_from_ending(engine: Engine) -> None:
    populate(engine, readers=3, severity="minor")
    async with FakeSmtp() as server:
        server.answers["DATA"].extend(["250 OK", "silence", "silence"])
        settings = SmtpSettings(host="127.0.0.1", port=server.port, connections=1)
        one = courier(engine, Smtp(settings), Clock())
        one.grace_s = 0.2
        sending = asyncio.create_task(one.deliver_all())
        await until(lambda: len(server.received) == 2)
        one.stop()
        async with asyncio.timeout(30):  # it would have patience for five minutes
            await sending
        await one.close()
    # The second may have come, and is looked after at the next start; the third was not begun.
    assert states(engine) == {"accepted": 1, "sending": 1, "queued": 1}
    assert [row.attempts for row in mails(engine)] == [1, 1, 0]


async def test_a_silent_server_does_not_hold_up_what_becomes_due_meanwhile(engine: Engine) -> None:
    alert_id = populate(engine, readers=1, severity="minor")
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["DATA"].append("silence")
        one = courier(engine, Smtp(SmtpSettings(host="127.0.0.1", port=server.port, connections=2, patience=60)), clock)
        one.grace_s = 0.1
        sending = asyncio.create_task(one.deliver_all())
        await until(lambda: len(server.received) == 1)
        with writing(engine) as conn:
            people.add_person(conn, "late@example.com", now=clock())
        tell(engine, alert_id, version=2, kind="update", severity="extreme", only=frozenset({2}))
        await until(lambda: len(server.received) == 2, seconds=30)  # of the 60 that it has patience
        one.stop()
        await sending
        await one.close()
    assert server.received[1].recipients == ("late@example.com",)


async def test_a_mail_that_is_under_way_is_nobody_elses(engine: Engine) -> None:
    populate(engine, readers=1, severity="extreme")
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["DATA"].append("silence")
        slow = Smtp(SmtpSettings(host="127.0.0.1", port=server.port, patience=60))
        one, other = courier(engine, slow, clock), courier(engine, smtp(server), clock)
        one.grace_s = 0.1
        sending = asyncio.create_task(one.deliver_all())
        await until(lambda: len(server.received) == 1)
        clock.advance(minutes=9)
        tally = await other.deliver_all()
        assert (tally.leased, tally.deferred) == (0, 0)
        one.stop()
        await sending
        await one.close()
        await other.close()
    assert len(server.received) == 1


async def test_one_readers_own_refusal_holds_one_mail(engine: Engine) -> None:
    populate(engine, readers=5)
    tally = await refused(engine, "550 5.7.1 you may not write to this reader")
    assert (tally.trouble, tally.held) == ("", 1)
    assert states(engine) == {"accepted": 4, "held": 1}
    assert all(person.active for person in everybody(engine))


async def test_a_storm_of_policy_refusals_holds_the_queue_tells_operators_and_suppresses_nobody(engine: Engine) -> None:
    populate(engine, readers=20)
    with writing(engine) as conn:
        people.assign_duties(conn, "operator", ["desk@example.com"], Clock().now)
    tally = await refused(engine, *["550 5.7.1 blocked"] * 20)
    assert "needs a person" in tally.trouble
    with reading(engine) as conn:
        [hold] = holds.in_force(conn)
        [told] = [row for row in outbox.list_rows(conn) if row.bulletin_id is not None]
    assert (hold.kind, "blocked" in hold.reason) == ("all", True)
    assert told.person.duties == ("operator",)
    # Those that were refused wait like all others: it was about none of these readers.
    assert states(engine) == {"queued": 21}
    assert all(person.active for person in everybody(engine))


async def test_what_was_held_goes_out_when_it_is_let_go(engine: Engine) -> None:
    populate(engine, readers=3)
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.7.26 this mail is unauthenticated")
        one = courier(engine, smtp(server, connections=1), clock)
        await one.deliver_all()
        clock.advance(minutes=10)
        assert (await one.deliver_all()).leased == 0
        with writing(engine) as conn:
            holds.release(conn, holds.in_force(conn)[0].id, clock())
        assert (await one.deliver_all()).accepted == 3
        await one.close()
    assert len(server.received) == 3


async def test_a_reader_who_does_not_exist_is_given_up(engine: Engine) -> None:
    populate(engine, readers=3)
    await refused(engine, "550 5.1.1 no such user")
    with reading(engine) as conn:
        reasons = suppression.among(conn, list(people.marks(conn, [1, 2, 3]).values()))
    assert list(reasons.values()) == ["bounce"]
    assert [person.active for person in everybody(engine)] == [False, True, True]


async def test_many_readers_who_do_not_exist_stop_the_queue_and_none_is_given_up(engine: Engine) -> None:
    populate(engine, readers=30)
    tally = await refused(engine, *["550 5.1.1 no such user"] * 30)
    assert "no such reader" in tally.trouble
    assert states(engine) == {"failed": 5, "queued": 25}
    assert all(person.active for person in everybody(engine))


@pytest.mark.parametrize("said", ["550 5.1.1 no such user", "550 5.7.1 not from you"])
async def test_strangers_who_do_not_exist_or_refuse_us_stop_nothing(engine: Engine, said: str) -> None:
    populate(engine, readers=1, severity="minor")
    with writing(engine) as conn:
        for number in range(3 * refusals.GONE):
            stranger = strangers.find_or_make(conn, f"s{number}@example.net", Clock()())
            mailed.queue(conn, stranger.id, f"<{number:028x}@alerts.example>", Clock()())
    tally = await refused(engine, *[said] * 3 * refusals.GONE)
    assert (tally.accepted, tally.trouble) == (1, "")
    with reading(engine) as conn:
        assert not holds.all_held(conn)


async def test_a_refused_login_stops_the_way_and_tries_again_ever_more_rarely(engine: Engine) -> None:
    populate(engine, readers=1)
    clock = Clock()
    fault = MailError("535 5.7.8 wrong password", reason="auth", permanent=False)
    one = courier(engine, Stuck(*[fault] * 8), clock)
    for _ in range(8):
        assert "needs a person" in (await one.deliver_all()).trouble
        clock.advance(hours=1)
    assert (await one.deliver_all()).accepted == 1


async def test_a_mail_whose_fate_nobody_can_tell_now_is_looked_for_later(engine: Engine) -> None:
    populate(engine, readers=2, severity="minor")
    clock, transport = Clock(), Stuck(Unanswered("the connection broke"))
    transport.at_once, transport.settles = 1, timedelta(seconds=5)
    fates: list[Fate] = ["later", "taken"]

    async def find(sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        return dict.fromkeys(sought, fates.pop(0))

    transport.find = find  # type: ignore[method-assign]
    one = courier(engine, transport, clock)
    assert (await one.deliver_all()).doubtful == 1
    assert states(engine) == {"accepted": 1, "sending": 1}
    await one.deliver_all()
    assert len(fates) == 2
    clock.advance(seconds=5)
    await one.deliver_all()
    clock.advance(seconds=10)
    await one.deliver_all()
    assert states(engine) == {"accepted": 2}
    assert len(transport.sent) == 1
