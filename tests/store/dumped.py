"""All that is stored, to see what a test changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from alerts.store.database import reading
from alerts.store.schema import metadata


def dump(engine: Engine) -> dict[str, list[Any]]:
    """The rows of every table, by its name; in the order of their keys, for PostgreSQL has none of its own."""
    with reading(engine) as conn:
        return {
            one.name: [tuple(row) for row in conn.execute(one.select().order_by(*one.primary_key))]
            for one in metadata.sorted_tables
        }
