"""Whose the workers of the queue are: what a machine had in hand is free at once when it starts anew.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("machine", sa.Column("workers", sa.JSON(), nullable=True))
