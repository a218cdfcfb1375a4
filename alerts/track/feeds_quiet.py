"""One feed that does not bring what it should, decided from plain facts: silent, losing articles, or asked too late.

A feed that answers and brings nothing new may be in order, so its pause is held against its own rhythm, and what its
server answered since tells whether it says "nothing new", gives the same, or gives nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.track.faults import failing
from alerts.track.quiet import DAY, HOUR, Rhythm, Trouble, moment, said, silent

GAP_LASTS: Final = DAY  # a feed without a gap for so long loses nothing at its present pace
LATE: Final = HOUR / 2  # twice the time in which the service notices that it should have asked
_LATE_IF_CRITICAL: Final = HOUR / 4
_MANY_GAPS: Final = 5  # feeds: then it is no feed's fault, but that of the time in which none was asked
_LATE_TOGETHER: Final = 3  # hosts
_OFTEN: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """A feed, as its last polls left it. `why` and `status` are the last poll's; `due` is when it is to be asked next,
    `held` whether somebody is about to; `first_failed` the first of the polls that failed since the last good one,
    `gap_from` the last good poll before the one at `gap_at` that shared no item with it."""

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
    host: str = ""
    address: str = ""  # fit to be shown
    tags: tuple[str, ...] = ()
    active: bool = True
    critical: bool = False
    status: str = ""
    due: datetime | None = None
    held: bool = False
    first_failed: datetime | None = None
    gap_at: datetime | None = None
    gap_from: datetime | None = None
    lies_since: datetime | None = None
    moved_to: str = ""

    @property
    def dark_since(self) -> datetime:
        return self.last_ok or self.added

    @property
    def called(self) -> str:
        return f"{self.name} (feed {self.id}, critical)" if self.critical else f"{self.name} (feed {self.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the polls of a feed came to since some time. `unchanged`: the server said so (304); `same`: a document with
    items; `empty`: one without; `whole`: those of the two that were asked for without conditions; `fault`: the most
    frequent way of failing."""

    unchanged: int = 0
    same: int = 0
    empty: int = 0
    whole: int = 0
    failed: int = 0
    fault: str = ""

    @property
    def polls(self) -> int:
        return self.unchanged + self.same + self.empty + self.failed


# The server says "not modified", and the whole document agrees, or was not asked for, or is known to have disagreed;
# the document has the same items each time, or none; many polls fail; nobody knows.
Cause = Literal["unchanged", "unproven", "untrue", "same items", "empty", "failing", "unknown"]


def cause(tally: Tally, lies: bool) -> Cause:
    """Why a feed that answers brings nothing. The most frequent answer counts; failures only where they are many, as
    all others then may have missed the moment in which it had news."""
    if not tally.polls:
        return "unknown"
    if tally.failed >= _OFTEN * tally.polls:
        return "failing"
    if tally.empty > max(tally.same, tally.unchanged):
        return "empty"
    if tally.unchanged > tally.same:
        return "untrue" if lies else "unchanged" if tally.whole else "unproven"
    return "same items"


def why_silent(tally: Tally, lies_since: datetime | None) -> str:
    """The same in words, with what to do."""
    unchanged = f'Its server says "not modified" each time it is asked ({tally.unchanged} of {tally.polls} polls)'
    match cause(tally, lies_since is not None):
        case "unchanged":
            return f"{unchanged}, and the whole document agrees: nothing is published there. Does its page have news?"
        case "unproven":
            return f"{unchanged}; once a day the whole document is asked for, which shows if that is true."
        case "untrue":
            known = f", since {moment(lies_since)}" if lies_since else ""
            return f'{unchanged}; its "not modified" is known to be untrue{known}. Does its page have news?'
        case "same items":
            return (
                f"It gives the same items each time ({tally.same} of {tally.polls} polls). Has it moved? See its page."
            )
        case "empty":
            return (
                f"Its document has no items at all ({tally.empty} of {tally.polls} polls). Has it moved? See its page."
            )
        case "failing":
            fault = failing(tally.fault)
            return f"{tally.failed} of {tally.polls} polls failed: it {fault.what}. {fault.do}"
        case "unknown":
            return "Has it moved?"


def quiet_feeds(feeds: Iterable[FeedFacts], rhythms: Mapping[int, Rhythm], now: datetime) -> list[FeedFacts]:
    """Feeds that answer and bring nothing for longer than is usual. One that was not asked lately, or does not answer,
    is not silent; and the pause is counted to its last answer only: what came since, nobody knows."""
    found = []
    for feed in feeds:
        rhythm = rhythms.get(feed.id)
        if rhythm is None or feed.last_new is None or feed.last_ok is None or feed.failures:
            continue
        if now - feed.last_ok <= max(2 * feed.interval, HOUR) and silent(rhythm, feed.last_new, feed.last_ok):
            found.append(feed)
    return found


def silent_feed(feed: FeedFacts, tally: Tally, now: datetime, *, covered: bool = False) -> Trouble:
    """The notice of one of the `quiet_feeds`; `tally` counts the polls since its last news."""
    last = feed.last_new or feed.added
    text = (
        f"{feed.called} answers, but has brought nothing new for {said(now - last)}, since {moment(last)}; so long a "
        f"pause is unusual for it. {why_silent(tally, feed.lies_since)} See: alerts feeds health {feed.id}"
    )
    return Trouble(kind="feed silent", subject=str(feed.id), text=text, since=last, covered=covered)


