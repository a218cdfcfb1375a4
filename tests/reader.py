"""A replay with one reader of everything: what is told goes through the real outbox, waits as a mail does, and is put
together with what belongs to it. For the bench and the tests of what readers get over weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine

from alerts.config import Notify
from alerts.demo import story
from alerts.engine.replay import Replay
from alerts.engine.rulebook import Rulebook, covers
from alerts.engine.tracking import Told
from alerts.match.bind import Households
from alerts.match.engine import Detection
from alerts.notify import bundling
from alerts.notify.audience import Policy
from alerts.notify.posting import Post
from alerts.read.places import Gazetteer
from alerts.store import outbox, people
from alerts.store.database import reading, writing
from alerts.types import Article

_MANY = 64


def shipped_story() -> tuple[list[Article], dict[str, str]]:
    """The demo's articles as its feeds carry them (a revision has the id of its article), and who owns which outlet."""
    shown = story.load()
    made = zip(shown.items, story.articles(shown), strict=True)
    articles = [replace(one, id=item.key, tier=shown.outlets[item.outlet].tier) for item, one in made]
    return articles, {outlet.name: outlet.owner for outlet in shown.outlets.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail: when it went, the (alert, version) pairs that it tells, and those that it only mentions."""

    at: datetime
    tells: tuple[tuple[str, int], ...]
    mentions: tuple[tuple[str, int], ...] = ()


class Reader(Replay):
    """Takes articles as a replay does; `mails` grows. `take` of an article first brings out what was due before it,
    `finish` all that is left."""

    def __init__(
        self,
        rulebook: Rulebook,
        gazetteer: Gazetteer,
        households: Households | None = None,
        *,
        owners: dict[str, str] | None = None,
    ) -> None:
        super().__init__(rulebook, gazetteer, households or Households(), owners=owners)
        self.mails: list[Mail] = []
        self.post = Post(domain="alerts.example", secret=b"s" * 32, policy=Policy(waits=Notify().waits))
        self._tracker.outbox = self.post
        self._has_reader = False

    @property
    def engine(self) -> Engine:
        return self._engine

    def take(self, article: Article, found: Detection | None = None) -> tuple[Told, ...]:
        if not self._has_reader:
            with writing(self._engine) as conn:
                people.add_person(conn, "everything@example.org", now=article.published)
            self._has_reader = True
        self.bring_out(until=article.published)
        return super().take(article, found)

    def tidy(self, now: datetime) -> None:
        """End what is quiet, as `take` does now and then."""
        with writing(self._engine) as conn:
            self._tracker.end_quiet_alerts(conn, now)

    def finish(self) -> None:
        self.bring_out(until=None)

    def bring_out(self, *, until: datetime | None) -> None:
        """Send what is due by `until`, each at its own time."""
        while True:
            with reading(self._engine) as conn:
                due = outbox.next_due_at(conn)
            if due is None or (until is not None and due > until):
                return
            with writing(self._engine) as conn:
                self.mails += self._send(conn, due)

    def _send(self, conn: Connection, now: datetime) -> list[Mail]:
        decide = partial(bundling.decide, covers=covers(self.rulebook), now=now)
        rows = outbox.lease(conn, now, "token", _MANY, 60.0, decide=decide)
        parts = outbox.parts(conn, [row.id for row in rows])
        outbox.mark_sending(conn, [row.id for row in rows], "token", now, 60.0)
        outbox.mark_accepted(conn, [row.id for row in rows], "token", now)
        return [_mail(row, parts[row.id], now) for row in rows]


def _mail(lead: outbox.OutboxRow, others: list[outbox.OutboxRow], at: datetime) -> Mail:
    told = [lead, *(row for row in others if row.state != "inhibited")]
    mentioned = [row for row in others if row.state == "inhibited"]
    return Mail(
        at=at,
        tells=tuple((row.alert_id, row.version) for row in told),
        mentions=tuple((row.alert_id, row.version) for row in mentioned),
    )
