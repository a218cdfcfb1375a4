"""What rules of the kinds `spike` and `after` remember: reports that made no alert by themselves, and what they come
to by day.

All of it follows from the set of reports and their stories (`_settle` puts a story's copies with its first report,
`_count` sums up a day), so it is the same whatever order they came in. A series has one writer at a time:
`begin_watch` holds the rows of `watch` to the end of its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from alerts.store import codec, evidence
from alerts.store.schema import article, count_day, feed, report, spike, story, watch
from alerts.store.upsert import insert_for, upsert
from alerts.track.facts import event_time
from alerts.track.origins import named_sources
from alerts.track.spike import Day, Told, Voice, independent, leans, middle
from alerts.track.tolls import LEAST_TOLL, RETOLD_FOR, same_toll
from alerts.types import Evidence, Place


@dataclass(frozen=True, slots=True)
class Key:
    """One series: a rule family at a place."""

    family: str
    place_id: str

    def here(self, table: Any) -> Any:
        return (table.c.family == self.family) & (table.c.place_id == self.place_id)

    def columns(self) -> dict[str, Any]:
        return {"family": self.family, "place_id": self.place_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSpike:
    """What was last told of a series, and the alert that told it."""

    alert_id: str
    told: Told


def begin_watch(conn: Connection, names: Iterable[str], now: datetime) -> None:
    """From now on what is called so is counted, if it is not already; others that count it have to wait."""
    wanted = sorted(set(names))
    if wanted:
        conn.execute(
            insert_for(conn, watch).on_conflict_do_nothing(), [{"name": name, "since": now} for name in wanted]
        )
        conn.execute(select(watch.c.name).where(watch.c.name.in_(wanted)).order_by(watch.c.name).with_for_update())


def watched_since(conn: Connection, name: str) -> date | None:
    """The day on which counting began; None: never."""
    since = conn.execute(select(watch.c.since).where(watch.c.name == name)).scalar_one_or_none()
    return None if since is None else _day(since)


def count(conn: Connection, place: Place, item: Evidence, value: float | None) -> None:
    """Take a report into the series of its rule at `place`. `value` is the number that is counted. What story its
    article tells must be known (`stories.know`)."""
    key = Key(item.hit.family, place.id)
    article_id = int(item.article_id)
    before = _stories_at(conn, key, article_id)
    keep(conn, place, item, value)
    now = _stories_at(conn, key, article_id)
    _settle(conn, key, before.stories | now.stories, before.days | {_day(event_time(item))})


def keep(conn: Connection, place: Place, item: Evidence, value: float | None = None) -> None:
    """Keep a report that counts for nothing yet."""
    happened = event_time(item)
    row = {
        **Key(item.hit.family, place.id).columns(),
        "article_id": int(item.article_id),
        "revision": item.revision,
        "country": place.country,
        "published": item.published,
        "event_time": happened,
        "day": _day(happened),
        "origin": int(item.article_id),
        "names": sorted(named_sources(item)),
        "value": value,
        "hit": codec.to_json(item.hit),
        "cited": codec.to_json(item.cited),
        "seen": item.seen,
    }
    conn.execute(upsert(conn, report, ("family", "place_id", "article_id"), keep={"seen"}), row)


def take_back(conn: Connection, article_id: str, *, before: int | None = None) -> None:
    """Forget the reports of an article, or those of revisions `before` that one."""
    here = report.c.article_id == int(article_id)
    if before is not None:
        here &= report.c.revision < before
    for row in conn.execute(select(report.c.family, report.c.place_id).where(here)).all():
        key = Key(row.family, row.place_id)
        around = _stories_at(conn, key, int(article_id))
        counted = _is_counted(conn, key, around.days)
        forget(conn, row.family, row.place_id, article_id)
        if counted:
            _settle(conn, key, around.stories, around.days)


def told_anew(conn: Connection, article_ids: Sequence[str]) -> None:
    """These articles now tell another story than before: what they counted for changes with it."""
    for article_id in map(int, article_ids):
        where = select(report.c.family, report.c.place_id).where(report.c.article_id == article_id)
        for row in conn.execute(where).all():
            key = Key(row.family, row.place_id)
            around = _stories_at(conn, key, article_id)
            if _is_counted(conn, key, around.days):
                _settle(conn, key, around.stories, around.days)


def forget(conn: Connection, family: str, place_id: str, article_id: str) -> None:
    """Forget one report that was kept, and not counted."""
    conn.execute(delete(report).where(Key(family, place_id).here(report), report.c.article_id == int(article_id)))


def forget_before(conn: Connection, family: str, before: datetime) -> int:
    """Forget what was kept of a family and happened before a time; how much."""
    return conn.execute(delete(report).where(report.c.family == family, report.c.event_time < before)).rowcount


@dataclass(frozen=True, slots=True)
class _Around:
    """The stories in a series that a report has to do with, and the days for which it counts."""

    stories: set[int]
    days: set[date]


def _stories_at(conn: Connection, key: Key, article_id: int) -> _Around:
    """The story of an article's report, and those of reports that count with it: it may have been the first, or the
    first to give their number."""
    rows = conn.execute(_AROUND, {**key.columns(), "of_article": article_id}).all()
    own = [row for row in rows if row.article_id == article_id]
    stories = {row.first_id for row in rows} | _of_number(conn, key, {row.value for row in own})
    return _Around(stories, {row.day for row in own})


def _of_number(conn: Connection, key: Key, values: set[float | None]) -> set[int]:
    """The stories in a series that give one of these numbers."""
    wanted = [value for value in values if value is not None and value >= LEAST_TOLL]
    if not wanted:
        return set()
    query = select(story.c.first_id).join(report, report.c.article_id == story.c.article_id)
    return set(conn.execute(query.where(key.here(report), report.c.value.in_(wanted))).scalars())


_AROUND: Final = (
    select(report.c.article_id, report.c.day, report.c.value, story.c.first_id)
    .join(story, story.c.article_id == report.c.article_id)
    .where(
        report.c.family == bindparam("family"),
        report.c.place_id == bindparam("place_id"),
        (report.c.article_id == bindparam("of_article")) | (report.c.origin == bindparam("of_article")),
    )
)


def _is_counted(conn: Connection, key: Key, days: set[date]) -> bool:
    counted = select(count_day.c.day).where(key.here(count_day), count_day.c.day.in_(days)).limit(1)
    return conn.execute(counted).first() is not None


def _settle(conn: Connection, key: Key, stories: set[int], touched: set[date]) -> None:
    """Let all reports of these stories count for the day, and with the origin, of the one published first, and count
    the days that this changes. A story counts for the day of an earlier one whose number it tells again."""
    touched = set(touched)
    rows = conn.execute(_OF_STORIES.where(story.c.first_id.in_(stories)), key.columns()).all()
    first: dict[int, Any] = {}
    days: dict[int, date] = {}
    for row in rows:
        origin = first.setdefault(row.first_id, row)
        if origin is row:
            days[row.first_id] = _day_of(
                row, [(one, days[story_id]) for story_id, one in first.items() if one is not row]
            )
        day = days[row.first_id]
        touched |= {row.day, day}
        if (origin.article_id, day) != (row.origin, row.day):
            own = key.here(report) & (report.c.article_id == row.article_id)
            conn.execute(update(report).where(own).values(origin=origin.article_id, day=day))
    for day in sorted(touched):
        _count(conn, key, day)


def _day_of(first: Any, earlier: Iterable[tuple[Any, date]]) -> date:
    """The day for which a story counts: when it happened; but a number that was told within days before, and is told
    again in other words, is the same people."""
    if first.value is not None and first.value >= LEAST_TOLL:
        same = [(one, day) for one, day in earlier if one.value == first.value]
        near = [(one, day) for one, day in same if first.published - one.published <= RETOLD_FOR]
        for one, day in near:
            if same_toll(codec.hit(one.hit), codec.hit(first.hit), first.value):
                return day
    return _day(first.event_time)


_OF_STORIES: Final = (
    select(
        *(report.c.article_id, report.c.event_time, report.c.day, report.c.origin, report.c.value, report.c.hit),
        *(report.c.published, story.c.first_id),
    )
    .join(story, story.c.article_id == report.c.article_id)
    .where(report.c.family == bindparam("family"), report.c.place_id == bindparam("place_id"))
    .order_by(report.c.published, report.c.article_id)
)


def _count(conn: Connection, key: Key, day: date) -> None:
    """Sum up a day: who told of it independently, and the middle of their counts. Of one teller's counts, those in
    copies included, the highest stands: they are never added up."""
    columns = (report.c.article_id, report.c.origin, report.c.names, report.c.value)
    query = select(*columns).where(key.here(report), report.c.day == day)
    rows = conn.execute(query.order_by(report.c.published, report.c.article_id)).all()
    conn.execute(delete(count_day).where(key.here(count_day), count_day.c.day == day))
    if not rows:
        return
    first = [row for row in rows if row.origin == row.article_id]
    voices = independent(frozenset(row.names) for row in first)
    teller = {row.article_id: _teller(voices, frozenset(row.names)) for row in first}
    counts: dict[int, float] = {}
    for row in rows:
        at = teller.get(row.origin)
        if at is not None and row.value is not None:
            counts[at] = max(counts.get(at, 0.0), row.value)
    summed = {"voices": [sorted(voice) for voice in voices], "value": middle(list(counts.values()))}
    conn.execute(insert(count_day).values({**key.columns(), "day": day, "counting": len(counts), **summed}))


def _teller(voices: Sequence[Voice], voice: Voice) -> int:
    return next(i for i, other in enumerate(voices) if voice is other or leans(voice, other))


def days(conn: Connection, family: str, place_id: str, first: date, last: date) -> list[Day]:
    """The days of a series on which there was anything, in order."""
    here = Key(family, place_id).here(count_day)
    query = select(count_day).where(here, count_day.c.day.between(first, last)).order_by(count_day.c.day)
    return [
        Day(day=row.day, voices=tuple(map(frozenset, row.voices)), value=row.value, counting=row.counting)
        for row in conn.execute(query)
    ]


def counted_between(conn: Connection, family: str, place_id: str, first: date, last: date) -> list[Evidence]:
    """The reports, copies too, that count for these days, in order of publication."""
    here = Key(family, place_id).here(report) & report.c.day.between(first, last)
    return [_evidence(row) for row in conn.execute(_ROWS.where(here))]


def share_of(conn: Connection, article_ids: Sequence[str], first: date, last: date) -> float | None:
    """How much of all that their outlets printed in these days the articles are; None when nothing was."""
    ids = [int(article_id) for article_id in article_ids]
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    feeds = select(article.c.feed_id).where(article.c.id.in_(ids))
    within = article.c.published.between(begin, end)
    query = select(func.count()).select_from(article).where(article.c.feed_id.in_(feeds), within)
    printed = conn.execute(query).scalar_one()
    return min(1.0, len(ids) / printed) if printed else None


def kept_between(conn: Connection, family: str, country: str, first: datetime, last: datetime) -> list[Evidence]:
    """The reports kept of a family in a country, of what happened between two times, in order of publication."""
    here = (report.c.family == family) & (report.c.country == country) & report.c.event_time.between(first, last)
    return [_evidence(row) for row in conn.execute(_ROWS.where(here))]


_ROWS: Final = (
    select(
        report,
        *(article.c.title, article.c.url, feed.c.source, feed.c.owner, feed.c.tier),
        *(story.c.first_id, story.c.shingles),
    )
    .join(article, article.c.id == report.c.article_id)
    .join(feed, feed.c.id == article.c.feed_id)
    .outerjoin(story, story.c.article_id == report.c.article_id)
    .order_by(report.c.published, report.c.article_id)
)


def _evidence(row: Row[Any]) -> Evidence:
    return replace(evidence.from_row(row), origin=str(row.origin))


def last_spike(conn: Connection, family: str, place_id: str) -> LastSpike | None:
    """What was last told of a series; None when nothing was."""
    row = conn.execute(select(spike).where(Key(family, place_id).here(spike))).one_or_none()
    if row is None:
        return None
    return LastSpike(alert_id=str(row.alert_id), told=Told(day=row.day, level=row.level, severity=row.severity))


def put_spike(conn: Connection, family: str, place_id: str, last: LastSpike) -> None:
    told = last.told
    row = {"alert_id": int(last.alert_id), "day": told.day, "level": told.level, "severity": told.severity}
    conn.execute(upsert(conn, spike, ("family", "place_id")), {**Key(family, place_id).columns(), **row})


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()
