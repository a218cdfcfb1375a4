"""What a reader said and did of alerts by the links of their mails, for the reader's own question."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerts.store.codec import to_json
from alerts.store.schema import act, judgement, silence


def said_by(conn: Connection, person_id: int) -> dict[str, list[dict[str, Any]]]:
    """Verdicts, acts and muted places of one reader, as JSON, in their order."""
    tables = {"verdicts": judgement, "acts": act, "muted": silence}
    return {
        name: [
            {column: to_json(value) for column, value in row._asdict().items() if value is not None}
            for row in conn.execute(select(table).where(table.c.person_id == person_id).order_by(table.c.id))
        ]
        for name, table in tables.items()
    }
