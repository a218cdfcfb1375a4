"""What `sizing.py` measures: a day's work on the database, by the service's own functions, each step by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, Engine, event, select, text, update

from alerts import sharing
from alerts.collect.outcome import Outcome, Settled
from alerts.engine.analysis import Analyst
from alerts.engine.tasks import DELIVER, POLL_HOST
from alerts.engine.tracking import Tracker
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.notify.courier import Courier
from alerts.notify.posting import Post
from alerts.notify.reminding import Reminding, remind
from alerts.notify.ways.transport import Envelope, Fate
from alerts.store import alerts, articles, duework, jobs, polling, pruning, waiting
from alerts.store.articles import Draft
from alerts.store.database import reading, writing
from alerts.store.feeds import FeedRow
from alerts.store.jobs import Job
from alerts.store.polling import Finished, Settle
from alerts.store.schema import article, outbox
from alerts.store.standing import standing
from alerts.store.totals import totals
from alerts.types import Alert, Message, Place, Severity
from tests.bench.cluster import processor_s
from tests.bench.made_news import Mix, stream
from tests.notify.world import SENDER, renderer
from tests.sealed import SECRET
from tests.store import values

_SECONDS: Final = 20  # of collecting, at the rate of the day
_TOGETHER: Final = 4  # polls that end at about the same time are stored together
_BATCH: Final = 25
_LOOKS: Final = 3
_GO: Final = timedelta(days=2)
RARE: Final = Place(
    id="gn:2210247", name="Tripoli", country="LBY", precision="city", admin1="LY-TB", lat=32.88, lon=13.19
)
OFTEN: Final = Place(
    id="gn:170654", name="Damascus", country="SYR", precision="city", admin1="SY-DI", lat=33.51, lon=36.29
)


@dataclass(slots=True)
class Cost:
    """What some work cost: how many `units` it was, seconds on the clock, of the database's processors, and of the
    time during which nobody else could change alerts."""

    units: int = 0
    seconds: float = 0.0
    database: float = 0.0
    alone: float = 0.0


@dataclass(slots=True)
class Watch:
    """Measures what an engine does. `server`: the process id of the PostgreSQL server, 0 where it is on another
    machine."""

    engine: Engine
    server: int
    alone: float = 0.0
    _since: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        event.listen(self.engine, "after_cursor_execute", self._executed)
        event.listen(self.engine, "commit", self._ended)
        event.listen(self.engine, "rollback", self._ended)

    def _executed(self, conn: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("LOCK TABLE alert"):
            self._since[id(conn.connection.driver_connection)] = perf_counter()

    def _ended(self, conn: Connection) -> None:
        since = self._since.pop(id(conn.connection.driver_connection), None)
        if since is not None:
            self.alone += perf_counter() - since

    @contextmanager
    def costs(self, cost: Cost) -> Iterator[None]:
        """Add what the block costs to `cost`."""
        database, alone, begun = processor_s(self.server), self.alone, perf_counter()
        yield
        cost.seconds += perf_counter() - begun
        cost.database += processor_s(self.server) - database
        cost.alone += self.alone - alone

    def vacuum(self, table: str) -> None:
        """As PostgreSQL does by itself in a minute, but not one for tests."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(f"VACUUM ANALYZE {table}"))


class _Nobody:
    """An outbox for an installation that nobody reads: what telling costs is measured apart."""

    def put(
        self, conn: Connection, rule: Rule | None, alert: Alert, messages: Sequence[Message], now: datetime
    ) -> None:
        """Tell nobody."""


