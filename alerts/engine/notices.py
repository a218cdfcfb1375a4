"""Nothing goes quiet unnoticed: every few minutes the facts are looked through, and operators are told, once, of what
does not go on as it should, since when, and what to do; and with the next mail that it is over.

What is wrong is decided afresh at each look; the notices that are open make the difference. So a look that was missed
loses nothing, and a restart repeats nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from alerts.engine.canary import Canary
from alerts.engine.heart import SKEW
from alerts.notify import bulletins
from alerts.store import acts, aside, health, machines, meta, notices, people, polls
from alerts.store.database import reading, writing
from alerts.store.machines import Machine
from alerts.store.notices import Notice
from alerts.track import feeds_quiet, outages, quiet
from alerts.track.feeds_quiet import FeedFacts
from alerts.track.quiet import DAY, HOUR, WEEK, Kind, Rhythm, Trouble, moment

_log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=5)
SETTLES: Final = timedelta(minutes=5)  # after its start the service gets going: what waited then is no trouble yet
LATE: Final = timedelta(minutes=15)
_MEMORY: Final = 8 * WEEK
_MEMORY_OF_RULES: Final = 26 * WEEK
_KEPT: Final = 365 * DAY
# A feed that comes and goes, as a server does that is switched off each night, is told once and not each night; unless
# it stays away for longer than a night.
# (A gap is one moment, and its notice lasts for a day: it is told again when there are more for a day.)
_AGAIN: Final[Mapping[Kind, timedelta]] = {
    "feed silent": DAY, "feed failing": DAY, "feeds late": DAY, "feed gap": WEEK
}  # fmt: skip
_AGAIN_TOLD_AFTER: Final[Mapping[Kind, timedelta]] = {
    "feed silent": 12 * HOUR, "feed failing": 12 * HOUR, "feeds late": 12 * HOUR, "feed gap": 2 * DAY
}  # fmt: skip
_OF_FEEDS: Final[tuple[Kind, ...]] = ("feed silent", "feed failing", "feeds failing", "feed gap", "feeds late")
_OUTAGE_OVER: Final = 12 * HOUR  # by then the feeds of an outage have been asked again
_WENT_DARK: Final = 6 * HOUR  # a feed of an outage last answered so long before it at most
_MANY_LINES: Final = 25  # of one kind, in one mail
_PAST: Final = ("triage",)  # of whose end nobody needs to hear: a person ended it
_TITLES: Final[dict[Kind, tuple[str, str]]] = {
    "feed silent": ("a feed is silent", "{} feeds are silent"),
    "feed failing": ("a feed cannot be read", "{} feeds cannot be read"),
    "feeds failing": ("many feeds fail together", "feeds fail together in {} places"),
    "feed gap": ("articles of a feed may be lost", "articles of {} feeds may be lost"),
    "feeds late": ("feeds are asked too late", "feeds are asked too late in {} places"),
    "rule silent": ("a rule is silent", "{} rules are silent"),
    "rules": ("rules have faults", "rules have faults"),
    "articles": ("articles were set aside", "articles were set aside"),
    "backlog": ("articles wait to be read", "articles wait to be read"),
    "mail": ("mails do not get out", "mails do not get out"),
    "mail in": ("mail that came in was set aside", "mail that came in was set aside"),
    "triage": ("an alert waits for a person", "{} alerts wait for a person"),
    "canary": ("the canary did not come out", "the canary did not come out"),
    "machine": ("a machine is in trouble", "{} machines are in trouble"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look changed: notices opened, and ended."""

    opened: tuple[Trouble, ...] = ()
    ended: tuple[Notice, ...] = ()


