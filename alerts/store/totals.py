"""Totals of all that is there, for a watch from outside: each a look at many rows, so not for every second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, func, select, text

from alerts.match.precision import Score, score
from alerts.store import outbox, rulefigures, suppression
from alerts.store.schema import alert, listing

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SIZE: Final = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`alerts` and `mails` by state; `told` of each rule to readers; `scores` of the rules of which anything was
    judged; `suppressed` addresses by reason; `size` of the database in bytes."""

    alerts: Mapping[str, int] = field(default_factory=dict)
    mails: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    suppressed: Mapping[str, int] = field(default_factory=dict)
    size: int = 0


def totals(conn: Connection) -> Totals:
    """Everything there ever was."""
    states = select(alert.c.state, func.count()).group_by(alert.c.state)
    told = select(listing.c.rule, func.count()).group_by(listing.c.rule)
    return Totals(
        alerts={state: number for state, number in conn.execute(states)},
        mails=dict(outbox.counts(conn).items()),
        told={rule: number for rule, number in conn.execute(told)},
        scores={rule: score(opinions) for rule, opinions in rulefigures.judged(conn).items()},
        suppressed=dict(suppression.count_since(conn, _EVER).items()),
        size=conn.execute(text(_SIZE[conn.dialect.name])).scalar_one(),
    )
