"""Readers and their mails."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from alerts.store.schema.base import UtcTime, metadata

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("events", JSON, nullable=False),
    Column("countries", JSON, nullable=False),
    Column("min_severity", String(20), nullable=False),
    Column("language", String(20), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("duties", JSON, nullable=False),  # types.Duty: reader, escalation, operator
    Column("created", UtcTime, nullable=False),
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
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE")),  # a version of an alert, or else a bulletin
    Column("version", Integer),
    Column("round", Integer, nullable=False, server_default=text("0")),  # 0: told; from 1 on: told again
    Column("bulletin_id", ForeignKey("bulletin.id", ondelete="CASCADE")),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(20), nullable=False),  # outbox.STATES
    Column("urgency", Integer, nullable=False),  # index in types.SEVERITIES
    Column("message_id", String(200), nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("expires", UtcTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", String(32)),
    Column("lease_until", UtcTime),
    Column("finished", UtcTime),
    Column("last_error", Text),
    Column("trigger_id", Integer),  # the article that brought the version
    Column("lead_id", ForeignKey("outbox.id", ondelete="SET NULL")),  # the row in whose mail this one goes
    Column("covered_by", Integer),  # inhibited: the alert that covers this one
    Column("silence_id", Integer),  # silenced: by this silence
    UniqueConstraint("alert_id", "version", "person_id", "channel", "round"),
    UniqueConstraint("bulletin_id", "person_id", "channel"),
    Index("ix_outbox_person_id", "person_id", "state"),
    Index("ix_outbox_lead_id", "lead_id"),
    Index("ix_outbox_due", "state", "not_before"),
)
