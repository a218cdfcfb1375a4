"""What wants a person now, out of all that the service knows of itself: a pure decision, so that what is urgent can be
tested without a service in trouble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from alerts.store.outbox import State
from alerts.store.status import Status
from alerts.track.severity import rank, worst
from alerts.types import Alert
from alerts.web.operations.operating import SeenFault

Urgency = Literal[0, 1, 2]
WORDS: Final[dict[int, str]] = {0: "Now", 1: "Today", 2: "When there is time"}
"""How soon."""

STOPPED: Final = timedelta(minutes=5)
"""A service that runs looks at itself more often than that."""
BEHIND: Final = timedelta(minutes=10)
"""An article that waits so long to be read, or a mail that is due so long, is late."""

# What notices tell that stands in a line of its own already.
_TOLD: Final = ("feed silent", "feed failing", "feeds failing", "feed gap", "feeds late", "triage", "rules")
_NOW: Final = ("canary", "mail", "backlog", "articles")
_LONGEST: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Something for a person: how soon, what it is, and the page (below the root) on which it is done."""

    urgency: Urgency
    title: str
    more: str = ""
    since: datetime | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known: `waiting` are the alerts that wait for a person, `alarms` what is wrong with many feeds (and
    whether the service runs at all), `feeds_wrong` how many single ones want attention, `due` since when a mail that
    nothing holds back is to go (None: there is none), `faults` those of templates."""

    status: Status
    waiting: Sequence[Alert] = ()
    alarms: Sequence[str] = ()
    feeds_wrong: int = 0
    due: datetime | None = None
    faults: Sequence[SeenFault] = ()


def wanted(facts: Facts) -> list[Want]:
    """What wants a person, the most urgent first, and the oldest of these."""
    found = [
        *_service(facts),
        *_triage(facts),
        *_mails(facts),
        *_rules(facts),
        *_hub(facts.status),
        *_notices(facts.status),
    ]
    return sorted(found, key=lambda one: (one.urgency, one.since is None, one.since or facts.status.at))


def _service(facts: Facts) -> Iterator[Want]:
    now = facts.status
    for text in facts.alarms:
        yield Want(urgency=0, title="Many feeds at once, or the service itself", more=text, goal="/operations/feeds")
    if now.last_look is not None and now.at - now.last_look > STOPPED and not facts.alarms:
        more = "It last looked after itself then. Nobody is told of anything while it does not run."
        yield Want(urgency=0, title="The service does not run, or is stuck", more=more, since=now.last_look)
    if now.oldest_waiting is not None and now.at - now.oldest_waiting > BEHIND:
        title = f"{_many(now.waiting, 'article', 'wait')} to be read"
        yield Want(urgency=0, title=title, more="Alerts come late.", since=now.oldest_waiting)
    if now.faulty:
        more = "They cannot be read, for a fault of this program: the log says which, and where it trips."
        yield Want(urgency=1, title=f"{_many(now.faulty, 'article')} set aside", more=more)
    if facts.feeds_wrong:
        yield Want(urgency=2, title=f"{_many(facts.feeds_wrong, 'feed', 'want')} attention", goal="/operations/feeds")


def _triage(facts: Facts) -> Iterator[Want]:
    if not facts.waiting:
        return
    level = worst(one.severity for one in facts.waiting)
    oldest = min((one.waits_since for one in facts.waiting if one.waits_since), default=None)
    more = f"The worst is {level}. Readers hear nothing of them until somebody decides, or they are let go."
    urgency: Urgency = 0 if rank(level) >= rank("severe") else 1
    title = f"{_many(len(facts.waiting), 'alert', 'wait')} for a person"
    yield Want(urgency=urgency, title=title, more=more, since=oldest, goal="/operations/triage")


def _mails(facts: Facts) -> Iterator[Want]:
    now = facts.status
    for one in now.holds:
        everything = one.kind == "all"
        title = "All mails are held" if everything else f"Alerts of the rule {one.rule} are held"
        yield Want(
            urgency=0 if everything else 1, title=title, more=one.reason, since=one.since, goal="/operations/mails"
        )
    held = any(one.kind == "all" for one in now.holds)
    if facts.due is not None and now.at - facts.due > BEHIND and not held:
        more = "Mails that were due are not sent: does the mail server answer?"
        yield Want(urgency=0, title="Mails do not go out", more=more, since=facts.due, goal="/operations/mails")
    stuck: dict[State, str] = {"held": "held", "ambiguous": "perhaps sent", "failed": "failed"}
    counts = [f"{now.outbox[state]} {word}" for state, word in stuck.items() if now.outbox[state]]
    if counts:
        more = f"{', '.join(counts)}: somebody has to say whether they are sent again."
        number = sum(now.outbox[state] for state in stuck)
        yield Want(urgency=1, title=f"{_many(number, 'mail', 'need')} a person", more=more, goal="/operations/mails")
    if now.mails_aside:
        more = "They trip over a fault of this program: the log says where."
        yield Want(urgency=2, title=f"Set aside: {_many(now.mails_aside, 'mail')} that came in", more=more)


def _rules(facts: Facts) -> Iterator[Want]:
    now = facts.status
    if now.rules_trouble:
        more = _short(now.rules_trouble)
        yield Want(
            urgency=1, title="Rules have faults", more=more, since=now.rules_trouble_since, goal="/operations/rules"
        )
    for one in now.rules_fallen:
        title = f"The rule {one.rule} fell to test"
        yield Want(urgency=1, title=title, more=one.why, since=one.at, goal="/operations/verdicts")
    for seen in facts.faults:
        more = f"{seen.fault} The shipped template stands in for it."
        yield Want(urgency=1, title="A template of yours has a fault", more=_short(more), since=seen.at)


def _hub(now: Status) -> Iterator[Want]:
    if now.hub_trouble:
        more = f"Who follows the feeds by it hears later: {_short(now.hub_trouble.text)}"
        yield Want(urgency=2, title="The hub cannot be told of news", more=more, since=now.hub_trouble.since)


def _notices(now: Status) -> Iterator[Want]:
    for one in now.notices:
        if one.kind not in _TOLD:
            urgency: Urgency = 0 if one.kind in _NOW else 2
            goal = "/operations/mails" if one.kind == "mail" else ""
            yield Want(
                urgency=urgency, title=_TITLES.get(one.kind, "Notice"), more=one.text, since=one.since, goal=goal
            )


_TITLES: Final = {
    "canary": "The service’s own test article did not come out",
    "mail": "Mail is in trouble",
    "mail in": "Mail that comes in is in trouble",
    "backlog": "Articles wait too long",
    "articles": "Articles are in trouble",
    "rule silent": "A rule has gone quiet",
    "machine": "A machine is in trouble",
}


def _many(count: int, word: str, does: str = "") -> str:
    """ "1 alert waits", "3 alerts wait"."""
    if count == 1:
        return f"1 {word} {does}s" if does else f"1 {word}"
    return f"{count:,} {word}s {does}".strip()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
