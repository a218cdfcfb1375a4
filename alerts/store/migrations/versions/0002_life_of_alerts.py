"""The life of alerts: stories known again, what people do with alerts, silences, operators' notices.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_GOES_ON = sa.text("ended IS NULL")


def upgrade() -> None:
    _story()
    _minhash()
    _act()
    _silence()
    _notice()


def _story() -> None:
    op.create_table(
        "story",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("copies_id", sa.Integer(), nullable=True),
        sa.Column("published", _TIME, nullable=False),
        sa.Column("shingles", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_story_article_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id", name="pk_story"),
    )
    op.create_index("ix_story_copies_id", "story", ["copies_id"])
    op.create_index("ix_story_first_id", "story", ["first_id", "published"])
    op.create_index("ix_story_published", "story", ["published"])


def _minhash() -> None:
    op.create_table(
        "minhash",
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_minhash_article_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("value", "article_id", name="pk_minhash"),
    )
    op.create_index("ix_minhash_article_id", "minhash", ["article_id"])


def _act() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_act_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_act_person_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_act"),
    )
    op.create_index("ix_act_alert_id", "act", ["alert_id"])


def _silence() -> None:
    op.create_table(
        "silence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=True),
        sa.Column("up_to", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("idle_days", sa.Integer(), nullable=True),
        sa.Column("last_hid", _TIME, nullable=True),
        sa.Column("ended", _TIME, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_silence_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
        sqlite_autoincrement=True,
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.Column("told", _TIME, nullable=True),
        sa.Column("ended", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index(
        "uq_notice_open",
        "notice",
        ["kind", "subject"],
        unique=True,
        sqlite_where=_GOES_ON,
        postgresql_where=_GOES_ON,
    )
