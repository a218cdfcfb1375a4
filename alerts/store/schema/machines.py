"""Tables of machines that share one database: who they are, and the files that all of them go by."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from alerts.store.schema.base import UtcTime, metadata

machine = Table(
    "machine",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("life", String(12), nullable=False, unique=True),  # of this start of it: its leases' tokens begin so
    Column("home", Text, nullable=False),  # host and data folder: two machines may not have one name
    Column("roles", JSON, nullable=False),
    Column("version", String(40), nullable=False),
    Column("settings", String(64), nullable=False),  # a digest of what all machines' configurations should agree on
    Column("started", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("skew_ms", Integer, nullable=False),  # its clock less the database's
    Column("edition", Integer),  # the edition it goes by
    Column("base", String(64)),  # the digest of the edition its own folders are of
    Column("trouble", Text),
    Column("workers", JSON),  # the numbers of its workers in the queue: when it starts anew, their jobs are free
    Index("ix_machine_seen", "seen"),
)

edition = Table(
    "edition",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("made", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("files", JSON, nullable=False),  # the text of each by its path
    sqlite_autoincrement=True,
)
