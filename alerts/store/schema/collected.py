"""What the feeds brought: feeds, polls, articles, and by what a text is known again."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
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

from alerts.store.schema.base import BIG, UtcTime, metadata

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
    Column("interval_s", Integer, nullable=False),  # between two polls just now: it follows the feed's rhythm
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
    # what the operator wants of this feed; null: what the configuration says
    Column("critical", Boolean, nullable=False, server_default=text("false")),
    Column("own_owner", String(200)),
    Column("own_tier", Integer),
    Column("own_interval_s", Integer),
    Column("max_staleness_s", Integer),
    Column("max_body", Integer),
    Column("full_text", Boolean, nullable=False, server_default=text("false")),
    # what is known of the feed's ways
    Column("rate", Float, nullable=False, server_default=text("0")),  # articles an hour, over about a day
    Column("hints", JSON),  # how often it wants to be asked
    Column("marks", LargeBinary),  # by which the items of the last document are known again
    Column("whole_at", UtcTime),  # last asked without validators, and read whole
    Column("lies_since", UtcTime),  # its "not modified" was found to be untrue
    Column("gap_at", UtcTime),  # last time nothing in its document was known: items may have been lost
    Column("moved_to", Text),  # where it redirects for good, not yet believed
    Column("moved_since", UtcTime),
    Column("moved_times", Integer, nullable=False, server_default=text("0")),
    Column("items", Integer, nullable=False, server_default=text("0")),  # of the last document that was read
    Column("former", Text),  # the address it had before it moved
    Column("removed", UtcTime),  # off the list; it stays because of its articles
    Index("ix_feed_next_due", "active", "next_due"),
    Index("ix_feed_host", "host"),
    Index(
        "ix_feed_former", "former", sqlite_where=text("former IS NOT NULL"), postgresql_where=text("former IS NOT NULL")
    ),
)

poll = Table(
    "poll",
    metadata,
    Column("id", BIG, primary_key=True),
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
    Column("overlap", Integer, nullable=False, server_default=text("0")),  # items that were known
    Column("rung", String(10), nullable=False, server_default=text("''")),  # how far it had to be mended: outcome.Rung
    Column("whole", Boolean, nullable=False, server_default=text("false")),  # asked without validators, and read whole
    Column("gap", Boolean, nullable=False, server_default=text("false")),
    Column("warning", Text),
    Column("due_reason", String(40), nullable=False, server_default=text("''")),  # why then the next time
    Index("ix_poll_feed_id_at", "feed_id", "at"),
)

document = Table(
    "document",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("feed_id", ForeignKey("feed.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("status", String(40), nullable=False),  # of the poll that brought it
    Column("url", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", Integer, nullable=False),  # bytes of `body`
    Column("body", LargeBinary, nullable=False),  # as it came, compressed (brotli)
    Index("ix_document_feed_id", "feed_id", "id"),
)

article = Table(
    "article",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("feed_id", ForeignKey("feed.id"), nullable=False),
    Column("key", String(80), nullable=False),  # collect.formats.identity: digest of guid, link or content
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

linked = Table(
    "linked",
    metadata,
    Column("article_id", ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(4), nullable=False),  # page: its full text; cap: the message it stands for
    Column("url", Text, nullable=False),
    Column("host", String(255), nullable=False),
    Column("revision", Integer, nullable=False),  # of the article that links to it
    Column("wanted", UtcTime, nullable=False),
    Column("holds_until", UtcTime),  # the article is not read before then, or before this is settled
    Column("next_try", UtcTime),  # null: done, or given up
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("fetched", UtcTime),
    Column("error", Text),
    Column("text", Text),  # the last that came of it; empty: it says that nothing happened
    Index(
        "ix_linked_next_try",
        "next_try",
        sqlite_where=text("next_try IS NOT NULL"),
        postgresql_where=text("next_try IS NOT NULL"),
    ),
)

story = Table(
    "story",
    metadata,
    Column("article_id", ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("first_id", BIG, nullable=False),  # the article that told this story first; itself, if nobody did before
    Column("copies_id", BIG),  # the first that it is a near-copy of, of the week before
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
