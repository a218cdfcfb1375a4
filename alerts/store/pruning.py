"""What may be forgotten, and forgetting some of it: a few hundred rows a transaction, so that nobody waits.

Nothing goes that is needed: evidence of alerts, what rules know the usual by, who heard of an alert while that can
change, and the keys of articles that may come in again. Each function takes the next rows in order from where the one
before stopped (`after`), whether they may go or not: so a walk over all old rows costs the same however few go.
Several may forget at once: rows that another has in hand are left to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, exists, select, tuple_, update

from alerts.collect.formats import delta
from alerts.collect.formats.identity import short
from alerts.store.schema import (
    alert,
    article,
    audit,
    bulletin,
    count_day,
    evidence,
    feed,
    linked,
    minhash,
    outbox,
    report,
    silence,
    story,
)
from alerts.types import OPEN_STATES

_OTHER: Final = story.alias("other")
# In these states a mail is still to go, or waits for a person.
UNDONE: Final = ("queued", "bundled", "sending", "held", "ambiguous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step came to: how much of what is `gone`, and where the next one begins (None: it was the last)."""

    gone: Mapping[str, int] = field(default_factory=dict)
    after: Any = None


@dataclass(frozen=True, slots=True)
class _Moment:
    """A row by when it came, or was printed."""

    at: datetime
    id: int


def articles(conn: Connection, before: datetime, after: _Moment | None, limit: int) -> Batch:
    """Forget articles that came in `before`, and on which nothing rests. Of those that may come in again the row stays
    without its text: what is undated, or in its feed's last document, would be taken for news."""
    rows = _old(conn, before, after, limit)
    free = conn.execute(
        select(article.c.id, article.c.feed_id, article.c.key, article.c.dated, (article.c.text != "").label("full"))
        .where(article.c.id.in_([row.id for row in rows]), unneeded())
        .with_for_update(skip_locked=True)
    ).all()
    lists = _Lists(conn, {row.feed_id for row in free})
    go = [row.id for row in free if row.dated and lists.lacks(row)]
    bare = [row.id for row in free if row.full and row.id not in set(go)]
    if go:
        conn.execute(delete(article).where(article.c.id.in_(go)))
    if bare:
        conn.execute(update(article).where(article.c.id.in_(bare)).values(text="", fault=None))
        for table in (minhash, story, linked):
            conn.execute(delete(table).where(table.c.article_id.in_(bare)))
    return Batch(gone={"articles": len(go), "texts": len(bare)}, after=_next(rows, limit))


def unneeded() -> ColumnElement[bool]:
    """Of an article: it was read, and no alert, no count of a rule and no other article's story rests on it."""
    return and_(article.c.analysed.is_not(None), _nothing_rests_on(article.c.id))


def _nothing_rests_on(article_id: Column[int]) -> ColumnElement[bool]:
    """No alert, no count of a rule and no other article's story."""
    copies = _OTHER.c.article_id != article_id
    return and_(
        ~exists().where(evidence.c.article_id == article_id),
        ~exists().where(report.c.article_id == article_id),
        ~exists().where(_OTHER.c.copies_id == article_id, copies),
        ~exists().where(_OTHER.c.first_id == article_id, copies),
    )


def unneeded_print() -> ColumnElement[bool]:
    """The same of an article's print, and so of its row in `story`."""
    return _nothing_rests_on(story.c.article_id)


def prints(conn: Connection, before: datetime, after: _Moment | None, limit: int) -> Batch:
    """Forget by what texts that were printed and in `before` are known again, when no copy of them can come any more:
    it takes as much room as they do."""
    rows = _older(conn, story.c.published, story.c.article_id, before, after, limit)
    came = (article.c.first_seen < before) & article.c.id.in_([row.id for row in rows])
    old = story.c.article_id.in_(select(article.c.id).where(came))
    free = select(story.c.article_id).where(old, unneeded_print())
    go = list(conn.execute(free.with_for_update(skip_locked=True)).scalars())
    if go:
        for table in (minhash, story):
            conn.execute(delete(table).where(table.c.article_id.in_(go)))
    return Batch(gone={"prints of texts": len(go)}, after=_next(rows, limit))


