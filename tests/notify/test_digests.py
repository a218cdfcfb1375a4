"""What waits for a reader's hour, for the morning, for their next turn or for an operator goes as one mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.notify.message import compose
from alerts.notify.pace import UNLIMITED, Limits
from alerts.notify.ways.maildir import Maildir
from alerts.readers import Quiet, Wishes
from alerts.render.digest import MOST
from alerts.store import holds, outbox, people
from alerts.store.database import reading, writing
from tests.notify.test_mails import sent, text
from tests.notify.world import (
    SENDER,
    START,
    Clock,
    beside,
    courier,
    mails,
    populate,
    renderer,
    states,
    tell,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = Wishes(rhythm="daily", hour=8)


class Desk:
    """One reader, who has had the mail of a first alert, and a clock."""

    def __init__(self, engine: Engine, folder: Path, wishes: Wishes) -> None:
        self.engine, self.folder, self.clock, self.limits = engine, folder, Clock(), UNLIMITED
        self.first = populate(engine, readers=1)
        with writing(engine) as conn:
            [self.reader] = people.active_people(conn)
            people.set_wishes(conn, self.reader.id, wishes)

    def tell(self, *titles: str, severity: Any = "moderate", rule: str = "other_rule") -> list[str]:
        return [beside(self.engine, self.first, title=one, severity=severity, rule=rule) for one in titles]

    async def deliver(self, at: datetime = START) -> list[str]:
        """The subjects of the mails that go out by then."""
        self.clock.now = at
        one = courier(self.engine, Maildir(self.folder / "mail", at_once=2), self.clock)
        one.limits = self.limits
        before = len(sent(self.engine, self.folder))
        await one.deliver_all()
        return [str(mail["Subject"]) for mail in sent(self.engine, self.folder)[before:]]


@pytest.fixture
async def daily(engine: Engine, tmp_path: Path) -> Desk:
    desk = Desk(engine, tmp_path, DAILY)
    assert len(await desk.deliver()) == 1
    return desk


async def test_a_daily_reader_gets_one_mail_of_all_at_their_hour(daily: Desk) -> None:
    daily.tell("Aid held up", "Road cut", "Wells poisoned")
    assert await daily.deliver(START + 59 * timedelta(minutes=1)) == []
    assert await daily.deliver(START + HOUR) == ["Alerts of 2 March: 3"]
    body = text(sent(daily.engine, daily.folder)[-1])
    assert all(title in body for title in ("Aid held up", "Road cut", "Wells poisoned"))
    assert "All of it comes in one mail, at the time you asked for." in body
    assert await daily.deliver(START + DAY + HOUR) == []  # an empty one is not sent


async def test_what_wakes_a_daily_reader_comes_at_once(daily: Desk) -> None:
    daily.tell("Market shelled", severity="severe")
    assert await daily.deliver() == ["Market shelled"]


async def test_a_digest_of_one_alert_is_the_mail_of_that_alert(daily: Desk) -> None:
    daily.tell("Aid held up")
    assert await daily.deliver(START + HOUR) == ["Aid held up"]


async def test_a_digest_tells_the_newest_version_only(daily: Desk) -> None:
    aid, *_ = daily.tell("Aid held up", "Road cut")
    tell(daily.engine, aid, version=2, kind="update", why="more trucks", severity="moderate")
    assert await daily.deliver(START + HOUR) == ["Alerts of 2 March: 2"]
    assert states(daily.engine) == {"accepted": 2, "bundled": 1, "withdrawn": 1}


async def test_a_digest_is_the_same_at_every_attempt_and_has_its_own_message_id(daily: Desk) -> None:
    daily.tell("Aid held up", "Road cut")
    await daily.deliver(START + HOUR)
    lead = next(row for row in mails(daily.engine) if row.collected)
    with writing(daily.engine) as conn:
        people.set_wishes(conn, daily.reader.id, Wishes())  # what they want next says nothing of a mail under way
    with reading(daily.engine) as conn:
        again = next(row for row in outbox.list_rows(conn) if row.id == lead.id)
        made = compose.envelope(again, compose.gather(conn, [again]), renderer=renderer(), sender=SENDER)
    [mail] = [one for one in sent(daily.engine, daily.folder) if one["Message-ID"] == lead.message_id]
    assert made.message_id == lead.message_id
    assert str(mail["Subject"]) == "Alerts of 2 March: 2"
    assert "Alerts of 2 March: 2" in made.message.decode("ascii", "replace")


async def test_what_came_in_quiet_hours_is_one_mail_in_the_morning(engine: Engine, tmp_path: Path) -> None:
    quiet = Quiet(begin=time(6), end=time(9))
    desk = Desk(engine, tmp_path, Wishes(quiet=quiet, wake_from="extreme"))
    desk.tell("Aid held up", "Road cut", severity="severe")
    desk.tell("Camp bombed", severity="extreme")
    # What belongs to what wakes them is in its mail: one happening is one mail.
    [subject] = await desk.deliver()
    assert subject.startswith("Camp bombed")


async def test_past_the_limit_the_rest_is_one_mail_when_the_hour_allows_it(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path, Wishes())
    desk.limits = Limits(per_hour=1)
    assert len(await desk.deliver()) == 1
    desk.tell("Aid held up", severity="severe")
    assert await desk.deliver() == []
    desk.tell("Road cut", severity="severe")
    [row] = [row for row in mails(engine) if row.waits == "pace"]
    assert (row.not_before, row.state) == (START + HOUR, "queued")
    assert len(await desk.deliver(START + HOUR)) == 1
    assert states(engine) == {"accepted": 2, "bundled": 1}


async def test_an_extreme_alert_goes_past_the_limit(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path, Wishes())
    desk.limits = Limits(per_hour=1)
    await desk.deliver()
    desk.tell("Camp bombed", severity="extreme")
    assert await desk.deliver() == ["Camp bombed"]


async def test_a_held_rule_waits_until_it_is_released(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path, Wishes())
    await desk.deliver()
    with writing(engine) as conn:
        made = holds.put(conn, "rule", "fires far more than usual", START, rule="other_rule")
    assert made is not None
    desk.tell("Aid held up", "Road cut")
    assert await desk.deliver() == []
    assert await desk.deliver(START + 5 * DAY) == []  # and is not given up
    with writing(engine) as conn:
        assert holds.kept(conn, made) == 2
        holds.release(conn, made.id, START + 5 * DAY)
    assert len(await desk.deliver(START + 5 * DAY)) == 1
    assert states(engine) == {"accepted": 2, "bundled": 1}


async def test_an_extreme_alert_of_a_held_rule_goes_out(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path, Wishes())
    await desk.deliver()
    with writing(engine) as conn:
        holds.put(conn, "rule", "fires far more than usual", START, rule="other_rule")
    desk.tell("Camp bombed", severity="extreme")
    assert await desk.deliver() == ["Camp bombed"]


async def test_who_pauses_gets_what_was_on_its_way_when_they_are_back(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path, Wishes(paused_until=START + 3 * DAY))
    assert await desk.deliver() == []
    assert await desk.deliver(START + 2 * DAY) == []
    assert len(await desk.deliver(START + 3 * DAY)) == 1


async def test_many_alerts_are_counted_and_the_worst_are_shown(daily: Desk) -> None:
    with writing(daily.engine) as conn:
        people.set_wishes(conn, daily.reader.id, replace(DAILY, wake_from=None))
    daily.tell(*(f"Road {number} cut" for number in range(MOST + 3)), severity="minor")
    daily.tell("Market shelled", severity="severe")
    assert await daily.deliver(START + HOUR) == [f"Alerts of 2 March: {MOST + 4} (1 severe)"]
    body = text(sent(daily.engine, daily.folder)[-1])
    assert "1. Market shelled" in body
    assert "And 4 more that are no worse" in body
