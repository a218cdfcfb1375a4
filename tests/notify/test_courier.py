"""The courier with a real database, a real Maildir and a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.errors import MailError, StoreError
from alerts.notify.bulletins import post
from alerts.notify.message import compose
from alerts.notify.ways.maildir import Maildir
from alerts.notify.ways.transport import Envelope
from alerts.notify.ways.verdict import Retry
from alerts.store import leases, outbox, people
from alerts.store.database import writing
from tests.fakes.smtp import FakeSmtp
from tests.notify.ways_out import Stuck, refused, smtp
from tests.notify.world import SECRET, SENDER, Clock, courier, mails, populate, states, tell


def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "mail", at_once=2)


def texts(tmp_path: Path) -> list[str]:
    found = []
    for path in sorted((tmp_path / "mail/new").iterdir()):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, email.message.EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        found.append(body.get_content())
    return found


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
    tally = await refused(engine, "550 5.1.1 <reader1@example.com> no such user")
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
    tally = await refused(engine, "550 5.7.26 this mail is unauthenticated")
    assert "needs a person" in tally.trouble
    assert states(engine) == {"queued": 5}


@pytest.mark.parametrize("answer", ["drop", "silence"])
async def test_an_urgent_mail_without_an_answer_goes_again_under_the_same_id(engine: Engine, answer: str) -> None:
    populate(engine, readers=1, severity="extreme")
    clock = Clock()
    async with FakeSmtp() as server:
        server.answers["DATA"].append(answer)
        one = courier(engine, smtp(server, patience=0.3), clock)
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
                leases.forget(conn)
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
