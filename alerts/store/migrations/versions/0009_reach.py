"""Which readers may want an alert, so that not all are looked at for each (`alerts.store.reach`).

A migration is frozen: it says what the tables were, and does not change when `store.schema` does. What the wishes that
are there come to is worked out by the program that is installed, when they are needed first (`reach.fill`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reach",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("certainty", sa.Integer(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_reach_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "area", name="pk_reach"),
    )
    op.create_index("ix_reach_area", "reach", ["area", "severity"])
