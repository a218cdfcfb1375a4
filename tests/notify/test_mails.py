"""The mails of several alerts, of covered and silenced ones, as readers get them."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Engine

from alerts.notify.bundling import Covers
from alerts.notify.posting import Post
from alerts.notify.ways.maildir import Maildir
from alerts.store import alerts, outbox, people, silences, told
from alerts.store.database import reading, writing
from alerts.track.silence import Silence
from alerts.types import Message
from tests.notify.world import (
    SECRET,
    SENDER,
    START,
    Clock,
    beside,
    courier,
    mails,
    populate,
    states,
    tell,
)  # fmt: skip

STRIKE, TRUCE, AID = "Strike on a market in Sample Town", "Truce broken", "Aid held up"
COVERS: Covers = {"sample_rule": ("truce", "aid")}


async def deliver(engine: Engine, folder: Path, *, covers: Covers | None = None, clock: Clock | None = None) -> int:
    transport = Maildir(folder / "mail", at_once=2)
    return (await courier(engine, transport, clock or Clock(), covers=covers or {}).deliver_all()).accepted


def sent(engine: Engine, folder: Path) -> list[EmailMessage]:
    """The mails that went out, in the order of their rows."""
    found = []
    for row in mails(engine):
        path = folder / "mail/new" / f"{row.message_id[1:29]}.eml"
        if path.exists():
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            found.append(mail)
    return found


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def snapshot(killed: int) -> dict[str, object]:
    return {
        "severity": "severe", "certainty": "likely", "confirmed": True, "place": None,
        "numbers": {"killed": [killed, killed]}, "origins": {"1": "Example Wire"}, "denied_by": [],
    }  # fmt: skip


async def test_alerts_of_one_happening_are_one_mail_to_each_reader(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=2)
    beside(engine, alert_id, title=TRUCE, severity="extreme")
    beside(engine, alert_id, title=AID)
    assert await deliver(engine, tmp_path) == 2
    assert states(engine) == {"accepted": 2, "bundled": 4}
    for mail in sent(engine, tmp_path):
        assert mail["Subject"] == f"{TRUCE} (and 2 more)"
        before, _, after = text(mail).partition("IN THE SAME MAIL")
        assert before.startswith(TRUCE)
        assert after.index(STRIKE) < after.index(AID)


async def test_the_next_mail_of_an_alert_that_went_along_is_in_its_own_thread(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    along = beside(engine, alert_id, title=TRUCE)
    await deliver(engine, tmp_path)
    tell(engine, along, version=2, kind="update", why="confirmed")
    await deliver(engine, tmp_path)
    _, update = sent(engine, tmp_path)
    first = next(row for row in mails(engine) if row.alert_id == along and row.version == 1)
    assert (update["Subject"], update["References"]) == (f"[Update 1] {TRUCE}", first.message_id)


async def test_each_alert_in_a_mail_says_what_changed_for_this_reader(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=0)
    with writing(engine) as conn:
        for name in ("steady", "selective"):
            people.add_person(conn, f"{name}@example.com", now=START)
    along = beside(engine, alert_id, title=TRUCE, tells=False)
    tell(engine, along, told=snapshot(12))
    await deliver(engine, tmp_path)
    tell(engine, along, version=2, kind="update", told=snapshot(20), only=frozenset({1}))
    await deliver(engine, tmp_path)
    tell(engine, along, version=3, kind="update", told=snapshot(45), changes=("20 → 45 killed",))
    tell(engine, alert_id, version=2, kind="update", severity="extreme")
    await deliver(engine, tmp_path)
    last = {str(mail["To"]): text(mail) for mail in sent(engine, tmp_path) if "and 1 more" in mail["Subject"]}
    assert "- 20 → 45 killed" in last["steady@example.com"]
    assert "- 12 → 45 killed" in last["selective@example.com"]


async def test_a_covered_alert_is_a_line_in_the_mail_and_counts_as_not_told(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    covered = beside(engine, alert_id, title=TRUCE, rule="truce")
    assert await deliver(engine, tmp_path, covers=COVERS) == 1
    [mail] = sent(engine, tmp_path)
    assert mail["Subject"] == STRIKE
    assert f"ALSO REPORTED (covered by the above)\n- {TRUCE} (severe, Sample Town, Idlib, Syria): https://" in text(
        mail
    )
    assert states(engine) == {"accepted": 1, "inhibited": 1}
    with reading(engine) as conn:
        assert told.told(conn, covered) == {}


async def test_what_was_covered_since_stands_in_the_next_mail_only(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    await deliver(engine, tmp_path)
    beside(engine, alert_id, title=TRUCE, rule="truce")
    assert await deliver(engine, tmp_path, covers=COVERS) == 0
    for version in (2, 3):
        tell(engine, alert_id, version=version, kind="update", why="more is known")
        await deliver(engine, tmp_path, covers=COVERS)
    assert ["ALSO REPORTED" in text(mail) for mail in sent(engine, tmp_path)] == [False, True, False]


async def test_an_update_that_raises_a_covered_alert_above_the_other_is_sent(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    covered = beside(engine, alert_id, title=TRUCE, rule="truce")
    await deliver(engine, tmp_path, covers=COVERS)
    tell(engine, covered, version=2, kind="update", severity="extreme", why="now extreme")
    assert await deliver(engine, tmp_path, covers=COVERS) == 1
    raised = sent(engine, tmp_path)[-1]
    assert raised["Subject"] == TRUCE  # to this reader it is no update
    assert "Extreme" in text(raised)


async def test_what_a_wrong_alert_covered_is_told_in_the_mail_that_cancels_it(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=2)
    beside(engine, alert_id, title=TRUCE, rule="truce")
    await deliver(engine, tmp_path, covers=COVERS)
    with writing(engine) as conn:
        alert = alerts.alert_of(conn, alert_id)
        record = alerts.get_alert(conn, alert_id)
        assert alert is not None and record is not None
        message = Message(kind="cancel", version=2, at=START, why="it did not happen")
        alerts.add_version(conn, alert, message, title=record.title, summary=record.summary)
        Post(domain=SENDER.domain, secret=SECRET).put(conn, None, alert, [message], START)
    assert await deliver(engine, tmp_path, covers=COVERS) == 2
    for mail in sent(engine, tmp_path)[-2:]:
        assert mail["Subject"] == f"{TRUCE} (and 1 more)"
        assert "CANCELLED: this alert was wrong (it did not happen)." in text(mail)


async def test_the_first_mail_after_a_silence_says_what_was_missed(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    clock = Clock()
    await deliver(engine, tmp_path, clock=clock)
    with writing(engine) as conn:
        quiet = Silence(
            rules=("sample_rule",), place=None, author="A", why="known", created=START,
            until=START + timedelta(hours=2),
        )  # fmt: skip
        silences.add(conn, quiet, START)
    tell(engine, alert_id, version=2, kind="update", why="a second source", told=snapshot(12))
    tell(engine, alert_id, version=3, kind="update", why="now 20 killed", told=snapshot(20))
    clock.advance(hours=1)
    assert await deliver(engine, tmp_path, clock=clock) == 0
    assert states(engine) == {"accepted": 1, "silenced": 1, "withdrawn": 1}
    clock.advance(hours=2)
    tell(engine, alert_id, version=4, kind="update", why="now 45 killed", told=snapshot(45), at=clock.now)
    assert await deliver(engine, tmp_path, clock=clock) == 1
    assert "because of a silence: now 20 killed" in text(sent(engine, tmp_path)[-1])


async def test_an_extreme_alert_is_mailed_whatever_is_silenced(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="extreme")
    with writing(engine) as conn:
        quiet = Silence(
            rules=("sample_rule",), place=None, author="A", why="known", created=START,
            until=START + timedelta(hours=2),
        )  # fmt: skip
        silences.add(conn, quiet, START)
    clock = Clock()
    clock.advance(minutes=1)
    assert await deliver(engine, tmp_path, clock=clock) == 1


async def test_news_does_not_put_off_what_was_to_go_and_a_rise_brings_it_forward(engine: Engine) -> None:
    from alerts.notify import audience
    from alerts.store import codec

    waits = audience.Policy(waits={"severe": timedelta(minutes=3), "extreme": timedelta(seconds=30)})
    alert_id = populate(engine, readers=1)
    with reading(engine) as conn:
        alert = alerts.alert_of(conn, alert_id)
        [person] = people.active_people(conn)
    assert alert is not None

    def due(severity: str, promised: timedelta) -> timedelta:
        message = Message(kind="update", version=2, at=START, why="more")
        fields = codec.to_json(alert) | {"severity": severity}
        [row] = audience.rows(
            [person], fields, message, told={person.id}, promised={person.id: START + promised},
            secret=SECRET, domain=SENDER.domain, now=START, policy=waits,
        )  # fmt: skip
        return row.not_before - START

    assert due("severe", timedelta(minutes=1)) == timedelta(minutes=1)
    assert due("severe", timedelta(minutes=9)) == timedelta(minutes=3)
    assert due("extreme", timedelta(minutes=1)) == timedelta(seconds=30)


async def test_no_mail_is_too_long_however_many_alerts_are_in_it(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    for number in range(20):
        beside(engine, alert_id, title=f"Alert {number}")
    assert await deliver(engine, tmp_path) == 2
    assert states(engine) == {"accepted": 2, "bundled": 19}
    for mail in sent(engine, tmp_path):
        html = mail.get_body(("html",))
        assert html is not None
        assert len(html.get_content().encode()) < 100_000


async def test_a_mail_whose_part_is_taken_back_meanwhile_goes_without_it(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1)
    along = beside(engine, alert_id, title=TRUCE)

    def overtaken(point: str) -> None:
        if point == "leased":
            with writing(engine) as conn:
                told.withdraw(conn, along, START, before_version=2)

    one = courier(engine, Maildir(tmp_path / "mail"), Clock(), crash=overtaken)
    await one.deliver_once()
    assert sent(engine, tmp_path) == []
    await one.deliver_once()
    [mail] = sent(engine, tmp_path)
    assert mail["Subject"] == STRIKE
    assert TRUCE not in text(mail)
    with reading(engine) as conn:
        assert {row.state for row in outbox.list_rows(conn) if row.alert_id == along} == {"withdrawn"}
