"""How the feeds do, in words for who runs the service: the same at the terminal and on the pages."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from alerts import sizes
from alerts.store.linked import Fetched
from alerts.store.overview import LOOKS, FeedReport, Lag, Overview
from alerts.store.polls import PollRow, Traffic
from alerts.track.faults import failing
from alerts.track.feeds_quiet import lost_between
from alerts.track.feedstate import SAYS, STATES, WRONG, FeedState, State
from alerts.track.quiet import moment, said
from alerts.urls import without_secrets

_REASONS: Final = {
    "interval": "its interval",
    "retry-after": "its server named the time",
    "throttled": "its server has had too many requests",
    "gone": "its server says that it is gone",
    "our own outage": "our own network was out",
}
_STATE_WORDS: Final = {
    "failing": "cannot be read",
    "late": "asked too late",
    "silent": "silent",
    "losing": "may lose articles",
    "unsteady": "fail often",
    "retrying": "failed just now",
    "new": "not asked yet",
    "ok": "in order",
    "off": "switched off",
}

Lines = list[tuple[str, str]]


def summary(found: Overview) -> Lines:
    """The state of everything: (label, text) each."""
    states = found.states
    together = Counter(one.state for one in found.feeds if one.together)
    counts = ", ".join(_count(one, states[one], together[one]) for one in STATES if states.get(one))
    lines = [("feeds", f"{len(found.feeds)}: {counts}" if found.feeds else "none yet")]
    lines += [("polls", f"{_pace(found.hour)}; in the last day {shares(found.day)}")]
    lines += [("news", f"{found.day.new:,} new and {found.day.revised:,} changed articles in the last day")]
    lines += [("seen", lag_words(found.lag, "the last day"))]
    return lines


def _count(state: State, number: int, together: int) -> str:
    return f"{number} {_STATE_WORDS[state]}" + (f" ({together} of them together)" if together else "")


def alarms(found: Overview) -> list[str]:
    """What is wrong with more than single feeds, the worst first."""
    lines = []
    if found.looked is None:
        lines.append("The service has not run yet: start it with alerts run.")
    elif found.at - found.looked > LOOKS:
        lines.append(
            f"The service does not run, or is stuck: it last looked at its feeds {said(found.at - found.looked)} ago."
        )
    if found.outage is not None:
        lines.append(
            f"Nothing can be fetched since {moment(found.outage)}: it is our own network, the resolver of names, or a "
            "firewall. No feed is to blame."
        )
    return [*lines, *(group.text for group in found.groups)]


def wrong(found: Overview) -> int:
    """How many feeds want somebody's attention."""
    return sum(found.states.get(state, 0) for state in WRONG)


def _pace(hour: Traffic) -> str:
    return f"{hour.polls / 60:,.1f} a minute in the last hour" if hour.polls else "none in the last hour"


def shares(traffic: Traffic) -> str:
    """How many polls came to what: "1,200 (91% not modified, 2% failed), 1.2 MiB"."""
    if not traffic.polls:
        return "none"
    unchanged, failed = (_percent(part, traffic.polls) for part in (traffic.unchanged, traffic.failed))
    return f"{traffic.polls:,} ({unchanged} not modified, {failed} failed), {sizes.about(traffic.bytes)}"


def _percent(part: int, of: int) -> str:
    share = 100 * part / of
    return "under 1%" if 0 < share < 1 else f"{share:.0f}%"


def lag_words(lag: Lag | None, of: str) -> str:
    """How long after publication articles are seen."""
    if lag is None:
        return f"no article with a date in {of}"
    return (
        f"half of the articles within {short(lag.median)} of their publication, nine of ten within {short(lag.p90)} "
        f"({lag.articles:,} of {of})"
    )


def short(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.0f} seconds" if seconds < 120 else said(length)


def about_feed(found: FeedReport) -> Lines:
    """What is known of one feed."""
    feed = found.state.feed
    place = [feed.country or "", found.language or "", *feed.tags, "critical" if feed.critical else ""]
    lines = [
        ("address", feed.address),
        ("publisher", f"{feed.name}, of {found.owner}, tier {found.tier}" + _listed(place)),
        ("added", moment(feed.added)),
        ("asked", _asked(found)),
        ("answered", "never" if feed.last_ok is None else _ago(feed.last_ok, found.at)),
        ("news", _news(found)),
        ("seen", lag_words(found.lag, "the last 7 days")),
        ("polls", f"{shares(found.week)} in the last 7 days"),
        ("document", _document(found)),
        *([("links", _links(found.linked, found.at))] if found.linked else []),
    ]
    return [*lines, *_ways(found)]