class _Taken:
    """A mail server that takes everything at once."""

    at_once = 4
    settles = timedelta(0)

    async def send(self, envelope: Envelope) -> None:
        """Take it."""

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        return dict.fromkeys(sought, "unknown")

    def hang_up(self) -> None:
        """Nothing takes long."""

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True, kw_only=True)
class Collecting:
    """Seconds of collecting as machines that share the work do it: plan, take a job, claim the host's feeds, store what
    came. Each poll brings news or not, so that it comes to `articles` a second of `polls` a second."""

    watch: Watch
    polls: float
    articles: float
    now: datetime
    most: int  # articles that are wanted: where so few come in these seconds, more come with the last polls
    costs: dict[str, Cost] = field(default_factory=dict)
    _rng: random.Random = field(default_factory=lambda: random.Random(1))
    _news: Iterator[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.costs = {name: Cost() for name in ("plan", "job", "poll")}
        self._news = stream(10**9, 3, timedelta(days=1), Mix())

    def run(self, seconds: int = _SECONDS) -> list[int]:
        """Returns the articles that came, to be read."""
        with writing(self.watch.engine) as conn:
            conn.execute(_SPREAD, {"now": self.now})
            worker = conn.execute(text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
        before = self._newest()
        for second in range(seconds):
            self._second(self.now + timedelta(seconds=second), worker)
            if second % 4 == 0:
                self.watch.vacuum("procrastinate_jobs")
        self._more(self.now + timedelta(seconds=seconds))
        with reading(self.watch.engine) as conn:
            return list(conn.execute(select(article.c.id).where(article.c.id > before)).scalars())

    def _more(self, now: datetime) -> None:
        """What is still wanted of articles, in one document of a feed."""
        drafts = [_draft(one.title, one.text, f"more-{n}", now) for n, one in enumerate(islice(self._news, self.most))]
        with writing(self.watch.engine) as conn:
            articles.store(conn, 1, drafts, now=now)

    def _newest(self) -> int:
        with reading(self.watch.engine) as conn:
            return int(conn.execute(text("SELECT coalesce(max(id), 0) FROM article")).scalar_one())

    def _second(self, now: datetime, worker: int) -> None:
        engine = self.watch.engine
        with self.watch.costs(self.costs["plan"]), writing(engine) as conn:
            jobs.plan_hosts(conn, now, task=POLL_HOST, most=500, gap=timedelta(seconds=1), pages=True)
            people = waiting.count_readers(conn, now, 100)
            jobs.defer(conn, [Job(queue="notify", task=DELIVER, waits_once=f"deliver {n}") for n in range(people > 0)])
            articles.overlooked(conn, now - timedelta(seconds=10), limit=200, now=now)
        self.costs["plan"].units += 1
        with self.watch.costs(self.costs["job"]):
            taken = list(self._jobs(worker))
        with self.watch.costs(self.costs["poll"]):
            claimed = [feed for _, host in taken for feed in self._claimed(host, now)]
        finished = [self._finished(feed, now) for feed in claimed]
        with self.watch.costs(self.costs["poll"]):
            for start in range(0, len(finished), _TOGETHER):
                self._store(finished[start : start + _TOGETHER], now)
        with self.watch.costs(self.costs["job"]):
            for number, _ in taken:
                with writing(engine) as conn:
                    conn.execute(_FINISH, {"job": number})
        self.costs["job"].units += len(taken)
        self.costs["poll"].units += len(claimed)

    def _jobs(self, worker: int) -> Iterator[tuple[int, str]]:
        """Jobs that wait, as many as feeds are polled in a second, each with its host."""
        for _ in range(max(1, round(self.polls))):
            with writing(self.watch.engine) as conn:
                job = conn.execute(_FETCH, {"worker": worker}).one()
            if job.id is None:
                break
            yield job.id, job.args["host"]

    def _claimed(self, host: str, now: datetime) -> list[FeedRow]:
        with writing(self.watch.engine) as conn:
            return polling.claim_host(conn, now, host=host, token="sizing", each=8, lease_s=300)

    def _store(self, some: Sequence[Finished], now: datetime) -> None:
        with writing(self.watch.engine) as conn:
            results = polling.finish_polls(conn, some, now, _settle(now))
            news = zip(some, results, strict=True)
            sharing.on_news(conn, {one.feed.id: result.news for one, result in news if result.news})

    def _finished(self, feed: FeedRow, now: datetime) -> Finished:
        number = self._rng.random() < self.articles / self.polls
        if not number:
            return Finished(feed=feed, outcome=Outcome(status="not_modified"))
        drafts = [_draft(one.title, one.text, f"{feed.id}-{now.timestamp()}", now) for one in islice(self._news, 1)]
        return Finished(feed=feed, outcome=Outcome(status="ok"), drafts=drafts)


def _draft(title: str, body: str, key: str, now: datetime) -> Draft:
    return Draft(key=key[:80], content_hash="0" * 64, title=title, text=body, url=f"https://news.example/{key}",
                 language="en", published=now)  # fmt: skip


def _settle(now: datetime) -> Settle:
    def settle(poll: Finished, new: int, items: int) -> Settled:
        every = poll.feed.interval
        return Settled(interval=every, rate=0.5, failures=0, next_due=now + every, due_reason="rate")

    return settle


def catching_up(watch: Watch) -> Cost:
    """Seeing which hosts are due when all are: after an outage."""
    cost = Cost(units=_LOOKS)
    for _ in range(_LOOKS):
        with watch.engine.connect() as conn, conn.begin() as transaction:
            now = _now() + _GO
            with watch.costs(cost):
                jobs.plan_hosts(conn, now, task=POLL_HOST, most=500, gap=timedelta(seconds=1), pages=True)
            transaction.rollback()
    return cost


_SPREAD: Final = text("UPDATE feed SET next_due = CAST(:now AS timestamptz) + random() * interval_s * interval '1 s'")
_FETCH: Final = text("SELECT id, args FROM procrastinate_fetch_job_v2(ARRAY['collect']::varchar[], :worker)")
_FINISH: Final = text("SELECT procrastinate_finish_job_v1(:job, 'succeeded', true)")


def analysis(watch: Watch, tracker: Tracker, ids: Sequence[int]) -> tuple[Cost, float]:
    """Reading these articles and tracking what they say, telling nobody; and the share of them that said anything."""
    cost, loud = Cost(), 0
    analyst = Analyst(engine=watch.engine, tracker=replace(tracker, outbox=_Nobody()), households=Households())
    analyst.run_some(ids[:_BATCH], _now)  # what is counted begins with the first
    for start in range(_BATCH, len(ids), _BATCH):
        with watch.costs(cost):
            report = analyst.run_some(ids[start : start + _BATCH], _now)
        cost.units += report.articles
        loud += report.hits
    return cost, loud / max(cost.units, 1)


def telling(watch: Watch, rule: Rule, place: Place | None, severity: Severity, *, keep: bool = False) -> Cost:
    """Putting in the mails of one alert at this place, under the lock; `keep`: they stay, to be sent."""
    cost, now = Cost(), _now()
    post = Post(domain=SENDER.domain, secret=SECRET)
    with watch.engine.connect() as conn, conn.begin() as transaction:
        made = values.alert(
            key=f"{severity} {place and place.id}", place=place, severity=severity, worst=severity, certainty="likely"
        )
        saved = alerts.save_alert(conn, made, title="Shelling", summary="Shells fell.")
        message = values.message()
        alerts.add_version(conn, saved, message, title="Shelling", summary="Shells fell.")
        with watch.costs(cost):
            post.put(conn, rule, saved, [message], now)
        cost.units = conn.execute(_MAILS, {"alert": int(saved.id)}).scalar_one()
        if not keep:
            transaction.rollback()
    cost.alone = cost.seconds
    return cost


_MAILS: Final = text("SELECT count(*) FROM outbox WHERE alert_id = :alert")


def mailing(watch: Watch, most: int) -> Cost:
    """Taking mails from the outbox, making them, and marking them, into a server that takes all at once."""

    async def run() -> int:
        courier = Courier(engine=watch.engine, transport=_Taken(), renderer=renderer(), sender=SENDER, clock=_now)
        done = 0
        while done < most and (tally := await courier.deliver_some(100)).accepted:
            done += tally.accepted
        await courier.close()
        return done

    cost = Cost()
    with watch.engine.begin() as conn:
        conn.execute(update(outbox).values(not_before=_now() - timedelta(minutes=1), waits=None))
    watch.vacuum("outbox")
    with watch.costs(cost):
        cost.units = asyncio.run(run())
    return cost


def looks(watch: Watch, tracker: Tracker) -> dict[str, Cost]:
    """What is done every minute, every few seconds, and when Prometheus asks."""
    how = Reminding(after=timedelta(minutes=30), times=2, give_up=_GO, domain=SENDER.domain, secret=SECRET)
    return {
        "upkeep": _once(watch, lambda conn: (tracker.end_quiet_alerts(conn, _now()), remind(conn, {}, how, _now()))),
        "due": _once(watch, lambda conn: duework.due_work(conn, _now())),
        "standing": _once(watch, lambda conn: standing(conn, _now())),
        "totals": _once(watch, totals),
    }


def forgetting(watch: Watch) -> dict[str, Cost]:
    """Forgetting articles and polls, so many at once as the service does."""
    later = _now() + timedelta(days=1)
    costs = {"articles": Cost(), "polls": Cost()}
    after: Any = None
    for _ in range(8):
        with watch.costs(costs["articles"]), writing(watch.engine) as conn:
            batch = pruning.articles(conn, later, after, 250)
        costs["articles"].units += sum(batch.gone.values())
        after = batch.after
    with watch.costs(costs["polls"]), writing(watch.engine) as conn:
        costs["polls"].units = polling.prune_polls(conn, later)
    return costs


def _once(watch: Watch, work: Callable[[Connection], object]) -> Cost:
    cost = Cost(units=_LOOKS)
    with watch.costs(cost):
        for _ in range(_LOOKS):
            with writing(watch.engine) as conn:
                work(conn)
    return cost


def _now() -> datetime:
    return datetime.now(UTC)