@dataclass(slots=True, kw_only=True)
class Watchman:
    """Looks through the facts. `secret` and `domain` make the Message-IDs; `started` is when the service was; `heard`
    tells the time by which machines say that they live."""

    engine: Engine
    secret: bytes = field(repr=False)
    domain: str
    started: datetime
    canary: Canary | None = None
    heard: Callable[[], datetime] | None = None
    _learned: datetime | None = None
    _rhythms: dict[int, Rhythm] = field(default_factory=dict)
    _fired: dict[str, list[datetime]] = field(default_factory=dict)
    _looked: datetime | None = None
    _outage: datetime | None = None
    _critical: frozenset[str] = frozenset()

    def due(self, now: datetime) -> bool:
        """Whether it is time for a look."""
        return now - self.started >= SETTLES and (self._looked is None or now - self._looked >= EVERY)

    def look(self, now: datetime) -> Look:
        """One look: notices opened and ended, and told. Raises StoreError; then the next look makes up for it."""
        found = list(self.canary.look(now)) if self.canary else []
        with reading(self.engine) as conn:
            self._learn(conn, now)
            found += [*self._feeds(conn, now), *self._rules(conn, now), *_articles(conn, now), *_mails(conn, now)]
            found += [*_mail_in(conn), *_triage(conn), *_machines(conn, self.heard() if self.heard else now)]
        with writing(self.engine) as conn:
            result = _changes(notices.open_notices(conn), found)
            notices.begin(conn, result.opened, now)
            notices.end(conn, [one.id for one in result.ended], now)
            notices.forget(conn, now - _KEPT)
            came_out = self.canary.came_out if self.canary else None
            notices.put_look(conn, now, came_out)
            self._tell(conn, now)
        self._looked = now
        for trouble in result.opened:
            _log.warning("noticed: %s", trouble.text, extra={"notice": trouble.kind})
        for notice in result.ended:
            _log.info("over: %s", _gist(notice.text), extra={"notice": notice.kind})
        return result

    def _tell(self, conn: Connection, now: datetime) -> None:
        """Post what operators have to hear; without operators it stays to be told."""
        opened, over = notices.untold(conn)
        before = {(one.kind, one.subject): one.ended for one in notices.ended_since(conn, now - 2 * WEEK)}
        opened = [one for one in opened if one.subject in self._critical or not _again(one, before, now)]
        if not opened:
            return
        posted = bulletins.post(
            conn,
            kind="notices",
            subject=subject(opened),
            body=body(opened, [one for one in over if one.kind not in _PAST]),
            people=people.active_people(conn, "operator"),
            secret=self.secret,
            domain=self.domain,
            now=now,
        )
        if posted is not None:
            notices.mark_told(conn, [one.id for one in (*opened, *over)], now)

    def _learn(self, conn: Connection, now: datetime) -> None:
        """The rhythms of feeds and rules, once a day: that is a look at all articles and alerts of weeks."""
        if self._learned is None or now - self._learned >= DAY:
            learned = ((feed, quiet.rhythm_of_feed(times)) for feed, times in health.arrivals(conn, now - _MEMORY))
            self._rhythms = {feed: rhythm for feed, rhythm in learned if rhythm is not None}
            self._fired = health.fired(conn, now - _MEMORY_OF_RULES)
            self._learned = now

    def _feeds(self, conn: Connection, now: datetime) -> Iterable[Trouble]:
        facts = health.feed_facts(conn, now)
        self._critical = frozenset(str(feed.id) for feed in facts if feed.critical)
        known = {(one.kind, one.subject): one for one in notices.open_notices(conn)}
        if (since := meta.outage_since(conn)) is not None:
            self._outage = now
            if now - since >= LATE:
                yield outages.own_outage(since)
            # While nothing can be asked, nothing is known: what was wrong before goes on.
            yield from (_goes_on(one) for (kind, _), one in known.items() if kind in _OF_FEEDS)
            return
        running = max(self.started, self._outage or self.started)
        groups = [one for (kind, _), one in known.items() if kind == "feeds failing"]
        groups += [one for one in notices.ended_since(conn, now - _OUTAGE_OVER) if one.kind == "feeds failing"]
        yield from _failing(facts, now, groups)
        many = known.get(("feed gap", "many"))
        yield from feeds_quiet.gaps(facts, now, many.opened if many else None)
        yield from feeds_quiet.late_feeds(facts, now, running, told=("feeds late", "all") in known)
        yield from self._silent(conn, facts, now)

    def _silent(self, conn: Connection, facts: Sequence[FeedFacts], now: datetime) -> Iterable[Trouble]:
        told = {one.subject: one for one in notices.open_notices(conn) if one.kind == "feed silent"}
        found = feeds_quiet.quiet_feeds(facts, self._rhythms, now)
        new = {feed.id: feed.last_new for feed in found if feed.last_new and str(feed.id) not in told}
        tallies = polls.tallies(conn, new)
        yield from (feeds_quiet.silent_feed(feed, tallies[feed.id], now) for feed in found if feed.id in tallies)
        # What was told goes on until it speaks: also when it fails now, or when its rhythm is forgotten.
        last = {str(feed.id): feed.last_new for feed in facts}
        yield from (_goes_on(one) for one in told.values() if last.get(one.subject) == one.since)

    def _rules(self, conn: Connection, now: datetime) -> Iterable[Trouble]:
        in_force, since = meta.versions_in_force(conn), self._learned or now
        lately = health.fired(conn, since)
        fired = {rule: [*self._fired.get(rule, ()), *lately.get(rule, ())] for rule in {*self._fired, *lately}}
        fired = {rule: times for rule, times in fired.items() if rule in in_force}
        found = quiet.silent_rules(fired, now)
        yield from found
        yield from _still(
            conn,
            "rule silent",
            found,
            lambda notice: notice.subject in in_force and notice.subject not in fired,
        )
        if trouble := meta.rules_trouble(conn):
            faults = "; ".join(line.strip() for line in trouble.text.splitlines())
            text = f"Rules cannot be taken as their files are: {faults}. See: alerts check"
            yield Trouble(kind="rules", subject="rules", text=text, since=trouble.since)


