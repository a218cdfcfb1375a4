"""The tables, once, for SQLite and PostgreSQL (SQLAlchemy Core).

Times are UTC: `UtcTime` refuses naive ones and gives aware ones back on both databases. Ids of articles,
alerts and people are never used twice (`sqlite_autoincrement`): messages already sent name them. A change
here needs a migration; a test holds the migrated database equal to these tables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

OPEN = "state IN ('unconfirmed', 'active')"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant. Stored as UTC; a naive datetime is a mistake and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        time: datetime = value
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


feed = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("source", String(200), nullable=False),  # the publisher's name, shown to readers
    Column("owner", String(200), nullable=False),  # owner group: feeds of one owner are one origin
    Column("tier", Integer, nullable=False, server_default=text("2")),  # 1: UN, ICRC, national disaster office
    Column("language", String(20)),
    Column("country", String(3)),
    Column("tags", JSON, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("interval_s", Integer, nullable=False),
    Column("added", UtcTime, nullable=False),
    Column("next_due", UtcTime, nullable=False),
    Column("lease_until", UtcTime),
    Column("lease_token", String(32)),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_poll", UtcTime),
    Column("last_ok", UtcTime),
    Column("last_new", UtcTime),
    Column("last_status", String(40)),
    Column("last_error", Text),
    Index("ix_feed_next_due", "active", "next_due"),
)

poll = Table(
    "poll",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed_id", ForeignKey("feed.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("status", String(40), nullable=False),  # ok, not_modified, or FetchError's / ParseError's reason
    Column("http", Integer),
    Column("bytes", Integer, nullable=False, server_default=text("0")),
    Column("ms", Integer, nullable=False, server_default=text("0")),
    Column("entries", Integer, nullable=False, server_default=text("0")),
    Column("new", Integer, nullable=False, server_default=text("0")),
    Column("revised", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    Index("ix_poll_feed_id_at", "feed_id", "at"),
)

article = Table(
    "article",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed_id", ForeignKey("feed.id"), nullable=False),
    Column("key", String(80), nullable=False),  # collect.identity: digest of guid, link or content
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("content_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("language", String(20)),
    Column("sections", JSON, nullable=False),  # the categories that the feed names
    Column("published", UtcTime, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column(
        "backlog", Boolean, nullable=False, server_default=text("false")
    ),  # of a feed's first poll: alerts nobody when old
    Column("analysed", UtcTime),  # null: still to be matched and tracked
    Column("fault", Text),  # why it was set aside: it could not be read or tracked
    UniqueConstraint("feed_id", "key"),
    Index(
        "ix_article_waiting",
        "backlog",
        "id",
        sqlite_where=text("analysed IS NULL"),
        postgresql_where=text("analysed IS NULL"),
    ),
    Index("ix_article_fault", "id", sqlite_where=text("fault IS NOT NULL"), postgresql_where=text("fault IS NOT NULL")),
    Index("ix_article_published", "published"),
    Index("ix_article_first_seen", "first_seen"),
    sqlite_autoincrement=True,
)

alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("family", String(120), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("event", String(60), nullable=False),
    Column("key", String(250), nullable=False),
    Column("place", JSON),
    Column("place_id", String(80)),
    Column("country", String(3)),
    Column("state", String(20), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("worst", String(20), nullable=False),
    Column("certainty", String(20), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("numbers", JSON, nullable=False),
    Column("origins", Integer, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("first_event", UtcTime, nullable=False),
    Column("last_event", UtcTime, nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("updated", UtcTime, nullable=False),
    Column("told", JSON, nullable=False),
    Column("spike", JSON),  # types.Wave: why a rule of this kind spoke last
    Index("uq_alert_open_key", "key", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index("ix_alert_updated", "updated"),
    Index("ix_alert_family_country", "family", "country", "state"),
    sqlite_autoincrement=True,
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("article_id", ForeignKey("article.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("rule", String(120), nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("origin", String(80), nullable=False),
    Column("hit", JSON, nullable=False),  # the whole Hit: sentence, quote, parts, claims, place, numbers
    Column("cited", JSON, nullable=False),
    Column("shingles", LargeBinary, nullable=False),  # 32-bit numbers, little-endian: codec.pack
    Column("event_time", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("at_version", Integer, nullable=False),  # the alert's version when this evidence came in
    UniqueConstraint("alert_id", "article_id"),
    Index("ix_evidence_article_id", "article_id"),
)

alert_version = Table(
    "alert_version",
    metadata,
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # new, update, close, cancel
    Column("at", UtcTime, nullable=False),
    Column("why", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("fields", JSON, nullable=False),  # the alert as it was then: what a mail of this version renders
)

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
    Column("created", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
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
    UniqueConstraint("alert_id", "version", "person_id", "channel"),
    Index("ix_outbox_due", "state", "not_before"),
)

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
    Column("origin", Integer, nullable=False),  # the article that first told this story
    Column("names", JSON, nullable=False),  # publisher, owner, cited sources: origins.named_sources
    Column("value", Float),  # the number that the rule counts
    Column("hit", JSON, nullable=False),
    Column("cited", JSON, nullable=False),
    Column("shingles", LargeBinary, nullable=False),
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

judgement = Table(
    "judgement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("verdict", String(20), nullable=False),  # judgements.VERDICTS
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_judgement_alert_id", "alert_id"),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", JSON, nullable=False),
)

__all__ = [
    "OPEN",
    "UtcTime",
    "alert",
    "alert_version",
    "article",
    "count_day",
    "evidence",
    "feed",
    "judgement",
    "ledger",
    "meta",
    "metadata",
    "outbox",
    "person",
    "poll",
    "report",
    "rule_version",
    "seen",
    "spike",
    "watch",
]
