"""Room for the numbers of what comes by the million a day: on PostgreSQL they ended at two thousand millions.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = {
    "poll": ("id",),
    "document": ("id",),
    "article": ("id",),
    "linked": ("article_id",),
    "story": ("article_id", "first_id", "copies_id"),
    "minhash": ("article_id",),
    "evidence": ("article_id",),
    "report": ("article_id", "origin"),
    "outbox": ("id", "lead_id", "trigger_id"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in _COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ALTER COLUMN {name} TYPE bigint" for name in columns))
        if "id" in columns:
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
