"""How each feed does, in one word and in plain words: what is wrong, since when, and what to do. The worst first.

Decided by the same measures as the notices, so that what an operator is told is what the overview shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from alerts.track.faults import advice, failing
from alerts.track.feeds_quiet import FeedFacts, Tally, late, losing, lost_between, why_silent
from alerts.track.outages import dark
from alerts.track.quiet import said

# The worst first. failing: does not answer, and that is no hiccup; late: not asked when it should have been; silent: no
# news for unusually long; losing: articles may have been lost; unsteady: many polls fail; retrying: the last one did.
State = Literal["failing", "late", "silent", "losing", "unsteady", "retrying", "new", "ok", "off"]
STATES: Final[tuple[State, ...]] = get_args(State)
WRONG: Final[tuple[State, ...]] = ("failing", "late", "silent", "losing", "unsteady")
SAYS: Final[dict[State, str]] = {
    "failing": "cannot be read",
    "late": "asked too late",
    "silent": "silent",
    "losing": "may lose articles",
    "unsteady": "often fails",
    "retrying": "failed just now",
    "new": "not asked yet",
    "ok": "in order",
    "off": "switched off",
}
_OFTEN: Final = 0.2
_AT_LEAST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """The polls of a feed of the last day: how many, and how many of them failed."""

    polls: int = 0
    failed: int = 0

    @property
    def often(self) -> bool:
        return self.failed >= _AT_LEAST and self.failed >= _OFTEN * self.polls


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A feed and how it does. `what` goes after its name; `notes` are what is worth knowing and needs nobody;
    `together`: it is in this state with others, of which one line tells."""

    feed: FeedFacts
    state: State
    what: str = ""
    since: datetime | None = None
    do: str = ""
    notes: tuple[str, ...] = ()
    together: bool = False


def state_of(
    feed: FeedFacts, now: datetime, *, silent: Tally | None = None, lately: Lately | None = None, runs: bool = True
) -> FeedState:
    """How a feed does. `silent`: it was found to be silent, and this is what its polls came to since its last news.
    While the service does not run (`runs`), no feed is late."""
    state, what, since, do = _decided(feed, now, silent, lately or Lately(), runs)
    return FeedState(feed=feed, state=state, what=what, since=since, do=do, notes=notes(feed))


def _decided(
    feed: FeedFacts, now: datetime, silent: Tally | None, lately: Lately, runs: bool
) -> tuple[State, str, datetime | None, str]:
    if not feed.active:
        return "off", "is not asked", None, ""
    if feed.failures and dark(feed, now):
        return "failing", _failing(feed), feed.dark_since, advice(feed.status, feed.id)
    if runs and feed.due is not None and late(feed, now, feed.added):
        return "late", f"should have been asked {said(now - feed.due)} ago", feed.due, _IF_LATE
    if silent is not None and feed.last_new is not None:
        long = said(now - feed.last_new)
        return "silent", f"has brought nothing new for {long}", feed.last_new, why_silent(silent, feed.lies_since)
    if feed.gap_at is not None and losing(feed, now):
        return "losing", f"may have lost articles {lost_between(feed.gap_from, feed.gap_at)}", feed.gap_at, _IF_LOSING
    if lately.often:
        what = f"fails often: {lately.failed} of {lately.polls} polls of the last day{_why(feed)}"
        return "unsteady", what, None, _IF_UNSTEADY
    if feed.failures:
        return "retrying", _failing(feed), feed.dark_since, "It is asked again by itself."
    return ("ok", "", feed.last_new, "") if feed.last_poll else ("new", "has not been asked yet", feed.added, "")


_IF_LATE: Final = "Is the server slow, or are there too many feeds of this host?"
_IF_LOSING: Final = "It is asked more often by itself; if it happens each day, give it a shorter interval."
_IF_UNSTEADY: Final = "Nothing is lost as long as its document goes back far enough; tell the publisher if it lasts."


def _failing(feed: FeedFacts) -> str:
    times = "1 poll" if feed.failures == 1 else f"{feed.failures} polls in a row"
    return f"{failing(feed.status).what} ({times}){_why(feed)}"


def _why(feed: FeedFacts) -> str:
    """The last error, without the address, which stands beside it."""
    why = feed.why.removeprefix(feed.address).removeprefix(": ") if feed.failures else ""
    return f": {why}" if why else ""


def notes(feed: FeedFacts) -> tuple[str, ...]:
    """What the service deals with by itself."""
    found = []
    if feed.lies_since is not None:
        found.append(f'its "not modified" is untrue, since {feed.lies_since:%Y-%m-%d}: it is asked for the whole')
    if feed.moved_to:
        found.append(f"it redirects for good to {feed.moved_to}")
    return tuple(found)


def worst_first(state: FeedState) -> tuple[int, bool, timedelta, int]:
    """The key by which feeds are sorted: by state, critical ones before others, then what is newest."""
    since = state.since or state.feed.added
    return STATES.index(state.state), not state.feed.critical, -(since - _LONG_AGO), state.feed.id


_LONG_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
