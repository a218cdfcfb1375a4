"""Keys to the data are kept by their hashes, several of a person, each with what it is for. No version of this program
gave out any of those there were room for before.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("data_key")
    op.create_table(
        "data_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("used", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_data_key_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_data_key"),
        sa.UniqueConstraint("mark", name="uq_data_key_mark"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_data_key_person_id", "data_key", ["person_id"])
