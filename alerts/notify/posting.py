"""From an alert's message to outbox rows, in the transaction that makes the message: so there is never a
version nobody is told of, nor a mail about a version that was not stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.match.rule import Rule
from alerts.notify import audience, breaker
from alerts.readers import Person
from alerts.store import codec, demotions, outbox, people, reach, told
from alerts.store.batches import in_batches
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
        fields = codec.to_json(alert)
        for message in messages:
            unsent = told.withdraw(conn, alert.id, now, before_version=message.version)
            over = message.kind in ("close", "cancel")
            known = set(told.told(conn, alert.id, reached=over)) | (set() if over else set(unsent))
            trigger_id = told.brought_by(conn, alert.id, message.version)
            for some in hearers(conn, None if over else now_rule, fields, known, fallen=now_rule is not rule):
                rows = audience.rows(
                    some,
                    fields,
                    message,
                    told=known,
                    promised=unsent,
                    secret=self.secret,
                    domain=self.domain,
                    now=now,
                    policy=self.policy,
                    trigger_id=trigger_id,
                )
                outbox.enqueue(conn, rows)
            if message.kind == "new" and rule is not None:
                breaker.watch(conn, alert.rule, now, secret=self.secret, domain=self.domain)
            if message.kind == "cancel":
                told.uncover(conn, alert.id, now, expires=now + self.policy.give_up)


def hearers(
    conn: Connection,
    rule: Rule | None,
    fields: Mapping[str, Any],
    told: Collection[int] = (),
    *,
    fallen: bool = False,
) -> Iterator[list[Person]]:
    """All who may have to hear of an alert (`fields` is its JSON form), some at once: there may be a million readers.
    Without a `rule` only those who were `told`. Of a rule in test that has `fallen` the operators hear where its owner
    is no reader."""
    if rule is None or rule.status == "active":
        wanted = {*told, *(reach.candidates(conn, fields) if rule is not None else ())}
        for some in in_batches(sorted(wanted)):
            yield _mailed(conn, some, told)
        return
    owner = _owner(conn, rule)
    instead = people.active_people(conn, "operator") if fallen else ()
    everybody = _mailed(conn, {*told, *(() if owner is None else (owner,))}, told)
    yield readers(rule, everybody, told, owner=owner, instead=instead)


def _owner(conn: Connection, rule: Rule) -> int | None:
    """Whose rule it is."""
    owner = people.find_person(conn, rule.about.owner)
    return None if owner is None else owner.id


def _mailed(conn: Connection, ids: Collection[int], told: Collection[int]) -> list[Person]:
    """Those of these people who get mail: readers, and who was told for another duty, for they hear what came of it."""
    found = sorted(people.get_people(conn, ids).items())
    return [one for number, one in found if one.active and (number in told or "reader" in one.duties)]


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