def texts_of_evidence(conn: Connection, before: datetime, after: _Moment | None, limit: int) -> Batch:
    """Forget the texts of articles of which only alerts that were over `before` are made."""
    rows = _old(conn, before, after, limit)
    free = conn.execute(
        select(article.c.id, article.c.feed_id, article.c.key)
        .where(article.c.id.in_([row.id for row in rows]), article.c.text != "", rests_on_old(before))
        .with_for_update(skip_locked=True)
    ).all()
    lists = _Lists(conn, {row.feed_id for row in free})
    bare = [row.id for row in free if lists.lacks(row)]  # else a new wording could seem to take back what is gone here
    if bare:
        conn.execute(update(article).where(article.c.id.in_(bare)).values(text="", fault=None))
        conn.execute(delete(linked).where(linked.c.article_id.in_(bare)))
    return Batch(gone={"texts of evidence": len(bare)}, after=_next(rows, limit))


def rests_on_old(before: datetime) -> ColumnElement[bool]:
    """Of an article: it is evidence, and all of its alerts were over before a time."""
    of_alert = (evidence.c.article_id == article.c.id) & (alert.c.id == evidence.c.alert_id)
    going_on = alert.c.state.in_(OPEN_STATES) | (alert.c.updated >= before)
    return and_(
        article.c.analysed.is_not(None),
        exists().where(evidence.c.article_id == article.c.id),
        ~exists().where(of_alert, going_on),
        ~exists().where(report.c.article_id == article.c.id),
    )


def _old(conn: Connection, before: datetime, after: _Moment | None, limit: int) -> Sequence[Any]:
    """The next articles that came in before a time, by when they did."""
    return _older(conn, article.c.first_seen, article.c.id, before, after, limit)


def _older(
    conn: Connection, at: Column[datetime], number: Column[int], before: datetime, after: _Moment | None, limit: int
) -> Sequence[Any]:
    query = select(at.label("at"), number.label("id")).where(at < before)
    if after is not None:
        query = query.where(at >= after.at, tuple_(at, number) > (after.at, after.id))
    return conn.execute(query.order_by(at, number).limit(limit)).all()


def _next(rows: Sequence[Any], limit: int) -> _Moment | None:
    return _Moment(rows[-1].at, rows[-1].id) if len(rows) == limit else None


class _Lists:
    """What stood in the last documents of some feeds."""

    def __init__(self, conn: Connection, feed_ids: Collection[int]) -> None:
        rows = conn.execute(select(feed.c.id, feed.c.marks).where(feed.c.id.in_(feed_ids)))
        self._named = {row.id: delta.named(row.marks or b"") for row in rows}

    def lacks(self, row: Any) -> bool:
        """Whether an article is for sure not in its feed's document."""
        named, own = self._named.get(row.feed_id), short(row.key)
        return named is not None and own is not None and own not in named


def mails(conn: Connection, before: datetime, alerts_before: datetime, after: int | None, limit: int) -> Batch:
    """Forget mails that were done with `before`: those about alerts only when these were over `alerts_before`, with
    what they were merged into and what covered them."""
    go, after = mails_to_go(conn, before, alerts_before, after, limit)
    if go:
        conn.execute(delete(outbox).where(outbox.c.id.in_(go)))
    return Batch(gone={"mails": len(go)}, after=after)