def _listed(words: list[str]) -> str:
    some = ", ".join(word for word in words if word)
    return f"; {some}" if some else ""


def _asked(found: FeedReport) -> str:
    feed = found.state.feed
    last = "never" if feed.last_poll is None else _ago(feed.last_poll, found.at)
    if not feed.active:
        return f"{last}; switched off"
    due = moment(feed.due) if feed.due and feed.due > found.at else "now"
    why = f", because: {reason(found.polls[0].due_reason)}" if found.polls and found.polls[0].due_reason else ""
    return f"{last}; next: {due}{why}; usually every {short(feed.interval)}"


def reason(due_reason: str) -> str:
    """Why the next poll is when it is."""
    if due_reason.startswith("failure "):
        times = due_reason.removeprefix("failure ")
        return "it failed" if times == "1" else f"{times} polls failed in a row"
    return _REASONS.get(due_reason, due_reason)


def _news(found: FeedReport) -> str:
    feed, rhythm = found.state.feed, found.rhythm
    last = "none yet" if feed.last_new is None else f"last {_ago(feed.last_new, found.at)}"
    usual = f"a pause of more than {said(rhythm.limit)} is unusual" if rhythm else "its rhythm is not known yet"
    return f"{last}; about {found.rate * 24:.1f} articles a day; {usual}"


def _document(found: FeedReport) -> str:
    last = found.document
    if last is None:
        return "none yet, or too long ago to be known"
    rung = {"repaired": ", mended first", "recovered": ", badly broken, read all the same"}.get(last.rung, "")
    warning = f"; {last.warning}" if last.warning else ""
    return f"{last.items} items at {moment(last.at)}{rung}{warning}"


def _links(linked: Fetched, at: datetime) -> str:
    parts = (
        (linked.taken, "taken in"),
        (linked.no_more, "said no more than the feed"),
        (linked.waiting, "to be fetched"),
        (linked.failed, "could not be had"),
    )
    counts = ", ".join(f"{count} {what}" for count, what in parts if count)
    last = f"; last fault, {_ago(linked.at, at)}: {without_secrets(linked.error)}" if linked.error and linked.at else ""
    return f"in the last 7 days {counts}{last}"


def _ways(found: FeedReport) -> Lines:
    feed = found.state.feed
    lines = []
    if found.whole_at:
        lines.append(("whole", f"last read without conditions {_ago(found.whole_at, found.at)}"))
    lines.append(("validators", "given" if found.validators else "none: the whole document comes each time"))
    if feed.lies_since:
        lines.append(("untrue", f'its "not modified" was found to be untrue at {moment(feed.lies_since)}'))
    if feed.gap_at:
        lines.append(("gap", f"articles may have been lost {lost_between(feed.gap_from, feed.gap_at)}"))
    if feed.moved_to and found.moved_since:
        times = f"{found.moved_times} times since {moment(found.moved_since)}"
        lines.append(("moved", f"it redirects for good to {feed.moved_to}, {times}"))
    return lines


def _ago(time: datetime, at: datetime) -> str:
    return f"{short(max(at - time, timedelta(0)))} ago ({moment(time)})"


def sentence(state: FeedState) -> str:
    """What is wrong with a feed and what to do, as one text."""
    parts = [f"It {state.what}." if state.what else "", state.do, *(f"Note: {note}." for note in state.notes)]
    return " ".join(part for part in parts if part)


def state_word(state: FeedState) -> str:
    """Its state in a word or two."""
    return f"{SAYS[state.state]} (critical)" if state.feed.critical else SAYS[state.state]


def fault_word(status: str) -> str:
    """A way of failing, for a table."""
    return f"{status.replace('_', ' ')}: it {failing(status).what}"


def said_by(poll: PollRow, address: str) -> str:
    """What a poll noted, without the feed's own address."""
    texts = (poll.warning, poll.error)
    return " ".join(text.removeprefix(address).removeprefix(": ") for text in texts if text)


def came_to(poll: PollRow) -> str:
    """What one poll came to."""
    if poll.status == "not_modified":
        return "not modified"
    if poll.status != "ok":
        return poll.status.replace("_", " ")
    words = ["whole" if poll.whole else "", poll.rung if poll.rung in ("repaired", "recovered") else ""]
    words.append("a gap" if poll.gap else "")
    return f"read{_listed([word for word in words if word]).replace(';', ',', 1)}"
