"""Feeds that do not answer: each by itself, and as one trouble where many went dark at the same time.

A feed went dark between its last good poll and the first that failed. Many of these spans that share a moment are one
outage, and that moment is when it began; feeds that died one by one over the months share none. Most feeds of a host:
its server. Most hosts of a country: the country. Nearly everything: our own network.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from alerts.track.faults import advice, failing
from alerts.track.feeds_quiet import FeedFacts, names
from alerts.track.quiet import HOUR, Trouble, moment

_Key = TypeVar("_Key")
_FAILS: Final = 3  # one or two are a hiccup
_DARK: Final = HOUR
_FAILS_IF_CRITICAL: Final = 2
_DARK_IF_CRITICAL: Final = HOUR / 2
_DARK_FOR_LONG: Final = 6 * HOUR  # however few polls failed: who tells us to wait is asked rarely
_SLACK: Final = HOUR / 4  # a network does not fail in one moment
_TOGETHER: Final = 3  # feeds
_SOME_HOSTS: Final = 2  # a country is more than one server
_MOST: Final = 0.6
_EVERYWHERE: Final = 5
_MANY_HOSTS: Final = 3
_NEARLY_ALL: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Feeds that went dark together. `of` is how many answered until then, `at` when it began, as far as known."""

    feeds: tuple[FeedFacts, ...]
    of: int
    at: datetime

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(feed.host for feed in self.feeds)

    @property
    def countries(self) -> frozenset[str | None]:
        return frozenset(feed.country for feed in self.feeds)


def dark(feed: FeedFacts, now: datetime) -> bool:
    """Whether it does not answer, and that is more than a hiccup."""
    lasts = now - feed.dark_since
    if feed.critical:
        return feed.failures >= _FAILS_IF_CRITICAL and lasts >= _DARK_IF_CRITICAL
    if feed.failures >= _FAILS or (feed.failures and feed.status == "gone"):
        return lasts >= _DARK
    # counted from the first poll that failed: after a night in which the service was off, one failure is one failure
    known = feed.first_failed or now
    return feed.failures > 0 and now - known >= max(_DARK_FOR_LONG, 3 * feed.interval)


def together(feeds: Sequence[FeedFacts]) -> tuple[datetime, list[FeedFacts]]:
    """The moment in which most of these may have gone dark, and which they are. Of equal moments the latest: the
    time by which the last of them was still heard."""
    spans = [_span(feed) for feed in feeds]
    begins, ends = sorted(first for first, _ in spans), sorted(last for _, last in spans)
    at = max(begins, key=lambda moment: (bisect_right(begins, moment) - bisect_left(ends, moment), moment))
    return at, [feed for feed, (first, last) in zip(feeds, spans, strict=True) if first <= at <= last]


def _span(feed: FeedFacts) -> tuple[datetime, datetime]:
    known = feed.first_failed or feed.dark_since + feed.interval
    return feed.dark_since, max(known, feed.dark_since) + _SLACK


def failing_feeds(feeds: Sequence[FeedFacts], now: datetime) -> list[Trouble]:
    """Feeds that do not answer: the outages, and each feed, `covered` where an outage has it."""
    polled = [feed for feed in feeds if feed.active and feed.last_poll is not None]
    down = [feed for feed in polled if dark(feed, now)]
    groups: list[Trouble] = []
    covered: set[int] = set()
    if (all_of_it := everything(polled, down)) is not None:
        groups, covered = [_everything(all_of_it)], {feed.id for feed in down}
    else:
        countries, hosts = outages(polled, down)
        groups = [_country(str(code), one) for code, one in countries] + [_host(host, one) for host, one in hosts]
        covered = {feed.id for _, one in (*countries, *hosts) for feed in one.feeds}
    return groups + [_alone(feed, feed.id in covered) for feed in down]


def everything(polled: Sequence[FeedFacts], down: Sequence[FeedFacts]) -> Outage | None:
    """Nearly all feeds, of several hosts, went dark together: that is hardly their fault."""
    found = _outage(polled, down)
    if found is None or len(found.feeds) < _EVERYWHERE or len(found.hosts) < _MANY_HOSTS:
        return None
    return found if len(found.feeds) >= _NEARLY_ALL * found.of else None


