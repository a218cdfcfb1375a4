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
from alerts.store import archive
from alerts.store.alerts import Listed
from alerts.store.schema import alert, judgement, listing
from alerts.types import OPEN_STATES

_LATELY: Final = timedelta(days=30)


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
    last = select(listing.c.rule, func.count().label("told"), func.max(listing.c.updated).label("last"))
    each = last.group_by(listing.c.rule).subquery()
    here = (listing.c.rule == each.c.rule) & (listing.c.updated == each.c.last)
    events = select(each, func.max(listing.c.event).label("event")).join(listing, here).group_by(*each.c)
    since = now - _LATELY  # what was opened since then has changed since then, and of that there is an index
    still_open = _numbers(conn, listing.c.state.in_(OPEN_STATES))
    lately = _numbers(conn, listing.c.updated >= since, listing.c.opened >= since)
    return {
        row.rule: Fired(**row._asdict(), open=still_open.get(row.rule, 0), lately=lately.get(row.rule, 0))
        for row in conn.execute(events)
    }


def _numbers(conn: Connection, *conditions: ColumnElement[bool]) -> dict[str, int]:
    """How many alerts of each rule are so."""
    query = select(listing.c.rule, func.count()).where(*conditions).group_by(listing.c.rule)
    return {rule: number for rule, number in conn.execute(query)}


def latest(conn: Connection, rules: Collection[str], *, limit: int) -> list[Listed]:
    """The alerts of these rules that changed last, as readers were told of them."""
    order = (listing.c.updated.desc(), listing.c.alert_id.desc())
    query = select(listing.c.alert_id).where(listing.c.rule.in_(rules)).order_by(*order).limit(limit)
    return archive.by_number(conn, conn.execute(query).scalars().all())


def told_between(conn: Connection, rules: Collection[str], edges: Sequence[datetime]) -> list[int]:
    """How many alerts of these rules readers were told of between one moment and the next, for each pair of them."""
    spans = [_sum((listing.c.opened >= begin) & (listing.c.opened < end)) for begin, end in pairwise(edges)]
    here = (listing.c.rule.in_(rules), listing.c.opened >= edges[0])
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