def _goes_on(notice: Notice) -> Trouble:
    return Trouble(kind=notice.kind, subject=notice.subject, text=notice.text, since=notice.since, covered=True)


def _failing(facts: Sequence[FeedFacts], now: datetime, told: Iterable[Notice]) -> Iterable[Trouble]:
    """Feeds that do not answer. Of an outage that is over, just now or lately, some have not been asked since, for they
    are asked ever more rarely: they are not told one by one."""
    found = outages.failing_feeds(facts, now)
    lasts = {one.subject for one in found if one.kind == "feeds failing"}
    over = [(one.since, one.ended or now) for one in told if one.ended or one.subject not in lasts]
    asked = {str(feed.id): feed.last_poll for feed in facts}
    for trouble in found:
        last = asked.get(trouble.subject) if trouble.kind == "feed failing" else None
        waits = last is not None and any(
            begun - _WENT_DARK <= trouble.since <= end and last <= end for begun, end in over
        )
        yield replace(trouble, covered=trouble.covered or waits)


def _again(notice: Notice, before: Mapping[tuple[Kind, str], datetime | None], now: datetime) -> bool:
    """Whether operators were told of the same lately, and it is too early to tell them again."""
    ended = before.get((notice.kind, notice.subject))
    if ended is None or notice.kind not in _AGAIN:
        return False
    return notice.opened - ended < _AGAIN[notice.kind] and now - notice.opened < _AGAIN_TOLD_AFTER[notice.kind]


def _still(
    conn: Connection, kind: Kind, found: Sequence[Trouble], holds: Callable[[Notice], bool]
) -> Iterable[Trouble]:
    """Notices of a kind that are open, were not found again, and hold all the same."""
    known = {one.subject for one in found}
    for notice in notices.open_notices(conn):
        if notice.kind == kind and notice.subject not in known and holds(notice):
            yield _goes_on(notice)


def _articles(conn: Connection, now: datetime) -> Iterable[Trouble]:
    if aside := health.set_aside(conn):
        text = (
            f"{_many(aside.number, 'article')} could not be read or tracked, and stand aside, one with: "
            f"{aside.example}. They are tried again at the next start of the service; the log has more."
        )
        yield Trouble(kind="articles", subject="set aside", text=text, since=aside.since)
    if waiting := health.oldest_waiting(conn, now - LATE):
        text = (
            f"{_many(waiting.number, 'article')} wait to be read, the oldest since {moment(waiting.since)}. "
            "Is the machine too slow, or a stage of the service stuck? See its log."
        )
        yield Trouble(kind="backlog", subject="articles", text=text, since=waiting.since)


def _mails(conn: Connection, now: datetime) -> Iterable[Trouble]:
    if held_up := health.mails_held_up(conn, now - 2 * LATE):
        text = (
            f"{_many(held_up.number, 'mail')} cannot get out, the oldest since {moment(held_up.since)}. "
            "They are tried again and again. Try the way out: alerts check; the log has the reason."
        )
        yield Trouble(kind="mail", subject="held up", text=text, since=held_up.since)
    if failed := health.mails_failed(conn, now - DAY):
        text = (
            f"{_many(failed.number, 'mail')} of the last day could not be delivered: refused for good, or tried for "
            "too long. Which, and why: alerts mail queue --state failed"
        )
        yield Trouble(kind="mail", subject="failed", text=text, since=failed.since)
    if doubt := health.mails_in_doubt(conn):
        text = (
            f"{_many(doubt.number, 'mail')} may or may not have gone out, when the mail server did not answer, and "
            "wait for a person to decide."
        )
        yield Trouble(kind="mail", subject="in doubt", text=text, since=doubt.since)
    if held := health.mails_held(conn):
        example = f", one with: {held.example}" if held.example else ""
        text = f"{_many(held.number, 'mail')} did not go out and wait for a person{example}. See: alerts mail queue"
        yield Trouble(kind="mail", subject="held", text=text, since=held.since)


