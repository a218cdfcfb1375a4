"""Extreme alerts are told again until somebody has them, and nothing else is."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from alerts.match.check import Checker
from alerts.match.lexicon import Lexicon
from alerts.match.rule import Rule
from alerts.notify import reminding
from alerts.notify.posting import Post
from alerts.notify.reminding import Acknowledged, Reminding, escalations, reminders
from alerts.notify.ways.maildir import Maildir
from alerts.store import acts, alerts, people
from alerts.store.database import reading, writing
from alerts.store.reminders import Asked, asked
from alerts.types import Message
from tests.engine.world import SHELLING
from tests.notify.world import SECRET, SENDER, START, Clock, courier, mails, populate, tell

AFTER = timedelta(hours=2)
EXTREME = 3


def was_asked(person_id: int = 1, **more: Any) -> Asked:
    values: dict[str, Any] = {
        "alert_id": "7", "rule": "r", "version": 2, "urgency": EXTREME, "rounds": 0, "last": START, "under_way": False,
    }  # fmt: skip
    return Asked(person_id=person_id, **values | more)


def again(*everybody: Asked, answers: Acknowledged | None = None, now: datetime = START + AFTER) -> list[int]:
    """The rounds that are due."""
    found = reminders(everybody, {"7": answers or {}}, readers={1, 2}, after=AFTER, times=3, now=now)
    return [one.round for one in found]


def escalated(*everybody: Asked, answers: Acknowledged | None = None, now: datetime = START + AFTER) -> dict[str, int]:
    return escalations(everybody, {"7": answers or {}}, readers={1, 2}, after=AFTER, times=3, now=now)


def test_who_does_not_answer_is_reminded_when_the_time_has_come_and_so_many_times() -> None:
    assert again(was_asked(), now=START + AFTER - timedelta(seconds=1)) == []
    assert again(was_asked()) == [1]
    assert again(was_asked(rounds=2)) == [3]
    assert again(was_asked(rounds=3)) == []


def test_only_of_what_this_reader_was_told_to_be_extreme() -> None:
    assert again(was_asked(urgency=EXTREME - 1)) == []


def test_nobody_is_reminded_while_a_mail_is_under_way_nor_who_is_no_reader() -> None:
    assert again(was_asked(under_way=True)) == []
    assert again(was_asked(person_id=3)) == []


def test_an_answer_stops_the_reminders_of_that_reader_for_that_version() -> None:
    assert again(was_asked(), answers={1: 2}) == []
    assert again(was_asked(), answers={1: 1}) == [1]
    assert again(was_asked(), answers={2: 2}) == [1]


def test_an_answer_of_the_desk_stops_all_reminders() -> None:
    assert again(was_asked(1), was_asked(2), answers={None: 2}) == []


def test_when_nobody_has_answered_the_last_reminder_it_is_escalated() -> None:
    assert escalated(was_asked(1, rounds=3), was_asked(2, rounds=3)) == {"7": 2}
    assert escalated(was_asked(1, rounds=3), was_asked(2, rounds=2)) == {}
    assert escalated(was_asked(1, rounds=3), now=START + timedelta(hours=1)) == {}
    assert escalated(was_asked(1, rounds=3, under_way=True)) == {}
    assert escalated(was_asked(1, rounds=3), was_asked(9)) == {"7": 2}


def test_any_answer_stops_the_escalation_and_one_to_an_earlier_version_does_not() -> None:
    everybody = (was_asked(1, rounds=3), was_asked(2, rounds=3))
    answers: list[Mapping[int | None, int]] = [{1: 2}, {2: 2}, {None: 2}, {9: 3}]
    assert [escalated(*everybody, answers=answer) for answer in answers] == [{}] * 4
    assert escalated(*everybody, answers={1: 1}) == {"7": 2}


def test_what_is_extreme_no_more_is_not_escalated() -> None:
    assert escalated(was_asked(rounds=3, urgency=EXTREME - 1)) == {}


RULES = {"sample_rule": Checker(Lexicon(), lambda _: None).check("sample_rule", SHELLING)}


def remind(engine: Engine, now: datetime, *, times: int = 3, rules: Mapping[str, Rule] = RULES) -> tuple[int, int]:
    how = Reminding(after=AFTER, times=times, give_up=timedelta(days=2), domain=SENDER.domain, secret=SECRET)
    with writing(engine) as conn:
        return reminding.remind(conn, rules, how, now)


def answer(engine: Engine, alert_id: str, *, version: int = 1, person_id: int | None = 1) -> None:
    with writing(engine) as conn:
        acts.put(
            conn, alert_id, "acknowledge", version=version, who="Desk", why="", now=START, person_id=person_id
        )  # fmt: skip


def assign(engine: Engine, *addresses: str) -> None:
    with writing(engine) as conn:
        people.assign_duties(conn, "escalation", addresses, START)


async def deliver(engine: Engine, folder: Path, clock: Clock) -> list[EmailMessage]:
    """Send what is due; all mails so far, in the order of their rows."""
    await courier(engine, Maildir(folder / "mail"), clock).deliver_all()
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
    return str(body.get_content())


async def test_a_reminder_is_a_mail_of_its_own_in_the_same_thread(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="extreme")
    clock = Clock()
    [first] = await deliver(engine, tmp_path, clock)
    assert remind(engine, clock.now) == (0, 0)
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (1, 0)
    assert remind(engine, clock.now) == (0, 0)
    _, again = await deliver(engine, tmp_path, clock)
    assert again["Subject"] == f"[Reminder 1] {first['Subject']}"
    assert again["References"] == first["Message-ID"] != again["Message-ID"]
    assert text(again).startswith("REMINDER 1: you have not said that you have this alert.")
    assert first["Date"] != again["Date"]


async def test_it_ends_with_those_who_are_named_and_they_hear_what_comes_of_it(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=2, severity="extreme")
    assign(engine, "night@example.org", "reader2@example.com")
    clock = Clock()
    for number in range(3):
        await deliver(engine, tmp_path, clock)
        clock.advance(hours=2)
        assert remind(engine, clock.now) == (2, 0), number
    await deliver(engine, tmp_path, clock)
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (0, 1)
    last = (await deliver(engine, tmp_path, clock))[-1]
    assert (last["To"], last["Subject"]) == ("night@example.org", "Strike on a market in Sample Town")
    assert "because nobody has acknowledged this alert, and you are named for that case" in text(last)
    clock.advance(hours=9)
    assert remind(engine, clock.now) == (0, 0)
    with writing(engine) as conn:
        alert = alerts.alert_of(conn, alert_id)
        assert alert is not None
        message = Message(kind="close", version=2, at=clock.now, why="it is over")
        Post(domain=SENDER.domain, secret=SECRET).put(conn, None, alert, [message], clock.now)
    assert sorted(row.person.id for row in mails(engine) if row.version == 2) == [1, 2, 3]


async def test_without_reminders_it_is_escalated_at_once(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="extreme")
    assign(engine, "night@example.org")
    clock = Clock()
    await deliver(engine, tmp_path, clock)
    clock.advance(hours=2)
    assert remind(engine, clock.now, times=0) == (0, 1)


async def test_an_alert_of_a_rule_in_test_or_gone_is_escalated_to_nobody(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="extreme")
    assign(engine, "night@example.org")
    clock = Clock()
    await deliver(engine, tmp_path, clock)
    clock.advance(hours=2)
    in_test = {name: replace(rule, status="test") for name, rule in RULES.items()}
    assert remind(engine, clock.now, times=0, rules=in_test) == (0, 0)
    assert remind(engine, clock.now, times=0, rules={}) == (0, 0)


async def test_who_answers_is_left_in_peace_until_there_is_news(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=2, severity="extreme")
    clock = Clock()
    await deliver(engine, tmp_path, clock)
    answer(engine, alert_id)
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (1, 0)
    tell(engine, alert_id, version=2, kind="update", severity="extreme", at=clock.now)
    assert remind(engine, clock.now) == (0, 0)
    await deliver(engine, tmp_path, clock)
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (2, 0)
    assert {(row.version, row.round) for row in mails(engine) if row.state == "queued"} == {(2, 1)}


async def test_less_than_extreme_is_told_once(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="severe")
    clock = Clock()
    await deliver(engine, tmp_path, clock)
    clock.advance(days=2)
    with reading(engine) as conn:
        assert asked(conn) == []
    assert remind(engine, clock.now) == (0, 0)


async def test_what_has_ended_is_not_asked_for_again(engine: Engine, tmp_path: Path) -> None:
    alert_id = populate(engine, readers=1, severity="extreme")
    clock = Clock()
    await deliver(engine, tmp_path, clock)
    with writing(engine) as conn:
        alert = alerts.alert_of(conn, alert_id)
        assert alert is not None
        alerts.save_state(conn, replace(alert, state="ended"))
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (0, 0)


async def test_a_reader_whose_mail_failed_is_asked_too(engine: Engine, tmp_path: Path) -> None:
    populate(engine, readers=1, severity="extreme")
    clock = Clock()
    clock.advance(days=3)
    assert await deliver(engine, tmp_path, clock) == []
    clock.advance(hours=2)
    assert remind(engine, clock.now) == (1, 0)
    assert len(await deliver(engine, tmp_path, clock)) == 1
