"""How the rules did, for readers: how often they told something, and how often that was right. Figures only: who said
that an alert was wrong is nobody's business here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, case, func, select, type_coerce

from alerts.match.opinions import Opinion, Said, opinion
from alerts.store.alerts import Listed, alert_from
from alerts.store.placed import KNOWN
from alerts.store.schema import alert, judgement
from alerts.types import OPEN_STATES

_LATELY: Final = timedelta(days=30)
_TOLD: Final = alert.c.version > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """The alerts of a rule that readers were told of: all, those that are open, those opened in the last 30 days;
    `last` is when one of them changed last."""

    rule: str
    event: str
    told: int
    open: int
    lately: int
    last: datetime


def fired(conn: Connection, now: datetime) -> dict[str, Fired]:
    """Every rule that ever told something, by name."""
    query = (
        select(
            alert.c.rule,
            func.max(alert.c.event).label("event"),
            func.count().label("told"),
            _sum(alert.c.state.in_(OPEN_STATES)).label("open"),
            _sum(alert.c.opened >= now - _LATELY).label("lately"),
            func.max(alert.c.updated).label("last"),
        )
        .where(_TOLD)
        .group_by(alert.c.rule)
    )
    return {row.rule: Fired(**row._asdict()) for row in conn.execute(query)}


def latest(conn: Connection, rules: Collection[str], *, limit: int) -> list[Listed]:
    """The alerts of these rules that changed last, but those of which more waits for a person."""
    query = (
        select(alert).where(alert.c.rule.in_(rules), _TOLD, KNOWN).order_by(alert.c.updated.desc(), alert.c.id.desc())
    )
    return [
        Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in conn.execute(query.limit(limit))
    ]


def told_between(conn: Connection, rules: Collection[str], edges: Sequence[datetime]) -> list[int]:
    """How many alerts of these rules readers were told of between one moment and the next, for each pair of them."""
    spans = [_sum((alert.c.opened >= begin) & (alert.c.opened < end)) for begin, end in pairwise(edges)]
    here = (alert.c.rule.in_(rules), _TOLD, alert.c.opened >= edges[0])
    return [int(number or 0) for number in conn.execute(select(*spans).where(*here)).one()]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return type_coerce(func.sum(case((condition, 1), else_=0)), Integer)


def judged(conn: Connection) -> dict[str, list[Opinion]]:
    """What was said of the alerts of each rule, an opinion for each alert of which something was said."""
    query = (
        select(judgement.c.alert_id, judgement.c.verdict, judgement.c.who, judgement.c.by_reader, alert.c.rule)
        .join(alert, alert.c.id == judgement.c.alert_id)
        .order_by(judgement.c.id)
    )
    said: dict[tuple[str, int], list[Said]] = defaultdict(list)
    for row in conn.execute(query):
        said[row.rule, row.alert_id].append(Said(verdict=row.verdict, by=row.who, reader=row.by_reader))
    found: dict[str, list[Opinion]] = defaultdict(list)
    for (rule, _), words in said.items():
        if (one := opinion(words)) is not None:
            found[rule].append(one)
    return dict(found)
