"""Which alerts went on in which: a file that needs no other of the store, because mails and messages both ask."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alerts.store.schema import alert


def merged_ids(conn: Connection, alert_id: str) -> list[str]:
    """The alerts that ended in this one, and those that ended in them."""
    found: list[int] = []
    fresh = [int(alert_id)]
    while fresh:
        query = select(alert.c.id).where(alert.c.merged_into.in_(fresh)).order_by(alert.c.id)
        fresh = [one for one in conn.execute(query).scalars() if one not in found]
        found += fresh
    return [str(one) for one in found]
