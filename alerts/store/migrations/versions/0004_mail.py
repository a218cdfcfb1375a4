"""Mail and subscriptions: readers' wishes as one value, marks of sealed addresses, letters, bounces, limits and holds;
mails that came in and could not be taken, and numbers of what came in.

A migration is frozen: it says what the tables were, and does not change when `store.schema` does. Addresses are sealed
after it, by `store.people.seal_addresses`: that needs the installation's secret.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_WISHES = ("events", "countries", "min_severity", "language")


def upgrade() -> None:
    _person()
    _outbox()
    _alert_version()
    _suppressed()
    _bounce()
    _attempt()
    _aside()
    _tally()
    _hold()


def _person() -> None:
    for column in (
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.Column("wishes", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("series", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("confirmed", _TIME, nullable=True),
        sa.Column("asked", sa.JSON(), nullable=True),
    ):
        op.add_column("person", column)
    kept = [sa.column(name, sa.JSON()) for name in ("events", "countries")]
    person = sa.table(
        "person",
        *(sa.column("id"), *kept, sa.column("min_severity"), sa.column("language"), sa.column("wishes", sa.JSON())),
    )
    conn = op.get_bind()
    for row in conn.execute(sa.select(person)).all():
        wishes = {name: getattr(row, name) for name in _WISHES}
        conn.execute(sa.update(person).where(person.c.id == row.id).values(wishes=wishes))
    for name in _WISHES:
        op.drop_column("person", name)
    op.create_index("uq_person_mark", "person", ["mark"], unique=True)


def _outbox() -> None:
    op.add_column("outbox", sa.Column("letter", sa.String(length=20), nullable=True))
    op.add_column("outbox", sa.Column("waits", sa.String(length=10), nullable=True))
    op.add_column("outbox", sa.Column("collected", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_outbox_message_id", "outbox", ["message_id"])
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index("ix_outbox_leased", "outbox", ["lease_until"], sqlite_where=leased, postgresql_where=leased)
    unfinished = sa.text("finished IS NULL")
    op.create_index("ix_outbox_expires", "outbox", ["expires"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["state", "urgency", "not_before", "id"])
    op.create_index("ix_outbox_finished", "outbox", ["person_id", "finished"])


def _alert_version() -> None:
    op.create_index("ix_alert_version_kind", "alert_version", ["kind", "at"])


def _suppressed() -> None:
    op.create_table(
        "suppressed",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_suppressed"),
    )


def _bounce() -> None:
    op.create_table(
        "bounce",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_bounce_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_bounce"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_at", "attempt", ["kind", "mark", "at"])


def _aside() -> None:
    op.create_table(
        "aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_aside"),
        sqlite_autoincrement=True,
    )


def _tally() -> None:
    op.create_table(
        "tally",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "what", name="pk_tally"),
    )


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("released", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sqlite_autoincrement=True,
    )
    in_force = sa.text("released IS NULL")
    op.create_index(
        "uq_hold_in_force", "hold", ["kind", "rule"], unique=True, sqlite_where=in_force, postgresql_where=in_force
    )
