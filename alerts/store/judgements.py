"""What people said of alerts: right or wrong. The last word of an alert counts; what was said before is kept.

The figures of a rule's precision come from here and from nowhere else: an alert that nobody judged is neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from sqlalchemy import Connection, func, insert, select

from alerts.store import codec
from alerts.store.codec import clean
from alerts.store.schema import alert, evidence, judgement
from alerts.types import Hit

Verdict = Literal["right", "wrong"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was last said of an alert."""

    verdict: Verdict
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An alert as the figures of its rule need it: whether it was told, and the last verdict (None: not judged)."""

    alert_id: str
    rule: str
    family: str
    opened: datetime
    told: bool
    verdict: Verdict | None


def judge(conn: Connection, alert_id: str, verdict: Verdict, *, who: str, why: str, now: datetime) -> None:
    """Add what somebody says of an alert; the alert must be there."""
    row = {"alert_id": int(alert_id), "verdict": verdict, "who": clean(who)[:200], "why": clean(why), "at": now}
    conn.execute(insert(judgement).values(row))


def last_verdict(conn: Connection, alert_id: str) -> Judged | None:
    """What was last said of an alert; None for one that nobody judged."""
    query = select(judgement).where(judgement.c.alert_id == int(alert_id)).order_by(judgement.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else Judged(verdict=row.verdict, who=row.who, why=row.why, at=row.at)


def cases(conn: Connection, *, since: datetime | None = None) -> list[Case]:
    """The alerts opened `since`, in the order in which they were opened; without their hits (see `hits_of`)."""
    query = select(alert.c.id, alert.c.rule, alert.c.family, alert.c.opened, alert.c.version).order_by(alert.c.id)
    if since is not None:
        query = query.where(alert.c.opened >= since)
    verdicts = _verdicts(conn)
    return [
        Case(
            alert_id=str(row.id),
            rule=row.rule,
            family=row.family,
            opened=row.opened,
            told=row.version > 0,
            verdict=verdicts.get(row.id),
        )
        for row in conn.execute(query)
    ]


def _verdicts(conn: Connection) -> Mapping[int, Verdict]:
    last = select(func.max(judgement.c.id)).group_by(judgement.c.alert_id)
    query = select(judgement.c.alert_id, judgement.c.verdict).where(judgement.c.id.in_(last))
    return {row.alert_id: row.verdict for row in conn.execute(query)}


def hits_of(conn: Connection, alert_ids: Sequence[str]) -> dict[str, list[Hit]]:
    """The hits that these alerts rest on, by alert."""
    query = select(evidence.c.alert_id, evidence.c.hit).order_by(evidence.c.id)
    found: dict[str, list[Hit]] = {alert_id: [] for alert_id in alert_ids}
    for start in range(0, len(alert_ids), _AT_ONCE):
        some = [int(alert_id) for alert_id in alert_ids[start : start + _AT_ONCE]]
        for row in conn.execute(query.where(evidence.c.alert_id.in_(some))):
            found[str(row.alert_id)].append(codec.hit(row.hit))
    return found