def mails_to_go(
    conn: Connection, before: datetime, alerts_before: datetime, after: int | None, limit: int
) -> tuple[list[int], int | None]:
    """Of the next mails those that may go, and where the next ones begin. They come in the order of their ids."""
    columns = "id alert_id covered_by state created finished".split()
    query = select(*(outbox.c[name] for name in columns)).where(outbox.c.id > (after or 0))
    rows = conn.execute(query.order_by(outbox.c.id).limit(limit)).all()
    old = [row for row in rows if row.created < before]
    done = [row for row in old if row.state not in UNDONE and (row.finished or row.created) < before]
    over = _over(conn, {one for row in done for one in _alerts_of(row)}, alerts_before)
    more = len(rows) == limit and len(old) == limit
    return [row.id for row in done if _alerts_of(row) <= over], rows[-1].id if more else None


def _alerts_of(row: Any) -> set[int]:
    return {row.alert_id, row.covered_by} - {None}


def _over(conn: Connection, alert_ids: Collection[int], before: datetime) -> set[int]:
    """Which of these alerts were over before a time, with what they were merged into."""
    known: dict[int, Any] = {}
    fresh = set(alert_ids)
    while fresh:
        query = select(alert.c.id, alert.c.state, alert.c.updated, alert.c.last_event, alert.c.merged_into)
        found = {row.id: row for row in conn.execute(query.where(alert.c.id.in_(fresh)))}
        known |= found
        fresh = {row.merged_into for row in found.values() if row.merged_into is not None} - known.keys()

    def over(number: int | None) -> bool:
        row = known.get(number or 0)
        if row is None:
            return True
        return row.state not in OPEN_STATES and max(row.updated, row.last_event) < before and over(row.merged_into)

    return {one for one in alert_ids if over(one)}


def bulletins(conn: Connection, before: datetime, after: int | None, limit: int) -> Batch:
    """Forget bulletins of which no mail is known any more."""
    known = exists().where(outbox.c.bulletin_id == bulletin.c.id)
    some = select(bulletin.c.id).where(bulletin.c.created < before, ~known).order_by(bulletin.c.id).limit(limit)
    gone = conn.execute(delete(bulletin).where(bulletin.c.id.in_(some.scalar_subquery()))).rowcount
    return Batch(gone={"bulletins": gone}, after=0 if gone == limit else None)


def silences(conn: Connection, before: datetime, after: int | None, limit: int) -> Batch:
    """Forget silences that ended: some say what a reader did not want to hear of."""
    some = select(silence.c.id).where(silence.c.ended < before).order_by(silence.c.id).limit(limit)
    gone = conn.execute(delete(silence).where(silence.c.id.in_(some.scalar_subquery()))).rowcount
    return Batch(gone={"silences": gone}, after=0 if gone == limit else None)


def audit_log(conn: Connection, before: datetime, after: int | None, limit: int) -> Batch:
    """Forget what was done before a time: entries come in the order of their ids."""
    some = select(audit.c.id, audit.c.at).order_by(audit.c.id).limit(limit).subquery()
    old = select(some.c.id).where(some.c.at < before)
    gone = conn.execute(delete(audit).where(audit.c.id.in_(old.scalar_subquery()))).rowcount
    return Batch(gone={"entries of the audit log": gone}, after=0 if gone == limit else None)


def reports(conn: Connection, before: datetime, after: tuple[int, str, str] | None, limit: int) -> Batch:
    """Forget the reports of days so long ago that no rule looks back to them, and then the sums of these days."""
    order = (report.c.article_id, report.c.family, report.c.place_id)
    query = select(*order, report.c.day, report.c.published, report.c.event_time).order_by(*order).limit(limit)
    rows = conn.execute(query if after is None else query.where(tuple_(*order) > after)).all()
    go = [tuple(row)[:3] for row in rows if max(row.published, row.event_time) < before and row.day < before.date()]
    if go:
        conn.execute(delete(report).where(tuple_(*order).in_(go)))
    ended = not rows or len(rows) < limit or rows[-1].published >= before
    days = conn.execute(delete(count_day).where(count_day.c.day < before.date())).rowcount if ended else 0
    gone = {"reports that were counted": len(go), "days that were counted": days}
    return Batch(gone=gone, after=None if ended else tuple(rows[-1])[:3])
