"""Several machines on one database: who they are, the files they share, by which way a mail is being sent; and on
PostgreSQL the tables of their queue of work.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does. The queue's tables
are procrastinate's own, of the version that is installed (`alerts.store.queueing`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alerts.store import queueing

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "machine",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("life", sa.String(length=12), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("settings", sa.String(length=64), nullable=False),
        sa.Column("started", _TIME, nullable=False),
        sa.Column("seen", _TIME, nullable=False),
        sa.Column("skew_ms", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("base", sa.String(length=64), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_machine"),
        sa.UniqueConstraint("life", name="uq_machine_life"),
    )
    op.create_index("ix_machine_seen", "machine", ["seen"])
    op.create_table(
        "edition",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_edition"),
        sqlite_autoincrement=True,
    )
    op.add_column("outbox", sa.Column("way", sa.String(length=64), nullable=True))
    queueing.bring_up(op.get_bind())
