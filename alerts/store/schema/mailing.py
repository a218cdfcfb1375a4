"""Readers and their mails."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from alerts.store.schema.base import BIG, UtcTime, metadata

_UNFINISHED = text("finished IS NULL")
_LEASED = text("lease_until IS NOT NULL")
_IN_FORCE = text("released IS NULL")

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False, unique=True),  # sealed (`alerts.vault`)
    Column("mark", String(64)),  # the address's keyed mark; NULL only before an old row is sealed
    Column("wishes", JSON, nullable=False, server_default=text("'{}'")),  # readers.Wishes, its key sealed
    Column("active", Boolean, nullable=False),
    Column("duties", JSON, nullable=False),  # readers.Duty: reader, escalation, operator; none: a stranger
    Column("series", Integer, nullable=False, server_default=text("0")),
    Column("created", UtcTime, nullable=False),
    Column("confirmed", UtcTime),  # when the address's owner said yes; NULL: an operator put it there, or nobody did
    Column("asked", JSON),  # the wishes that wait for the owner's yes
    Index("uq_person_mark", "mark", unique=True),
    sqlite_autoincrement=True,
)

reach = Table(  # which readers may want an alert: what their wishes come to (`store.reach`)
    "reach",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("area", String(80), primary_key=True),
    Column("severity", Integer, nullable=False),  # the least, as its index in types.SEVERITIES
    Column("certainty", Integer, nullable=False),  # the least, as its index in types.CERTAINTIES
    Column("events", BigInteger, nullable=False),  # a bit for each kind; -1: all
    Index("ix_reach_area", "area", "severity"),
)

suppressed = Table(  # outlives the person: who left, or whose mail came back, is not written to by mistake again
    "suppressed",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("reason", String(20), nullable=False),  # suppression.REASONS: bounce, complaint, never
    Column("since", UtcTime, nullable=False),
    Column("detail", Text, nullable=False),  # the status code, such as 5.1.1; never an address
)

bounce = Table(  # a mail that came back though its address may be good: scores count days
    "bounce",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),  # the UTC day, as YYYY-MM-DD
    Column("status", String(20), nullable=False),
)

attempt = Table(  # what strangers asked of us, for the limits; keyed marks only, kept for a day
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # limits.KINDS
    Column("mark", String(64), nullable=False),  # of an address, of a network prefix, or empty
    Column("at", UtcTime, nullable=False),
    Index("ix_attempt_at", "kind", "mark", "at"),
)

aside = Table(  # mails that came in and trip over a fault of ours
    "aside",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("fault", String(200), nullable=False),  # such as "ValueError in taking.py:88"; never an address
    Column("sealed", Text, nullable=False),  # (`alerts.vault`)
    sqlite_autoincrement=True,
)

tally = Table(  # how much of what there was; numbers of nobody
    "tally",
    metadata,
    Column("day", String(10), primary_key=True),  # the UTC day, as YYYY-MM-DD
    Column("kind", String(20), primary_key=True),  # tallies.Kind
    Column("what", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
)

hold = Table(  # what waits until an operator lets it go
    "hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # holds.KINDS: all, rule
    Column("rule", String(200), nullable=False, server_default=text("''")),  # of kind rule: its name
    Column("reason", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("released", UtcTime),
    Index("uq_hold_in_force", "kind", "rule", unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    sqlite_autoincrement=True,
)

bulletin = Table(
    "bulletin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),  # what it is about: notices, silences, a rule's verdicts, ...
    Column("created", UtcTime, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),  # plain text
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BIG, primary_key=True),
    # A version of an alert, or else a bulletin, or else a letter.
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE")),
    Column("version", Integer),
    Column("round", Integer, nullable=False, server_default=text("0")),  # 0: told; from 1 on: told again
    Column("bulletin_id", ForeignKey("bulletin.id", ondelete="CASCADE")),
    Column("letter", String(20)),  # letters.KINDS: a mail to one person about their own subscription
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(20), nullable=False),  # outbox.STATES
    Column("urgency", Integer, nullable=False),  # index in types.SEVERITIES
    Column("message_id", String(200), nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("waits", String(10)),  # what it waits for, or waited, beyond what belongs with it: waiting.REASONS
    Column("expires", UtcTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", String(32)),
    Column("lease_until", UtcTime),
    Column("way", String(64)),  # by which it is being sent: whoever has the same can look up what became of it
    Column("finished", UtcTime),
    Column("last_error", Text),
    Column("trigger_id", BIG),  # the article that brought the version
    Column("lead_id", ForeignKey("outbox.id", ondelete="SET NULL")),  # the row in whose mail this one goes
    Column("collected", Boolean, nullable=False, server_default=false()),  # it leads a digest
    Column("covered_by", Integer),  # inhibited: the alert that covers this one
    Column("silence_id", Integer),  # silenced: by this silence
    UniqueConstraint("alert_id", "version", "person_id", "channel", "round"),
    UniqueConstraint("bulletin_id", "person_id", "channel"),
    Index("ix_outbox_person_id", "person_id", "state"),
    Index("ix_outbox_lead_id", "lead_id"),
    Index("ix_outbox_message_id", "message_id"),  # a bounce names the mail by it
    Index("ix_outbox_finished", "person_id", "finished"),  # how much a reader got of late
    Index("ix_outbox_expires", "expires", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    Index("ix_outbox_leased", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
    Index("ix_outbox_due", "state", "urgency", "not_before", "id"),
)
