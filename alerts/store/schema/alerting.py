"""Alerts: incidents, their alerts with versions and evidence, and what people did and said."""

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
    false,
    text,
)

from alerts.store.schema.base import OPEN, WORD, UtcTime, metadata

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opened", UtcTime, nullable=False),
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
    Column("incident_id", ForeignKey("incident.id"), nullable=False),
    Column("triage", String(20)),  # types.Triage: whether it waits for a person, and what that decided
    Column("waits_since", UtcTime),  # while it waits for a person
    Column("approved", String(20)),  # the level up to which a person has decided: approved or dropped it
    Column("dropped", JSON, nullable=False),  # how bad it was when a person dropped it: level and numbers
    Column("own_title", Text),  # the title that a person gave it
    Column("merged_into", ForeignKey("alert.id")),
    Index("uq_alert_open_key", "key", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index("ix_alert_updated", "updated"),
    Index("ix_alert_family_country", "family", "country", "last_event"),
    Index("ix_alert_family_last_event", "family", "last_event"),
    Index("ix_alert_family_state", "family", "state"),
    Index("ix_alert_country_last_event", "country", "last_event"),
    Index("ix_alert_incident_id", "incident_id"),
    Index("ix_alert_merged_into", "merged_into"),
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
    Column("event_time", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("at_version", Integer, nullable=False),  # the alert's version when this evidence came in
    UniqueConstraint("alert_id", "article_id"),
    Index("ix_evidence_article_id", "article_id"),
)

listing = Table(
    "listing",
    metadata,
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True),
    Column("event", String(60), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("severity", Integer, nullable=False),  # its place in types.SEVERITIES
    Column("certainty", Integer, nullable=False),  # its place in types.CERTAINTIES
    Column("state", String(20), nullable=False),
    Column("country", String(3)),
    Column("region", String(80)),  # the first level in which it is, or which it is
    Column("place_id", String(80)),
    Column("first_event", UtcTime, nullable=False),
    Column("last_event", UtcTime, nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("updated", UtcTime, nullable=False),
    Index("ix_listing_updated", "updated", "first_event", "severity", "certainty"),  # to pass quickly over many
    Index("ix_listing_event", "event", "updated"),
    Index("ix_listing_rule", "rule", "updated"),
    Index("ix_listing_state", "state", "updated"),
    Index("ix_listing_country", "country", "updated", "event", "severity", "first_event"),  # one may have half of all
    Index("ix_listing_region", "region", "updated"),
    Index("ix_listing_place_id", "place_id", "updated"),
)
"""The archive as it is published: what readers were told of each alert, as far as one can ask for it."""

listing_text = Table(
    "listing_text",
    metadata,
    Column("alert_id", ForeignKey("listing.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("words", Text, nullable=False),  # those of listing_word, to see which of them go
)

listing_word = Table(
    "listing_word",
    metadata,
    Column("word", WORD, primary_key=True),
    Column("alert_id", ForeignKey("listing.alert_id", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,  # the key is all there is
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
    Index("ix_alert_version_kind", "kind", "at"),
)

judgement = Table(
    "judgement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("verdict", String(20), nullable=False),  # opinions.VERDICTS
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by_reader", Boolean, nullable=False, server_default=false()),  # who pressed a link of a mail
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL")),  # that reader, while they are one
    Column("duplicate_of", ForeignKey("alert.id", ondelete="SET NULL")),
    Index("ix_judgement_alert_id", "alert_id"),
)

act = Table(
    "act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),  # the alert's version that the act is about
    Column("kind", String(20), nullable=False),  # acts.KINDS: acknowledge, approve, drop, retitle, cancel, close, ...
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL")),  # a reader who pressed a link
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("detail", JSON, nullable=False),  # what the kind needs: the other alert of a merge, the articles of a split
    Index("ix_act_alert_id", "alert_id"),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rules", JSON, nullable=False),  # names of rules; empty: all
    Column("place", JSON),  # types.Place; null: everywhere
    Column("up_to", String(20), nullable=False),  # the highest severity it hides, never extreme
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE")),  # null: for all readers
    Column("author", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("idle_days", Integer),  # ends early when it hid nothing for so long
    Column("last_hid", UtcTime),
    Column("ended", UtcTime),  # null while it may be in force
    Column("ended_because", Text),
    sqlite_autoincrement=True,
)
