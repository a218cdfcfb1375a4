"""The courier with a real database, a real Maildir and a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.errors import MailError, StoreError
from alerts.notify.bulletins import post
from alerts.notify.message import compose
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Envelope, Fate, Unanswered
from alerts.notify.ways.verdict import Retry
from alerts.readers import Person
from alerts.store import holds, outbox, people, suppression
from alerts.store.database import reading, writing
from tests.fakes.smtp import FakeSmtp
from tests.fakes.waiting import until
from tests.notify.world import SECRET, SENDER, Clock, courier, mails, new_database, populate, states, tell


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = new_database(tmp_path)
    yield made
    made.dispose()


def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "mail", at_once=2)


def smtp(server: FakeSmtp, *, connections: int = 2) -> Smtp:
    return Smtp(SmtpSettings(host="127.0.0.1", port=server.port, timeout=2, patience=0.3, connections=connections))


def texts(tmp_path: Path) -> list[str]:
    found = []
    for path in sorted((tmp_path / "mail/new").iterdir()):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, email.message.EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        found.append(body.get_content())
    return found


class Stuck:
    """A transport that takes mails and loses its nerve on demand."""

    at_once = 2
    settles = timedelta(0)

    def __init__(self, *faults: Exception | None) -> None:
        self.faults, self.sent = list(faults), list[Envelope]()

    async def send(self, envelope: Envelope) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.sent.append(envelope)

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        return dict.fromkeys(sought, "unknown")

    def hang_up(self) -> None:
        """Nothing takes long."""

    async def close(self) -> None:
        """Nothing is open."""


def everybody(engine: Engine) -> list[Person]:
    with reading(engine) as conn:
        return [person for person in people.list_people(conn) if "reader" in person.duties]


def bulletin(engine: Engine, subject: str) -> None:
    """A bulletin to all readers: it goes beside their alerts."""
    with writing(engine) as conn:
        post(
            conn,
            kind="test",
            subject=subject,
            body="Something.",
            people=people.active_people(conn),
            secret=SECRET,
            domain=SENDER.domain,
            now=Clock().now,
        )


async def test_each_reader_gets_one_mail(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=5)
    tally = await courier(engine, maildir(tmp_path), Clock()).deliver_all()
    assert (tally.leased, tally.accepted, tally.trouble) == (5, 5, "")
    assert states(engine) == {"accepted": 5}
    assert len(texts(tmp_path)) == 5
    assert "You get this mail because you asked for all alerts." in texts(tmp_path)[0]


async def test_another_round_sends_nothing_again(engine: Engine, tmp_path: Path) -> None:
    populate(engine)
    one = courier(engine, maildir(tmp_path), Clock())
    await one.deliver_all()
    assert (await one.deliver_all()).leased == 0
    assert len(texts(tmp_path)) == 3


async def test_nothing_goes_out_before_its_time(engine: Engine, tmp_path: Path) -> None:
    populate(engine)
    clock = Clock()
    clock.advance(minutes=-1)
    one = courier(engine, maildir(tmp_path), clock)
    assert (await one.deliver_all()).leased == 0
    clock.advance(minutes=1)
    assert (await one.deliver_all()).accepted == 3


async def test_the_most_urgent_goes_first(engine: Engine) -> None:
    alert_id = populate(engine, readers=1, severity="minor")
    with writing(engine) as conn:
        people.add_person(conn, "late@example.com", now=Clock().now)
    tell(engine, alert_id, version=2, kind="update", severity="extreme", only=frozenset({2}))
    transport = Stuck()
    transport.at_once = 1
    await courier(engine, transport, Clock()).deliver_all()
    sent = {envelope.message_id: number for number, envelope in enumerate(transport.sent)}
    order = sorted(mails(engine), key=lambda row: sent[row.message_id])
    assert [(row.person.id, row.version) for row in order] == [(2, 2), (1, 1)]


async def test_two_couriers_share_the_work_and_double_nothing(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=20)
    couriers = [courier(engine, Maildir(tmp_path / "mail", at_once=2), Clock()) for _ in range(2)]
    tallies = await asyncio.gather(*(one.deliver_all() for one in couriers))
    assert sum(tally.accepted for tally in tallies) == 20
    assert len(texts(tmp_path)) == 20


async def test_an_unknown_reader_fails_and_the_others_get_theirs(engine: Engine) -> None:
    populate(engine, readers=3)
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.1.1 <reader1@example.com> no such user")
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
    assert (tally.accepted, tally.failed, tally.trouble) == (2, 1, "")
    (failed,) = [row for row in mails(engine) if row.state == "failed"]
    assert failed.last_error == "550 5.1.1 <(address)> no such user"


async def test_a_greylisted_mail_goes_out_later(engine: Engine) -> None:
    populate(engine, readers=1)
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("450 4.7.1 greylisted")
        one = courier(engine, smtp(server), clock)
        assert (await one.deliver_all()).deferred == 1
        clock.advance(minutes=4)
        assert (await one.deliver_all()).leased == 0
        clock.advance(minutes=1)
        assert (await one.deliver_all()).accepted == 1
        await one.close()
    assert len(server.received) == 1


async def test_a_server_that_is_away_holds_all_mails_up_and_loses_none(engine: Engine) -> None:
    populate(engine, readers=5)
    clock = Clock()
    async with FakeSmtp() as server:
        pass
    one = courier(engine, smtp(server), clock)
    tally = await one.deliver_all()
    assert "mails wait until 07:01:00 UTC" in tally.trouble
    assert tally.deferred == 2
    assert states(engine) == {"queued": 5}
    assert (await one.deliver_all()).leased == 0
    clock.advance(minutes=1)
    async with server:
        assert (await one.deliver_all()).accepted == 5
        await one.close()
    assert len(server.received) == 5


async def test_the_wait_for_a_blocked_way_grows(engine: Engine) -> None:
    populate(engine, readers=1)
    clock = Clock()
    fault = MailError("421 no", reason="busy", permanent=False)
    transport = Stuck(fault, fault, fault)
    one = courier(engine, transport, clock)
    for minutes in (1, 2, 4):
        assert (await one.deliver_all()).trouble
        clock.advance(minutes=minutes, seconds=-1)
        assert (await one.deliver_all()).leased == 0
        clock.advance(seconds=1)
    assert (await one.deliver_all()).accepted == 1


async def test_a_policy_refusal_stops_the_queue_and_blames_no_reader(engine: Engine) -> None:
    populate(engine, readers=5)
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.7.26 this mail is unauthenticated")
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
    assert "needs a person" in tally.trouble
    assert states(engine) == {"queued": 5}


@pytest.mark.parametrize("answer", ["drop", "silence"])
async def test_an_urgent_mail_without_an_answer_goes_again_under_the_same_id(engine: Engine, answer: str) -> None:
    populate(engine, readers=1, severity="extreme")
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["DATA"].append(answer)
        one = courier(engine, smtp(server), clock)
        assert (await one.deliver_all()).deferred == 1
        clock.advance(minutes=1)
        assert (await one.deliver_all()).accepted == 1
        await one.close()
    first, second = server.received
    assert first.message == second.message


async def test_an_ordinary_mail_without_an_answer_waits_for_the_operator(engine: Engine) -> None:
    populate(engine, readers=1, severity="minor")
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["DATA"].append("drop")
        one = courier(engine, smtp(server), clock)
        assert (await one.deliver_all()).ambiguous == 1
        clock.advance(days=1)
        assert (await one.deliver_all()).leased == 0
        await one.close()
    assert states(engine) == {"ambiguous": 1}
    assert len(server.received) == 1


async def test_a_mail_that_cannot_be_sent_in_time_is_given_up(engine: Engine) -> None:
    populate(engine, readers=1)
    clock = Clock()
    clock.advance(days=2, seconds=1)
    transport = Stuck()
    assert (await courier(engine, transport, clock).deliver_all()).leased == 0
    assert states(engine) == {"failed": 1}
    assert not transport.sent


async def test_who_left_gets_nothing_more(engine: Engine) -> None:
    populate(engine, readers=2)
    with writing(engine) as conn:
        people.set_active(conn, 1, False)
    transport = Stuck()
    await courier(engine, transport, Clock()).deliver_all()
    assert [sent.recipient for sent in transport.sent] == ["reader2@example.com"]
    assert states(engine) == {"accepted": 1, "failed": 1}


async def test_a_fault_of_ours_in_one_mail_keeps_no_other_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    populate(engine, readers=2)
    made = compose.envelope

    def breaks(row: outbox.OutboxRow, material: compose.Material, **more: Any) -> Envelope:
        if row.person.id == 1:
            raise ZeroDivisionError
        return made(row, material, **more)

    monkeypatch.setattr(compose, "envelope", breaks)
    tally = await courier(engine, Stuck(), Clock()).deliver_all()
    assert (tally.accepted, tally.deferred) == (1, 1)
    assert states(engine) == {"accepted": 1, "queued": 1}


async def test_results_survive_a_database_that_fails_for_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(engine, readers=1, severity="extreme")
    transport, store = Stuck(), outbox.mark_accepted

    def full(*_: object) -> set[int]:
        raise StoreError("the disk is full")

    monkeypatch.setattr(outbox, "mark_accepted", full)
    one = courier(engine, transport, Clock())
    with pytest.raises(StoreError):
        await one.deliver_all()
    monkeypatch.setattr(outbox, "mark_accepted", store)
    await one.deliver_all()
    assert states(engine) == {"accepted": 1}
    assert len(transport.sent) == 1


async def test_after_stop_nothing_new_begins(engine: Engine) -> None:
    populate(engine, readers=3)
    one = courier(engine, Stuck(), Clock())
    one.stop()
    assert (await one.deliver_all()).leased == 0


async def test_an_update_threads_under_the_first_mail_and_says_what_changed(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    one = courier(engine, maildir(tmp_path), Clock())
    await one.deliver_all()
    tell(engine, alert_id, version=2, kind="update", why="now extreme", changes=("12 → 45 killed",), severity="extreme")
    await one.deliver_all()
    first, second = (
        email.message_from_bytes((tmp_path / "mail/new" / f"{row.message_id[1:29]}.eml").read_bytes())
        for row in mails(engine)
    )
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"] == f"[Update 1] {first['Subject']}"
    assert "- 12 → 45 killed" in "".join(texts(tmp_path))


def told(killed: int, severity: str = "severe") -> dict[str, object]:
    return {
        "severity": severity, "certainty": "likely", "confirmed": True, "place": None,
        "numbers": {"killed": [killed, killed]}, "origins": {"1": "Example Wire"}, "denied_by": [],
    }  # fmt: skip


async def test_an_update_says_what_changed_since_this_readers_last_mail(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=0)
    with writing(engine) as conn:
        for name in ("steady", "selective", "new"):
            people.add_person(conn, f"{name}@example.com", now=Clock().now)
    one = courier(engine, maildir(tmp_path), Clock())
    tell(engine, alert_id, version=2, kind="update", told=told(12), only=frozenset({1, 2}))
    await one.deliver_all()
    tell(engine, alert_id, version=3, kind="update", told=told(20), changes=("12 → 20 killed",), only=frozenset({1}))
    await one.deliver_all()
    tell(engine, alert_id, version=4, kind="update", told=told(45), changes=("20 → 45 killed",), why="more killed")
    await one.deliver_all()
    last = {
        row.person.id: (tmp_path / "mail/new" / f"{row.message_id[1:29]}.eml").read_bytes().decode()
        for row in mails(engine)
        if row.version == 4
    }
    assert "- 20 =E2=86=92 45 killed" in last[1]
    assert "- 12 =E2=86=92 45 killed" in last[2]
    assert "WHAT CHANGED" not in last[3]


async def test_what_a_dead_courier_leased_is_free_at_once_after_recovery(engine: Engine) -> None:
    populate(engine, readers=2)
    clock, transport = Clock(), Stuck()
    with writing(engine) as conn:
        outbox.lease(conn, clock(), "dead", 10, 600)
    one = courier(engine, transport, clock)
    assert (await one.deliver_all()).leased == 0
    await one.recover()
    assert (await one.deliver_all()).accepted == 2


async def test_a_courier_that_lost_its_lease_sends_nothing(engine: Engine) -> None:
    populate(engine, readers=1)
    clock, transport = Clock(), Stuck()

    def lose(point: str) -> None:
        if point == "leased":
            with writing(engine) as conn:
                outbox.forget_leases(conn)
                outbox.lease(conn, clock(), "other", 10, 600)

    await courier(engine, transport, clock, crash=lose).deliver_once()
    assert not transport.sent
    assert states(engine) == {"queued": 1}


async def test_no_log_line_holds_an_address(engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="alerts")
    populate(engine, readers=4)
    async with FakeSmtp() as server:
        server.answers["RCPT"].extend(["550 5.1.1 <reader1@example.com> unknown", "450 <reader2@example.com> later"])
        one = courier(engine, smtp(server, connections=1), Clock(), retry=Retry(first=timedelta(seconds=1)))
        await one.deliver_all()
        await one.close()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("alerts")]
    assert len(ours) >= 4
    assert not [line for line in ours if "@" in line]


async def test_mails_to_one_reader_never_go_side_by_side(engine: Engine) -> None:
    populate(engine, readers=3)
    for number in (1, 2):
        bulletin(engine, f"Bulletin {number}")
    transport, under_way = Stuck(), set[str]()
    transport.at_once = 4
    send = transport.send

    async def slowly(envelope: Envelope) -> None:
        assert envelope.recipient not in under_way
        under_way.add(envelope.recipient)
        await asyncio.sleep(0.01)
        under_way.remove(envelope.recipient)
        await send(envelope)

    transport.send = slowly  # type: ignore[method-assign]
    tally = await courier(engine, transport, Clock()).deliver_all()
    assert tally.accepted == len(transport.sent) == 9


async def test_of_two_versions_that_wait_only_the_later_goes(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    tell(engine, alert_id, version=2, kind="update", why="confirmed")
    await courier(engine, maildir(tmp_path), Clock()).deliver_all()
    assert states(engine) == {"accepted": 1, "withdrawn": 1}
    [text] = texts(tmp_path)
    assert text.startswith("Strike on a market")  # to this reader it is no update


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
        async with asyncio.timeout(3):
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
        await until(lambda: len(server.received) == 2, seconds=5)
        one.stop()
        await sending
        await one.close()
    assert server.received[1].recipients == ("late@example.com",)


async def test_one_readers_own_refusal_holds_one_mail(engine: Engine) -> None:
    populate(engine, readers=5)
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.7.1 you may not write to this reader")
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
    assert (tally.trouble, tally.held) == ("", 1)
    assert states(engine) == {"accepted": 4, "held": 1}
    assert all(person.active for person in everybody(engine))


async def test_a_storm_of_policy_refusals_holds_the_queue_tells_operators_and_suppresses_nobody(engine: Engine) -> None:
    populate(engine, readers=20)
    with writing(engine) as conn:
        people.assign_duties(conn, "operator", ["desk@example.com"], Clock().now)
    async with FakeSmtp() as server:
        server.answers["RCPT"].extend(["550 5.7.1 blocked"] * 20)
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
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
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("550 5.1.1 no such user")
        one = courier(engine, smtp(server, connections=1), Clock())
        await one.deliver_all()
        await one.close()
    with reading(engine) as conn:
        reasons = suppression.among(conn, list(people.marks(conn, [1, 2, 3]).values()))
    assert list(reasons.values()) == ["bounce"]
    assert [person.active for person in everybody(engine)] == [False, True, True]


async def test_many_readers_who_do_not_exist_stop_the_queue_and_none_is_given_up(engine: Engine) -> None:
    populate(engine, readers=30)
    async with FakeSmtp() as server:
        server.answers["RCPT"].extend(["550 5.1.1 no such user"] * 30)
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
    assert "no such reader" in tally.trouble
    assert states(engine) == {"failed": 5, "queued": 25}
    assert all(person.active for person in everybody(engine))


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
