"""Who may see and do what on the pages, and what was done there. Of links and cookies only a hash is kept: who reads
the database can use neither."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from alerts.store.schema.base import UtcTime, metadata

operator = Table(  # who looks after the service on its pages
    "operator",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(20), nullable=False),  # roles.OPERATOR_ROLES
    Column("name", String(60), nullable=False),  # how the audit log calls them; never an address
    Column("added", UtcTime, nullable=False),
    Index("uq_operator_name", "name", unique=True),
)

login_link = Table(
    "login_link",
    metadata,
    Column("mark", String(64), primary_key=True),  # the hash of the link's token
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("series", Integer, nullable=False),  # Person.series when it was asked for
    Column("created", UtcTime, nullable=False),
    Column("used", UtcTime),
    Column("goal", Text, nullable=False),  # the path of ours that they wanted to see
    Index("ix_login_link_person_id", "person_id"),
)

session = Table(
    "session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mark", String(64), nullable=False, unique=True),  # the hash of the cookie's secret
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("series", Integer, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),  # to some minutes
    Index("ix_session_person_id", "person_id"),
    sqlite_autoincrement=True,
)

data_key = Table(  # by which a program of an operator's reads the data where they are private
    "data_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mark", String(64), nullable=False, unique=True),  # the hash of the key
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("label", String(60), nullable=False),  # what it is for
    Column("created", UtcTime, nullable=False),
    Column("used", UtcTime),  # last, to a day
    Index("ix_data_key_person_id", "person_id"),
    sqlite_autoincrement=True,
)

audit = Table(  # only added to, and forgotten by age
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL")),  # null: by a command, or forgotten since
    Column("name", String(60), nullable=False),  # as it was then
    Column("action", String(60), nullable=False),
    Column("subject", String(250), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_person_id", "person_id"),
    sqlite_autoincrement=True,
)
