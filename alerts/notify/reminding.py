"""Extreme alerts that nobody acknowledges: told again, and in the end told to those who are named for that case.

All other alerts are told once. A reader who has said "I have it" of the version they were told is left in peace until
there is a later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.config import Config
from alerts.match.rule import Rule
from alerts.notify.audience import Row
from alerts.notify.message.mime import domain_of
from alerts.notify.message.secret import message_id
from alerts.store import acts, demotions, outbox, people
from alerts.store.batches import in_batches
from alerts.store.reminders import Asked, asked
from alerts.store.told import told
from alerts.types import SEVERITIES

EXTREME: Final = SEVERITIES.index("extreme")

Acknowledged = Mapping[int | None, int]
"""The latest version that each reader acknowledged; under None somebody who is no reader, and so for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """How long to wait for an answer, how often to ask again, and what the mails are made with."""

    after: timedelta
    times: int
    give_up: timedelta
    domain: str
    secret: bytes = field(repr=False)


def reminding_of(config: Config, secret: bytes) -> Reminding:
    """As the configuration has it."""
    how, mails = config.escalation, config.notify
    domain = domain_of(mails.sender)
    return Reminding(after=how.after, times=how.times, give_up=mails.give_up, domain=domain, secret=secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reader is to be told a version again, for the `round`th time."""

    alert_id: str
    version: int
    person_id: int
    round: int


def reminders(
    everybody: Iterable[Asked],
    acknowledged: Mapping[str, Acknowledged],
    *,
    readers: Collection[int],
    after: timedelta,
    times: int,
    now: datetime,
) -> list[Reminder]:
    """Who is to be asked again: of the `readers`, those who were last told that it is extreme, have not answered, and
    were not asked too often."""
    return [
        Reminder(alert_id=one.alert_id, version=one.version, person_id=one.person_id, round=one.rounds + 1)
        for one in everybody
        if one.person_id in readers
        and _waits(one, acknowledged.get(one.alert_id, {}))
        and _is_time(one, after, now)
        and one.rounds < times
    ]


def escalations(
    everybody: Sequence[Asked],
    acknowledged: Mapping[str, Acknowledged],
    *,
    readers: Collection[int],
    after: timedelta,
    times: int,
    now: datetime,
) -> dict[str, int]:
    """The alerts that nobody at all has answered for, each with the version that is to be escalated: all readers who
    were asked were reminded as often as may be, and had the time to answer."""
    found, extreme = {}, defaultdict[str, list[Asked]](list)
    for one in everybody:
        if one.urgency == EXTREME:
            extreme[one.alert_id].append(one)
    for alert_id, asked_of in extreme.items():
        waiting = [one for one in asked_of if one.person_id in readers]
        version = max(one.version for one in asked_of)
        answered = max(acknowledged.get(alert_id, {}).values(), default=0) >= version
        used_up = all(one.rounds >= times and _is_time(one, after, now) for one in waiting)
        if waiting and used_up and not answered:
            found[alert_id] = version
    return found


def _waits(one: Asked, answers: Acknowledged) -> bool:
    """Whether there is no answer to what this reader was told."""
    answered = max(answers.get(one.person_id, 0), answers.get(None, 0))
    return one.urgency == EXTREME and answered < one.version


def _is_time(one: Asked, after: timedelta, now: datetime) -> bool:
    return not one.under_way and one.last + after <= now


def remind(conn: Connection, rules: Mapping[str, Rule], how: Reminding, now: datetime) -> tuple[int, int]:
    """Write the reminders and escalations that are due; how many mails of each. An alert of a rule in test is
    escalated to nobody."""
    everybody = asked(conn)
    if not everybody:
        return 0, 0
    acknowledged = {alert_id: acts.acknowledged(conn, alert_id) for alert_id in {one.alert_id for one in everybody}}
    readers = people.reading(conn, {one.person_id for one in everybody})
    again = reminders(everybody, acknowledged, readers=readers, after=how.after, times=how.times, now=now)
    for some in in_batches(again):  # else the database takes one for dead who makes half a million rows
        outbox.enqueue(conn, [_row(how, one.alert_id, one.version, one.person_id, one.round, now) for one in some])
    due = escalations(everybody, acknowledged, readers=readers, after=how.after, times=how.times, now=now)
    named = people.active_people(conn, "escalation") if due else []
    rule_of = {one.alert_id: rules.get(one.rule) for one in everybody}
    more = []
    for alert_id, version in due.items():
        rule, known = rule_of[alert_id], told(conn, alert_id)
        if rule is not None and demotions.in_force(conn, rule).status == "active":
            wanted = [person.id for person in named if known.get(person.id, 0) < version]
            more += [_row(how, alert_id, version, person_id, 0, now) for person_id in wanted]
    outbox.enqueue(conn, more)
    return len(again), len(more)


def _row(how: Reminding, alert_id: str, version: int, person_id: int, number: int, now: datetime) -> Row:
    return Row(
        alert_id=alert_id,
        version=version,
        person_id=person_id,
        channel="mail",
        urgency=EXTREME,
        message_id=message_id(
            how.secret, alert_id=alert_id, version=version, person_id=person_id, domain=how.domain, reminder=number
        ),
        created=now,
        not_before=now,
        expires=now + how.give_up,
        round=number,
    )
