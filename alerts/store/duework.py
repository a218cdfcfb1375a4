"""The oldest work that is due: a feed to be polled, an article to be read, a mail to be begun. Each by an index, cheap
enough to be asked every few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, or_, select

from alerts.store import linked, waiting
from alerts.store.schema import article, feed, poll

_NONE: Final = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """For how long the oldest of each kind is due; 0 where nothing is. What is under way does not count: a feed that is
    being polled, a mail that a courier holds. Nor does what is kept back: an article that waits for what it links to,
    a mail on hold. `polled`: since any feed was polled, by whichever machine; None: never."""

    feed: timedelta = _NONE
    article: timedelta = _NONE
    mail: timedelta = _NONE
    polled: timedelta | None = None


def due_work(conn: Connection, now: datetime) -> DueWork:
    """What is due now, and for how long."""
    mine = or_(feed.c.lease_until.is_(None), feed.c.lease_until <= now)
    due = (feed.c.active, feed.c.next_due <= now, mine)
    oldest_feed = select(feed.c.next_due).where(*due).order_by(feed.c.next_due).limit(1)
    oldest_article = (
        select(article.c.first_seen)
        .where(article.c.analysed.is_(None), ~linked.held(now))
        .order_by(article.c.backlog, article.c.id)
        .limit(1)
    )
    polled = conn.execute(select(poll.c.at).order_by(poll.c.id.desc()).limit(1)).scalar_one_or_none()
    return DueWork(
        feed=_age(conn.execute(oldest_feed).scalar_one_or_none(), now),
        article=_age(conn.execute(oldest_article).scalar_one_or_none(), now),
        mail=_age(waiting.oldest_due(conn, now), now),
        polled=None if polled is None else _age(polled, now),
    )


def _age(since: datetime | None, now: datetime) -> timedelta:
    return _NONE if since is None else max(now - since, _NONE)
