"""What people said of alerts: right, wrong, or what was wrong about them. What was said before is kept;
`match.opinions` says what counts.

The figures of a rule's precision come from here and from nowhere else: an alert that nobody judged is neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, func, insert, select

from alerts.errors import InputError
from alerts.match.opinions import Opinion, Said, Verdict, opinion
from alerts.store import codec
from alerts.store.alerts import Listed, alert_from
from alerts.store.codec import clean
from alerts.store.database import alone_with_alerts
from alerts.store.schema import alert, evidence, judgement
from alerts.types import AlertState, Hit, Severity

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What somebody said of an alert. `person_id` is a reader who pressed a link of the mail, None somebody at the
    terminal, `duplicate_of` the alert that told the same before, where they named it."""

    alert_id: str
    verdict: Verdict
    who: str
    why: str
    at: datetime
    person_id: int | None = None
    duplicate_of: str | None = None
    by_reader: bool = False

    @property
    def said(self) -> Said:
        return Said(verdict=self.verdict, by=self.who, reader=self.by_reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An alert as the figures of its rule need it: whether it was told, and what was said of it (None: nothing)."""

    alert_id: str
    rule: str
    family: str
    opened: datetime
    told: bool
    opinion: Opinion | None


def judge(
    conn: Connection,
    alert_id: str,
    verdict: Verdict,
    *,
    who: str,
    why: str,
    now: datetime,
    person_id: int | None = None,
    duplicate_of: str | None = None,
) -> None:
    """Add what somebody says of an alert; the alert must be there. A reader's name is "reader 12", never an address."""
    row = {
        "alert_id": int(alert_id),
        "verdict": verdict,
        "who": clean(who)[:200],
        "why": clean(why),
        "at": now,
        "by_reader": person_id is not None,
        "person_id": person_id,
        "duplicate_of": None if duplicate_of is None else int(duplicate_of),
    }
    conn.execute(insert(judgement).values(row))


def lock_alert(conn: Connection, alert_id: str) -> None:
    """Let nobody else change this alert, or say something of it, before this transaction ends. Raises InputError
    when there is no such alert."""
    alone_with_alerts(conn)
    found = conn.execute(select(alert.c.id).where(alert.c.id == int(alert_id))).one_or_none()
    if found is None:
        raise InputError(f"there is no alert {alert_id}")


def judgements_of(conn: Connection, alert_id: str) -> list[Judged]:
    """All that was said of an alert, the oldest first."""
    query = select(judgement).where(judgement.c.alert_id == int(alert_id)).order_by(judgement.c.id)
    return [_judged(row) for row in conn.execute(query).mappings()]


def judged_between(conn: Connection, first: datetime, end: datetime) -> list[Judged]:
    """What was said of any alert in that time, the oldest first."""
    query = select(judgement).where(judgement.c.at >= first, judgement.c.at < end).order_by(judgement.c.id)
    return [_judged(row) for row in conn.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Something that was said, and the alert as it is now."""

    judged: Judged
    rule: str
    title: str
    severity: Severity
    state: AlertState


def latest(conn: Connection, limit: int) -> list[Spoken]:
    """What was said last of any alert, the latest first."""
    query = select(judgement, *(alert.c.rule, alert.c.title, alert.c.severity, alert.c.state))
    query = query.join(alert, alert.c.id == judgement.c.alert_id).order_by(judgement.c.id.desc()).limit(limit)
    return [
        Spoken(judged=_judged(row._mapping), rule=row.rule, title=row.title, severity=row.severity, state=row.state)
        for row in conn.execute(query)
    ]


def unjudged(conn: Connection, since: datetime, limit: int) -> list[Listed]:
    """The alerts that readers were told of, opened `since`, of which nobody said anything, the latest first."""
    nothing = ~select(judgement.c.id).where(judgement.c.alert_id == alert.c.id).exists()
    query = select(alert).where(alert.c.version > 0, alert.c.opened >= since, alert.c.state != "merged", nothing)
    rows = conn.execute(query.order_by(alert.c.opened.desc(), alert.c.id.desc()).limit(limit))
    return [Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in rows]


def opinion_of(conn: Connection, alert_id: str) -> Opinion | None:
    """What all that was said of an alert comes to."""
    return opinion(one.said for one in judgements_of(conn, alert_id))


def _judged(row: RowMapping) -> Judged:
    columns = {field.name: row[field.name] for field in fields(Judged)}
    other = columns["duplicate_of"]
    return Judged(**columns | {"alert_id": str(row["alert_id"]), "duplicate_of": None if other is None else str(other)})


def cases(conn: Connection, *, since: datetime | None = None, rules: Collection[str] | None = None) -> list[Case]:
    """The alerts opened `since`, in the order in which they were opened; without their hits (see `hits_of`).
    `rules`: only those of these rules or families."""
    query = select(alert.c.id, alert.c.rule, alert.c.family, alert.c.opened, alert.c.version).order_by(alert.c.id)
    if since is not None:
        query = query.where(alert.c.opened >= since)
    if rules is not None:
        query = query.where(alert.c.rule.in_(rules) | alert.c.family.in_(rules))
    opinions = _opinions(conn, since)
    return [
        Case(
            alert_id=str(row.id),
            rule=row.rule,
            family=row.family,
            opened=row.opened,
            told=row.version > 0,
            opinion=opinions.get(str(row.id)),
        )
        for row in conn.execute(query)
    ]


def alerts_by_rule(conn: Connection) -> list[tuple[str, str, int]]:
    """How many alerts there are of each rule, under each name it had: (rule, family, alerts)."""
    query = select(alert.c.rule, alert.c.family, func.count()).group_by(alert.c.rule, alert.c.family)
    return [(rule, family, number) for rule, family, number in conn.execute(query.order_by(alert.c.rule))]


def _opinions(conn: Connection, since: datetime | None) -> dict[str, Opinion | None]:
    query = select(judgement).order_by(judgement.c.id)
    if since is not None:
        query = query.where(judgement.c.at >= since)  # nobody judges an alert before it is opened
    said: dict[str, list[Said]] = defaultdict(list)
    for row in conn.execute(query).mappings():
        said[str(row["alert_id"])].append(_judged(row).said)
    return {alert_id: opinion(words) for alert_id, words in said.items()}


def hits_of(conn: Connection, alert_ids: Sequence[str]) -> dict[str, list[Hit]]:
    """The hits that these alerts rest on, by alert."""
    query = select(evidence.c.alert_id, evidence.c.hit).order_by(evidence.c.id)
    found: dict[str, list[Hit]] = {alert_id: [] for alert_id in alert_ids}
    for start in range(0, len(alert_ids), _AT_ONCE):
        some = [int(alert_id) for alert_id in alert_ids[start : start + _AT_ONCE]]
        for row in conn.execute(query.where(evidence.c.alert_id.in_(some))):
            found[str(row.alert_id)].append(codec.hit(row.hit))
    return found
