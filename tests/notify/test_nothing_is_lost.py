"""Whatever readers ask for, now and later, however much comes, and whatever is held: every row ends in one mail, or is
said to be superseded, silenced or covered; and no mail comes at an hour or in a number that its reader did not want."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from alerts.notify import anew, bundling
from alerts.notify.pace import Limits
from alerts.notify.posting import Post
from alerts.notify.when import is_quiet, wakes
from alerts.readers import Quiet, Wishes
from alerts.store import alerts, holds, outbox, people
from alerts.store.database import reading, writing
from alerts.store.outbox import OutboxRow
from alerts.types import SEVERITIES, Alert, Message, MessageKind, Severity
from tests.match.rules import SOUND, check
from tests.notify.world import new_database
from tests.sealed import SECRET
from tests.store import values
from tests.store.conftest import empty

START = datetime.fromisoformat("2026-03-28T20:03:17+00:00")  # the night before the clocks of Europe change
RULE = check(SOUND)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXTREME = SEVERITIES.index("extreme")

hours = st.integers(0, 23).map(time)
wishes = st.builds(
    Wishes,
    rhythm=st.sampled_from(["now", "now", "hourly", "daily", "weekly"]),
    hour=st.integers(0, 23),
    quiet=st.none() | st.builds(Quiet, begin=hours, end=hours),
    wake_from=st.sampled_from([None, "severe", "extreme"]),
    time_zone=st.sampled_from(["UTC", "Europe/Kyiv", "Asia/Kathmandu"]),
    paused_until=st.sampled_from([None, None, START + 9 * HOUR]),
)
STEPS: tuple[tuple[str, Any], ...] = (
    *[("new", severity) for severity in ("minor", "severe", "severe", "extreme")],
    *[("again", kind) for kind in ("update", "close", "cancel")],
    *[("wait", minutes) for minutes in (5, 5, 40, 300, 1500)],
    ("hold", "all"),
    ("hold", "rule"),
    ("release", ""),
)
WEEKLY = Wishes(rhythm="weekly", weekday=3, wake_from=None)
FLOOD: list[tuple[str, Any]] = [("new", "severe"), ("wait", 5)] * 7


@dataclass(kw_only=True)
class Outgoing:
    """A mail that went out: when, and its rows."""

    at: datetime
    rows: list[OutboxRow]


@dataclass(kw_only=True)
class Office:
    """The outbox, with what goes into it, what holds it up, and a courier that sends each mail at its time."""

    engine: Engine
    limits: Limits
    now: datetime = START
    stories: list[Alert] = field(default_factory=list)
    mails: list[Outgoing] = field(default_factory=list)
    wishes: dict[int, list[tuple[datetime, Wishes]]] = field(default_factory=dict)
    turns: int = 0

    def new(self, severity: Severity) -> None:
        value = values.alert(key=f"k{len(self.stories)}", rule=RULE.name, severity=severity, worst=severity)
        self._post(value, "new", 1)

    def again(self, kind: MessageKind) -> None:
        if self.stories:
            last = self.stories.pop()
            self._post(last, kind, last.version + 1)

    def _post(self, value: Alert, kind: MessageKind, version: int) -> None:
        state = {"close": "closed", "cancel": "cancelled"}.get(kind, value.state)
        with writing(self.engine) as conn:
            changed: Any = values.alert(
                **{name: getattr(value, name) for name in ("id", "key", "rule", "severity", "worst", "incident")},
                version=version,
                state=state,
            )
            saved = alerts.save_alert(conn, changed, title="t", summary="s")
            message = Message(kind=kind, version=version, at=self.now, why="news")
            alerts.add_version(conn, saved, message, title="t", summary="s")
            Post(domain="example.org", secret=SECRET).put(conn, RULE, saved, [message], self.now)
        if kind in ("new", "update"):
            self.stories.append(saved)

    def wait(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        self.send(until)
        self.now = until

    def send(self, until: datetime) -> None:
        """All that is due by then, each at its own time."""
        for _ in range(400):
            with reading(self.engine) as conn:
                due, held = outbox.next_due_at(conn), "all" in {one.kind for one in holds.in_force(conn)}
            if due is None or due > until:
                return
            self.now = max(self.now, due)
            before = len(self.mails)
            self._lease()
            if held:
                assert len(self.mails) == before
                return
        raise AssertionError("it never ends")

    def _lease(self) -> None:
        self.turns += 1
        token = f"t{self.turns}"
        with writing(self.engine) as conn:
            outbox.expire(conn, self.now)
            decide = partial(bundling.decide, covers={}, held=holds.held_rules(conn), limits=self.limits, now=self.now)
            rows = outbox.lease(conn, self.now, token, 8, 60, decide=decide)
            parts = outbox.parts(conn, [row.id for row in rows])
            ids = [row.id for row in rows]
            outbox.mark_sending(conn, ids, token, self.now, 60)
            outbox.mark_accepted(conn, ids, token, self.now)
        self.mails += [Outgoing(at=self.now, rows=[row, *parts[row.id]]) for row in rows]

    def change(self, wishes: Wishes) -> None:
        """The first reader asks for something else."""
        with writing(self.engine) as conn:
            who = people.active_people(conn)[0]
            anew.change(conn, who, wishes, self.now)
        self.wishes[who.id].append((self.now, wishes))

    def asked(self, person_id: int, at: datetime) -> Wishes:
        """What a reader wanted at a time."""
        return [wishes for since, wishes in self.wishes[person_id] if since <= at][-1]

    def hold(self, kind: Any) -> None:
        with writing(self.engine) as conn:
            holds.put(conn, kind, "why", self.now, rule=RULE.name if kind == "rule" else "")

    def release(self, _: str = "") -> None:
        with writing(self.engine) as conn:
            for one in holds.in_force(conn):
                holds.release(conn, one.id, self.now)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = new_database(tmp_path)
    yield made
    made.dispose()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(wishes, min_size=1, max_size=2),
    st.builds(Limits, per_hour=st.integers(1, 3), per_day=st.integers(3, 6)),
    st.lists(st.sampled_from(STEPS) | st.tuples(st.just("change"), wishes), min_size=3, max_size=16),
)
@example([Wishes()], Limits(per_hour=2, per_day=3), FLOOD)
@example([Wishes(quiet=Quiet(begin=time(20), end=time(7)), wake_from=None)], Limits(), FLOOD)
@example([Wishes(rhythm="daily", hour=3, time_zone="Europe/Kyiv")], Limits(), [("new", "minor"), ("wait", 300)] * 8)
@example([Wishes(rhythm="weekly")], Limits(), [*FLOOD, ("change", Wishes()), *FLOOD, ("change", WEEKLY), *FLOOD])
def test_every_row_ends_in_one_mail_or_is_said_why_not(
    engine: Engine, readers: list[Wishes], limits: Limits, acts: list[tuple[str, Any]]
) -> None:
    empty(engine)
    with writing(engine) as conn:
        ids = [
            people.add_person(conn, f"r{number}@example.org", now=START, wishes=one).id
            for number, one in enumerate(readers)
        ]
    office = Office(engine=engine, limits=limits)
    office.wishes = {number: [(START, one)] for number, one in zip(ids, readers, strict=True)}
    for name, value in acts:
        getattr(office, name)(value)
    office.release()
    office.send(office.now + 30 * DAY)

    with reading(engine) as conn:
        rows = outbox.list_rows(conn, limit=10_000)
    sent = [row.id for mail in office.mails for row in mail.rows]
    assert sorted(sent) == sorted(row.id for row in rows if row.state == "accepted")
    assert len(sent) == len(set(sent))
    with reading(engine) as conn:
        versions = {one.alert_id: one for one in alerts.versions(conn, [(row.alert_id, None) for row in rows])}
    stories: dict[tuple[str, int], list[OutboxRow]] = {}
    for row in sorted(rows, key=lambda row: row.version):
        stories.setdefault((row.alert_id, row.person.id), []).append(row)
    for (alert_id, _), told in stories.items():
        assert {row.state for row in told} <= {"accepted", "withdrawn"}
        *_, newest = told
        if newest.state == "withdrawn":  # it was over before they had heard of it
            assert versions[alert_id].version > newest.version
            assert versions[alert_id].kind in ("close", "cancel")
            assert {row.state for row in told} == {"withdrawn"}
    for person_id in ids:
        mine = [mail for mail in office.mails if mail.rows[0].person.id == person_id]
        for mail in mine:
            check_hour(mail, office.asked(person_id, mail.at))
        always = office.wishes[person_id][0][1] if len(office.wishes[person_id]) == 1 else None
        check_numbers(mine, always, limits)


def check_hour(mail: Outgoing, wishes: Wishes) -> None:
    woken = any(wakes(wishes, row.urgency) for row in mail.rows)
    assert woken or not is_quiet(wishes, mail.at)
    assert wishes.paused_until is None or mail.at >= wishes.paused_until


def check_numbers(mails: list[Outgoing], wishes: Wishes | None, limits: Limits) -> None:
    """`wishes`: where they were always the same."""
    usual = [mail.at for mail in mails if not any(row.urgency == EXTREME or row.waits == "digest" for row in mail.rows)]
    for at in usual:
        assert sum(at <= other < at + HOUR for other in usual) <= limits.per_hour
    if wishes is not None and wishes.rhythm == "daily":
        zone = ZoneInfo(wishes.time_zone)
        dates = [mail.at.astimezone(zone).date() for mail in mails if all(row.waits == "digest" for row in mail.rows)]
        assert len(dates) == len(set(dates))
