"""Collecting: what an operator wants of a feed, what is known of its ways, documents kept, and documents linked to.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_MOVED = sa.text("former IS NOT NULL")
_WAITS = sa.text("next_try IS NOT NULL")


def upgrade() -> None:
    _feed()
    _poll()
    _document()
    _linked()


def _filled(name: str, kind: Any, default: str) -> sa.Column[Any]:
    return sa.Column(name, kind, server_default=sa.text(default), nullable=False)


def _feed() -> None:
    for column in (
        _filled("critical", sa.Boolean(), "false"),
        sa.Column("own_owner", sa.String(length=200), nullable=True),
        sa.Column("own_tier", sa.Integer(), nullable=True),
        sa.Column("own_interval_s", sa.Integer(), nullable=True),
        sa.Column("max_staleness_s", sa.Integer(), nullable=True),
        sa.Column("max_body", sa.Integer(), nullable=True),
        _filled("full_text", sa.Boolean(), "false"),
        _filled("rate", sa.Float(), "0"),
        sa.Column("hints", sa.JSON(), nullable=True),
        sa.Column("marks", sa.LargeBinary(), nullable=True),
        sa.Column("whole_at", _TIME, nullable=True),
        sa.Column("lies_since", _TIME, nullable=True),
        sa.Column("gap_at", _TIME, nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_since", _TIME, nullable=True),
        _filled("moved_times", sa.Integer(), "0"),
        _filled("items", sa.Integer(), "0"),
        sa.Column("former", sa.Text(), nullable=True),
        sa.Column("removed", _TIME, nullable=True),
    ):
        op.add_column("feed", column)
    op.create_index("ix_feed_host", "feed", ["host"])
    op.create_index("ix_feed_former", "feed", ["former"], sqlite_where=_MOVED, postgresql_where=_MOVED)


def _poll() -> None:
    for column in (
        _filled("overlap", sa.Integer(), "0"),
        _filled("rung", sa.String(length=10), "''"),
        _filled("whole", sa.Boolean(), "false"),
        _filled("gap", sa.Boolean(), "false"),
        sa.Column("warning", sa.Text(), nullable=True),
        _filled("due_reason", sa.String(length=40), "''"),
    ):
        op.add_column("poll", column)


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_document_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
    )
    op.create_index("ix_document_feed_id", "document", ["feed_id", "id"])


def _linked() -> None:
    op.create_table(
        "linked",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("wanted", _TIME, nullable=False),
        sa.Column("holds_until", _TIME, nullable=True),
        sa.Column("next_try", _TIME, nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fetched", _TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_linked_article_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id", name="pk_linked"),
    )
    op.create_index("ix_linked_next_try", "linked", ["next_try"], sqlite_where=_WAITS, postgresql_where=_WAITS)