def outages(
    polled: Sequence[FeedFacts], down: Sequence[FeedFacts]
) -> tuple[list[tuple[str | None, Outage]], list[tuple[str, Outage]]]:
    """Countries, and hosts beyond these, whose feeds went dark together."""
    hosts = dict(_grouped(polled, down, lambda feed: feed.host))
    # A host with feeds of many countries says nothing of any of them.
    abroad = {host for host, one in hosts.items() if len(one.countries) > 1}
    at_home = [feed for feed in polled if feed.country and feed.host not in abroad]
    here = [feed for feed in down if feed.country and feed.host not in abroad]
    countries = [
        (code, one)
        for code, one in _grouped(at_home, here, lambda feed: feed.country)
        if len(one.hosts) >= max(_SOME_HOSTS, _MOST * _answering(at_home, here, one, code))
    ]
    told = {feed.id for _, one in countries for feed in one.feeds}
    rest = [(host, one) for host, one in hosts.items() if not told.issuperset(feed.id for feed in one.feeds)]
    return countries, rest


def _answering(polled: Iterable[FeedFacts], down: Iterable[FeedFacts], one: Outage, code: str | None) -> int:
    """How many hosts a country had until an outage."""
    before = {feed.id for feed in down} - {feed.id for feed in one.feeds}
    return len({feed.host for feed in polled if feed.country == code and feed.id not in before})


def _grouped(
    polled: Iterable[FeedFacts], down: Iterable[FeedFacts], key: Callable[[FeedFacts], _Key]
) -> list[tuple[_Key, Outage]]:
    """The groups of which most went dark together, by name."""
    theirs: dict[_Key, list[FeedFacts]] = defaultdict(list)
    failed: dict[_Key, list[FeedFacts]] = defaultdict(list)
    for feed in polled:
        theirs[key(feed)].append(feed)
    for feed in down:
        failed[key(feed)].append(feed)
    found = [(name, _outage(theirs[name], some)) for name, some in sorted(failed.items(), key=lambda one: str(one[0]))]
    return [(name, one) for name, one in found if one is not None and len(one.feeds) >= _MOST * one.of]


def _outage(polled: Sequence[FeedFacts], down: Sequence[FeedFacts]) -> Outage | None:
    """Those that went dark together, if they are enough to tell; who was dark already or later does not count."""
    if len(down) < _TOGETHER:
        return None
    at, some = together(down)
    if len(some) < _TOGETHER:
        return None
    return Outage(feeds=tuple(some), of=len(polled) - (len(down) - len(some)), at=at)


def own_outage(since: datetime) -> Trouble:
    """Nothing at all can be fetched, as the collecting stage has found."""
    text = (
        f"Nothing can be fetched since {moment(since)}: it is our own network, the resolver of names, or a firewall. "
        "It is counted against no feed, and all are asked as soon as one answers. Try it from this machine: "
        "alerts feeds poll"
    )
    return Trouble(kind="feeds failing", subject="all", text=text, since=since)


def _everything(one: Outage) -> Trouble:
    text = (
        f"{len(one.feeds)} of {one.of} feeds do not answer, since {moment(one.at)}{_fault(one)}: {names(one.feeds)}. "
        "Is it our own network, or the resolver of names?"
    )
    return Trouble(kind="feeds failing", subject="all", text=text, since=one.at)


def _country(code: str, one: Outage) -> Trouble:
    text = (
        f"{len(one.feeds)} of {one.of} feeds of {code}, on {len(one.hosts)} hosts, went dark at "
        f"{moment(one.at)}{_fault(one)}: {names(one.feeds)}. Is the country cut off from the network? What is reported "
        "from there now comes late or not at all."
    )
    return Trouble(kind="feeds failing", subject=code, text=text, since=one.at)


def _host(host: str, one: Outage) -> Trouble:
    text = (
        f"{len(one.feeds)} of {one.of} feeds at {host} do not answer, since {moment(one.at)}{_fault(one)}: "
        f"{names(one.feeds)}. {_advice(one)}"
    )
    return Trouble(kind="feeds failing", subject=host, text=text, since=one.at)


def _commonest(one: Outage) -> tuple[str, int]:
    [found] = Counter(feed.status for feed in one.feeds).most_common(1)
    return found


def _fault(one: Outage) -> str:
    status, number = _commonest(one)
    return f" ({number} times: {status})" if status else ""


def _advice(one: Outage) -> str:
    status, _ = _commonest(one)
    return failing(status).do if status else ""


def _alone(feed: FeedFacts, covered: bool) -> Trouble:
    since = f"since {moment(feed.last_ok)}" if feed.last_ok else f"ever since it was added, {moment(feed.added)}"
    fault = failing(feed.status)
    polls = "1 poll failed" if feed.failures == 1 else f"{feed.failures} polls failed in a row"
    cannot = "has not answered" if fault.way == "unreachable" else "could not be read"
    text = (
        f"{feed.called} {cannot} {since}; {polls}: {feed.why or 'no reason known'}. It {fault.what}. "
        f"{advice(feed.status, feed.id)} See: alerts feeds health {feed.id}"
    )
    return Trouble(kind="feed failing", subject=str(feed.id), text=text, since=feed.dark_since, covered=covered)
