"""Articles through the whole life of alerts on their own clock: the same decisions on the same tables, in a
scratch database, with nobody told. The same articles always give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Told, Tracker
from alerts.match.bind import Households
from alerts.match.engine import Detection
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.store import articles as article_store
from alerts.store import feeds
from alerts.store.articles import Draft, Waiting
from alerts.store.database import open_scratch, writing
from alerts.store.spool import Spool
from alerts.track.facts import is_denied
from alerts.types import Alert, Article, Message

_TIDY = timedelta(hours=6)


class Nobody:
    """The outbox of a replay."""

    def put(
        self, conn: Connection, rule: Rule | None, alert: Alert, messages: Sequence[Message], now: datetime
    ) -> None:
        """Tell nobody."""


class Replay:
    """One replay; close it to let go of its database."""

    def __init__(
        self,
        rulebook: Rulebook,
        gazetteer: Gazetteer,
        households: Households,
        *,
        owners: dict[str, str] | None = None,
        scratch: Path | None = None,
    ) -> None:
        """`scratch`: the file for a replay of more articles than memory should hold; else it is in memory."""
        self.rulebook, self.gazetteer, self.households = rulebook, gazetteer, households
        self.owners = owners or {}
        self._engine = open_scratch(scratch)
        self._tracker = Tracker(rulebook=rulebook, gazetteer=gazetteer, outbox=Nobody(), whole_archive=False)
        self._feeds: dict[str, int] = {}
        self._stored: set[bytes] = set()  # which articles the database has, so that it need not be asked of each
        self._tidied: datetime | None = None
        self._begun = False  # watching what is usual begins with the first article, whatever it says

    def close(self) -> None:
        self._engine.dispose()

    def run(self, articles: Iterable[Article]) -> Iterator[Told]:
        """Each message a reader would have got, in order. Articles are taken by date of publication."""
        with closing(Spool()) as spool:
            for article in articles:
                spool.put(article)
            for article in spool:
                yield from self.take(article)

    def take(self, article: Article, found: Detection | None = None) -> tuple[Told, ...]:
        """One article, published now. The same id and source again is a revision. `found`: what the rulebook's
        rules find in it, if that is known."""
        if found is None:
            found = self.rulebook.ruleset.detect(article, self.gazetteer, self.households)
        if not self._begun:
            with writing(self._engine) as conn:
                self._tracker.begin(conn, article.published)
            self._begun = True
        identity = _identity(article)
        if identity not in self._stored and not _matters(found):
            return ()
        self._stored.add(identity)
        now = article.published
        with writing(self._engine) as conn:
            if self._tidied is None or now - self._tidied >= _TIDY:
                self._tracker.end_quiet_alerts(conn, now)
                self._tidied = now
            waiting = self._store(conn, article)
            return () if waiting is None else self._tracker.track(conn, waiting, found, now).told

    def _store(self, conn: Connection, article: Article) -> Waiting | None:
        """Put the article where tracking looks for it; None when this very text is there already."""
        feed = self._feed(conn, article)
        draft = Draft(
            key=_key(article),
            content_hash=sha256(f"{article.title}\0{article.text}".encode()).hexdigest(),
            title=article.title,
            text=article.text,
            url=article.url,
            language=article.language,
            published=article.published,
        )
        if article_store.store(conn, feed, [draft], now=article.published).same:
            return None
        return article_store.find(conn, feed, draft.key)

    def _feed(self, conn: Connection, article: Article) -> int:
        if article.source not in self._feeds:
            row = feeds.add_feed(
                conn,
                f"http://replay.invalid/{len(self._feeds)}",
                now=article.published,
                interval=timedelta(days=1),
                source=article.source or "unnamed",
                owner=self.owners.get(article.source, article.source),
                tier=article.tier,
                country=article.country,
            )
            self._feeds[article.source] = row.id
        return self._feeds[article.source]


def _key(article: Article) -> str:
    return sha256(article.id.encode()).hexdigest()


def _identity(article: Article) -> bytes:
    return sha256(f"{article.source}\0{article.id}".encode()).digest()[:16]


def _matters(found: Detection) -> bool:
    """Whether tracking has anything to do with an article it does not know."""
    return bool(found.hits or found.states) or any(is_denied(hit) for hit in found.dropped)
