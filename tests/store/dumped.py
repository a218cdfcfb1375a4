"""All that is stored, to see what a test changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from alerts.store.database import reading
from alerts.store.schema import metadata


def dump(engine: Engine) -> dict[str, list[Any]]:
    """The rows of every table, by its name."""
    with reading(engine) as conn:
        return {one.name: [tuple(row) for row in conn.execute(one.select())] for one in metadata.sorted_tables}
