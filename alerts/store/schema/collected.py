"""What the feeds brought: feeds, polls, articles, and by what a text is known again."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from alerts.store.schema.base import UtcTime, metadata

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

story = Table(
    "story",
    metadata,
    Column("article_id", ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("first_id", Integer, nullable=False),  # the article that told this story first; itself, if nobody did before
    Column("copies_id", Integer),  # the first that it is a near-copy of, of the week before
    Column("published", UtcTime, nullable=False),
    Column("shingles", LargeBinary, nullable=False),  # its print: 32-bit numbers, little-endian (track.copies)
    Index("ix_story_published", "published"),
    Index("ix_story_first_id", "first_id", "published"),
    Index("ix_story_copies_id", "copies_id"),
)

minhash = Table(
    "minhash",
    metadata,
    Column("value", BigInteger, primary_key=True),  # one of the numbers of a text's digest, with its place in that
    Column("article_id", ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_minhash_article_id", "article_id"),
)
