"""How all feeds do, and everything of one: what `alerts feeds health` and the pages of operators show.

Quick with ten thousand feeds and millions of polls: the feeds are read once, polls only of the last day, by their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts.store import health, linked, meta, notices, polls
from alerts.store.linked import Fetched
from alerts.store.polls import FaultRow, PollRow, Traffic
from alerts.store.schema import article, feed
from alerts.track import feeds_quiet, outages
from alerts.track.feeds_quiet import FeedFacts, Tally
from alerts.track.feedstate import FeedState, Lately, State, state_of, worst_first
from alerts.track.quiet import DAY, HOUR, WEEK, Rhythm, Trouble, rhythm_of_feed

LAG_OF: Final = WEEK
LOOKS: Final = timedelta(minutes=15)  # a service that runs has looked at its feeds by then
_TALLIED: Final = 2 * DAY  # what its server answered lately tells why a feed is silent
_ARTICLES: Final = 10_000  # of more the lag is not another
_MEMORY: Final = 8 * WEEK
_FAULTS_OF: Final = 30 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """From publication to first sight: of so many articles, in the middle and of the slowest tenth."""

    articles: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`feeds` are the worst first; `groups` what befell many together; `outage`: since when nothing at all can be
    fetched; `looked`: when the service last looked, so whether it runs. `hour` and `day` are the polls of these."""

    at: datetime
    feeds: tuple[FeedState, ...]
    groups: tuple[Trouble, ...]
    outage: datetime | None
    looked: datetime | None
    hour: Traffic
    day: Traffic
    lag: Lag | None

    @property
    def states(self) -> Mapping[State, int]:
        return Counter(one.state for one in self.feeds)

    @property
    def active(self) -> int:
        return sum(one.feed.active for one in self.feeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """Everything of one feed. `week` and `statuses` are of its polls of the last seven days, `faults` of the last 30;
    `rhythm` is None while too little is known;
    `document` is the last poll that brought one, `linked` what came of pages and messages in the last seven days."""

    state: FeedState
    at: datetime
    owner: str
    tier: int
    language: str | None
    rate: float
    whole_at: datetime | None
    moved_since: datetime | None
    moved_times: int
    validators: bool
    rhythm: Rhythm | None
    lag: Lag | None
    week: Traffic
    statuses: Mapping[str, int]
    faults: Sequence[FaultRow]
    polls: Sequence[PollRow]
    document: PollRow | None
    linked: Fetched | None


def overview(conn: Connection, now: datetime) -> Overview:
    """How all feeds do."""
    facts = health.feed_facts(conn, now, off=True)
    outage, look = meta.outage_since(conn), notices.last_look(conn)
    tallies = silent_tallies(conn, facts, now)
    lately = _lately(conn, facts, now)
    runs = look is not None and now - look.at <= LOOKS
    groups, covered = _groups(facts, now, runs)
    states = [state_of(one, now, silent=tallies.get(one.id), lately=lately.get(one.id), runs=runs) for one in facts]
    states = [
        replace(one, together=str(one.feed.id) in covered if one.state == "failing" else one.state == "late")
        for one in states
    ]
    return Overview(
        at=now,
        feeds=tuple(sorted(states, key=worst_first)),
        groups=tuple(groups),
        outage=outage,
        looked=notices.sign_of_life(conn),
        hour=polls.traffic(conn, now - HOUR),
        day=polls.traffic(conn, now - DAY),
        lag=lag(conn, now - DAY),
    )


def _groups(facts: Sequence[FeedFacts], now: datetime, runs: bool) -> tuple[list[Trouble], set[str]]:
    """What is one trouble of many feeds, and the feeds that failed together."""
    failing = outages.failing_feeds(facts, now)
    since = min((one.added for one in facts), default=now)
    groups = [one for one in failing if one.kind == "feeds failing"]
    groups += [one for one in feeds_quiet.late_feeds(facts, now, since) if runs and not one.covered]
    return groups, {one.subject for one in failing if one.covered}


def silent_tallies(conn: Connection, facts: Sequence[FeedFacts], now: datetime) -> dict[int, Tally]:
    """The feeds of which there is a notice that they are silent, and which have not spoken since; with what their
    polls came to lately."""
    told = {one.subject: one.since for one in notices.open_notices(conn) if one.kind == "feed silent"}
    silent = {one.id: one.last_new for one in facts if one.last_new and told.get(str(one.id)) == one.last_new}
    return polls.tallies(conn, {number: max(last, now - _TALLIED) for number, last in silent.items()})


def _lately(conn: Connection, facts: Sequence[FeedFacts], now: datetime) -> dict[int, Lately]:
    """The polls of the last day, of feeds of which some failed that answer now."""
    answers = {one.id for one in facts if one.active}
    failed = {number: some for number, some in polls.failed_since(conn, now - DAY).items() if number in answers}
    several = [number for number, some in failed.items() if some > 1]
    asked = polls.number_of(conn, several, now - DAY)
    return {number: Lately(polls=asked.get(number, 0), failed=failed[number]) for number in several}


def report(conn: Connection, feed_id: int, now: datetime, *, last: int = 20) -> FeedReport | None:
    """Everything of one feed, with its last polls; None when there is none of this id."""
    facts = health.feed_facts(conn, now, only=feed_id, off=True)
    if not facts:
        return None
    row = conn.execute(select(*_ROW).where(feed.c.id == feed_id)).one()
    today, look = polls.traffic_of(conn, feed_id, now - DAY), notices.last_look(conn)
    state = state_of(
        facts[0],
        now,
        silent=silent_tallies(conn, facts, now).get(feed_id),
        lately=Lately(polls=today.polls, failed=today.failed),
        runs=look is not None and now - look.at <= LOOKS,
    )
    return FeedReport(
        state=state,
        at=now,
        **{name: row._mapping[name] for name in ("owner", "tier", "language", "rate", "whole_at")},
        **{name: row._mapping[name] for name in ("moved_since", "moved_times")},
        validators=bool(row.etag or row.last_modified),
        rhythm=rhythm_of_feed(dict(health.arrivals(conn, now - _MEMORY, feed_id)).get(feed_id, ())),
        lag=lag(conn, now - LAG_OF, feed_id),
        week=polls.traffic_of(conn, feed_id, now - WEEK),
        statuses=polls.statuses_of(conn, feed_id, now - WEEK),
        faults=polls.faults(conn, feed_id, now - _FAULTS_OF),
        polls=polls.latest(conn, feed_id, last),
        document=polls.last_document(conn, feed_id),
        linked=linked.fetched(conn, feed_id, now - WEEK),
    )


_ROW: Final[tuple[Any, ...]] = (
    *(feed.c.owner, feed.c.tier, feed.c.language, feed.c.rate, feed.c.whole_at, feed.c.moved_since),
    *(feed.c.moved_times, feed.c.etag, feed.c.last_modified),
)


def lag(conn: Connection, since: datetime, feed_id: int | None = None, *, most: int = _ARTICLES) -> Lag | None:
    """How long after their publication the articles since a time were seen; of those whose feed gives the time, and
    that were not there at its first poll. Of more than `most` articles the latest tell."""
    query = select(article.c.published, article.c.first_seen).where(article.c.first_seen >= since)
    query = query.where(article.c.dated, ~article.c.backlog).order_by(article.c.first_seen.desc()).limit(most)
    if feed_id is not None:
        query = query.where(article.c.feed_id == feed_id)
    lags = sorted(max(seen - published, timedelta(0)) for published, seen in conn.execute(query))
    if not lags:
        return None
    return Lag(articles=len(lags), median=lags[len(lags) // 2], p90=lags[min(len(lags) * 9 // 10, len(lags) - 1)])