def losing(feed: FeedFacts, now: datetime) -> bool:
    """Whether articles of it may have been lost lately."""
    return feed.gap_at is not None and now - feed.gap_at < GAP_LASTS


def gaps(feeds: Iterable[FeedFacts], now: datetime, told: datetime | None = None) -> list[Trouble]:
    """Feeds whose document shared nothing with the one before. After a time in which no feed was asked that holds for
    all the busy ones: one notice says it, and it goes on (`told` is when it was opened) as long as one of them is
    among the feeds."""
    found = [(feed, feed.gap_at) for feed in feeds if feed.gap_at is not None and losing(feed, now)]
    many = [feed for feed, at in found if told is None or at <= told]
    together = bool(many) if told is not None else len(many) >= _MANY_GAPS
    each = [_gap(feed, at, together and (told is None or at <= told)) for feed, at in found]
    return [*([_many_gaps(many)] if together else []), *each]


def _gap(feed: FeedFacts, at: datetime, covered: bool) -> Trouble:
    text = (
        f"{feed.called} may have lost articles {lost_between(feed.gap_from, at)}: no item of its document was known "
        "from the one before. It is asked more often from now on, by itself. If this happens each day, it wants a "
        f"shorter time between two polls: alerts feeds health {feed.id}"
    )
    return Trouble(kind="feed gap", subject=str(feed.id), text=text, since=feed.gap_from or at, covered=covered)


def _many_gaps(feeds: Sequence[FeedFacts]) -> Trouble:
    since = min(feed.gap_from or feed.gap_at or feed.added for feed in feeds)
    text = (
        f"{len(feeds)} feeds may have lost articles since {moment(since)}, as no item of their documents was known "
        f"from the ones before: {names(feeds)}. Was the service or its network down? They are asked more often by "
        "themselves. What was lost is in no feed any more: look at the publishers' sites."
    )
    return Trouble(kind="feed gap", subject="many", text=text, since=since)


def lost_between(first: datetime | None, last: datetime) -> str:
    """The time of a gap: "between 14:05 and 14:35 UTC on 2026-03-02"."""
    if first is None:
        return f"before {moment(last)}"
    if first.date() == last.date():
        return f"between {first:%H:%M} and {last:%H:%M} UTC on {last:%Y-%m-%d}"
    return f"between {moment(first)} and {moment(last)}"


def late(feed: FeedFacts, now: datetime, running_since: datetime) -> bool:
    """Whether it should have been asked long ago. What was due before the service ran is no fault of the service."""
    if not feed.active or feed.due is None:
        return False
    allowed = _LATE_IF_CRITICAL if feed.critical else max(LATE, feed.interval)
    # Somebody is about to ask; but not for ever: the poll may break off each time.
    return now - max(feed.due, running_since) > (2 * allowed if feed.held else allowed)


def late_feeds(
    feeds: Sequence[FeedFacts], now: datetime, running_since: datetime, *, told: bool = False
) -> list[Trouble]:
    """Hosts with more feeds than can be asked one after the other; or, where it is many hosts, the service itself, and
    then (`told`) until no feed is late."""
    behind = [feed for feed in feeds if late(feed, now, running_since)]
    hosts: dict[str, list[FeedFacts]] = defaultdict(list)
    for feed in behind:
        hosts[feed.host].append(feed)
    together = len(hosts) >= (1 if told else _LATE_TOGETHER)
    of = Counter(feed.host for feed in feeds if feed.active)
    each = [_late_host(host, theirs, of[host], now, together) for host, theirs in sorted(hosts.items())]
    return [*([_late_everywhere(behind, len(hosts), now)] if together else []), *each]


def _late_host(host: str, behind: Sequence[FeedFacts], of: int, now: datetime, covered: bool) -> Trouble:
    since = min(feed.due or now for feed in behind)
    text = (
        f"{len(behind)} of {of} feeds at {host} are asked too late, the latest by {said(now - since)}: "
        f"{names(behind)}. A server is asked for one feed at a time, with a pause between: is it slow, or are there "
        "too many feeds of it? Give those that matter less a longer interval (alerts feeds set ID). Or does each poll "
        "break off? The log says."
    )
    return Trouble(kind="feeds late", subject=host, text=text, since=since, covered=covered)


def _late_everywhere(behind: Sequence[FeedFacts], hosts: int, now: datetime) -> Trouble:
    since = min(feed.due or now for feed in behind)
    text = (
        f"{len(behind)} feeds on {hosts} hosts are asked too late, the latest by {said(now - since)}: {names(behind)}. "
        "Is the machine too slow, its disk full, or [collect] at_once too small? The log of the service has more."
    )
    return Trouble(kind="feeds late", subject="all", text=text, since=since)


def names(feeds: Iterable[FeedFacts]) -> str:
    """Which feeds, shortly; those that matter most first."""
    ordered = sorted(feeds, key=lambda feed: (not feed.critical, feed.name, feed.id))
    some = ", ".join(f"{feed.name} ({feed.id})" for feed in ordered[:10])
    return some + (f" and {len(ordered) - 10} more" if len(ordered) > 10 else "")
