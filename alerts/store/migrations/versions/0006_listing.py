"""The archive as it is published, to be asked and searched quickly. `archive.list_missing` fills it.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_WORD = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "listing",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("certainty", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("region", sa.String(length=80), nullable=True),
        sa.Column("place_id", sa.String(length=80), nullable=True),
        sa.Column("first_event", _TIME, nullable=False),
        sa.Column("last_event", _TIME, nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.Column("updated", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_listing_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_listing"),
    )
    op.create_index("ix_listing_updated", "listing", ["updated", "first_event", "severity", "certainty"])
    op.create_index("ix_listing_country", "listing", ["country", "updated", "event", "severity", "first_event"])
    for name in ("event", "rule", "state", "region", "place_id"):
        op.create_index(f"ix_listing_{name}", "listing", [name, "updated"])
    op.create_table(
        "listing_text",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["listing.alert_id"], name="fk_listing_text_alert_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", name="pk_listing_text"),
    )
    op.create_table(
        "listing_word",
        sa.Column("word", _WORD, nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["listing.alert_id"], name="fk_listing_word_alert_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "alert_id", name="pk_listing_word"),
        sqlite_with_rowid=False,
    )
