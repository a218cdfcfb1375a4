"""What is remembered beside alerts: what holds where, what was seen and counted, rules, notices."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from alerts.store.schema.base import BIG, UtcTime, metadata

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),  # the state: ceasefire, siege, ...
    Column("place_id", String(80), nullable=False),
    Column("place_name", Text, nullable=False),
    Column("country", String(3), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("confirmed_at", UtcTime, nullable=False),  # last evidence that it holds
    Column("lapses", UtcTime, nullable=False),
    Column("until", UtcTime),  # null while open
    Column("opened_by", Text, nullable=False),
    Column("closed_by", Text),
    Column("named", Boolean, nullable=False),  # its text says when it ends
    Column("parties", Text, nullable=False),  # who holds the place, as printed; "" where that is not asked
    Column("settled", UtcTime),  # up to when a person said how it is; null where none did
    Index(
        "uq_ledger_open",
        "name",
        "place_id",
        unique=True,
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
)

seen = Table(
    "seen",
    metadata,
    Column("family", String(120), primary_key=True),
    Column("place_id", String(80), primary_key=True),
    Column("last_event", UtcTime, nullable=False),
)

watch = Table(
    "watch",
    metadata,
    Column("name", String(250), primary_key=True),  # what is counted: rule family, noun and level of place
    Column("since", UtcTime, nullable=False),
)

report = Table(
    "report",
    metadata,
    Column("family", String(120), primary_key=True),
    Column("place_id", String(80), primary_key=True),  # at the level at which the rule counts
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("country", String(3), nullable=False),
    Column("published", UtcTime, nullable=False),
    Column("event_time", UtcTime, nullable=False),
    Column("day", Date, nullable=False),  # for which it counts: that of the first report of its story
    Column("origin", BIG, nullable=False),  # the article that first told this story
    Column("names", JSON, nullable=False),  # publisher, owner, cited sources: origins.named_sources
    Column("value", Float),  # the number that the rule counts
    Column("hit", JSON, nullable=False),
    Column("cited", JSON, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Index("ix_report_day", "family", "place_id", "day"),
    Index("ix_report_published", "family", "place_id", "published"),
    Index("ix_report_country", "family", "country", "event_time"),
    Index("ix_report_article_id", "article_id"),
)

count_day = Table(
    "count_day",
    metadata,
    Column("family", String(120), primary_key=True),
    Column("place_id", String(80), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("voices", JSON, nullable=False),  # the names of each independent teller, in order
    Column("value", Float),  # the middle one of their counts
    Column("counting", Integer, nullable=False),  # how many gave one
)

spike = Table(
    "spike",
    metadata,
    Column("family", String(120), primary_key=True),
    Column("place_id", String(80), primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("level", Float, nullable=False),
    Column("severity", String(20)),
)

rule_version = Table(
    "rule_version",
    metadata,
    Column("rule", String(120), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("loaded", UtcTime, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", JSON, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),  # notices.KINDS
    Column("subject", String(250), nullable=False),  # what it is about: a feed's id, a rule's name, a country
    Column("text", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("told", UtcTime),  # null: no operator was told yet
    Column("ended", UtcTime),
    Index(
        "uq_notice_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
)
