"""From an alert's message to outbox rows, in the transaction that makes the message: so there is never a
version nobody is told of, nor a mail about a version that was not stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from alerts.match.rule import Rule
from alerts.notify import audience, breaker
from alerts.readers import Person
from alerts.store import codec, demotions, outbox, people, told
from alerts.types import Alert, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Writes the outbox rows. `secret` and `domain` make the Message-IDs."""

    domain: str
    secret: bytes = field(repr=False)
    policy: audience.Policy = audience.AT_ONCE

    def put(
        self, conn: Connection, rule: Rule | None, alert: Alert, messages: Sequence[Message], now: datetime
    ) -> None:
        """Write the rows of `messages`, all of one alert. What an earlier version left unsent is taken back:
        the new one says all of it, and not later. What a cancelled alert covered is told after all. A rule that fell
        counts as in test; one that fires far more than usual is held (`breaker`)."""
        now_rule = demotions.in_force(conn, rule) if messages and rule is not None else rule
        instead = people.active_people(conn, "operator") if now_rule is not rule else ()
        owner = _owner(conn, now_rule) if messages else None
        for message in messages:
            unsent = told.withdraw(conn, alert.id, now, before_version=message.version)
            over = message.kind in ("close", "cancel")
            known = set(told.told(conn, alert.id, reached=over)) | (set() if over else set(unsent))
            rows = audience.rows(
                readers(now_rule, _everybody(conn, known), known, owner=owner, instead=instead),
                codec.to_json(alert),
                message,
                told=known,
                promised=unsent,
                secret=self.secret,
                domain=self.domain,
                now=now,
                policy=self.policy,
                trigger_id=told.brought_by(conn, alert.id, message.version),
            )
            outbox.enqueue(conn, rows)
            if message.kind == "new" and rule is not None:
                breaker.watch(conn, alert.rule, now, secret=self.secret, domain=self.domain)
            if message.kind == "cancel":
                told.uncover(conn, alert.id, now, expires=now + self.policy.give_up)


def _owner(conn: Connection, rule: Rule | None) -> int | None:
    """Whose rule it is, of one that is in test: of others nobody asks."""
    if rule is None or rule.status == "active":
        return None
    owner = people.find_person(conn, rule.about.owner)
    return None if owner is None else owner.id


def _everybody(conn: Connection, known: Collection[int]) -> list[Person]:
    """The readers, and who was told for another duty: they hear what came of it."""
    everybody = people.active_people(conn)
    others = set(known) - {person.id for person in everybody}
    return everybody + [person for _, person in sorted(people.get_people(conn, others).items()) if person.active]


def readers(
    rule: Rule | None,
    everybody: Sequence[Person],
    told: Collection[int] = (),
    *,
    owner: int | None = None,
    instead: Sequence[Person] = (),
) -> list[Person]:
    """Who may hear of a rule's alerts at all: everybody, but of a rule in test only its `owner` (a person's id;
    `instead`, where the owner is no reader), and those who were `told` when it was not in test; of a rule that is gone
    only these."""
    if rule is None:  # gone: what came of an alert is told all the same
        return [person for person in everybody if person.id in told]
    if rule.status == "active":
        return list(everybody)
    owners = {person.id for person in everybody if person.id == owner}
    allowed = owners or {person.id for person in instead}
    known = {person.id: person for person in (*everybody, *instead)}
    return [person for person in known.values() if person.id in allowed or person.id in told]
