"""What has gone quiet, or does not go on: decided from plain facts about feeds and rules, for the operators.

Silence is measured against a feed's own rhythm. It is counted only in the hours of the week in which the feed ever
brought something, so that nights and weekends do not count where they never did; and a feed is silent when the pause
is twice as long as it was ever before, the longest pause left aside (that may have been an outage).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, get_args

Kind = Literal[
    "feed silent", "feed failing", "feeds failing", "rule silent", "rules", "articles", "backlog", "mail", "triage",
    "canary",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
_CELL: Final = 6 * HOUR  # the grain of a week: mornings, afternoons, evenings, nights
_CELLS: Final = 28
_EPOCH: Final = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
ALWAYS: Final = (1 << _CELLS) - 1
_TIMES: Final = 2
_LEAST: Final = 6  # so many arrivals make a rhythm

_FAILS: Final = 3
_DARK: Final = HOUR
_TOGETHER: Final = 3  # feeds of a country
_MOST_OF_COUNTRY: Final = 0.6
_EVERYWHERE: Final = 5
_NEARLY_ALL: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something operators should know: `subject` is what it is about, `text` what is known and what to do. What is
    `covered` is part of another one, and is not told by itself."""

    kind: Kind
    subject: str
    text: str
    since: datetime
    covered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """`cells` has a bit for each six hours of the week that count; a pause of more than `limit` of them is none that
    is usual, unless it is shorter than `least`."""

    cells: int
    limit: timedelta
    least: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """A feed that is polled, as its last polls left it."""

    id: int
    name: str
    country: str | None
    added: datetime
    interval: timedelta
    failures: int
    why: str
    last_poll: datetime | None
    last_ok: datetime | None
    last_new: datetime | None

    @property
    def dark_since(self) -> datetime:
        return self.last_ok or self.added


def rhythm_of_feed(arrivals: Iterable[datetime]) -> Rhythm | None:
    """The rhythm in which a feed brought news; None while too little is known."""
    times = sorted(set(arrivals))
    cells = 0
    for time in times:
        cells |= 1 << _cell(time)
    return _learn(times, cells, known=2 * WEEK, least=6 * HOUR)


def rhythm_of_rule(alerts: Iterable[datetime]) -> Rhythm | None:
    """The rhythm in which a rule fired; None while too little is known."""
    return _learn(sorted(alerts), ALWAYS, known=4 * WEEK, least=WEEK)


def _learn(times: Sequence[datetime], cells: int, *, known: timedelta, least: timedelta) -> Rhythm | None:
    if len(times) < _LEAST or times[-1] - times[0] < known:
        return None
    pauses = sorted(counted(before, after, cells) for before, after in pairwise(times))
    return Rhythm(cells=cells, limit=max(_TIMES * pauses[-2], _CELL), least=least)


def silent(rhythm: Rhythm, last: datetime, now: datetime) -> bool:
    """Whether nothing came for longer than it is usual."""
    return now - last > rhythm.least and counted(last, now, rhythm.cells) > rhythm.limit