def _mail_in(conn: Connection) -> Iterable[Trouble]:
    if found := aside.standing(conn):
        text = (
            f"{_many(found.number, 'mail')} that came in trip over a fault of this program and stand aside, one "
            f"with: {found.example}. They are tried again at the next start of the service, and forgotten after "
            f"{aside.KEPT.days} days. Report it with the lines of the log."
        )
        yield Trouble(kind="mail in", subject="set aside", text=text, since=found.since)


def _triage(conn: Connection) -> Iterable[Trouble]:
    """One each, for each is somebody's life; what comes up in one look is one mail."""
    for listed in acts.waiting(conn):
        since = listed.alert.waits_since or listed.alert.updated
        text = (
            f"Alert {listed.alert.id} ({listed.alert.severity}) waits for a person: {listed.title}. See: alerts triage"
        )
        yield Trouble(kind="triage", subject=listed.alert.id, text=text, since=since)


def _machines(conn: Connection, now: datetime) -> Iterable[Trouble]:
    """Of those that share the work. Faulty rules are told for all of them at once."""
    rules = meta.rules_trouble(conn)
    for one in machines.every(conn):
        if not one.lives(now):
            text = (
                f"The machine {one.name} has not been heard of since {moment(one.seen)}: the others do its work. Start"
                f" it again; if it is gone for good, it is forgotten after {machines.FORGOTTEN_AFTER.days} days."
            )
            yield Trouble(kind="machine", subject=one.name, text=text, since=one.seen)
        elif trouble := (one.trouble or "").replace(rules.text if rules else "", "").strip():
            said = "; ".join(line.strip() for line in trouble.splitlines())
            text = f"The machine {one.name} has trouble with rules or templates: {said}"
            yield Trouble(kind="machine", subject=f"files of {one.name}", text=text, since=now)
    yield from _apart(machines.living(conn, now), now)


def _apart(living: Sequence[Machine], now: datetime) -> Iterable[Trouble]:
    """What machines that live do not have alike, though they should."""
    for one in living:
        if one.settings != living[0].settings:
            text = (
                f"The machines {living[0].name} and {one.name} have different configurations: what readers get depends"
                " on which of them is at work. Give both the same file, but for data, machine and roles."
            )
            yield Trouble(kind="machine", subject=f"settings of {one.name}", text=text, since=one.started)
        if abs(one.skew_ms) > SKEW / timedelta(milliseconds=1):
            text = (
                f"The clock of the machine {one.name} is {one.skew_ms / 1000:.1f} seconds off the database's, by which"
                " alerts goes: set it by NTP."
            )
            yield Trouble(kind="machine", subject=f"clock of {one.name}", text=text, since=now)


def _changes(known: Iterable[Notice], found: Sequence[Trouble]) -> Look:
    """What is part of a greater trouble is not told by itself; what was told before goes on until it is over."""
    goes_on = {(one.kind, one.subject) for one in found}
    before = {(one.kind, one.subject): one for one in known}
    opened = {(one.kind, one.subject): one for one in found if not one.covered}
    return Look(
        opened=tuple(one for key, one in opened.items() if key not in before),
        ended=tuple(one for key, one in before.items() if key not in goes_on),
    )


def subject(opened: Sequence[Notice]) -> str:
    """What it is about, for the mail's subject: "Notice: a feed is silent; mails do not get out"."""
    counts = Counter(one.kind for one in opened)
    said = [_TITLES[kind][number > 1].format(number) for kind, number in counts.items()]
    return f"{'Notice' if len(opened) == 1 else 'Notices'}: {'; '.join(said)}"


def body(opened: Sequence[Notice], over: Sequence[Notice]) -> str:
    """The mail's text."""
    blocks = ["\n".join(_lines(opened))]
    if over:
        lines = [f"- Over since {moment(one.ended)}: {_gist(one.text)}" for one in over if one.ended]
        blocks.append("\n".join(("What you were told of before, and is over:\n", *lines)))
    blocks.append("All that is open now: alerts notices")
    return "\n\n".join(blocks)


def _lines(opened: Sequence[Notice]) -> Iterable[str]:
    """A line each, but of one kind no more than can be read."""
    seen: Counter[Kind] = Counter()
    for one in opened:
        seen[one.kind] += 1
        if seen[one.kind] <= _MANY_LINES:
            yield f"- {one.text}"
    for kind, number in seen.items():
        if number > _MANY_LINES:
            yield f"- {_TITLES[kind][1].format(number)} in all; these {number - _MANY_LINES} more: alerts notices"


def _gist(text: str) -> str:
    """A notice without the advice."""
    return text.split("; ")[0].split(". ")[0]


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
