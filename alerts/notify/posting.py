"""From an alert's message to outbox rows, in the transaction that makes the message: so there is never a
version nobody is told of, nor a mail about a version that was not stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from alerts.match.rule import Rule
from alerts.notify import audience
from alerts.store import codec, outbox, people
from alerts.types import Alert, Message, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Writes the outbox rows. `secret` and `domain` make the Message-IDs."""

    domain: str
    secret: bytes = field(repr=False)
    policy: audience.Policy = audience.AT_ONCE

    def put(self, conn: Connection, rule: Rule, alert: Alert, messages: Sequence[Message], now: datetime) -> None:
        """Write the rows of `messages`, all of one alert. What an earlier version left unsent is taken back:
        the new one says all of it."""
        for message in messages:
            unsent = outbox.withdraw(conn, alert.id, now, before_version=message.version)
            over = message.kind in ("close", "cancel")
            told = set(outbox.told(conn, alert.id, reached=over)) | (set() if over else unsent)
            rows = audience.rows(
                readers(rule, people.active_people(conn), told),
                codec.to_json(alert),
                message,
                told=told,
                secret=self.secret,
                domain=self.domain,
                now=now,
                policy=self.policy,
            )
            outbox.enqueue(conn, rows)


def readers(rule: Rule, everybody: Sequence[Person], told: Collection[int] = ()) -> list[Person]:
    """Who may hear of a rule's alerts at all: everybody, but of a rule in test only its owner, and those who
    were `told` when it was not in test."""
    if rule.status == "active":
        return list(everybody)
    owner = rule.about.owner.casefold()
    return [person for person in everybody if person.address.casefold() == owner or person.id in told]