def counted(first: datetime, last: datetime, cells: int) -> timedelta:
    """How much of the time between two moments lies in these cells of the week."""
    weeks, _ = divmod(max(last - first, timedelta(0)), WEEK)
    total = weeks * cells.bit_count() * _CELL
    at = first + weeks * WEEK
    while at < last:
        end = min(_EPOCH + ((at - _EPOCH) // _CELL + 1) * _CELL, last)
        if cells >> _cell(at) & 1:
            total += end - at
        at = end
    return total


def _cell(time: datetime) -> int:
    return (time - _EPOCH) // _CELL % _CELLS


def silent_feeds(feeds: Iterable[FeedFacts], rhythms: Mapping[int, Rhythm], now: datetime) -> list[Trouble]:
    """Feeds that answer and bring nothing. One that was not asked lately, or does not answer, is not silent."""
    found = []
    for feed in feeds:
        rhythm = rhythms.get(feed.id)
        asked = feed.last_poll is not None and now - feed.last_poll <= max(2 * feed.interval, HOUR)
        if rhythm is None or feed.last_new is None or feed.failures or not asked:
            continue
        if silent(rhythm, feed.last_new, now):
            text = (
                f"{feed.name} (feed {feed.id}) answers, but has brought nothing new for {said(now - feed.last_new)}, "
                f"since {moment(feed.last_new)}; so long a pause is unusual for it. Has it moved? See: alerts feeds"
            )
            found.append(Trouble(kind="feed silent", subject=str(feed.id), text=text, since=feed.last_new))
    return found


def failing_feeds(feeds: Sequence[FeedFacts], now: datetime) -> list[Trouble]:
    """Feeds that do not answer: each by itself, and as one trouble where it is most of a country's, or nearly all."""
    polled = [feed for feed in feeds if feed.last_poll is not None]
    dark = [feed for feed in polled if feed.failures >= _FAILS and now - feed.dark_since >= _DARK]
    groups: list[Trouble] = []
    covered: set[int] = set()
    if len(dark) >= _EVERYWHERE and len(dark) >= _NEARLY_ALL * len(polled):
        ask = "Is it our own network, or the resolver of names?"
        groups.append(_group("all", f"{len(dark)} of {len(polled)} feeds do not answer", ask, dark))
        covered = {feed.id for feed in dark}
    else:
        for country, (theirs, failing) in _by_country(polled, dark).items():
            if len(failing) >= _TOGETHER and len(failing) >= _MOST_OF_COUNTRY * theirs:
                what = f"{len(failing)} of {theirs} feeds of {country} do not answer"
                groups.append(_group(country, what, "Is the country cut off from the network?", failing))
                covered |= {feed.id for feed in failing}
    return groups + [_alone(feed, feed.id in covered) for feed in dark]


def _by_country(polled: Iterable[FeedFacts], dark: Iterable[FeedFacts]) -> dict[str, tuple[int, list[FeedFacts]]]:
    """How many feeds each country has, and those that do not answer."""
    failing: dict[str, list[FeedFacts]] = defaultdict(list)
    for feed in dark:
        if feed.country:
            failing[feed.country].append(feed)
    return {
        country: (sum(feed.country == country for feed in polled), feeds) for country, feeds in sorted(failing.items())
    }


def _group(subject: str, what: str, ask: str, feeds: Sequence[FeedFacts]) -> Trouble:
    since = sorted(feed.dark_since for feed in feeds)[len(feeds) // 2]
    text = f"{what}, most of them since {moment(since)}: {_names(feeds)}. {ask}"
    return Trouble(kind="feeds failing", subject=subject, text=text, since=since)


def _names(feeds: Sequence[FeedFacts]) -> str:
    names = sorted(f"{feed.name} ({feed.id})" for feed in feeds)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _alone(feed: FeedFacts, covered: bool) -> Trouble:
    since = f"since {moment(feed.last_ok)}" if feed.last_ok else f"ever since it was added, {moment(feed.added)}"
    text = (
        f"{feed.name} (feed {feed.id}) has not answered {since}; {feed.failures} polls failed in a row: "
        f"{feed.why or 'no reason known'}. It is asked again by itself."
    )
    return Trouble(kind="feed failing", subject=str(feed.id), text=text, since=feed.dark_since, covered=covered)


def silent_rules(fired: Mapping[str, Sequence[datetime]], now: datetime) -> list[Trouble]:
    """Rules that made alerts in a rhythm, and no longer do. `fired`: when their alerts were opened."""
    found = []
    for rule, times in sorted(fired.items()):
        rhythm = rhythm_of_rule(times)
        if rhythm is not None and silent(rhythm, max(times), now):
            last = max(times)
            text = (
                f"The rule {rule} has opened no alert for {said(now - last)}, since {moment(last)}; so long a pause is "
                f"unusual for it. Is it peace, or a change of the rule or the feeds? See: alerts rules backtest {rule}"
            )
            found.append(Trouble(kind="rule silent", subject=rule, text=text, since=last))
    return found


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def said(length: timedelta) -> str:
    """A length of time in words, roughly."""
    if length < 2 * HOUR:
        return f"{int(length.total_seconds() // 60)} minutes"
    return f"{length // HOUR} hours" if length < 2 * DAY else f"{length // DAY} days"
