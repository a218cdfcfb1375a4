"""The first tables: feeds and articles, alerts and their evidence, people and the outbox, the ledger.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OPEN = sa.text("state IN ('unconfirmed', 'active')")
_HOLDS = sa.text("until IS NULL")
_WAITING = sa.text("analysed IS NULL")
_FAULTY = sa.text("fault IS NOT NULL")


def upgrade() -> None:
    _feed()
    _poll()
    _article()
    _incident()
    _alert()
    _evidence()
    _alert_version()
    _person()
    _bulletin()
    _outbox()
    _ledger()
    _seen()
    _watch()
    _report()
    _count_day()
    _spike()
    _rule_version()
    _judgement()
    _meta()


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.Integer(), server_default=sa.text("2"), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("added", _TIME, nullable=False),
        sa.Column("next_due", _TIME, nullable=False),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_poll", _TIME, nullable=True),
        sa.Column("last_ok", _TIME, nullable=True),
        sa.Column("last_new", _TIME, nullable=True),
        sa.Column("last_status", sa.String(length=40), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.UniqueConstraint("url", name="uq_feed_url"),
    )
    op.create_index("ix_feed_next_due", "feed", ["active", "next_due"])


def _poll() -> None:
    op.create_table(
        "poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("http", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("entries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("new", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("revised", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_poll_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_poll"),
    )
    op.create_index("ix_poll_feed_id_at", "poll", ["feed_id", "at"])


def _article() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("published", _TIME, nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("backlog", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("analysed", _TIME, nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_article_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("feed_id", "key", name="uq_article_feed_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_article_fault", "article", ["id"], sqlite_where=_FAULTY, postgresql_where=_FAULTY)
    op.create_index("ix_article_first_seen", "article", ["first_seen"])
    op.create_index("ix_article_published", "article", ["published"])
    op.create_index(
        "ix_article_waiting", "article", ["backlog", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sqlite_autoincrement=True,
    )


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("place", sa.JSON(), nullable=True),
        sa.Column("place_id", sa.String(length=80), nullable=True),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("worst", sa.String(length=20), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("origins", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("first_event", _TIME, nullable=False),
        sa.Column("last_event", _TIME, nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.Column("updated", _TIME, nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("spike", sa.JSON(), nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("triage", sa.String(length=20), nullable=True),
        sa.Column("waits_since", _TIME, nullable=True),
        sa.Column("approved", sa.String(length=20), nullable=True),
        sa.Column("dropped", sa.JSON(), nullable=False),
        sa.Column("own_title", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_alert_incident_id"),
        sa.ForeignKeyConstraint(["merged_into"], ["alert.id"], name="fk_alert_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_country_last_event", "alert", ["country", "last_event"])
    op.create_index("ix_alert_incident_id", "alert", ["incident_id"])
    op.create_index("ix_alert_merged_into", "alert", ["merged_into"])
    op.create_index("ix_alert_family_country", "alert", ["family", "country", "last_event"])
    op.create_index("ix_alert_family_last_event", "alert", ["family", "last_event"])
    op.create_index("ix_alert_family_state", "alert", ["family", "state"])
    op.create_index("ix_alert_updated", "alert", ["updated"])
    op.create_index("uq_alert_open_key", "alert", ["key"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("hit", sa.JSON(), nullable=False),
        sa.Column("cited", sa.JSON(), nullable=False),
        sa.Column("event_time", _TIME, nullable=False),
        sa.Column("seen", _TIME, nullable=False),
        sa.Column("at_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_evidence_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_evidence_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint("alert_id", "article_id", name="uq_evidence_alert_id_article_id"),
    )
    op.create_index("ix_evidence_article_id", "evidence", ["article_id"])


def _alert_version() -> None:
    op.create_table(
        "alert_version",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_version_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "version", name="pk_alert_version"),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("min_severity", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("address", name="uq_person_address"),
        sqlite_autoincrement=True,
    )


def _bulletin() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulletin"),
        sqlite_autoincrement=True,
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("bulletin_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("not_before", _TIME, nullable=False),
        sa.Column("expires", _TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("finished", _TIME, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("trigger_id", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("covered_by", sa.Integer(), nullable=True),
        sa.Column("silence_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_outbox_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name="fk_outbox_bulletin_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lead_id"], ["outbox.id"], name="fk_outbox_lead_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_outbox_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint(
            *("alert_id", "version", "person_id", "channel", "round"),
            name="uq_outbox_alert_id_version_person_id_channel_round",
        ),
        sa.UniqueConstraint(*("bulletin_id", "person_id", "channel"), name="uq_outbox_bulletin_id_person_id_channel"),
    )
    op.create_index("ix_outbox_lead_id", "outbox", ["lead_id"])
    op.create_index("ix_outbox_person_id", "outbox", ["person_id", "state"])
    op.create_index("ix_outbox_due", "outbox", ["state", "not_before"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("place_id", sa.String(length=80), nullable=False),
        sa.Column("place_name", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=False),
        sa.Column("lapses", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("parties", sa.Text(), nullable=False),
        sa.Column("settled", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index(
        "uq_ledger_open", "ledger", ["name", "place_id"], unique=True, sqlite_where=_HOLDS, postgresql_where=_HOLDS
    )


def _seen() -> None:
    op.create_table(
        "seen",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("place_id", sa.String(length=80), nullable=False),
        sa.Column("last_event", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("family", "place_id", name="pk_seen"),
    )


def _watch() -> None:
    op.create_table(
        "watch",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watch"),
    )


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("place_id", sa.String(length=80), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=False),
        sa.Column("published", _TIME, nullable=False),
        sa.Column("event_time", _TIME, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("hit", sa.JSON(), nullable=False),
        sa.Column("cited", sa.JSON(), nullable=False),
        sa.Column("seen", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_report_article_id"),
        sa.PrimaryKeyConstraint("family", "place_id", "article_id", name="pk_report"),
    )
    op.create_index("ix_report_article_id", "report", ["article_id"])
    op.create_index("ix_report_country", "report", ["family", "country", "event_time"])
    op.create_index("ix_report_day", "report", ["family", "place_id", "day"])
    op.create_index("ix_report_published", "report", ["family", "place_id", "published"])


def _count_day() -> None:
    op.create_table(
        "count_day",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("place_id", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("voices", sa.JSON(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("counting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("family", "place_id", "day", name="pk_count_day"),
    )


def _spike() -> None:
    op.create_table(
        "spike",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("place_id", sa.String(length=80), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_spike_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("family", "place_id", name="pk_spike"),
    )


def _rule_version() -> None:
    op.create_table(
        "rule_version",
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("loaded", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("rule", "hash", name="pk_rule_version"),
    )


def _judgement() -> None:
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by_reader", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_judgement_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_judgement_person_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["duplicate_of"], ["alert.id"], name="fk_judgement_duplicate_of", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_judgement"),
    )
    op.create_index("ix_judgement_alert_id", "judgement", ["alert_id"], unique=False)


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
